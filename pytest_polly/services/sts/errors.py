"""What STS itself objects to, once the gate has let a request through, and how it words it.

``sure`` means what it means in `pytest_polly.gate.errors`.
"""

from __future__ import annotations

from ...gate.errors import DENIED as EXPLICITLY_DENIED
from ...gate.errors import NOT_ALLOWED, Words

_VALIDATION = "ValidationError"

#: ``{complaints}`` of `pytest_polly.services.sts.members`, all in one answer.
INVALID = Words(400, _VALIDATION, "{complaints}", "S")
#: The one answer without a message.
NOT_A_NUMBER = Words(400, "MalformedInput", "", "S")
EMPTY_NUMBER = Words(400, "MalformedInput", "missing value for decimal type", "S")
NOT_AN_ARN = Words(400, _VALIDATION, "{arn} is invalid", "S")

OVER_ROLE_MAXIMUM = Words(
    400,
    _VALIDATION,
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    "S",
)
OVER_CHAINED_MAXIMUM = Words(
    400,
    _VALIDATION,
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    "S",
)
SOURCE_IDENTITY_SET = Words(
    400, _VALIDATION, "The source identity is already set for this assume role session", "S"
)

NOT_AUTHORIZED = NOT_ALLOWED.query
DENIED = EXPLICITLY_DENIED.query
SESSION_CALLS = Words(403, "AccessDenied", "Cannot call {operation} with session credentials", "S")
UNKNOWN_DEVICE = Words(
    403,
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user.",
    "S",
)
HALF_A_SECOND_FACTOR = Words(
    403,
    "AccessDenied",
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
    "I",
)

MALFORMED_POLICY = Words(400, "MalformedPolicyDocument", "Syntax errors in policy.", "S")
POLICY_TOO_LARGE = Words(
    400,
    "PackedPolicyTooLarge",
    "Packed policy consumes {percent}% of allotted space, please use smaller policy.",
    "D",
)
TAGS_TOO_LARGE = Words(
    400,
    "PackedPolicyTooLarge",
    "Packed size of session tags consumes {percent}% of allotted space.",
    "S",
)
UNKNOWN_KEY = Words(
    403, "InvalidClientTokenId", "The security token included in the request is invalid.", "I"
)
