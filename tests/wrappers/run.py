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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from expectations import ASKED, NOT_ASKED, PASSES, SKIPPED, STORY, row_for

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent

#: A clause and a case; and what it showed: its outcome and the names of its findings.
Cell = tuple[str, str]
Shown = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Release:
    """A published client: what to install, and the tests that drive it."""

    package: str
    tests: str


RELEASES: Mapping[str, Release] = {
    "pipecat-0.0.52": Release("pipecat-ai==0.0.52", "test_pipecat.py"),
    "pipecat-0.0.53": Release("pipecat-ai==0.0.53", "test_pipecat.py"),
    "pipecat-0.0.80": Release("pipecat-ai==0.0.80", "test_pipecat.py"),
    "pipecat-1.14.0": Release("pipecat-ai==1.14.0", "test_pipecat.py"),
    "livekit-0.1.0": Release("livekit-plugins-aws==0.1.0", "test_livekit.py"),
    "livekit-1.8.9": Release("livekit-plugins-aws==1.8.9", "test_livekit.py"),
}


@dataclass(frozen=True)
class Run:
    """What came of one run."""

    #: Outcome and findings, by clause and case.
    shown: Mapping[Cell, Shown]
    #: Everything that a cell printed, logged or failed with.
    printed: Mapping[Cell, str]


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the contract on published clients of Amazon Polly.")
    parser.add_argument("--releases", nargs="+", choices=RELEASES, default=list(RELEASES), metavar="RELEASE")
    parser.add_argument("--folder", type=Path, help="where environments are kept (default: nowhere)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wrappers-") as temporary:
        folder = (arguments.folder or Path(temporary)).resolve()
        return max([check(release, folder / release) for release in arguments.releases])


def check(release: str, folder: Path) -> int:
    """Install *release*, run the contract on it and print how the two compare; 1 if they differ."""
    print(f"== {release}", flush=True)
    run = run_contract(RELEASES[release].tests, folder, install(release, folder))
    found = [*differences(release, run), *story(release, run)]
    for line in (*table(run), *found):
        print(line)
    print("differs from what was expected" if found else "as expected", flush=True)
    return 1 if found else 0


# Running --------------------------------------------------------------------------------------


def install(release: str, folder: Path) -> Path:
    """Put *release* into an environment of its own, beside this project; return its Python."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-compile"]
    requirements = str(HERE / f"requirements-{release}.txt")
    # In one go, so that pip finds versions that suit both.
    subprocess.run([*pip, "-r", requirements, "-e", str(PROJECT), "hypothesis"], check=True)
    subprocess.run([*pip, "--no-deps", RELEASES[release].package], check=True)
    return python


def run_contract(tests: str, folder: Path, python: Path) -> Run:
    """Run *tests* in an environment."""
    report, log, output = folder / "report.json", folder / "junit.xml", folder / "pytest.log"
    report.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", "-c", str(HERE / "pytest.ini"), "-p", "no:cacheprovider"]
    command += ["-q", str(HERE / tests), "--polly-report", str(report), "--junitxml", str(log)]
    with output.open("w", encoding="utf-8") as file:
        subprocess.run(command, stdout=file, stderr=file, cwd=folder, env=_environment(folder), check=False)
    cells = json.loads(report.read_text(encoding="utf-8"))["cells"] if report.exists() else []
    if not cells:
        raise SystemExit(f"the contract did not run:\n{output.read_text(encoding='utf-8')[-3000:]}")
    shown = {_key(cell["nodeid"]): _shown(cell) for cell in cells if cell["contract"]}
    cases = ElementTree.parse(log).iter("testcase")
    return Run(shown, {_key(case.get("name", "")): _printed(case) for case in cases})


def _environment(folder: Path) -> dict[str, str]:
    """Return variables for pytest: pipecat 0.0.80 is to find a tokenizer, or it downloads one at import."""
    data = folder / "nltk_data"
    (data / "tokenizers" / "punkt_tab").mkdir(parents=True, exist_ok=True)
    return {**os.environ, "NLTK_DATA": str(data)}


def _key(nodeid: str) -> Cell:
    """Return clause and case of ``path::Class::clause[case]``."""
    clause, _, case = nodeid.rpartition("::")[2].partition("[")
    return clause, case.removesuffix("]")


def _shown(cell: Mapping[str, Any]) -> Shown:
    return cell["outcome"], tuple(finding["name"] for finding in cell["findings"])


def _printed(case: ElementTree.Element) -> str:
    return "\n".join([*case.itertext(), *(child.get("message", "") for child in case)])


# Comparing ------------------------------------------------------------------------------------


def differences(release: str, run: Run) -> Iterator[str]:
    """Yield what cells show instead of what was expected, why that was expected, and these cells."""
    cells: dict[str, list[Cell]] = {}
    due = {(clause, case) for clause, cases in ASKED.items() for case in cases}
    for cell in sorted(run.shown.keys() | due):
        row = row_for(release, *cell)
        outcome, findings = run.shown.get(cell, ("absent", ()))
        seen = " ".join((outcome, *findings))
        if row is None or cell[1] not in ASKED.get(cell[0], ()):
            cells.setdefault(f"{seen}, and nothing was written down for it", []).append(cell)
        elif not _agrees(row.shows, outcome, findings):
            cells.setdefault(f"{seen}, expected was {row.shows}: {row.why}", []).append(cell)
    for difference, where in cells.items():
        yield "\n  ".join([f"DIFFERS: {difference}", *(f"{clause}[{case}]" for clause, case in where)])


def _agrees(expected: str, outcome: str, findings: tuple[str, ...]) -> bool:
    if expected == PASSES:
        return outcome == "passed"
    if expected == SKIPPED:
        return outcome == "skipped"
    if expected == NOT_ASKED:
        return outcome in ("skipped", "absent")
    return (outcome, findings) == ("failed", (expected,))


def story(release: str, run: Run) -> Iterator[str]:
    """Yield a line if the broken release does not show what its users saw, or the cured one does."""
    if release not in (STORY.broken, STORY.cured):
        return
    printed = run.printed.get((STORY.clause, STORY.case), "")
    if (STORY.message in printed) != (release == STORY.broken):
        shows = "does not show" if release == STORY.broken else "shows"
        yield f"DIFFERS: {STORY.clause}[{STORY.case}] {shows} {STORY.message!r}"


def table(run: Run) -> Iterator[str]:
    """Yield a line for each clause with what its cells showed, then the cells of each finding."""
    width = max(map(len, ASKED))
    where: dict[str, list[str]] = {}
    for clause in ASKED:
        outcomes = [shown[0] for cell, shown in run.shown.items() if cell[0] == clause]
        told = ", ".join(f"{outcomes.count(one)} {one}" for one in sorted(set(outcomes)))
        yield f"{clause:{width}}  {told}"
    for (clause, case), (_, findings) in run.shown.items():
        for finding in findings:
            where.setdefault(finding, []).append(f"{clause}[{case}]")
    for finding, cells in where.items():
        yield f"{finding}:"
        yield from (f"  {cell}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
