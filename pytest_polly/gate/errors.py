"""What AWS's front door objects to, and how it words each objection.

Every row holds both dialects: ``rest_json`` is how Polly answers (AWS's Coral front end, status 403),
``query`` is how STS answers. ``sure`` says how well the words are known: see `SURENESS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

Sureness = Literal["P", "S", "R", "J", "D", "I"]
Dialect = Literal["rest_json", "query"]

#: How well an answer is known, by its mark.
SURENESS: dict[Sureness, str] = {
    "P": "seen raw from Polly itself",
    "S": "seen raw from STS itself",
    "R": "seen raw from another rest-json service of AWS",
    "J": "seen raw from an awsJson service of AWS, which shares the front end",
    "D": "AWS's documentation or published service model only",
    "I": "inferred: no direct evidence, the best guess there is",
}

#: What stands in a pattern for the part of a message that differs from call to call.
_VARIABLE = ".+"


@dataclass(frozen=True)
class Words:
    """One error as one protocol words it; ``{…}`` in the message is filled in for each request."""

    status: int
    code: str
    message: str
    sure: Sureness

    @property
    def pattern(self) -> str:
        """A regular expression that the whole message matches, whatever was filled in."""
        pieces = re.split(r"\{\w+\}", self.message)
        return _VARIABLE.join(re.escape(piece) for piece in pieces)


@dataclass(frozen=True)
class Fault:
    """One thing a request can have wrong, in the words of each protocol."""

    name: str
    rest_json: Words
    query: Words

    def words(self, dialect: Dialect) -> Words:
        return cast(Words, getattr(self, dialect))


@dataclass(frozen=True)
class Refusal:
    """The gate's *no*: which fault, and what fills its message in for this request."""

    fault: Fault
    details: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, fault: Fault, **details: str) -> Refusal:
        return cls(fault, tuple(details.items()))

    def message(self, dialect: Dialect) -> str:
        return self.fault.words(dialect).message.format(**dict(self.details))


def _fault(
    name: str,
    rest_json: tuple[int, str, str, Sureness],
    query: tuple[int, str, str, Sureness],
) -> Fault:
    return Fault(name, Words(*rest_json), Words(*query))


_IS_INVALID = "The security token included in the request is invalid."
_IS_EXPIRED = "The security token included in the request is expired"
_DOES_NOT_MATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
_FIVE_ELEMENTS = (
    "Credential must have exactly 5 slash-delimited elements, "
    "e.g. keyid/date/region/service/term, got '{credential}'"
)
_ALGORITHM = "Unsupported AWS 'algorithm': '{algorithm}' (only AWS4-HMAC-SHA256 for now). "
_DATE_FORMAT = (
    "Date must be in ISO-8601 'basic format'. Got '{date}'. See http://en.wikipedia.org/wiki/ISO_8601"
)
_EXPIRED_SIGNATURE = "Signature expired: {requested} is now earlier than {limit} ({server} - {window} min.)"
_EARLY_SIGNATURE = (
    "Signature not yet current: {requested} is still later than {limit} ({server} + {window} min.)"
)
_EXPIRED_URL = "Signature expired: {expiry} is now earlier than {server}"
_EXPIRES = "X-Amz-Expires must be a number of seconds from 1 to 604800. Got '{expires}'."
_HOST = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
_REGION = "Credential should be scoped to a valid region. "
_SERVICE = "Credential should be scoped to correct service: '{service}'. "
_TERMINATOR = "Credential should be scoped with a valid terminator: 'aws4_request', not '{terminator}'. "
_DAY = (
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
    "'{date}' != '{day}', from '{timestamp}'."
)
_TWICE = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."

# Reading the request --------------------------------------------------------------------------

SIGNED_TWICE = _fault(
    "signed twice",
    (403, "InvalidSignatureException", _TWICE, "J"),
    (403, "SignatureDoesNotMatch", _TWICE, "I"),
)
UNSIGNED = _fault(
    "unsigned",
    (403, "MissingAuthenticationTokenException", "Missing Authentication Token", "R"),
    (403, "MissingAuthenticationToken", "Request is missing Authentication Token", "S"),
)
EMPTY_AUTHORIZATION = _fault(
    "empty Authorization header",
    (403, "IncompleteSignatureException", "Authorization header cannot be empty", "R"),
    (400, "IncompleteSignature", "Authorization header cannot be empty", "I"),
)
NOT_A_PAIR = _fault(
    "part of the Authorization header without an equal-sign",
    (
        403,
        "IncompleteSignatureException",
        "Invalid key=value pair (missing equal-sign) in Authorization header "
        "(hashed with SHA-256 and encoded with Base64): '{digest}'.",
        "R",
    ),
    (
        400,
        "IncompleteSignature",
        "'{piece}' not a valid key=value pair (missing equal-sign) in Authorization header: '{header}'.",
        "S",
    ),
)
PARTS_MISSING = _fault(
    "parts of the Authorization header missing",
    (
        403,
        "IncompleteSignatureException",
        "{complaints}(Hashed with SHA-256 and encoded with Base64) Authorization={digest}",
        "R",
    ),
    (400, "IncompleteSignature", "{complaints}Authorization={header}", "I"),
)
QUERY_PARTS_MISSING = _fault(
    "parts of a presigned query missing",
    (
        403,
        "IncompleteSignatureException",
        "{complaints}Re-examine the query-string parameters.",
        "J",
    ),
    (400, "IncompleteSignature", "{complaints}Re-examine the query-string parameters.", "I"),
)
BAD_DATE = _fault(
    "date not in ISO 8601 basic format",
    (403, "IncompleteSignatureException", _DATE_FORMAT, "J"),
    (400, "IncompleteSignature", _DATE_FORMAT, "I"),
)
SIGNATURE_EXPIRED = _fault(
    "the client's clock is behind",
    (403, "InvalidSignatureException", _EXPIRED_SIGNATURE, "R"),
    (403, "SignatureDoesNotMatch", _EXPIRED_SIGNATURE, "S"),
)
PRESIGNED_EXPIRED = _fault(
    "presigned URL past its X-Amz-Expires",
    (403, "InvalidSignatureException", _EXPIRED_URL, "I"),
    (403, "SignatureDoesNotMatch", _EXPIRED_URL, "I"),
)
BAD_EXPIRES = _fault(
    "X-Amz-Expires not a number of seconds up to a week",
    (403, "IncompleteSignatureException", _EXPIRES, "I"),
    (400, "IncompleteSignature", _EXPIRES, "I"),
)
SIGNATURE_NOT_YET_CURRENT = _fault(
    "the client's clock is ahead",
    (403, "InvalidSignatureException", _EARLY_SIGNATURE, "P"),
    (403, "SignatureDoesNotMatch", _EARLY_SIGNATURE, "S"),
)
HOST_NOT_SIGNED = _fault(
    "host not among the signed headers",
    (403, "InvalidSignatureException", _HOST, "J"),
    (403, "SignatureDoesNotMatch", _HOST, "I"),
)
BAD_ALGORITHM = _fault(
    "algorithm other than AWS4-HMAC-SHA256",
    (403, "IncompleteSignatureException", _ALGORITHM, "J"),
    (400, "IncompleteSignature", _ALGORITHM, "I"),
)
BAD_CREDENTIAL = _fault(
    "credential scope without five elements",
    (403, "IncompleteSignatureException", _FIVE_ELEMENTS, "J"),
    (400, "IncompleteSignature", _FIVE_ELEMENTS, "I"),
)
#: Region, service, terminator and date are complained of together, in that order.
BAD_SCOPE = _fault(
    "credential scope of another region, service or day",
    (403, "InvalidSignatureException", "{complaints}", "J"),
    (403, "SignatureDoesNotMatch", "{complaints}", "S"),
)
SCOPE_REGION = _fault(
    "credential scope of another region",
    (403, "InvalidSignatureException", _REGION, "J"),
    (403, "SignatureDoesNotMatch", _REGION, "S"),
)
SCOPE_SERVICE = _fault(
    "credential scope of another service",
    (403, "InvalidSignatureException", _SERVICE, "P"),
    (403, "SignatureDoesNotMatch", _SERVICE, "S"),
)
SCOPE_TERMINATOR = _fault(
    "credential scope that does not end in aws4_request",
    (403, "InvalidSignatureException", _TERMINATOR, "J"),
    (403, "SignatureDoesNotMatch", _TERMINATOR, "I"),
)
SCOPE_DATE = _fault(
    "credential scope of another day than the date's",
    (403, "InvalidSignatureException", _DAY, "J"),
    (403, "SignatureDoesNotMatch", _DAY, "I"),
)

# Knowing the signer ---------------------------------------------------------------------------

UNKNOWN_KEY = _fault(
    "access key id that no account has",
    (403, "UnrecognizedClientException", _IS_INVALID, "P"),
    (403, "InvalidClientTokenId", _IS_INVALID, "S"),
)
INACTIVE_KEY = _fault(
    "deactivated access key",
    (403, "UnrecognizedClientException", _IS_INVALID, "I"),
    (403, "InvalidClientTokenId", _IS_INVALID, "S"),
)
TOKEN_MISSING = _fault(
    "temporary key without its session token",
    (403, "UnrecognizedClientException", _IS_INVALID, "P"),
    (403, "InvalidClientTokenId", _IS_INVALID, "S"),
)
TOKEN_MISMATCHED = _fault(
    "temporary key with a token that is not its own",
    (403, "UnrecognizedClientException", _IS_INVALID, "I"),
    (403, "InvalidClientTokenId", _IS_INVALID, "S"),
)
TOKEN_EXPIRED = _fault(
    "session token past its expiration",
    (403, "ExpiredTokenException", _IS_EXPIRED, "R"),
    (403, "ExpiredToken", _IS_EXPIRED, "S"),
)
ROLE_DELETED = _fault(
    "session of a role that was deleted",
    (403, "UnrecognizedClientException", _IS_INVALID, "I"),
    (403, "InvalidClientTokenId", _IS_INVALID, "S"),
)
WRONG_SIGNATURE = _fault(
    "signature made with another secret, or of another request",
    (403, "InvalidSignatureException", _DOES_NOT_MATCH, "P"),
    (403, "SignatureDoesNotMatch", _DOES_NOT_MATCH, "S"),
)
#: Found only after a good signature, and seen without the final period.
TOKEN_UNEXPECTED = _fault(
    "long-term key with a session token",
    (403, "UnrecognizedClientException", _IS_INVALID.rstrip("."), "J"),
    (403, "InvalidClientTokenId", _IS_INVALID, "S"),
)

# Asking the policies --------------------------------------------------------------------------

_NOT_AUTHORIZED = "User: {principal} is not authorized to perform: {action}"
_NOT_ALLOWED = f"{_NOT_AUTHORIZED} because no {{policy}} allows the {{action}} action"
_ON_RESOURCE = f"{_NOT_AUTHORIZED} on resource: {{resource}}"
_DENIED = " with an explicit deny in {policy}"

NOT_ALLOWED = _fault(
    "no identity-based policy allows the action",
    (403, "AccessDeniedException", _NOT_ALLOWED, "P"),
    (403, "AccessDenied", _ON_RESOURCE, "S"),
)
NOT_ALLOWED_BY_LIMIT = _fault(
    "a boundary, session or endpoint policy does not allow the action",
    (403, "AccessDeniedException", _NOT_ALLOWED, "D"),
    (403, "AccessDenied", _ON_RESOURCE, "I"),
)
DENIED = _fault(
    "a policy denies the action",
    (403, "AccessDeniedException", _NOT_AUTHORIZED + _DENIED, "D"),
    (403, "AccessDenied", _ON_RESOURCE + _DENIED, "I"),
)

# Not the gate's doing ---------------------------------------------------------------------------

#: Polly's own trouble, which has nothing to do with who asks; botocore tries again by itself.
RATE_EXCEEDED = Words(400, "ThrottlingException", "Rate exceeded", "P")
SERVICE_FAILURE = Words(
    500, "ServiceFailureException", "An unknown condition has caused a service failure.", "D"
)
