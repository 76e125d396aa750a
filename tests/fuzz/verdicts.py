"""What must hold for every answer, whatever was asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from xml.etree import ElementTree

from pytest_polly.gate import Response

from .samples import Sample, World

#: More than any answer to what is sent here: a text of 200,000 characters is never spoken at once.
_LARGEST = 32 * 2**20
#: A generous bound for one request, of whatever size, on a busy machine.
SLOWEST = timedelta(seconds=10)
#: What needs no permission.
_FREE = ("GetCallerIdentity", "GetSessionToken")
_OPENING = ("SecretAccessKey", "secretAccessKey")


def complaints(world: World, sample: Sample, response: Response | None) -> Iterator[str]:
    """Say what is wrong with the answer to *sample*."""
    if response is None:
        return
    if not 200 <= response.status < 600:
        yield f"status {response.status}"
    yield from _form(response)
    succeeded = response.status == 200 and response.error_code is None
    if not succeeded:
        return
    if sample.is_signed and not sample.honest:
        yield "somebody was let in who should not be"
    if sample.denied and world.account.calls[-1].operation not in _FREE:
        yield "somebody was let in whom a policy denies everything"
    if sample.is_signed and not sample.unspoilt:
        yield "something else was accepted than what was signed"
    if not sample.is_signed and any(word in response.body.decode("latin-1") for word in _OPENING):
        yield from _opened(world, sample)


def _opened(world: World, sample: Sample) -> Iterator[str]:
    """Credentials are given only to whoever shows what opens their source, as far as anything does."""
    opening = [secret for secret in world.secrets if secret in _told(sample.left)]
    if opening and not any(secret in _told(sample.request) for secret in opening):
        yield "credentials were given to somebody without the token for them"


def _told(request: object) -> str:
    from urllib.parse import unquote_plus

    from pytest_polly.gate import Request

    assert isinstance(request, Request)
    values = " ".join(value for _, value in request.headers)
    return f"{values} {unquote_plus(request.query)} {unquote_plus(request.body.decode('latin-1'))}"


def _form(response: Response) -> Iterator[str]:
    if len(response.body) > _LARGEST:
        yield f"an answer of {len(response.body)} bytes"
    headers = {name.lower(): value for name, value in response.headers.items()}
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            yield f"the header {name} cannot be sent"
    if headers.get("content-length", str(len(response.body))) != str(len(response.body)):
        yield "Content-Length is not the body's"
    content_type = headers.get("content-type", "")
    try:
        if content_type == "application/json":
            json.loads(response.body)
        elif content_type == "text/xml":
            ElementTree.fromstring(response.body)
    except (ValueError, ElementTree.ParseError):
        yield f"the body is no {content_type}"
