"""Every difference from moto that the documentation lists is one, on our side as it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from pytest_polly import Account

_PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "differences-from-moto.md"
_ROLE = "arn:aws:iam::123456789012:role/never-made"


def sts(region: str = "us-east-1", **keys: str) -> Any:
    return boto3.client("sts", region_name=region, **keys)


def code_of(ask: Callable[[], Any]) -> str:
    """Return the code of the error that is answered, ``""`` if none is."""
    try:
        ask()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def _voice() -> str:
    speech = {"Text": "Hello", "OutputFormat": "mp3", "VoiceId": "Luke"}
    return code_of(lambda: boto3.client("polly", region_name="us-east-1").synthesize_speech(**speech))


def _new() -> tuple[bool, str]:
    one, two = (sts().get_session_token()["Credentials"] for _ in range(2))
    return one["SessionToken"] != two["SessionToken"], one["AccessKeyId"][:4]


def _key_of_motos_iam() -> str:
    with mock_aws():
        iam = boto3.client("iam", region_name="us-east-1")
        iam.create_user(UserName="narrator")
        key = iam.create_access_key(UserName="narrator")["AccessKey"]
        keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
        return code_of(sts(**keys).get_caller_identity)


def _web_identity() -> str:
    asked = {"RoleArn": _ROLE, "RoleSessionName": "session", "WebIdentityToken": "any text"}
    return code_of(lambda: sts().assume_role_with_web_identity(**asked))


def _saml() -> str:
    asked = {"RoleArn": _ROLE, "PrincipalArn": _ROLE, "SAMLAssertion": "PHNhbWw+"}
    return code_of(lambda: sts().assume_role_with_saml(**asked))


def _identity(region: str) -> str:
    return str(sts(region).get_caller_identity()["Arn"])


#: By the name that the page has for it: what is asked, and what is answered in an account.
DIFFERENCES: dict[str, tuple[Callable[[], Any], Any]] = {
    "validation": (_voice, "ValidationException"),
    "new-credentials": (_new, (True, "ASIA")),
    "role-that-exists": (
        lambda: code_of(lambda: sts().assume_role(RoleArn=_ROLE, RoleSessionName="session")),
        "AccessDenied",
    ),
    "key-that-was-issued": (_key_of_motos_iam, "InvalidClientTokenId"),
    "key-of-the-account": (
        lambda: code_of(lambda: sts().get_access_key_info(AccessKeyId="ASIAIOSFODNN7EXAMPLE")),
        "InvalidClientTokenId",
    ),
    "who-signed": (lambda: _identity("us-east-1").split(":")[2], "iam"),
    "one-partition": (lambda: _identity("cn-north-1").split(":")[1], "aws"),
    "web-identity": (_web_identity, "InvalidIdentityToken"),
    "no-saml": (_saml, "InvalidAction"),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_an_account_answers_as_the_page_says(name: str) -> None:
    ask, answered = DIFFERENCES[name]
    with Account() as account, account.apply("long-term"):
        account.allow("sts:*")
        assert ask() == answered


# moto wants a whole assertion, signed by nobody, before it answers AssumeRoleWithSAML.
@pytest.mark.parametrize("name", [name for name in DIFFERENCES if name != "no-saml"])
def test_moto_answers_otherwise(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When moto has caught up the row can go; an early moto may know nothing of an operation."""
    ask, answered = DIFFERENCES[name]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        try:
            answered_by_moto = ask()
        except NotImplementedError:
            answered_by_moto = None
        assert answered_by_moto != answered


def test_the_page_lists_them_all() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", _PAGE.read_text("utf-8"), re.MULTILINE)
    assert listed == list(DIFFERENCES)
