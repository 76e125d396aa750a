"""Whatever is sent to the server, it goes on answering, and lets in nothing but what was signed.

``python -m tests.fuzz.http --requests 100000`` tries more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from pytest_polly.gate import checks
from pytest_polly.wire import server
from pytest_polly.wire.server import Server

from .http import Behind, as_bytes, behind_http


@pytest.fixture
def behind() -> Iterator[Behind]:
    """One for each test: what one has broken may still be answering when the next begins."""
    pytest.importorskip("waitress")
    with behind_http() as made:
        yield made


def test_bytes_that_nobody_means_to_send(behind: Behind) -> None:
    random = Random(1)
    assert [wrong for _ in range(200) for wrong in behind.trial(random)] == []
    assert behind.exchange(as_bytes(behind.sound())).startswith(b"HTTP/1.1 200")


def test_it_notices_who_should_not_be_let_in(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tuple(one for one in checks.CHECKS if one is not checks.signature_matches)
    monkeypatch.setattr(checks, "CHECKS", kept)
    assert any(behind.trial(Random(seed)) for seed in range(200))


def test_it_notices_a_server_that_stumbles(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "CHECKS", (lambda arrival: arrival.request.no_such_thing,))
    behind.exchange(as_bytes(replace(behind.sound(), path="/v1/voices", method="GET")))
    (stumbled,) = behind.stumbled
    assert "fell over" in stumbled
    assert "no_such_thing" in stumbled


def test_it_notices_a_server_that_falls(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before or after the account has had its say."""
    monkeypatch.setattr(Server, "_addressed", lambda self, request: 1 / 0)
    monkeypatch.setattr(server, "fallen_over", lambda request, error: 1 / 0)
    behind.exchange(as_bytes(replace(behind.sound(), path="/v1/voices", method="GET")))
    assert behind.stumbled == ["Exception while serving /v1/voices"]
