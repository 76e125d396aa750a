"""Each check that is taken away is missed by a test of this folder."""

from __future__ import annotations

import pytest

from .mutants import MUTANTS, Mutant, noticed


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_mutant_is_noticed(mutant: Mutant) -> None:
    assert noticed(mutant)


def test_nothing_is_noticed_where_nothing_is_missing() -> None:
    """Otherwise a test that cannot even be called would notice everything."""
    for trials in {mutant.trials for mutant in MUTANTS}:
        ready = list(trials())
        assert ready
        ready[0]()
