"""A profile with a role: who asks STS, how often, and what a role's own settings come to."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import (
    ClientError,
    InfiniteLoopConfigError,
    InvalidConfigError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
)
from botocore.utils import JSONFileCache

from pytest_polly import Account
from pytest_polly.directory import Role
from pytest_polly.gate import statement

from .observed import (
    ASSUME_ROLE,
    ECS,
    IMDS,
    PORTAL,
    SPEECH,
    WEB_IDENTITY,
    asked,
    client,
    configure,
    folder,
    issued_here,
    session,
    settings,
    signers,
    speak,
    told,
)

#: What leads up to the request for the role, and whether whoever makes it has a long-term key.
WAYS = [
    pytest.param("", [], True, id="source_profile"),
    pytest.param("chain", [ASSUME_ROLE], False, id="chain"),
    pytest.param("web-identity", [WEB_IDENTITY], False, id="web-identity"),
    pytest.param("sso", [PORTAL], False, id="sso"),
    pytest.param("process", [], True, id="process"),
    pytest.param("Environment", [], True, id="Environment"),
    pytest.param("Ec2InstanceMetadata", IMDS, False, id="Ec2InstanceMetadata"),
    pytest.param("EcsContainer", [ECS], False, id="EcsContainer"),
]


def role_of(account: Account) -> Role:
    """Return the role that the default profile leads to."""
    return account._directory.roles[settings()["default"]["role_arn"]]


@pytest.mark.parametrize(("variant", "before", "long_term"), WAYS)
def test_the_role_is_assumed_once(
    polly_account: Account, variant: str, before: list[tuple[str, str]], long_term: bool
) -> None:
    with polly_account.apply("role", "assume-role", variant=variant) as account:
        found = session(account)
        speak(found.client("polly"), times=3)
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == "assume-role"
    assert asked(account.calls) == [*before, ASSUME_ROLE, *[SPEECH] * 3]
    asking = account.calls[len(before)]
    assert (asking.access_key_id or "").startswith("AKIA" if long_term else "ASIA")
    assert asking.token_sent is not long_term
    assert asking.host == f"sts.{account.region}.amazonaws.com" or asking.host == "sts.amazonaws.com"
    assert all(issued_here(account, call) for call in account.calls if call.service == "polly")


def test_each_role_of_a_chain_is_assumed_by_the_one_before(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role", variant="chain") as account:
        speak(client(account))
        first, second, speech = account.calls
        assert first.principal is not None
        assert ":user/" in first.principal
        assert second.principal is not None
        assert ":assumed-role/between-" in second.principal
        assert speech.principal is not None
        assert ":assumed-role/Narrator-" in speech.principal


def test_the_environment_is_a_source_only_for_a_profile_named_as_parameter(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role", variant="Environment") as account:
        os.environ["AWS_PROFILE"] = account.parameters["profile_name"]
        speak(boto3.client("polly"))
        assert asked(account.calls) == [SPEECH]


@pytest.mark.parametrize("mode", ["access-denied", "explicit-deny"])
def test_a_role_that_may_not_speak_is_refused_once(polly_account: Account, mode: str) -> None:
    with polly_account.apply(mode, "assume-role") as account:
        with pytest.raises(ClientError, match="AccessDenied"):
            speak(client(account))
        assert asked(account.calls) == [ASSUME_ROLE, SPEECH]
        assert account.expected.matches(403, account.calls[-1].error_code, account.calls[-1].message)


# How long it lasts ----------------------------------------------------------------------------


def test_a_role_of_900_seconds_is_renewed_for_every_request(polly_account: Account) -> None:
    """A lifetime within the window in which an SDK looks for new ones is always too short."""
    with polly_account.apply("role", "assume-role") as account:
        configure("default", duration_seconds="900")
        speak(client(account), times=3)
        assert asked(account.calls) == [ASSUME_ROLE, SPEECH] * 3


@pytest.mark.parametrize(
    ("left", "renewed", "tolerated"),
    [
        pytest.param(timedelta(minutes=16), False, True, id="in-good-time"),
        pytest.param(timedelta(minutes=11), True, True, id="advisory"),
        pytest.param(timedelta(minutes=5), True, False, id="mandatory"),
    ],
)
def test_a_failed_renewal_is_tolerated_while_there_is_time(
    polly_account: Account, left: timedelta, renewed: bool, tolerated: bool
) -> None:
    with polly_account.apply("role", "assume-role") as account:
        polly = client(account)
        speak(polly)
        told(account)
        account.clock.advance(seconds=(timedelta(hours=1) - left).total_seconds())
        account.fail("sts", "AccessDenied", status=403, times=None)
        if tolerated:
            speak(polly)
        else:
            with pytest.raises(ClientError, match=r"AccessDenied.*AssumeRole"):
                speak(polly)
        assert told(account) == [ASSUME_ROLE] * renewed + [SPEECH] * tolerated


def test_a_renewal_signs_the_next_request(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:
        polly = client(account)
        speak(polly)
        account.clock.advance(hours=2)
        speak(polly, times=2)
        assert asked(account.calls) == [ASSUME_ROLE, SPEECH, ASSUME_ROLE, SPEECH, SPEECH]
        first, second, third = signers(account.calls)
        assert first != second == third


def test_what_is_renewed_and_still_expired_is_an_error(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:
        polly = client(account)
        speak(polly)
        stale = _answer(account, timedelta(minutes=-1))
        account.clock.advance(hours=2)
        account.fail("sts", "Stale", status=200, body=stale)
        with pytest.raises(RuntimeError, match="still expired"):
            speak(polly)


# Settings -------------------------------------------------------------------------------------


def test_the_session_name_is_part_of_who_speaks(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:
        configure("default", role_session_name="reading-aloud")
        speak(client(account))
        assert account.calls[-1].principal is not None
        assert account.calls[-1].principal.endswith("/reading-aloud")


def test_an_external_id_opens_a_role_that_asks_for_one(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:
        role_of(account).trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"AWS": f"arn:aws:iam::{account.account_id}:root"},
                    "Condition": {"StringEquals": {"sts:ExternalId": "handshake"}},
                }
            ],
        }
        with pytest.raises(ClientError, match="AccessDenied"):
            speak(client(account))
        assert asked(account.calls) == [ASSUME_ROLE]
        configure("default", external_id="handshake")
        speak(client(account))


def test_a_session_policy_narrows_what_the_role_may(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:
        found = session(account, profile_name="source")
        core = found._session
        fetcher = AssumeRoleCredentialFetcher(
            core.create_client,
            core.get_credentials(),
            settings()["default"]["role_arn"],
            extra_args={"Policy": json.dumps(statement("Allow", "polly:DescribeVoices"))},
        )
        core._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        polly = found.client("polly")
        polly.describe_voices()
        with pytest.raises(ClientError, match="because no session policy allows"):
            speak(polly)
        assert asked(account.calls)[0] == ASSUME_ROLE


def test_a_cache_is_shared_between_sessions_while_it_is_fresh(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:

        def speak_with_cache() -> None:
            found = session(account)
            chain = found._session.get_component("credential_provider")
            chain.get_provider("assume-role").cache = JSONFileCache()
            speak(found.client("polly"))

        speak_with_cache()
        assert told(account) == [ASSUME_ROLE, SPEECH]
        assert len(list((folder() / "cli").glob("*.json"))) == 1
        account.clock.advance(minutes=44)
        speak_with_cache()
        assert told(account) == [SPEECH]
        account.clock.advance(minutes=2)
        speak_with_cache()
        assert told(account) == [ASSUME_ROLE, SPEECH]


# What goes wrong ------------------------------------------------------------------------------


def test_the_role_that_may_not_be_assumed_is_asked_for_once(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:
        configure("default", role_arn=f"arn:aws:iam::{account.account_id}:role/Nobody")
        with pytest.raises(ClientError, match=r"AccessDenied.*AssumeRole"):
            speak(client(account))
        assert asked(account.calls) == [ASSUME_ROLE]
        assert account.calls[0].status == 403


BROKEN: list[Any] = [
    pytest.param(
        {"source_profile": "default"}, InfiniteLoopConfigError, "Infinite loop", id="its-own-source"
    ),
    pytest.param({"source_profile": "nobody"}, InvalidConfigError, "does not exist", id="no-such-profile"),
    pytest.param(
        {"source_profile": "empty"}, InvalidConfigError, "must have credentials", id="without-credentials"
    ),
    pytest.param({"source_profile": None}, PartialCredentialsError, "source_profile or", id="no-source"),
    pytest.param({"credential_source": "Environment"}, InvalidConfigError, "contains both", id="two-sources"),
    pytest.param(
        {"source_profile": None, "credential_source": "Nowhere"},
        InvalidConfigError,
        "is not valid",
        id="no-such-source",
    ),
]


@pytest.mark.parametrize(("changed", "error", "words"), BROKEN)
def test_a_profile_that_cannot_work_is_told_before_any_request(
    polly_account: Account, changed: dict[str, str | None], error: type[Exception], words: str
) -> None:
    with polly_account.apply("role", "assume-role") as account:
        configure("profile empty", region="us-east-1")
        configure("default", **changed)
        with pytest.raises(error, match=words):
            speak(client(account))
        assert account.calls == []


def test_two_profiles_that_name_each_other_are_an_endless_loop(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role", variant="chain") as account:
        configure("profile between", source_profile="default")
        with pytest.raises(InfiniteLoopConfigError):
            speak(client(account))
        assert account.calls == []


# A second factor ------------------------------------------------------------------------------


def test_a_code_is_asked_for_once_and_never_for_a_renewal(polly_account: Account) -> None:
    codes: list[str] = []

    def prompt(question: str) -> str:
        codes.append(question)
        return "123456"

    with polly_account.apply("role", "assume-role") as account:
        configure("default", mfa_serial=f"arn:aws:iam::{account.account_id}:mfa/narrator")
        found = session(account)
        chain = found._session.get_component("credential_provider")
        chain.get_provider("assume-role")._prompter = prompt
        polly = found.client("polly")
        account.fail("sts", "Admitted", status=200, body=_answer(account, timedelta(hours=1)))
        speak(polly, times=2)
        assert len(codes) == 1
        account.clock.advance(hours=2)
        with pytest.raises(RefreshWithMFAUnsupportedError):
            speak(polly)
        assert len(codes) == 1
        assert asked(account.calls) == [ASSUME_ROLE, SPEECH, SPEECH]


def _answer(account: Account, lifetime: timedelta) -> str:
    """Return an answer of STS's with a session of the role in force."""
    role = role_of(account)
    principal = account._directory.role_session(role, "elsewhere")
    issued = account._directory.issue_session(principal, account.clock.now, lifetime).credentials
    assert issued.expires_at is not None
    return (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>'
        f"<AssumedRoleUser><Arn>{principal.arn}</Arn></AssumedRoleUser><Credentials>"
        f"<AccessKeyId>{issued.access_key_id}</AccessKeyId>"
        f"<SecretAccessKey>{issued.secret_access_key}</SecretAccessKey>"
        f"<SessionToken>{issued.session_token}</SessionToken>"
        f"<Expiration>{issued.expires_at:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
        "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
