"""Writes into pages what is printed now, where that is not what they show.

    python -m tests.documentation.fill docs/findings/secret-leaked.md …

For whoever writes a page, or changes what a run prints. Look at the difference before you commit it.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .console import ELISION, differences, without_keys
from .following import Printed, follow

_MATRIX, _SUMMARY = "polly: credential matrix", "short test summary info"


def main() -> None:
    for page in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            for step in follow(page, Path(folder), lambda typed, folder=folder: _run(typed, folder)):  # type: ignore[misc]
                if step.shown is not None and differences(step.shown, step.printed.lines):
                    _replace(page, step.typed, step.shown, _worth_showing(step.printed.lines))


def _run(typed: str, folder: str) -> Printed:
    program, *arguments = shlex.split(typed)
    own = ["-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider"] if program == "pytest" else []
    ran = subprocess.run(
        [sys.executable, *own, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    return Printed(ran.stdout.splitlines(), ran.returncode)


#: What differs from run to run, or whenever something is added to the catalogues.
_VARYING = (
    (r" in [\d.]+s( \(.*\))?$", f" in {ELISION}"),
    (r"\d+ deselected", ELISION),
    (r"[1-9]\d* bytes of audio", f"{ELISION} bytes of audio"),
)


def _worth_showing(lines: Sequence[str]) -> list[str]:
    """Return the matrix if something was found, and how the run ended."""
    lines = without_keys(lines)
    for pattern, instead in _VARYING:
        lines = [re.sub(pattern, instead, line) for line in lines]
    start = next((number for number, line in enumerate(lines) if _MATRIX in line), None)
    end = next((number for number, line in enumerate(lines) if _SUMMARY in line), None)
    if start is not None and end is not None:
        return [ELISION, *lines[start + 1 : end - 1], ELISION, lines[-1]]
    return [ELISION, lines[-1]] if len(lines) > 1 else lines


def _replace(page: Path, typed: str, shown: Sequence[str], printed: Sequence[str]) -> None:
    text = page.read_text(encoding="utf-8")
    before, after = ("\n".join([f"$ {typed}", *lines]) for lines in (shown, printed))
    # The same command may be typed again further down; what comes first is filled first.
    found = re.search(rf"^{re.escape(before)}\n(?=```|\$ )", text, re.M)
    assert found is not None, f"{page} does not show {typed!r} itself; fill what it includes by hand"
    page.write_text(text[: found.start()] + after + "\n" + text[found.end() :], encoding="utf-8")
    print(f"{page}: $ {typed}")


if __name__ == "__main__":
    main()
