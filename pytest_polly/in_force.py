"""Hooks of a run in which some test uses the kit; no other run pays for them."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from .collecting import FIXTURES, is_marked_in_vain, refuse_marked_in_vain

if TYPE_CHECKING:
    from .account import Account

_NAME = "polly-in-force"
_account_key = pytest.StashKey["Account"]()


def in_force(config: pytest.Config) -> InForce:
    """Return the hooks of this run; they are put in the first time."""
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(InForce(), _NAME)
    hooks = config.pluginmanager.get_plugin(_NAME)
    assert isinstance(hooks, InForce)
    return hooks


class InForce:
    """Puts a test's case in force before anything else of the test, and masks what is shown of it."""

    def __init__(self) -> None:
        #: The account of the test that runs, or ran last: a test's warnings are told after its end.
        self._latest: tuple[str, Account] | None = None

    def entered(self, item: pytest.Item, account: Account) -> None:
        item.stash[_account_key] = account
        self._latest = (item.nodeid, account)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if is_marked_in_vain(item):
            refuse_marked_in_vain(item)

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> None:
        """Put the case in force before any other function-scoped fixture can build a client."""
        if fixturedef.scope != "function" or fixturedef.argname in FIXTURES:
            return
        names = getattr(request.node, "fixturenames", ())
        first = next((name for name in FIXTURES if name in names), None)
        if first is None:
            return
        try:
            request.getfixturevalue(first)
        except BaseException as error:
            # As pytest does: it clears away only what has a result.
            key = fixturedef.cache_key(request)  # type: ignore[arg-type]
            fixturedef.cached_result = (None, key, (error, error.__traceback__))
            raise

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        account = item.stash.get(_account_key, None)
        if account is not None:
            from .report import describe, masking

            masking.mask_report(report, account)
            describe(item, account, report, call)
            if call.when == "teardown":
                del item.stash[_account_key]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        if self._latest is not None and self._latest[0] == nodeid:
            from .report import masking

            masking.mask_warning(warning_message, self._latest[1])
