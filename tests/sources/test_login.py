"""``aws login``: credentials in a cache, renewed by whoever has the key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pytest_polly import Account
from pytest_polly.sources import SOURCES

from .observed import (
    SIGN_IN,
    SPEECH,
    asked,
    cached,
    change_cached,
    client,
    configure,
    issued_here,
    needs,
    session,
    settings,
    signers,
    since,
    speak,
    told,
)

pytestmark = needs("login")


def cached_login() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(cached("login").read_text())
    return content


@pytest.mark.parametrize("left", [14, 8], ids=["fresh", "eight-minutes-left"])
def test_what_is_cached_is_used_while_it_lasts(polly_account: Account, left: int) -> None:
    with polly_account.apply("role", "login") as account:
        account.clock.advance(minutes=15 - left)
        found = session(account)
        speak(found.client("polly"), times=3)
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == "login"
        assert asked(account.calls) == [SPEECH] * 3
        assert set(signers(account.calls)) == {cached_login()["accessToken"]["accessKeyId"]}


@pytest.mark.parametrize(
    "left", [timedelta(minutes=3), timedelta(minutes=-30)], ids=["three-minutes-left", "expired"]
)
def test_a_renewal_is_proved_and_cached(polly_account: Account, left: timedelta) -> None:
    with polly_account.apply("role", "login") as account:
        before = cached_login()
        account.clock.advance(seconds=(timedelta(minutes=15) - left).total_seconds())
        speak(client(account), times=3)
        after = cached_login()
        assert asked(account.calls) == [SIGN_IN, *[SPEECH] * 3]
        renewal = account.calls[0]
        assert (renewal.signed, renewal.token_sent) == (False, True)
        assert renewal.host == f"{account.region}.signin.aws.amazon.com"
        assert set(signers(account.calls)) == {after["accessToken"]["accessKeyId"]}
        assert before["accessToken"]["accessKeyId"] not in signers(account.calls)
        assert after["refreshToken"] != before["refreshToken"]
        assert after["accessToken"]["expiresAt"] > before["accessToken"]["expiresAt"]
        assert all(issued_here(account, call) for call in account.calls[1:])


def test_a_renewal_lasts_a_quarter_of_an_hour(polly_account: Account) -> None:
    with polly_account.apply("role", "login") as account:
        account.clock.advance(hours=1)
        speak(client(account))
        expires = account.credentials and account.credentials.expires_at
        assert expires
        assert timedelta(minutes=14) < expires - account.clock.now <= timedelta(minutes=15)


def _keys_with(short: str) -> Iterator[Any]:
    """Yield keys one part of which begins with a zero byte, as one key in 256 does."""
    from awscrt.crypto import EC, ECExportFormat, ECType

    while True:
        key = EC.new_generate(ECType.P_256)
        coordinates = key.get_public_coords()
        lengths = {
            "private": len(key.export_key(ECExportFormat.SEC1)) - 89,
            "x": len(coordinates.x),
            "y": len(coordinates.y),
        }
        if lengths[short] < 32:
            yield key


@pytest.mark.parametrize("short", ["private", "x", "y"])
def test_whatever_key_is_made_it_can_be_read_and_renewed_with(
    polly_account: Account, short: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from awscrt.crypto import EC

    odd, sound = next(_keys_with(short)), EC.new_generate
    made = [odd]
    monkeypatch.setattr(EC, "new_generate", lambda kind: made.pop() if made else sound(kind))
    with polly_account.apply("role", "login") as account:
        assert not made
        account.clock.advance(hours=1)
        speak(client(account))
        assert asked(account.calls) == [SIGN_IN, SPEECH]


def test_a_login_of_another_process_is_picked_up(polly_account: Account) -> None:
    with polly_account.apply("role", "login") as account:
        polly = client(account)
        speak(polly)
        account.clock.advance(hours=1)
        account.rotate()
        speak(polly)
        assert asked(account.calls) == [SPEECH, SPEECH]
        assert signers(account.calls)[1] == cached_login()["accessToken"]["accessKeyId"]


@since("1.44.0", "signInRegion")
def test_the_region_is_that_of_the_login(polly_account: Account) -> None:
    with polly_account.apply("role", "login") as account:
        change_cached("login", signInRegion="eu-central-1")
        account.clock.advance(hours=1)
        speak(client(account))
        assert [call.region for call in account.calls] == ["eu-central-1", account.region]


# What goes wrong ------------------------------------------------------------------------------


def test_after_twelve_hours_it_takes_a_new_login(polly_account: Account) -> None:
    from botocore.exceptions import LoginRefreshRequired

    with polly_account.apply("role", "login") as account:
        polly = client(account)
        account.clock.advance(hours=11)
        speak(polly)
        told(account)
        account.clock.advance(hours=2)
        with pytest.raises(LoginRefreshRequired, match="Please reauthenticate"):
            speak(polly)
        assert told(account) == [SIGN_IN]
        account.rotate()
        speak(client(account))
        assert told(account) == [SPEECH]


@pytest.mark.parametrize(
    ("reason", "error", "status"),
    [
        ("TOKEN_EXPIRED", "LoginRefreshRequired", 401),
        ("USER_CREDENTIALS_CHANGED", "LoginRefreshRequired", 403),
        ("INSUFFICIENT_PERMISSIONS", "LoginInsufficientPermissions", 403),
        ("AUTHCODE_EXPIRED", "LoginError", 401),
    ],
)
def test_a_refusal_is_told_by_its_reason(
    polly_account: Account, reason: str, error: str, status: int
) -> None:
    import botocore.exceptions

    with polly_account.apply("role", "login") as account:
        account.clock.advance(hours=1)
        account.fail("signin", reason)
        with pytest.raises(botocore.exceptions.LoginError) as caught:
            speak(client(account))
        assert type(caught.value).__name__ == error
        assert [(call.status, call.error_code) for call in account.calls] == [(status, reason)]


def test_a_proof_with_another_key_is_refused(polly_account: Account) -> None:
    with polly_account.apply("role", "login") as account:
        with account.apply("role", "login"):
            key = cached_login()["dpopKey"]
        change_cached("login", dpopKey=key)
        account.clock.advance(hours=1)
        with pytest.raises(ClientError, match="ValidationException"):
            speak(client(account))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


@pytest.mark.parametrize("changed", [lambda text: text[::-1], lambda text: text[:20]], ids=["wrong", "short"])
def test_a_proof_that_was_not_signed_is_refused(
    polly_account: Account, changed: Callable[[str], str]
) -> None:
    def tamper(request: Any, **_: Any) -> None:
        signed, _dot, signature = _text(request.headers.pop("DPoP")).rpartition(".")
        request.headers["DPoP"] = f"{signed}.{changed(signature)}"

    with polly_account.apply("role", "login") as account:
        account.clock.advance(hours=1)
        found = session(account)
        found.events.register("before-send.signin", tamper)
        with pytest.raises(ClientError, match="ValidationException"):
            speak(found.client("polly"))


@pytest.mark.parametrize("missing", ["accessToken", "refreshToken", "clientId", "dpopKey"])
def test_a_cache_that_lacks_something_is_told(polly_account: Account, missing: str) -> None:
    from botocore.exceptions import LoginTokenLoadError

    with polly_account.apply("role", "login") as account:
        change_cached("login", **{missing: None})
        with pytest.raises(LoginTokenLoadError, match=f"missing required fields: {missing}"):
            speak(client(account))
        assert account.calls == []


def test_a_session_that_was_never_logged_in_is_told(polly_account: Account) -> None:
    from botocore.exceptions import LoginTokenLoadError

    with polly_account.apply("role", "login") as account:
        configure("default", login_session=settings()["default"]["login_session"] + "-elsewhere")
        with pytest.raises(LoginTokenLoadError, match="Unable to load a existing login session"):
            speak(client(account))
        assert account.calls == []


def test_without_awscrt_it_is_told_what_to_install(
    polly_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    import botocore.credentials
    from botocore.exceptions import MissingDependencyException

    with polly_account.apply("role", "login") as account:
        monkeypatch.setattr(botocore.credentials, "EC", None)
        with pytest.raises(MissingDependencyException, match="botocore\\[crt\\]"):
            speak(client(account))
        assert account.calls == []


def test_what_cannot_be_used_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.credentials

    unavailable = SOURCES["login"].unavailable
    assert unavailable() is None
    monkeypatch.delattr(botocore.credentials, "LoginProvider")
    assert "does not know `aws login`" in str(unavailable())
