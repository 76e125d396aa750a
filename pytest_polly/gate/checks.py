"""AWS's front door: every check it makes of a request, in AWS's order.

Where two things are wrong with a request, the first check to notice decides the answer. The order is that
of live probes of DynamoDB (whose front end Polly shares) and of STS; where the two could differ, nothing
was seen to.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256

from . import errors, sigv4
from .arrival import PARTS, Arrival, in_basic_format
from .errors import Refusal
from .identity import IssuedKey
from .policy import decide
from .request import octets

_LONGEST_PRESIGNED = 604_800
_QUERY_PARTS = ("Algorithm", *PARTS, "Date")


# Reading the request --------------------------------------------------------------------------


def signed_once(arrival: Arrival) -> Refusal | None:
    if arrival.presigned and arrival.authorization is not None:
        return Refusal.of(errors.SIGNED_TWICE)
    return None


def authorization_filled(arrival: Arrival) -> Refusal | None:
    if arrival.authorization == "":
        return Refusal.of(errors.EMPTY_AUTHORIZATION)
    return None


def signed(arrival: Arrival) -> Refusal | None:
    if arrival.presigned or (arrival.authorization or "").startswith("AWS4-"):
        return None
    return Refusal.of(errors.UNSIGNED)


def authorization_readable(arrival: Arrival) -> Refusal | None:
    for piece in () if arrival.presigned else arrival.pieces:
        if "=" not in piece:
            header = arrival.authorization or ""
            return Refusal.of(errors.NOT_A_PAIR, piece=piece, header=header, digest=_digest(header))
    return None


def parts_complete(arrival: Arrival) -> Refusal | None:
    if arrival.presigned:
        return _query_complete(arrival)
    complaints = [f"Authorization header requires '{part}' parameter. " for part in arrival.missing]
    if "Date" not in arrival.parts:
        complaints.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    if not complaints:
        return None
    header = arrival.authorization or ""
    return Refusal.of(
        errors.PARTS_MISSING,
        complaints="".join(complaints),
        header=header,
        digest=_digest(header),
    )


def _query_complete(arrival: Arrival) -> Refusal | None:
    complaints = [
        f"AWS query-string parameters must include 'X-Amz-{part}'. "
        for part in _QUERY_PARTS
        if not arrival.parts.get(part)
    ]
    return Refusal.of(errors.QUERY_PARTS_MISSING, complaints="".join(complaints)) if complaints else None


def dated(arrival: Arrival) -> Refusal | None:
    if arrival.is_dated:
        return None
    return Refusal.of(errors.BAD_DATE, date=arrival.parts["Date"])


def expiry_readable(arrival: Arrival) -> Refusal | None:
    expires = arrival.parts.get("Expires") if arrival.presigned else None
    if expires is None or (
        re.fullmatch(r"\d{1,6}", expires, re.ASCII) and 1 <= int(expires) <= _LONGEST_PRESIGNED
    ):
        return None
    return Refusal.of(errors.BAD_EXPIRES, expires=expires)


def recent(arrival: Arrival) -> Refusal | None:
    """The client's clock, or the life of a presigned URL."""
    server = arrival.clock.replace(microsecond=0)
    window, signed_at = arrival.door.window, arrival.signed_at
    minutes = str(int(window.total_seconds() // 60))
    if signed_at > server + window:
        return Refusal.of(
            errors.SIGNATURE_NOT_YET_CURRENT,
            requested=arrival.timestamp,
            limit=in_basic_format(server + window),
            server=in_basic_format(server),
            window=minutes,
        )
    if arrival.presigned and "Expires" in arrival.parts:
        expiry = signed_at + timedelta(seconds=int(arrival.parts["Expires"]))
        if expiry >= server:
            return None
        return Refusal.of(
            errors.PRESIGNED_EXPIRED, expiry=in_basic_format(expiry), server=in_basic_format(server)
        )
    if signed_at >= server - window:
        return None
    return Refusal.of(
        errors.SIGNATURE_EXPIRED,
        requested=arrival.timestamp,
        limit=in_basic_format(server - window),
        server=in_basic_format(server),
        window=minutes,
    )


def host_signed(arrival: Arrival) -> Refusal | None:
    return None if "host" in arrival.signed_headers else Refusal.of(errors.HOST_NOT_SIGNED)


def algorithm_known(arrival: Arrival) -> Refusal | None:
    algorithm = arrival.parts["Algorithm"]
    if algorithm == sigv4.ALGORITHM:
        return None
    return Refusal.of(errors.BAD_ALGORITHM, algorithm=algorithm)


def credential_readable(arrival: Arrival) -> Refusal | None:
    if len(arrival.credential) == 5:
        return None
    return Refusal.of(errors.BAD_CREDENTIAL, credential=arrival.parts["Credential"])


def scope_fits(arrival: Arrival) -> Refusal | None:
    """Everything wrong with the scope is said in one answer."""
    scope, door, timestamp = arrival.scope, arrival.door, arrival.timestamp
    details = {
        "service": door.service,
        "terminator": scope.terminator,
        "date": scope.date,
        "day": timestamp[:8],
        "timestamp": timestamp,
    }
    faults = (
        (errors.SCOPE_REGION, scope.region != door.region),
        (errors.SCOPE_SERVICE, scope.service != door.service),
        (errors.SCOPE_TERMINATOR, scope.terminator != sigv4.TERMINATOR),
        (errors.SCOPE_DATE, scope.date != timestamp[:8]),
    )
    complaints = [
        Refusal.of(fault, **details).message(door.dialect) for fault, is_there in faults if is_there
    ]
    return Refusal.of(errors.BAD_SCOPE, complaints="".join(complaints)) if complaints else None


# Knowing the signer ---------------------------------------------------------------------------


def key_known(arrival: Arrival) -> Refusal | None:
    return None if arrival.access_key_id in arrival.keys else Refusal.of(errors.UNKNOWN_KEY)


def key_active(arrival: Arrival) -> Refusal | None:
    return None if arrival.key.active else Refusal.of(errors.INACTIVE_KEY)


def token_present(arrival: Arrival) -> Refusal | None:
    if arrival.is_temporary and not arrival.token:
        return Refusal.of(errors.TOKEN_MISSING)
    return None


def token_own(arrival: Arrival) -> Refusal | None:
    if arrival.is_temporary and arrival.token != arrival.key.credentials.session_token:
        return Refusal.of(errors.TOKEN_MISMATCHED)
    return None


def token_current(arrival: Arrival) -> Refusal | None:
    expires_at = arrival.key.credentials.expires_at
    if expires_at is not None and arrival.now >= expires_at:
        return Refusal.of(errors.TOKEN_EXPIRED)
    return None


def role_exists(arrival: Arrival) -> Refusal | None:
    return Refusal.of(errors.ROLE_DELETED) if arrival.key.role_deleted else None


def signature_matches(arrival: Arrival) -> Refusal | None:
    if arrival.proof.made_with(arrival.key.credentials.secret_access_key or ""):
        return None
    return Refusal.of(errors.WRONG_SIGNATURE)


def token_expected(arrival: Arrival) -> Refusal | None:
    if arrival.token and not arrival.is_temporary:
        return Refusal.of(errors.TOKEN_UNEXPECTED)
    return None


Check = Callable[[Arrival], "Refusal | None"]

#: Every check of a signature, in AWS's order.
CHECKS: tuple[Check, ...] = (
    signed_once,
    authorization_filled,
    signed,
    authorization_readable,
    parts_complete,
    dated,
    expiry_readable,
    recent,
    host_signed,
    algorithm_known,
    credential_readable,
    scope_fits,
    key_known,
    key_active,
    token_present,
    token_own,
    token_current,
    role_exists,
    signature_matches,
    token_expected,
)


def authenticate(arrival: Arrival) -> Refusal | None:
    """Return the first objection to who signed, ``None`` if there is none."""
    for check in CHECKS:
        refusal = check(arrival)
        if refusal is not None:
            return refusal
    return None


def authorize(
    key: IssuedKey, action: str, resource: str = "*", context: Mapping[str, str] | None = None
) -> Refusal | None:
    """Return the objection of the signer's policies to *action* (such as ``polly:SynthesizeSpeech``).

    *context* adds to what conditions may ask of the signer (see `IssuedKey.context`).
    """
    denial = decide(key.principal.policies, action, resource, {**key.context, **(context or {})})
    if denial is None:
        return None
    fault, policy = errors.NOT_ALLOWED_BY_LIMIT, denial.layer.implicit
    if denial.explicit:
        fault, policy = errors.DENIED, denial.layer.explicit
    elif denial.layer.attribute == "identity":
        fault = errors.NOT_ALLOWED
    return Refusal.of(
        fault, principal=key.principal.arn, action=action, resource=resource, policy=policy or ""
    )


def _digest(text: str) -> str:
    return b64encode(sha256(octets(text)).digest()).decode()
