"""Clients with one fault each, made of a sound one by changing a single step of it.

Each fault tells in which cells of the contract it shows; in all others nothing may be found.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import sys
import warnings
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    PartialCredentialsError,
)

from pytest_polly.cases import Case
from pytest_polly.clauses import CLAUSES
from pytest_polly.contract import CredentialContract
from pytest_polly.modes import INVALID, MODES, VALID
from pytest_polly.sources import SOURCES

from .contract_runs import session
from .sound_clients import SPEECH, NarratorError, Sound

_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_log = logging.getLogger("narrator")


def _polly(given: dict[str, str]) -> Any:
    """Return botocore's client for what is given; of half a key pair botocore makes none."""
    keys = {name: value for name, value in given.items() if name in _KEYS}
    return session(profile_name=given.get("profile_name")).client("polly", **keys)


class Narrator:
    """Sound, and made of steps: what a fault changes is one of these methods."""

    def __init__(self, **given: Any) -> None:
        self.given = {name: value for name, value in given.items() if value}
        self.polly: Any = None

    def accept(self) -> dict[str, str]:
        """Return what is handed on to the SDK."""
        return dict(self.given)

    def connect(self) -> Any:
        return _polly(self.accept())

    def say(self, text: str) -> Any:
        try:
            return self.speak(text)
        except (BotoCoreError, ClientError) as error:
            return self.fail(error)

    def speak(self, text: str) -> Any:
        if self.polly is None:
            self.polly = self.connect()
        return self.ask(text, self.polly)

    def ask(self, text: str, polly: Any) -> Any:
        return polly.synthesize_speech(Text=text, **SPEECH)["AudioStream"].read()

    def fail(self, error: Exception) -> Any:
        raise NarratorError(f"cannot speak: {error}") from error


class Broken(Sound):
    """What every contract of a broken client has in common."""

    client: ClassVar[type[Any]] = Narrator


# Which credentials ----------------------------------------------------------------------------


class DropsToken(Narrator):
    def accept(self) -> dict[str, str]:
        return {name: value for name, value in super().accept().items() if name != "aws_session_token"}


class KnowsNoToken(Narrator):
    """Has no parameter for it, so that Python refuses it."""

    def __init__(
        self,
        profile_name: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
    ) -> None:
        super().__init__(
            profile_name=profile_name,
            aws_access_key_id=aws_access_key_id,
            aws_secret_access_key=aws_secret_access_key,
        )


class Tokenless(Broken):
    """A contract whose signature leaves the token out."""

    def make_client(  # type: ignore[override]
        self,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        profile_name: str | None = None,
    ) -> Any:
        return KnowsNoToken(profile_name, aws_access_key_id, aws_secret_access_key)


class AsksWhoItIsWithoutToken(Narrator):
    """Speaks as it should, but only after asking STS with half of what it was given."""

    def connect(self) -> Any:
        self.sts().get_caller_identity()
        return super().connect()

    def sts(self) -> Any:
        keys = {name: value for name, value in self.given.items() if name in _KEYS[:2]}
        return session(profile_name=self.given.get("profile_name")).client("sts", **keys)


class ReadsPairFromEnvironment(Narrator):
    """Reads the environment by itself, and only half of it."""

    def accept(self) -> dict[str, str]:
        names = _KEYS[:2]
        if not self.given and all(os.environ.get(name.upper()) for name in names):
            return {name: os.environ[name.upper()] for name in names}
        return super().accept()


class CopiesPair(Narrator):
    """Copies key and secret out of whatever the SDK found, each time anew."""

    def speak(self, text: str) -> Any:
        found = session(**self.accept()).get_credentials()
        given = self.accept()
        if found is not None:
            kept = found.get_frozen_credentials()
            given = {"aws_access_key_id": kept.access_key, "aws_secret_access_key": kept.secret_key}
        return self.ask(text, _polly(given))


class IgnoresKeys(Narrator):
    def accept(self) -> dict[str, str]:
        return {name: value for name, value in super().accept().items() if name not in _KEYS}


class PrefersAmbient(Narrator):
    """Uses what it is given only if the environment holds no key."""

    def accept(self) -> dict[str, str]:
        return {} if os.environ.get("AWS_ACCESS_KEY_ID") else super().accept()


class RequiresKeys(Narrator):
    def accept(self) -> dict[str, str]:
        if not {*_KEYS, "profile_name"} & set(self.given):
            raise NarratorError("no keys given")
        return super().accept()


class RequiresKeysSomewhere(Narrator):
    """Looks for keys in its parameters and in the environment; files and roles it has not heard of."""

    def accept(self) -> dict[str, str]:
        if not self.given and not os.environ.get("AWS_ACCESS_KEY_ID"):
            raise NarratorError("no keys found")
        return super().accept()


class UsesItsOwnKey(Narrator):
    """Has a key of its author's built in; this one stands in AWS's documentation."""

    def accept(self) -> dict[str, str]:
        return {
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        }


class IgnoresProfileName(Narrator):
    def accept(self) -> dict[str, str]:
        return {name: value for name, value in super().accept().items() if name != "profile_name"}


class IgnoresProfileVariable(Narrator):
    def accept(self) -> dict[str, str]:
        return {"profile_name": "default"} if os.environ.get("AWS_PROFILE") else super().accept()


class SkipsTheRole(Narrator):
    """Signs with the profile that was to assume the role."""

    def accept(self) -> dict[str, str]:
        given = super().accept()
        others = [name for name in session().available_profiles if name not in ("default", "narrator")]
        return {"profile_name": others[0]} if others and not given else given


class LowersSecret(Narrator):
    def accept(self) -> dict[str, str]:
        given = super().accept()
        if "aws_secret_access_key" in given:
            given["aws_secret_access_key"] = given["aws_secret_access_key"].lower()
        return given


class CutsToken(Narrator):
    """Keeps the token in a column that is too short for it."""

    def accept(self) -> dict[str, str]:
        given = super().accept()
        if "aws_session_token" in given:
            given["aws_session_token"] = given["aws_session_token"][:64]
        return given


class CutsLongToken(Narrator):
    """Keeps the token in a column that is too short only for some."""

    def accept(self) -> dict[str, str]:
        given = super().accept()
        if "aws_session_token" in given:
            given["aws_session_token"] = given["aws_session_token"][:1024]
        return given


class ChecksForm(Narrator):
    """Takes what has neither a slash nor a plus in it for something else than a secret."""

    def accept(self) -> dict[str, str]:
        given = super().accept()
        if not set("/+") & set(given.get("aws_secret_access_key", "/")):
            raise NarratorError("this is no secret access key")
        return given


class CompletesFromEnvironment(Narrator):
    def accept(self) -> dict[str, str]:
        given = super().accept()
        if not any(name in given for name in _KEYS):
            return given
        found = {name: os.environ.get(name.upper()) for name in _KEYS}
        return {**{name: value for name, value in found.items() if value}, **given}


class AddsStrayToken(Narrator):
    """Takes the token of the environment, wherever key and secret come from."""

    def speak(self, text: str) -> Any:
        given, stray = self.accept(), os.environ.get("AWS_SESSION_TOKEN")
        found = session(**given).get_credentials()
        if stray and found is not None and not os.environ.get("AWS_ACCESS_KEY_ID"):
            kept = found.get_frozen_credentials()
            given = dict(zip(_KEYS, (kept.access_key, kept.secret_key, stray), strict=True))
        return self.ask(text, _polly(given))


class Freezes(Narrator):
    def connect(self) -> Any:
        given = self.accept()
        found = session(**given).get_credentials()
        if found is not None:
            given = dict(zip(_KEYS, found.get_frozen_credentials()[:3], strict=True))
        return _polly({name: value for name, value in given.items() if value})


class GivesUpAtExpiry(Freezes):
    """Knows when its credentials expire, and then does nothing about it."""

    found: Any = None

    def connect(self) -> Any:
        self.found = session(**self.accept()).get_credentials()
        self.found.get_frozen_credentials()
        return super().connect()

    def ask(self, text: str, polly: Any) -> Any:
        if self.found.refresh_needed(refresh_in=0):
            raise NarratorError("log in again")
        return super().ask(text, polly)


class ReadsPartByPart(Narrator):
    """Reads key, secret and token of renewable credentials one by one."""

    found: Any = None

    def speak(self, text: str) -> Any:
        self.found = self.found or session(**self.accept()).get_credentials()
        return self.ask(text, self.connect() if self.found is None else _polly(self.parts()))

    def parts(self) -> dict[str, str]:
        parts = (self.found.access_key, self.found.secret_key, self.found.token)
        return {name: part for name, part in zip(_KEYS, parts, strict=True) if part}


# What comes of it -----------------------------------------------------------------------------


class Stumbles(Narrator):
    def ask(self, text: str, polly: Any) -> Any:
        return super().ask(text, polly).decode_mp3()


class StumblesBeforehand(Narrator):
    def connect(self) -> Any:
        raise NarratorError("no loudspeaker")


class WantsNobody(Narrator):
    """Asks for a voice that Polly does not have."""

    def ask(self, text: str, polly: Any) -> Any:
        return polly.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Nobody")


class IsSilent(Narrator):
    def ask(self, text: str, polly: Any) -> Any:
        super().ask(text, polly)
        return b""


class IsSilentUnasked(Narrator):
    def say(self, text: str) -> Any:
        return None


class PlaysRecording(Narrator):
    def say(self, text: str) -> Any:
        return b"recorded"


class PlaysRecordingOfHalfAPair(Narrator):
    def fail(self, error: Exception) -> Any:
        return b"recorded" if isinstance(error, PartialCredentialsError) else super().fail(error)


class PlaysFirstRecording(Narrator):
    """Keeps its first audio, and plays it ever after."""

    spoken: Any = None

    def say(self, text: str) -> Any:
        self.spoken = self.spoken or super().say(text)
        return self.spoken


class Swallows(Narrator):
    def fail(self, error: Exception) -> Any:
        return b""


class SwallowsIntoNone(Narrator):
    def fail(self, error: Exception) -> Any:
        _log.warning("cannot speak")


class Beeps(Narrator):
    """Plays something else instead."""

    def fail(self, error: Exception) -> Any:
        return b"beep" if isinstance(error, ClientError) else super().fail(error)


class Exits(Narrator):
    def fail(self, error: Exception) -> Any:
        sys.exit("cannot speak")


class LosesCode(Narrator):
    def fail(self, error: Exception) -> Any:
        try:
            return super().fail(error)
        except Exception as raised:
            lost = type(raised)
        raise lost("cannot speak") from None


class RaisesAnother(Narrator):
    def fail(self, error: Exception) -> Any:
        try:
            return super().fail(error)
        except NarratorError as raised:
            raise RuntimeError(str(raised)) from raised.__cause__


class Retries(Narrator):
    """Tries whatever fails five times."""

    def ask(self, text: str, polly: Any) -> Any:
        for _ in range(4):
            try:
                return super().ask(text, polly)
            except ClientError as error:
                if not self.worth_retrying(error):
                    raise
        return super().ask(text, polly)

    def worth_retrying(self, error: ClientError) -> bool:
        return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == 403)


class RetriesForever(Narrator):
    def ask(self, text: str, polly: Any) -> Any:
        while True:
            try:
                return super().ask(text, polly)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 403:
                    raise


class SetsVariable(Narrator):
    def accept(self) -> dict[str, str]:
        os.environ["AWS_NARRATOR"] = "here"
        return super().accept()


class ExportsKeys(Narrator):
    """Hands what it is given to the whole process."""

    def connect(self) -> Any:
        if self.given.keys() & set(_KEYS):
            for name in _KEYS:
                os.environ.pop(name.upper(), None)
            os.environ.update({name.upper(): value for name, value in self.accept().items()})
            return _polly({})
        return super().connect()


class WritesFile(Narrator):
    def connect(self) -> Any:
        path = Path(os.environ["AWS_CONFIG_FILE"])
        with path.open("a", encoding="utf-8") as file:
            file.write("# the narrator was here\n")
        return super().connect()


class LogsWhatItIsGiven(Narrator):
    def accept(self) -> dict[str, str]:
        _log.debug("connecting with %s", self.given)
        return super().accept()


class LogsToItself(Narrator):
    """Has a logger that keeps its records to itself, and is made by the way."""

    def accept(self) -> dict[str, str]:
        log = logging.getLogger(f"narrator.{id(self)}")
        log.propagate = False
        log.addHandler(logging.NullHandler())
        log.warning("connecting with %s", self.given)
        return super().accept()


class LogsEnvironment(Narrator):
    def accept(self) -> dict[str, str]:
        _log.info("environment: %r", dict(os.environ))
        return super().accept()


class Prints(Narrator):
    def accept(self) -> dict[str, str]:
        print("connecting with", self.given)
        return super().accept()


class PrintsPastPython(Narrator):
    """Writes to the file descriptor, as an extension in C would."""

    def accept(self) -> dict[str, str]:
        os.write(2, repr(self.given).encode())
        return super().accept()


class Warns(Narrator):
    def accept(self) -> dict[str, str]:
        warnings.warn(f"connecting with {self.given}", UserWarning, stacklevel=1)
        return super().accept()


class ShowsItself(Narrator):
    def __repr__(self) -> str:
        return f"Narrator({self.given})"


class TellsTooMuch(Narrator):
    def fail(self, error: Exception) -> Any:
        raise NarratorError(f"cannot speak with {self.given}: {error}") from error


class WritesDiary(Narrator):
    def accept(self) -> dict[str, str]:
        Path("diary.txt").write_text(str(self.given), encoding="utf-8")
        return super().accept()


class ReplacesDiary(Narrator):
    """Writes as one should: whole or not at all."""

    def accept(self) -> dict[str, str]:
        Path("draft.txt").write_text(str(self.given), encoding="utf-8")
        Path("draft.txt").replace("diary.txt")
        return super().accept()


class KeepsRecords(Narrator):
    def accept(self) -> dict[str, str]:
        with closing(sqlite3.connect("diary.db", isolation_level=None)) as diary:
            diary.execute("CREATE TABLE IF NOT EXISTS given (text)")
            diary.execute("INSERT INTO given VALUES (?)", [str(self.given)])
        return super().accept()


class Talkative(Broken):
    """A contract whose client tells what it was given when it is closed."""

    def make_client(self, profile_name: str | None = None, **credentials: Any) -> Any:
        yield super().make_client(profile_name, **credentials)
        _log.info("closing %s", credentials)


# Where it shows -------------------------------------------------------------------------------

_CLAUSES = {
    "speaks": "test_speaks_with_valid_credentials",
    "raises": "test_raises_with_invalid_credentials",
    "names": "test_error_names_the_cause",
    "mixes": "test_does_not_mix_sources",
    "renews": "test_renews_role_credentials",
    "retries": "test_does_not_retry_rejected_credentials",
    "secrets": "test_keeps_secrets_out_of_sight",
    "shares": "test_is_safe_to_share",
    "leaves": "test_leaves_the_environment_alone",
    "survives": "test_survives_throttling",
    "any": "test_any_well_formed_credentials",
}
assert set(_CLAUSES.values()) == set(CLAUSES)

_ROLE = tuple(name for name, source in SOURCES.items() if source.role)
_GIVEN = ("explicit", "profile-name")
_ELSEWHERE = tuple(name for name in SOURCES if name not in _GIVEN)
_FILES = tuple(name for name in _ELSEWHERE if name not in ("environment", *_ROLE))
_REJECTED = tuple(name for name in INVALID if MODES[name].fault is not None and name != "partial")
_TOKENS = ("wrong-token", "stray-token", "expired-token")


@dataclass(frozen=True)
class Place:
    """Some cells of the contract."""

    clauses: Sequence[str]
    modes: Sequence[str] = tuple(MODES)
    sources: Sequence[str] = tuple(SOURCES)
    #: The ids of scenarios; other cells are meant where there are none.
    ids: Sequence[str] = ()

    def holds(self, clause: str, case: Case) -> bool:
        if clause not in [_CLAUSES[name] for name in self.clauses]:
            return False
        if case.name:
            return case.id in self.ids
        return not self.ids and case.mode in self.modes and case.source in self.sources


def _at(clauses: str, modes: Sequence[str] = tuple(MODES), sources: Sequence[str] = tuple(SOURCES)) -> Place:
    return Place(clauses.split(), modes, sources)


def _mixing(*ids: str) -> Place:
    return Place(["mixes"], ids=ids)


@dataclass(frozen=True)
class Fault:
    """One fault: what is changed, what is to be found, and where."""

    change: type[Narrator]
    finding: str
    shows: tuple[Place, ...]
    #: What the class is asked; a fault that can show anywhere is looked for everywhere.
    modes: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None
    contract: type[Broken] = Broken

    @property
    def name(self) -> str:
        return self.contract.__name__ if self.change is Narrator else self.change.__name__

    def make(self) -> type[CredentialContract]:
        """Return a contract class for a client with this fault."""
        members = {"client": self.change, "modes": self.modes, "sources": self.sources}
        return type(f"Test{self.name}", (self.contract,), members)

    @property
    def where(self) -> set[str]:
        """The cells, of those that are asked, in which it shows."""
        return {
            f"{clause.name}[{case.id}]"
            for clause in CLAUSES.values()
            for case in clause.cases
            if self.modes is None or case.mode in self.modes
            if self.sources is None or case.source in self.sources
            if SOURCES[case.source].unavailable() is None
            if any(place.holds(clause.name, case) for place in self.shows)
        }


#: Enough of both to see where a fault must not show.
_SOME = ("long-term", "session-token", "role", "stray-token", "expired-token", "access-denied", "none")
_FEW = ("long-term", "role", "access-denied", "none")
_AT_HAND = (*_GIVEN, "environment", "assume-role")
_TOKEN_MODES = ("long-term", "session-token", *_TOKENS, "missing-token")
_EXPLICIT = ("explicit",)
_SECRETS = ("long-term", "session-token", "expired-token", "wrong-secret")

_DROPPED = (_at("speaks", ["session-token"], _EXPLICIT), _at("raises names retries", _TOKENS, _EXPLICIT))
_SPEAKS = _at("speaks")
_REFUSED = (
    _at("raises names", INVALID),
    _at("survives", ["throttled", "unavailable"]),
    _mixing("explicit-key-id-beside-ambient-pair"),
)

FAULTS = (
    Fault(DropsToken, "session-token-dropped", _DROPPED, (*VALID, *_TOKENS, "none"), _AT_HAND),
    Fault(Narrator, "session-token-dropped", _DROPPED, _TOKEN_MODES, _EXPLICIT, Tokenless),
    Fault(KnowsNoToken, "session-token-dropped", _DROPPED, _TOKEN_MODES, _EXPLICIT),
    Fault(AsksWhoItIsWithoutToken, "session-token-dropped", _DROPPED, _TOKEN_MODES, _EXPLICIT),
    Fault(
        ReadsPairFromEnvironment,
        "session-token-dropped",
        (
            _at("speaks", ["session-token"], ["environment"]),
            _at("raises names retries", _TOKENS, ["environment"]),
        ),
        _SOME,
        _AT_HAND,
    ),
    Fault(
        CopiesPair,
        "session-token-dropped",
        (_at("speaks", ["session-token", "role"]), _at("raises names retries", _TOKENS)),
        (*VALID, "stray-token"),
    ),
    Fault(
        IgnoresKeys,
        "explicit-ignored",
        (_at("speaks", ["long-term", "session-token"], _EXPLICIT),),
        _SOME,
        _AT_HAND,
    ),
    Fault(
        PrefersAmbient,
        "explicit-ignored",
        (
            _mixing(
                "explicit-long-term-beside-ambient-session",
                "explicit-session-beside-ambient-long-term",
                "explicit-key-id-beside-ambient-pair",
                "profile-name-beside-ambient-pair",
            ),
        ),
        (*_SOME, "partial"),
        _AT_HAND,
    ),
    Fault(RequiresKeys, "ambient-ignored", (_at("speaks", VALID, _ELSEWHERE),), _SOME),
    Fault(RequiresKeysSomewhere, "ambient-ignored", (_at("speaks", VALID, (*_FILES, *_ROLE)),), _SOME),
    Fault(UsesItsOwnKey, "wrong-identity", (_SPEAKS,), _SOME),
    Fault(IgnoresProfileName, "wrong-identity", (_at("speaks", VALID, ["profile-name"]),), _SOME, _AT_HAND),
    Fault(
        IgnoresProfileVariable,
        "wrong-identity",
        (_at("speaks", VALID, ["profile"]),),
        _SOME,
        ("explicit", "profile", "config-file"),
    ),
    Fault(
        SkipsTheRole,
        "wrong-identity",
        (_at("speaks", ["role"], ["assume-role"]),),
        _SOME,
        ("explicit", "environment", "profile", "assume-role", "container"),
    ),
    Fault(
        LowersSecret,
        "credentials-altered",
        (_at("speaks", ["long-term", "session-token"], _EXPLICIT),),
        _SOME,
        _AT_HAND,
    ),
    Fault(
        CutsToken,
        "credentials-altered",
        (_at("speaks", ["session-token"], _EXPLICIT), _at("raises names retries", _TOKENS, _EXPLICIT)),
        _TOKEN_MODES,
        _AT_HAND,
    ),
    Fault(
        CompletesFromEnvironment,
        "sources-mixed",
        (
            _mixing(
                "explicit-long-term-beside-ambient-session",
                "explicit-long-term-beside-stray-token",
                "explicit-key-id-beside-ambient-pair",
            ),
        ),
        (*_SOME, "partial"),
        _AT_HAND,
    ),
    Fault(
        AddsStrayToken,
        "sources-mixed",
        (
            _mixing(
                "explicit-long-term-beside-stray-token",
                "file-beside-stray-token",
                "profile-beside-stray-token",
                "role-beside-stray-token",
            ),
        ),
        ("long-term", "session-token", "role"),
        (*_GIVEN, "environment", "profile", "shared-credentials-file", "assume-role"),
    ),
    Fault(Freezes, "credentials-frozen", (_at("renews"),), (*VALID, "access-denied")),
    Fault(GivesUpAtExpiry, "credentials-frozen", (_at("renews"),), ("role",)),
    Fault(
        ReadsPartByPart, "torn-credentials", (_at("shares"),), VALID, (*_AT_HAND, "container", "web-identity")
    ),
    Fault(Stumbles, "does-not-speak", (_SPEAKS,), _SOME),
    Fault(ChecksForm, "does-not-speak", (_at("any", sources=_EXPLICIT),), _SOME, _AT_HAND),
    Fault(StumblesBeforehand, "does-not-speak", (_SPEAKS,), VALID, _AT_HAND),
    Fault(WantsNobody, "does-not-speak", (_SPEAKS,), VALID, _AT_HAND),
    Fault(IsSilent, "empty-audio", (_SPEAKS,), _SOME),
    Fault(IsSilentUnasked, "empty-audio", (_SPEAKS,), VALID, _AT_HAND),
    Fault(PlaysRecording, "answered-from-cache", (_SPEAKS,), _SOME),
    Fault(
        PlaysRecordingOfHalfAPair,
        "answered-from-cache",
        (_at("raises names", ["partial"]), _mixing("explicit-key-id-beside-ambient-pair")),
        ("long-term", "partial", "none"),
    ),
    Fault(PlaysFirstRecording, "answered-from-cache", (_at("renews"),), ("role",), ("assume-role", "imds")),
    Fault(Swallows, "error-swallowed", _REFUSED, (*_SOME, "partial", "throttled", "unavailable")),
    Fault(SwallowsIntoNone, "error-swallowed", _REFUSED, (*_SOME, "throttled"), _AT_HAND),
    Fault(Beeps, "error-swallowed", _REFUSED, ("long-term", "expired-token", "throttled"), _AT_HAND),
    Fault(Exits, "process-exited", _REFUSED, (*_FEW, "throttled")),
    Fault(LosesCode, "error-code-lost", (_at("names", _REJECTED),), None, (*_AT_HAND, "container")),
    Fault(RaisesAnother, "wrong-error-type", (_at("names", INVALID),), (*_FEW, "partial")),
    Fault(
        Retries,
        "auth-error-retried",
        (_at("raises names retries", _REJECTED),),
        ("long-term", "role", "access-denied", "skewed-clock"),
    ),
    Fault(
        RetriesForever,
        "auth-error-retried",
        (_at("raises names retries", _REJECTED),),
        ("long-term", "expired-token"),
        _AT_HAND,
    ),
    Fault(SetsVariable, "environment-changed", (_at("leaves"),), ("long-term", "role")),
    Fault(ExportsKeys, "environment-changed", (_at("leaves", sources=_EXPLICIT),), _SOME, _AT_HAND),
    Fault(WritesFile, "environment-changed", (_at("leaves"),), ("long-term", "role"), _AT_HAND),
    Fault(LogsWhatItIsGiven, "secret-leaked", (_at("secrets", sources=_EXPLICIT),), _SECRETS, _AT_HAND),
    Fault(LogsEnvironment, "secret-leaked", (_at("secrets", sources=["environment"]),), _SECRETS, _AT_HAND),
    Fault(Prints, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT),
    Fault(PrintsPastPython, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT),
    Fault(Warns, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT),
    Fault(ShowsItself, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT),
    Fault(
        TellsTooMuch,
        "secret-leaked",
        (_at("secrets", ["expired-token", "wrong-secret"]),),
        _SECRETS,
        _EXPLICIT,
    ),
    Fault(WritesDiary, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT),
    Fault(ReplacesDiary, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT),
    Fault(KeepsRecords, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT),
    Fault(LogsToItself, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT),
    Fault(Narrator, "secret-leaked", (_at("secrets"),), _SECRETS, _EXPLICIT, Talkative),
)
