"""The contract over the example clients. What the broken ones fail in is listed as known."""

from __future__ import annotations

from typing import Any

from pytest_polly.contract import CredentialContract
from pytest_polly.examples import clients


class _Contract(CredentialContract):
    error = clients.NarratorError

    def synthesize(self, client: clients.Narrator, text: str) -> bytes:
        return client.say(text)


class TestNarrator(_Contract):
    def make_client(self) -> clients.Narrator:
        return clients.Narrator()


class TestTokenNarrator(_Contract):
    def make_client(self, **credentials: Any) -> clients.Narrator:
        return clients.TokenNarrator(**credentials)


class TestKeyNarrator(_Contract):
    deviations = dict.fromkeys(
        (
            "test_speaks_with_valid_credentials[session-token-explicit]",
            "*[wrong-token-explicit]",
            "*[stray-token-explicit]",
            "*[expired-token-explicit]",
        ),
        "knows no session tokens, so it drops them",
    )

    def make_client(self, **credentials: Any) -> clients.Narrator:
        return clients.KeyNarrator(**credentials)


class TestFrozenNarrator(_Contract):
    deviations = {
        "test_renews_role_credentials[*]": "keeps the credentials it found first",
    }

    def make_client(self) -> clients.Narrator:
        return clients.FrozenNarrator()


class TestMixingNarrator(_Contract):
    deviations = {
        "test_does_not_mix_sources[explicit-long-term-beside-*]": "adds a token from elsewhere",
        "test_does_not_mix_sources[explicit-key-id-beside-*]": "adds a secret from elsewhere",
    }

    def make_client(self, **credentials: Any) -> clients.Narrator:
        return clients.MixingNarrator(**credentials)
