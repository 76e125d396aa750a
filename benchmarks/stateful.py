"""How many examples a second the state machine makes with a client that is kept open.

    python -m benchmarks.stateful

An example is what hypothesis calls so: one whole history, from a new account to its end. Beside it stands
how often the client spoke, which is how many calls were made, verified and judged; and what no machine of
this kind can get beyond: what hypothesis takes for as many rules that do nothing, and botocore for as many
calls that it signs and nobody looks at.
"""

from __future__ import annotations

import io
from statistics import median
from time import process_time
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from urllib3.response import HTTPResponse

from pytest_polly.clock import Clock
from tests.strategies.narrators import Open, synthesize

#: Steps of a history, and how many histories are made of them.
_LENGTHS = {5: 200, 20: 100, 50: 50}
_ROUNDS = 3
#: Calls that are timed together.
_CALLS = 200


class Counted(Open):
    """One SDK client for all there is, and how often it was asked."""

    examples = spoken = 0

    def __init__(self) -> None:
        super().__init__()
        Counted.examples += 1

    def synthesize(self, client: Any, text: str) -> bytes:
        Counted.spoken += 1
        return super().synthesize(client, text)


class Idle(RuleBasedStateMachine):
    """As many rules, which do nothing."""

    examples = spoken = 0

    def __init__(self) -> None:
        super().__init__()
        Idle.examples += 1


for _number in range(12):
    _rule = rule(drawn=st.sampled_from(range(10)))(lambda self, drawn: None)
    setattr(Idle, f"rule_{_number}", _rule)


def rates(machine: type[Counted] | type[Idle], steps: int, examples: int) -> tuple[float, float]:
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


def bare_call() -> float:
    """Return what a call takes of the processor's time that botocore signs and that is answered unread."""
    client = boto3.client("polly", "us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    client.meta.events.register("before-send.polly.SynthesizeSpeech", _audio)
    synthesize(client, "Hello")
    began = process_time()
    for _ in range(_CALLS):
        synthesize(client, "Hello")
    return (process_time() - began) / _CALLS


def _audio(request: Any, **_: Any) -> AWSResponse:
    raw = HTTPResponse(io.BytesIO(b"audio"), preload_content=False)
    return AWSResponse(request.url, 200, {"Content-Type": "audio/mpeg"}, raw)


def main() -> None:
    clock = Clock()
    # As the machine's own test case does: time is taken hold of once.
    clock.advance(seconds=0)
    try:
        rates(Counted, 5, 10)
        print("| steps | examples a second | calls a second | of hypothesis alone | at best |")
        print("| --: | --: | --: | --: | --: |")
        for steps, examples in _LENGTHS.items():
            rounds = [
                (*rates(Counted, steps, examples), rates(Idle, steps, examples)[0], bare_call())
                for _ in range(_ROUNDS)
            ]
            made, spoken, alone, call = (median(column) for column in zip(*rounds, strict=True))
            best = 1 / (1 / alone + call * spoken / made)
            print(f"| {steps} | {made:.0f} | {spoken:.0f} | {alone:.0f} | {best:.0f} |")
    finally:
        clock.reset()


if __name__ == "__main__":
    main()
