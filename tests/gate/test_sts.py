"""What STS gives to those it does not refuse, and what it says to those who ask for nothing it has."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from botocore.exceptions import ClientError

from pytest_polly import Account
from pytest_polly.directory import trust_policy
from pytest_polly.gate import IssuedKey, Policies, Refusal, Request, Response, errors, statement
from pytest_polly.services.protocols import refused

from .signing import signed
from .sts_rows import role_with, the_role, trusting
from .test_answers import STS, holds_headers, holds_xml, post

FAULT = "http://webservices.amazon.com/AWSFault/2005-15-09"
FORM = "application/x-www-form-urlencoded"
VERSION = "2011-06-15"
SPEECH = {"Text": "Hi", "VoiceId": "Joanna", "OutputFormat": "mp3"}


def ask_raw(
    account: Account,
    *,
    query: str = "",
    body: str | bytes = "",
    content_type: str | None = FORM,
    method: str = "POST",
    path: str = "/",
    **headers: str,
) -> Response:
    """Send exactly this, well signed by whoever is in force."""
    assert account.credentials is not None
    sent = dict(headers)
    if content_type is not None:
        sent["Content-Type"] = content_type
    request = signed(
        method,
        f"https://sts.us-east-1.amazonaws.com{path}{'?' if query else ''}{query}",
        account.credentials,
        account.clock.now,
        headers=sent.items(),
        body=body.encode() if isinstance(body, str) else body,
    )
    response = account._aws.answer(request)
    assert response is not None
    return response


# Finding the operation ------------------------------------------------------------------------

WHO = f"Action=GetCallerIdentity&Version={VERSION}"


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "GET", "query": WHO, "content_type": None},
        {"body": WHO},
        {"body": WHO, "content_type": f"{FORM}; charset=utf-8"},
        {"body": f"{WHO}&Unknown=value"},
        {"body": f"Action=GetCallerIdentity&Action=NoSuchAction&Version={VERSION}"},
        {"body": f"{WHO}&Version=2000-01-01"},
        {"body": f"{WHO}&x={'y' * (10_000_000 - len(WHO) - 3)}"},
    ],
    ids=["get", "post", "charset", "unknown-parameter", "action-twice", "version-twice", "largest-body"],
)
def test_says_who_the_caller_is(asked: dict[str, Any]) -> None:
    with Account() as account, account.apply("long-term"):
        response = ask_raw(account, **asked)
        user = _users(account)[0]
    extended = response.headers["x-amz-sts-extended-request-id"]
    holds_headers(response, "text/xml", **{"x-amz-sts-extended-request-id": extended})
    assert response.status == 200
    assert response.body.decode() == (
        f'<GetCallerIdentityResponse xmlns="{STS}">\n'
        "  <GetCallerIdentityResult>\n"
        f"    <Arn>{user.arn}</Arn>\n"
        f"    <UserId>{user.user_id}</UserId>\n"
        f"    <Account>{account.account_id}</Account>\n"
        "  </GetCallerIdentityResult>\n"
        "  <ResponseMetadata>\n"
        f"    <RequestId>{response.headers['x-amzn-RequestId']}</RequestId>\n"
        "  </ResponseMetadata>\n"
        "</GetCallerIdentityResponse>\n"
    )


@pytest.mark.parametrize(
    ("body", "action", "version"),
    [
        (f"Action=NoSuchAction&Version={VERSION}", "NoSuchAction", VERSION),
        ("Action=GetCallerIdentity", "GetCallerIdentity", "NO_VERSION_SPECIFIED"),
        ("Action=GetCallerIdentity&Version=", "GetCallerIdentity", ""),
        ("Action=GetCallerIdentity&Version=2000-01-01", "GetCallerIdentity", "2000-01-01"),
        (f"Action=NoSuchAction&{WHO}", "NoSuchAction", VERSION),
        (f"Action=GetCallerIdentity&Version=2000-01-01&Version={VERSION}", "GetCallerIdentity", "2000-01-01"),
        (f"Action=&Version={VERSION}", "", VERSION),
    ],
)
def test_knows_no_such_operation(body: str, action: str, version: str) -> None:
    with Account() as account, account.apply("wrong-secret"):
        response = ask_raw(account, body=body)
        assert account.calls[-1].error_code == "InvalidAction"
    assert response.status == 400
    holds_xml(response, "InvalidAction", f"Could not find operation {action} for version {version}", FAULT)


@pytest.mark.parametrize(
    ("asked", "location"),
    [
        ({"body": f"Version={VERSION}"}, "https://aws.amazon.com/iam"),
        ({"body": WHO, "content_type": None}, "https://aws.amazon.com/iam"),
        ({"body": WHO, "content_type": "application/json"}, "https://aws.amazon.com/iam"),
        (
            {"method": "GET", "query": f"Version={VERSION}", "content_type": None},
            f"https://aws.amazon.com/iam?Version={VERSION}",
        ),
    ],
    ids=["no-action", "no-content-type", "no-form", "get"],
)
def test_sends_those_who_ask_for_nothing_elsewhere(asked: dict[str, Any], location: str) -> None:
    with Account() as account, account.apply("long-term"):
        response = ask_raw(account, **asked)
    extended = response.headers["x-amz-sts-extended-request-id"]
    assert (response.status, response.body) == (302, b"")
    holds_headers(response, None, **{"x-amz-sts-extended-request-id": extended, "Location": location})


@pytest.mark.parametrize(("method", "path"), [("GET", "/sts"), ("POST", "/v20180820/tags/x"), ("PUT", "/")])
def test_knows_no_such_path(method: str, path: str) -> None:
    with Account() as account, account.apply("long-term"):
        response = ask_raw(account, method=method, path=path, query=WHO)
    assert (response.status, response.body) == (404, b"<UnknownOperationException/>\n")
    holds_headers(response, None)


def test_takes_no_body_of_more_than_ten_million_bytes() -> None:
    with Account() as account, account.apply("long-term"):
        response = ask_raw(account, body=f"{WHO}&x={'y' * (10_000_001 - len(WHO) - 3)}")
    assert (response.status, response.body) == (413, b"")
    assert not {"x-amzn-RequestId", "x-amz-sts-extended-request-id", "Content-Type"} & response.headers.keys()


# JSON -----------------------------------------------------------------------------------------


def test_answers_json_to_those_who_accept_it() -> None:
    with Account() as account, account.apply("long-term"):
        response = ask_raw(account, body=WHO, Accept="application/json")
        user = _users(account)[0]
    request_id = response.headers["x-amzn-RequestId"]
    extended = response.headers["x-amz-sts-extended-request-id"]
    holds_headers(response, "application/json", **{"x-amz-sts-extended-request-id": extended})
    assert response.body.decode() == (
        '{"GetCallerIdentityResponse":{"GetCallerIdentityResult":'
        f'{{"Account":"{account.account_id}","Arn":"{user.arn}","UserId":"{user.user_id}"}},'
        f'"ResponseMetadata":{{"RequestId":"{request_id}"}}}}}}'
    )


def test_times_are_numbers_in_json() -> None:
    with Account() as account, account.apply("long-term"):
        form = urlencode({"Action": "GetSessionToken", "Version": VERSION, "DurationSeconds": 900})
        answer = json.loads(ask_raw(account, body=form, Accept="application/json").body)
        issued = _latest(account)
    credentials = answer["GetSessionTokenResponse"]["GetSessionTokenResult"]["Credentials"]
    assert issued.credentials.expires_at is not None
    assert credentials == {
        "AccessKeyId": issued.credentials.access_key_id,
        "SecretAccessKey": issued.credentials.secret_access_key,
        "SessionToken": issued.credentials.session_token,
        "Expiration": int(issued.credentials.expires_at.timestamp()),
    }


@pytest.mark.parametrize(
    ("form", "code", "message"),
    [
        ({"Action": "Nothing"}, "InvalidAction", f"Could not find operation Nothing for version {VERSION}"),
        (
            {"Action": "GetFederationToken"},
            "ValidationError",
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: "
            "Member must not be null",
        ),
    ],
)
def test_errors_are_json_too(form: dict[str, str], code: str, message: str) -> None:
    with Account() as account, account.apply("long-term"):
        response = post(account, {"Version": VERSION, **form}, Accept="application/json")
    _holds_json_error(response, code, message)


def test_the_gate_refuses_in_json_too() -> None:
    request = Request.from_url(
        "POST", "https://sts.us-east-1.amazonaws.com/", [("Accept", "application/json")]
    )
    response = refused(Refusal.of(errors.TOKEN_MISSING), "query", request)
    _holds_json_error(response, "InvalidClientTokenId", errors.TOKEN_MISSING.query.message)


def _holds_json_error(response: Response, code: str, message: str) -> None:
    request_id = response.headers["x-amzn-RequestId"]
    extended = response.headers["x-amz-sts-extended-request-id"]
    holds_headers(response, "application/json", **{"x-amz-sts-extended-request-id": extended})
    assert response.body.decode() == (
        f'{{"Error":{{"Code":"{code}","Message":"{message}","Type":"Sender"}},"RequestId":"{request_id}"}}'
    )


# Who the caller is ----------------------------------------------------------------------------


def test_an_explicit_deny_does_not_keep_callers_from_asking_who_they_are() -> None:
    with Account() as account, account.apply("long-term"):
        account.deny("*")
        assert boto3.client("sts").get_caller_identity()["Arn"] == _users(account)[0].arn


def test_a_role_session_goes_by_role_and_session_name() -> None:
    with Account() as account, account.apply("long-term"):
        role_with()(account)
        role = the_role(account)
        granted = boto3.client("sts").assume_role(RoleArn=role.arn, RoleSessionName="stage-7")
        identity = _client("sts", granted).get_caller_identity()
    arn = f"arn:aws:sts::{account.account_id}:assumed-role/Target/stage-7"
    assert role.arn.endswith("/stage/Target"), "its path is not part of the session's ARN"
    assert granted["AssumedRoleUser"] == {"Arn": arn, "AssumedRoleId": f"{role.role_id}:stage-7"}
    assert (identity["Arn"], identity["UserId"]) == (arn, f"{role.role_id}:stage-7")


def test_says_whose_key_it_is() -> None:
    with Account() as account, account.apply("session-token"):
        account.allow("sts:GetAccessKeyInfo")
        sts = boto3.client("sts")
        assert account.credentials is not None
        found = sts.get_access_key_info(AccessKeyId=account.credentials.access_key_id)
    assert found["Account"] == account.account_id


# AssumeRole -----------------------------------------------------------------------------------


def test_hands_out_credentials_of_a_role() -> None:
    with Account() as account, account.apply("long-term"):
        role_with()(account)
        response = post(account, _assume(account))
        issued = _latest(account)
    credentials = issued.credentials
    assert credentials.expires_at is not None
    assert response.body.decode() == (
        f'<AssumeRoleResponse xmlns="{STS}">\n'
        "  <AssumeRoleResult>\n"
        "    <AssumedRoleUser>\n"
        f"      <AssumedRoleId>{issued.principal.user_id}</AssumedRoleId>\n"
        f"      <Arn>{issued.principal.arn}</Arn>\n"
        "    </AssumedRoleUser>\n"
        "    <Credentials>\n"
        f"      <AccessKeyId>{credentials.access_key_id}</AccessKeyId>\n"
        f"      <SecretAccessKey>{credentials.secret_access_key}</SecretAccessKey>\n"
        f"      <SessionToken>{credentials.session_token}</SessionToken>\n"
        f"      <Expiration>{credentials.expires_at:%Y-%m-%dT%H:%M:%SZ}</Expiration>\n"
        "    </Credentials>\n"
        "  </AssumeRoleResult>\n"
        "  <ResponseMetadata>\n"
        f"    <RequestId>{response.headers['x-amzn-RequestId']}</RequestId>\n"
        "  </ResponseMetadata>\n"
        "</AssumeRoleResponse>\n"
    )


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({}, 3600), ({"DurationSeconds": "900"}, 900), ({"DurationSeconds": "43200"}, 43_200),
     ({"DurationSeconds": "+900"}, 900), ({"DurationSeconds": "0900"}, 900)],
    ids=lambda value: str(value),
)  # fmt: skip
def test_a_role_session_lasts_as_long_as_asked(given: dict[str, str | None], seconds: int) -> None:
    with Account() as account, account.apply("long-term"):
        role_with(max_session_duration=43_200)(account)
        assert post(account, _assume(account, **given)).status == 200
        issued = _latest(account)
    assert issued.credentials.expires_at == issued.issued_at + timedelta(seconds=seconds)
    assert abs(issued.issued_at - datetime.now(timezone.utc)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "given",
    [
        {"RoleSessionName": "aa"},
        {"RoleSessionName": "b" * 64},
        {"RoleSessionName": "azAZ09_+=,.@-"},
        {"ExternalId": "azAZ09_+=,.@:/-"},
        {"ExternalId": "x" * 1224},
        {"SourceIdentity": "s" * 256},
    ],
    ids=lambda given: "-".join(given),
)
def test_members_at_their_limits_are_fine(given: dict[str, str | None]) -> None:
    with Account() as account, account.apply("long-term"):
        role_with(trust=trusting(["sts:AssumeRole", "sts:SetSourceIdentity"]))(account)
        assert post(account, _assume(account, **given)).status == 200


def test_of_several_members_with_one_name_the_first_counts() -> None:
    with Account() as account, account.apply("long-term"):
        role_with()(account)
        good = urlencode(_assume(account))
        assert ask_raw(account, body=f"{good}&RoleArn=not-an-arn&RoleSessionName=bad/name").status == 200
        assert ask_raw(account, body=f"RoleSessionName=bad/name&{good}").status == 400


@pytest.mark.parametrize(
    ("principal", "allowed", "succeeds"),
    [
        ("{user}", False, True),
        ("*", False, True),
        ("{root}", True, True),
        ("{account}", True, True),
        ("{root}", False, False),
        ("{account}", False, False),
        ("{user}x", True, False),
        ("arn:aws:iam::999999999999:root", True, False),
    ],
)
def test_trust_by_name_needs_no_policy_of_the_callers(principal: str, allowed: bool, succeeds: bool) -> None:
    """Trusted as one of its account, a caller needs a policy of its own as well."""
    with Account() as account, account.apply("long-term"):
        user = _users(account)[0]
        named = principal.format(
            user=user.arn, root=f"arn:aws:iam::{account.account_id}:root", account=account.account_id
        )
        the_role(account).trust = trust_policy({"AWS": named})
        if allowed:
            account.allow("sts:AssumeRole")
        assert (post(account, _assume(account)).status == 200) is succeeds


@pytest.mark.parametrize(
    ("principal", "limited", "succeeds"),
    [
        ("{session}", True, True),
        ("{role}", False, True),
        ("{role}", True, False),
        ("*", True, False),
        ("{session}x", False, False),
    ],
)
def test_limits_bind_a_session_that_is_trusted_by_its_roles_name_only(
    principal: str, limited: bool, succeeds: bool
) -> None:
    with Account() as account, account.apply("role", "assume-role"):
        sts = boto3.client("sts")
        arn = sts.get_caller_identity()["Arn"]
        session = _latest(account)
        if limited:
            session.principal.policies = _limited_to_polly(session)
        named = principal.format(session=arn, role=session.principal.role)
        the_role(account).trust = trust_policy({"AWS": named})
        asked = {"RoleArn": the_role(account).arn, "RoleSessionName": "narration"}
        if succeeds:
            assert sts.assume_role(**asked)["Credentials"]
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                sts.assume_role(**asked)


def _limited_to_polly(session: IssuedKey) -> Policies:
    return replace(session.principal.policies, session=[statement("Allow", "polly:*")])


@pytest.mark.parametrize(
    ("condition", "parameter"),
    [
        ("sts:ExternalId", "ExternalId"),
        ("sts:RoleSessionName", "RoleSessionName"),
        ("sts:SourceIdentity", "SourceIdentity"),
    ],
)
def test_a_trust_policy_may_want_a_parameter_to_be_so(condition: str, parameter: str) -> None:
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    with Account() as account, account.apply("long-term"):
        role_with(trust=trusting(actions, Condition={"StringEquals": {condition: "stage-7"}}))(account)
        assert post(account, _assume(account, **{parameter: "stage-7"})).status == 200
        assert post(account, _assume(account, **{parameter: "stage-8"})).status == 403


def test_a_source_identity_is_handed_on() -> None:
    both = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    with Account() as account, account.apply("long-term"):
        role_with(trust=trusting(both))(account)
        first = the_role(account)
        first.policies.append(statement("Allow", "sts:*"))
        second = account._directory.create_role("Second", trust=trusting(both)(account))
        granted = boto3.client("sts").assume_role(
            RoleArn=first.arn, RoleSessionName="one", SourceIdentity="alice"
        )
        assert granted["SourceIdentity"] == "alice"
        assert _latest(account).context["aws:SourceIdentity"] == "alice"
        chained = _client("sts", granted)
        for again in ({}, {"SourceIdentity": "alice"}):
            handed_on = chained.assume_role(RoleArn=second.arn, RoleSessionName="two", **again)
            assert handed_on["SourceIdentity"] == "alice"
        second.trust = trusting()(account)
        with pytest.raises(ClientError, match=r"sts:SetSourceIdentity on resource"):
            chained.assume_role(RoleArn=second.arn, RoleSessionName="two")


def test_tags_are_known_to_conditions() -> None:
    wanted = {"StringEquals": {"aws:RequestTag/stage": "7"}}
    with Account() as account, account.apply("long-term"):
        role_with(trust=trusting(["sts:AssumeRole", "sts:TagSession"], Condition=wanted))(account)
        ask = {"RoleArn": the_role(account).arn, "RoleSessionName": "narration"}
        sts = boto3.client("sts")
        granted = sts.assume_role(**ask, Tags=[{"Key": "stage", "Value": "7"}])
        assert 0 < granted["PackedPolicySize"] <= 100
        assert _latest(account).context["aws:PrincipalTag/stage"] == "7"
        with pytest.raises(ClientError, match="sts:TagSession"):
            sts.assume_role(**ask, Tags=[{"Key": "stage", "Value": "8"}])


# Narrowed sessions ----------------------------------------------------------------------------

POLLY = json.dumps(statement("Allow", "polly:*"))
VOICES = json.dumps(statement("Allow", "polly:DescribeVoices"))
READ_ONLY = {"arn": "arn:aws:iam::aws:policy/AmazonPollyReadOnlyAccess"}
UNKNOWN = {"arn": "arn:aws:iam::123456789012:policy/Unknown"}


@pytest.mark.parametrize(
    ("narrowed", "speaks", "puts"),
    [
        ({}, True, True),
        ({"Policy": POLLY}, True, True),
        ({"Policy": VOICES}, False, False),
        ({"PolicyArns": [READ_ONLY]}, True, False),
        ({"PolicyArns": [UNKNOWN]}, False, False),
        ({"Policy": POLLY, "PolicyArns": [READ_ONLY]}, True, True),
    ],
)
def test_a_role_session_may_be_narrowed_down(narrowed: dict[str, Any], speaks: bool, puts: bool) -> None:
    with Account() as account, account.apply("long-term"):
        role_with()(account)
        granted = boto3.client("sts").assume_role(
            RoleArn=the_role(account).arn, RoleSessionName="narration", **narrowed
        )
        assert ("PackedPolicySize" in granted) is bool(narrowed)
        _may(granted, "session policy", speaks=speaks, puts=puts)


@pytest.mark.parametrize(
    ("narrowed", "speaks", "puts"),
    [
        ({}, False, False),
        ({"Policy": POLLY}, True, True),
        ({"Policy": VOICES}, False, False),
        ({"PolicyArns": [READ_ONLY]}, True, False),
    ],
)
def test_a_federated_user_may_do_what_is_handed_along(
    narrowed: dict[str, Any], speaks: bool, puts: bool
) -> None:
    with Account() as account, account.apply("long-term"):
        account.allow("sts:GetFederationToken")
        granted = boto3.client("sts").get_federation_token(Name="guest", **narrowed)
        issued = _latest(account)
        _may(granted, "session policy", speaks=speaks, puts=puts)
        who = _client("sts", granted).get_caller_identity()
    arn = f"arn:aws:sts::{account.account_id}:federated-user/guest"
    assert granted["FederatedUser"] == {"Arn": arn, "FederatedUserId": f"{account.account_id}:guest"}
    assert ("PackedPolicySize" in granted) is bool(narrowed)
    assert (who["Arn"], who["UserId"]) == (arn, f"{account.account_id}:guest")
    assert issued.credentials.expires_at == issued.issued_at + timedelta(hours=12)
    assert issued.context["aws:PrincipalType"] == "FederatedUser"


def test_a_federated_user_may_not_do_more_than_who_asked() -> None:
    with Account() as account, account.apply("access-denied"):
        account.allow("sts:GetFederationToken")
        granted = boto3.client("sts").get_federation_token(Name="guest", Policy=POLLY)
        _may(granted, "identity-based policy", speaks=False, puts=False)


def _may(granted: dict[str, Any], blamed: str, *, speaks: bool, puts: bool) -> None:
    """Try two of Polly's operations with the credentials granted."""
    polly = _client("polly", granted)
    tried: tuple[tuple[bool, str, Callable[[], Any]], ...] = (
        (speaks, "SynthesizeSpeech", lambda: polly.synthesize_speech(**SPEECH)),
        (puts, "DeleteLexicon", lambda: polly.delete_lexicon(Name="nowhere")),
    )
    for allowed, action, call in tried:
        try:
            call()
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if allowed:
                assert code == "LexiconNotFoundException"
            else:
                assert code == "AccessDeniedException"
                assert message.endswith(f"because no {blamed} allows the polly:{action} action")
        else:
            assert allowed


# GetSessionToken ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({}, 43_200), ({"DurationSeconds": 900}, 900), ({"DurationSeconds": 129_600}, 129_600)],
)
def test_a_users_session_needs_no_permission_and_lasts_as_long_as_asked(
    given: dict[str, int], seconds: int
) -> None:
    with Account() as account, account.apply("long-term"):
        account.deny("sts:*")
        granted = boto3.client("sts").get_session_token(**given)
        issued = _latest(account)
        assert _client("sts", granted).get_caller_identity()["Arn"] == _users(account)[0].arn
        assert _client("polly", granted).synthesize_speech(**SPEECH)["AudioStream"].read()
    assert issued.credentials.expires_at == issued.issued_at + timedelta(seconds=seconds)


# The account behind ---------------------------------------------------------------------------


def _client(service: str, granted: dict[str, Any]) -> Any:
    credentials = granted["Credentials"]
    return boto3.client(
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def _assume(account: Account, **more: str | None) -> dict[str, str | None]:
    return {
        "Action": "AssumeRole",
        "Version": VERSION,
        "RoleArn": the_role(account).arn,
        "RoleSessionName": "narration",
        **more,
    }


def _users(account: Account) -> list[Any]:
    return list(account._directory.users.values())


def _latest(account: Account) -> IssuedKey:
    return list(account._directory.keys.values())[-1]
