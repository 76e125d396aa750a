"""The one clock that a client, the token services, the gate and every token cache share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from unittest.mock import patch

from .errors import PollyError

if TYPE_CHECKING:
    from freezegun.api import FrozenDateTimeFactory, StepTickTimeFactory, TickingDateTimeFactory

    Frozen = FrozenDateTimeFactory | StepTickTimeFactory | TickingDateTimeFactory

#: Whoever measures a test keeps the real time: durations and deadlines are not to leap.
_KEEP_REAL_TIME = ["_pytest.timing", "hypothesis", "xdist", "execnet", "pytest_timeout"]


#: Where time may be moved to: around it there is room for whatever is issued, and expires.
_EARLIEST, _LATEST = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (1970, 9000))


def _nothing() -> None:
    """Time moves, and nobody minds."""


class Clock:
    """Moves time for everything in this process, and only once a test asks for it.

    Until then this is the machine's clock, or whatever freezegun or time-machine make of it.
    """

    def __init__(self, moved: Callable[[], None] = _nothing, check: Callable[[], None] = _nothing) -> None:
        #: Called whenever time has been moved.
        self._moved = moved
        #: Called before; raises `PollyError` where nobody would put it back.
        self._check = check
        #: How far AWS's clock is ahead of the client's.
        self.skew = timedelta(0)
        self._own: Frozen | None = None
        self._undo = ExitStack()
        self._moves: list[tuple[Frozen, timedelta]] = []

    @property
    def now(self) -> datetime:
        """The time as the client sees it, aware, in UTC."""
        return datetime.now(timezone.utc)

    @property
    def aws_now(self) -> datetime:
        """The time as AWS sees it, aware, in UTC."""
        return self.now + self.skew

    def advance(self, by: timedelta | None = None, /, **delta: float) -> None:
        """Move time on, at once, by a ``timedelta`` or by the arguments of one: ``advance(hours=2)``.

        Time goes on ticking from there; event loops, durations and deadlines stay real. Time that a
        test itself holds with freezegun is moved as it stands, and moved back in the end. Raises
        `PollyError` for what is no span of time, and while the account is not in force.
        """
        from freezegun import api

        step, now = _step(by, delta), self.now
        self._check()
        if not _EARLIEST - now < step < _LATEST - now:
            raise PollyError(f"clock.advance() by {step} leads out of the years 1970 to 9000")
        if not api.freeze_factories:
            self._start()
        frozen = api.freeze_factories[-1]
        frozen.move_to(frozen() + step)
        self._moves.append((frozen, step))
        if frozen is self._own:
            # By how much local time differs may change on the way: there is summer time.
            api.tz_offsets[-1] = _local_offset(self.now)
        self._moved()

    def _start(self) -> None:
        from freezegun import api, freeze_time

        freezer = freeze_time(self.now, tick=True, ignore=_KEEP_REAL_TIME)
        self._undo.enter_context(freezer)
        # Not by freezegun's `real_asyncio`: that opens a loop to look at it, and thereby a socket, which
        # whoever forbids sockets does not like.
        for loop in _loops_that_ask_the_time():
            self._undo.enter_context(patch.object(loop, "time", lambda loop: api.real_monotonic()))
        self._own = api.freeze_factories[-1]
        self._undo.enter_context(patch.object(api.FakeDatetime, "now", classmethod(_now(self._own))))

    def reset(self) -> None:
        """Put the time back that was there before it was moved."""
        for frozen, step in self._moves:
            frozen.move_to(frozen() - step)
        self._undo.close()
        self._moves, self._own = [], None
        self.skew = timedelta(0)


def _step(by: object, delta: dict[str, float]) -> timedelta:
    """Return what `Clock.advance` was asked for."""
    if isinstance(by, timedelta) and not delta:
        return by
    try:
        if by is not None or not delta:
            raise TypeError("it is the one or the other")
        return timedelta(**delta)
    except (TypeError, ValueError, OverflowError) as error:
        given = [f"{name}={value!r}" for name, value in delta.items()]
        if by is not None:
            given.insert(0, repr(by))
        raise PollyError(
            "clock.advance() takes numbers of weeks, days, hours, minutes, seconds, milliseconds or "
            f"microseconds by these names, as in advance(hours=2), or a timedelta; not advance("
            f"{', '.join(given)}): {error}"
        ) from None


def _loops_that_ask_the_time() -> list[type]:
    """Return the classes of event loops that have asyncio's own way to tell the time.

    It is in more than one class where freezegun's `real_asyncio` has put it back.
    """
    import asyncio

    classes: list[type] = [asyncio.BaseEventLoop]
    for one in classes:
        classes += one.__subclasses__()
    return [one for one in classes if vars(one).get("time") is asyncio.BaseEventLoop.time]


def _local_offset(moment: datetime) -> timedelta:
    """Return by how much local time differs from UTC at *moment*."""
    return moment.astimezone().utcoffset() or timedelta(0)


def _now(own: Frozen) -> Callable[..., datetime]:
    """Return what takes the place of ``FakeDatetime.now`` while *own* is the time in force.

    freezegun adds the offset of local time to a time that is asked for in a zone, too: east or west of
    Greenwich a session would seem to run out hours too early or too late.
    """
    from freezegun import api

    original = api.FakeDatetime.now

    def now(cls: type[datetime], tz: tzinfo | None = None) -> datetime:
        if tz is None or api.freeze_factories[-1] is not own:
            return original(tz)
        return api.datetime_to_fakedatetime(tz.fromutc(own().replace(tzinfo=tz)))

    return now
