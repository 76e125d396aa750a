"""Of several things wrong with one request AWS answers to the first it finds: all pairs of them."""

from __future__ import annotations

import re

import pytest

from pytest_polly.gate import Arrival, authenticate

from .attempts import FLAWS, IMPOSSIBLE, RANKS, Flaw, Service, Way, attempt, possible, rank_of

DOORS: tuple[tuple[Service, Way], ...] = (("polly", "header"), ("polly", "query"), ("sts", "header"))
#: What follows the list of what is missing.
ENDINGS = ("(Hashed with SHA-256", "Authorization=", "Re-examine the query-string parameters.")


def hold(service: Service, way: Way, *flaws: Flaw) -> None:
    """Make an attempt with these flaws, and hold the answer against what the first of them calls for."""
    made = attempt(service, way, *flaws)
    request, response = made.send()
    message = response.message or ""
    rank = RANKS[min(map(rank_of, flaws))]
    decisive = [flaw for flaw in rank if flaw in flaws]
    if decisive == [FLAWS["unknown path"]]:
        assert (response.status, response.error_code) == (404, "UnknownOperationException")
        return
    if decisive == [FLAWS["not allowed"]]:
        assert response.error_code in ("AccessDenied", "AccessDeniedException")
        assert "is not authorized to perform" in message
        return

    fault = decisive[0].fault
    assert fault is not None
    call = made.account.calls[-1]
    found = authenticate(Arrival(request, made.door, made.account._directory.keys, call.time))
    assert found is not None
    assert found.fault is fault, f"{found.fault.name} instead of {fault.name}"
    words = fault.words(made.door.dialect)
    assert (response.status, response.error_code) == (words.status, words.code)
    assert re.fullmatch(words.pattern, message)

    sent = request.header("x-amz-date") or dict(request.query_pairs()).get("X-Amz-Date", "")
    facts = {"service": service, "sent": sent, "day": sent[:8]}
    said = "".join(flaw.complaint.format(**facts) for flaw in decisive)
    if said:
        assert message.startswith(said)
        assert message == said or message.removeprefix(said).startswith(ENDINGS)


def names(way: Way) -> list[str]:
    return [name for name, flaw in FLAWS.items() if way in flaw.ways]


@pytest.mark.parametrize(("service", "way"), DOORS)
def test_a_sound_attempt_is_let_in(service: Service, way: Way) -> None:
    request, response = attempt(service, way).send()
    assert (response.status, response.error_code) == (200, None)
    assert request.host.startswith(service)


@pytest.mark.parametrize(
    ("service", "way", "name"),
    [(service, way, name) for service, way in DOORS for name in names(way)],
)
def test_alone_and_with_every_other(service: Service, way: Way, name: str) -> None:
    one = FLAWS[name]
    hold(service, way, one)
    for other in names(way):
        if possible(one, FLAWS[other]):
            hold(service, way, one, FLAWS[other])


@pytest.mark.parametrize("pair", IMPOSSIBLE, ids=lambda pair: "+".join(sorted(pair)))
def test_impossible_pairs_are_of_flaws_there_are(pair: frozenset[str]) -> None:
    assert len(pair) == 2
    assert pair <= FLAWS.keys()
