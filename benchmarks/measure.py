"""Measures everything, in the environment that `run.py` makes, and writes the page.

python benchmarks/measure.py --page docs/benchmarks.md [--quick]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import in_process
import report
import whole_runs
from report import Results
from run import PROJECT


@dataclass(frozen=True)
class Plan:
    """How often each thing is measured; more often for what is over at once."""

    tests: int
    runs: int
    contracts: int
    examples: int
    #: How many tests the suite for the workers has.
    suite: int
    #: After how many tests of one run its time and memory are noted.
    points: tuple[int, ...]


_FULL = Plan(31, 7, 3, 2000, 1600, (10, 30, 100, 300, 1000, 2000, 4000, 6000, 8000, 10_000))
_QUICK = Plan(11, 3, 1, 500, 600, (10, 30, 100, 300, 600, 1000))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the kit costs, and write the page of it.")
    parser.add_argument("--page", type=Path, required=True, help="the Markdown file that is written")
    parser.add_argument("--quick", action="store_true", help="measure less often, and fewer tests in one run")
    arguments = parser.parse_args()
    began = time.perf_counter()
    results = measured(_QUICK if arguments.quick else _FULL)
    report.write(results, arguments.page, quick=arguments.quick)
    print(f"{arguments.page} is written, after {time.perf_counter() - began:.0f} s")


def measured(plan: Plan) -> Results:
    def tell(what: str) -> None:
        print(f"measuring {what}", file=sys.stderr, flush=True)

    load = os.getloadavg()[0]
    tell("one test and one call, in memory and over HTTP")
    # Whatever is loaded but once is loaded before.
    for measure in (in_process.one_test, in_process.one_async_test, in_process.one_call_over_http):
        measure(2)
    one_test = in_process.one_test(plan.tests)
    one_async_test = in_process.one_async_test(plan.tests)
    one_call = in_process.one_call(plan.tests)
    one_call_over_http = in_process.one_call_over_http(plan.tests)
    tell("examples of hypothesis")
    examples = in_process.examples(plan.examples)
    tell("the state machine")
    machine = _state_machine()
    tell("how runs begin")
    first_test = whole_runs.first_test(plan.runs)
    loading = whole_runs.loading(plan.runs)
    tell("the contract")
    contract, cells = whole_runs.contract(plan.contracts)
    tell("workers")
    workers = whole_runs.workers(plan.suite, plan.contracts)
    tell("growth")
    growth = whole_runs.growth(list(plan.points))
    return Results(
        one_test=one_test,
        one_async_test=one_async_test,
        one_call=one_call,
        one_call_over_http=one_call_over_http,
        first_test=first_test,
        loading=loading,
        contract=contract,
        cells=cells,
        workers=workers,
        suite=plan.suite,
        examples=examples,
        machine=machine,
        growth=growth,
        processors=whole_runs.processors(),
        load=load,
    )


def _state_machine() -> str:
    """Return the table of a process of its own: its client is the one of the tests, from the checkout."""
    command = [sys.executable, "-m", "benchmarks.stateful"]
    done = subprocess.run(command, cwd=PROJECT, check=True, text=True, stdout=subprocess.PIPE)
    return done.stdout.rstrip()


if __name__ == "__main__":
    main()
