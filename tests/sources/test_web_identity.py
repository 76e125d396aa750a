"""A token of an identity provider, traded with STS by an unsigned request."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, InvalidConfigError

from pytest_polly import Account

from .observed import (
    ASSUME_ROLE,
    SPEECH,
    WEB_IDENTITY,
    asked,
    client,
    configure,
    issued_here,
    session,
    settings,
    speak,
)

WAYS = ["", "profile"]


def token_file() -> Path:
    path = os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
    return Path(path or settings()["default"]["web_identity_token_file"])


@pytest.mark.parametrize("variant", WAYS)
def test_one_unsigned_request_brings_the_role(polly_account: Account, variant: str) -> None:
    with polly_account.apply("role", "web-identity", variant=variant) as account:
        token = token_file().read_text()
        found = session(account)
        speak(found.client("polly"), times=3)
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == "assume-role-with-web-identity"
    assert asked(account.calls) == [WEB_IDENTITY, *[SPEECH] * 3]
    trade = account.calls[0]
    assert (trade.signed, trade.access_key_id, trade.token) == (False, None, token)
    assert all(issued_here(account, call) for call in account.calls[1:])


def test_the_session_may_have_a_name(polly_account: Account) -> None:
    with polly_account.apply("role", "web-identity") as account:
        os.environ["AWS_ROLE_SESSION_NAME"] = "reading-aloud"
        speak(client(account))
        assert account.calls[-1].principal is not None
        assert account.calls[-1].principal.endswith("/reading-aloud")


def test_as_the_source_of_another_role_it_comes_first(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role", variant="web-identity") as account:
        speak(client(account))
        assert asked(account.calls) == [WEB_IDENTITY, ASSUME_ROLE, SPEECH]
        assert [call.signed for call in account.calls] == [False, True, True]


def test_the_environment_does_not_fill_in_for_a_profile_named(polly_account: Account) -> None:
    with polly_account.apply("role", "web-identity", variant="profile") as account:
        os.environ["AWS_ROLE_ARN"] = settings()["default"]["role_arn"]
        configure("default", role_arn=None)
        with pytest.raises(InvalidConfigError):
            speak(client(account, profile_name="default"))
        assert account.calls == []


# Tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant", WAYS)
def test_a_renewal_sends_the_token_that_is_there_then(polly_account: Account, variant: str) -> None:
    with polly_account.apply("role", "web-identity", variant=variant) as account:
        old, polly = token_file().read_text(), client(account)
        speak(polly)
        account.rotate()
        new = token_file().read_text()
        account.clock.advance(hours=2)
        speak(polly)
        assert [call.token for call in account.calls if call.service == "sts"] == [old, new]
        assert old != new
        assert account.calls[1].access_key_id != account.calls[-1].access_key_id


@pytest.mark.parametrize("variant", WAYS)
def test_a_token_replaced_is_still_good(polly_account: Account, variant: str) -> None:
    with polly_account.apply("role", "web-identity", variant=variant) as account:
        old = token_file().read_text()
        account.rotate()
        token_file().write_text(old)
        speak(client(account))
        assert asked(account.calls) == [WEB_IDENTITY, SPEECH]


def test_a_token_is_replaced_before_it_runs_out(polly_account: Account) -> None:
    with polly_account.apply("role", "web-identity") as account:
        polly = client(account)
        for _ in range(4):
            speak(polly)
            account.clock.advance(hours=20)
        assert asked(account.calls) == [WEB_IDENTITY, SPEECH] * 4


def test_a_missing_token_is_no_error_of_botocores(polly_account: Account) -> None:
    with polly_account.apply("role", "web-identity") as account:
        token_file().unlink()
        with pytest.raises(FileNotFoundError):
            speak(client(account))
        assert account.calls == []


def _tampered(token: str) -> str:
    return token[:-4] + ("AAAA" if not token.endswith("AAAA") else "BBBB")


def _for_a_pod(account: Account) -> str:
    with account.apply("role", "container", variant="pod-identity"):
        return Path(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]).read_text()


def _of_a_stranger() -> str:
    with Account() as another, another.apply("role", "web-identity"):
        return token_file().read_text()


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("not.a.token", "The ID Token provided is not a valid JWT"),
        ("tampered", "Couldn't retrieve verification key from your identity provider,  please"),
        ("another audience", "Incorrect token audience"),
        ("another provider", "No OpenIDConnect provider found in your account for https://oidc.eks."),
    ],
)
def test_an_invalid_token_is_refused_once(polly_account: Account, token: str, message: str) -> None:
    with polly_account.apply("role", "web-identity") as account:
        made = {
            "tampered": lambda: _tampered(token_file().read_text()),
            "another audience": lambda: _for_a_pod(account),
            "another provider": _of_a_stranger,
        }
        text = made[token]() if token in made else token
        token_file().write_text(text)
        with pytest.raises(ClientError, match="InvalidIdentityToken") as caught:
            speak(client(account))
        assert message in str(caught.value)
        assert asked(account.calls) == [WEB_IDENTITY]
        assert account.calls[0].status == 400


def test_an_expired_token_is_refused_once(polly_account: Account) -> None:
    with polly_account.apply("role", "web-identity") as account:
        old = token_file().read_text()
        account.clock.advance(hours=25)
        token_file().write_text(old)
        with pytest.raises(ClientError, match=r"ExpiredTokenException.*Token expired: current date/time \d+"):
            speak(client(account))
        assert asked(account.calls) == [WEB_IDENTITY]


def test_a_role_that_does_not_trust_the_provider_is_not_handed_out(polly_account: Account) -> None:
    with polly_account.apply("role", "web-identity") as account:
        for role in account._directory.roles.values():
            role.trust = {"Version": "2012-10-17", "Statement": []}
        with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            speak(client(account))
        assert asked(account.calls) == [WEB_IDENTITY]


@pytest.mark.parametrize("code", ["InvalidIdentityToken", "ExpiredTokenException"])
def test_a_refusal_can_be_had_without_a_wrong_token(polly_account: Account, code: str) -> None:
    with polly_account.apply("role", "web-identity") as account:
        account.fail("sts", code, message="as it pleases")
        with pytest.raises(ClientError, match=f"{code}.*as it pleases"):
            speak(client(account))
        assert asked(account.calls) == [WEB_IDENTITY]
