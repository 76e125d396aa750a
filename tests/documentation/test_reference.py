"""What is public is in the reference, and what is in the reference is public."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import re

import pytest

import pytest_polly
from pytest_polly import Account, plugin
from pytest_polly.clauses import CLAUSES
from pytest_polly.contract import CredentialContract

from .pages import DOCS

#: What other parts of the kit ask of an account, and tests need not.
_FOR_THE_KIT = {"another", "case", "case_at_hand", "issued", "place_of", "role_sessions", "sound_mode"}


def _reference(name: str) -> str:
    return (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")


def _members(directive: str) -> set[str]:
    """Return the names after ``:members:`` below *directive*."""
    found = re.search(rf"{re.escape(directive)}\n   :members: (.*)\n", _reference("contract"))
    assert found is not None
    return set(found[1].split(", "))


def test_every_public_name_is_in_the_reference() -> None:
    told = set(re.findall(r"\.\. auto(?:class|exception):: (\w+)", _reference("account")))
    assert set(pytest_polly.__all__) <= told
    for name in pytest_polly.__all__:
        assert inspect.getdoc(getattr(pytest_polly, name)), name


def test_everything_a_test_can_ask_of_an_account_is_in_the_reference() -> None:
    told = re.findall(r"   \.\. auto(?:attribute|method|property):: (\w+)", _reference("account"))
    assert len(told) == len(set(told))
    assert set(told) == {name for name in (*dir(Account), *vars(Account())) if name[0] != "_"} - _FOR_THE_KIT


def test_everything_of_a_contract_class_is_in_the_reference() -> None:
    told = _members(".. autoclass:: pytest_polly.contract.CredentialContract")
    public = {name for name in (*dir(CredentialContract), "account") if name[0] != "_"}
    assert told == public - set(CLAUSES)


@pytest.mark.parametrize("name", pytest_polly.__all__)
def test_every_public_member_says_what_it_is_for(name: str) -> None:
    cls = getattr(pytest_polly, name)
    own = [
        one
        for one in vars(cls).items()
        if one[0][0] != "_" and (callable(one[1]) or isinstance(one[1], property))
    ]
    assert [one for one, value in own if not inspect.getdoc(value)] == []


def test_every_setting_is_in_the_table() -> None:
    rows = re.findall(r"^\| `(polly_(?:report|live)\w*)` \|", _reference("pytest"), re.M)
    assert rows == ["polly_report", *plugin._LIVE]


def test_every_fixture_is_in_the_table() -> None:
    fixtures = {name for name, value in vars(plugin).items() if _is_fixture(value)}
    assert {f"polly_{name}" for name in ("account", "server", "role")} <= fixtures
    rows = re.findall(r"^\| `(polly_\w+)` \|", _reference("pytest"), re.M)
    assert {*rows} - {"polly_report", *plugin._LIVE} == fixtures


def _is_fixture(value: object) -> bool:
    return type(value).__name__ == "FixtureFunctionDefinition" or hasattr(value, "_pytestfixturefunction")


def test_every_extra_is_in_the_table() -> None:
    extras = importlib.metadata.metadata("pytest-polly").get_all("Provides-Extra") or []
    rows = re.findall(r"^\| `(\w+)` \| \w+ \| ", _reference("pytest"), re.M)
    assert set(rows) == {*extras} - {"dev", "docs"}


def test_every_step_of_the_state_machine_is_in_the_reference() -> None:
    pytest.importorskip("hypothesis")
    machine = importlib.import_module("pytest_polly.stateful").CredentialMachine
    own = {name for name, value in vars(machine).items() if name[0] != "_" and inspect.isfunction(value)}
    told = re.findall(r"   \.\. automethod:: (\w+)", _reference("property-tests"))
    assert set(told) == own - {"make_client", "synthesize", "teardown"}


def test_strategies_are_all_shown() -> None:
    """By `automodule`, which goes by ``__all__``."""
    pytest.importorskip("hypothesis")
    strategies = importlib.import_module("pytest_polly.strategies")
    assert ".. automodule:: pytest_polly.strategies\n   :members:" in _reference("property-tests")
    for name in strategies.__all__:
        assert inspect.getdoc(getattr(strategies, name)), name
