"""What a live run can make of modes, sources and clauses, and why it cannot make the others."""

from __future__ import annotations

from typing import Literal

from ..cases import Case
from ..modes import MODES

#: How the credentials of a mode are made: they are the person's own access key; that or else a session;
#: a session of the person's, or of the role; a session of the role; one narrowed down by a policy; one of an
#: earlier run; or none at all.
Making = Literal["own", "any", "session", "role", "narrowed", "kept", "nothing"]

MAKINGS: dict[str, Making] = {
    "long-term": "own",
    "session-token": "session",
    "role": "role",
    "missing-token": "session",
    "wrong-token": "session",
    "stray-token": "own",
    "expired-token": "kept",
    "wrong-secret": "any",
    "unknown-key": "any",
    "access-denied": "narrowed",
    "explicit-deny": "narrowed",
    "skewed-clock": "any",
    "partial": "any",
    "none": "nothing",
}

#: Why modes that are not in the table above cannot be made.
UNMAKEABLE = {
    "inactive-key": "to deactivate a key would change the account",
    "throttled": "Polly cannot be kept busy without asking it more than one may",
    "unavailable": "Polly cannot be made to fail",
}

ELSEWHERE = {
    "web-identity": "where an identity provider hands out tokens that the role trusts",
    "container": "in a container of ECS or EKS",
    "imds": "on an EC2 instance",
    "sso": "where somebody has signed in to IAM Identity Center",
    "login": "where somebody has run `aws login`",
}

_NO_CLOCK = "AWS's clock cannot be moved, and the shortest session lasts 15 minutes"
#: Clauses that no live run can ask.
CLAUSES = {
    "test_renews_role_credentials": _NO_CLOCK,
    "test_is_safe_to_share": _NO_CLOCK,
    "test_survives_throttling": UNMAKEABLE["throttled"],
    "test_any_well_formed_credentials": "AWS issues no credentials of anybody's choice",
}


def reason_against_mode(mode: str) -> str | None:
    """Return why *mode* cannot be made, whoever one is, ``None`` if it may be."""
    return f"mode {mode!r} cannot be made: {UNMAKEABLE[mode]}" if mode in UNMAKEABLE else None


def reason_against(case: Case) -> str | None:
    """Return why *case* cannot be made with any credentials, ``None`` if it may be."""
    if case.source in ELSEWHERE:
        return f"source {case.source!r} exists only {ELSEWHERE[case.source]}"
    against_mode = reason_against_mode(case.mode)
    if against_mode is not None:
        return against_mode
    if case.source == "assume-role" and MODES[case.mode].kind != "role":
        return f"mode {case.mode!r} is made by a session policy, which a profile with a role cannot name"
    own = [one for one in (*case.beside, case) if MAKINGS[one.mode] in ("own", "any")]
    if len(own) > 1:
        return "it takes two access keys, and a live run has one"
    return None
