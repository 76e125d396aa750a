"""Gathers what a run found, and tells it at the end: in files, in a CI job's summary, on the terminal.

Imports pytest and the standard library only; the report is loaded where there is something to tell.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from .collecting import CASE_FIXTURES, FIXTURES

if TYPE_CHECKING:
    from .live.hooks import LiveHooks
    from .report import Cell


class Recorder:
    """Hooks of the process that tells what came of a run, be it alone or the controller of others."""

    def __init__(self, paths: list[str], live: LiveHooks | None) -> None:
        self._paths = paths
        self._live = live
        self._cells: dict[str, Cell] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        facts = getattr(report, "polly", None)
        if facts is not None:
            from .report import Cell

            self._cells[report.nodeid] = Cell.from_report(report, facts)
        elif report.failed and report.when == "teardown" and report.nodeid in self._cells:
            self._cells[report.nodeid] = replace(self._cells[report.nodeid], outcome="error")
        elif report.failed and report.when == "setup":
            _add_cure(report)

    def pytest_sessionfinish(self) -> None:
        for path in self._paths:
            from .report.files import write

            write(path, self._cells.values(), self._live.facts() if self._live is not None else None)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary and self._cells:
            from .report.markdown import markdown_text

            with open(summary, "a", encoding="utf-8") as file:
                file.write(markdown_text(self._cells.values()))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self._cells:
            return
        from .report import terminal_lines

        lines = list(terminal_lines(self._cells.values(), terminalreporter._tw.fullwidth))
        if lines:
            terminalreporter.section("polly: credential matrix")
            for line in lines:
                terminalreporter.line(line)


def _add_cure(report: pytest.TestReport) -> None:
    """Say what to do where a fixture of wider scope asks for one of ours: pytest says only that it cannot."""
    message = report.longreprtext
    if not message.startswith("ScopeMismatch"):
        return
    name = next((name for name in FIXTURES if f"function scoped fixture {name} " in message), None)
    if name is not None:
        apply = f', account.apply("{CASE_FIXTURES[name]}")' if name in CASE_FIXTURES else ""
        cure = (
            f"{name} is another account in every test. Give the fixture function scope, or an account of "
            f"its own: `with pytest_polly.Account() as account{apply}: yield …`"
        )
        report.sections.append(("polly", cure))
