"""The list of what may be published is kept, without anything being built."""

from __future__ import annotations

from pathlib import Path

import pytest

import pytest_polly

from .check import NEEDED, sdist_complaints, wheel_complaints

_METADATA = "pytest_polly-0.1.0.dist-info/METADATA"


def packaged() -> list[str]:
    """Return every file of the package as it would be in the wheel."""
    package = Path(pytest_polly.__file__).parent
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path.relative_to(package.parent).as_posix() for path in files]


def test_whatever_is_in_the_package_belongs_there() -> None:
    assert wheel_complaints([*packaged(), _METADATA]) == []


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("tests/test_x.py", "in the wheel is tests/test_x.py"),
        ("pytest_polly/notes.bak", "in the wheel is pytest_polly/notes.bak"),
        ("pytest_polly/__pycache__/plugin.cpython-311.pyc", "in the wheel is pytest_polly/__pycache__/*"),
    ],
)
def test_what_does_not_is_named(name: str, complaint: str) -> None:
    [told] = wheel_complaints([*NEEDED, name])
    assert told.startswith(complaint.rstrip("*"))


def test_what_is_missing_is_named() -> None:
    assert wheel_complaints(NEEDED[1:]) == [f"in the wheel is no {NEEDED[0]}"]
    told = sdist_complaints(
        [*NEEDED, "conftest.py", "tox.ini", ".venv/bin/python", "tests/__pycache__/x.pyc"]
    )
    assert told[:2] == ["in the sdist is .venv/bin/python", "in the sdist is tests/__pycache__/x.pyc"]
    assert told[2].startswith("in the sdist is no tests/")
