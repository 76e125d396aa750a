"""How many examples a second the state machine makes with a client that is kept open.

    python -m benchmarks.stateful

An example is what hypothesis calls so: one whole history, from a new account to its end. Beside it stands
what hypothesis itself makes of a machine of as many rules that do nothing, and how often the client spoke.
"""

from __future__ import annotations

from statistics import median
from time import process_time
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from pytest_polly.clock import Clock
from tests.strategies.narrators import Open

#: Steps of a history, and how many histories are made of them.
_LENGTHS = {5: 200, 20: 100, 50: 50}
_ROUNDS = 3


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


def main() -> None:
    clock = Clock()
    # As the machine's own test case does: time is taken hold of once.
    clock.advance()
    try:
        rates(Counted, 5, 10)
        print("steps  examples/s  spoken/s  examples/s of hypothesis alone")
        for steps, examples in _LENGTHS.items():
            ours = [rates(Counted, steps, examples) for _ in range(_ROUNDS)]
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
