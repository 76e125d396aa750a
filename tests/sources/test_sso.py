"""IAM Identity Center: which token opens the portal, and when it is renewed."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    InvalidConfigError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from pytest_polly import Account, wire
from pytest_polly.gate import Request, Response

from .observed import (
    ASSUME_ROLE,
    PORTAL,
    SPEECH,
    TOKEN,
    asked,
    cached,
    change_cached,
    client,
    configure,
    issued_here,
    session,
    settings,
    since,
    speak,
    told,
)

WAYS = ["", "legacy"]
SESSION = "sso-session narrators"


def cached_token() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(cached("sso").read_text())
    return content


@pytest.mark.parametrize("variant", WAYS)
def test_one_request_to_the_portal_brings_the_role(polly_account: Account, variant: str) -> None:
    with polly_account.apply("role", "sso", variant=variant) as account:
        token = cached_token()["accessToken"]
        found = session(account)
        speak(found.client("polly"), times=3)
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == "sso"
    assert asked(account.calls) == [PORTAL, *[SPEECH] * 3]
    portal = account.calls[0]
    assert (portal.signed, portal.token) == (False, token)
    assert portal.host == f"portal.sso.{account.region}.amazonaws.com"
    assert all(issued_here(account, call) for call in account.calls[1:])


def test_as_the_source_of_another_role_it_comes_first(polly_account: Account) -> None:
    with polly_account.apply("role", "assume-role", variant="sso") as account:
        speak(client(account))
        assert asked(account.calls) == [PORTAL, ASSUME_ROLE, SPEECH]


def test_the_region_is_that_of_the_session(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        configure(SESSION, sso_region="eu-central-1")
        speak(client(account))
        assert account.calls[0].region == "eu-central-1"
        assert account.calls[1].region == account.region


@pytest.mark.parametrize(
    ("variable", "host"),
    [("AWS_USE_FIPS_ENDPOINT", "portal.sso-fips."), ("AWS_USE_DUALSTACK_ENDPOINT", "portal.sso.")],
)
def test_the_portal_has_other_endpoints(polly_account: Account, variable: str, host: str) -> None:
    with polly_account.apply("role", "sso") as account:
        os.environ[variable] = "true"
        speak(client(account))
        assert account.calls[0].host.startswith(host)
        assert account.calls[0].host.endswith("api.aws" if "DUALSTACK" in variable else "amazonaws.com")


# The token ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "left", [timedelta(minutes=-5), timedelta(minutes=12)], ids=["expired", "twelve-minutes-left"]
)
def test_a_token_is_renewed_in_time_and_cached(polly_account: Account, left: timedelta) -> None:
    with polly_account.apply("role", "sso") as account:
        before = cached_token()
        account.clock.advance(seconds=(timedelta(hours=8) - left).total_seconds())
        speak(client(account), times=3)
        after = cached_token()
        assert asked(account.calls) == [TOKEN, PORTAL, *[SPEECH] * 3]
        renewal, portal = account.calls[:2]
        assert renewal.host == f"oidc.{account.region}.amazonaws.com"
        assert not renewal.signed
        assert portal.token == after["accessToken"] != before["accessToken"]
        assert after["refreshToken"] != before["refreshToken"]
        assert after["expiresAt"] > before["expiresAt"]
        speak(client(account))
        assert asked(account.calls)[5:] == [PORTAL, SPEECH]


def test_a_client_that_lives_long_renews_both(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        polly = client(account)
        speak(polly)
        account.clock.advance(hours=9)
        speak(polly)
        assert asked(account.calls) == [PORTAL, SPEECH, TOKEN, PORTAL, SPEECH]


def test_a_sign_in_of_another_process_is_picked_up(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        polly = client(account)
        speak(polly)
        account.clock.advance(hours=9)
        account.rotate()
        speak(polly)
        assert asked(account.calls) == [PORTAL, SPEECH, PORTAL, SPEECH]
        assert account.calls[2].token == cached_token()["accessToken"]


def test_a_renewal_that_fails_is_tolerated_while_there_is_time(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        account.clock.advance(hours=7, minutes=48)
        account.fail("sso", "InvalidGrantException")
        speak(client(account))
        assert asked(account.calls) == [TOKEN, PORTAL, SPEECH]
        assert account.calls[0].error_code == "InvalidGrantException"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/federation/credentials", 405, "MethodNotAllowedException"),
        ("GET", "/federation/roles", 404, "UnknownOperationException"),
        ("GET", "/token", 404, "UnknownOperationException"),
    ],
)
def test_what_nobody_asks_the_portal(
    polly_account: Account, method: str, path: str, status: int, code: str
) -> None:
    url = f"https://portal.sso.us-east-1.amazonaws.com{path}"
    response = wire.answer(Request.from_url(method, url))
    assert isinstance(response, Response)
    assert (response.status, response.error_code) == (status, code)
    if status == 405:
        assert json.loads(response.body)["__type"] == f"com.amazonaws.switchboard.portal#{code}"


@pytest.mark.parametrize(
    ("grant", "code"),
    [
        ("authorization_code", "InvalidGrantException"),
        ("password", "UnsupportedGrantTypeException"),
    ],
)
def test_a_token_is_renewed_by_a_refresh_token_alone(polly_account: Account, grant: str, code: str) -> None:
    with polly_account.apply("role", "sso"):
        held = json.loads(cached("sso").read_text())
        asked_with = {name: held[name] for name in ("clientId", "clientSecret", "refreshToken")}
        body = json.dumps({**asked_with, "grantType": grant}).encode()
        url = "https://oidc.us-east-1.amazonaws.com/token"
        response = wire.answer(Request.from_url("POST", url, body=body))
    assert isinstance(response, Response)
    assert (response.status, response.error_code) == (400, code)


NOT_RENEWED: list[Any] = [
    pytest.param({"refreshToken": None}, [], id="no-refresh-token"),
    pytest.param({"registrationExpiresAt": "2020-01-01T00:00:00Z"}, [], id="registration-expired"),
    pytest.param({"refreshToken": "made up"}, [TOKEN], id="unknown-refresh-token"),
    pytest.param({"clientSecret": "made up"}, [TOKEN], id="wrong-client-secret"),
]


@pytest.mark.parametrize(("changed", "requests"), NOT_RENEWED)
def test_a_token_that_cannot_be_renewed_is_told_as_expired(
    polly_account: Account, changed: dict[str, Any], requests: list[tuple[str, str]]
) -> None:
    with polly_account.apply("role", "sso") as account:
        account.clock.advance(hours=9)
        change_cached("sso", **changed)
        with pytest.raises(TokenRetrievalError, match="Token has expired and refresh failed"):
            speak(client(account))
        assert asked(account.calls) == requests


def test_an_expired_token_of_the_old_kind_is_told_as_such(polly_account: Account) -> None:
    """Newer versions look at the clock first, older ones ask the portal."""
    looks_first = not since("1.39.15", "looks at the clock").args[0]
    with polly_account.apply("role", "sso", variant="legacy") as account:
        account.clock.advance(hours=9)
        with pytest.raises(UnauthorizedSSOTokenError):
            speak(client(account))
        assert asked(account.calls) == ([] if looks_first else [PORTAL])


def test_a_token_the_portal_does_not_know_is_told_as_expired(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        change_cached("sso", accessToken="made up")
        with pytest.raises(UnauthorizedSSOTokenError, match="has expired or is otherwise invalid"):
            speak(client(account))
        assert asked(account.calls) == [PORTAL]
        assert (account.calls[0].status, account.calls[0].error_code) == (401, "UnauthorizedException")
        assert account.calls[0].message == "Session token not found or invalid"


def test_the_portal_goes_by_the_clock_too(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        portal = session(account).client("sso", config=Config(signature_version=UNSIGNED))
        profile = settings()["default"]
        wanted = {
            "accountId": profile["sso_account_id"],
            "roleName": profile["sso_role_name"],
            "accessToken": cached_token()["accessToken"],
        }
        portal.get_role_credentials(**wanted)
        account.clock.advance(hours=9)
        with pytest.raises(portal.exceptions.UnauthorizedException):
            portal.get_role_credentials(**wanted)


@pytest.mark.parametrize("variant", WAYS)
def test_without_a_token_nothing_is_asked(polly_account: Account, variant: str) -> None:
    with polly_account.apply("role", "sso", variant=variant) as account:
        cached("sso").unlink()
        with pytest.raises(SSOTokenLoadError, match="does not exist"):
            speak(client(account))
        assert account.calls == []


def test_a_cached_token_without_its_expiration_is_invalid(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        change_cached("sso", expiresAt=None)
        with pytest.raises(SSOTokenLoadError, match="is invalid"):
            speak(client(account))
        assert account.calls == []


# The portal -----------------------------------------------------------------------------------


def test_a_role_that_is_not_assigned_is_no_access(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        configure("default", sso_role_name="Nobody")
        with pytest.raises(ClientError, match=r"ForbiddenException.*GetRoleCredentials.*No access"):
            speak(client(account))
        assert [(call.service, call.status) for call in account.calls] == [("sso", 403)]


def test_a_busy_portal_is_tried_again(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        account.fail("sso", "TooManyRequestsException")
        speak(client(account))
        assert asked(account.calls) == [PORTAL, PORTAL, SPEECH]


def test_the_token_service_has_errors_of_oauth(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        oidc = session(account).client("sso-oidc", config=Config(signature_version=UNSIGNED))
        with pytest.raises(oidc.exceptions.InvalidClientException) as caught:
            oidc.create_token(clientId="a", clientSecret="b", grantType="refresh_token", refreshToken="c")
        answer = caught.value.response
        assert (answer["error"], answer["ResponseMetadata"]["HTTPStatusCode"]) == ("invalid_client", 401)


# Settings -------------------------------------------------------------------------------------

WRONG: list[Any] = [
    pytest.param({"sso_region": "eu-west-3"}, "sso_region is inconsistent between", id="mismatch"),
    pytest.param({"sso_session": "nobody"}, "sso-session does not exist", id="no-such-session"),
    pytest.param({"sso_account_id": None}, "missing required configuration: sso_account_id", id="no-account"),
]


@pytest.mark.parametrize(("changed", "words"), WRONG)
def test_settings_that_cannot_work_are_told_before_any_request(
    polly_account: Account, changed: dict[str, str | None], words: str
) -> None:
    with polly_account.apply("role", "sso") as account:
        configure("default", **changed)
        with pytest.raises(InvalidConfigError, match=words):
            speak(client(account))
        assert account.calls == []


def test_the_cache_is_found_by_the_name_of_the_session(polly_account: Account) -> None:
    with polly_account.apply("role", "sso"):
        name = SESSION.partition(" ")[2].encode()
        assert cached("sso").stem == hashlib.sha1(name).hexdigest()
        with polly_account.apply("role", "sso", variant="legacy"):
            url = cached_token()["startUrl"].encode()
            assert cached("sso").stem == hashlib.sha1(url).hexdigest()


def test_another_case_has_a_cache_of_its_own(polly_account: Account) -> None:
    with polly_account.apply("role", "sso") as account:
        polly = client(account)
        with account.apply("role", "sso"):
            cached("sso").unlink()
            with pytest.raises(SSOTokenLoadError):
                speak(client(account))
        told(account)
        speak(client(account))
        assert told(account) == [PORTAL, SPEECH]
        speak(polly)
        assert told(account) == [PORTAL, SPEECH]
