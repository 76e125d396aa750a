"""The EC2 instance metadata service, as far as it hands out credentials.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from secrets import token_bytes

from ..gate import Arrival, Request, Response, phrase
from .service import Failure, Known, Service
from .vendor import Vendor, timestamp

AUTHORITIES = ("169.254.169.254", "[fd00:ec2::254]")

_CREDENTIALS_PATH = "/latest/meta-data/iam/security-credentials/"
#: The service has no names for what can be asked, so requests go by what they are.
TOKEN = "PUT /latest/api/token"
ROLE = f"GET {_CREDENTIALS_PATH}"
CREDENTIALS = f"GET {_CREDENTIALS_PATH}role-name"
ZONE = "GET /latest/meta-data/placement/availability-zone"
_ROUTES = tuple(
    (operation, re.compile(pattern))
    for operation, pattern in (
        (TOKEN, TOKEN),
        (ROLE, f"{ROLE}?"),
        (CREDENTIALS, f"{ROLE}[^/]+"),
        (ZONE, f"{ZONE}/?"),
    )
)

_TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
_TOKEN_HEADER = "x-aws-ec2-metadata-token"
_LONGEST_TTL = 21_600

_NOT_FOR_EC2 = (
    "EC2 cannot assume the role {role}.  Please see documentation at https://docs.aws.amazon.com/IAM/latest/"
    "UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."
)

_PAGE = """\
<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>{status} - {phrase}</title>
 </head>
 <body>
  <h1>{status} - {phrase}</h1>
 </body>
</html>
"""


class Imds(Service):
    """The metadata service of one instance, which has a role.

    ``v1`` and ``v2`` say which versions it offers: with both, a token is welcome and not needed.
    """

    operations = (TOKEN, ROLE, CREDENTIALS, ZONE)
    known_failures = {
        **{status.phrase.replace(" ", ""): Known(status.value) for status in HTTPStatus if status >= 400},
        "AssumeRoleUnauthorizedAccess": Known(200, _NOT_FOR_EC2, CREDENTIALS),
    }

    def __init__(self, vendor: Vendor, zone: str, *, v1: bool = False, v2: bool = True) -> None:
        self._vendor = vendor
        self._zone = zone
        self._v1, self._v2 = v1, v2
        self._tokens: dict[str, datetime] = {}

    def operation(self, request: Request) -> str | None:
        asked = f"{request.method} {request.path}"
        return next((operation for operation, pattern in _ROUTES if pattern.fullmatch(asked)), None)

    def unknown(self, request: Request) -> Response:
        return _page(404)

    def token(self, request: Request) -> str | None:
        return request.header(_TOKEN_HEADER)

    @property
    def secrets(self) -> list[str]:
        return list(self._tokens)

    def perform(self, operation: str, arrival: Arrival) -> Response:
        request, now = arrival.request, arrival.now
        if operation == TOKEN:
            return self._issue_token(request, now)
        if not self._admits(self.token(request), now):
            return _page(401)
        if operation == ZONE:
            return _text(self._zone)
        if operation == ROLE:
            return _text(self._vendor.role.name)
        if request.path.rpartition("/")[2] != self._vendor.role.name:
            return _page(404)
        return self._credentials(now)

    def failed(self, failure: Failure, operation: str | None, request: Request) -> Response:
        """What is wrong with the role itself comes with status 200, everything else as a page."""
        if failure.status != 200:
            return _page(failure.status)
        message = (failure.message or "").replace("{role}", self._vendor.role.name)
        said = {
            "Code": failure.code,
            "Message": message,
            "LastUpdated": timestamp(datetime.now(timezone.utc)),
        }
        return replace(_json(said), message=message)

    def _issue_token(self, request: Request, now: datetime) -> Response:
        if not self._v2:
            return _page(404)
        ttl = request.header(_TTL_HEADER) or ""
        if not re.fullmatch(r"\d{1,5}", ttl, re.ASCII) or not 1 <= int(ttl) <= _LONGEST_TTL:
            return _page(400)
        token = b64encode(token_bytes(42)).decode()
        self._tokens[token] = now + timedelta(seconds=int(ttl))
        return _text(token, {_TTL_HEADER: ttl})

    def _admits(self, token: str | None, now: datetime) -> bool:
        if token is None:
            return self._v1
        return token in self._tokens and now < self._tokens[token]

    def _credentials(self, now: datetime) -> Response:
        credentials = self._vendor.credentials(now)
        return _json(
            {
                "Code": "Success",
                "LastUpdated": timestamp(now),
                "Type": "AWS-HMAC",
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "Token": credentials.session_token,
                "Expiration": timestamp(credentials.expires_at),
            }
        )


def _page(status: int) -> Response:
    said = phrase(status)
    body = _PAGE.format(status=status, phrase=said).encode()
    response = _answer(status, "text/html", body)
    return Response(status, response.headers, body, error_code=said.replace(" ", ""))


def _text(text: str, headers: dict[str, str] | None = None) -> Response:
    return _answer(200, "text/plain", text.encode(), headers)


def _json(value: Mapping[str, str | None]) -> Response:
    return _answer(200, "text/plain", json.dumps(value, indent=2, separators=(",", " : ")).encode())


def _answer(status: int, content_type: str, body: bytes, headers: dict[str, str] | None = None) -> Response:
    base = {"Content-Type": content_type, "Content-Length": str(len(body)), "Server": "EC2ws"}
    return Response(status, {**base, **(headers or {})}, body)
