"""What was measured, as a page of Markdown with a plot."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from textwrap import fill

import matplotlib as mpl
from in_process import OURS
from matplotlib.figure import Figure
from timing import Time
from whole_runs import Note

_PACKAGES = ("pytest", "botocore", "moto", "aiomoto", "aiobotocore", "hypothesis", "pytest-xdist")
#: The paper calculation: so many cells, on so many workers.
_CELLS, _WORKERS = 10_000, 32
_COLUMNS = 110

Times = dict[str, Time]


@dataclass(frozen=True)
class Results:
    """Medians, by side; ``growth`` is one run."""

    one_test: Times
    one_async_test: Times
    one_call: Times
    one_call_over_http: Times
    first_test: Times
    #: Seconds.
    loading: float
    contract: Times
    cells: int
    workers: Times
    suite: int
    examples: Time
    #: A table of Markdown.
    machine: str
    growth: list[Note]
    processors: int
    #: How many others wanted a processor when it began.
    load: float


def write(results: Results, page: Path, *, quick: bool) -> None:
    """Write *page*, and its plot into the folder of its name."""
    plot = page.with_suffix("") / "growth.svg"
    plot.parent.mkdir(parents=True, exist_ok=True)
    _draw(results.growth, plot)
    page.write_text("\n".join(_lines(results, f"{plot.parent.name}/{plot.name}", quick)) + "\n", "utf-8")


def _lines(results: Results, plot: str, quick: bool) -> Iterator[str]:
    yield "# Benchmarks"
    yield ""
    yield "What pytest-polly costs, beside what is there already. `tox -e benchmarks` measures all of it"
    yield "anew and writes this page, in an environment of its own; `tox -e benchmarks -- --quick` takes"
    yield "fewer rounds."
    yield ""
    yield _surroundings(results, quick)
    yield ""
    yield "Both sides of a row are measured in turns, in one process or in runs that follow each other, and"
    yield "the medians are compared. Times on the wall depend on what else a machine does; the processor's"
    yield "much less, so their ratio stands beside."
    yield ""
    yield "| What | pytest-polly | beside | | ratio | of processor time | to reach |"
    yield "| --- | --: | --- | --: | --: | --: | --: |"
    yield from _rows(results)
    yield ""
    yield "- *One test*: set-up, a fresh session and client, one call, tear-down."
    yield "- *One call*: by a client that lives. Ours is verified: signature, token and policy. moto's is"
    yield "  not, and the Stubber's is not even sent."
    yield "- pytest-aioboto3 stands in no row: it offers S3 alone."
    yield ""
    yield "## Whole runs"
    yield ""
    yield "| What | measured | to reach |"
    yield "| --- | --: | --: |"
    yield from _runs(results)
    yield ""
    yield "Every way of sharing out ran every test, once, and all of them passed."
    yield ""
    yield "## The state machine"
    yield ""
    yield "`CredentialMachine` with a client that is kept open, by the length of its histories. An example is"
    yield "one whole history, from a new account to its end; the client speaks after each step unless it is"
    yield "hushed, and each call is verified and judged. *Of hypothesis alone*: what as many rules make that"
    yield "do nothing. *At best*: what is left when those calls are added as botocore signs them, looked at"
    yield "by nobody; no machine whose client really speaks gets beyond. All per second of processor time."
    yield ""
    yield results.machine
    yield ""
    yield "## Growth"
    yield ""
    yield f"One run of {results.growth[-1].tests} tests, each with an account, a session, a client and a"
    yield "verified call. What a finished test recorded is let go; what stays is pytest's own report and the"
    yield "test's line in the matrix."
    yield ""
    yield f"![Processor time per test, and memory, over the number of tests in one run]({plot})"
    yield ""
    yield "| tests | ms a test | MB |"
    yield "| --: | --: | --: |"
    for note, cost in _costs(results.growth):
        yield f"| {note.tests} | {cost * 1000:.1f} | {note.memory / 2**20:.0f} |"
    yield ""
    yield f"## {_CELLS} cells on {_WORKERS} workers, on paper"
    yield ""
    yield from _paper(results)


def _surroundings(results: Results, quick: bool) -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    rounds = " (`--quick`)" if quick else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return fill(
        f"Measured{rounds} on {platform.system()} with {results.processors} processors, which "
        f"{results.load:.1f} others wanted when it began; {python}, {packages}.",
        _COLUMNS,
        break_on_hyphens=False,
    )


def _rows(results: Results) -> Iterator[str]:
    tests, calls = results.one_test, results.one_call
    yield _row("one test", tests, "mock_aws", "≤ 0.2")
    yield _row("one test", tests, "Stubber")
    yield _row("one asynchronous test", results.one_async_test, "aiomoto")
    yield _row("one call", calls, "mock_aws", "≤ 0.7")
    yield _row("one call", calls, "Stubber")
    yield _row("one call over HTTP", results.one_call_over_http, "ThreadedMotoServer")
    yield _row("first test of a run, the whole run", results.first_test, "mock_aws", "≤ 1.0")


def _row(what: str, times: Times, peer: str, target: str = "") -> str:
    ours, theirs = times[OURS], times[peer]
    return (
        f"| {what} | {_ms(ours)} | {peer} | {_ms(theirs)} "
        f"| {ours.wall / theirs.wall:.2f} | {ours.cpu / theirs.cpu:.2f} | {target} |"
    )


def _ms(time: Time) -> str:
    return f"{time.wall * 1000:.3g} ms" if time.wall < 1 else f"{time.wall:.2f} s"


def _runs(results: Results) -> Iterator[str]:
    one, two = results.contract["one worker"], results.contract["two workers"]
    yield (
        f"| the plugin installed and unused: to load and register it | {results.loading * 1000:.1f} ms "
        "of processor | < 5 ms |"
    )
    yield (
        f"| whole contract of one client, {results.cells} cells, one worker | {one.wall:.1f} s, "
        f"{one.cpu:.1f} s of processor | |"
    )
    yield f"| the same, two workers | {two.wall:.1f} s | < 10 s |"
    alone = results.workers["one"].wall
    for way in ("load", "loadfile", "worksteal"):
        gain = alone / results.workers[way].wall
        yield f"| {results.suite} tests, two workers beside one, `--dist {way}` | {gain:.2f} times | ≥ 1.7 |"
    each = results.examples
    yield (
        f"| examples of hypothesis, a client kept open | {1 / each.wall:.0f} a second, "
        f"{1 / each.cpu:.0f} a second of processor | ≥ 500 |"
    )


def _costs(growth: list[Note]) -> Iterator[tuple[Note, float]]:
    """Yield each note with what a test took since the one before, in seconds of processor time."""
    for before, note in pairwise(growth[1:]):
        yield note, (note.cpu - before.cpu) / (note.tests - before.tests)


def _paper(results: Results) -> Iterator[str]:
    start, collected, last = results.growth[0], results.growth[1], results.growth[-1]
    test = (last.wall - collected.wall) / last.tests
    collecting = (collected.wall - start.wall) / last.tests
    alone, together = results.workers["one"].wall, results.workers["load"].wall
    fixed = alone - results.suite * test
    guess = fixed + results.suite * test / 2
    cell = (results.contract["one worker"].wall - results.first_test[OURS].wall) / results.cells
    total = fixed + _CELLS * (collecting + cell / _WORKERS)
    yield "A run takes its start, the collection of all tests (each worker collects them all), and each"
    yield "worker's share of the tests."
    yield ""
    suite = (
        f"- The suite above takes one worker {alone:.1f} s. Its {results.suite} tests take "
        f"{test * 1000:.1f} ms each, which is the slope of the growth above; so {fixed:.1f} s is start. "
        f"By that two workers should take {guess:.1f} s; they took {together:.1f} s."
    )
    regression = (
        f"- A cell of the contract takes {cell * 1000:.0f} ms, and collecting a test "
        f"{collecting * 1000:.2f} ms. So {_CELLS} cells, those of twenty clients and as many tests again, "
        f"take {fixed:.1f} s and {_CELLS} times "
        f"{collecting * 1000:.2f} ms + {cell * 1000:.0f} ms / {_WORKERS}: "
        f"{total:.0f} s on {_WORKERS} workers with a processor each."
    )
    for text in (suite, regression):
        yield fill(text, _COLUMNS, subsequent_indent="  ", break_on_hyphens=False)


def _draw(growth: list[Note], path: Path) -> None:
    # The same numbers are to give the same file.
    mpl.rcParams["svg.hashsalt"] = "pytest-polly"
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    time, memory = figure.subplots(1, 2)
    costs = list(_costs(growth))
    tests = [note.tests for note, _ in costs]
    time.plot(tests, [cost * 1000 for _, cost in costs], marker="o")
    time.set(title="processor time per test", ylabel="ms")
    memory.plot(tests, [note.memory / 2**20 for note, _ in costs], marker="o")
    memory.set(title="memory of the run", ylabel="MB")
    for axes in (time, memory):
        axes.set(xlabel="tests in one run", xlim=0, ylim=0)
        axes.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})
