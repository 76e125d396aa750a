"""The credential endpoints of containers: the ECS agent's, and that of EKS Pod Identity.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import json
from dataclasses import replace

from ..gate import Arrival, Request, Response
from .protocols import ServiceError, new_request_id
from .service import Failure, Known, Service
from .vendor import Vendor, timestamp
from .web_identity import WebIdentity

ECS_AUTHORITY = "169.254.170.2"
POD_IDENTITY_AUTHORITIES = ("169.254.170.23", "[fd00:ec2::23]")
POD_IDENTITY_PATH = "/v1/credentials"
#: Whom the token of a pod's service account is for.
POD_AUDIENCE = "pods.eks.amazonaws.com"

#: The endpoints have no names for what can be asked, so requests go by what they are.
ECS_CREDENTIALS = "GET /v2/credentials/id"
POD_CREDENTIALS = f"GET {POD_IDENTITY_PATH}"


class EcsAgent(Service):
    """The ECS agent's endpoint, or anything else that speaks like it."""

    operations = (ECS_CREDENTIALS,)
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

    operations = (POD_CREDENTIALS,)
    known_failures = {
        "TooManyRequests": Known(429, "Too Many Requests"),
        "AccessDeniedException": Known(403, "Access Denied."),
    }

    def __init__(self, vendor: Vendor, account_id: str, identities: WebIdentity) -> None:
        self._vendor = vendor
        self._account_id = account_id
        self._identities = identities

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
        try:
            self._identities.verified(token, POD_AUDIENCE, arrival.now)
        except ServiceError as error:
            return self.failed(_invalid(error), operation, arrival.request)
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


def _invalid(error: ServiceError) -> Failure:
    """Return what EKS says of a token that STS would refuse."""
    expired = error.code == "ExpiredTokenException"
    return Failure(error.code if expired else "InvalidTokenException", 400, error.message)


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
