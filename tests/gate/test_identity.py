"""Credentials keep to themselves what is secret, and conditions may ask who signs with them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pytest_polly.directory import Directory
from pytest_polly.gate import Credentials, IssuedKey, Policies, Principal, authorize, statement

NOW = datetime(2026, 5, 17, 12, tzinfo=timezone.utc)
ACCOUNT = "123456789012"
OF_SESSIONS = {"aws:TokenIssueTime": "2026-05-17T12:00:00+00:00", "aws:MultiFactorAuthPresent": "false"}


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"secret_access_key": None}, "secret_access_key=None, session_token=None"),
        ({"secret_access_key": "wJalrXUtnFEMI"}, "secret_access_key='****', session_token=None"),
        (
            {"secret_access_key": "wJalrXUtnFEMI", "session_token": "IQoJb3JpZ2lu", "expires_at": NOW},
            "secret_access_key='****', session_token='****', expires_at=2026-05-17T12:00:00Z",
        ),
    ],
)
def test_repr_hides_secret_and_token(more: dict[str, Any], shown: str) -> None:
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", **more)
    assert repr(credentials) == f"Credentials(access_key_id='AKIAIOSFODNN7EXAMPLE', {shown})"
    assert not any(secret in repr(credentials) for secret in credentials.secrets)
    given = {name: value for name, value in more.items() if value is not None and name != "expires_at"}
    assert credentials.as_client_kwargs() == {
        "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
        **{f"aws_{name}": value for name, value in given.items()},
    }
    assert credentials.secrets == tuple(given.values())


def keys() -> dict[str, IssuedKey]:
    directory, hour = Directory(ACCOUNT), timedelta(hours=1)
    user = directory.create_user("narrator")
    role = directory.create_role("Narrator", path="/stage/")
    guest = Principal(f"arn:aws:sts::{ACCOUNT}:federated-user/guest", f"{ACCOUNT}:guest", ACCOUNT)
    long_term = directory.issue_long_term(user, NOW)
    session = directory.role_session(role, "stage-7")
    session.source_identity, session.tags = "alice", {"stage": "7"}
    return {
        "user": long_term,
        "session of a user": directory.issue_session(long_term.principal, NOW, hour),
        "session of a role": directory.issue_session(session, NOW, hour),
        "federated user": directory.issue_session(guest, NOW, hour),
    }


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (
            "user",
            {
                "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/narrator",
                "aws:PrincipalType": "User",
                "aws:username": "narrator",
            },
        ),
        (
            "session of a user",
            {
                "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/narrator",
                "aws:PrincipalType": "User",
                "aws:username": "narrator",
                **OF_SESSIONS,
            },
        ),
        (
            "session of a role",
            {
                "aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/stage/Narrator",
                "aws:PrincipalType": "AssumedRole",
                "aws:SourceIdentity": "alice",
                "aws:PrincipalTag/stage": "7",
                **OF_SESSIONS,
            },
        ),
        (
            "federated user",
            {
                "aws:PrincipalArn": f"arn:aws:sts::{ACCOUNT}:federated-user/guest",
                "aws:PrincipalType": "FederatedUser",
                **OF_SESSIONS,
            },
        ),
    ],
)
def test_context_tells_who_signs(who: str, expected: dict[str, str]) -> None:
    key = keys()[who]
    of_all = {
        "aws:PrincipalAccount": ACCOUNT,
        "aws:SecureTransport": "true",
        "aws:userid": key.principal.user_id,
    }
    assert key.context == {**of_all, **expected}


def test_policies_ask_the_signer_and_the_request() -> None:
    key = keys()["user"]
    wanted = {"StringEquals": {"aws:username": "narrator", "aws:RequestedRegion": "eu-west-1"}}
    key.principal.policies = Policies([statement("Allow", "polly:*", Condition=wanted)])
    action = "polly:SynthesizeSpeech"
    assert authorize(key, action, context={"aws:RequestedRegion": "eu-west-1"}) is None
    assert authorize(key, action, context={"aws:RequestedRegion": "us-east-1"}) is not None
    assert authorize(key, action) is not None


def test_policies_ask_for_the_resource() -> None:
    key = keys()["user"]
    lexicon = f"arn:aws:polly:us-east-1:{ACCOUNT}:lexicon/names"
    key.principal.policies = Policies([statement("Allow", "polly:*", Resource=lexicon)])
    assert authorize(key, "polly:GetLexicon", lexicon) is None
    refusal = authorize(key, "polly:GetLexicon", f"{lexicon}2")
    assert refusal is not None
    assert dict(refusal.details)["resource"] == f"{lexicon}2"
