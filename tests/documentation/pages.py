"""Reads the README and the documentation: every block of a page, in the order in which a reader meets it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
PAGES = sorted(page for page in DOCS.glob("**/*.md") if not page.relative_to(DOCS).parts[0].startswith("_"))

_BLOCK = re.compile(
    r"^<!-- with: (?P<other>\S+) -->$"
    r"|(?:^<!-- (?P<note>[^>]+) -->\n)?^```(?P<language>[^\n`]+)\n(?P<body>.*?)^```$",
    re.M | re.S,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its body, and the comment right above it, if there is one."""

    language: str
    body: str
    note: str = ""

    @property
    def file(self) -> str | None:
        """The name of the file whose content it is."""
        kind, _, name = self.note.partition(": ")
        return name if kind == "file" else None

    @property
    def sessions(self) -> list[tuple[str, list[str]]]:
        """What is typed in a console, with what is shown of the answer to it."""
        found: list[tuple[str, list[str]]] = []
        for line in self.body.splitlines() if self.language == "console" else ():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            elif found:
                found[-1][1].append(line)
        return found


def blocks(page: Path) -> Iterator[Block]:
    """Yield the blocks of *page*; those of a page that it includes, or builds on, come at their place."""
    for found in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        language = found["language"] or ""
        other = found["other"] or language.removeprefix("{include} ")
        if found["other"] or other != language:
            yield from blocks(page.parent / other)
        else:
            yield Block(language, found["body"], found["note"] or "")


def name(page: Path) -> str:
    return page.relative_to(ROOT).with_suffix("").as_posix()
