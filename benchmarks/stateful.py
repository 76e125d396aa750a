"""How many examples a second the state machine makes with a client that is kept open.

    python benchmarks/stateful.py

An example is what hypothesis calls so: one whole history, from a new account to its end. Beside it stands
what hypothesis itself makes of a machine of as many rules that do nothing, and how often the client spoke.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from statistics import median
from time import process_time
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import NoCredentialsError, PartialCredentialsError
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from pytest_polly.clock import Clock
from pytest_polly.stateful import CredentialMachine

_NAMES = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
#: Steps of a history, and how many histories are made of them.
_LENGTHS = {5: 200, 20: 100, 50: 50}
_ROUNDS = 3


class _Found(Credentials):  # type: ignore[misc]
    """What the client was given, or else what the environment holds at that moment."""

    def __init__(self) -> None:
        self.method = "found"
        self.given: dict[str, str] = {}

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        parts: Mapping[str, str | None] = self.given or {
            name: os.environ.get(name.upper()) for name in _NAMES
        }
        key_id, secret, token = (parts.get(name) for name in _NAMES)
        if not key_id:
            raise NoCredentialsError
        if not secret:
            raise PartialCredentialsError(provider="found", cred_var="aws_secret_access_key")
        return ReadOnlyCredentials(key_id, secret, token)


class Open(CredentialMachine):
    """One SDK client for all there is, which looks at each request whose credentials it has to use."""

    sources = ("explicit", "environment")
    found = _Found()
    polly: Any = None
    examples = spoken = 0

    def __init__(self) -> None:
        super().__init__()
        Open.examples += 1

    def make_client(self, **credentials: str) -> Any:
        if Open.polly is None:
            session = botocore.session.Session()
            session._credentials = self.found
            config = Config(retries={"total_max_attempts": 1})
            Open.polly = boto3.Session(botocore_session=session).client("polly", "us-east-1", config=config)
        self.found.given = credentials
        return Open.polly

    def synthesize(self, client: Any, text: str) -> Any:
        Open.spoken += 1
        return client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")["AudioStream"].read()


class Idle(RuleBasedStateMachine):
    """As many rules, which do nothing."""

    examples = spoken = 0

    def __init__(self) -> None:
        super().__init__()
        Idle.examples += 1


for _number in range(12):
    _rule = rule(drawn=st.sampled_from(range(10)))(lambda self, drawn: None)
    setattr(Idle, f"rule_{_number}", _rule)


def rates(machine: type[Open] | type[Idle], steps: int, examples: int) -> tuple[float, float]:
    """Return how many examples a second of the processor's there were, and how often the client spoke."""
    machine.examples = machine.spoken = 0
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    began = process_time()
    run_state_machine_as_test(machine, settings=how)
    took = process_time() - began
    return machine.examples / took, machine.spoken / took


def main() -> None:
    clock = Clock()
    # As the machine's own test case does: time is taken hold of once.
    clock.advance()
    try:
        rates(Open, 5, 10)
        print("steps  examples/s  spoken/s  examples/s of hypothesis alone")
        for steps, examples in _LENGTHS.items():
            ours = [rates(Open, steps, examples) for _ in range(_ROUNDS)]
            idle = [rates(Idle, steps, examples) for _ in range(_ROUNDS)]
            made, spoken, alone = (
                median(round_[index] for round_ in rounds)
                for rounds, index in ((ours, 0), (ours, 1), (idle, 0))
            )
            print(f"{steps:5}  {made:10.0f}  {spoken:8.0f}  {alone:10.0f}")
    finally:
        clock.reset()


if __name__ == "__main__":
    main()
