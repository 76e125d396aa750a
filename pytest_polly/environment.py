"""Everything outside a client that tells an SDK who it is: owned for a while, then put back exactly."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

#: Names that can lead an SDK to credentials; all others are none of our business.
_PREFIX, _BOTO2 = "AWS_", "BOTO_CONFIG"

#: The environment as it was before the first of the nested owners, while there is one.
_outside: list[_World] = []


class _World:
    """One state of what we own: the variables, and boto3's default session."""

    def __init__(self, variables: Mapping[str, str], default_session: Any = None) -> None:
        self.variables = dict(variables)
        self.default_session = default_session

    @classmethod
    def current(cls) -> _World:
        # Not by items: that would decode the value of every variable there is.
        variables = {name: os.environ[name] for name in filter(_owned, os.environ)}
        return cls(variables, getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None))

    def enter(self) -> None:
        """Make this the state of things, whatever was there before; what stays is never missing."""
        for name in [name for name in os.environ if _owned(name) and name not in self.variables]:
            del os.environ[name]
        os.environ.update(self.variables)
        if "boto3" in sys.modules:
            sys.modules["boto3"].DEFAULT_SESSION = self.default_session  # type: ignore[attr-defined]


def _owned(name: str) -> bool:
    return name.startswith(_PREFIX) or name == _BOTO2


@contextmanager
def owned(variables: Mapping[str, str]) -> Iterator[None]:
    """Make *variables* the only ones of AWS's, with no default session, until the block ends."""
    before = _World.current()
    _outside.append(before)
    _World(variables).enter()
    try:
        yield
    finally:
        _outside.remove(before)
        before.enter()


@contextmanager
def outside() -> Iterator[None]:
    """Go back, for the block, to what was there before anything was owned, and keep what it changes.

    Whoever writes there (moto starting or stopping) thus neither disturbs a case in force nor
    finds its own changes undone by our restoring.
    """
    if not _outside:
        yield
        return
    inside = _World.current()
    # Outside nobody owns anything: going there once more is not to come back to a state in between.
    owners, _outside[:] = _outside[:], []
    first = owners[0]
    first.enter()
    try:
        yield
    finally:
        changed = _World.current()
        first.variables, first.default_session = changed.variables, changed.default_session
        _outside[:] = owners
        inside.enter()


@contextmanager
def folder(within: Path | None = None) -> Iterator[Path]:
    """Make a folder for the block.

    A process that is forked off inside leaves the block too, and leaves the folder to the one that made it.
    """
    path, maker = Path(mkdtemp(prefix="pytest-polly-", dir=within)), os.getpid()
    try:
        yield path
    finally:
        if os.getpid() == maker:
            rmtree(path, ignore_errors=True)


def base_variables(folder: Path, region: str) -> dict[str, str]:
    """Return variables under which an SDK finds nothing but what is put into *folder*."""
    return {
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
        "AWS_LOGIN_CACHE_DIRECTORY": str(folder / "login"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "BOTO_CONFIG": str(folder / "boto"),
    }


@dataclass(frozen=True)
class Snapshot:
    """The whole environment and AWS's two files at one moment; values are compared, never shown."""

    variables: Mapping[str, str] = field(repr=False)
    files: Mapping[str, bytes | None] = field(repr=False)

    @classmethod
    def taken(cls) -> Snapshot:
        names = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
        paths = {name: Path(os.environ.get(name, "")) for name in names}
        files = {name: path.read_bytes() if path.is_file() else None for name, path in paths.items()}
        return cls(dict(os.environ), files)

    def changes(self, after: Snapshot) -> list[str]:
        """Say what differs in *after*, by name."""
        return [
            f"{name} was {verb}"
            for before, now in ((self.variables, after.variables), (self.files, after.files))
            for name in sorted({*before, *now})
            for verb in [_verb(before.get(name), now.get(name))]
            if verb
        ]


def _verb(before: object, now: object) -> str:
    if before == now:
        return ""
    return "added" if before is None else "removed" if now is None else "changed"
