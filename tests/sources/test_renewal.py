"""Sources whose credentials an SDK renews: when, how often, by how many threads, and what ends them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from pytest_polly import Account
from pytest_polly.directory import Directory
from pytest_polly.gate import IssuedKey
from pytest_polly.services.vendor import Vendor

from .observed import (
    ASSUME_ROLE,
    ECS,
    IMDS,
    POD,
    PORTAL,
    SIGN_IN,
    SPEECH,
    WEB_IDENTITY,
    asked,
    client,
    issued_here,
    needs,
    signers,
    speak,
    told,
)


@dataclass(frozen=True)
class Renewed:
    """A source that renews: what is asked for each time, and how long it lasts."""

    source: str
    variant: str
    requests: list[tuple[str, str]]
    lifetime: timedelta
    #: Whether it takes those requests to begin with, too.
    at_first: bool = True


HOUR, SHIFT = timedelta(hours=1), timedelta(hours=6)

_ALL = (
    Renewed("assume-role", "", [ASSUME_ROLE], HOUR),
    Renewed("assume-role", "chain", [ASSUME_ROLE, ASSUME_ROLE], HOUR),
    Renewed("web-identity", "", [WEB_IDENTITY], HOUR),
    Renewed("container", "", [ECS], SHIFT),
    Renewed("container", "pod-identity", [POD], SHIFT),
    Renewed("imds", "", IMDS, SHIFT),
    Renewed("sso", "", [PORTAL], HOUR),
    Renewed("login", "", [SIGN_IN], timedelta(minutes=15), at_first=False),
    Renewed("process", "", [], HOUR),
)
EVERY = [
    pytest.param(one, id="-".join(filter(None, (one.source, one.variant))), marks=needs(one.source))
    for one in _ALL
]
#: Those that are renewed in time; a login's quarter of an hour never leaves the window.
IN_TIME = [param for param in EVERY if param.values[0].source != "login"]  # type: ignore[union-attr]


@pytest.fixture
def account(polly_account: Account, renewed: Renewed) -> Iterator[Account]:
    """The account with a role in force, found where the test's parameter has it."""
    with polly_account.apply("role", renewed.source, variant=renewed.variant) as account:
        yield account


@pytest.mark.parametrize("renewed", EVERY)
def test_what_has_expired_is_renewed(account: Account, renewed: Renewed) -> None:
    polly = client(account)
    speak(polly)
    assert told(account) == [*renewed.requests * renewed.at_first, SPEECH]
    for _ in range(2):
        account.clock.advance(seconds=renewed.lifetime.total_seconds() + 60)
        before = account.credentials
        speak(polly, times=2)
        assert before
        assert before.access_key_id not in signers(account.calls) or renewed.source == "process"
        assert all(issued_here(account, call) for call in account.calls if call.service == "polly")
        assert told(account) == [*renewed.requests, SPEECH, SPEECH]


@pytest.mark.parametrize("renewed", IN_TIME)
@pytest.mark.parametrize(("left", "asks"), [(16, False), (14, True), (9, True)])
def test_renewal_begins_a_quarter_of_an_hour_before(
    account: Account, renewed: Renewed, left: int, asks: bool
) -> None:
    polly = client(account)
    speak(polly)
    old = signers(account.calls)
    told(account)
    account.clock.advance(seconds=(renewed.lifetime - timedelta(minutes=left)).total_seconds())
    speak(polly)
    assert (signers(account.calls) != old) is asks
    assert told(account) == [*renewed.requests * asks, SPEECH]


# Threads --------------------------------------------------------------------------------------

THREADS, TIMES = 20, 3


def speak_in_threads(polly: Any) -> None:
    """Have every thread begin at the same moment, so that all of them find the same expiration."""
    barrier = threading.Barrier(THREADS)

    def work(_: int) -> None:
        barrier.wait(timeout=30)
        speak(polly, times=TIMES)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))


@pytest.mark.parametrize("renewed", EVERY)
def test_twenty_threads_renew_once_and_never_mix(account: Account, renewed: Renewed) -> None:
    polly = client(account)
    speak_in_threads(polly)
    speeches = [SPEECH] * THREADS * TIMES
    assert sorted(told_whole(account)) == sorted([*renewed.requests * renewed.at_first, *speeches])
    for _ in range(2):
        account.clock.advance(seconds=renewed.lifetime.total_seconds() + 60)
        speak_in_threads(polly)
        assert len(set(signers(account.calls))) == 1
        assert sorted(told_whole(account)) == sorted([*renewed.requests, *speeches])


def told_whole(account: Account) -> list[tuple[str, str]]:
    """Return what was asked, once sure that key, secret and token of every speech belong together."""
    assert all(issued_here(account, call) for call in account.calls if call.service == "polly")
    assert not any(call.refused for call in account.calls)
    return [(service, str(operation)) for service, operation in told(account)]


# What ends them -------------------------------------------------------------------------------

Ending = Callable[[Account], None]
ENDINGS = [
    pytest.param(Account.expire, "ExpiredTokenException", id="expire"),
    pytest.param(Account.deactivate_key, "UnrecognizedClientException", id="deactivate_key"),
    pytest.param(Account.revoke_sessions, "AccessDeniedException", id="revoke_sessions"),
]


@pytest.mark.parametrize("renewed", EVERY)
@pytest.mark.parametrize(("ending", "code"), ENDINGS)
def test_a_client_is_refused_until_its_window_and_a_new_one_is_not(
    account: Account, renewed: Renewed, ending: Ending, code: str
) -> None:
    """No SDK renews what AWS refuses: exactly one request, and nothing asked of the source."""
    polly = client(account)
    speak(polly)
    told(account)
    ending(account)
    for _ in range(2):
        with pytest.raises(ClientError, match=code):
            speak(polly)
        assert told(account) == [SPEECH]
    account.rotate()
    speak(client(account))
    told(account)
    account.clock.advance(seconds=renewed.lifetime.total_seconds() + 60)
    speak(polly)
    assert [call.status for call in account.calls if call.service == "polly"] == [200]
    assert set(asked(account.calls)) >= {*renewed.requests, SPEECH}


@pytest.mark.parametrize("renewed", IN_TIME)
def test_what_is_rotated_leaves_the_old_valid(account: Account, renewed: Renewed) -> None:
    polly = client(account)
    speak(polly)
    account.rotate()
    speak(polly)
    speak(client(account))
    first, second, third = signers(account.calls)
    assert first == second != third
    assert not any(call.refused for call in account.calls)


@pytest.mark.parametrize("renewed", IN_TIME)
@pytest.mark.parametrize(("ending", "code"), ENDINGS)
def test_everything_handed_out_so_far_ends(
    account: Account, renewed: Renewed, ending: Ending, code: str
) -> None:
    first = client(account)
    speak(first)
    account.rotate()
    second = client(account)
    speak(second)
    ending(account)
    for polly in (first, second):
        with pytest.raises(ClientError, match=code):
            speak(polly)


@pytest.mark.parametrize("renewed", IN_TIME)
@pytest.mark.parametrize("ending", [Account.expire, Account.deactivate_key])
def test_a_new_client_is_not_given_the_dead(account: Account, renewed: Renewed, ending: Ending) -> None:
    speak(client(account))
    ending(account)
    speak(client(account))
    assert not any(call.refused for call in account.calls)


def test_everybody_who_asks_at_once_is_given_the_same() -> None:
    directory = Directory("123456789012")
    vendor = Vendor(directory, directory.create_role("Narrator"), "i-0123456789abcdef0")
    now, issue, pause = datetime.now(timezone.utc), directory.issue_session, threading.Event()

    def issue_slowly(*given: Any) -> IssuedKey:
        pause.wait(0.05)
        return issue(*given)

    with patch.object(directory, "issue_session", issue_slowly), ThreadPoolExecutor(5) as pool:
        given = list(pool.map(lambda _: vendor.credentials(now), range(5)))
    assert len({one.access_key_id for one in given}) == 1
