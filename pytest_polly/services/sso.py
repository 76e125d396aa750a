"""IAM Identity Center: the portal that gives a role's credentials, and the tokens that open it.

https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/
https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .. import mint
from ..directory import Directory, Role
from ..gate import Arrival, Request, Response
from .protocols import ServiceError, read_texts, rest_json, unknown_operation
from .service import Failure, Known, Service, json_error

GET_ROLE_CREDENTIALS, CREATE_TOKEN = "GetRoleCredentials", "CreateToken"
_PORTAL_PATH = "/federation/credentials"
_ROUTES = {
    ("GET", _PORTAL_PATH): GET_ROLE_CREDENTIALS,
    ("POST", "/token"): CREATE_TOKEN,
}
#: What a token can be asked for with; here there are no codes to ask with.
_GRANTS = ("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code")
_BEARER = "x-amz-sso_bearer_token"

TOKEN_LIFETIME = timedelta(hours=8)
REGISTRATION_LIFETIME = timedelta(days=90)
_ROLE_LIFETIME = timedelta(hours=1)
_USER = "narrator@example.com"


@dataclass(frozen=True, repr=False)
class SignedIn:
    """What ``aws sso login`` leaves on a machine; a ``repr`` shows none of it."""

    access_token: str = field(repr=False)
    expires_at: datetime
    refresh_token: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    registration_expires_at: datetime


class Sso(Service):
    """The portal and its token service, for one user with every role of the account assigned."""

    operations = tuple(_ROUTES.values())
    known_failures = {
        "UnauthorizedException": Known(401, "Session token not found or invalid", GET_ROLE_CREDENTIALS),
        "ForbiddenException": Known(403, "No access", GET_ROLE_CREDENTIALS),
        "ResourceNotFoundException": Known(404, "Resource not found", GET_ROLE_CREDENTIALS),
        "TooManyRequestsException": Known(429, "HTTP 429 Unknown Code", GET_ROLE_CREDENTIALS),
        "MethodNotAllowedException": Known(405, "Method not allowed", GET_ROLE_CREDENTIALS),
        "AccessDeniedException": Known(400, "Access denied", CREATE_TOKEN),
        "AuthorizationPendingException": Known(400, "Authorization pending", CREATE_TOKEN),
        "ExpiredTokenException": Known(400, "Expired token", CREATE_TOKEN),
        "InvalidClientException": Known(401, "Invalid client", CREATE_TOKEN),
        "InvalidGrantException": Known(400, "Invalid grant provided", CREATE_TOKEN),
        "InvalidRequestException": Known(400, "Invalid request", CREATE_TOKEN),
        "InvalidScopeException": Known(400, "Invalid scope", CREATE_TOKEN),
        "SlowDownException": Known(400, "Slow down", CREATE_TOKEN),
        "UnauthorizedClientException": Known(400, "Unauthorized client", CREATE_TOKEN),
        "UnsupportedGrantTypeException": Known(400, "Unsupported grant type", CREATE_TOKEN),
        "InternalServerException": Known(500, "Internal server error"),
    }

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._access: dict[str, datetime] = {}
        self._refresh: set[str] = set()
        self._clients: dict[str, tuple[str, datetime]] = {}

    def sign_in(self, now: datetime) -> SignedIn:
        """Sign the user in, as ``aws sso login`` does in a browser, with a client of their own."""
        signed_in = SignedIn(
            *self._tokens(now),
            client_id=mint.opaque(16),
            client_secret=mint.opaque(200),
            registration_expires_at=now + REGISTRATION_LIFETIME,
        )
        registration = (signed_in.client_secret, signed_in.registration_expires_at)
        self._clients[signed_in.client_id] = registration
        return signed_in

    def operation(self, request: Request) -> str | None:
        return _ROUTES.get((request.method, request.path))

    def unknown(self, request: Request) -> Response:
        if request.path != _PORTAL_PATH:
            return unknown_operation()
        code = "MethodNotAllowedException"
        status, message, operation = self.known_failures[code]
        return self.fail(Failure(code, status, message), operation, request)

    def token(self, request: Request) -> str | None:
        return request.header(_BEARER)

    @property
    def secrets(self) -> list[str]:
        return [*self._access, *self._refresh, *(secret for secret, _ in self._clients.values())]

    def perform(self, operation: str, arrival: Arrival) -> Response:
        try:
            if operation == CREATE_TOKEN:
                return self._create_token(arrival)
            return self._get_role_credentials(arrival)
        except ServiceError as error:
            failure = Failure(error.code, error.status, error.message)
            return self.fail(failure, operation, arrival.request)

    def failed(self, failure: Failure, operation: str | None, request: Request) -> Response:
        if operation == CREATE_TOKEN:
            words = {"error": _oauth_code(failure.code), "error_description": failure.message or ""}
            return json_error(failure, words, named_in_header=True)
        kind = f"com.amazonaws.switchboard.portal#{failure.code}"
        return json_error(failure, {"message": failure.message or "", "__type": kind})

    def _get_role_credentials(self, arrival: Arrival) -> Response:
        asked, now = dict(arrival.request.query_pairs()), arrival.now
        expires_at = self._access.get(self.token(arrival.request) or "")
        if expires_at is None or now >= expires_at:
            raise self._no("UnauthorizedException")
        role = self._assigned(asked.get("account_id", ""), asked.get("role_name", ""))
        if role is None:
            raise self._no("ForbiddenException")
        principal = self._directory.role_session(role, _USER)
        issued = self._directory.issue_session(principal, now, _ROLE_LIFETIME).credentials
        assert issued.expires_at is not None
        credentials = {
            "accessKeyId": issued.access_key_id,
            "secretAccessKey": issued.secret_access_key,
            "sessionToken": issued.session_token,
            "expiration": int(issued.expires_at.timestamp() * 1000),
        }
        return rest_json({"roleCredentials": credentials})

    def _assigned(self, account_id: str, role_name: str) -> Role | None:
        if account_id != self._directory.account_id:
            return None
        return next((role for role in self._directory.roles.values() if role.name == role_name), None)

    def _create_token(self, arrival: Arrival) -> Response:
        try:
            client_id, client_secret, grant_type, refresh_token = read_texts(
                arrival.request.body, "clientId", "clientSecret", "grantType", "refreshToken"
            )
        except ValueError:
            raise self._no("InvalidRequestException") from None
        secret, expires_at = self._clients.get(client_id, ("", arrival.now))
        if secret != client_secret or arrival.now >= expires_at:
            raise self._no("InvalidClientException")
        if grant_type not in _GRANTS:
            raise self._no("UnsupportedGrantTypeException")
        if grant_type != "refresh_token" or refresh_token not in self._refresh:
            raise self._no("InvalidGrantException")
        access_token, expires_at, refresh_token = self._tokens(arrival.now)
        return rest_json(
            {
                "accessToken": access_token,
                "tokenType": "Bearer",
                "expiresIn": int((expires_at - arrival.now).total_seconds()),
                "refreshToken": refresh_token,
            }
        )

    def _tokens(self, now: datetime) -> tuple[str, datetime, str]:
        access_token, refresh_token = mint.opaque(400), mint.opaque(400)
        self._access[access_token] = now + TOKEN_LIFETIME
        self._refresh.add(refresh_token)
        return access_token, now + TOKEN_LIFETIME, refresh_token

    def _no(self, code: str) -> ServiceError:
        known = self.known_failures[code]
        return ServiceError(known.status, code, known.message)


def _oauth_code(code: str) -> str:
    """Return ``invalid_grant`` for ``InvalidGrantException``, as OAuth spells it."""
    words = re.findall("[A-Z][a-z]+", code.removesuffix("Exception"))
    return "_".join(word.lower() for word in words) or code
