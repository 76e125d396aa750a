"""What Polly is known to answer, row by row: the code, the very words, and how sure we are of them.

``sure`` is spelled as in `pytest_polly.gate.errors`; what is in braces comes from the request itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import boto3

from pytest_polly import Account
from pytest_polly.gate import errors, statement
from pytest_polly.gate.errors import Sureness, Words
from pytest_polly.gate.policy import Document

from .conversation import Spoil, all_of, authorization, body, header, query

IS_INVALID = "The security token included in the request is invalid."
DOES_NOT_MATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
SPEAK = "polly:SynthesizeSpeech"

Arrange = Callable[[Account], None]


@dataclass(frozen=True)
class Row:
    case: str
    #: Where the gate has its words from.
    words: Words
    status: int
    code: str
    message: str
    sure: Sureness
    mode: str = "long-term"
    source: str | None = None
    #: What is done to the account before the call, …
    arrange: Arrange | None = None
    #: … and what to the request after boto3 signed it.
    spoil: Spoil | None = None
    #: The one key of the body.
    key: str = "message"
    #: What stands behind the code in a header.
    family: str = "http://internal.amazon.com/coral/com.amazon.coral.service/"
    #: Bytes of the body, where they were counted in a real answer.
    length: int | None = None


# What is done to an account -------------------------------------------------------------------


def forget_the_key(account: Account) -> None:
    account._directory.keys.clear()


def delete_the_role(account: Account) -> None:
    """Delete it while a session of it is in use."""
    boto3.client("sts").get_caller_identity()
    for role in list(account._directory.roles.values()):
        account._directory.delete_role(role)


def fast_clock(account: Account) -> None:
    account.clock.skew = -timedelta(minutes=10)


def limited(**layers: Sequence[Document]) -> Arrange:
    """Put further layers of policies around everybody in the account."""

    def arrange(account: Account) -> None:
        for key in account._directory.keys.values():
            key.principal.policies = replace(key.principal.policies, **layers)

    return arrange


SILENT = [statement("Allow", "polly:DescribeVoices")]
DENYING = [statement("Allow", "*"), statement("Deny", SPEAK)]

# The rows -------------------------------------------------------------------------------------


def _unrecognized(case: str, words: Words, sure: Sureness, **more: object) -> Row:
    return Row(case, words, 403, "UnrecognizedClientException", IS_INVALID, sure, **more)  # type: ignore[arg-type]


def _incomplete(case: str, words: Words, message: str, sure: Sureness, spoil: Spoil) -> Row:
    return Row(case, words, 403, "IncompleteSignatureException", message, sure, spoil=spoil)


def _invalid(case: str, words: Words, message: str, sure: Sureness, **more: object) -> Row:
    return Row(case, words, 403, "InvalidSignatureException", message, sure, **more)  # type: ignore[arg-type]


def _denied(case: str, words: Words, ending: str, sure: Sureness, **more: object) -> Row:
    message = f"User: {{principal}} is not authorized to perform: {SPEAK} {ending}"
    return Row(case, words, 403, "AccessDeniedException", message, sure, key="Message", **more)  # type: ignore[arg-type]


_NO_IDENTITY_POLICY = f"because no identity-based policy allows the {SPEAK} action"
_HASHED = "(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"
_NOT_A_PAIR = (
    "Invalid key=value pair (missing equal-sign) in Authorization header "
    "(hashed with SHA-256 and encoded with Base64): '{digest}'."
)
_NO_CREDENTIAL = "Authorization header requires 'Credential' parameter. "
_NO_SIGNATURE = "Authorization header requires 'Signature' parameter. "
_NO_SIGNED_HEADERS = "Authorization header requires 'SignedHeaders' parameter. "
_NO_DATE = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
_REGION = "Credential should be scoped to a valid region. "
_SERVICE = "Credential should be scoped to correct service: 'polly'. "
_TERMINATOR = "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. "
_DAY = (
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
    "'20150830' != '{day}', from '{sent}'."
)

POLLY_ROWS = (
    _unrecognized("1 unknown key", errors.UNKNOWN_KEY.rest_json, "P", mode="unknown-key", length=68),
    _unrecognized("2 deactivated key", errors.INACTIVE_KEY.rest_json, "I", mode="inactive-key"),
    _unrecognized("2 deleted key", errors.UNKNOWN_KEY.rest_json, "P", arrange=forget_the_key),
    _unrecognized("3 no token", errors.TOKEN_MISSING.rest_json, "P", mode="missing-token", length=68),
    _unrecognized("4 another session's token", errors.TOKEN_MISMATCHED.rest_json, "I", mode="wrong-token"),
    _unrecognized(
        "4 garbled token",
        errors.TOKEN_MISMATCHED.rest_json,
        "I",
        mode="session-token",
        spoil=header("X-Amz-Security-Token", "IQoJb3JpZ2luX2Vj"),
    ),
    _unrecognized(
        "4 session of a deleted role",
        errors.ROLE_DELETED.rest_json,
        "I",
        mode="role",
        source="assume-role",
        arrange=delete_the_role,
    ),
    Row(
        "5 long-term key with a token",
        errors.TOKEN_UNEXPECTED.rest_json,
        403,
        "UnrecognizedClientException",
        "The security token included in the request is invalid",
        "J",
        mode="stray-token",
    ),
    Row(
        "6 expired token",
        errors.TOKEN_EXPIRED.rest_json,
        403,
        "ExpiredTokenException",
        "The security token included in the request is expired",
        "R",
        mode="expired-token",
        length=67,
    ),
    _invalid(
        "7 wrong secret",
        errors.WRONG_SIGNATURE.rest_json,
        DOES_NOT_MATCH,
        "P",
        mode="wrong-secret",
        length=192,
    ),
    _invalid("7 altered body", errors.WRONG_SIGNATURE.rest_json, DOES_NOT_MATCH, "P", spoil=body(b"{}")),
    *(
        Row(
            f"8 {case}",
            errors.UNSIGNED.rest_json,
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
            "R",
            spoil=header("Authorization", value),
            length=42,
        )
        for case, value in (
            ("no Authorization", None),
            ("other scheme", "Basic bmFycmF0b3I6c2VjcmV0"),
            ("older version", "AWS3 AWSAccessKeyId=AKIA"),
            ("wrong case", "aws4-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=c"),
        )
    ),
    _incomplete(
        "9a piece without equal-sign",
        errors.NOT_A_PAIR.rest_json,
        _NOT_A_PAIR,
        "R",
        authorization(", Signature=", ", Signature"),
    ),
    _incomplete(
        "9a space in the key id",
        errors.NOT_A_PAIR.rest_json,
        _NOT_A_PAIR,
        "R",
        authorization("Credential=AK", "Credential=AK "),
    ),
    _incomplete(
        "9b nothing there",
        errors.PARTS_MISSING.rest_json,
        _NO_CREDENTIAL + _NO_SIGNATURE + _NO_SIGNED_HEADERS + _NO_DATE + _HASHED,
        "R",
        all_of(header("Authorization", "AWS4-HMAC-SHA256"), header("X-Amz-Date", None)),
    ),
    _incomplete(
        "9b no Credential",
        errors.PARTS_MISSING.rest_json,
        _NO_CREDENTIAL + _HASHED,
        "R",
        authorization(r"Credential=[^,]*, ", ""),
    ),
    _incomplete(
        "9b empty Signature",
        errors.PARTS_MISSING.rest_json,
        _NO_SIGNATURE + _HASHED,
        "R",
        authorization(r"Signature=\w*", "Signature="),
    ),
    _incomplete(
        "9b no SignedHeaders",
        errors.PARTS_MISSING.rest_json,
        _NO_SIGNED_HEADERS + _HASHED,
        "R",
        authorization(r"SignedHeaders=[^,]*, ", ""),
    ),
    _incomplete(
        "9b no date", errors.PARTS_MISSING.rest_json, _NO_DATE + _HASHED, "R", header("X-Amz-Date", None)
    ),
    _incomplete(
        "9b date among the parts",
        errors.PARTS_MISSING.rest_json,
        _NO_DATE + _HASHED,
        "R",
        all_of(authorization("$", ", Date=20150830T123600Z"), header("X-Amz-Date", None)),
    ),
    _incomplete(
        "9c four elements",
        errors.BAD_CREDENTIAL.rest_json,
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        "got '{key}/{day}/us-east-1/polly'",
        "J",
        authorization("/aws4_request", ""),
    ),
    _incomplete(
        "9c slash in the key id",
        errors.BAD_CREDENTIAL.rest_json,
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
        "got 'AK/IA/{day}/us-east-1/polly/aws4_request'",
        "J",
        authorization("Credential=[A-Z0-9]+", "Credential=AK/IA"),
    ),
    _incomplete(
        "9d algorithm",
        errors.BAD_ALGORITHM.rest_json,
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). ",
        "J",
        authorization("SHA256", "SHA25"),
    ),
    *(
        _incomplete(
            f"9e date {value!r}",
            errors.BAD_DATE.rest_json,
            f"Date must be in ISO-8601 'basic format'. Got '{value}'. See http://en.wikipedia.org/wiki/ISO_8601",
            "J",
            header("X-Amz-Date", value),
        )
        for value in ("201", "2015-08-30T12:36:00Z", "20150231T123600Z", "20150830T126000Z")
    ),
    _invalid(
        "10a clock behind",
        errors.SIGNATURE_EXPIRED.rest_json,
        "Signature expired: {sent} is now earlier than {behind} ({server} - 5 min.)",
        "R",
        mode="skewed-clock",
    ),
    _invalid(
        "10b clock ahead",
        errors.SIGNATURE_NOT_YET_CURRENT.rest_json,
        "Signature not yet current: {sent} is still later than {ahead} ({server} + 5 min.)",
        "P",
        arrange=fast_clock,
    ),
    _invalid(
        "11 region",
        errors.SCOPE_REGION.rest_json,
        _REGION,
        "J",
        spoil=authorization("/us-east-1/", "/eu-west-1/"),
    ),
    _invalid(
        "12 service", errors.SCOPE_SERVICE.rest_json, _SERVICE, "P", spoil=authorization("/polly/", "/s3/")
    ),
    _invalid(
        "13a terminator",
        errors.SCOPE_TERMINATOR.rest_json,
        _TERMINATOR,
        "J",
        spoil=authorization("aws4_request", "aws5_request"),
    ),
    _invalid(
        "13b day", errors.SCOPE_DATE.rest_json, _DAY, "J", spoil=authorization(r"/\d{8}/", "/20150830/")
    ),
    _invalid(
        "11-13b all at once",
        errors.BAD_SCOPE.rest_json,
        _REGION + _SERVICE + _TERMINATOR + _DAY,
        "J",
        spoil=authorization(r"/\d{8}/us-east-1/polly/aws4", "/20150830/us-west-1/s3/aws5"),
    ),
    _invalid(
        "13c host not signed",
        errors.HOST_NOT_SIGNED.rest_json,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        "J",
        spoil=authorization("host;", ""),
    ),
    _invalid(
        "13c no header signed",
        errors.HOST_NOT_SIGNED.rest_json,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        "J",
        spoil=authorization(r"SignedHeaders=[^,]*", "SignedHeaders="),
    ),
    _denied("14a user", errors.NOT_ALLOWED.rest_json, _NO_IDENTITY_POLICY, "P", mode="access-denied"),
    _denied(
        "14b role",
        errors.NOT_ALLOWED.rest_json,
        _NO_IDENTITY_POLICY,
        "P",
        mode="access-denied",
        source="assume-role",
    ),
    _denied(
        "15a identity-based policy",
        errors.DENIED.rest_json,
        "with an explicit deny in an identity-based policy",
        "D",
        mode="explicit-deny",
    ),
    *(
        _denied(
            f"15b service control policy, {how}",
            errors.DENIED.rest_json,
            "with an explicit deny in a service control policy",
            "D",
            arrange=limited(organization=documents),
        )
        for how, documents in (("denying", DENYING), ("silent", SILENT))
    ),
    *(
        row
        for case, layer, name in (
            ("15c", "boundary", "permissions boundary"),
            ("15d", "session", "session policy"),
            ("15e", "endpoint", "VPC endpoint policy"),
        )
        for row in (
            _denied(
                f"{case} {name}, denying",
                errors.DENIED.rest_json,
                f"with an explicit deny in a {name}",
                "D",
                arrange=limited(**{layer: DENYING}),
            ),
            _denied(
                f"{case} {name}, silent",
                errors.NOT_ALLOWED_BY_LIMIT.rest_json,
                f"because no {name} allows the {SPEAK} action",
                "D",
                arrange=limited(**{layer: SILENT}),
            ),
        )
    ),
    Row(
        "16 throttled",
        errors.RATE_EXCEEDED,
        400,
        "ThrottlingException",
        "Rate exceeded",
        "P",
        mode="throttled",
    ),
    Row(
        "17a internal failure",
        errors.SERVICE_FAILURE,
        500,
        "ServiceFailureException",
        "An unknown condition has caused a service failure.",
        "D",
        mode="unavailable",
        family="http://polly.amazonaws.com/doc/v1",
    ),
    _invalid(
        "18e signed twice",
        errors.SIGNED_TWICE.rest_json,
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
        "J",
        spoil=query("X-Amz-Algorithm=AWS4-HMAC-SHA256"),
    ),
)


# Presigned ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PresignedRow:
    case: str
    words: Words
    code: str
    message: str
    sure: Sureness
    #: Pattern and replacement in the URL.
    replace: tuple[str, str] = ("$", "")
    mode: str = "session-token"
    #: How much later than signed the URL is opened.
    later: timedelta = timedelta(0)


_NO_PART = "AWS query-string parameters must include 'X-Amz-{part}'. "
_EXAMINE = "Re-examine the query-string parameters."


def _parts_missing(*parts: str) -> str:
    return "".join(_NO_PART.replace("{part}", part) for part in parts) + _EXAMINE


PRESIGNED_ROWS = (
    PresignedRow(
        "18a opened too late",
        errors.PRESIGNED_EXPIRED.rest_json,
        "InvalidSignatureException",
        "Signature expired: {expiry} is now earlier than {server}",
        "I",
        later=timedelta(seconds=901),
    ),
    PresignedRow(
        "10b signed in the future",
        errors.SIGNATURE_NOT_YET_CURRENT.rest_json,
        "InvalidSignatureException",
        "Signature not yet current: {sent} is still later than {ahead} ({server} + 5 min.)",
        "P",
        later=-timedelta(minutes=10),
    ),
    *(
        PresignedRow(
            f"18a good for {seconds!r} seconds",
            errors.BAD_EXPIRES.rest_json,
            "IncompleteSignatureException",
            f"X-Amz-Expires must be a number of seconds from 1 to 604800. Got '{seconds}'.",
            "I",
            ("X-Amz-Expires=900", f"X-Amz-Expires={seconds}"),
        )
        for seconds in ("0", "604801", "-1", "soon", "")
    ),
    *(
        PresignedRow(
            f"18b altered {what}",
            errors.WRONG_SIGNATURE.rest_json,
            "InvalidSignatureException",
            DOES_NOT_MATCH,
            "P",
            replacement,
        )
        for what, replacement in (
            ("text", ("Text=Hi", "Text=Ho")),
            ("signature", ("X-Amz-Signature=.{8}", "X-Amz-Signature=00000000")),
            ("life", ("X-Amz-Expires=900", "X-Amz-Expires=901")),
            ("length", ("$", "&SampleRate=8000")),
        )
    ),
    PresignedRow(
        "18b wrong secret",
        errors.WRONG_SIGNATURE.rest_json,
        "InvalidSignatureException",
        DOES_NOT_MATCH,
        "P",
        mode="wrong-secret",
    ),
    PresignedRow(
        "18c no token",
        errors.TOKEN_MISSING.rest_json,
        "UnrecognizedClientException",
        IS_INVALID,
        "P",
        mode="missing-token",
    ),
    PresignedRow(
        "18c token's name mis-cased",
        errors.TOKEN_MISSING.rest_json,
        "UnrecognizedClientException",
        IS_INVALID,
        "P",
        ("X-Amz-Security-Token", "x-amz-security-token"),
    ),
    PresignedRow(
        "18c expired token",
        errors.TOKEN_EXPIRED.rest_json,
        "ExpiredTokenException",
        "The security token included in the request is expired",
        "R",
        mode="expired-token",
    ),
    *(
        PresignedRow(
            f"18d no {part}",
            errors.QUERY_PARTS_MISSING.rest_json,
            "IncompleteSignatureException",
            _parts_missing(part),
            "J",
            (f"&X-Amz-{part}=[^&]*", ""),
        )
        for part in ("Credential", "Signature", "SignedHeaders", "Date")
    ),
    PresignedRow(
        "18d empty algorithm",
        errors.QUERY_PARTS_MISSING.rest_json,
        "IncompleteSignatureException",
        _parts_missing("Algorithm"),
        "J",
        ("Algorithm=[^&]*", "Algorithm="),
    ),
    PresignedRow(
        "18d nothing but the algorithm's name",
        errors.QUERY_PARTS_MISSING.rest_json,
        "IncompleteSignatureException",
        _parts_missing("Algorithm", "Credential", "Signature", "SignedHeaders", "Date"),
        "J",
        ("X-Amz-.*", "X-Amz-Algorithm"),
    ),
    PresignedRow(
        "8 without the algorithm",
        errors.UNSIGNED.rest_json,
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
        "R",
        ("X-Amz-Algorithm=[^&]*&", ""),
    ),
    PresignedRow(
        "9d algorithm",
        errors.BAD_ALGORITHM.rest_json,
        "IncompleteSignatureException",
        "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1' (only AWS4-HMAC-SHA256 for now). ",
        "J",
        ("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"),
    ),
    PresignedRow(
        "12 service",
        errors.SCOPE_SERVICE.rest_json,
        "InvalidSignatureException",
        _SERVICE,
        "P",
        ("%2Fpolly%2F", "%2Ftts%2F"),
    ),
    PresignedRow(
        "13c host not signed",
        errors.HOST_NOT_SIGNED.rest_json,
        "InvalidSignatureException",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        "J",
        ("SignedHeaders=host", "SignedHeaders=accept"),
    ),
)
