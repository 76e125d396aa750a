"""Sound clients of every shape: nothing is found, and nothing is left unjudged."""

from __future__ import annotations

import pytest

from pytest_polly.clauses import CLAUSES
from pytest_polly.contract import CredentialContract
from pytest_polly.modes import MODES
from pytest_polly.sources import SOURCES

from . import sound_clients
from .conftest import Ask
from .contract_runs import run

#: Both are asked everything.
EXEMPLARY = (sound_clients.TestExemplary, sound_clients.TestAsynchronous)
#: Of the others a selection is asked.
SELECTION = {
    "modes": ("long-term", "role", "expired-token", "partial", "none", "throttled"),
    "sources": ("explicit", "environment", "assume-role"),
}


@pytest.mark.parametrize("contract", EXEMPLARY)
def test_an_exemplary_client_passes_everything(
    contract: type[CredentialContract], pytester: pytest.Pytester
) -> None:
    cells = run(pytester, contract)[contract.__name__]
    assert {told.outcome for told in cells.values()} == {"passed"}
    there_are = [(clause, case) for clause in CLAUSES.values() for case in clause.cases]
    assert {case.mode for _, case in there_are} == set(MODES)
    assert {case.source for _, case in there_are} == set(SOURCES)
    asked = {
        f"{clause.name}[{case.id}]" for clause, case in there_are if not SOURCES[case.source].unavailable()
    }
    assert set(cells) == asked


@pytest.mark.parametrize("contract", [one for one in sound_clients.SOUND if one not in EXEMPLARY])
def test_a_sound_client_of_any_shape_passes(contract: type[CredentialContract], ask: Ask) -> None:
    cells = ask(type(contract.__name__, (contract,), SELECTION))
    assert {told.outcome for told in cells.values()} == {"passed"}
    assert {name.partition("[")[0] for name in cells} == set(CLAUSES)
