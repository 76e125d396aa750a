"""The search for credentials of legal form with which a client goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from math import inf
from typing import Any

import boto3
import pytest
from hypothesis import Phase, settings
from hypothesis.database import InMemoryExampleDatabase

from pytest_polly import asking, wellformed
from pytest_polly.account import Account
from pytest_polly.asking import parameters_for
from pytest_polly.contract import ContractBroken
from pytest_polly.driver import Attempt
from pytest_polly.findings import Finding
from pytest_polly.gate import Credentials
from pytest_polly.wellformed import Trial

from . import broken_clients, sound_clients
from .broken_clients import Broken, Narrator
from .sound_clients import NarratorError

CLAUSE = "test_any_well_formed_credentials"


def broken(change: type[Narrator], mode: str, source: str) -> ContractBroken:
    """Return what the clause says of a client, and see that it says something."""
    made: type[Broken] = type("Case", (Broken,), {"client": change})
    with Account() as account, account.apply(mode, source), pytest.raises(ContractBroken) as raised:
        made().test_any_well_formed_credentials(account)
    return raised.value


@pytest.fixture(autouse=True)
def _however_busy_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wellformed, "PATIENCE", inf)


@pytest.fixture
def profile() -> Iterator[Callable[..., None]]:
    """Make settings those of the user's profile."""
    before, names = settings(), count()

    def load(name: str, how: settings) -> None:
        settings.register_profile(name, how)
        settings.load_profile(name)

    yield lambda **changed: load(f"of-a-test-{next(names)}", settings(before, **changed))
    load("as-before", before)


class Client:
    """Stands for a client: remembers what it is given, and fails as a test says."""

    def __init__(self, fails: Callable[[Credentials], bool]) -> None:
        self.given: list[Credentials] = []
        self._fails = fails

    def __call__(self, drawn: Credentials) -> Trial:
        self.given.append(drawn)
        found = [Finding("credentials-altered", "seen")] if self._fails(drawn) else []
        return Trial(drawn, Attempt(None, None, ()), found)


# Clients --------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", [sound_clients.TestExemplary, sound_clients.TestAsynchronous])
@pytest.mark.parametrize(("mode", "source"), [("long-term", "environment"), ("session-token", "explicit")])
def test_a_sound_client_signs_with_whatever_there_is(contract: Any, mode: str, source: str) -> None:
    with Account() as account, account.apply(mode, source):
        contract().test_any_well_formed_credentials(account)
        keys = {call.access_key_id for call in account.calls}
        assert len(keys) > 1
        assert all(call.status == 200 for call in account.calls)


def test_a_client_that_shares_the_sdks_own_session_is_sound() -> None:
    class Sharing(Narrator):
        def connect(self) -> Any:
            return boto3.client("polly")

    made: type[Broken] = type("Case", (Broken,), {"client": Sharing})
    with Account() as account, account.apply("long-term", "environment"):
        made().test_any_well_formed_credentials(account)
        assert len({call.access_key_id for call in account.calls}) > 1


def test_a_client_that_fails_with_some_is_told_the_simplest_of_them() -> None:
    error = broken(broken_clients.CutsLongToken, "session-token", "explicit")
    [finding] = error.findings
    assert finding.name == "credentials-altered"
    assert "signed with ASIA222222222EXAMPLE, but with an altered token; AWS: 403" in finding.seen
    assert finding.seen.endswith(
        "given a secret with 0 '/' and 0 '+', letters or digits at both ends, "
        "and a token of 1028 characters, '=' last"
    )


def test_nothing_that_was_drawn_is_shown() -> None:
    class Tells(broken_clients.ChecksForm):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            try:
                self.accept()
            except NarratorError as error:
                raise NarratorError(f"{given} will not do") from error

    error = broken(Tells, "long-term", "explicit")
    shown = f"{error} {error.findings} {getattr(error, '__notes__', ())}"
    assert "AKIA222222222EXAMPLE" in shown
    assert "0000000000" not in shown
    assert "****" in shown


def test_what_went_wrong_in_the_client_itself_is_shown() -> None:
    error = broken(broken_clients.ChecksForm, "session-token", "explicit")
    assert [finding.name for finding in error.findings] == ["does-not-speak"]
    assert 'raise NarratorError("this is no secret access key")' in str(error)


# The search -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "token", "said"),
    [
        ("0" * 40, None, "a secret with 0 '/' and 0 '+', letters or digits at both ends"),
        ("/" + "a" * 38 + "+", None, "a secret with 1 '/' and 1 '+', '/' first and '+' last"),
        (
            "a" * 20 + "++" + "a" * 18,
            "IQoJ" * 100 + "==",
            "a secret with 0 '/' and 2 '+', letters or digits at both ends, "
            "and a token of 402 characters, '=' last",
        ),
    ],
)
def test_credentials_are_described_without_being_shown(secret: str, token: str | None, said: str) -> None:
    assert wellformed.described(Credentials("AKIA222222222EXAMPLE", secret, token)) == said


def test_all_examples_are_tried_where_nothing_is_found() -> None:
    client = Client(lambda drawn: False)
    assert wellformed.falsify("long-term", "one", client) is None
    # What hypothesis draws twice is tried once.
    assert 15 < len(client.given) <= wellformed.EXAMPLES
    assert {drawn.session_token for drawn in client.given} == {None}


def test_who_asks_for_fewer_examples_gets_fewer(profile: Callable[..., None]) -> None:
    profile(max_examples=3)
    client = Client(lambda drawn: False)
    assert wellformed.falsify("session-token", "one", client) is None
    assert 1 <= len(client.given) <= 3


def test_who_asks_for_no_shrinking_gets_none(profile: Callable[..., None]) -> None:
    profile(phases=[Phase.generate], database=None)
    client = Client(lambda drawn: len(str(drawn.session_token)) > 400)
    trial = wellformed.falsify("session-token", "one", client)
    assert trial is not None
    assert trial.drawn == client.given[-1]


def test_a_slow_client_is_asked_less_and_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes between any two looks at the clock."""
    seconds = count()
    monkeypatch.setattr(wellformed, "PATIENCE", 5)
    monkeypatch.setattr(wellformed, "perf_counter", lambda: next(seconds))
    client = Client(lambda drawn: len(str(drawn.session_token)) > 204)
    trial = wellformed.falsify("session-token", "one", client)
    assert len(client.given) == 5
    assert trial is not None
    assert trial.drawn in client.given
    monkeypatch.setattr(wellformed, "PATIENCE", 0)
    assert wellformed.falsify("session-token", "one", client) is None


def test_what_went_wrong_once_is_tried_first_the_next_time(profile: Callable[..., None]) -> None:
    profile(database=InMemoryExampleDatabase())
    firsts = []
    for name in ("one", "one", "other"):
        client = Client(lambda drawn: "/" in str(drawn.secret_access_key))
        assert wellformed.falsify("long-term", name, client) is not None
        firsts.append("/" in str(client.given[0].secret_access_key))
    assert firsts == [False, True, False]


# Without hypothesis ---------------------------------------------------------------------------


def test_without_hypothesis_the_clause_is_skipped_and_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def reasons(clause: str) -> set[str]:
        params = parameters_for(sound_clients.TestExemplary, clause)
        return {mark.kwargs["reason"] for param in params for mark in param.marks}

    assert reasons(CLAUSE) == set()
    monkeypatch.setattr(asking, "find_spec", lambda name: None)
    assert reasons(CLAUSE) == {'needs hypothesis: pip install "pytest-polly[property]"'}
    assert reasons("test_speaks_with_valid_credentials") == set()
