"""Keeps secrets out of whatever pytest shows of a test: its reports, its warnings, its logs while it runs."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_polly.account import Account

#: What pytest logs to while a test runs: the terminal (``log_cli``) and a file (``--log-file``).
_LIVE_HANDLERS = ("log_cli_handler", "log_file_handler")


def mask_report(report: pytest.TestReport, account: Account) -> None:
    """Put secrets out of sight that a traceback, a log, a client's own output or a reason shows."""
    report.sections = [(title, account.masked(text)) for title, text in report.sections]
    report.user_properties = [(name, _masked(value, account)) for name, value in report.user_properties]
    if hasattr(report, "wasxfail"):
        report.wasxfail = account.masked(report.wasxfail)
    if isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = (path, line, account.masked(reason))
    elif report.longrepr is not None:
        text = report.longreprtext
        masked = account.masked(text)
        if masked != text:
            report.longrepr = masked


def mask_warning(warning: warnings.WarningMessage, account: Account) -> None:
    """Put secrets out of sight in a warning that pytest is about to show at the end of the run."""
    text = str(warning.message)
    masked = account.masked(text)
    if masked != text:
        warning.message = UserWarning(masked)


@contextmanager
def masked_live_logs(config: pytest.Config, account: Account) -> Iterator[None]:
    """Put secrets out of sight in logs that are shown while the test runs; ``caplog`` sees them whole."""
    logs = config.pluginmanager.get_plugin("logging-plugin")
    handlers = [getattr(logs, name, None) for name in _LIVE_HANDLERS]
    with ExitStack() as stack:
        for handler in handlers:
            if isinstance(handler, logging.Handler):
                stack.callback(handler.setFormatter, handler.formatter)
                handler.setFormatter(_Masking(handler.formatter or logging.Formatter(), account))
        yield


class _Masking(logging.Formatter):
    def __init__(self, formatter: logging.Formatter, account: Account) -> None:
        super().__init__()
        self._formatter = formatter
        self._account = account

    def format(self, record: logging.LogRecord) -> str:
        return self._account.masked(self._formatter.format(record))


def _masked(value: Any, account: Account) -> Any:
    return account.masked(value) if isinstance(value, str) else value
