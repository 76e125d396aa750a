"""Follows a page as a reader does: writes the files it shows, and types what it has typed."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from .pages import Block, blocks

#: What a page may need that is not installed with the tests.
_OPTIONAL = ("aiobotocore",)


@dataclass(frozen=True)
class Printed:
    """What a command answered."""

    lines: list[str]
    status: int


@dataclass(frozen=True)
class Step:
    """One command: where it stands, what the page shows of the answer, and the answer itself.

    Where nothing is shown the command has to succeed.
    """

    block: Block
    typed: str
    shown: list[str] | None
    printed: Printed


def follow(page: Path, folder: Path, run: Callable[[str], Printed]) -> Iterator[Step]:
    """Yield every command of *page*, typed in *folder* in the order in which they stand.

    Test files that no command names are run in the end, and so are the tests of a CI job where it stands.
    What is typed again before any file has changed is not run again.
    """
    untried: dict[str, Block] = {}
    known: dict[str, Printed] = {}
    for block in blocks(page):
        if block.file:
            known.clear()
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
            if path.name.startswith("test_"):
                untried[block.file] = block
            for typed in typed_by_a_job(block.body, live=False) if block.language == "yaml" else ():
                known[typed] = run(typed)
                yield Step(block, typed, None, known[typed])
        elif not block.note:
            for typed, shown in block.sessions:
                yield Step(block, typed, shown, known.get(typed) or run(typed))
                for name in [name for name in untried if name in shlex.split(typed)] or list(untried):
                    untried.pop(name)
    if untried:
        typed = shlex.join(["pytest", "-q", *untried])
        yield Step(next(iter(untried.values())), typed, None, run(typed))


def typed_by_a_job(text: str, *, live: bool) -> list[str]:
    """Return what a CI job types to run tests, those *live* that reach AWS or those that do not."""
    yaml.safe_load(text)
    typed = re.findall(r"^\s*(?:- )?(?:run: )?(pytest .*)$", text, re.M)
    return [one for one in typed if ("--polly-live" in one) is live]


def missing(page: Path) -> str | None:
    """Return what the page's code imports and is not installed."""
    for block in blocks(page):
        for node in ast.walk(ast.parse(block.body if block.language == "python" else "")):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            for name in _OPTIONAL:
                if (module or "").partition(".")[0] == name and importlib.util.find_spec(name) is None:
                    return name
    return None
