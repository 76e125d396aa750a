"""The matrix as Markdown, for the summary page of a CI job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .cells import Cell
from .matrix import Group, Matrix, groups, in_order, matrices

_MARKS = {"ok": "✅ ok", "FAIL": "❌ FAIL", "ERROR": "💥 ERROR", "XPASS": "❌ XPASS", "xfail": "⚠️ xfail"}


def markdown_text(cells: Iterable[Cell]) -> str:
    """Return a table for each contract, then each finding once with its cure."""
    known = in_order(cells)
    lines = ["## polly: credential matrix", ""]
    for matrix in matrices(known):
        lines += [*_table(matrix), ""]
    for group in groups(known):
        lines += [*_finding(group), ""]
    return "\n".join(lines) + "\n"


def _table(matrix: Matrix) -> Iterator[str]:
    yield f"| {_escaped(matrix.contract)} | {' | '.join(matrix.sources)} |"
    yield "| --- " * (len(matrix.sources) + 1) + "|"
    for mode in matrix.modes:
        marks = [matrix.mark(mode, source) for source in matrix.sources]
        yield f"| {mode} | {' | '.join(_MARKS.get(mark, mark) for mark in marks)} |"


def _finding(group: Group) -> Iterator[str]:
    where = "; ".join(f"{source}: {', '.join(modes)}" for source, modes in group.where.items())
    known = " (expected)" if group.expected else ""
    yield f"**{group.name}**{known} {_escaped(group.contract)}, {where}"
    yield f"- seen: {_escaped(group.seen)}"
    yield f"- cure: {_escaped(group.cure)}"
    yield f"- more: <{group.link}>"


def _escaped(text: str) -> str:
    """Let every character of Markdown's and HTML's stand for itself, on one line."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+!|~>" else letter for letter in text)
