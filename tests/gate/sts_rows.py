"""What STS is known to answer, row by row, spelled like `polly_rows`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import boto3

from pytest_polly import Account
from pytest_polly.directory import Role, trust_policy
from pytest_polly.gate import errors, statement
from pytest_polly.gate.errors import Sureness, Words
from pytest_polly.gate.policy import Document
from pytest_polly.services.sts import errors as sts_errors

from .conversation import Spoil, all_of, authorization, header, query
from .polly_rows import (
    DOES_NOT_MATCH,
    IS_INVALID,
    Arrange,
    delete_the_role,
    fast_clock,
    forget_the_key,
)

WHO_AM_I = "get_caller_identity"
Parameters = Callable[[Account], Mapping[str, Any]]


def nothing(account: Account) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    case: str
    words: Words
    status: int
    code: str
    #: ``None`` where the answer has none.
    message: str | None
    sure: Sureness
    operation: str = WHO_AM_I
    parameters: Parameters = nothing
    mode: str = "long-term"
    source: str | None = None
    arrange: Arrange | None = None
    spoil: Spoil | None = None


# What is done to an account -------------------------------------------------------------------

ROLE = "Target"


def the_role(account: Account) -> Role:
    """Return the role that the rows are about; it is made when it is first asked for."""
    arn = f"arn:aws:iam::{account.account_id}:role/stage/{ROLE}"
    found = account._directory.roles.get(arn)
    return found or account._directory.create_role(ROLE, statement("Allow", "polly:*"), path="/stage/")


def role_with(**attributes: Any) -> Arrange:
    """Make the role, and let everybody who may be in force assume it."""

    def arrange(account: Account) -> None:
        role = the_role(account)
        for name, value in attributes.items():
            setattr(role, name, value(account) if callable(value) else value)
        account.allow("sts:*")

    return arrange


def trusting(action: str | list[str] = "sts:AssumeRole", **more: Any) -> Callable[[Account], Document]:
    """Return a trust policy for the whole account; *more* goes into its one statement."""

    def trust(account: Account) -> Document:
        root = f"arn:aws:iam::{account.account_id}:root"
        return {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": action, "Principal": {"AWS": root}, **more}],
        }

    return trust


def trusting_a_stranger(account: Account) -> Document:
    return trust_policy({"AWS": f"arn:aws:iam::{account.account_id}:user/stranger"})


def distrusting(account: Account) -> Document:
    entry = trusting()(account)["Statement"][0]
    return {"Version": "2012-10-17", "Statement": [entry, {**entry, "Effect": "Deny"}]}


def assume(**parameters: Any) -> Parameters:
    return lambda account: {
        "RoleArn": the_role(account).arn,
        "RoleSessionName": "narration",
        **parameters,
    }


def federate(**parameters: Any) -> Parameters:
    return lambda account: {"Name": "guest", **parameters}


def permitted(account: Account) -> None:
    account.allow("sts:*")


def denied(account: Account) -> None:
    role_with()(account)
    account.deny("sts:*")


def with_source_identity(account: Account) -> None:
    """Make the caller's own session one that has a source identity."""
    role_with(trust=trusting(["sts:AssumeRole", "sts:SetSourceIdentity"]))(account)
    boto3.client("sts").get_caller_identity()
    for key in account._directory.keys.values():
        key.principal.source_identity = "alice"


def _random(n: int) -> str:
    """Text that no packing makes much smaller, the same in every run."""
    return sha256(str(n).encode()).hexdigest()


LONG_POLICY = json.dumps(statement("Allow", *(f"polly:{_random(n)}" for n in range(100))))
MANY_TAGS = [{"Key": _random(n), "Value": _random(-n)} for n in range(1, 50)]

# The rows -------------------------------------------------------------------------------------


def _invalid_token(case: str, words: Words, **more: Any) -> Row:
    return Row(case, words, 403, "InvalidClientTokenId", IS_INVALID, "S", **more)


def _mismatch(case: str, words: Words, message: str, sure: Sureness, **more: Any) -> Row:
    return Row(case, words, 403, "SignatureDoesNotMatch", message, sure, **more)


def _incomplete(case: str, words: Words, message: str, sure: Sureness, spoil: Spoil) -> Row:
    return Row(case, words, 400, "IncompleteSignature", message, sure, spoil=spoil)


def _not_authorized(
    case: str, action: str = "sts:AssumeRole", resource: str | None = None, ending: str = "", **more: Any
) -> Row:
    resource = resource or f"arn:aws:iam::{{account}}:role/stage/{ROLE}"
    message = f"User: {{principal}} is not authorized to perform: {action} on resource: {resource}{ending}"
    words, sure = (sts_errors.DENIED, "I") if ending else (sts_errors.NOT_AUTHORIZED, "S")
    row: dict[str, Any] = {"operation": "assume_role", "parameters": assume(), **more}
    return Row(case, words, 403, "AccessDenied", message, sure, **row)  # type: ignore[arg-type]


_REGION = "Credential should be scoped to a valid region. "
_SERVICE = "Credential should be scoped to correct service: 'sts'. "

GATE_ROWS = (
    _invalid_token("unknown key", errors.UNKNOWN_KEY.query, mode="unknown-key"),
    _invalid_token("deleted key", errors.UNKNOWN_KEY.query, arrange=forget_the_key),
    _invalid_token("inactive key", errors.INACTIVE_KEY.query, mode="inactive-key"),
    _invalid_token("temporary key without token", errors.TOKEN_MISSING.query, mode="missing-token"),
    _invalid_token("token of another session", errors.TOKEN_MISMATCHED.query, mode="wrong-token"),
    _invalid_token(
        "session of a deleted role",
        errors.ROLE_DELETED.query,
        mode="role",
        source="assume-role",
        arrange=delete_the_role,
    ),
    _invalid_token("long-term key with a token", errors.TOKEN_UNEXPECTED.query, mode="stray-token"),
    Row(
        "expired token",
        errors.TOKEN_EXPIRED.query,
        403,
        "ExpiredToken",
        "The security token included in the request is expired",
        "S",
        mode="expired-token",
    ),
    _mismatch("wrong secret", errors.WRONG_SIGNATURE.query, DOES_NOT_MATCH, "S", mode="wrong-secret"),
    _mismatch(
        "clock behind",
        errors.SIGNATURE_EXPIRED.query,
        "Signature expired: {sent} is now earlier than {behind} ({server} - 15 min.)",
        "S",
        arrange=lambda account: _set_skew(account, +20),
    ),
    _mismatch(
        "clock ahead",
        errors.SIGNATURE_NOT_YET_CURRENT.query,
        "Signature not yet current: {sent} is still later than {ahead} ({server} + 15 min.)",
        "S",
        arrange=lambda account: _set_skew(account, -20),
    ),
    _mismatch(
        "region",
        errors.SCOPE_REGION.query,
        _REGION,
        "S",
        spoil=authorization("/us-east-1/", "/us-west-2/"),
    ),
    _mismatch("service", errors.SCOPE_SERVICE.query, _SERVICE, "S", spoil=authorization("/sts/", "/s3/")),
    _mismatch(
        "region and service",
        errors.BAD_SCOPE.query,
        _REGION + _SERVICE,
        "S",
        spoil=authorization("/us-east-1/sts/", "/us-west-2/s3/"),
    ),
    _mismatch(
        "terminator",
        errors.SCOPE_TERMINATOR.query,
        "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ",
        "I",
        spoil=authorization("aws4_request", "aws5_request"),
    ),
    _mismatch(
        "day",
        errors.SCOPE_DATE.query,
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        "'20150830' != '{day}', from '{sent}'.",
        "I",
        spoil=authorization(r"/\d{8}/", "/20150830/"),
    ),
    _mismatch(
        "host not signed",
        errors.HOST_NOT_SIGNED.query,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        "I",
        spoil=authorization("host;", ""),
    ),
    _mismatch(
        "signed twice",
        errors.SIGNED_TWICE.query,
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        "I",
        spoil=query("X-Amz-Algorithm=AWS4-HMAC-SHA256"),
    ),
    Row(
        "unsigned",
        errors.UNSIGNED.query,
        403,
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
        "S",
        spoil=header("Authorization", None),
    ),
    _incomplete(
        "empty Authorization",
        errors.EMPTY_AUTHORIZATION.query,
        "Authorization header cannot be empty",
        "I",
        header("Authorization", ""),
    ),
    _incomplete(
        "piece without equal-sign",
        errors.NOT_A_PAIR.query,
        "'Signature' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'.",
        "S",
        authorization("Signature=.*", "Signature"),
    ),
    _incomplete(
        "parts missing",
        errors.PARTS_MISSING.query,
        "Authorization header requires 'Signature' parameter. "
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        "Authorization={header}",
        "I",
        all_of(authorization(", Signature=.*", ""), header("X-Amz-Date", None)),
    ),
    _incomplete(
        "date format",
        errors.BAD_DATE.query,
        "Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601",
        "I",
        header("X-Amz-Date", "today"),
    ),
    _incomplete(
        "algorithm",
        errors.BAD_ALGORITHM.query,
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1' (only AWS4-HMAC-SHA256 for now). ",
        "I",
        authorization("SHA256", "SHA1"),
    ),
    _incomplete(
        "four elements",
        errors.BAD_CREDENTIAL.query,
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        "got '{key}/{day}/us-east-1/sts'",
        "I",
        authorization("/aws4_request", ""),
    ),
)


def _set_skew(account: Account, minutes: int) -> None:
    fast_clock(account)
    account.clock.skew *= -minutes / 10


ROLE_ROWS = (
    _not_authorized("no policy of the caller's allows it", arrange=lambda account: None),
    _not_authorized("trust policy names somebody else", arrange=role_with(trust=trusting_a_stranger)),
    _not_authorized(
        "role that does not exist",
        resource="arn:aws:iam::{account}:role/nowhere",
        arrange=permitted,
        parameters=lambda account: {
            "RoleArn": f"arn:aws:iam::{account.account_id}:role/nowhere",
            "RoleSessionName": "narration",
        },
    ),
    *(
        _not_authorized(
            f"{how} ExternalId",
            arrange=role_with(trust=trusting(Condition={"StringEquals": {"sts:ExternalId": "stage-7"}})),
            parameters=assume(**given),
        )
        for how, given in (("no", {}), ("another", {"ExternalId": "stage-8"}))
    ),
    _not_authorized(
        "trust policy wants a second factor",
        arrange=role_with(trust=trusting(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
    ),
    _not_authorized("role assuming a role", mode="role", source="assume-role", arrange=lambda account: None),
    _not_authorized(
        "denied by the caller's policy",
        ending=" with an explicit deny in an identity-based policy",
        arrange=denied,
    ),
    _not_authorized(
        "denied by the trust policy",
        ending=" with an explicit deny in the role trust policy",
        arrange=role_with(trust=distrusting),
    ),
    _not_authorized(
        "source identity not granted",
        action="sts:SetSourceIdentity",
        arrange=role_with(),
        parameters=assume(SourceIdentity="alice"),
    ),
    _not_authorized(
        "another source identity than the trust policy wants",
        action="sts:SetSourceIdentity",
        arrange=role_with(
            trust=trusting(
                ["sts:AssumeRole", "sts:SetSourceIdentity"],
                Condition={"StringEquals": {"sts:SourceIdentity": "alice"}},
            )
        ),
        parameters=assume(SourceIdentity="bob"),
    ),
    _not_authorized(
        "no source identity where the trust policy wants one",
        arrange=role_with(
            trust=trusting(
                ["sts:AssumeRole", "sts:SetSourceIdentity"],
                Condition={"StringEquals": {"sts:SourceIdentity": "alice"}},
            )
        ),
    ),
    _not_authorized(
        "tags not granted",
        action="sts:TagSession",
        arrange=role_with(),
        parameters=assume(Tags=[{"Key": "stage", "Value": "7"}]),
    ),
    Row(
        "source identity set before",
        sts_errors.SOURCE_IDENTITY_SET,
        400,
        "ValidationError",
        "The source identity is already set for this assume role session",
        "S",
        operation="assume_role",
        parameters=assume(SourceIdentity="bob"),
        mode="role",
        source="assume-role",
        arrange=with_source_identity,
    ),
    Row(
        "longer than the role allows",
        sts_errors.OVER_ROLE_MAXIMUM,
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        "S",
        operation="assume_role",
        parameters=assume(DurationSeconds=3601),
        arrange=role_with(),
    ),
    Row(
        "longer than the role and role chaining allow",
        sts_errors.OVER_ROLE_MAXIMUM,
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        "S",
        operation="assume_role",
        parameters=assume(DurationSeconds=3601),
        mode="role",
        source="assume-role",
        arrange=role_with(),
    ),
    Row(
        "longer than role chaining allows",
        sts_errors.OVER_CHAINED_MAXIMUM,
        400,
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        "S",
        operation="assume_role",
        parameters=assume(DurationSeconds=3601),
        mode="role",
        source="assume-role",
        arrange=role_with(max_session_duration=43_200),
    ),
    Row(
        "second factor of a device nobody has",
        sts_errors.UNKNOWN_DEVICE,
        403,
        "AccessDenied",
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user.",
        "S",
        operation="assume_role",
        parameters=assume(SerialNumber="arn:aws:iam::123456789012:mfa/phone", TokenCode="123456"),
        arrange=role_with(),
    ),
    Row(
        "half a second factor",
        sts_errors.HALF_A_SECOND_FACTOR,
        403,
        "AccessDenied",
        "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
        "I",
        operation="assume_role",
        parameters=assume(SerialNumber="arn:aws:iam::123456789012:mfa/phone"),
        arrange=role_with(),
    ),
    Row(
        "role ARN that is none",
        sts_errors.NOT_AN_ARN,
        400,
        "ValidationError",
        "xxxxxxxxxxxxxxxxxxxx is invalid",
        "S",
        operation="assume_role",
        parameters=assume(RoleArn="x" * 20),
        arrange=role_with(),
    ),
    *(
        Row(
            f"policy {text!r}",
            sts_errors.MALFORMED_POLICY,
            400,
            "MalformedPolicyDocument",
            "Syntax errors in policy.",
            "S",
            operation="assume_role",
            parameters=assume(Policy=text),
            arrange=role_with(),
        )
        for text in (
            "{",
            "[]",
            "{}",
            '{"Statement": ["Allow"]}',
            '{"Statement": {"Effect": "Allow", "Action": "*"}}',
            '{"Statement": []}',
            '{"Statement": {"Effect": "Allow", "Resource": "*"}}',
            '{"Statement": {"Effect": "Perhaps", "Action": "*", "Resource": "*"}}',
            '{"Statement": {"Effect": ["Allow"], "Action": "*", "Resource": "*"}}',
            '{"Statement": {"Effect": "Allow", "Action": 5, "Resource": "*"}}',
            '{"Statement": {"Effect": "Allow", "Action": ["*", null], "Resource": "*"}}',
            '{"Statement": {"Effect": "Allow", "Action": "*", "NotResource": {}}}',
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Is": {}}}}',
            '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": []}}',
            "[" * 3000,
        )
    ),
    Row(
        "policy too large",
        sts_errors.POLICY_TOO_LARGE,
        400,
        "PackedPolicyTooLarge",
        "Packed policy consumes {percent}% of allotted space, please use smaller policy.",
        "D",
        operation="assume_role",
        parameters=assume(Policy=LONG_POLICY),
        arrange=role_with(),
    ),
    Row(
        "tags too large",
        sts_errors.TAGS_TOO_LARGE,
        400,
        "PackedPolicyTooLarge",
        "Packed size of session tags consumes {percent}% of allotted space.",
        "S",
        operation="assume_role",
        parameters=assume(Tags=MANY_TAGS),
        arrange=role_with(trust=trusting(["sts:AssumeRole", "sts:TagSession"])),
    ),
)

SESSION_ROWS = (
    *(
        Row(
            f"{name} with session credentials",
            sts_errors.SESSION_CALLS,
            403,
            "AccessDenied",
            f"Cannot call {name} with session credentials",
            "S",
            operation=operation,
            parameters=parameters,
            mode="session-token",
            arrange=permitted,
        )
        for name, operation, parameters in (
            ("GetSessionToken", "get_session_token", nothing),
            ("GetFederationToken", "get_federation_token", federate()),
        )
    ),
    _not_authorized(
        "GetFederationToken not allowed",
        action="sts:GetFederationToken",
        resource="arn:aws:sts::{account}:federated-user/guest",
        operation="get_federation_token",
        parameters=federate(),
    ),
    _not_authorized(
        "GetFederationToken denied",
        action="sts:GetFederationToken",
        resource="arn:aws:sts::{account}:federated-user/guest",
        ending=" with an explicit deny in an identity-based policy",
        operation="get_federation_token",
        parameters=federate(),
        arrange=denied,
    ),
    _not_authorized(
        "GetAccessKeyInfo not allowed",
        action="sts:GetAccessKeyInfo",
        resource="*",
        operation="get_access_key_info",
        parameters=lambda account: {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    ),
    Row(
        "GetAccessKeyInfo of a key nobody has",
        sts_errors.UNKNOWN_KEY,
        403,
        "InvalidClientTokenId",
        IS_INVALID,
        "I",
        operation="get_access_key_info",
        parameters=lambda account: {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
        arrange=permitted,
    ),
)

# What boto3 would not send --------------------------------------------------------------------


@dataclass(frozen=True)
class MemberRow:
    """One form, to the letter; what is not said of AssumeRole's members is as it should be."""

    case: str
    words: Words
    code: str
    message: str | None
    sure: Sureness
    #: ``None``: left out.
    form: tuple[tuple[str, str | None], ...]


NAME = r"[\w+=,.@-]*"
DEVICE = r"[\w+=/:,.@-]*"
POLICY = r"[\u0009\u000A\u000D\u0020-\u00FF]+"
EXTERNAL_ID = r"[\w+=,.@:\/-]*"
ARN = r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+"


def _member(name: str, value: str | None, *musts: str) -> str:
    member = name[0].lower() + name[1:]
    shown = "null" if value is None else f"'{value}'"
    complaints = [
        f"Value {shown} at '{member}' failed to satisfy constraint: Member must {must}" for must in musts
    ]
    errors = "1 validation error" if len(musts) == 1 else f"{len(musts)} validation errors"
    return f"{errors} detected: {'; '.join(complaints)}"


def _pattern(pattern: str) -> str:
    return f"satisfy regular expression pattern: {pattern}"


def _shorter(longest: int) -> str:
    return f"have length less than or equal to {longest}"


def _longer(shortest: int) -> str:
    return f"have length greater than or equal to {shortest}"


def _at_least(least: int) -> str:
    return f"have value greater than or equal to {least}"


def _at_most(most: int) -> str:
    return f"have value less than or equal to {most}"


ASSUME_ROLE_MEMBERS = tuple(
    MemberRow(
        f"{name} {'missing' if value is None else repr(value[:12])} {len(value or '')}",
        sts_errors.INVALID,
        "ValidationError",
        _member(name, value, *musts),
        "S",
        (("Action", "AssumeRole"), (name, value)),
    )
    for name, value, *musts in (
        ("RoleArn", None, "not be null"),
        ("RoleArn", "", _pattern(ARN), _longer(20)),
        ("RoleArn", "not-an-arn", _longer(20)),
        ("RoleArn", "x" * 2049, _shorter(2048)),
        ("RoleArn", "é" * 2049, _shorter(2048)),
        ("RoleArn", "😀" * 2048, _pattern(ARN)),
        ("RoleArn", "😀" * 2049, _pattern(ARN), _shorter(2048)),
        ("RoleArn", "e\u0301" * 1025, _shorter(2048)),
        ("RoleSessionName", None, "not be null"),
        ("RoleSessionName", "", _longer(2)),
        ("RoleSessionName", "a", _longer(2)),
        ("RoleSessionName", "a" * 65, _shorter(64)),
        ("RoleSessionName", "bad/name", _pattern(NAME)),
        ("RoleSessionName", "größe", _pattern(NAME)),
        ("ExternalId", "", _longer(2)),
        ("ExternalId", "a", _longer(2)),
        ("ExternalId", "a b", _pattern(EXTERNAL_ID)),
        ("ExternalId", " ", _pattern(EXTERNAL_ID), _longer(2)),
        ("ExternalId", "a" * 1225, _shorter(1224)),
        ("ExternalId", "é" * 613, _pattern(EXTERNAL_ID)),
        ("Policy", "", _pattern(POLICY), _longer(1)),
        ("Policy", "{} \u0153", _pattern(POLICY)),
        ("SerialNumber", "phone", _longer(9)),
        ("SerialNumber", "my own phone", _pattern(DEVICE)),
        ("SerialNumber", "x" * 257, _shorter(256)),
        ("TokenCode", "12345", _longer(6)),
        ("TokenCode", "1234567", _shorter(6)),
        ("SourceIdentity", "", _longer(2)),
        ("SourceIdentity", "a", _longer(2)),
        ("SourceIdentity", "a" * 257, _shorter(256)),
        ("SourceIdentity", "aws:reserved", _pattern(NAME)),
        ("SourceIdentity", "é" * 129, _pattern(NAME)),
        ("DurationSeconds", "-1", _at_least(900)),
        ("DurationSeconds", "899", _at_least(900)),
        ("DurationSeconds", "43201", _at_most(43_200)),
        ("DurationSeconds", "2147483647", _at_most(43_200)),
        ("DurationSeconds", "-2147483648", _at_least(900)),
    )
)
OTHER_MEMBERS = tuple(
    MemberRow(
        f"{action} {name} {value!r}",
        sts_errors.INVALID,
        "ValidationError",
        _member(name, value, *musts),
        "S",
        (("Action", action), *more, (name, value)),
    )
    for action, more, name, value, *musts in (
        ("GetSessionToken", (), "DurationSeconds", "899", _at_least(900)),
        ("GetSessionToken", (), "DurationSeconds", "129601", _at_most(129_600)),
        ("GetSessionToken", (), "SerialNumber", "phone", _longer(9)),
        ("GetSessionToken", (), "TokenCode", "12345", _longer(6)),
        ("GetSessionToken", (), "TokenCode", "abcdef", _pattern(r"[\d]*")),
        ("GetFederationToken", (), "Name", None, "not be null"),
        ("GetFederationToken", (), "Name", "a" * 33, _shorter(32)),
        ("GetFederationToken", (("Name", "guest"),), "DurationSeconds", "129601", _at_most(129_600)),
        ("GetFederationToken", (("Name", "guest"),), "Policy", "x" * 2049, _shorter(2048)),
        ("GetAccessKeyInfo", (), "AccessKeyId", None, "not be null"),
        ("GetAccessKeyInfo", (), "AccessKeyId", "AKIA", _longer(16)),
    )
)
NUMBERS = (
    MemberRow(
        "number empty",
        sts_errors.EMPTY_NUMBER,
        "MalformedInput",
        "missing value for decimal type",
        "S",
        (("Action", "AssumeRole"), ("DurationSeconds", "")),
    ),
    *(
        MemberRow(
            f"number {text!r}",
            sts_errors.NOT_A_NUMBER,
            "MalformedInput",
            None,
            "S",
            (("Action", "AssumeRole"), ("DurationSeconds", text), ("RoleSessionName", "bad/name")),
        )
        for text in ("abc", "900.0", "2147483648", "-2147483649", "0x384", " 900", "9" * 5000, "٩٠٠")
    ),
)
MEMBER_ROWS = ASSUME_ROLE_MEMBERS + OTHER_MEMBERS + NUMBERS

STS_ROWS = GATE_ROWS + ROLE_ROWS + SESSION_ROWS
