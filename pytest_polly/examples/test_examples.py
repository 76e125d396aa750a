"""The contract over the example clients. What the broken ones fail in is listed as known."""

from __future__ import annotations

from typing import Any

from pytest_polly.contract import CredentialContract
from pytest_polly.examples import clients

_DROPS = "knows no session tokens, so it drops them"


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
    deviations = {
        "test_speaks_with_valid_credentials[session-token-explicit]": _DROPS,
        **{
            f"{clause}[{mode}-explicit]": _DROPS
            for clause in (
                "test_raises_with_invalid_credentials",
                "test_error_names_the_cause",
                "test_does_not_retry_rejected_credentials",
            )
            for mode in ("wrong-token", "stray-token", "expired-token")
        },
    }

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
