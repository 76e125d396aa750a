"""Clients that go wrong, or seem to, in corners where no other client of this folder does.

Each is asked one cell; what is found in it is said beside it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, ClassVar

from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from pytest_polly.cases import Case
from pytest_polly.clauses import CLAUSES
from pytest_polly.contract import CredentialContract

from . import sound_clients
from .broken_clients import (
    _KEYS,
    Broken,
    Freezes,
    LosesCode,
    Narrator,
    RaisesAnother,
    UsesItsOwnKey,
    _polly,
)
from .contract_runs import session
from .sound_clients import NarratorError

SPEAKS = "test_speaks_with_valid_credentials"
RAISES = "test_raises_with_invalid_credentials"
NAMES = "test_error_names_the_cause"
MIXES = "test_does_not_mix_sources"
RENEWS = "test_renews_role_credentials"
SURVIVES = "test_survives_throttling"
SHARES = "test_is_safe_to_share"

#: A class, the cell, and what is found.
Row = tuple[type[CredentialContract], str, str, tuple[str, ...]]
_rows: list[Row] = []


def found(clause: str, case: str, *findings: str, **members: Any) -> Any:
    """Note what is found in a cell of a client, whose contract has *members*."""

    def note(client: type[Narrator]) -> type[Narrator]:
        asked = type(client.__name__, (Broken,), {"client": client, **members})
        _rows.append((asked, clause, case, findings))
        return client

    return note


def cells() -> Iterator[tuple[type[CredentialContract], str, Case, tuple[str, ...]]]:
    for asked, clause, name, findings in _rows:
        yield asked, clause, next(case for case in CLAUSES[clause].cases if case.id == name), findings


# What is raised -------------------------------------------------------------------------------


@found(NAMES, "access-denied-environment")
class Chains(Narrator):
    def fail(self, error: Exception) -> Any:
        raise NarratorError("cannot speak") from error


@found(NAMES, "access-denied-environment")
class ChainsByTheWay(Narrator):
    def fail(self, error: Exception) -> Any:
        raise NarratorError("cannot speak")


@found(NAMES, "none-environment", "error-code-lost", "wrong-error-type")
class LosesAll(LosesCode):
    def fail(self, error: Exception) -> Any:
        raise RuntimeError("cannot speak") from None


@found(NAMES, "access-denied-environment", "wrong-error-type", error=(NarratorError, OSError))
class PromisesSeveral(RaisesAnother):
    pass


@found(NAMES, "missing-token-explicit", error=None)
class KnowsPrefixes(Narrator):
    """Refuses by itself what AWS would refuse."""

    def accept(self) -> dict[str, str]:
        given = super().accept()
        if given.get("aws_access_key_id", "").startswith("ASIA") and "aws_session_token" not in given:
            raise NarratorError("a session wants its token")
        return given


@found(NAMES, "partial-explicit", "wrong-error-type")
class Asserts(Narrator):
    def accept(self) -> dict[str, str]:
        given = super().accept()
        assert given.keys() != {"aws_access_key_id"}, "no secret"
        return given


# Before any call ------------------------------------------------------------------------------


class _RaisesForToken(Narrator):
    raised: ClassVar[Exception]

    def accept(self) -> dict[str, str]:
        if "aws_session_token" in self.given:
            raise self.raised
        return super().accept()


@found(SPEAKS, "session-token-explicit", "explicit-ignored")
class RaisesTypeError(_RaisesForToken):
    raised = TypeError("a str is no bytes")


@found(SPEAKS, "session-token-explicit", "explicit-ignored")
class RaisesOverToken(_RaisesForToken):
    raised = ValueError("aws_session_token is too long")


@found(SPEAKS, "long-term-explicit", "explicit-ignored")
class WantsToken(Narrator):
    def accept(self) -> dict[str, str]:
        if self.given and "aws_session_token" not in self.given:
            raise TypeError("aws_session_token is missing")
        return super().accept()


@found(SPEAKS, "long-term-environment", "ambient-ignored")
class FindsNothing(Narrator):
    def accept(self) -> dict[str, str]:
        raise NarratorError("Unable to locate credentials")


@found(SPEAKS, "long-term-explicit", "does-not-speak")
class GivesUpAfterAsking(Narrator):
    def connect(self) -> Any:
        if self.given:
            session().client("sts", **self.accept()).get_caller_identity()
            raise NarratorError("who is that?")
        return super().connect()


# Who signs ------------------------------------------------------------------------------------


@found(SPEAKS, "long-term-explicit", "explicit-ignored")
@found(SPEAKS, "long-term-environment", "ambient-ignored")
class SignsNothing(Narrator):
    def connect(self) -> Any:
        return session().client("polly", config=Config(signature_version=UNSIGNED))


@found(MIXES, "explicit-long-term-beside-ambient-session", "explicit-ignored")
class ConfusedByCompany(Narrator):
    def accept(self) -> dict[str, str]:
        if self.given and "AWS_SESSION_TOKEN" in os.environ:
            raise NarratorError("which one?")
        return super().accept()


class _TakesFromEnvironment(Narrator):
    taken: ClassVar[tuple[str, ...]]

    def accept(self) -> dict[str, str]:
        given = super().accept()
        if "aws_access_key_id" in given:
            given |= {name: os.environ[name.upper()] for name in self.taken if name.upper() in os.environ}
        return given


@found(MIXES, "explicit-long-term-beside-ambient-session", "sources-mixed")
class TakesKeyFromEnvironment(_TakesFromEnvironment):
    taken = _KEYS[:1]


@found(MIXES, "explicit-session-beside-ambient-long-term", "sources-mixed")
@found(
    MIXES,
    "explicit-long-term-beside-ambient-session",
    "explicit-ignored",
    "session-token-dropped",
)
class TakesPairFromEnvironment(_TakesFromEnvironment):
    taken = _KEYS[:2]


@found(SURVIVES, "throttled-environment", "wrong-identity")
class FallsBackToItsOwnKey(Narrator):
    def fail(self, error: Exception) -> Any:
        return UsesItsOwnKey().say("Hello.")


@found(SURVIVES, "throttled-once-environment", "error-swallowed")
class FallsSilentWhenBusy(Narrator):
    def connect(self) -> Any:
        return session(**self.accept()).client("polly", config=Config(retries={"total_max_attempts": 1}))

    def fail(self, error: Exception) -> Any:
        self.say("Hello.")
        return b""


# A role's sessions ----------------------------------------------------------------------------


class _Kept(Narrator):
    """Keeps the first credentials that it found, and looks what there is now."""

    first: Any = None

    def speak(self, text: str) -> Any:
        found_ = self.found = getattr(self, "found", None) or session(**self.accept()).get_credentials()
        if found_ is None:
            return super().speak(text)
        now = found_.get_frozen_credentials()
        self.first = self.first or now
        parts = zip(_KEYS, self.parts(self.first, now), strict=True)
        return self.ask(text, _polly({name: part for name, part in parts if part}))

    def parts(self, first: Any, now: Any) -> tuple[str, ...]:
        raise NotImplementedError


@found(SHARES, "role-assume-role", "torn-credentials")
class TearsSecret(_Kept):
    def parts(self, first: Any, now: Any) -> tuple[str, ...]:
        return (first.access_key, now.secret_key, first.token)


@found(SHARES, "role-assume-role", "torn-credentials")
class TearsToken(_Kept):
    def parts(self, first: Any, now: Any) -> tuple[str, ...]:
        return (first.access_key, first.secret_key, now.token)


@found(RENEWS, "role-assume-role", "credentials-altered")
class KeepsAndAlters(_Kept):
    def parts(self, first: Any, now: Any) -> tuple[str, ...]:
        altered = first.secret_key if first is now else first.secret_key.swapcase()
        return (first.access_key, altered, first.token)


@found(SHARES, "role-assume-role")
class TiresOfIt(Freezes):
    """Speaks with a key of its own from the second time on: wrong, but nothing is torn."""

    spoken = 0

    def speak(self, text: str) -> Any:
        self.spoken += 1
        return super().speak(text) if self.spoken == 1 else UsesItsOwnKey().say(text)


@found(RENEWS, "role-assume-role", "does-not-speak")
class StumblesLater(Narrator):
    spoken = 0

    def ask(self, text: str, polly: Any) -> Any:
        self.spoken += 1
        audio = super().ask(text, polly)
        return audio if self.spoken < 3 else audio.decode_mp3()


@found(RENEWS, "role-assume-role", "answered-from-cache")
class PlaysWhatItHasInTheEnd(Narrator):
    """Has recorded all that it needs after two texts."""

    recorded: tuple[Any, ...] = ()

    def say(self, text: str) -> Any:
        if len(self.recorded) < 2:
            self.recorded += (super().say(text),)
        return self.recorded[-1]


@found(RENEWS, "role-assume-role", "does-not-speak")
class SpeaksButOnce(Narrator):
    """Is used up by speaking, which has nothing to do with what its credentials are worth."""

    def say(self, text: str) -> Any:
        if self.polly is not None:
            raise NarratorError("I have spoken")
        return super().say(text)


_rows.append((sound_clients.TestRenewingByItself, RENEWS, "role-assume-role", ()))


# Half a key pair, and nothing at all ------------------------------------------------------------


@found(RAISES, "partial-explicit")
@found(NAMES, "partial-explicit")
class ThroughSession(Narrator):
    """Gives half a key pair to a session, which takes it."""

    def connect(self) -> Any:
        return session(**self.accept()).client("polly")


@found(NAMES, "none-environment")
class OfItsOwnWords(Narrator):
    """Raises its own error where there are no credentials, and names nothing of the SDK's."""

    def connect(self) -> Any:
        if session(**self.accept()).get_credentials() is None:
            raise NarratorError("log in first")
        return super().connect()


# Its SDK sets its clock by AWS's ----------------------------------------------------------------


class SetsItsClock(Broken):
    def synthesize(self, client: Any, text: str) -> Any:
        try:
            return client.say(text)
        except NarratorError as error:
            if not isinstance(error.__cause__, ClientError) or not self.account.clock.skew:
                raise
            self.account.clock.skew *= 0
            return client.say(text)


_rows += [(SetsItsClock, clause, "skewed-clock-explicit", ()) for clause in (RAISES, NAMES)]
