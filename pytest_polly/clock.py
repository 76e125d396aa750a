"""The one clock that a client, the token services, the gate and every token cache share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freezegun.api import (
        FrozenDateTimeFactory,
        StepTickTimeFactory,
        TickingDateTimeFactory,
        _freeze_time,
    )

    Frozen = FrozenDateTimeFactory | StepTickTimeFactory | TickingDateTimeFactory

#: Whoever measures a test keeps the real time: durations and deadlines are not to leap.
_KEEP_REAL_TIME = ["_pytest.timing", "hypothesis", "xdist", "execnet", "pytest_timeout"]


def _nothing() -> None:
    """Time moves, and nobody minds."""


class Clock:
    """Moves time for everything in this process, and only once a test asks for it.

    Until then this is the machine's clock, or whatever freezegun or time-machine make of it.
    """

    def __init__(self, moved: Callable[[], None] = _nothing) -> None:
        #: Called whenever time has been moved.
        self._moved = moved
        #: How far AWS's clock is ahead of the client's.
        self.skew = timedelta(0)
        self._freezer: _freeze_time | None = None
        self._moves: list[tuple[Frozen, timedelta]] = []

    @property
    def now(self) -> datetime:
        """The time as the client sees it, aware, in UTC."""
        return datetime.now(timezone.utc)

    @property
    def aws_now(self) -> datetime:
        """The time as AWS sees it, aware, in UTC."""
        return self.now + self.skew

    def advance(self, **delta: float) -> None:
        """Move time on, at once, by a ``timedelta``'s arguments: ``advance(hours=2)``.

        Time goes on ticking from there; event loops, durations and deadlines stay real. Time that a
        test itself holds with freezegun is moved as it stands, and moved back in the end.
        """
        from freezegun import api

        if not api.freeze_factories:
            self._freezer = self._start()
        frozen, step = api.freeze_factories[-1], timedelta(**delta)
        frozen.move_to(frozen() + step)
        self._moves.append((frozen, step))
        self._moved()

    def _start(self) -> _freeze_time:
        from freezegun import freeze_time

        offset = datetime.now().astimezone().utcoffset() or timedelta(0)
        freezer = freeze_time(
            self.now, tz_offset=offset, tick=True, real_asyncio=True, ignore=_KEEP_REAL_TIME
        )
        freezer.start()
        return freezer

    def reset(self) -> None:
        """Put the time back that was there before it was moved."""
        for frozen, step in self._moves:
            frozen.move_to(frozen() - step)
        if self._freezer is not None:
            self._freezer.stop()
        self._moves, self._freezer = [], None
        self.skew = timedelta(0)
