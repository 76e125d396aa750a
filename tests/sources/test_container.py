"""The credential endpoints of containers: which is asked, with which token, and what when it fails."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.exceptions import CredentialRetrievalError

from pytest_polly import Account, GuardError, wire
from pytest_polly.gate import Request

from .observed import ECS, POD, SPEECH, asked, client, issued_here, session, signers, since, speak, told

#: The ways, what is asked for there, and where.
WAYS = [
    pytest.param("", ECS, "169.254.170.2", id="relative"),
    pytest.param("full-uri", ECS, "127.0.0.1", id="loopback"),
    pytest.param(
        "https", ECS, "credentials.example.com", id="https", marks=since("1.42.5", "any host by https")
    ),
    pytest.param("pod-identity", POD, "169.254.170.23", id="pod-identity"),
    pytest.param("pod-identity-ipv6", POD, "fd00:ec2::23", id="pod-identity-ipv6"),
]


def token() -> str | None:
    """Return what an SDK is to send along, from wherever it has it."""
    path = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    return Path(path).read_text() if path else os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")


@pytest.mark.parametrize(("variant", "operation", "host"), WAYS)
def test_one_request_brings_the_role(
    polly_account: Account, variant: str, operation: tuple[str, str], host: str
) -> None:
    with polly_account.apply("role", "container", variant=variant) as account:
        sent = token()
        found = session(account)
        speak(found.client("polly"), times=3)
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == "container-role"
    assert asked(account.calls) == [operation, *[SPEECH] * 3]
    assert (account.calls[0].host, account.calls[0].token, account.calls[0].signed) == (host, sent, False)
    assert all(issued_here(account, call) for call in account.calls[1:])


@pytest.mark.parametrize(("variant", "operation", "host"), WAYS)
def test_a_renewal_reads_the_token_again(
    polly_account: Account, variant: str, operation: tuple[str, str], host: str
) -> None:
    with polly_account.apply("role", "container", variant=variant) as account:
        polly = client(account)
        speak(polly)
        account.rotate()
        account.clock.advance(hours=6)
        speak(polly)
        assert asked(account.calls) == [operation, SPEECH] * 2
        first, second = signers(account.calls)
        assert first != second
        if variant.startswith("pod-identity"):
            before, after = (call.token for call in account.calls if call.service == "container")
            assert before != after == token()


def test_the_same_credentials_are_given_to_everybody_until_rotated(polly_account: Account) -> None:
    with polly_account.apply("role", "container") as account:
        speak(client(account))
        speak(client(account))
        account.rotate()
        speak(client(account))
        first, second, third = signers(account.calls)
        assert first == second != third


def test_the_relative_uri_comes_first(polly_account: Account) -> None:
    with polly_account.apply("role", "container") as account:
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:9/never-asked"
        speak(client(account))
        assert account.calls[0].host == "169.254.170.2"


def test_the_token_file_comes_before_the_token(polly_account: Account) -> None:
    with polly_account.apply("role", "container", variant="pod-identity") as account:
        os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "another"
        speak(client(account))
        assert account.calls[0].token == token()


# What goes wrong ------------------------------------------------------------------------------


def test_plain_http_to_any_host_is_refused_by_botocore(polly_account: Account) -> None:
    with polly_account.apply("role", "container", variant="full-uri") as account:
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://credentials.example.com/"
        with pytest.raises(ValueError, match=r"Unsupported host 'credentials.example.com'"):
            speak(client(account))
        assert account.calls == []


FAILURES: list[Any] = [
    pytest.param("", "InternalServerError", 500, {}, '"HTTPErrorCode":500', id="ecs-500"),
    pytest.param("", "InvalidIdInRequest", 400, {}, "Credentials not found", id="ecs-400"),
    pytest.param("", "CredentialsUninitialized", 503, {}, "uninitialized for ID", id="ecs-503"),
    pytest.param("", "TooManyRequests", 429, {}, "Too Many Requests", id="ecs-429"),
    pytest.param("", "Html", 502, {"status": 502, "body": "<html>"}, "502 .*<html>", id="not-ours"),
    pytest.param("", "Prose", 200, {"status": 200, "body": "soon"}, "Unable to parse JSON", id="bad-json"),
    pytest.param("pod-identity", "TooManyRequests", 429, {}, "429 .*: Too Many Requests\n", id="eks-429"),
    pytest.param("pod-identity", "AccessDeniedException", 403, {}, "403 .*: Access Denied", id="eks-403"),
    pytest.param(
        "pod-identity",
        "ResourceNotFoundException",
        404,
        {"status": 404, "message": "no association"},
        r"404 .*\]: \(ResourceNotFoundException\): no association, fault: client",
        id="eks-404",
    ),
    pytest.param("", "ReadTimeoutError", 0, {}, "Read timeout", id="timeout"),
]


@pytest.mark.parametrize(("variant", "code", "status", "details", "words"), FAILURES)
def test_a_failing_endpoint_is_asked_three_times(
    polly_account: Account, variant: str, code: str, status: int, details: dict[str, Any], words: str
) -> None:
    with polly_account.apply("role", "container", variant=variant) as account:
        account.fail("container", code, **details, times=None)
        with pytest.raises(CredentialRetrievalError, match=f"(?s)container-role: .*{words}"):
            speak(client(account))
        seen = [(call.service, call.status, call.error_code) for call in account.calls]
        assert seen == [("container", status, code)] * 3


def test_an_endpoint_that_recovers_is_enough(polly_account: Account) -> None:
    with polly_account.apply("role", "container") as account:
        account.fail("container", "InternalServerError", times=2)
        speak(client(account))
        assert asked(account.calls) == [ECS] * 3 + [SPEECH]


def test_a_path_the_agent_does_not_know_has_no_credentials(polly_account: Account) -> None:
    with polly_account.apply("role", "container") as account:
        os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/another"
        with pytest.raises(CredentialRetrievalError, match=r"400 .*Credentials not found"):
            speak(client(account))


@pytest.mark.parametrize(
    ("variant", "words"),
    [("full-uri", "403 .*Access Denied"), ("pod-identity", "400 .*InvalidTokenException.*not a valid JWT")],
)
def test_a_wrong_token_is_refused(polly_account: Account, variant: str, words: str) -> None:
    with polly_account.apply("role", "container", variant=variant) as account:
        os.environ.pop("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", None)
        os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "guessed"
        with pytest.raises(CredentialRetrievalError, match=words):
            speak(client(account))
        assert [call.token for call in account.calls] == ["guessed"] * 3


def test_without_a_token_a_pod_gets_nothing(polly_account: Account) -> None:
    with polly_account.apply("role", "container", variant="pod-identity") as account:
        del os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
        with pytest.raises(CredentialRetrievalError, match="Service account token cannot be empty"):
            speak(client(account))


def test_a_token_past_its_time_is_refused(polly_account: Account) -> None:
    with polly_account.apply("role", "container", variant="pod-identity") as account:
        path = Path(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
        old = path.read_text()
        account.clock.advance(hours=25)
        path.write_text(old)
        with pytest.raises(CredentialRetrievalError, match="ExpiredTokenException"):
            speak(client(account))


@pytest.mark.parametrize(
    ("text", "error"), [(None, FileNotFoundError), ("in two\nlines", ValueError)], ids=["missing", "newline"]
)
def test_a_token_file_that_cannot_be_sent_is_no_error_of_botocores(
    polly_account: Account, text: str | None, error: type[Exception]
) -> None:
    with polly_account.apply("role", "container", variant="pod-identity") as account:
        path = Path(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])
        path.unlink() if text is None else path.write_text(text)
        with pytest.raises(error):
            speak(client(account))
        assert account.calls == []


# Where the endpoint is, and is not ------------------------------------------------------------


def test_the_endpoint_goes_with_its_case(polly_account: Account) -> None:
    with polly_account.apply("role", "container") as account:
        uri = os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
        speak(client(account))
        told(account)
        with account.apply("long-term"):
            speak(client(account))
            assert told(account) == [SPEECH]
        speak(client(account))
        assert told(account) == [ECS, SPEECH]
    os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = uri
    with pytest.raises(GuardError, match=r"169\.254\.170\.2"):
        boto3.client("polly")


@pytest.fixture
def neighbour() -> Iterator[HTTPServer]:
    """A server of somebody else's on a loopback port, which has no credentials."""
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_other_servers_on_loopback_are_reached(polly_account: Account, neighbour: HTTPServer) -> None:
    with polly_account.apply("role", "container", variant="full-uri") as account:
        url = f"http://127.0.0.1:{neighbour.server_port}/get-credentials"
        os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url
        with pytest.raises(CredentialRetrievalError, match=r"(?s)501 .*Unsupported method"):
            speak(client(account))
        assert account.calls == []


def test_another_path_on_the_endpoints_own_port_is_not_ours(polly_account: Account) -> None:
    with polly_account.apply("role", "container", variant="full-uri") as account:
        url = os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]
        for there, ours in ((url, True), (url + "-of-another-server", False)):
            response = wire.answer(Request.from_url("GET", there))
            assert (response is not None) is ours
        assert asked(account.calls) == [ECS]
