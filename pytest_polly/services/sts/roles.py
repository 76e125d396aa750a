"""AssumeRole: who may become whom, and for how long."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from ...directory import Role
from ...gate import Principal
from ...gate.conditions import Context
from ...gate.errors import Words
from ...gate.policy import Effect, denials, says
from ..protocols import Tree, no
from . import members
from .asked import Asked, credentials_result
from .errors import (
    DENIED,
    NOT_AN_ARN,
    NOT_AUTHORIZED,
    OVER_CHAINED_MAXIMUM,
    OVER_ROLE_MAXIMUM,
    SOURCE_IDENTITY_SET,
)
from .session_policies import narrowing, tags_of
from .sessions import check_second_factor

_AN_HOUR = 3600
_ARN = re.compile(r"arn:[^:]+:[^:]+:[^:]*:[^:]*:.+", re.DOTALL)
_ASSUME = "sts:AssumeRole"


@dataclass(frozen=True)
class Assumption:
    """Who is to become whom; the members of the request have been checked."""

    asked: Asked

    @property
    def caller(self) -> Principal:
        return self.asked.caller

    @property
    def role_arn(self) -> str:
        return self.asked.parameters["RoleArn"]

    @property
    def session_name(self) -> str:
        return self.asked.parameters["RoleSessionName"]

    @property
    def lifetime(self) -> timedelta:
        return members.lifetime(self.asked.parameters, _AN_HOUR)

    @property
    def source_identity(self) -> str | None:
        """The one that the caller's own session has is handed on."""
        return self.caller.source_identity or self.asked.parameters.get("SourceIdentity")

    @property
    def role(self) -> Role | None:
        return self.asked.directory.roles.get(self.role_arn)

    @property
    def actions(self) -> list[str]:
        """What the caller must be allowed to do, in the order in which STS asks."""
        extras = {
            "sts:SetSourceIdentity": self.source_identity is not None,
            "sts:TagSession": bool(tags_of(self.asked.parameters)),
        }
        return [*(action for action, wanted in extras.items() if wanted), _ASSUME]

    @property
    def context(self) -> Context:
        """What conditions may ask: of the caller, and of this request."""
        request = {
            "sts:ExternalId": self.asked.parameters.get("ExternalId"),
            "sts:RoleSessionName": self.session_name,
            "sts:SourceIdentity": self.source_identity,
        }
        tags = {f"aws:RequestTag/{key}": value for key, value in tags_of(self.asked.parameters).items()}
        known = {key: value for key, value in request.items() if value is not None}
        return {**self.asked.signer.context, **known, **tags}


def assume_role(asked: Asked) -> Tree:
    members.check(members.ASSUME_ROLE, asked.parameters)
    assumption = Assumption(asked)
    for check in CHECKS:
        check(assumption)
    narrowed = narrowing(asked.parameters)
    role = assumption.role
    assert role is not None
    session = asked.directory.role_session(
        role, assumption.session_name, None if narrowed.policies is None else list(narrowed.policies)
    )
    principal = replace(session, source_identity=assumption.source_identity, tags=narrowed.tags)
    issued = asked.directory.issue_session(principal, asked.now, assumption.lifetime)
    optional = {"SourceIdentity": assumption.source_identity, "PackedPolicySize": narrowed.packed_size}
    return {
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
        "Credentials": credentials_result(issued.credentials),
        **{name: value for name, value in optional.items() if value is not None},
    }


# The checks -----------------------------------------------------------------------------------


def role_arn_readable(assumption: Assumption) -> None:
    if not _ARN.fullmatch(assumption.role_arn):
        raise no(NOT_AN_ARN, arn=assumption.role_arn)


def second_factor_valid(assumption: Assumption) -> None:
    check_second_factor(assumption.asked)


def source_identity_kept(assumption: Assumption) -> None:
    """Once set it is the same for every role assumed from there on."""
    asked_for = assumption.asked.parameters.get("SourceIdentity", assumption.source_identity)
    if asked_for != assumption.source_identity:
        raise no(SOURCE_IDENTITY_SET)


def permitted(assumption: Assumption) -> None:
    """A role that does not exist is answered like one that may not be assumed."""
    role = assumption.role
    for action in assumption.actions if role else [_ASSUME]:
        objection = _objection(assumption, role, action) if role else (NOT_AUTHORIZED, "")
        if objection is not None:
            words, policy = objection
            raise no(
                words,
                principal=assumption.caller.arn,
                action=action,
                resource=assumption.role_arn,
                policy=policy,
            )


def within_role_maximum(assumption: Assumption) -> None:
    role = assumption.role
    if role is not None and assumption.lifetime.total_seconds() > role.max_session_duration:
        raise no(OVER_ROLE_MAXIMUM)


def within_chained_maximum(assumption: Assumption) -> None:
    if assumption.caller.role and assumption.lifetime.total_seconds() > _AN_HOUR:
        raise no(OVER_CHAINED_MAXIMUM)


#: In STS's order, as far as it has been seen.
CHECKS: tuple[Callable[[Assumption], None], ...] = (
    role_arn_readable,
    second_factor_valid,
    source_identity_kept,
    permitted,
    within_role_maximum,
    within_chained_maximum,
)


# Trust ----------------------------------------------------------------------------------------


def _trusted_as(caller: Principal) -> list[tuple[set[str], set[str]]]:
    """The names a trust policy may know *caller* by, each with those layers of the caller's own policies
    that need not allow what a trust policy with that name in it allows.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-resource-based.html
    """
    account = caller.account_id
    return [
        ({caller.arn}, {"identity", "boundary", "session"}),
        ({caller.role or caller.arn, "*"}, {"identity"}),
        ({account, f"arn:aws:iam::{account}:root"}, set()),
    ]


def _objection(assumption: Assumption, role: Role, action: str) -> tuple[Words, str] | None:
    """Return what stands against *action*, and the policy to blame for an explicit deny."""
    context, ways = assumption.context, _trusted_as(assumption.caller)

    def trust_policy_says(effect: Effect, names: set[str]) -> bool:
        return says(effect, [role.trust], action, context=context, principals=names)

    if trust_policy_says("Deny", set().union(*(names for names, _ in ways))):
        return DENIED, "the role trust policy"
    against = list(denials(assumption.caller.policies, action, role.arn, context))
    for denial in against:
        if denial.explicit:
            return DENIED, denial.layer.explicit
    silent = {denial.layer.attribute for denial in against}
    if any(silent <= needless and trust_policy_says("Allow", names) for names, needless in ways):
        return None
    return NOT_AUTHORIZED, ""
