"""Runs the contract on published clients of Amazon Polly, and compares with what was expected of them.

    python tests/wrappers/run.py --releases pipecat-0.0.52 pipecat-0.0.53 [--folder DIR]

Each release gets a virtual environment of its own in the folder, some hundred megabytes, which a later run
uses again. The exit status is 0 only if every cell shows what `expectations` says.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import expectations
from expectations import ASKED, NOT_ASKED, PASSES, SKIPPED, STORY, row_for

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent


@dataclass(frozen=True)
class Release:
    """A published client: what to install, and the tests that drive it."""

    package: str
    tests: str


RELEASES: Mapping[str, Release] = {
    f"pipecat-{number}": Release(f"pipecat-ai=={number}", "test_pipecat.py")
    for number in ("0.0.52", "0.0.53")
}

#: Asks the installed kit for its catalogue; this script itself needs nothing but Python.
_CATALOGUE = """
import json
from pytest_polly.clauses import CLAUSES
from pytest_polly.sources import SOURCES
clauses = {name: [case.id for case in clause.cases] for name, clause in CLAUSES.items()}
print(json.dumps({"clauses": clauses, "sources": list(SOURCES)}))
"""


@dataclass(frozen=True)
class Run:
    """What came of one run: the contract's catalogue, and what each cell showed and printed."""

    clauses: Mapping[str, Sequence[str]]
    sources: Sequence[str]
    #: Outcome and findings, by clause and case.
    shown: Mapping[tuple[str, str], tuple[str, tuple[str, ...]]]
    #: Everything that a cell printed, logged or failed with.
    printed: Mapping[tuple[str, str], str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--releases", nargs="+", choices=RELEASES, default=list(RELEASES), metavar="RELEASE")
    parser.add_argument(
        "--folder", type=Path, help="where the environments are kept (default: a temporary one)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wrappers-") as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        return max(check(release, folder / release) for release in arguments.releases)


def check(release: str, folder: Path) -> int:
    """Install *release*, run the contract on it and print how the two compare; 1 if they differ."""
    print(f"== {release}", flush=True)
    python = install(release, folder)
    run = run_contract(release, folder, python)
    found = [*differences(release, run), *story(release, run)]
    for line in (*table(release, run), *found):
        print(line)
    print(f"{len(found)} differences from what was expected", flush=True)
    return 1 if found else 0


# Running --------------------------------------------------------------------------------------


def install(release: str, folder: Path) -> Path:
    """Put *release* into an environment of its own, beside this project; return its Python."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    requirements = str(HERE / f"requirements-{release}.txt")
    # In one go, so that pip finds versions that suit both.
    subprocess.run([*pip, "-r", requirements, "-e", str(PROJECT), "hypothesis"], check=True)
    subprocess.run([*pip, "--no-deps", RELEASES[release].package], check=True)
    return python


def run_contract(release: str, folder: Path, python: Path) -> Run:
    report, log = folder / "report.json", folder / "junit.xml"
    for old in (report, log):
        old.unlink(missing_ok=True)
    tests = str(HERE / RELEASES[release].tests)
    options = ["-c", str(HERE / "pytest.ini"), "-p", "no:cacheprovider", "-q", "--tb=short"]
    command = [
        str(python),
        "-m",
        "pytest",
        *options,
        tests,
        "--polly-report",
        str(report),
        "--junitxml",
        str(log),
    ]
    with (folder / "pytest.log").open("w", encoding="utf-8") as output:
        subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, check=False)
    cells = json.loads(report.read_text(encoding="utf-8"))["cells"] if report.exists() else []
    if not cells:
        raise SystemExit(f"the contract did not run; see {output.name}")
    asked = subprocess.run(
        [str(python), "-c", _CATALOGUE], check=True, capture_output=True, text=True, cwd=folder
    )
    catalogue = json.loads(asked.stdout)
    return Run(
        catalogue["clauses"],
        catalogue["sources"],
        {_key(cell["nodeid"]): _shown(cell) for cell in cells if cell["contract"]},
        {
            _key(case.get("name", "")): "\n".join(case.itertext()) + _attributes(case)
            for case in ElementTree.parse(log).iter("testcase")
        },
    )


def _key(nodeid: str) -> tuple[str, str]:
    """Return clause and case of ``path::Class::clause[case]``."""
    clause, _, case = nodeid.rpartition("::")[2].partition("[")
    return clause, case.removesuffix("]")


def _shown(cell: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    return cell["outcome"], tuple(finding["name"] for finding in cell["findings"])


def _attributes(case: ElementTree.Element) -> str:
    return "\n".join(child.get("message", "") for child in case)


# Comparing ------------------------------------------------------------------------------------


def differences(release: str, run: Run) -> Iterator[str]:
    """Yield a line for each cell that does not show what was expected of it, with the reason for that."""
    for clause, case in sorted(run.shown.keys() | set(_due(run))):
        row = row_for(release, clause, case)
        outcome, findings = run.shown.get((clause, case), ("absent", ()))
        seen = " ".join((outcome, *findings))
        if row is None or not _foreseen(clause, case):
            yield f"{clause}[{case}]: {seen}; nothing was written down for it"
        elif not _agrees(row.shows, outcome, findings):
            yield f"{clause}[{case}]: {seen}; expected {row.shows}: {row.why}"


def _agrees(expected: str, outcome: str, findings: tuple[str, ...]) -> bool:
    if expected == PASSES:
        return outcome == "passed"
    if expected == SKIPPED:
        return outcome == "skipped"
    if expected == NOT_ASKED:
        return outcome in ("skipped", "absent")
    return (outcome, findings) == ("failed", (expected,))


def _due(run: Run) -> Iterator[tuple[str, str]]:
    """Yield what the contract is expected to ask, so far as the installed kit knows clause and source."""
    for clause, cases in ASKED.items():
        for case in cases if clause in run.clauses else ():
            source = expectations.source_of(case)
            if "*" not in case and (source is None or source in run.sources):
                yield clause, case


def _foreseen(clause: str, case: str) -> bool:
    return case in ASKED.get(clause, ()) or "*" in ASKED.get(clause, ())


def story(release: str, run: Run) -> Iterator[str]:
    """Yield a line if what users of the broken release saw is not shown by it, or is by another."""
    printed = run.printed.get((STORY.clause, STORY.case), "")
    if (STORY.message in printed) != (release in STORY.releases):
        shows = "does not show" if release in STORY.releases else "shows"
        yield f"{STORY.clause}[{STORY.case}]: {shows} {STORY.message!r}"


def table(release: str, run: Run) -> Iterator[str]:
    """Yield a line for each clause with what its cells showed, then one for each finding."""
    width = max(map(len, ASKED))
    where: dict[str, list[str]] = {}
    for clause in ASKED:
        outcomes = [shown[0] for key, shown in run.shown.items() if key[0] == clause]
        counts = [f"{outcomes.count(one)} {one}" for one in ("passed", "failed", "skipped", "error")]
        told = ", ".join(count for count in counts if not count.startswith("0 "))
        yield f"{clause:{width}}  {told or 'not in this version of the contract'}"
    for (clause, case), (_, findings) in run.shown.items():
        for finding in findings:
            where.setdefault(finding, []).append(f"{clause}[{case}]")
    for finding, cells in where.items():
        yield f"{finding}:"
        yield from (f"  {cell}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
