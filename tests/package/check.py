"""Build what is published, look into it, and use it as a user does: `tox -e package`.

    python tests/package/check.py --folder FOLDER

Needs `build` and `twine`; it downloads what the wheel depends on, and nothing after that.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: What may be in the wheel beside metadata: modules, types, and what they read.
IN_WHEEL = re.compile(
    r"pytest_polly/(?:\w+/)*(?:\w+\.py|py\.typed|[\w-]+\.(?:html|css|js|json|md|txt|svg)|material/[\w-]+)"
    r"|pytest_polly-[\d.]+\.dist-info/(?:METADATA|WHEEL|RECORD|entry_points\.txt|licenses/LICENSE)"
)
#: What the wheel is nothing without.
NEEDED = ("pytest_polly/plugin.py", "pytest_polly/py.typed", "pytest_polly/report/template.html")
#: What the sdist has at its top: enough to build and to run the tests.
TOP_OF_SDIST = {
    *("pytest_polly", "tests", "docs", "benchmarks"),
    *("conftest.py", "pyproject.toml", "tox.ini", "PKG-INFO", "README.md", "LICENSE", "CHANGELOG.md"),
    *(".gitignore", "CONTRIBUTING.md"),
}
#: What no distribution is to hold.
UNWANTED = re.compile(
    r"__pycache__|\.pyc$|(^|/)\.(git|tox|venv|mypy_cache|ruff_cache|pytest_cache|hypothesis)(/|$)|\.coverage"
)
#: A few tests of the sdist's, of different kinds, that need no more than pytest and the kit.
A_FEW_TESTS = (
    "tests/gate/test_reading.py",
    "tests/account/test_regions.py",
    "tests/plugin/test_letting_go.py",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where everything is built; emptied first")
    folder = parser.parse_args().folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    built = folder / "dist"
    run(sys.executable, "-m", "build", "--outdir", built, cwd=ROOT)
    run(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir(), cwd=folder)
    [wheel], [sdist] = list(built.glob("*.whl")), list(built.glob("*.tar.gz"))
    complain(wheel_complaints(names_in_wheel(wheel)))
    complain(sdist_complaints(names_in_sdist(sdist)))
    python = environment(folder / "venv", wheel)
    use(python, folder / "empty")
    test_sdist(python, sdist, folder / "sdist")
    print(
        f"{wheel.name}: {len(names_in_wheel(wheel))} files; {sdist.name}: {len(names_in_sdist(sdist))} files"
    )


def names_in_wheel(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return [name for name in archive.namelist() if not name.endswith("/")]


def names_in_sdist(sdist: Path) -> list[str]:
    """Return the names of all files, without the folder that they are in."""
    with tarfile.open(sdist) as archive:
        return [member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()]


def wheel_complaints(names: Iterable[str]) -> list[str]:
    """Say what is in a wheel and should not be, or is not and should."""
    found = set(names)
    odd = sorted(name for name in found if not IN_WHEEL.fullmatch(name))
    missing = [name for name in NEEDED if name not in found]
    return [f"in the wheel is {name}" for name in odd] + [f"in the wheel is no {name}" for name in missing]


def sdist_complaints(names: Iterable[str]) -> list[str]:
    """Say what is in an sdist and should not be, or is not and should."""
    found = set(names)
    odd = sorted(
        name for name in found if name.partition("/")[0] not in TOP_OF_SDIST or UNWANTED.search(name)
    )
    missing = [name for name in (*NEEDED, *A_FEW_TESTS, "conftest.py", "tox.ini") if name not in found]
    return [f"in the sdist is {name}" for name in odd] + [f"in the sdist is no {name}" for name in missing]


def environment(folder: Path, wheel: Path) -> Path:
    """Install *wheel* as a user does, and return the Python that has it."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", wheel, cwd=folder)
    return python


def use(python: Path, empty: Path) -> None:
    """Run the examples from an empty folder, where every connection is refused."""
    empty.mkdir()
    closed = empty.parent / "closed"
    closed.mkdir()
    (closed / "closed.py").write_text(
        "import socket\n\n"
        "def refused(*arguments, **options):\n"
        "    raise AssertionError('a connection was asked for')\n\n"
        "socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refused\n"
    )
    sound = "TestNarrator or TestKeyNarrator"
    variables = {**os.environ, "PYTHONPATH": str(closed), "PYTHONSAFEPATH": "1"}
    command = ("-m", "pytest", "-q", "-p", "closed", "--pyargs", "pytest_polly.examples", "-k", sound)
    run(python, *command, "-p", "no:cacheprovider", cwd=empty, env=variables)
    left = [path.name for path in empty.iterdir()]
    complain([f"left in the folder: {name}" for name in left])


def test_sdist(python: Path, sdist: Path, folder: Path) -> None:
    """Run some of the tests as they come in the sdist, on the kit as it comes in the wheel."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    [unpacked] = folder.iterdir()
    shutil.rmtree(unpacked / "pytest_polly")
    run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *A_FEW_TESTS, cwd=unpacked)


def run(*command: object, cwd: Path, env: dict[str, str] | None = None) -> None:
    print("+", *command, flush=True)
    subprocess.run([str(part) for part in command], cwd=cwd, env=env, check=True)


def complain(complaints: list[str]) -> None:
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
