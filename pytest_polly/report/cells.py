"""Cells: one test in one case, with its outcome, its findings and its calls."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_polly.collecting import is_clause

if TYPE_CHECKING:
    from pytest_polly.account import Account

Facts = dict[str, Any]

#: What the JSON report tells of a call, and what the HTML page tells beside it.
_CALL = ("service", "operation", "access_key_id", "status", "error_code")
_CALL_MORE = ("principal", "token_sent")


@dataclass(frozen=True)
class Cell:
    """One test in one case. ``contract`` is ``None`` for a test that was written by hand."""

    nodeid: str
    contract: str | None
    clause: str
    mode: str
    source: str
    outcome: str
    findings: tuple[Mapping[str, str], ...]
    calls: tuple[Mapping[str, Any], ...]

    @classmethod
    def from_report(cls, report: pytest.TestReport, facts: Facts) -> Cell:
        return cls(
            nodeid=report.nodeid,
            contract=facts["contract"],
            clause=facts["clause"],
            mode=facts["mode"],
            source=facts["source"],
            outcome=outcome(report),
            findings=tuple(facts["findings"]),
            calls=tuple(facts["calls"]),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the cell as the JSON report has it."""
        return {
            "nodeid": self.nodeid,
            "contract": self.contract,
            "clause": self.clause,
            "mode": self.mode,
            "source": self.source,
            "outcome": self.outcome,
            "findings": list(self.findings),
            "calls": [{name: call[name] for name in _CALL} for call in self.calls],
        }


def outcome(report: pytest.TestReport) -> str:
    """Return the outcome in pytest's words: passed, failed, skipped, xfailed, xpassed or error."""
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed and report.when != "call":
        return "error"
    return str(report.outcome)


def describe(
    item: pytest.Item, account: Account, report: pytest.TestReport, call: pytest.CallInfo[None]
) -> None:
    """Note on *report* what the kit knows of the test.

    The facts travel on the report, so that they reach the controller of a distributed run.
    """
    case = account.case
    if case is None:
        return
    properties = [("polly_mode", case.mode), ("polly_source", case.source)]
    if properties[0] not in item.user_properties:
        # On the item, since JUnit's file is made from its last report; on this one, made already.
        item.user_properties += properties
        report.user_properties += properties
    if report.when != "call" and report.outcome == "passed":
        return
    cls, name = getattr(item, "cls", None), getattr(item, "originalname", item.name)
    facts: Facts = {
        "contract": cls.__name__ if cls is not None and is_clause(cls, name) else None,
        "clause": name,
        "mode": case.mode,
        "source": case.source,
        "findings": _findings(call.excinfo),
        "calls": [{name: getattr(one, name) for name in (*_CALL, *_CALL_MORE)} for one in account.calls],
    }
    report.polly = facts  # type: ignore[attr-defined]


def _findings(excinfo: pytest.ExceptionInfo[BaseException] | None) -> list[dict[str, str]]:
    """Return what was found by a clause that failed; an exception of others may have findings too."""
    contract = sys.modules.get("pytest_polly.contract")
    if excinfo is None or contract is None or not isinstance(excinfo.value, contract.ContractBroken):
        return []
    return [finding.as_dict() for finding in excinfo.value.findings]
