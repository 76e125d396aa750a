"""The account of a live test: real AWS, with the face of a simulated account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from .. import wire
from ..account import Account
from ..cases import Case
from ..clock import Clock
from ..modes import MODES
from ..record import Call
from .aws import LiveAWS
from .issuing import LiveIssuer
from .makeable import reason_against

if TYPE_CHECKING:
    from .run import LiveRun


#: The case of a test that names none.
_AT_HAND = "credentials-at-hand"


class LiveClock(Clock):
    """AWS's clock is the world's; only the client's own can be put wrong."""

    def advance(self, by: timedelta | None = None, /, **delta: float) -> None:
        """Skip the test: AWS's clock cannot be moved."""
        pytest.skip("live: AWS's clock cannot be moved")

    @contextmanager
    def behind(self, skew: timedelta) -> Iterator[None]:
        """Let the client's clock be *skew* behind for the block."""
        if skew:
            super().advance(seconds=-skew.total_seconds())
        try:
            yield
        finally:
            if skew:
                super().advance(seconds=skew.total_seconds())


class LiveAccount(Account):
    """The person's own account: makes credentials by STS, lets requests out, keeps the record of calls.

    What cannot be made without changing the account, or at all, skips the test and says why.
    """

    def __init__(self, run: LiveRun, *, label: str, ahead: timedelta = timedelta(0)) -> None:
        super().__init__(region=run.region, label=label)
        self._run = run
        #: How far the clock of this machine is to be put forward to be right again.
        self._ahead = ahead
        self.account_id = self._directory.account_id = run.identity.account_id
        self.clock = self._client_clock = LiveClock()
        own = run.ambient.key(self.clock.now)
        self._directory.keys[own.credentials.access_key_id] = own
        # The person's own key outlives every test, and so does a session of an earlier run.
        outliving = [own.credentials, *(() if run.kept is None else (run.kept.credentials,))]
        self._chosen.update(one.access_key_id for one in outliving)
        self._issuer: LiveIssuer = LiveIssuer(self._directory, run.ambient, run.settings.role, run.kept)
        self._live = LiveAWS(
            self._directory, self.clock, run.endpoints, run.budget, lambda: (self.mode, self.source)
        )
        self._live.on_call = self._lose_patience

    @property
    def calls(self) -> list[Call]:
        """Every request that was sent to AWS and answered, in order."""
        return self._live.calls

    @property
    def sound_mode(self) -> str:
        return "long-term" if self._run.ambient.are_long_term else "session-token"

    @property
    def case_at_hand(self) -> Case:
        """The person's own credentials, in the environment, whatever they are."""
        return Case(self.sound_mode, "environment", name=_AT_HAND)

    def another(self, label: str) -> LiveAccount:
        return LiveAccount(self._run, label=label, ahead=self.clock.skew)

    @contextmanager
    def apply_case(self, case: Case) -> Iterator[Account]:
        reason = reason_against(case)
        if reason is not None:
            pytest.skip(f"live: {reason}")
        if self._run.budget.exhausted:
            pytest.skip(f"live: {self._run.budget.verdict}")
        self._issuer.hands_out_own = case.name == _AT_HAND
        with super().apply_case(case), self._client_clock.behind(MODES[case.mode].skew):
            yield self

    @contextmanager
    def _on_the_wire(self) -> Iterator[None]:
        with self._client_clock.behind(-self._ahead):
            wire.engage(self._live.let_out, networked=True)
            try:
                yield
            finally:
                wire.disengage(self._live.let_out)
                self._run.tell(self._live)

    def _variables(self, folder: Path) -> dict[str, str]:
        bundle = os.environ.get("AWS_CA_BUNDLE")
        kept = {} if bundle is None else {"AWS_CA_BUNDLE": bundle}
        return {**super()._variables(folder), **kept, **self._run.endpoints.variables}

    # What would change the account, or cannot be done to AWS ----------------------------------

    def serve(self) -> NoReturn:
        _skip("other processes are served by a simulated account alone")

    def expire(self) -> NoReturn:
        _skip("nobody can end a session of AWS's early")

    def deactivate_key(self, access_key_id: str | None = None) -> NoReturn:
        _skip("to deactivate a key would change the account")

    def revoke_sessions(self) -> NoReturn:
        _skip("to revoke sessions would change the account")

    def deny(self, action: str) -> NoReturn:
        _skip("to deny something would change the account")

    def allow(self, action: str) -> NoReturn:
        _skip("to allow something would change the account")

    def fail(self, service: str, code: str, **how: Any) -> NoReturn:
        _skip("AWS does not fail on request")


def _skip(reason: str) -> NoReturn:
    pytest.skip(f"live: {reason}")
