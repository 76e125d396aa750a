"""One call by boto3 to an account: what reached it, what it answered, and what boto3 made of that."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_polly import Account, wire
from pytest_polly.gate import Request, Response

from .signing import BASIC

#: Changes a request that boto3 has signed and is about to send.
Spoil = Callable[[Any], None]

#: By how many minutes a client's clock may be off.
WINDOWS = {"polly": 5, "sts": 15}


@dataclass(frozen=True)
class Exchange:
    request: Request
    response: Response
    #: What boto3 raised, if it did.
    error: Any
    #: What boto3 returned, if it did.
    result: Any
    #: What messages may speak of.
    facts: Mapping[str, str]


def ask(
    account: Account, service: str, operation: str, parameters: Mapping[str, Any], spoil: Spoil | None = None
) -> Exchange:
    """Have boto3 ask once, in the case in force; *spoil* gets at the request after it was signed."""
    client = boto3.client(service, config=Config(retries={"total_max_attempts": 1}))
    if spoil is not None:
        client.meta.events.register(f"before-send.{service}", lambda request, **_: spoil(request))
    error = result = None
    with overheard(account) as heard:
        try:
            result = getattr(client, operation)(**parameters)
        except ClientError as raised:
            error = raised
    request, response = heard[-1]
    return Exchange(request, response, error, result, facts(account, request))


@contextmanager
def overheard(account: Account) -> Iterator[list[tuple[Request, Response]]]:
    """Yield a list that whatever the account is asked and answers goes into."""
    heard: list[tuple[Request, Response]] = []

    def answer(request: Request) -> Response | None:
        response = account._aws.answer(request)
        if response is not None:
            heard.append((request, response))
        return response

    wire.engage(answer)
    try:
        yield heard
    finally:
        wire.disengage(answer)


def facts(account: Account, request: Request) -> dict[str, str]:
    """Return what the message about the account's last call may speak of."""
    call = account.calls[-1]
    window = timedelta(minutes=WINDOWS[call.service])
    authorization = request.header("authorization") or ""
    sent = request.header("x-amz-date") or dict(request.query_pairs()).get("X-Amz-Date") or ""
    return {
        "account": account.account_id,
        "principal": call.principal or "",
        "sent": sent,
        "day": sent[:8],
        "server": call.time.strftime(BASIC),
        "behind": (call.time - window).strftime(BASIC),
        "ahead": (call.time + window).strftime(BASIC),
        "header": authorization,
        "digest": b64encode(sha256(authorization.encode()).digest()).decode(),
        "key": call.access_key_id or "",
    }


# What can be done to a request ----------------------------------------------------------------


def header(name: str, value: str | None) -> Spoil:
    """Replace a header, or leave it out."""

    def spoil(request: Any) -> None:
        del request.headers[name]
        if value is not None:
            request.headers[name] = value

    return spoil


def authorization(pattern: str, replacement: str) -> Spoil:
    """Replace in the Authorization header."""

    def spoil(request: Any) -> None:
        before = request.headers["Authorization"]
        before = before.decode() if isinstance(before, bytes) else before
        after = re.sub(pattern, replacement, before)
        assert after != before, f"{pattern!r} is not in it"
        header("Authorization", after)(request)

    return spoil


def query(text: str) -> Spoil:
    """Add to the URL's query."""

    def spoil(request: Any) -> None:
        request.url += ("&" if "?" in request.url else "?") + text

    return spoil


def body(content: bytes) -> Spoil:
    def spoil(request: Any) -> None:
        request.body = content

    return spoil


def all_of(*spoils: Spoil) -> Spoil:
    def spoil(request: Any) -> None:
        for one in spoils:
            one(request)

    return spoil
