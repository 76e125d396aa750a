"""Tokens that open sources are kept as well out of sight as the credentials they lead to."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pytest_polly import Account

from .observed import cached, client, needs, speak


def tokens_of(source: str) -> list[str]:
    """Return what lies about on the machine, and what leads to credentials."""
    if source == "login":
        return [json.loads(cached("login").read_text())["refreshToken"]]
    if source == "sso":
        content = json.loads(cached("sso").read_text())
        return [content[name] for name in ("accessToken", "refreshToken", "clientSecret")]
    if "AWS_CONTAINER_AUTHORIZATION_TOKEN" in os.environ:
        return [os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]]
    names = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    return [Path(os.environ[name]).read_text() for name in names if name in os.environ]


@pytest.mark.parametrize(
    ("source", "variant"),
    [
        ("web-identity", ""),
        ("container", "full-uri"),
        ("container", "pod-identity"),
        ("imds", ""),
        ("sso", ""),
        pytest.param("login", "", marks=needs("login")),
    ],
)
def test_no_token_shows(polly_account: Account, source: str, variant: str) -> None:
    with polly_account.apply("role", source, variant=variant) as account:
        speak(client(account))
        tokens = [*tokens_of(source), *(call.token for call in account.calls if call.token)]
        assert tokens
        shown = f"{account.calls} {account._applied} {account!r}"
        for token in tokens:
            assert token not in shown
            assert account.masked(f"it was {token}, no?") == "it was ****, no?"
