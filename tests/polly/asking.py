"""Ways to ask Polly, and what a refusal looks like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from botocore.exceptions import ClientError

from pytest_polly.gate import Request, Response
from pytest_polly.services import polly
from pytest_polly.services.polly import Backend

REGION, ACCOUNT_ID = "eu-west-1", "123456789012"

#: A request for speech that nothing is wrong with.
SPEECH: dict[str, Any] = {"Text": "Mary had a little lamb.", "OutputFormat": "mp3", "VoiceId": "Joanna"}

FAMILY_OF_POLLY = "http://polly.amazonaws.com/doc/v1"
FAMILY_OF_FRONT_END = "http://internal.amazon.com/coral/com.amazon.coral.service/"


@dataclass
class Polly:
    """The service by itself."""

    backend: Backend = field(repr=False)

    def ask(self, method: str, path: str, query: Mapping[str, Any] | str = "", body: bytes = b"") -> Response:
        text = query if isinstance(query, str) else urlencode(query, doseq=True, quote_via=quote)
        request = Request(method, f"polly.{REGION}.amazonaws.com", path, text, body=body)
        name = polly.operation(request)
        assert name, f"no operation is at {method} {path}"
        return polly.perform(name, request, lambda: self.backend)

    def speak(self, **parameters: Any) -> Response:
        """Ask for `SPEECH`, with other *parameters*; ``None`` leaves one out."""
        asked = {name: value for name, value in {**SPEECH, **parameters}.items() if value is not None}
        return self.ask("POST", "/v1/speech", body=json.dumps(asked).encode())


@dataclass(frozen=True)
class Refusal:
    """An error as AWS writes it."""

    code: str
    message: str
    status: int = 400
    family: str = FAMILY_OF_POLLY

    def of(self, response: Response) -> bool:
        """Tell whether *response* is this refusal, to the letter."""
        return (
            response.status == self.status
            and response.headers["x-amzn-ErrorType"] == f"{self.code}:{self.family}"
            and response.headers["Content-Type"] == "application/json"
            and json.loads(response.body) == {"message": self.message}
            and (response.error_code, response.message) == (self.code, self.message)
        )


def refusal(call: Any, **parameters: Any) -> Refusal:
    """Return what boto3 makes of a call that AWS refuses."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    answer: Any = raised.value.response
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    code, _, family = headers["x-amzn-errortype"].partition(":")
    assert answer["Error"]["Code"] == code
    return Refusal(code, answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"], family)


def lines(stream: bytes) -> list[dict[str, Any]]:
    """Return the speech marks in *stream*."""
    assert stream.endswith(b"\n"), "a mark is a line, the last one too"
    return [json.loads(line) for line in stream.splitlines()]
