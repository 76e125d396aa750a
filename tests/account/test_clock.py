"""One clock for client, token services, gate and caches; whoever measures keeps the real one."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
import botocore.auth
import freezegun.api
import pytest
from botocore.exceptions import ClientError
from freezegun import freeze_time

from pytest_polly import Account, Clock, PollyError
from tests.programs import output_of

_SPEECH = {"Text": "Hello", "VoiceId": "Joanna", "OutputFormat": "mp3"}
#: What may pass between two readings of a clock on a busy machine.
_SLACK = timedelta(seconds=30)
#: By how much two clocks may differ that are read at the same time.
_JITTER = timedelta(milliseconds=50)


def _speak(client: Any) -> None:
    client.synthesize_speech(**_SPEECH)


def _about(actual: datetime, expected: datetime) -> bool:
    return abs(actual - expected) < _SLACK


def _monotonic() -> timedelta:
    return timedelta(seconds=freezegun.api.real_monotonic())


def _utc_now() -> datetime:
    """The real time, whatever anybody has made of it."""
    return datetime.fromtimestamp(freezegun.api.real_time(), timezone.utc)


@pytest.fixture(autouse=True)
def time_is_real_again() -> Iterator[None]:
    assert freezegun.api.freeze_factories == []
    yield
    left = list(freezegun.api.freeze_factories)
    del freezegun.api.freeze_factories[:]
    assert left == []
    assert datetime is freezegun.api.real_datetime
    assert botocore.auth.datetime.datetime is freezegun.api.real_datetime
    assert (time.time, time.monotonic, time.perf_counter) == (
        freezegun.api.real_time,
        freezegun.api.real_monotonic,
        freezegun.api.real_perf_counter,
    )


# One clock ------------------------------------------------------------------------------------


def test_it_is_the_machines_until_it_is_moved() -> None:
    with Account() as account:
        assert freezegun.api.freeze_factories == []
        assert _about(account.clock.now, _utc_now())
        assert account.clock.now.utcoffset() == timedelta(0)
        assert _about(account.clock.aws_now, account.clock.now)
        assert freezegun.api.freeze_factories == []


@pytest.mark.parametrize(
    "delta",
    [{"hours": 2}, {"days": 400}, {"minutes": 1, "seconds": 1}, {"weeks": -1}, {"milliseconds": 1}],
    ids=str,
)
def test_everything_moves_together(delta: dict[str, float]) -> None:
    """The client signs at the moved time, and the gate judges it by the same."""
    with Account() as account, account.apply("long-term"):
        client = boto3.client("polly")
        _speak(client)
        account.clock.advance(**delta)
        _speak(client)
        _speak(boto3.client("polly"))
        boto3.client("sts").get_caller_identity()
        moved = _utc_now() + timedelta(**delta)
        assert _about(account.clock.now, moved)
        assert _about(datetime.now(timezone.utc), moved)
        assert _about(datetime.fromtimestamp(time.time(), timezone.utc), moved)
        assert _about(datetime.now().astimezone(), moved)
        for call in account.calls[1:]:
            assert call.status == 200
            assert _about(call.time, moved)
    assert _about(datetime.now(timezone.utc), _utc_now())


@pytest.mark.parametrize("source", ["environment", "explicit", "shared-credentials-file"])
def test_credentials_expire_when_their_time_has_come(source: str) -> None:
    with Account() as account, account.apply("session-token", source):
        client = boto3.client("polly", **_explicit(account))
        account.clock.advance(minutes=58)
        _speak(client)
        account.clock.advance(minutes=3)
        with pytest.raises(ClientError, match="ExpiredTokenException"):
            _speak(client)


def _explicit(account: Account) -> dict[str, str]:
    return account.parameters


def test_a_role_is_renewed_when_its_time_has_come() -> None:
    with Account() as account, account.apply("role"):
        client = boto3.client("polly")
        for _ in range(3):
            _speak(client)
            _speak(client)
            account.clock.advance(hours=2)
        assert [call.operation for call in account.calls] == [
            "AssumeRole",
            "SynthesizeSpeech",
            "SynthesizeSpeech",
        ] * 3
        first, *later = [key.issued_at for key in account.role_sessions]
        assert [(one - first) / timedelta(hours=2) for one in later] == pytest.approx([1, 2], abs=0.01)


@pytest.mark.parametrize("moved", [timedelta(0), timedelta(days=1)])
def test_answers_are_dated_by_awss_clock(moved: timedelta) -> None:
    """An SDK whose signature is refused for its age may set its clock by the answer's date."""
    with Account() as account, account.apply("skewed-clock"):
        account.clock.advance(seconds=moved.total_seconds())
        for service, ask in (("polly", "describe_voices"), ("sts", "get_caller_identity")):
            try:
                answer = getattr(boto3.client(service), ask)()
            except ClientError as error:
                answer = error.response
            date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
            assert _about(date, account.clock.now + timedelta(minutes=10))


def test_time_is_moved_without_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many forbid them all, as with pytest-socket."""

    def refuse(*arguments: Any, **options: Any) -> Any:
        pytest.fail("a socket was asked for")

    with Account() as account, account.apply("role"), monkeypatch.context() as patched:
        patched.setattr(socket, "socketpair", refuse)
        patched.setattr(socket.socket, "__init__", refuse)
        before = account.clock.now
        account.clock.advance(hours=2)
        assert account.clock.now - before >= timedelta(hours=2)


def test_a_skewed_clock_stays_skewed() -> None:
    """AWS's clock is ahead by as much as before, wherever both are moved; with the case the skew ends."""
    with Account() as account, account.apply("long-term"):
        with account.apply("skewed-clock"):
            account.clock.advance(days=1)
            assert _about(account.clock.aws_now, account.clock.now + timedelta(minutes=10))
            with pytest.raises(ClientError, match="Signature expired"):
                _speak(boto3.client("polly"))
        assert account.clock.skew == timedelta(0)
        _speak(boto3.client("polly"))


def test_a_timedelta_does_as_well() -> None:
    with Account() as account:
        account.clock.advance(timedelta(hours=3))
        assert _about(account.clock.now, _utc_now() + timedelta(hours=3))


@pytest.mark.parametrize("entered_before", [False, True])
def test_out_of_force_time_is_not_moved(entered_before: bool) -> None:
    """There would be nobody to put it back."""
    account = Account()
    if entered_before:
        with account:
            account.clock.advance(hours=1)
    with pytest.raises(PollyError, match="this account is not in force; enter it first"):
        account.clock.advance(hours=1)
    assert _about(datetime.now(timezone.utc), _utc_now())


def test_two_advances_add_up_and_time_goes_on() -> None:
    with Account() as account:
        account.clock.advance(hours=1)
        account.clock.advance(hours=1, minutes=30)
        assert _about(account.clock.now, _utc_now() + timedelta(hours=2, minutes=30))
        assert len(freezegun.api.freeze_factories) == 1
        before = account.clock.now
        time.sleep(0.02)
        assert timedelta(milliseconds=15) < account.clock.now - before < _SLACK


def test_advancing_keeps_what_has_ticked_away() -> None:
    """Two steps of an hour are two hours and whatever passed between them."""
    with Account() as account:
        before, started, after = _monotonic(), account.clock.now, _monotonic()
        for _ in range(10):
            account.clock.advance(hours=1)
            time.sleep(0.01)
        least = _monotonic() - after
        ticked = account.clock.now - started - timedelta(hours=10)
        most = _monotonic() - before
        # A wall clock is put right now and then, a monotonic one is not.
        assert least - _JITTER < ticked < most + _JITTER


def test_accounts_one_after_the_other_begin_in_the_present() -> None:
    for _ in range(3):
        with Account() as account:
            assert _about(account.clock.now, _utc_now())
            account.clock.advance(days=10)
    assert _about(datetime.now(timezone.utc), _utc_now())


def test_an_account_in_an_account_puts_back_what_it_moved() -> None:
    with Account() as outer:
        outer.clock.advance(days=1)
        with Account() as inner:
            inner.clock.advance(days=10)
            assert _about(outer.clock.now, _utc_now() + timedelta(days=11))
        assert _about(outer.clock.now, _utc_now() + timedelta(days=1))
    with Account() as outer:
        with Account() as inner:
            inner.clock.advance(days=10)
        assert _about(outer.clock.now, _utc_now())


@pytest.mark.parametrize("way_out", [ValueError, KeyboardInterrupt, SystemExit])
def test_it_is_put_back_whatever_happens(way_out: type[BaseException]) -> None:
    def leave() -> None:
        with Account() as account:
            account.clock.advance(days=1)
            raise way_out

    with pytest.raises(way_out):
        leave()
    assert _about(datetime.now(timezone.utc), _utc_now())


def test_a_clock_of_its_own_can_be_put_back_twice() -> None:
    clock = Clock()
    clock.advance(hours=1)
    clock.reset()
    clock.reset()
    assert _about(clock.now, _utc_now())


def test_whoever_must_know_is_told() -> None:
    told: list[datetime] = []
    clock = Clock(lambda: told.append(datetime.now(timezone.utc)))
    clock.advance(hours=1)
    clock.reset()
    assert len(told) == 1
    assert _about(told[0], _utc_now() + timedelta(hours=1))


# Beside a user's own freezegun ----------------------------------------------------------------

_THEN = datetime(2031, 5, 6, 7, 8, 9, tzinfo=timezone.utc)


@contextmanager
def _frozen(**options: Any) -> Iterator[Any]:
    with freeze_time(_THEN, **options) as frozen:
        yield frozen


FREEZERS: dict[str, dict[str, Any]] = {
    "standing": {},
    "ticking": {"tick": True},
    # Small steps: how often the clock is read between two lines of a test is nobody's promise.
    "stepping": {"auto_tick_seconds": 0.01},
    "with a real loop": {"real_asyncio": True},
}


@pytest.mark.parametrize("freezer", FREEZERS)
def test_in_a_users_freeze_time(freezer: str) -> None:
    with _frozen(**FREEZERS[freezer]):
        then = datetime.now(timezone.utc)
        with Account() as account, account.apply("role"):
            client = boto3.client("polly")
            _speak(client)
            assert _about(account.calls[0].time, then)
            account.clock.advance(hours=2)
            _speak(client)
            account.clock.advance(hours=2)
            assert _about(account.clock.now, then + timedelta(hours=4))
            assert [call.operation for call in account.calls].count("AssumeRole") == 2
        assert _about(datetime.now(timezone.utc), then)


@pytest.mark.parametrize("moved_before", [True, False])
@pytest.mark.parametrize("freezer", FREEZERS)
def test_around_a_users_freeze_time(freezer: str, moved_before: bool) -> None:
    """Such as the fixture of pytest-freezer, which comes after the account and goes before it."""
    with Account() as account, account.apply("role"):
        if moved_before:
            account.clock.advance(days=1)
        with _frozen(**FREEZERS[freezer]):
            then = datetime.now(timezone.utc)
            client = boto3.client("polly")
            _speak(client)
            account.clock.advance(hours=2)
            _speak(client)
            assert _about(account.calls[-1].time, then + timedelta(hours=2))
            assert [call.operation for call in account.calls].count("AssumeRole") == 2
        assert _about(account.clock.now, _utc_now() + timedelta(days=moved_before))
        _speak(boto3.client("polly"))
    assert _about(datetime.now(timezone.utc), _utc_now())


def test_a_user_may_tick_on() -> None:
    with freeze_time(_THEN) as frozen:
        with Account() as account:
            account.clock.advance(hours=1)
            frozen.tick(timedelta(minutes=5))
            assert account.clock.now == _THEN + timedelta(hours=1, minutes=5)
        assert datetime.now(timezone.utc) == _THEN + timedelta(minutes=5)


# Who keeps the real time ----------------------------------------------------------------------


def test_event_loops_keep_the_real_time() -> None:
    with Account() as account:

        async def nap() -> tuple[float, float]:
            loop = asyncio.get_running_loop()
            began = loop.time()
            account.clock.advance(hours=2)
            await asyncio.sleep(0.01)
            slept = loop.time() - began
            try:
                await asyncio.wait_for(asyncio.Event().wait(), timeout=0.01)
            except asyncio.TimeoutError:
                return slept, loop.time() - began
            raise AssertionError("nobody set the event")

        slept, waited = asyncio.run(asyncio.wait_for(nap(), timeout=30))
        assert 0.009 < slept < 20
        assert 0.018 < waited < 25
        # A loop that is made only now keeps it as well.
        asyncio.run(asyncio.wait_for(asyncio.sleep(0.01), timeout=30))


def test_event_loops_do_so_after_others_moved_time_too() -> None:
    """freezegun leaves a copy of what it replaced in the class of the loops."""
    with freeze_time("2030-01-01", real_asyncio=True):
        pass
    test_event_loops_keep_the_real_time()


def test_waiting_threads_are_not_held_up() -> None:
    with Account() as account:
        account.clock.advance(hours=2)
        began = freezegun.api.real_monotonic()
        assert threading.Event().wait(0.01) is False
        thread = threading.Thread(target=time.sleep, args=(0.01,))
        thread.start()
        thread.join(timeout=30)
        assert not thread.is_alive()
        assert freezegun.api.real_monotonic() - began < 30


_MEASURED = """
    import time
    from pytest_polly import Account

    def test_moves_time():
        with Account() as account:
            account.clock.advance(hours=2)
            time.sleep(0.02)

    def test_moves_time_and_leaves_it_moved(polly_account):
        polly_account.clock.advance(days=400)

    def test_moves_time_back(polly_account):
        polly_account.clock.advance(days=-400)
"""


def test_pytest_measures_the_real_time(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_MEASURED)
    result = pytester.runpytest_subprocess(
        "--durations=0", "-vv", "--junitxml=junit.xml", "-p", "no:randomly", "-p", "no:cacheprovider"
    )
    result.assert_outcomes(passed=3)
    output = result.stdout.str()
    durations = [float(found) for found in re.findall(r"^(-?[\d.]+)s (?:call|setup|teardown)", output, re.M)]
    assert len(durations) == 9
    assert all(0 <= one < 60 for one in durations)
    assert max(durations) > 0.01
    whole = re.search(r"3 passed in (-?[\d.]+)s", output)
    assert whole is not None
    assert 0 < float(whole[1]) < 120
    written = (pytester.path / "junit.xml").read_text()
    times = [float(found) for found in re.findall(r' time="(-?[\d.]+)"', written)]
    assert len(times) == 4
    assert all(0 <= one < 120 for one in times)
    stamp = re.search(r'timestamp="(\d{4})', written)
    assert stamp is not None
    assert stamp[1] == str(datetime.now().year)


def test_hypothesis_sees_the_real_time(pytester: pytest.Pytester) -> None:
    """Else an example that moves time takes two hours, and misses its deadline."""
    pytester.makepyfile("""
        from datetime import timedelta
        from hypothesis import HealthCheck, given, settings, strategies as st
        from pytest_polly import Account

        IN_TIME = settings(deadline=timedelta(minutes=55), suppress_health_check=[*HealthCheck])

        @settings(IN_TIME, max_examples=5, database=None)
        @given(st.integers(1, 100))
        def test_moves_time(hours):
            with Account() as account:
                account.clock.advance(hours=hours)
    """)
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)


# Local time -----------------------------------------------------------------------------------

_IN_A_ZONE = """
    import time
    from datetime import datetime, timedelta, timezone
    import boto3
    from dateutil.tz import tzlocal
    from pytest_polly import Account

    SECONDS = timedelta(seconds=30)
    WITHIN_THE_HOUR = [{"minutes": 5}, {"minutes": 5}]
    WINTER_AND_SUMMER = [{"hours": 2}, {"days": 90}, {"days": 90}, {"days": 90}]

    def check():
        utc = datetime.now(timezone.utc)
        assert abs(datetime.fromtimestamp(time.time(), timezone.utc) - utc) < SECONDS
        assert abs(datetime.utcnow() - utc.replace(tzinfo=None)) < SECONDS
        assert abs(datetime.now(tzlocal()) - utc) < SECONDS
        local = utc.astimezone().replace(tzinfo=None)
        assert abs(datetime.now() - local) < SECONDS
        assert abs(datetime.today() - local) < SECONDS
        assert abs(datetime.fromtimestamp(time.time()) - local) < SECONDS
        assert abs(datetime.now().timestamp() - time.time()) < 30
        return utc.astimezone().utcoffset() / timedelta(hours=1)

    before = check()
    for steps in (WITHIN_THE_HOUR, WINTER_AND_SUMMER):
        with Account() as account, account.apply("role"):
            client = boto3.client("polly")
            for step in steps:
                client.describe_voices()
                client.describe_voices()
                account.clock.advance(**step)
                check()
            client.describe_voices()
            called = [call.operation for call in account.calls]
        assert check() == before
        print(called.count("AssumeRole"), called.count("DescribeVoices"))
"""


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Europe/Berlin", "UTC"])
def test_local_time_stays_local(zone: str) -> None:
    """East and west of Greenwich, in winter and summer, sessions end when they should."""
    told = output_of(_IN_A_ZONE, "-W", "ignore", env={**os.environ, "TZ": zone})
    assert told.splitlines() == ["1 5", "5 9"]
