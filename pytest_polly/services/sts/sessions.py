"""The operations about who the caller is, and those that hand out sessions of a user."""

from __future__ import annotations

from ...gate import Policies, Principal
from ...gate.policy import decide
from ..protocols import Tree, no
from . import members
from .asked import Asked, credentials_result
from .errors import (
    DENIED,
    HALF_A_SECOND_FACTOR,
    NOT_AUTHORIZED,
    SESSION_CALLS,
    UNKNOWN_DEVICE,
    UNKNOWN_KEY,
)
from .session_policies import narrowing

_TWELVE_HOURS = 43_200


def get_caller_identity(asked: Asked) -> Tree:
    """Needs no permission, and an explicit deny does not block it."""
    caller = asked.caller
    return {"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account_id}


def get_access_key_info(asked: Asked) -> Tree:
    members.check(members.GET_ACCESS_KEY_INFO, asked.parameters)
    authorize(asked, "sts:GetAccessKeyInfo")
    key = asked.directory.keys.get(asked.parameters["AccessKeyId"])
    if key is None:
        raise no(UNKNOWN_KEY)
    return {"Account": key.principal.account_id}


def get_session_token(asked: Asked) -> Tree:
    """Needs no permission, but a long-term key."""
    members.check(members.GET_SESSION_TOKEN, asked.parameters)
    refuse_sessions(asked, "GetSessionToken")
    check_second_factor(asked)
    lifetime = members.lifetime(asked.parameters, _TWELVE_HOURS)
    issued = asked.directory.issue_session(asked.caller, asked.now, lifetime)
    return {"Credentials": credentials_result(issued.credentials)}


def get_federation_token(asked: Asked) -> Tree:
    """Whoever it is for may do what both the caller and the policies handed along allow."""
    members.check(members.GET_FEDERATION_TOKEN, asked.parameters)
    caller, name = asked.caller, asked.parameters["Name"]
    arn = f"arn:aws:sts::{caller.account_id}:federated-user/{name}"
    authorize(asked, "sts:GetFederationToken", arn)
    refuse_sessions(asked, "GetFederationToken")
    narrowed = narrowing(asked.parameters)
    policies = Policies(caller.policies.identity, caller.policies.boundary, narrowed.policies or ())
    principal = Principal(arn, f"{caller.account_id}:{name}", caller.account_id, policies, tags=narrowed.tags)
    lifetime = members.lifetime(asked.parameters, _TWELVE_HOURS)
    issued = asked.directory.issue_session(principal, asked.now, lifetime)
    result: Tree = {
        "Credentials": credentials_result(issued.credentials),
        "FederatedUser": {"FederatedUserId": principal.user_id, "Arn": arn},
    }
    return result if narrowed.packed_size is None else {**result, "PackedPolicySize": narrowed.packed_size}


def authorize(asked: Asked, action: str, resource: str = "*") -> None:
    """Raise `ServiceError` if the caller's policies do not allow *action*."""
    denial = decide(asked.caller.policies, action, resource, asked.signer.context)
    if denial is not None:
        raise no(
            DENIED if denial.explicit else NOT_AUTHORIZED,
            principal=asked.caller.arn,
            action=action,
            resource=resource,
            policy=denial.layer.explicit,
        )


def refuse_sessions(asked: Asked, operation: str) -> None:
    if asked.signer.credentials.session_token is not None:
        raise no(SESSION_CALLS, operation=operation)


def check_second_factor(asked: Asked) -> None:
    """Nobody here has an MFA device, so no code is ever right."""
    given = [name in asked.parameters for name in ("SerialNumber", "TokenCode")]
    if any(given):
        raise no(UNKNOWN_DEVICE if all(given) else HALF_A_SECOND_FACTOR)
