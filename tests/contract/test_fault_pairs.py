"""Clients with two faults: both are found, but for a few pairs of which one hides the other."""

from __future__ import annotations

import os
import sys
from itertools import combinations
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from pytest_polly.contract import CredentialContract
from pytest_polly.findings import DIAGNOSES

from . import broken_clients as broken
from .broken_clients import Broken, Narrator
from .conftest import Ask
from .contract_runs import findings

# Faults that leave room for others: each goes wrong in a corner of its own ---------------------


class StumblesByProfileName(Narrator):
    def ask(self, text: str, polly: Any) -> Any:
        audio = super().ask(text, polly)
        return audio.decode_mp3() if "profile_name" in self.given else audio


class IsSilentByProfileName(Narrator):
    def ask(self, text: str, polly: Any) -> Any:
        audio = super().ask(text, polly)
        return b"" if "profile_name" in self.given else audio


class IsSilentByProfile(Narrator):
    def ask(self, text: str, polly: Any) -> Any:
        audio = super().ask(text, polly)
        return b"" if "AWS_PROFILE" in os.environ else audio


class SwallowsDenials(Narrator):
    def fail(self, error: Exception) -> Any:
        return b"" if _is(error, "AccessDeniedException") else super().fail(error)


class ExitsOnExpiry(Narrator):
    def fail(self, error: Exception) -> Any:
        return sys.exit() if _is(error, "ExpiredTokenException") else super().fail(error)


class RetriesSignature(broken.Retries):
    def worth_retrying(self, error: ClientError) -> bool:
        return _is(error, "InvalidSignatureException")


def _is(error: Exception, code: str) -> bool:
    return isinstance(error, ClientError) and bool(error.response["Error"]["Code"] == code)


# Pairs ----------------------------------------------------------------------------------------


class Symptom(NamedTuple):
    """A fault, and a case in which it shows."""

    change: type[Narrator]
    mode: str
    source: str


SYMPTOMS = {
    "session-token-dropped": Symptom(broken.DropsToken, "session-token", "explicit"),
    "explicit-ignored": Symptom(broken.PrefersAmbient, "long-term", "explicit"),
    "ambient-ignored": Symptom(broken.RequiresKeysSomewhere, "long-term", "profile"),
    "wrong-identity": Symptom(broken.IgnoresProfileName, "long-term", "profile-name"),
    "credentials-altered": Symptom(broken.CutsToken, "session-token", "explicit"),
    "sources-mixed": Symptom(broken.CompletesFromEnvironment, "long-term", "explicit"),
    "credentials-frozen": Symptom(broken.Freezes, "role", "assume-role"),
    "torn-credentials": Symptom(broken.ReadsPartByPart, "role", "assume-role"),
    "does-not-speak": Symptom(StumblesByProfileName, "long-term", "profile-name"),
    "empty-audio": Symptom(IsSilentByProfile, "long-term", "profile"),
    "answered-from-cache": Symptom(broken.PlaysRecordingOfHalfAPair, "partial", "environment"),
    "error-swallowed": Symptom(SwallowsDenials, "access-denied", "environment"),
    "process-exited": Symptom(ExitsOnExpiry, "expired-token", "environment"),
    "error-code-lost": Symptom(broken.LosesCode, "unknown-key", "environment"),
    "wrong-error-type": Symptom(broken.RaisesAnother, "unknown-key", "environment"),
    "auth-error-retried": Symptom(RetriesSignature, "wrong-secret", "environment"),
    "environment-changed": Symptom(broken.SetsVariable, "long-term", "environment"),
    "secret-leaked": Symptom(broken.LogsWhatItIsGiven, "wrong-secret", "explicit"),
}

HALF_A_PAIR = Symptom(broken.CompletesFromEnvironment, "partial", "explicit")
#: Where one would get in the other's way, the other takes this shape.
INSTEAD = {
    ("session-token-dropped", "credentials-altered"): Symptom(broken.LowersSecret, "long-term", "explicit"),
    ("session-token-dropped", "sources-mixed"): HALF_A_PAIR,
    ("credentials-altered", "sources-mixed"): HALF_A_PAIR,
    ("wrong-identity", "does-not-speak"): Symptom(broken.Stumbles, "long-term", "environment"),
    ("ambient-ignored", "empty-audio"): Symptom(IsSilentByProfileName, "long-term", "profile-name"),
}

#: Pairs of which one hides the other, with the one that is seen.
HIDDEN = {
    # A client that never takes a role never renews it either.
    ("ambient-ignored", "credentials-frozen"): "ambient-ignored",
    ("ambient-ignored", "torn-credentials"): "ambient-ignored",
    # What is read anew for each request is not frozen.
    ("credentials-frozen", "torn-credentials"): "torn-credentials",
}


def _pairs(first: str) -> list[tuple[str, str]]:
    return [pair for pair in combinations(SYMPTOMS, 2) if pair[0] == first]


def _client(pair: tuple[str, str]) -> type[CredentialContract]:
    one, other = SYMPTOMS[pair[0]], INSTEAD.get(pair, SYMPTOMS[pair[1]])
    name = f"Test{one.change.__name__}And{other.change.__name__}"
    members = {
        "client": type(name, (one.change, other.change), {}),
        "modes": tuple(dict.fromkeys((one.mode, other.mode))),
        "sources": tuple(dict.fromkeys((one.source, other.source))),
    }
    return type(name, (Broken,), members)


def test_all_faults_are_paired() -> None:
    assert set(SYMPTOMS) == set(DIAGNOSES)
    assert {*INSTEAD, *HIDDEN} <= set(combinations(SYMPTOMS, 2))


@pytest.mark.parametrize("first", list(SYMPTOMS)[:-1])
def test_of_two_faults_both_are_found(first: str, ask: Ask) -> None:
    pairs = _pairs(first)
    found = {pair: findings(ask(_client(pair))) for pair in pairs}
    assert found == {pair: {HIDDEN[pair]} if pair in HIDDEN else set(pair) for pair in pairs}
