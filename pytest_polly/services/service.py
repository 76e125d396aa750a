"""What every service behind a host has in common, whether the gate stands before it or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..gate import Arrival, Refusal, Request, Response
from .protocols import rest_json

#: Codes of a failure that is no answer at all, by botocore's names: the status is then 0.
SILENCES = ("ConnectTimeoutError", "ReadTimeoutError", "EndpointConnectionError", "ConnectionClosedError")


class Known(NamedTuple):
    """What is known of a failure by its code alone."""

    status: int
    message: str | None = None
    #: The only operation that fails so, if it is one.
    operation: str | None = None


@dataclass(frozen=True)
class Failure:
    """How a service is to fail: its code, with whatever the service does not know by itself."""

    code: str
    status: int
    message: str | None = None
    #: What is answered to the letter, instead of the service's own form of an error.
    body: bytes | None = None

    def response(self, content_type: str = "text/plain") -> Response:
        """Return the failure with nothing but its body, in no service's form."""
        body = self.body or b""
        headers = {"Content-Type": content_type, "Content-Length": str(len(body))}
        return Response(self.status, headers, body, error_code=self.code, message=self.message)


def json_error(failure: Failure, words: Mapping[str, str], *, named_in_header: bool = False) -> Response:
    """Write an error of a service whose errors are JSON of its own making."""
    response = rest_json(words)
    named = {"x-amzn-ErrorType": failure.code} if named_in_header else {}
    return replace(
        response,
        status=failure.status,
        headers={**response.headers, **named},
        error_code=failure.code,
        message=failure.message,
    )


class Service:
    """One service of an account: says what a request asks for, and answers it."""

    #: What can be asked of it.
    operations: tuple[str, ...] = ()
    #: The failures it is known for, by code.
    known_failures: Mapping[str, Known] = {}

    def operation(self, request: Request) -> str | None:
        """Return what is asked for, ``None`` if the service knows no such thing."""
        raise NotImplementedError

    def unknown(self, request: Request) -> Response:
        """Answer a request that is for no operation."""
        raise NotImplementedError

    def objection(self, operation: str, arrival: Arrival) -> Refusal | None:
        """Return the gate's *no*; a service whose requests are not signed has no gate."""
        return None

    def perform(self, operation: str, arrival: Arrival) -> Response:
        """Carry out a request that nothing stands against."""
        raise NotImplementedError

    def failed(self, failure: Failure, operation: str | None, request: Request) -> Response:
        """Write *failure* in the form that this service gives its errors."""
        raise NotImplementedError

    def token(self, request: Request) -> str | None:
        """Return the token that a request brings along instead of a signature."""
        return None

    @property
    def secrets(self) -> list[str]:
        """Everything handed out here that is not to be shown, credentials aside."""
        return []

    def fail(self, failure: Failure, operation: str | None, request: Request) -> Response:
        """Answer with *failure*: with silence, to the letter, or in the service's own form."""
        if failure.code in SILENCES:
            return Response(0, error_code=failure.code)
        if failure.body is not None:
            return failure.response()
        response = self.failed(failure, operation, request)
        return replace(response, error_code=failure.code, message=response.message or failure.message)
