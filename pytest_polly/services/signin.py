"""AWS Sign-In, which renews the credentials that ``aws login`` left on a machine.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from .. import mint
from ..directory import Directory, Role
from ..gate import Arrival, Credentials, Request, Response
from .protocols import ServiceError, read_json, read_texts, rest_json, unknown_operation
from .service import Failure, Known, Service, json_error

if TYPE_CHECKING:
    from awscrt.crypto import EC

CREATE_TOKEN = "CreateOAuth2Token"
CLIENT_ID = "arn:aws:signin:::devtools/same-device"

_CREDENTIALS_LIFETIME = timedelta(minutes=15)
_SESSION_LIFETIME = timedelta(hours=12)
#: How far off a proof's time of issue may be.
_PROOF_WINDOW = timedelta(minutes=5)
_SESSION_NAME = "narrator"
#: In bytes, on the curve P-256.
_COORDINATE = 32


@dataclass(frozen=True)
class Login:
    """One ``aws login``: whose it is, until when, and the key that proves who renews it."""

    role: Role
    key: EC
    expires_at: datetime


class SignIn(Service):
    """The token service behind ``aws login``."""

    operations = (CREATE_TOKEN,)
    known_failures = {
        "TOKEN_EXPIRED": Known(401, "The refresh token has expired."),
        "AUTHCODE_EXPIRED": Known(401, "The authorization code has expired."),
        "USER_CREDENTIALS_CHANGED": Known(403, "The user's credentials have changed."),
        "INSUFFICIENT_PERMISSIONS": Known(403, "The user may not create tokens."),
        "TooManyRequestsError": Known(429, "Rate exceeded"),
        "ValidationException": Known(400, "The request is not valid."),
        "InternalServerException": Known(500, "Internal server error"),
    }
    #: The reasons that come as AccessDeniedException.
    _denied = frozenset(
        {"TOKEN_EXPIRED", "AUTHCODE_EXPIRED", "USER_CREDENTIALS_CHANGED", "INSUFFICIENT_PERMISSIONS"}
    )

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._logins: dict[str, Login] = {}

    def log_in(self, role: Role, key: EC, now: datetime) -> tuple[Credentials, str]:
        """Log in as ``aws login`` does in a browser; return credentials and a refresh token."""
        return self._issue(Login(role, key, now + _SESSION_LIFETIME), now)

    def operation(self, request: Request) -> str | None:
        return CREATE_TOKEN if (request.method, request.path) == ("POST", "/v1/token") else None

    def unknown(self, request: Request) -> Response:
        return unknown_operation()

    def token(self, request: Request) -> str | None:
        """The proof of possession stands for whoever asks."""
        return request.header("dpop")

    @property
    def secrets(self) -> list[str]:
        return list(self._logins)

    def perform(self, operation: str, arrival: Arrival) -> Response:
        try:
            return self._create_token(arrival)
        except ServiceError as error:
            return self.fail(Failure(error.code, error.status, error.message), operation, arrival.request)

    def failed(self, failure: Failure, operation: str | None, request: Request) -> Response:
        code, message = failure.code, failure.message or ""
        if code not in self._denied:
            return json_error(failure, {"error": code, "message": message}, named_in_header=True)
        named = Failure("AccessDeniedException", failure.status, message)
        return json_error(named, {"error": code, "message": message}, named_in_header=True)

    def _create_token(self, arrival: Arrival) -> Response:
        try:
            grant_type, client_id, refresh_token = read_texts(
                arrival.request.body, "grantType", "clientId", "refreshToken"
            )
        except ValueError:
            raise self._no("ValidationException") from None
        login = self._logins.get(refresh_token)
        if (grant_type, client_id) != ("refresh_token", CLIENT_ID):
            raise self._no("ValidationException")
        if login is None or arrival.now >= login.expires_at:
            raise self._no("TOKEN_EXPIRED")
        if not _proves(arrival, login.key):
            raise self._no("ValidationException")
        credentials, refresh_token = self._issue(login, arrival.now)
        return rest_json(
            {
                "accessToken": {
                    "accessKeyId": credentials.access_key_id,
                    "secretAccessKey": credentials.secret_access_key,
                    "sessionToken": credentials.session_token,
                },
                "tokenType": "aws_sigv4",
                "expiresIn": int(_CREDENTIALS_LIFETIME.total_seconds()),
                "refreshToken": refresh_token,
            }
        )

    def _issue(self, login: Login, now: datetime) -> tuple[Credentials, str]:
        principal = self._directory.role_session(login.role, _SESSION_NAME)
        issued = self._directory.issue_session(principal, now, _CREDENTIALS_LIFETIME)
        refresh_token = mint.opaque(400)
        self._logins[refresh_token] = login
        return issued.credentials, refresh_token

    def _no(self, code: str) -> ServiceError:
        known = self.known_failures[code]
        return ServiceError(known.status, code, known.message)


def _proves(arrival: Arrival, key: EC) -> bool:
    """Tell whether the request carries a proof (RFC 9449) made just now, for it, with *key*."""
    try:
        head, claims, signature = (arrival.request.header("dpop") or "").split(".")
        header, payload = _decoded(head), _decoded(claims)
        r_and_s = _unpadded(signature)
        made_at = float(payload["iat"])
        asked = (header["typ"], header["alg"], payload["htm"], payload["htu"])
        coordinates = tuple(_unpadded(header["jwk"][axis]).rjust(_COORDINATE, b"\0") for axis in "xy")
    except (KeyError, OverflowError, TypeError, ValueError):
        return False
    due = ("dpop+jwt", "ES256", "POST", f"https://{arrival.request.host}{arrival.request.path}")
    public = key.get_public_coords()
    return (
        asked == due
        # awscrt leaves out zero bytes that a coordinate begins with; others do not.
        and coordinates == tuple(one.rjust(_COORDINATE, b"\0") for one in (public.x, public.y))
        and abs(made_at - arrival.now.timestamp()) <= _PROOF_WINDOW.total_seconds()
        and _verifies(key, f"{head}.{claims}".encode(), r_and_s)
    )


def _verifies(key: EC, signed: bytes, r_and_s: bytes) -> bool:
    from awscrt.crypto import EC, ECRawSignature

    if len(r_and_s) != 64:
        return False
    signature = EC.encode_raw_signature(ECRawSignature(r=r_and_s[:32], s=r_and_s[32:]))
    return bool(key.verify(sha256(signed).digest(), signature))


def _decoded(part: str) -> Any:
    return read_json(_unpadded(part))


def _unpadded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
