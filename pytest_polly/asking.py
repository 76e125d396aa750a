"""What a contract class is asked: its cases, clause by clause, and what is wrong with the class itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from fnmatch import fnmatchcase
from importlib.util import find_spec
from typing import Any

import pytest

from .cases import Case, check_mode, check_names, check_source
from .clauses import CLAUSES
from .contract import ContractBroken, CredentialContract
from .driver import KEY_PARAMETERS, accepted
from .errors import PollyError

_SECRET = "aws_secret_access_key"
_NEEDS_HYPOTHESIS = "test_any_well_formed_credentials"


def parameters_for(contract: type[CredentialContract], clause: str) -> list[Any]:
    """Return what *clause* is parametrised with for this class: its cases, marked as they need it.

    Raises `PollyError` for a class that is not complete or names what does not exist.
    """
    check_class(contract)
    accepts = accepted(contract)
    params = []
    for case in _cases(contract, clause):
        marks: list[pytest.MarkDecorator] = []
        if case.source == "explicit" and not accepts & KEY_PARAMETERS:
            reason = "make_client takes no credentials: no aws_access_key_id, no **kwargs"
            marks.append(pytest.mark.skip(reason=reason))
        elif case.mode == "partial" and case.source == "explicit" and _SECRET in _required(contract):
            reason = f"make_client requires {_SECRET}, which this case leaves out"
            marks.append(pytest.mark.skip(reason=reason))
        elif clause == _NEEDS_HYPOTHESIS and find_spec("hypothesis") is None:
            reason = 'needs hypothesis: pip install "pytest-polly[property]"'
            marks.append(pytest.mark.skip(reason=reason))
        for pattern, reason in contract.deviations.items():
            if _deviates(pattern, clause, case):
                mark = pytest.mark.xfail(raises=ContractBroken, reason=reason, strict=True)
                marks.append(mark)
        params.append(pytest.param(case, id=case.id, marks=marks))
    if not params:
        reason = f"not asked: {_narrowed_to(contract)} leave no case of this clause"
        params.append(pytest.param(None, id="not-asked", marks=pytest.mark.skip(reason=reason)))
    return params


def check_class(contract: type[CredentialContract]) -> None:
    """Raise `PollyError` if the class is not complete, or names what does not exist."""
    name = contract.__qualname__
    for method, signature in (
        ("make_client", "make_client(self, **credentials)"),
        ("synthesize", "synthesize(self, client, text)"),
    ):
        if getattr(contract, method) is getattr(CredentialContract, method):
            raise PollyError(f"{name} must define {signature}: it is a CredentialContract")
    for clause in CLAUSES:
        if getattr(contract, clause) is not getattr(CredentialContract, clause):
            raise PollyError(
                f"{name} overrides {clause}, a clause of the contract; "
                "a test of your own needs another name, a known failure goes into `deviations`"
            )
    _check_attributes(contract)
    check_names(f"{name}.modes", contract.modes, check_mode)
    check_names(f"{name}.sources", contract.sources, check_source)
    cells = [(clause, case) for clause in CLAUSES for case in _cases(contract, clause)]
    if not cells:
        raise PollyError(f"{name} is asked nothing: {_narrowed_to(contract)} leave no case")
    for pattern in contract.deviations:
        if not any(_deviates(pattern, clause, case) for clause, case in cells):
            there_are = "\n  ".join(f"{clause}[{case.id}]" for clause, case in cells)
            raise PollyError(f"{name}.deviations: nothing matches {pattern!r}; there are\n  {there_are}")


def _check_attributes(contract: type[CredentialContract]) -> None:
    error: Any = contract.error
    live: Any = contract.live
    deviations: Any = contract.deviations
    kinds = error if isinstance(error, tuple) else (error,)
    if error is not None and not all(
        isinstance(one, type) and issubclass(one, BaseException) for one in kinds
    ):
        wrong = f"error is to be a class of exceptions, or a tuple of them, not {error!r}"
    elif not isinstance(live, bool):
        wrong = f"live is to be True or False, not {live!r}"
    elif not isinstance(deviations, Mapping) or not all(
        isinstance(text, str) for pair in deviations.items() for text in pair
    ):
        wrong = f'deviations is to be a dict, {{"clause[mode-source]": "reason"}}, not {deviations!r}'
    else:
        return
    raise PollyError(f"{contract.__qualname__}.{wrong}")


def _narrowed_to(contract: type[CredentialContract]) -> str:
    """Say what narrows the class: what it says, and what ``make_client`` takes."""
    narrowed = [
        f"{attribute} = {getattr(contract, attribute)!r}"
        for attribute in ("modes", "sources")
        if getattr(contract, attribute) is not None
    ]
    if "profile_name" not in accepted(contract):
        narrowed.append("a make_client without profile_name")
    return " and ".join(narrowed)


def _cases(contract: type[CredentialContract], clause: str) -> list[Case]:
    by_name = "profile_name" in accepted(contract)
    return [
        case
        for case in CLAUSES[clause].cases
        if (contract.modes is None or case.mode in contract.modes)
        and (contract.sources is None or case.source in contract.sources)
        and (case.source != "profile-name" or by_name)
    ]


def _deviates(pattern: str, clause: str, case: Case) -> bool:
    """Match ``clause[mode-source]``; brackets stand for themselves, a bare clause for all its cells."""
    literal = pattern.replace("[", "[[]")
    return fnmatchcase(f"{clause}[{case.id}]", literal) or fnmatchcase(clause, literal)


def _required(contract: type[CredentialContract]) -> list[str]:
    parameters = inspect.signature(contract.make_client).parameters.values()
    return [one.name for one in parameters if one.default is one.empty]
