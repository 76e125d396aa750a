"""AWS Security Token Service: the operations that hand out, or ask after, temporary credentials.

https://docs.aws.amazon.com/STS/latest/APIReference/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from ..directory import Directory, Role
from ..gate import Credentials, IssuedKey, Principal, Request, Response, authorize
from ..gate.errors import NOT_ALLOWED, Refusal
from ..gate.policy import Document, says
from .protocols import (
    STS_NAMESPACE,
    ServiceError,
    Tree,
    query_error,
    query_result,
    unknown_operation,
)

_FAULT_NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"
_VERSION = "2011-06-15"
_CHAINED_LIMIT = 3600
_SESSION_NAME = r"[\w+=,.@-]*"

Parameters = Mapping[str, str]


@dataclass(frozen=True)
class Asked:
    """One authenticated request to STS."""

    parameters: Parameters
    signer: IssuedKey
    directory: Directory
    now: datetime

    @property
    def caller(self) -> Principal:
        return self.signer.principal


def parameters_of(request: Request) -> Parameters:
    """Return the form's fields; of several with one name the first counts."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    pairs += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(pairs))


def operation(request: Request) -> str | None:
    """Return the operation asked for, ``None`` if STS knows no such thing."""
    parameters = parameters_of(request)
    action = parameters.get("Action")
    known = request.path in ("", "/") and parameters.get("Version", _VERSION) == _VERSION
    return action if known and action in _OPERATIONS else None


def unknown(request: Request) -> Response:
    """Answer a request that is for no operation."""
    if request.path not in ("", "/"):
        return unknown_operation()
    parameters = parameters_of(request)
    message = f"Could not find operation {parameters.get('Action')} for version {parameters.get('Version')}"
    return query_error(400, "InvalidAction", message, _FAULT_NAMESPACE)


def perform(name: str, request: Request, signer: IssuedKey, directory: Directory, now: datetime) -> Response:
    """Carry out an authenticated request; what the caller may not do is an answer too."""
    asked = Asked(parameters_of(request), signer, directory, now)
    try:
        return query_result(name, _OPERATIONS[name](asked), STS_NAMESPACE)
    except ServiceError as error:
        return query_error(error.status, error.code, error.message, STS_NAMESPACE)


def get_caller_identity(asked: Asked) -> Tree:
    """Needs no permission, and an explicit deny does not block it."""
    caller = asked.caller
    return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account_id}


def get_session_token(asked: Asked) -> Tree:
    if asked.signer.credentials.session_token:
        message = "Cannot call GetSessionToken with session credentials"
        raise ServiceError(403, "AccessDenied", message)
    lifetime = _duration(asked.parameters, default=43_200, longest=129_600)
    issued = asked.directory.issue_session(asked.caller, asked.now, lifetime)
    return {"Credentials": _credentials(issued.credentials)}


def assume_role(asked: Asked) -> Tree:
    """The trust policy decides, together with the caller's own policies."""
    arn = asked.parameters.get("RoleArn", "")
    session_name = asked.parameters.get("RoleSessionName", "")
    if not re.fullmatch(_SESSION_NAME, session_name):
        raise ServiceError(
            400,
            "ValidationError",
            f"1 validation error detected: Value '{session_name}' at 'roleSessionName' failed to "
            f"satisfy constraint: Member must satisfy regular expression pattern: {_SESSION_NAME}",
        )
    lifetime = _duration(asked.parameters, default=3600, longest=43_200)
    role = asked.directory.roles.get(arn)
    if role is None or not _may_assume(asked, role):
        refusal = Refusal.of(NOT_ALLOWED, principal=asked.caller.arn, action="sts:AssumeRole", resource=arn)
        words = refusal.fault.query
        raise ServiceError(words.status, words.code, refusal.message("query"))
    _check_limits(asked, role, lifetime)
    principal = asked.directory.role_session(role, session_name, _session_policies(asked.parameters))
    issued = asked.directory.issue_session(principal, asked.now, lifetime)
    return {
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
        "Credentials": _credentials(issued.credentials),
    }


def _may_assume(asked: Asked, role: Role) -> bool:
    """Trusted by its own ARN a caller needs no more; trusted as one of its account, a policy too."""
    caller = asked.caller
    context = {
        "sts:ExternalId": asked.parameters.get("ExternalId", ""),
        "aws:MultiFactorAuthPresent": "false",
    }
    names = [caller.arn] + ([caller.role] if caller.role else [])
    action, trust = "sts:AssumeRole", [role.trust]
    if says("Deny", trust, action, context=context, principals=names):
        return False
    if not says("Allow", trust, action, context=context, principals=names):
        return False
    named = any(name in json.dumps(role.trust) for name in names)
    refusal = authorize(asked.signer, action, role.arn)
    return refusal is None or (named and refusal.fault is NOT_ALLOWED)


def _check_limits(asked: Asked, role: Role, lifetime: timedelta) -> None:
    seconds = lifetime.total_seconds()
    if seconds > role.max_session_duration:
        limit = "the MaxSessionDuration set for this role."
    elif asked.caller.role and seconds > _CHAINED_LIMIT:
        limit = "the 1 hour session limit for roles assumed by role chaining."
    else:
        return
    message = f"The requested DurationSeconds exceeds {limit}"
    raise ServiceError(400, "ValidationError", message)


def _duration(parameters: Parameters, default: int, longest: int, shortest: int = 900) -> timedelta:
    text = parameters.get("DurationSeconds", str(default))
    if not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        raise ServiceError(400, "MalformedInput", None)
    seconds = int(text)
    for wrong, bound in (
        (seconds < shortest, f"greater than or equal to {shortest}"),
        (seconds > longest, f"less than or equal to {longest}"),
    ):
        if wrong:
            raise ServiceError(
                400,
                "ValidationError",
                f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to "
                f"satisfy constraint: Member must have value {bound}",
            )
    return timedelta(seconds=seconds)


def _session_policies(parameters: Parameters) -> list[Document] | None:
    text = parameters.get("Policy")
    if text is None:
        return None
    try:
        policy = json.loads(text)
        policy["Statement"]
    except (ValueError, KeyError, TypeError):
        raise ServiceError(400, "MalformedPolicyDocument", "Syntax errors in policy.") from None
    return [policy]


def _credentials(credentials: Credentials) -> Tree:
    assert credentials.secret_access_key is not None
    assert credentials.session_token is not None
    assert credentials.expires_at is not None
    return {
        "AccessKeyId": credentials.access_key_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": credentials.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


_OPERATIONS: Mapping[str, Callable[[Asked], Tree]] = {
    "AssumeRole": assume_role,
    "GetCallerIdentity": get_caller_identity,
    "GetSessionToken": get_session_token,
}
