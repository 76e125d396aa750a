"""The catalogue of modes: what credentials a client is given, and what AWS answers to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from . import mint
from .gate import Credentials, errors, statement
from .gate.errors import Fault, Sureness, Words
from .gate.policy import Document, Effect

#: How the credentials of a mode come into being: an IAM user's access key, a session of that user
#: (GetSessionToken), a session of a role, or not at all.
Kind = Literal["user", "session", "role", "nothing"]
Given = Callable[[Credentials, Callable[[], Credentials]], Credentials]

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Expected:
    """What AWS answers in a case."""

    #: Whether it is audio, and no refusal.
    ok: bool
    #: The HTTP status of a refusal.
    status: int | None = None
    #: AWS's code for it.
    code: str | None = None
    #: A regular expression for the whole of its message.
    message: str | None = None
    #: How well all this is known, by a mark.
    sure: Sureness | None = None
    #: botocore's exceptions where it refuses before any call; where ``code`` is set too, either may happen.
    refused_by_sdk: tuple[str, ...] = ()

    def matches(self, status: int, code: str | None, message: str | None) -> bool:
        """Tell whether an answer is the one expected."""
        if self.ok:
            return code is None
        return (
            (status, code) == (self.status, self.code)
            and self.message is not None
            and re.fullmatch(self.message, message or "", re.DOTALL) is not None
        )


def _as_issued(credentials: Credentials, another: Callable[[], Credentials]) -> Credentials:
    return credentials


def _without_token(credentials: Credentials, another: Callable[[], Credentials]) -> Credentials:
    return replace(credentials, session_token=None)


def _with_others_token(credentials: Credentials, another: Callable[[], Credentials]) -> Credentials:
    return replace(credentials, session_token=another().session_token)


def _with_others_secret(credentials: Credentials, another: Callable[[], Credentials]) -> Credentials:
    return replace(credentials, secret_access_key=mint.secret_access_key())


def _with_unknown_key(credentials: Credentials, another: Callable[[], Credentials]) -> Credentials:
    return replace(credentials, access_key_id=mint.access_key_id(mint.LONG_TERM))


def _without_secret(credentials: Credentials, another: Callable[[], Credentials]) -> Credentials:
    return replace(credentials, secret_access_key=None)


@dataclass(frozen=True)
class Mode:
    """One state of the credentials a client is given."""

    name: str
    #: What the client is given, in a few words.
    summary: str
    kind: Kind
    #: What AWS finds wrong, ``None`` if it answers with audio.
    fault: Fault | None = None
    #: How what the client is given differs from what was issued.
    given: Given = _as_issued
    #: What the policies of whoever the credentials belong to say.
    allows: tuple[str, ...] = ("polly:*",)
    denies: tuple[str, ...] = ()
    #: How long from now temporary credentials are good for.
    lifetime: timedelta = _HOUR
    active: bool = True
    #: How far AWS's clock is ahead of the client's.
    skew: timedelta = timedelta(0)
    #: What Polly answers throughout, whoever asks.
    failing: Words | None = None
    refused_by_sdk: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether a sound client speaks in this mode."""
        return self.fault is None and self.failing is None and not self.refused_by_sdk

    @property
    def policies(self) -> list[Document]:
        said: tuple[tuple[Effect, tuple[str, ...]], ...] = (
            ("Allow", self.allows),
            ("Deny", self.denies),
        )
        return [statement(effect, *actions) for effect, actions in said if actions]

    @property
    def expected(self) -> Expected:
        words = self.fault.rest_json if self.fault else self.failing
        if words is None:
            return Expected(ok=self.valid, refused_by_sdk=self.refused_by_sdk)
        return Expected(False, words.status, words.code, words.pattern, words.sure, self.refused_by_sdk)


_ALL = (
    Mode("long-term", "an IAM user's access key", "user"),
    Mode("session-token", "temporary credentials with their session token", "session"),
    Mode("role", "nothing but a way to a role", "role"),
    Mode(
        "missing-token",
        "temporary credentials, the session token left out",
        "session",
        errors.TOKEN_MISSING,
        _without_token,
    ),
    Mode(
        "wrong-token",
        "temporary credentials with another session's token",
        "session",
        errors.TOKEN_MISMATCHED,
        _with_others_token,
    ),
    Mode(
        "stray-token",
        "an IAM user's access key with somebody's session token",
        "user",
        errors.TOKEN_UNEXPECTED,
        _with_others_token,
    ),
    Mode(
        "expired-token",
        "temporary credentials past their expiration",
        "session",
        errors.TOKEN_EXPIRED,
        lifetime=-_HOUR,
    ),
    Mode(
        "wrong-secret",
        "an access key with a secret that is not its own",
        "user",
        errors.WRONG_SIGNATURE,
        _with_others_secret,
    ),
    Mode(
        "unknown-key",
        "an access key that no account has",
        "user",
        errors.UNKNOWN_KEY,
        _with_unknown_key,
    ),
    Mode("inactive-key", "a deactivated access key", "user", errors.INACTIVE_KEY, active=False),
    Mode(
        "access-denied",
        "credentials whose policy does not allow Polly",
        "user",
        errors.NOT_ALLOWED,
        allows=("sts:GetCallerIdentity",),
    ),
    Mode(
        "explicit-deny",
        "credentials whose policy denies Polly",
        "user",
        errors.DENIED,
        denies=("polly:*",),
    ),
    Mode(
        "skewed-clock",
        "an access key, on a machine whose clock is 10 minutes behind",
        "user",
        errors.SIGNATURE_EXPIRED,
        skew=timedelta(minutes=10),
    ),
    Mode(
        "partial",
        "an access key id without its secret",
        "user",
        errors.WRONG_SIGNATURE,
        _without_secret,
        # Where awscrt signs, it asserts that there is a secret.
        refused_by_sdk=("PartialCredentialsError", "AssertionError"),
    ),
    Mode("none", "nothing anywhere", "nothing", refused_by_sdk=("NoCredentialsError",)),
    Mode(
        "throttled",
        "an access key, while Polly is busy throughout",
        "user",
        failing=errors.RATE_EXCEEDED,
    ),
    Mode(
        "unavailable",
        "an access key, while Polly fails throughout",
        "user",
        failing=errors.SERVICE_FAILURE,
    ),
)

MODES: dict[str, Mode] = {mode.name: mode for mode in _ALL}

VALID = tuple(mode.name for mode in _ALL if mode.valid)
INVALID = tuple(mode.name for mode in _ALL if not mode.valid and mode.failing is None)

#: What a marker without modes stands for.
CORE = ("long-term", "session-token", "missing-token", "expired-token", "role")
