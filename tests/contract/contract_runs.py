"""Asks contract classes what they are to be asked: cell by cell, or in a pytest of their own."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from unittest.mock import patch

import boto3
import botocore.session
import pytest
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import HierarchicalEmitter

from pytest_polly import wellformed
from pytest_polly.account import Account
from pytest_polly.asking import parameters_for
from pytest_polly.cases import Case
from pytest_polly.clauses import CLAUSES
from pytest_polly.contract import ContractBroken, CredentialContract

#: The classes that the inner pytest is to collect; its test module takes them from here.
collected: dict[str, type[CredentialContract]] = {}

_INNER_MODULE = f"from {__name__} import collected\n\nglobals().update(collected)\n"
#: Plugins that an inner run has no use for, and that cost it time.
_WITHOUT = ("randomly", "hypothesispytest", "xdist", "asyncio", "anyio", "cacheprovider")

#: A client's own warning is none of ours, though all others are errors.
_A_CLIENTS_OWN: tuple[str, type[Warning]] = ("connecting with", UserWarning)
_AS_USUAL = ("-W", f"default:{_A_CLIENTS_OWN[0]}:UserWarning")

#: How many credentials of legal form are drawn; enough for hypothesis to begin with the simplest of all.
_EXAMPLES = 4

#: What our clients, and botocore for them, talk to.
_SERVICES = {"polly", "sts", "signin", "sso", "sso-oidc"}
_handlers: list[HierarchicalEmitter] = []


def session(**given: Any) -> boto3.Session:
    """Return a new boto3 session, in a tenth of the time: botocore's own handlers are copied.

    Nothing but the registering of handlers is saved, which is nearly all that making a session costs, and
    the copying of those of other services, which is much of what making a client costs.
    """
    if not _handlers:
        _handlers.append(HierarchicalEmitter())
        others = set(botocore.session.Session().get_available_services()) - _SERVICES
        ours = [one for one in BUILTIN_HANDLERS if not others.intersection(one[0].split(".")[1:2])]
        with patch.object(botocore.handlers, "BUILTIN_HANDLERS", ours):
            botocore.session.Session(event_hooks=_handlers[0])
    bare = botocore.session.Session(event_hooks=copy.copy(_handlers[0]), include_builtin_handlers=False)
    return boto3.Session(botocore_session=bare, **given)


@dataclass(frozen=True)
class Told:
    """What is told of one cell."""

    outcome: str
    findings: tuple[str, ...] = ()


#: By ``clause[case]``.
Cells = dict[str, Told]


class Captured(Protocol):
    """What pytest's ``capfd`` is."""

    def readouterr(self) -> tuple[str, str]: ...


def ask(contract: type[CredentialContract], captured: Captured) -> Cells:
    """Ask a class everything, as pytest would, but for marks and fixtures of its own."""
    load_everything()
    cells: Cells = {}
    with patch.object(wellformed, "EXAMPLES", _EXAMPLES), warnings.catch_warnings():
        warnings.filterwarnings("ignore", *_A_CLIENTS_OWN)
        for clause in CLAUSES:
            more = (captured,) if clause == "test_keeps_secrets_out_of_sight" else ()
            for param in parameters_for(contract, clause):
                if not param.marks:
                    cells[f"{clause}[{param.id}]"] = _asked(contract(), clause, param.values[0], *more)
    assert cells, "nothing was asked"
    return cells


def _asked(contract: CredentialContract, clause: str, case: Case, *more: object) -> Told:
    with Account(label=f"{clause}[{case.id}]") as account:
        try:
            with account.apply_case(case):
                getattr(contract, clause)(account, *more)
        except ContractBroken as broken:
            return Told("failed", tuple(finding.name for finding in broken.findings))
        except pytest.skip.Exception:
            return Told("skipped")
    return Told("passed")


def run(
    pytester: pytest.Pytester, *contracts: type[CredentialContract], args: tuple[str, ...] = ()
) -> dict[str, Cells]:
    """Run the whole contract over every class; return what was found, by the class's name."""
    assert len({contract.__name__ for contract in contracts}) == len(contracts)
    result = run_as_is(pytester, *contracts, args=args)
    assert result.ret in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), result.stdout.str()
    assert "errors" not in result.parseoutcomes(), result.stdout.str()
    report = json.loads((pytester.path / "cells.json").read_text(encoding="utf-8"))
    told: dict[str, Cells] = {contract.__name__: {} for contract in contracts}
    for cell in report["cells"]:
        told[cell["contract"]][cell["nodeid"].rpartition("::")[2]] = Told(
            cell["outcome"], tuple(finding["name"] for finding in cell["findings"])
        )
    return told


def run_as_is(
    pytester: pytest.Pytester, *contracts: type[CredentialContract], args: tuple[str, ...] = ()
) -> pytest.RunResult:
    """Run the whole contract over every class, and return what pytest made of it."""
    load_everything()
    with _offered(contracts), patch.object(wellformed, "EXAMPLES", _EXAMPLES):
        pytester.makepyfile(test_inner=_INNER_MODULE)
        without = [part for name in _WITHOUT for part in ("-p", f"no:{name}")]
        return pytester.runpytest_inprocess("-q", "--polly-report=cells.json", *_AS_USUAL, *without, *args)


def findings(cells: Cells) -> set[str]:
    """Return the names of everything found, in whatever cell."""
    return {name for told in cells.values() for name in told.findings}


def where(cells: Cells, finding: str) -> set[str]:
    """Return the cells in which *finding* was made."""
    return {name for name, told in cells.items() if finding in told.findings}


@cache
def load_everything() -> None:
    """Import what an inner run imports when it needs it; pytester would have it imported every time."""
    with Account() as account, account.apply("role"):
        account.clock.advance(seconds=1)
        polly = session().client("polly")
        polly.synthesize_speech(Text="Hello.", OutputFormat="mp3", VoiceId="Joanna")


@contextmanager
def _offered(contracts: tuple[type[CredentialContract], ...]) -> Iterator[None]:
    collected.update({contract.__name__: contract for contract in contracts})
    try:
        yield
    finally:
        collected.clear()
