"""Requests that fail because a test wants them to, in each service's own form, and what AWS refuses."""

from __future__ import annotations

import json
import os
import re
import threading
from typing import Any
from xml.etree import ElementTree

import boto3
import botocore.endpoint
import botocore.exceptions
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from pytest_polly import Account, PollyError, wire
from pytest_polly.gate import Request, Response
from pytest_polly.modes import MODES
from pytest_polly.services.signed import Polly

from .observed import (
    ASSUME_ROLE,
    ECS,
    IMDS,
    PORTAL,
    SIGN_IN,
    SPEECH,
    WEB_IDENTITY,
    asked,
    attempts,
    client,
    needs,
    session,
    speak,
    told,
)

#: Words of AWS's that no repetition changes.
REJECTED = [name for name, mode in MODES.items() if mode.fault is not None and name != "partial"]
BUSY = [
    pytest.param("ThrottlingException", 400, "Rate exceeded", id="throttled"),
    pytest.param("ServiceFailureException", 500, "An unknown condition", id="failing"),
    pytest.param("ServiceUnavailableException", 503, "Service is unavailable", id="unavailable"),
]


@pytest.mark.parametrize("mode", REJECTED)
def test_rejected_credentials_are_tried_once(polly_account: Account, mode: str) -> None:
    with polly_account.apply(mode) as account:
        with pytest.raises(ClientError):
            speak(client(account))
        assert asked(account.calls) == [SPEECH]
        assert account.calls[0].status == 403


@pytest.mark.parametrize("retries", ["legacy", "standard", "adaptive", None])
@pytest.mark.parametrize(("code", "status", "message"), BUSY)
def test_a_busy_polly_is_tried_as_often_as_the_client_says(
    polly_account: Account, code: str, status: int, message: str, retries: str | None
) -> None:
    with polly_account.apply("long-term") as account:
        if retries is not None:
            os.environ["AWS_RETRY_MODE"] = retries
        polly = client(account)
        account.fail("polly", code, times=None)
        with pytest.raises(ClientError, match=f"{code}.*{message}") as caught:
            speak(polly)
        metadata = caught.value.response["ResponseMetadata"]
        assert [call.status for call in account.calls] == [status] * attempts(polly)
        assert metadata["RetryAttempts"] == attempts(polly) - 1
        assert metadata["MaxAttemptsReached"]


@pytest.mark.parametrize("retries", ["legacy", "standard", "adaptive", None])
@pytest.mark.parametrize(
    ("source", "code", "request_"),
    [
        ("assume-role", "InternalFailure", ASSUME_ROLE),
        ("web-identity", "IDPCommunicationError", WEB_IDENTITY),
        ("sso", "InternalServerException", PORTAL),
        pytest.param("login", "InternalServerException", SIGN_IN, marks=needs("login")),
    ],
)
def test_who_hands_out_credentials_is_asked_as_often_as_any_service(
    polly_account: Account, source: str, code: str, request_: tuple[str, str], retries: str | None
) -> None:
    with polly_account.apply("role", source) as account:
        if retries is not None:
            os.environ["AWS_RETRY_MODE"] = retries
        # What a login left is good for a quarter of it; nothing else has been handed out yet.
        account.clock.advance(hours=1)
        polly = client(account)
        account.fail(request_[0], code, times=None)
        with pytest.raises(ClientError, match=code):
            speak(polly)
        assert asked(account.calls) == [request_] * attempts(polly)


@pytest.mark.parametrize("retries", ["legacy", "standard", "adaptive"])
def test_a_polly_that_recovers_is_enough(polly_account: Account, retries: str) -> None:
    with polly_account.apply("long-term") as account:
        os.environ["AWS_RETRY_MODE"] = retries
        account.fail("polly", "ThrottlingException", status=400, message="Rate exceeded")
        speak(client(account))
        seen = [(call.status, call.error_code) for call in account.calls]
        assert seen == [(400, "ThrottlingException"), (200, None)]


@pytest.mark.parametrize("mode", ["throttled", "unavailable"])
def test_a_mode_fails_throughout(polly_account: Account, mode: str) -> None:
    with polly_account.apply(mode) as account:
        for _ in range(2):
            with pytest.raises(ClientError):
                speak(client(account))
        assert {call.error_code for call in account.calls} == {account.expected.code}
        assert {call.status for call in account.calls} == {account.expected.status}


def test_many_requests_in_adaptive_mode_do_not_wait(
    polly_account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for the rate that botocore allows itself; it would do so by a condition."""
    monkeypatch.setattr(threading.Condition, "wait", lambda *_: pytest.fail("somebody was to wait"))
    with polly_account.apply("long-term") as account:
        os.environ["AWS_RETRY_MODE"] = "adaptive"
        polly = client(account)
        account.fail("polly", "ThrottlingException", times=None)
        for _ in range(20):
            with pytest.raises(ClientError):
                speak(polly)


def test_botocore_waits_again_afterwards() -> None:
    import time

    real = botocore.endpoint.time
    with Account():
        assert botocore.endpoint.time is not real
    assert botocore.endpoint.time is real is time


@pytest.mark.parametrize("mode", REJECTED)
def test_a_refusal_can_be_had_with_valid_credentials(polly_account: Account, mode: str) -> None:
    """Word for word, where the words do not depend on who asks."""
    with polly_account.apply("long-term") as account:
        words = MODES[mode].fault
        assert words is not None
        account.fail("polly", words.rest_json.code)
        with pytest.raises(ClientError, match=words.rest_json.code):
            speak(client(account))
        call = account.calls[0]
        assert call.status == words.rest_json.status
        if mode in ("unknown-key", "missing-token", "wrong-secret", "expired-token"):
            assert call.message == words.rest_json.message


@pytest.mark.parametrize(
    ("service", "code", "status", "message"),
    [
        ("polly", "LexiconNotFoundException", 404, "Lexicon not found"),
        ("polly", "InvalidSsmlException", 400, "Invalid SSML request"),
        (
            "polly",
            "SubscriptionRequiredException",
            400,
            "The AWS Access Key Id needs a subscription for the service",
        ),
        (
            "sts",
            "RegionDisabledException",
            403,
            "STS is not activated in this region for account:{account}. Your account administrator can "
            "activate STS in this region using the IAM Console.",
        ),
    ],
)
def test_the_words_of_a_failure_are_awss(
    polly_account: Account, service: str, code: str, status: int, message: str
) -> None:
    with polly_account.apply("role") as account:
        account.fail(service, code)
        with pytest.raises(ClientError, match=code) as refused:
            speak(client(account))
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        said = refused.value.response["Error"]["Message"]
        assert said == message.format(account=account.account_id)


# Planning -------------------------------------------------------------------------------------


def test_failures_come_in_the_order_planned_and_then_no_more(polly_account: Account) -> None:
    with polly_account.apply("long-term") as account:
        polly = client(account)
        account.fail("polly", "First", status=400, times=2)
        account.fail("polly", "Second", status=400)
        for code in ("First", "First", "Second"):
            with pytest.raises(ClientError, match=code):
                speak(polly)
        speak(polly)


def test_a_failure_of_one_operation_leaves_the_others_alone(polly_account: Account) -> None:
    with polly_account.apply("long-term") as account:
        polly = client(account)
        account.fail("polly", "Voiceless", status=400, operation="DescribeVoices")
        speak(polly)
        with pytest.raises(ClientError, match="Voiceless"):
            polly.describe_voices()


SERVICES = ("polly", "sts", "imds", "container", "sso", "signin")


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_is_answered_here_can_fail_by_itself(polly_account: Account, service: str) -> None:
    """What a test reads in the record it can name; the message that refuses other names lists them all."""
    with pytest.raises(PollyError, match=f"is no operation of {service}") as refused:
        polly_account.fail(service, "Voiceless", operation="Sing")
    for operation in re.findall("'([^']+)'", str(refused.value).partition("those are")[2]):
        polly_account.fail(service, "Voiceless", operation=operation)


@pytest.mark.parametrize(
    ("service", "source", "operation"),
    [
        ("sts", "assume-role", "AssumeRole"),
        ("sts", "web-identity", "AssumeRoleWithWebIdentity"),
        ("imds", "imds", "PUT /latest/api/token"),
        ("container", "container", "GET /v2/credentials/id"),
        ("sso", "sso", "GetRoleCredentials"),
    ],
)
def test_a_failure_may_be_of_one_operation_in_every_service(
    polly_account: Account, service: str, source: str, operation: str
) -> None:
    with polly_account.apply("role", source) as account:
        account.fail(service, "Voiceless", status=599, operation=operation, times=None)
        with pytest.raises((ClientError, BotoCoreError)):
            speak(client(account))
        failed = {call.operation: call.status for call in account.calls if call.error_code == "Voiceless"}
        assert failed == {operation: 599}


@pytest.mark.parametrize("status", [301, 420, 499, 599])
def test_a_status_needs_no_name(polly_account: Account, status: int) -> None:
    with polly_account.apply("long-term") as account:
        polly = client(account)
        account.fail("polly", "Unheard", status=status, message="of", times=None)
        with pytest.raises(ClientError, match=r"Unheard.*of") as refused:
            speak(polly)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_failure_of_one_service_leaves_the_others_alone(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role") as account:
        account.fail("polly", "Voiceless", status=400)
        session(account).client("sts").get_caller_identity()
        with pytest.raises(ClientError, match="Voiceless"):
            speak(client(account))


def test_what_was_planned_in_a_case_ends_with_it(polly_account: Account) -> None:
    with polly_account.apply("long-term") as account:
        account.fail("polly", "Outer", status=400)
        with account.apply("session-token"):
            account.fail("polly", "Inner", status=400, times=None)
        with pytest.raises(ClientError, match="Outer"):
            speak(client(account))
        speak(client(account))


def test_a_service_that_does_not_exist_is_told(polly_account: Account) -> None:
    with pytest.raises(PollyError, match="'s3' is no service; the services are polly, sts, imds, container"):
        polly_account.fail("s3", "SlowDown")


@pytest.mark.parametrize(
    "name", ["ReadTimeoutError", "ConnectTimeoutError", "EndpointConnectionError", "ConnectionClosedError"]
)
def test_no_answer_is_what_botocore_makes_of_it(polly_account: Account, name: str) -> None:
    with polly_account.apply("long-term") as account:
        polly = client(account)
        account.fail("polly", name, times=None)
        with pytest.raises(getattr(botocore.exceptions, name)):
            speak(polly)
        seen = [(call.status, call.error_code) for call in account.calls]
        assert seen == [(0, name)] * attempts(polly)


# The form of each service ---------------------------------------------------------------------


def sent(account: Account, method: str, url: str, *headers: tuple[str, str], body: str = "") -> Response:
    response = wire.answer(Request.from_url(method, url, headers, body.encode()))
    assert isinstance(response, Response)
    assert account.calls[-1].status == response.status
    return response


POLLY = ("POST", "https://polly.us-east-1.amazonaws.com/v1/speech")


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("ServiceFailureException", "http://polly.amazonaws.com/doc/v1"),
        ("InternalFailure", "http://internal.amazon.com/coral/com.amazon.coral.service/"),
    ],
)
def test_polly_fails_in_rest_json(polly_account: Account, code: str, family: str) -> None:
    polly_account.fail("polly", code, message="no")
    response = sent(polly_account, *POLLY)
    assert response.headers["x-amzn-ErrorType"] == f"{code}:{family}"
    assert (response.status, response.body) == (500, b'{"message":"no"}')


def test_fail_polly_uses_status_of_installed_model(polly_account: Account) -> None:
    shapes = boto3.client("polly").meta.service_model.error_shapes
    modelled = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in shapes}
    # A newer model may declare errors that the table does not have yet, an older one lacks some.
    expected = {code: modelled.get(code, row.status) for code, row in Polly.known_failures.items()}
    for code in expected:
        polly_account.fail("polly", code)
    answered = {code: sent(polly_account, *POLLY).status for code in expected}
    assert answered == expected
    assert {
        "ConflictException": 409,
        "LexiconNotFoundException": 404,
        "ServiceFailureException": 500,
    }.items() <= answered.items()


def test_sts_fails_in_xml(polly_account: Account) -> None:
    polly_account.fail("sts", "Throttling")
    response = sent(polly_account, "POST", "https://sts.us-east-1.amazonaws.com/", body="Action=AssumeRole")
    root = ElementTree.fromstring(response.body)
    space = "{https://sts.amazonaws.com/doc/2011-06-15/}"
    assert root.findtext(f"{space}Error/{space}Code") == "Throttling"
    assert root.findtext(f"{space}Error/{space}Message") == "Rate exceeded"
    assert response.headers["Content-Type"] == "text/xml"


def test_the_portal_fails_with_a_type_in_the_body(polly_account: Account) -> None:
    polly_account.fail("sso", "ForbiddenException")
    url = "https://portal.sso.us-east-1.amazonaws.com/federation/credentials?role_name=a&account_id=1"
    response = sent(polly_account, "GET", url)
    assert json.loads(response.body) == {
        "message": "No access",
        "__type": "com.amazonaws.switchboard.portal#ForbiddenException",
    }
    assert response.status == 403


def test_the_token_service_fails_in_words_of_oauth(polly_account: Account) -> None:
    polly_account.fail("sso", "InvalidGrantException", message="spent")
    response = sent(polly_account, "POST", "https://oidc.us-east-1.amazonaws.com/token", body="{}")
    assert json.loads(response.body) == {"error": "invalid_grant", "error_description": "spent"}
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (400, "InvalidGrantException")


def test_sign_in_fails_with_a_reason(polly_account: Account) -> None:
    polly_account.fail("signin", "USER_CREDENTIALS_CHANGED", message="changed")
    url = "https://us-east-1.signin.aws.amazon.com/v1/token"
    response = sent(polly_account, "POST", url, body="{}")
    assert json.loads(response.body) == {"error": "USER_CREDENTIALS_CHANGED", "message": "changed"}
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (403, "AccessDeniedException")


def test_metadata_fails_with_a_page(polly_account: Account) -> None:
    with polly_account.apply("role", "imds") as account:
        account.fail("imds", "Forbidden")
        response = sent(account, "PUT", "http://169.254.169.254/latest/api/token")
        assert response.status == 403
        assert b"<h1>403 - Forbidden</h1>" in response.body
        assert response.headers["Content-Type"] == "text/html"


CONTAINERS: list[Any] = [
    pytest.param(
        "",
        "CredentialsUninitialized",
        b'{"code":"CredentialsUninitialized",'
        b'"message":"CredentialsV2Request: Credentials uninitialized for ID","HTTPErrorCode":503}',
        id="ecs",
    ),
    pytest.param("pod-identity", "AccessDeniedException", b"Access Denied.\n", id="pod-identity"),
]


@pytest.mark.parametrize(("variant", "code", "body"), CONTAINERS)
def test_containers_fail_in_json_or_plain_text(
    polly_account: Account, variant: str, code: str, body: bytes
) -> None:
    with polly_account.apply("role", "container", variant=variant) as account:
        account.fail("container", code)
        host = "169.254.170.23" if variant else "169.254.170.2"
        assert sent(account, "GET", f"http://{host}/v1/credentials").body == body


@pytest.mark.parametrize(
    ("service", "source", "error", "words", "expected"),
    [
        ("polly", "assume-role", "ClientError", "not today", [ASSUME_ROLE, SPEECH]),
        ("sts", "assume-role", "ClientError", "calling the AssumeRole operation: Unknown", [ASSUME_ROLE]),
        ("sso", "sso", "ClientError", "not today", [PORTAL]),
        ("container", "container", "CredentialRetrievalError", "400 .*not today", [ECS] * 3),
        ("imds", "imds", "NoCredentialsError", "Unable to locate credentials", IMDS[:1]),
    ],
)
def test_any_body_is_sent_to_the_letter(
    polly_account: Account,
    service: str,
    source: str,
    error: str,
    words: str,
    expected: list[tuple[str, str]],
) -> None:
    """A proxy in between, say, that answers for AWS."""
    with polly_account.apply("role", source) as account:
        account.fail(service, "Blocked", status=400, body="<html>not today</html>", times=None)
        with pytest.raises(getattr(botocore.exceptions, error), match=words):
            speak(client(account))
        assert told(account) == expected
