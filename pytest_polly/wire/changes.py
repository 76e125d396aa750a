"""Changes to what is somebody else's, made for a while and taken back exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

#: An attribute to be replaced: whose it is, its name, and what takes its place.
Change = tuple[Any, str, Any]


def make(changes: Iterable[Change]) -> list[Change]:
    """Make *changes*, all or none; return what `take_back` takes."""
    undoing: list[Change] = []
    try:
        for owner, name, replacement in changes:
            # A class's own attribute as it stands there, not as it is reached through the class.
            before = vars(owner)[name] if isinstance(owner, type) else getattr(owner, name)
            undoing.append((owner, name, before))
            setattr(owner, name, replacement)
    except BaseException:
        take_back(undoing)
        raise
    return undoing


def take_back(undoing: list[Change]) -> None:
    """Put back what *undoing* holds, the last first, and empty it."""
    while undoing:
        setattr(*undoing.pop())


@contextmanager
def made(changes: Iterable[Change]) -> Iterator[None]:
    """Let *changes* be in effect for the block."""
    undoing = make(changes)
    try:
        yield
    finally:
        take_back(undoing)
