"""Each clause and each condition of the judging that is taken away is missed by a client of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from .mutants import INDISTINGUISHABLE, MUTANTS, Mutant, conditions, noticed, reached


@pytest.fixture(autouse=True)
def _where_a_client_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.filterwarnings("ignore:connecting with:UserWarning")
@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_is_noticed(mutant: Mutant) -> None:
    assert noticed(mutant) is not None


@pytest.mark.filterwarnings("ignore:connecting with:UserWarning")
def test_nothing_is_noticed_where_nothing_is_missing() -> None:
    conditions_met, wrong = reached()
    assert conditions_met
    assert wrong == []


def test_what_cannot_be_told_is_there() -> None:
    assert set(INDISTINGUISHABLE) <= set(conditions())
