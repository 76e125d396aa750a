"""The state machine passes sound clients, finds every fault of others, and notices an AWS that is wrong."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import rule, run_state_machine_as_test

from pytest_polly import Account, CaseError, PollyError, clock, wire
from pytest_polly.errors import InternalError
from pytest_polly.gate import checks
from pytest_polly.gate.checks import CHECKS, Check
from pytest_polly.services import signed
from pytest_polly.sources import SOURCES
from pytest_polly.stateful import AWSAtFault, ClientAtFault, CredentialMachine

from .narrators import (
    AT_FAULT,
    SOUND,
    Asynchronous,
    Default,
    DropsToken,
    Fresh,
    Generator,
    Kept,
    LosesReason,
    Open,
)

Machine = type[CredentialMachine]

#: Hypothesis's own budget for a machine; what it finds is not made shorter, which would take its time.
SEARCH = settings(
    CredentialMachine.TestCase.settings,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
#: For what has to be found, whatever the order in which a version of hypothesis tries things.
AMPLE = settings(SEARCH, max_examples=400)
#: For clients that make many an SDK client.
FEW = settings(SEARCH, max_examples=10, stateful_step_count=10)


def run(machine: Machine, how: settings = SEARCH) -> None:
    """Run a machine as its test case does."""
    test_case: Any = machine.TestCase()
    test_case.settings = how
    result = test_case.run()
    assert result is not None
    for _, trace in (*result.failures, *result.errors):
        pytest.fail(trace, pytrace=False)


def fault_of(machine: Machine, how: settings = AMPLE) -> BaseException:
    """Return what a machine finds wrong, with the client or with AWS, be it that the latter falls over."""
    with pytest.raises((ClientAtFault, AWSAtFault, InternalError)) as raised:
        run_state_machine_as_test(machine, settings=how)
    return raised.value


@contextmanager
def begun(machine: Machine, case: str) -> Iterator[Any]:
    """Let a history be told step by step, from its beginning with *case* in force."""
    history: Any = machine()
    try:
        history.start(case=case)
        yield history
    finally:
        history.teardown()


# Clients --------------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", SOUND)
def test_a_sound_client_passes(machine: Machine) -> None:
    run(machine, SEARCH if machine is Open else FEW)


@pytest.mark.parametrize("source", [name for name, source in SOURCES.items() if not source.unavailable()])
def test_a_sound_client_passes_by_every_source(source: str) -> None:
    class Narrow(Kept):
        sources = (source,)

    run(Narrow, settings(FEW, max_examples=6))


@pytest.mark.skipif(bool(SOURCES["login"].unavailable()), reason="botocore knows no logins here")
def test_a_client_whose_login_has_ended_is_sound() -> None:
    class LoggedIn(Kept):
        sources = ("login",)

    with begun(LoggedIn, "role-login") as machine:
        machine.audio_if_and_only_if_valid()
        machine.advance(minutes=720)
        machine.audio_if_and_only_if_valid()
        assert machine.account.calls[-1].error_code == "TOKEN_EXPIRED"


@pytest.mark.parametrize("source", ["environment", "shared-credentials-file", "explicit"])
def test_a_client_made_anew_may_have_what_its_process_keeps(source: str) -> None:
    with begun(Default, f"session-token-{source}") as machine:
        machine.audio_if_and_only_if_valid()
        machine.rotate()
        machine.restart()
        machine.audio_if_and_only_if_valid()
        first, second = (call.access_key_id for call in machine.account.calls)
        assert (first == second) == (source != "explicit")


def test_parameters_of_a_client_that_is_no_more_are_another_identity() -> None:
    class Remembers(Default):
        first: ClassVar[dict[str, str]] = {}

        def make_client(self, **credentials: str) -> Any:
            Remembers.first = Remembers.first or credentials
            return super().make_client(**Remembers.first)

    with begun(Remembers, "session-token-explicit") as machine:
        machine.audio_if_and_only_if_valid()
        machine.rotate()
        machine.restart()
        with pytest.raises(ClientAtFault, match=r"^wrong-identity: "):
            machine.audio_if_and_only_if_valid()


@pytest.mark.parametrize(("machine", "names"), AT_FAULT)
def test_a_fault_is_found_and_named(machine: Machine, names: set[str]) -> None:
    fault = fault_of(machine)
    assert isinstance(fault, ClientAtFault)
    heading, *rest = str(fault).splitlines()
    name, _, where = heading.partition(": ")
    assert name in names
    assert where.startswith(f"{machine.__name__}, with ")
    labels = [line.split()[0] for line in rest if line.startswith("  ") and line[2] != " "]
    assert labels == ["seen", "cure", "more"]


def test_a_history_shrinks_to_what_matters() -> None:
    fault = fault_of(DropsToken, settings(AMPLE, phases=[Phase.generate, Phase.shrink]))
    notes = [line.strip() for line in getattr(fault, "__notes__", ())]
    rules = ("state.start", "state.deliver", "state.issue", "state.re", "state.advance")
    history = [line for line in notes if line.startswith(rules)]
    assert history[-1] in (
        "state.start(case='session-token-explicit')",
        "state.deliver(case='session-token-explicit')",
        "state.issue(mode='session-token')",
    )
    assert len(history) <= 2


def test_a_client_that_repeats_a_secret_is_not_repeated() -> None:
    class Blabs(LosesReason):
        def synthesize(self, client: Any, text: str) -> bytes:
            try:
                return super().synthesize(client, text)
            except RuntimeError:
                secret = self.found.get_frozen_credentials().secret_key
                raise RuntimeError(f"cannot speak with {secret}") from None

    assert "RuntimeError: cannot speak with ****" in " ".join(str(fault_of(Blabs)).split())


@pytest.mark.parametrize("machine", [Generator, Asynchronous])
def test_every_client_is_closed(machine: type[Generator] | type[Asynchronous]) -> None:
    run(machine, FEW)
    assert machine.opened == 0


# AWS ------------------------------------------------------------------------------------------

#: Checks whose absence shows in what the machine does, with the mode in which it shows soonest.
REACHABLE = {
    "recent": "skewed-clock",
    "key_known": "unknown-key",
    "key_active": "inactive-key",
    "token_own": "wrong-token",
    "token_current": "expired-token",
    "signature_matches": "wrong-secret",
    "token_expected": "stray-token",
}
#: Why the others' absence cannot show.
UNREACHABLE = {
    "token_present": "`token_own` says the same, in the same words",
    "role_exists": "no rule deletes a role",
    **dict.fromkeys(
        ("host_signed", "algorithm_known", "credential_readable", "scope_fits"), "an SDK signs for the host"
    ),
    **dict.fromkeys(
        ("signed_once", "authorization_filled", "signed", "authorization_readable", "parts_complete"),
        "an SDK writes whole headers",
    ),
    **dict.fromkeys(("dated", "expiry_readable"), "an SDK writes dates"),
}


def test_every_check_of_the_gate_is_accounted_for() -> None:
    assert {check.__name__ for check in CHECKS} == {*REACHABLE, *UNREACHABLE}
    assert not REACHABLE.keys() & UNREACHABLE.keys()


@pytest.mark.parametrize(("name", "mode"), REACHABLE.items())
def test_a_check_switched_off_is_noticed(name: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow(Open):
        modes = (mode, "long-term")

    monkeypatch.setattr(checks, "CHECKS", [check for check in CHECKS if check.__name__ != name])
    # Without the check for unknown keys, those behind it fall over one.
    assert isinstance(fault_of(Narrow), InternalError if name == "key_known" else AWSAtFault)


def _named(name: str) -> Check:
    return next(check for check in CHECKS if check.__name__ == name)


@pytest.mark.parametrize(
    ("later", "first", "mode"),
    [("key_active", "token_current", "session-token"), ("token_own", "token_current", "wrong-token")],
)
def test_checks_in_another_order_are_noticed(
    later: str, first: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where two things are wrong the first check to notice decides; *first* may not come before *later*."""

    class Narrow(Open):
        modes = (mode,)

    moved = [check for check in CHECKS if check.__name__ != first]
    moved.insert(moved.index(_named(later)), _named(first))
    monkeypatch.setattr(checks, "CHECKS", moved)
    assert isinstance(fault_of(Narrow), AWSAtFault)


def test_a_gate_that_asks_no_policies_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed, "authorize", _nothing)
    assert isinstance(fault_of(Open), AWSAtFault)


def _nothing(*_: object, **__: object) -> None:
    """Take the place of what was to change something."""


@pytest.mark.parametrize(
    ("method", "mode"),
    [
        ("expire", "session-token"),
        ("deactivate_key", "long-term"),
        ("revoke_sessions", "session-token"),
        ("deny", "long-term"),
        ("allow", "access-denied"),
        ("fail", "long-term"),
    ],
)
def test_an_account_that_does_nothing_is_noticed(
    method: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Narrow(Open):
        modes = (mode,)

    monkeypatch.setattr(Account, method, _nothing)
    assert isinstance(fault_of(Narrow), AWSAtFault)


# Being a test ---------------------------------------------------------------------------------


def test_a_machine_is_collected_by_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import boto3
        from hypothesis import Phase, settings
        from pytest_polly.stateful import CredentialMachine

        class Narrators(CredentialMachine):
            sources = ["explicit"]

            def make_client(self, aws_access_key_id, aws_secret_access_key=None, **rest):
                return boto3.client("polly", aws_access_key_id=aws_access_key_id,
                                    aws_secret_access_key=aws_secret_access_key)

            def synthesize(self, client, text):
                speech = client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")
                return speech["AudioStream"].read()

        TestNarrators = Narrators.TestCase
        TestNarrators.settings = settings(TestNarrators.settings, max_examples=10, phases=[Phase.generate])
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*ClientAtFault: session-token-dropped: Narrators, with *-explicit in force*",
            "E*  seen  SynthesizeSpeech signed with A*IA*",
            'E*  cure  boto3.client("polly", *',
            "*state.start(case='*-explicit')",
        ]
    )


def test_no_health_check_has_to_be_suppressed() -> None:
    """Hypothesis suppresses them all for machines; a busy machine's slowness is no fault of ours."""
    checked = settings(FEW, suppress_health_check=[HealthCheck.too_slow])
    run(Open, checked)


def test_own_rules_see_the_account() -> None:
    seen: set[str] = set()

    class Watched(Open):
        @rule()
        def look(self) -> None:
            assert self.account.case is not None
            seen.add(self.account.case.source)

    run(Watched, FEW)
    assert seen
    assert seen <= {"explicit", "environment"}


def test_a_machine_is_narrowed_by_name() -> None:
    seen: set[str | None] = set()

    class Narrow(Open):
        modes = ("long-term", "expired-token")

        def synthesize(self, client: Any, text: str) -> bytes:
            seen.add(self.account.mode)
            return super().synthesize(client, text)

    run(Narrow, FEW)
    assert seen
    assert seen <= {"long-term", "expired-token"}


def test_only_what_the_client_takes_is_given() -> None:
    class NoToken(Open):
        sources = ("explicit",)

        def make_client(  # type: ignore[override]
            self, aws_access_key_id: str, aws_secret_access_key: str = ""
        ) -> Any:
            return super().make_client(
                aws_access_key_id=aws_access_key_id, aws_secret_access_key=aws_secret_access_key
            )

    assert "session-token-dropped" in str(fault_of(NoToken))


def test_everything_is_as_it_was_afterwards() -> None:
    variables, moment = dict(os.environ), time.time()
    run(Fresh, FEW)
    assert dict(os.environ) == variables
    assert not wire.engaged()
    assert moment <= time.time() < moment + 3600


def test_time_is_taken_hold_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    held = 0
    start = clock.Clock._start

    def counted(self: clock.Clock) -> Any:
        nonlocal held
        held += 1
        return start(self)

    monkeypatch.setattr(clock.Clock, "_start", counted)
    run(Open, FEW)
    assert held == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "must define make_client"),
        ({"make_client": lambda self: None}, "must define synthesize"),
        (
            {"make_client": lambda self: None, "synthesize": lambda self, client, text: b"", "modes": ("x",)},
            "'x' is no mode",
        ),
        (
            {"make_client": lambda self: None, "synthesize": lambda self, client, text: b"", "modes": "role"},
            r"Incomplete.modes is to be a tuple of names: \('role',\)",
        ),
        (
            {"make_client": lambda self: None, "synthesize": lambda self, client, text: b"", "sources": ()},
            "no mode and source of its choice go together",
        ),
        (
            {
                "make_client": lambda self: None,
                "synthesize": lambda self, client, text: b"",
                "modes": ("role",),
                "sources": ("environment",),
            },
            "no mode and source of its choice go together",
        ),
    ],
)
def test_a_machine_that_is_not_complete_says_so(body: dict[str, object], message: str) -> None:
    machine = type("Incomplete", (CredentialMachine,), body)
    with pytest.raises((PollyError, CaseError), match=message):
        run_state_machine_as_test(machine, settings=FEW)
