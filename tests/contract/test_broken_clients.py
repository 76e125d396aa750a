"""A client with one fault: just that is found, in every cell in which it can show and in no other."""

from __future__ import annotations

import pytest

from pytest_polly.findings import DIAGNOSES

from .broken_clients import FAULTS, Fault
from .conftest import Ask
from .contract_runs import findings, run, where


def test_every_diagnosis_has_a_client_that_deserves_it() -> None:
    assert {fault.finding for fault in FAULTS} == set(DIAGNOSES)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.finding}-{fault.name}")
def test_just_that_fault_is_found_wherever_it_can_show(fault: Fault, ask: Ask) -> None:
    cells = ask(fault.make())
    assert findings(cells) == {fault.finding}
    assert where(cells, fault.finding) == fault.where


def test_pytest_tells_the_same(ask: Ask, pytester: pytest.Pytester) -> None:
    """Whether a cell is asked by pytest, and read from its report, or directly."""
    [fault] = [fault for fault in FAULTS if fault.name == "KnowsNoToken"]
    contract = fault.make()
    assert run(pytester, contract)[contract.__name__] == ask(contract)
