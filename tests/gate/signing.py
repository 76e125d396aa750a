"""Requests signed by botocore's own code, at any time and for any scope."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from pytest_polly.gate import Credentials, Request

Headers = Iterable[tuple[str, str]]

BASIC = "%Y%m%dT%H%M%SZ"


def aws_request(method: str, url: str, headers: Headers = (), body: bytes = b"") -> Any:
    """Return a request of botocore's; a header may be there more than once."""
    request = AWSRequest(method, url, data=body)
    for name, value in headers:
        request.headers.add_header(name, value)
    return request


def signer(credentials: Credentials, service: str, region: str, *, presigned_for: int | None = None) -> Any:
    """Return botocore's signer for headers, or for a query that is good for so many seconds."""
    triple = BotocoreCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    if presigned_for is None:
        return SigV4Auth(triple, service, region)
    return SigV4QueryAuth(triple, service, region, presigned_for)


def add_auth(auth: Any, request: Any, at: datetime) -> None:
    """Do what ``add_auth`` does, but at the time given instead of now."""
    request.context["timestamp"] = at.strftime(BASIC)
    auth._modify_request_before_signing(request)
    to_sign = auth.string_to_sign(request, auth.canonical_request(request))
    auth._inject_signature_to_request(request, auth.signature(to_sign, request))


def as_sent(request: Any) -> Request:
    """Return a request of botocore's as the gate gets it."""
    return Request.from_url(request.method, request.url, request.headers.items(), request.data or b"")


def signed(
    method: str,
    url: str,
    credentials: Credentials,
    at: datetime,
    *,
    headers: Headers = (),
    body: bytes = b"",
    service: str | None = None,
    region: str = "us-east-1",
    presigned_for: int | None = None,
) -> Request:
    """Return a request signed at *at*; the service is the host's first label unless given."""
    service = service or (urlsplit(url).hostname or "").partition(".")[0]
    request = aws_request(method, url, headers, body)
    add_auth(signer(credentials, service, region, presigned_for=presigned_for), request, at)
    return as_sent(request)
