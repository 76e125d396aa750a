"""The instance metadata service: three requests, two versions, and what an SDK makes of failures."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, MetadataRetrievalError, NoCredentialsError
from botocore.utils import InstanceMetadataRegionFetcher

from pytest_polly import Account, Credentials
from pytest_polly.services.imds import CREDENTIALS, ROLE, TOKEN

from .observed import IMDS, SPEECH, asked, client, issued_here, session, signers, speak, told

PUT, LIST, GET = IMDS


@pytest.mark.parametrize(
    ("variant", "host"), [("", "169.254.169.254"), ("ipv6", "fd00:ec2::254")], ids=["ipv4", "ipv6"]
)
def test_three_requests_bring_the_role(polly_account: Account, variant: str, host: str) -> None:
    with polly_account.apply("role", "imds", variant=variant) as account:
        found = session(account)
        speak(found.client("polly"), times=3)
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == "iam-role"
    assert asked(account.calls) == [*IMDS, *[SPEECH] * 3]
    token, role, keys = account.calls[:3]
    assert {call.host for call in (token, role, keys)} == {host}
    assert not token.token_sent
    assert role.token == keys.token is not None
    assert all(issued_here(account, call) for call in account.calls[3:])


def test_the_first_version_needs_no_token(polly_account: Account) -> None:
    with polly_account.apply("role", "imds", variant="v1") as account:
        speak(client(account), times=3)
        assert asked(account.calls) == [*IMDS, *[SPEECH] * 3]
        assert [call.status for call in account.calls[:3]] == [404, 200, 200]
        assert not any(call.token_sent for call in account.calls[:3])


@pytest.mark.parametrize("code", ["Forbidden", "NotFound", "MethodNotAllowed", "ReadTimeoutError"])
def test_without_a_token_botocore_falls_back(polly_account: Account, code: str) -> None:
    """An instance that insists on tokens then refuses, one that does not lets it pass."""
    for variant, answers in (("v1", 200), ("", 401)):
        with polly_account.apply("role", "imds", variant=variant) as account:
            account.fail("imds", code, operation=TOKEN)
            polly = client(account)
            if answers == 200:
                speak(polly)
                assert told(account) == [*IMDS, SPEECH]
            else:
                with pytest.raises(NoCredentialsError):
                    speak(polly)
                assert account.calls[-1].status == 401
                assert told(account) == [PUT, LIST]


def test_a_client_that_may_not_fall_back_says_so(polly_account: Account) -> None:
    with polly_account.apply("role", "imds", variant="v1") as account:
        os.environ["AWS_EC2_METADATA_V1_DISABLED"] = "true"
        with pytest.raises(MetadataRetrievalError, match="IMDSv1 has been disabled"):
            speak(client(account))
        assert asked(account.calls) == [PUT]


NONE: list[Any] = [
    pytest.param([("ConnectTimeoutError", None)], [PUT, LIST], id="unreachable"),
    pytest.param([("NotFound", ROLE)], [PUT, LIST], id="no-role"),
    pytest.param([("BadRequest", TOKEN)], [PUT], id="bad-request"),
    pytest.param([("Unauthorized", ROLE)], [PUT, LIST], id="unauthorized"),
    pytest.param([("InternalServerError", CREDENTIALS)], IMDS, id="server-error"),
    pytest.param([("AssumeRoleUnauthorizedAccess", None)], IMDS, id="role-not-for-ec2"),
]


@pytest.mark.parametrize(("failures", "expected"), NONE)
def test_any_failure_ends_as_no_credentials(
    polly_account: Account, failures: list[tuple[str, str | None]], expected: list[tuple[str, str]]
) -> None:
    with polly_account.apply("role", "imds") as account:
        for code, operation in failures:
            account.fail("imds", code, operation=operation, times=None)
        polly = client(account)
        assert asked(account.calls) == expected
        assert account.calls[-1].error_code == failures[-1][0]
        with pytest.raises(NoCredentialsError):
            speak(polly)
        assert "polly" not in {call.service for call in account.calls}


def test_a_role_that_ec2_may_not_assume_is_said_with_status_200(polly_account: Account) -> None:
    with polly_account.apply("role", "imds") as account:
        account.fail("imds", "AssumeRoleUnauthorizedAccess")
        with pytest.raises(NoCredentialsError):
            speak(client(account))
        refusal = account.calls[2]
        assert (refusal.operation, refusal.status) == (CREDENTIALS, 200)
        assert (refusal.message or "").startswith("EC2 cannot assume the role")


def test_switched_off_it_is_not_asked(polly_account: Account) -> None:
    with polly_account.apply("role", "imds") as account:
        os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
        with pytest.raises(NoCredentialsError):
            speak(client(account))
        assert account.calls == []


RETRIED: list[Any] = [
    pytest.param("InternalServerError", ROLE, {}, [PUT, LIST, LIST, GET], id="role-500"),
    pytest.param("Empty", ROLE, {"status": 200, "body": ""}, [PUT, LIST, LIST, GET], id="role-empty"),
    pytest.param("Empty", CREDENTIALS, {"status": 200, "body": ""}, [PUT, LIST, GET, GET], id="empty"),
    pytest.param("Prose", CREDENTIALS, {"status": 200, "body": "soon"}, [PUT, LIST, GET, GET], id="bad-json"),
    pytest.param("ConnectTimeoutError", TOKEN, {}, [PUT, PUT, LIST, GET], id="token-unreachable"),
]


@pytest.mark.parametrize(("code", "operation", "details", "expected"), RETRIED)
def test_it_is_asked_again_as_often_as_is_set(
    polly_account: Account,
    code: str,
    operation: str,
    details: dict[str, Any],
    expected: list[tuple[str, str]],
) -> None:
    with polly_account.apply("role", "imds") as account:
        os.environ["AWS_METADATA_SERVICE_NUM_ATTEMPTS"] = "2"
        account.fail("imds", code, operation=operation, **details)
        speak(client(account))
        assert told(account) == [*expected, SPEECH]
        account.fail("imds", code, operation=operation, times=2, **details)
        os.environ["AWS_METADATA_SERVICE_NUM_ATTEMPTS"] = "1"
        polly = client(account)
        if operation == TOKEN:
            assert told(account) == [PUT, LIST]
        else:
            assert told(account) == IMDS[: expected.index(("imds", operation)) + 1]
        with pytest.raises(NoCredentialsError):
            speak(polly)


# As time goes by ------------------------------------------------------------------------------


def test_new_credentials_are_fetched_before_the_old_run_out(polly_account: Account) -> None:
    with polly_account.apply("role", "imds") as account:
        polly = client(account)
        speak(polly)
        account.clock.advance(hours=5, minutes=50)
        speak(polly)
        assert asked(account.calls) == [*IMDS, SPEECH] * 2
        assert len(set(signers(account.calls))) == 2


def document(credentials: Credentials, expires_at: datetime) -> str:
    """Return what the service says of a role's credentials."""
    said = {
        "Code": "Success",
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "Token": credentials.session_token,
        "Expiration": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
    }
    return json.dumps(said)


@pytest.mark.parametrize(
    "left", [timedelta(minutes=10), timedelta(minutes=-10)], ids=["about-to-expire", "expired"]
)
def test_credentials_not_renewed_in_time_are_used_on(polly_account: Account, left: timedelta) -> None:
    """botocore extends them by itself, as if the service were down; AWS still says what they are."""
    with polly_account.apply("role", "imds") as account:
        speak(client(account))
        told(account)
        old = account.credentials
        assert old
        assert old.expires_at
        account.clock.advance(seconds=(old.expires_at - account.clock.now - left).total_seconds())
        account.fail(
            "imds", "Stale", status=200, body=document(old, old.expires_at), operation=CREDENTIALS, times=None
        )
        polly = client(account)
        for _ in range(3):
            if left > timedelta(0):
                speak(polly)
            else:
                with pytest.raises(ClientError, match="ExpiredTokenException"):
                    speak(polly)
        assert set(signers(account.calls)) == {old.access_key_id}
        assert told(account) == [*IMDS, *[SPEECH] * 3]


def test_a_token_is_good_for_its_time(polly_account: Account) -> None:
    """An SDK that keeps the token is told when it has run out; botocore asks for one each time."""
    from pytest_polly.gate import Request

    with polly_account.apply("role", "imds") as account:

        def send(method: str, path: str, *headers: tuple[str, str]) -> tuple[int, str]:
            url = f"http://169.254.169.254{path}"
            response = account._aws.answer(Request.from_url(method, url, headers))
            assert response is not None
            return response.status, response.body.decode()

        token_path, role_path = TOKEN.partition(" ")[2], ROLE.partition(" ")[2]
        ttl = "x-aws-ec2-metadata-token-ttl-seconds"
        for wrong in ((), ((ttl, "0"),), ((ttl, "21601"),), ((ttl, "soon"),)):
            status, page = send("PUT", token_path, *wrong)
            assert status == 400
            assert "<title>400 - Bad Request</title>" in page
        status, token = send("PUT", token_path, (ttl, "60"))
        carried = ("x-aws-ec2-metadata-token", token)
        assert send("GET", role_path, carried)[0] == 200
        assert send("GET", role_path)[0] == 401
        assert send("GET", role_path, (carried[0], token[::-1]))[0] == 401
        assert send("GET", role_path + "another", carried)[0] == 404
        assert send("GET", "/latest/user-data", carried)[0] == 404
        account.clock.advance(seconds=61)
        status, page = send("GET", role_path, carried)
        assert status == 401
        assert "<title>401 - Unauthorized</title>" in page


def test_the_region_can_be_asked_for(polly_account: Account) -> None:
    with polly_account.apply("role", "imds") as account:
        assert InstanceMetadataRegionFetcher().retrieve_region() == account.region
