"""What published clients of Amazon Polly should show under the contract, read from their source.

Written down before the contract is run on a client, and never copied from a run: where the two differ, one
of the contract, this table and our reading of the client is wrong, and it has to be found out which.

``ASKED`` is what the contract asks, ``TABLES`` what each release shows. A row names clauses and cases by
fnmatch patterns; of the rows that match a cell the first one counts. Line numbers are those of the
release's own files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

PASSES = "passes"
#: Not judged, because the client does not speak with valid credentials through that source.
SKIPPED = "skipped"
#: Absent or skipped: the client, or its SDK, has no way to be asked.
NOT_ASKED = "not asked"

# What is asked --------------------------------------------------------------------------------

SPEAKS = "test_speaks_with_valid_credentials"
RAISES = "test_raises_with_invalid_credentials"
NAMES = "test_error_names_the_cause"
NO_RETRY = "test_does_not_retry_rejected_credentials"
MIX = "test_does_not_mix_sources"
RENEWS = "test_renews_role_credentials"
BUSY = "test_survives_throttling"
SECRETS = "test_keeps_secrets_out_of_sight"
ENVIRONMENT = "test_leaves_the_environment_alone"
SHARED = "test_is_safe_to_share"
PROPERTY = "test_any_well_formed_credentials"

_VALID = ("long-term", "session-token")
#: Answered by AWS with 403, whatever the client does.
_REFUSED = (
    "missing-token",
    "wrong-token",
    "stray-token",
    "expired-token",
    "wrong-secret",
    "unknown-key",
    "inactive-key",
    "access-denied",
    "explicit-deny",
)
_DENIED = ("access-denied", "explicit-deny")
_INVALID = (*_REFUSED, "skewed-clock", "partial")

_FILES = ("profile", "shared-credentials-file", "config-file")
_GIVEN = ("explicit", "profile-name", "environment", *_FILES)
_ROLES = ("assume-role", "web-identity", "container", "imds", "sso", "login")

#: Modes whose credentials come with a session token that a client can drop.
_WITH_TOKEN = ("session-token", "wrong-token", "stray-token", "expired-token")


def _cases(modes: Iterable[str], sources: Iterable[str]) -> tuple[str, ...]:
    sources = tuple(sources)
    return tuple(f"{mode}-{source}" for mode in modes for source in sources)


_VALID_CASES = (*_cases(_VALID, (*_GIVEN, "process")), *_cases(["role"], (*_ROLES, "process")))
_INVALID_CASES = (
    *_cases(_INVALID, _GIVEN),
    *_cases((*_REFUSED, "skewed-clock"), ["process"]),
    *_cases(_DENIED, _ROLES),
    "none-environment",
)
_NEAR = ("explicit", "environment")

ASKED: Mapping[str, tuple[str, ...]] = {
    SPEAKS: _VALID_CASES,
    RAISES: _INVALID_CASES,
    NAMES: _INVALID_CASES,
    # "partial" too: some clients send what they have, and AWS answers 403.
    NO_RETRY: _cases((*_REFUSED, "partial"), _NEAR),
    MIX: (
        "explicit-long-term-beside-ambient-session",
        "explicit-long-term-beside-stray-token",
        "explicit-session-beside-ambient-long-term",
        "explicit-key-id-beside-ambient-pair",
        "file-beside-stray-token",
        "profile-beside-stray-token",
        "role-beside-stray-token",
        "profile-name-beside-ambient-pair",
    ),
    RENEWS: _cases(["role"], (*_ROLES, "process")),
    BUSY: ("throttled-environment", "unavailable-environment", "throttled-once-environment"),
    SECRETS: _cases(("session-token", "expired-token", "wrong-secret"), _NEAR),
    ENVIRONMENT: (
        *_cases(["long-term"], (*_GIVEN, "process")),
        *_cases(["role"], (*_ROLES, "process")),
    ),
    SHARED: _cases(["role"], ("assume-role", "container")),
    PROPERTY: _cases(_VALID, _NEAR),
}

# What is shown --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """What some cells show, and the lines of the client that make it so.

    ``shows`` is one of the three words above, or the finding with which the cells fail.
    """

    shows: str
    clauses: tuple[str, ...]
    cases: tuple[str, ...]
    why: str

    def is_about(self, clause: str, case: str) -> bool:
        return clause in self.clauses and any(fnmatchcase(case, pattern) for pattern in self.cases)


_EVERY = tuple(ASKED)
_NEGATIVE = (RAISES, NAMES, NO_RETRY)
#: Asked of clients that speak in the plain case; the others have failed `SPEAKS` already.
_BESIDES = (MIX, RENEWS, SECRETS, ENVIRONMENT, SHARED, PROPERTY)
_ANY = ("*",)

_NO_PROFILE_NAME = Row(
    NOT_ASKED,
    _EVERY,
    ("*-profile-name", "profile-name-*"),
    "the service has no parameter for a profile",
)


_UNSPOKEN = Row(
    SKIPPED,
    _BESIDES,
    ("session-token-explicit", "explicit-session-*"),
    "the contract does not judge it there: it does not even speak, the token being dropped",
)
_NO_CRT = Row(
    NOT_ASKED,
    _EVERY,
    ("*-login",),
    "botocore reads `aws login` with awscrt only, which the client does not bring along",
)


def _no_login(botocore: str) -> Row:
    return Row(
        NOT_ASKED,
        _EVERY,
        ("*-login",),
        f"botocore {botocore} cannot read `aws login`: its provider came with 1.41.0",
    )


def _pipecat_on_boto3(call: str, raised: str, error_frame: str) -> tuple[Row, ...]:
    """Rows that 0.0.52 and 0.0.53 share; the arguments are line numbers in ``pipecat/services/aws.py``."""
    return (
        _NO_PROFILE_NAME,
        _no_login("1.35.99"),
        Row(
            PASSES,
            _EVERY,
            ("partial-*", "explicit-key-id-beside-ambient-pair"),
            f"boto3.client() at {call} looks for credentials at once and raises PartialCredentialsError, "
            "for a lone explicit key id too (botocore/session.py 949-955); nothing catches it",
        ),
        Row(
            PASSES,
            _EVERY,
            ("none-environment",),
            f"synthesize_speech() raises NoCredentialsError, a BotoCoreError: caught at {raised}, its text "
            f"in the ErrorFrame of {error_frame}",
        ),
        Row(
            PASSES,
            _EVERY,
            _cases([*_VALID, "role"], _ANY),
            f"what it gets goes to boto3.client() at {call} as it is; without keys it is None, and botocore "
            "takes all three parts from the first provider that has them (botocore/session.py 957). "
            "The one client lives as long as the service, and with it credentials that renew themselves",
        ),
        Row(
            PASSES,
            _NEGATIVE,
            _ANY,
            f"ClientError is caught at {raised} and its text, with AWS's code in it, sent on as an "
            f"ErrorFrame at {error_frame}; botocore does not retry a 403",
        ),
        Row(
            PASSES,
            (MIX,),
            _ANY,
            "an explicit pair is used alone (botocore/session.py, create_client); AWS_SESSION_TOKEN is "
            "read beside AWS_ACCESS_KEY_ID only (botocore/credentials.py, EnvProvider)",
        ),
        Row(
            PASSES,
            (BUSY,),
            _ANY,
            f"botocore's legacy mode retries 5 times, then ClientError goes the way of {raised}",
        ),
        Row(
            PASSES,
            (SECRETS,),
            _ANY,
            "logs the text spoken, and errors with the values of the lines that led to them: none of "
            "those lines holds credentials, since the client was built long before",
        ),
    )


_PIPECAT_0_0_52 = (
    _UNSPOKEN,
    Row(
        "session-token-dropped",
        (SPEAKS, *_NEGATIVE),
        _cases(_WITH_TOKEN, ["explicit"]),
        "__init__ (117-128) has no parameter for a token, boto3.client() at 132-137 is given key and secret",
    ),
    *_pipecat_on_boto3("132-137", "240", "242-243"),
)

_PIPECAT_0_0_53 = _pipecat_on_boto3("133-139", "242", "244-245")

_OUTSIDE_ENVIRONMENT = (*_FILES, "process", *_ROLES)
#: What a client does that looks into the environment for each missing part by itself.
_MIXED = (
    "explicit-long-term-beside-ambient-session",
    "explicit-long-term-beside-stray-token",
    "explicit-key-id-beside-ambient-pair",
)

_PIPECAT_0_0_80 = (
    _NO_PROFILE_NAME,
    _no_login("1.38"),
    Row(
        "sources-mixed",
        (MIX,),
        _MIXED,
        "tts.py 181-186: each of key, secret and token is the argument `or` the variable, by itself",
    ),
    Row(
        SKIPPED,
        (MIX,),
        ("file-beside-stray-token", "profile-beside-stray-token", "role-beside-stray-token"),
        "does not even speak without the stray token: ValueError at 193",
    ),
    Row(
        "ambient-ignored",
        (SPEAKS,),
        _cases(_ANY, _OUTSIDE_ENVIRONMENT),
        "tts.py 189-196: ValueError where neither arguments nor environment hold key and secret",
    ),
    Row(
        SKIPPED,
        _EVERY,
        _cases(_ANY, _OUTSIDE_ENVIRONMENT),
        "ValueError at 193 whatever the credentials there are",
    ),
    Row(
        "error-code-lost",
        (NAMES,),
        ("partial-*", "none-environment"),
        "ValueError at 193, in words of its own; not botocore's",
    ),
    Row(PASSES, _EVERY, ("partial-*", "none-environment"), "ValueError at 193, before any call"),
    Row(
        PASSES,
        _EVERY,
        (*_cases([*_VALID], _ANY), "explicit-session-beside-ambient-long-term"),
        "key, secret and token of arguments or environment go to aioboto3 at 298",
    ),
    Row(
        PASSES,
        (*_NEGATIVE, BUSY),
        _ANY,
        "ClientError is caught at 324 and its text sent on as an ErrorFrame at 326-327",
    ),
    Row(PASSES, (SECRETS,), _ANY, "logs text and errors; the line of the failed call, 299, holds no keys"),
)

_PIPECAT_1_14_0 = (
    _NO_PROFILE_NAME,
    _NO_CRT,
    Row(
        "sources-mixed",
        (MIX,),
        _MIXED,
        "utils.py 76-78: each of key, secret and token is the argument `or` the variable, by itself",
    ),
    Row(
        PASSES,
        (MIX,),
        _ANY,
        "without key and secret a token alone is ignored (aiobotocore/session.py, create_client)",
    ),
    Row(
        PASSES,
        _EVERY,
        ("partial-*", "none-environment"),
        "create_client() in tts.py 364 or the call raises a BotoCoreError: caught at 390, its text in the "
        "ErrorFrame",
    ),
    Row(
        PASSES,
        _EVERY,
        _cases([*_VALID, "role"], _ANY),
        "without keys each client takes the session's credentials (tts.py 277, 364), which the session "
        "keeps and renews",
    ),
    Row(
        PASSES,
        (*_NEGATIVE, BUSY),
        _ANY,
        "ClientError is caught at 390 and its text sent on as an ErrorFrame at 392",
    ),
    Row(PASSES, (SECRETS,), _ANY, "logs no errors, and an ErrorFrame masks what looks like a secret"),
)

_BY_A_USER = (*_GIVEN, "process")
_REPEATED = "agents/tts/tts.py, ChunkedStream._main_task: every APIConnectionError is tried 4 times"

_LIVEKIT_0_1_0 = (
    _NO_PROFILE_NAME,
    _no_login("1.36.3"),
    Row(
        SKIPPED,
        (*_BESIDES, RAISES, NAMES),
        ("session-token-*", "explicit-session-*", "role-*", *_cases(_DENIED, _ROLES)),
        "the contract does not judge it there: it does not even speak, the token being dropped",
    ),
    Row(
        "session-token-dropped",
        (SPEAKS, *_NEGATIVE),
        (*_cases(_WITH_TOKEN, _ANY), "role-*"),
        "_utils.py 39 returns key and secret of whatever was found; tts.py 108-113 signs with these",
    ),
    Row(
        "explicit-ignored",
        (MIX,),
        ("explicit-key-id-beside-ambient-pair",),
        "_utils.py 27-34: a key id without a secret counts for nothing, and the default chain is used",
    ),
    Row(PASSES, (MIX,), _ANY, "_utils.py 27-36: the pair given, else one provider's, and no token at all"),
    Row(
        "error-code-lost",
        (NAMES,),
        ("partial-explicit", "none-environment"),
        "ValueError at _utils.py 38, in words of its own; not botocore's",
    ),
    Row(
        PASSES,
        _EVERY,
        ("partial-*", "none-environment"),
        "__init__ (tts.py 93) raises ValueError, or boto3's PartialCredentialsError (_utils.py 36)",
    ),
    Row(PASSES, _EVERY, ("long-term-*",), "key and secret of the arguments, or of boto3's default chain"),
    Row("auth-error-retried", _NEGATIVE, _cases(_ANY, _BY_A_USER), _REPEATED),
    Row(PASSES, (BUSY,), _ANY, "raises APIConnectionError once it has tried often enough"),
    Row(PASSES, (SECRETS,), _ANY, "logs errors without the values of variables"),
)

_LIVEKIT_1_8_9 = (
    _NO_PROFILE_NAME,
    _NO_CRT,
    _UNSPOKEN,
    Row(
        "session-token-dropped",
        (SPEAKS, *_NEGATIVE),
        _cases(_WITH_TOKEN, ["explicit"]),
        "__init__ (tts.py 60-72) has no parameter for a token; set_credentials() at 103 is given none",
    ),
    Row(
        "explicit-ignored",
        (MIX,),
        ("explicit-key-id-beside-ambient-pair",),
        "tts.py 102: a key id without a secret counts for nothing, and the default chain is used",
    ),
    Row(PASSES, (MIX,), _ANY, "tts.py 102-103: the pair given without any token, else one provider's"),
    Row(
        PASSES,
        _EVERY,
        ("partial-*", "none-environment"),
        "no call is made; APIConnectionError at tts.py 191 comes from botocore's error, and names it",
    ),
    Row(
        PASSES,
        _EVERY,
        _cases([*_VALID, "role"], _ANY),
        "without a pair each client takes the session's credentials (tts.py 100, 162), which the session "
        "keeps and renews",
    ),
    Row("auth-error-retried", _NEGATIVE, _ANY, _REPEATED),
    Row(PASSES, (BUSY,), _ANY, "raises APIConnectionError once it has tried often enough"),
    Row(PASSES, (SECRETS,), _ANY, "logs the text of errors, which holds no secrets"),
)

TABLES: Mapping[str, tuple[Row, ...]] = {
    "pipecat-0.0.52": _PIPECAT_0_0_52,
    "pipecat-0.0.53": _PIPECAT_0_0_53,
    "pipecat-0.0.80": _PIPECAT_0_0_80,
    "pipecat-1.14.0": _PIPECAT_1_14_0,
    "livekit-0.1.0": _LIVEKIT_0_1_0,
    "livekit-1.8.9": _LIVEKIT_1_8_9,
}


@dataclass(frozen=True)
class Story:
    """What users of a broken release saw on their screens, word for word, and the cell that shows it."""

    clause: str
    case: str
    message: str
    broken: str
    cured: str


#: https://github.com/pipecat-ai/pipecat/issues/964
STORY = Story(
    SPEAKS,
    "session-token-explicit",
    "An error occurred (UnrecognizedClientException) when calling the SynthesizeSpeech operation: "
    "The security token included in the request is invalid.",
    broken="pipecat-0.0.52",
    cured="pipecat-0.0.53",
)


def row_for(release: str, clause: str, case: str) -> Row | None:
    """Return the row of *release* that says what a cell shows, ``None`` if none does."""
    return next((row for row in TABLES[release] if row.is_about(clause, case)), None)
