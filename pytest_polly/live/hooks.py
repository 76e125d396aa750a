"""pytest's side of a live run: it begins before the first test, in every process, and tells what it saw."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from .. import wire
from ..errors import PollyError
from .drift import Drift, merged
from .settings import Settings

if TYPE_CHECKING:
    from .account import LiveAccount
    from .run import LiveRun

_INPUT = "polly_live"


class LiveHooks:
    """Registered by ``--polly-live`` alone."""

    def __init__(self, config: pytest.Config, settings: Settings) -> None:
        self._config, self._settings = config, settings
        # Absolute, since a test may go elsewhere meanwhile.
        self._drift_path = Path(settings.drift.value).absolute() if settings.drift else None
        self._run: LiveRun | None = None
        self._folder: TemporaryDirectory[str] | None = None
        #: What all processes have told.
        self._compared, self._drifts = 0, list[Drift]()

    def account(self, label: str) -> LiveAccount:
        """Return a new account for a test."""
        from .account import LiveAccount

        assert self._run is not None, "the run has begun"
        return LiveAccount(self._run, label=label)

    # Beginning --------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        if self._config.option.collectonly:
            return
        from . import run

        given = getattr(self._config, "workerinput", {}).get(_INPUT)
        try:
            if given is not None:
                self._run = run.begin(self._settings, Path(given["budget"]))
                run.keep(self._run, leave=False)
            else:
                self._folder = TemporaryDirectory(prefix="pytest-polly-live-")
                self._run = run.begin(self._settings, Path(self._folder.name) / "budget")
                run.keep(self._run, leave=True)
                self._run.budget.open()
        except PollyError as error:
            raise pytest.UsageError(f"polly: {error}") from None
        wire.reserve(self._run.endpoints.authorities)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where all of them count."""
        assert self._run is not None
        node.workerinput[_INPUT] = {"budget": str(self._run.budget.path)}

    def pytest_report_header(self) -> list[str]:
        return list(self._run.header()) if self._run is not None else []

    def pytest_unconfigure(self) -> None:
        wire.reserve(())
        if self._folder is not None:
            self._folder.cleanup()

    # Telling ----------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Have what differed travel on the report, so that it reaches the controller."""
        report = yield
        run = self._run
        if run is not None and run.compared:
            report.polly_live = {"compared": run.compared, "drift": run.drifts}  # type: ignore[attr-defined]
            run.compared, run.drifts = 0, []
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = getattr(report, "polly_live", None)
        if told is not None:
            self._compared += told["compared"]
            self._drifts += told["drift"]

    def pytest_sessionfinish(self) -> None:
        if self._drift_path is not None and self._run is not None and self._folder is not None:
            document = {"schema": 1, "region": self._run.region, "drift": self.drift}
            text = json.dumps(document, indent=2, ensure_ascii=False)
            self._drift_path.write_text(f"{text}\n", encoding="utf-8")

    @property
    def drift(self) -> list[Drift]:
        return merged(self._drifts)

    def facts(self) -> dict[str, Any] | None:
        """Return what reports tell of the run, ``None`` if it never began."""
        if self._run is None:
            return None
        budget = self._run.budget
        return {
            "account": self._run.identity.account_id,
            "arn": self._run.identity.arn,
            "region": self._run.region,
            "characters": budget.used,
            "budget": budget.allowed,
            "compared": self._compared,
            "drift": self.drift,
        }

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        facts = self.facts()
        if facts is None:
            return
        from ..report.live import live_lines

        terminalreporter.section("polly: live")
        for line in live_lines(facts, terminalreporter._tw.fullwidth):
            terminalreporter.line(line)
