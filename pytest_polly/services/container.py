"""The credential endpoints of containers: the ECS agent's, and that of EKS Pod Identity.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ..gate import Arrival, Request, Response
from .protocols import new_request_id
from .service import Failure, Known, Service
from .vendor import Vendor, timestamp

ECS_AUTHORITY = "169.254.170.2"
POD_IDENTITY_AUTHORITIES = ("169.254.170.23", "[fd00:ec2::23]")
POD_IDENTITY_PATH = "/v1/credentials"

#: The endpoints have no names for what can be asked, so requests go by what they are.
ECS_CREDENTIALS = "GET /v2/credentials/id"
POD_CREDENTIALS = f"GET {POD_IDENTITY_PATH}"

#: Says what is wrong with a token (status, code, message), ``None`` if nothing is.
TokenCheck = Callable[[str, datetime], "Failure | None"]


class EcsAgent(Service):
    """The ECS agent's endpoint, or anything else that speaks like it."""

    known_failures = {
        "NoIdInRequest": Known(400, "CredentialsV2Request: No Credential ID in the request"),
        "InvalidIdInRequest": Known(400, "CredentialsV2Request: Credentials not found"),
        "CredentialsUninitialized": Known(503, "CredentialsV2Request: Credentials uninitialized for ID"),
        "InternalServerError": Known(500, "CredentialsV2Request: Internal server error"),
        "TooManyRequests": Known(429, "Too Many Requests"),
        "AccessDeniedException": Known(403, "Access Denied."),
    }

    def __init__(self, vendor: Vendor, path: str, authorization: str | None = None) -> None:
        self._vendor = vendor
        self._path = path
        #: What the header ``Authorization`` has to hold, if anything.
        self._authorization = authorization

    def operation(self, request: Request) -> str | None:
        asked = f"{request.method} {request.path}"
        return ECS_CREDENTIALS if asked == f"GET {self._path}" else None

    def unknown(self, request: Request) -> Response:
        known = self.known_failures["InvalidIdInRequest"]
        return _agent_error("InvalidIdInRequest", known.status, known.message)

    def token(self, request: Request) -> str | None:
        return request.header("authorization")

    @property
    def secrets(self) -> list[str]:
        return [self._authorization] if self._authorization else []

    def perform(self, operation: str, arrival: Arrival) -> Response:
        if self._authorization is not None and self.token(arrival.request) != self._authorization:
            return _agent_error("AccessDeniedException", 403, "Access Denied.")
        credentials = self._vendor.credentials(arrival.now)
        return _json(
            200,
            {
                "RoleArn": self._vendor.role.arn,
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "Token": credentials.session_token,
                "Expiration": timestamp(credentials.expires_at),
            },
        )

    def failed(self, failure: Failure, operation: str | None, request: Request) -> Response:
        return _agent_error(failure.code, failure.status, failure.message)


class PodIdentity(Service):
    """The EKS Pod Identity Agent, which wants the token of the pod's service account."""

    known_failures = {
        "TooManyRequests": Known(429, "Too Many Requests"),
        "AccessDeniedException": Known(403, "Access Denied."),
    }

    def __init__(self, vendor: Vendor, account_id: str, check: TokenCheck) -> None:
        self._vendor = vendor
        self._account_id = account_id
        self._check = check

    def operation(self, request: Request) -> str | None:
        asked = f"{request.method} {request.path}"
        return POD_CREDENTIALS if asked == POD_CREDENTIALS else None

    def unknown(self, request: Request) -> Response:
        return _plain_error("NotFound", 404, "404 page not found")

    def token(self, request: Request) -> str | None:
        return request.header("authorization")

    def perform(self, operation: str, arrival: Arrival) -> Response:
        token = self.token(arrival.request)
        if not token:
            return _plain_error("InvalidRequest", 400, "Service account token cannot be empty")
        objection = self._check(token, arrival.now)
        if objection is not None:
            return self.failed(objection, operation, arrival.request)
        credentials = self._vendor.credentials(arrival.now)
        return _json(
            200,
            {
                "AccessKeyId": credentials.access_key_id,
                "SecretAccessKey": credentials.secret_access_key,
                "Token": credentials.session_token,
                "AccountId": self._account_id,
                "Expiration": timestamp(credentials.expires_at),
            },
        )

    def failed(self, failure: Failure, operation: str | None, request: Request) -> Response:
        """What the agent says by itself stands bare; what EKS said comes with its code."""
        message = failure.message or ""
        if failure.code not in self.known_failures:
            message = f"[{new_request_id()}]: ({failure.code}): {message}, fault: client"
        return _plain_error(failure.code, failure.status, message)


def _agent_error(code: str, status: int, message: str | None) -> Response:
    response = _json(status, {"code": code, "message": message, "HTTPErrorCode": status})
    return replace(response, error_code=code, message=message)


def _plain_error(code: str, status: int, message: str) -> Response:
    body = f"{message}\n".encode()
    headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
    return Response(status, headers, body, error_code=code, message=message)


def _json(status: int, value: dict[str, str | int | None]) -> Response:
    body = json.dumps(value, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return Response(status, headers, body)
