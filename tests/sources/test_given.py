"""Sources where credentials simply lie, and which of them comes first."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError, ConfigParseError, PartialCredentialsError, ProfileNotFound

from pytest_polly import Account
from pytest_polly.sources import SOURCES

from .observed import ASSUME_ROLE, SPEECH, asked, client, configure, session, signers, since, speak
from .observed import write_credentials as write

LYING = [name for name, source in SOURCES.items() if "long-term" in source.modes]


@pytest.mark.parametrize("source", LYING)
@pytest.mark.parametrize(("mode", "token"), [("long-term", False), ("session-token", True)])
def test_three_requests_and_no_other(polly_account: Account, mode: str, token: bool, source: str) -> None:
    with polly_account.apply(mode, source) as account:
        found = session(account).get_credentials()
        speak(client(account), times=3)
    assert found is not None
    assert found.method == SOURCES[source].provider
    assert asked(account.calls) == [SPEECH] * 3
    assert set(signers(account.calls)) == {found.access_key}
    assert {call.token_sent for call in account.calls} == {token}


def test_a_key_id_alone_as_parameter_is_refused_before_any_request(polly_account: Account) -> None:
    with polly_account.apply("partial", "explicit") as account:
        with pytest.raises(PartialCredentialsError, match="explicit, missing: aws_secret_access_key"):
            boto3.client("polly", **account.parameters)
        assert account.calls == []


@pytest.mark.parametrize(
    "source", [name for name in LYING if name != "explicit" and "partial" in SOURCES[name].modes]
)
def test_a_key_id_alone_elsewhere_is_refused_before_any_request(polly_account: Account, source: str) -> None:
    with polly_account.apply("partial", source) as account:
        with pytest.raises(PartialCredentialsError, match=f"{SOURCES[source].provider}, missing"):
            speak(client(account))
        assert account.calls == []


# The environment ------------------------------------------------------------------------------


def test_the_old_name_of_the_token_still_counts(polly_account: Account) -> None:
    with polly_account.apply("session-token") as account:
        os.environ["AWS_SECURITY_TOKEN"] = os.environ.pop("AWS_SESSION_TOKEN")
        speak(client(account))
        assert [call.token_sent for call in account.calls] == [True]


def test_blank_keys_count_as_missing(polly_account: Account) -> None:
    with polly_account.apply("long-term", "shared-credentials-file") as account:
        os.environ.update(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
        speak(client(account))
        assert account.credentials
        assert signers(account.calls) == [account.credentials.access_key_id]


def test_an_expiration_makes_the_environment_be_read_again(polly_account: Account) -> None:
    with polly_account.apply("session-token") as account:
        os.environ["AWS_CREDENTIAL_EXPIRATION"] = _in(account, hours=2)
        polly = client(account)
        speak(polly)
        account.clock.advance(hours=3)
        with pytest.raises(RuntimeError, match="still expired"):
            speak(polly)
        account.rotate()
        os.environ["AWS_CREDENTIAL_EXPIRATION"] = _in(account, hours=2)
        speak(polly)
        assert account.credentials
        assert signers(account.calls)[-1] == account.credentials.access_key_id


def _in(account: Account, **delta: float) -> str:
    return (account.clock.now + timedelta(**delta)).isoformat()


def test_the_environment_beats_a_profile_named_there(polly_account: Account) -> None:
    """The trap: the role is not assumed, and nobody says so."""
    with polly_account.apply("role", "assume-role") as account:
        ambient = account.issue("long-term")
        os.environ.update({name.upper(): part for name, part in ambient.as_client_kwargs().items()})
        os.environ["AWS_PROFILE"] = "default"
        found = session(account)
        speak(found.client("polly"), times=3)
        assert asked(account.calls) == [SPEECH] * 3
        assert set(signers(account.calls)) == {ambient.access_key_id}
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == "env"


def test_a_profile_named_as_parameter_beats_the_environment(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:
        ambient = account.issue("long-term")
        os.environ.update({name.upper(): part for name, part in ambient.as_client_kwargs().items()})
        speak(client(account, profile_name="default"))
        assert asked(account.calls) == [ASSUME_ROLE, SPEECH]
        assert ambient.access_key_id not in signers(account.calls)


# Files ----------------------------------------------------------------------------------------


def test_the_files_may_lie_elsewhere(polly_account: Account, tmp_path: Path) -> None:
    with polly_account.apply("session-token", "shared-credentials-file") as account:
        elsewhere = Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).rename(tmp_path / "elsewhere")
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(elsewhere)
        speak(client(account))
        assert account.credentials
        assert signers(account.calls) == [account.credentials.access_key_id]


def test_the_credentials_file_beats_the_config_file(polly_account: Account) -> None:
    with polly_account.apply("long-term", "config-file") as account:
        other = account.issue("long-term")
        write(default=other.as_client_kwargs())
        speak(client(account))
        assert signers(account.calls) == [other.access_key_id]


def test_a_profile_that_does_not_exist_is_named(polly_account: Account) -> None:
    with polly_account.apply("long-term", "profile") as account:
        os.environ["AWS_PROFILE"] = "nobody"
        with pytest.raises(ProfileNotFound, match="nobody"):
            speak(client(account))
        assert account.calls == []


def test_a_file_that_is_no_such_file_is_named(polly_account: Account) -> None:
    with polly_account.apply("long-term", "config-file") as account:
        Path(os.environ["AWS_CONFIG_FILE"]).write_text("neither key nor value", encoding="utf-8")
        with pytest.raises(ConfigParseError):
            speak(client(account))
        assert account.calls == []


@pytest.mark.parametrize(
    ("variable", "text", "method"),
    [
        ("AWS_CREDENTIAL_FILE", "AWSAccessKeyId={}\nAWSSecretKey={}\n", "ec2-credentials-file"),
        (
            "BOTO_CONFIG",
            "[Credentials]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            "boto-config",
        ),
    ],
)
def test_the_places_of_old_still_count(
    polly_account: Account, tmp_path: Path, variable: str, text: str, method: str
) -> None:
    with polly_account.apply("none") as account:
        given = account.issue("long-term")
        path = tmp_path / "credentials of old"
        path.write_text(text.format(given.access_key_id, given.secret_access_key), encoding="utf-8")
        os.environ[variable] = str(path)
        found = session(account)
        speak(found.client("polly"))
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == method
        assert signers(account.calls) == [given.access_key_id]


@since("1.37.0", "account ids in credentials")
@pytest.mark.parametrize("source", ["environment", "shared-credentials-file", "config-file"])
def test_an_account_id_comes_along(polly_account: Account, source: str) -> None:
    with polly_account.apply("long-term", source) as account:
        given = account.credentials
        assert given
        if source == "environment":
            os.environ["AWS_ACCOUNT_ID"] = account.account_id
        elif source == "config-file":
            configure("default", aws_account_id=account.account_id)
        else:
            write(default={**given.as_client_kwargs(), "aws_account_id": account.account_id})
        found = session(account).get_credentials()
        assert found is not None
        assert found.account_id == account.account_id


# Per request ----------------------------------------------------------------------------------


@since("1.34.70", "credentials for one request")
def test_one_request_may_be_signed_by_somebody_else(polly_account: Account) -> None:
    from botocore.credentials import Credentials

    with polly_account.apply("session-token") as account:
        other = account.issue("long-term")
        assert other.secret_access_key is not None
        guest = Credentials(other.access_key_id, other.secret_access_key)
        polly = client(account)

        def sign_once(context: dict[str, object], **_: object) -> None:
            context.setdefault("signing", {}).update({"request_credentials": guest})  # type: ignore[attr-defined]

        speak(polly)
        polly.meta.events.register("before-parameter-build.polly", sign_once)
        speak(polly)
        polly.meta.events.unregister("before-parameter-build.polly", sign_once)
        speak(polly)
        mine = account.credentials
        assert mine
        assert signers(account.calls) == [mine.access_key_id, other.access_key_id, mine.access_key_id]
        assert [call.token_sent for call in account.calls] == [True, False, True]


# Dead keys ------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", LYING)
def test_a_client_keeps_a_dead_key_and_a_new_one_is_alive(polly_account: Account, source: str) -> None:
    with polly_account.apply("long-term", source) as account:
        old = account.credentials
        polly = client(account)
        speak(polly)
        account.deactivate_key()
        for _ in range(2):
            with pytest.raises(ClientError, match="UnrecognizedClientException"):
                speak(polly)
        new = account.rotate()
        assert old
        assert new
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            speak(polly)
        speak(client(account))
        assert signers(account.calls) == [old.access_key_id] * 4 + [new.access_key_id]
