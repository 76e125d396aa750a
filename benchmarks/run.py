"""Measures what the kit costs beside its peers, and writes docs/benchmarks.md.

    python benchmarks/run.py [--quick] [--folder DIR] [--page FILE]

One command: it makes an environment of its own, with the peers, which a later run in the same folder uses
again. It needs a machine with nothing else to do, and about a quarter of an hour; a tenth with --quick.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
_PAGE = PROJECT / "docs" / "benchmarks.md"

#: What a run is not to be told by its surroundings.
_UNSET = ("AWS_", "PYTEST_", "PYTHON")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure what the kit costs beside its peers.")
    parser.add_argument("--quick", action="store_true", help="measure less often, and fewer tests in one run")
    parser.add_argument("--folder", type=Path, help="where the environment is kept (default: nowhere)")
    parser.add_argument("--page", type=Path, default=_PAGE, help="what is written")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as temporary:
        python = installed((arguments.folder or Path(temporary)).resolve())
        command = [str(python), str(HERE / "measure.py"), "--page", str(arguments.page.resolve())]
        return subprocess.run(
            [*command, *(["--quick"] if arguments.quick else [])], env=_environment()
        ).returncode


def installed(folder: Path) -> Path:
    """Install the kit and its peers into *folder*, as users do, compiled; return the folder's Python."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--upgrade"]
    kit = [f"{PROJECT}[aio,login,property,server]", "--requirement", str(HERE / "requirements.txt")]
    subprocess.run([*pip, *kit], check=True)
    # The version is the same for every state of the sources.
    subprocess.run([*pip, "--no-deps", "--force-reinstall", str(PROJECT)], check=True)
    return python


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_UNSET)}


if __name__ == "__main__":
    sys.exit(main())
