"""What pytest collects: tests of a marker's cases, clauses of a contract, and what is used wrongly.

Imports pytest and the standard library only; the catalogues are loaded where there is a case to name.
"""

from __future__ import annotations

import inspect
import sys
import unittest
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from .cases import Case

ACCOUNT = "polly_account"
#: Fixtures that put a case in force, by the mode of each.
CASE_FIXTURES = {
    "polly_long_term": "long-term",
    "polly_session_token": "session-token",
    "polly_missing_token": "missing-token",
    "polly_expired_token": "expired-token",
    "polly_role": "role",
}
#: Every fixture that is an account.
FIXTURES = (*CASE_FIXTURES, ACCOUNT)

_MARKER = "@pytest.mark.polly"


def is_contract(cls: type | None) -> bool:
    """Tell whether *cls* is a contract; where there is none, not even the contract's module is loaded."""
    contract = sys.modules.get("pytest_polly.contract")
    return contract is not None and cls is not None and issubclass(cls, contract.CredentialContract)


def is_clause(cls: type | None, name: str) -> bool:
    """Tell whether *name* is one of the tests that *cls* has from the contract."""
    if not is_contract(cls):
        return False
    from .clauses import CLAUSES

    return name in CLAUSES


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Have a test run once for each case of its marker, or of its contract."""
    cls, name = metafunc.cls, metafunc.function.__name__
    marker = metafunc.definition.get_closest_marker("polly")
    clause = is_clause(cls, name)
    _check_fixtures(metafunc, "the cases of its contract" if clause else _MARKER if marker else None)
    if not clause and marker is None:
        return
    from .errors import PollyError

    try:
        if clause:
            from .asking import parameters_for

            cases = parameters_for(cls, name)
        else:
            assert marker is not None
            _check_marked_once(metafunc.definition)
            cases = [pytest.param(case, id=case.id) for case in _cases(marker)]
    except PollyError as error:
        _refuse(str(error))
    if ACCOUNT not in metafunc.fixturenames:
        metafunc.fixturenames.append(ACCOUNT)
    metafunc.parametrize(ACCOUNT, cases, indirect=True)


def is_marked_in_vain(item: pytest.Item) -> bool:
    """Tell whether *item* got its marker when it was too late: by a parameter, or by another plugin."""
    cases = getattr(item, "callspec", None)
    parametrized = cases is not None and ACCOUNT in cases.params
    return (
        isinstance(item, pytest.Function)
        and item.get_closest_marker("polly") is not None
        and not parametrized
    )


def refuse_marked_in_vain(item: pytest.Item) -> None:
    _refuse(
        f"{item.name} got {_MARKER} too late for it to be run once per case: it belongs on a test function, "
        "a class or a module, not on a parameter, and is not added while tests run"
    )


def check_test_case(collector: pytest.Collector, cls: type[unittest.TestCase]) -> None:
    """Refuse the contract and the marker on a ``TestCase``: to it pytest gives neither fixtures nor cases.

    The marker may be on the class, on one of its tests or on the module; the tests would run in no case.
    """
    if is_contract(cls):
        _refuse(
            f"{cls.__name__} is a CredentialContract and a unittest.TestCase, whose tests get no fixtures; "
            "leave unittest.TestCase out of its bases"
        )
    tests = [getattr(cls, test, None) for test in dir(cls) if test.startswith("test")]
    marks = [mark for thing in (*cls.__mro__, *tests) for mark in _marks_of(thing)]
    if tests and any(mark.name == "polly" for mark in (*marks, *collector.iter_markers())):
        _refuse(
            f"{cls.__name__} is a unittest.TestCase, which {_MARKER} cannot run once per case; "
            'use a fixture: @pytest.mark.usefixtures("polly_role")'
        )


def _marks_of(thing: object) -> list[pytest.Mark]:
    """Return the marks of a class, without those of its bases, or of a function; one may stand for a list."""
    marks = getattr(thing, "__dict__", {}).get("pytestmark", [])
    return marks if isinstance(marks, list) else [marks]


def _cases(marker: pytest.Mark) -> list[Case]:
    """Return the cases that a marker stands for; its arguments are checked by a signature."""
    from .cases import select
    from .errors import CaseError

    def polly(
        *modes: str, source: str | None = None, sources: list[str] | tuple[str, ...] | None = None
    ) -> list[Case]:
        if source is not None and sources is not None:
            raise CaseError("give `source` or `sources`, not both")
        if isinstance(sources, str):
            raise CaseError(f"`sources` is a list; for one source write source={sources!r}")
        if not isinstance(sources, (list, tuple, type(None))):
            raise CaseError(f"`sources` is a list of names, not {sources!r}")
        return select(modes, sources if source is None else [source])

    try:
        inspect.signature(polly).bind(*marker.args, **marker.kwargs)
    except TypeError as error:
        raise CaseError(f"{_MARKER}() {error}; it takes *modes, source and sources") from None
    return polly(*marker.args, **marker.kwargs)


def _check_fixtures(metafunc: pytest.Metafunc, asked: str | None) -> None:
    """Refuse a test for which more than one case would be in force; *asked* says what it is asked by."""
    used = [name for name in CASE_FIXTURES if name in metafunc.fixturenames]
    both = [*([asked] if asked else []), *used]
    if len(both) > 1:
        _refuse(
            f"{metafunc.definition.name} uses {' and '.join(both)}, but only one case can be in force; "
            "for another one inside the test: `with polly_account.apply(mode, source):`"
        )


def _check_marked_once(definition: Any) -> None:
    """Refuse a second marker on the same function: only the last would count."""
    if sum(mark.name == "polly" for mark in definition.own_markers) > 1:
        _refuse(f"{definition.name} has {_MARKER} more than once; one marker takes all modes and `sources`")


def _refuse(message: str) -> NoReturn:
    raise pytest.fail.Exception(f"polly: {message}", pytrace=False) from None
