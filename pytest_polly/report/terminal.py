"""The matrix as lines of text, readable in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from .cells import Cell
from .matrix import Group, Matrix, groups, in_order, matrices

_GAP = 2
_INDENT = "  "


def terminal_lines(cells: Iterable[Cell], width: int) -> Iterator[str]:
    """Yield the whole summary: a table for each contract, then each finding once with its cure."""
    known = in_order(cells)
    for matrix in matrices(known):
        yield from _table(matrix, width)
        yield ""
    for group in groups(known):
        yield from _finding(group, width)
        yield ""


def _table(matrix: Matrix, width: int) -> Iterator[str]:
    modes = matrix.modes
    first = max(len(name) for name in [matrix.contract, *(_INDENT + mode for mode in modes)])
    for sources in _columns(matrix.sources, width - first):
        heads = [_wrapped(source) for source in sources]
        widths = [_width(source) for source in sources]
        height = max(len(head) for head in heads)
        for row in range(height):
            name = matrix.contract if row == height - 1 else ""
            yield _row(name, first, [_at(head, row - height + len(head)) for head in heads], widths)
        for mode in modes:
            marks = [matrix.mark(mode, source) for source in sources]
            if any(marks):
                yield _row(_INDENT + mode, first, marks, widths)


def _columns(sources: list[str], room: int) -> Iterator[list[str]]:
    """Split *sources* into as many tables as the width asks for."""
    part: list[str] = []
    used = 0
    for source in sources:
        needs = _width(source) + _GAP
        if part and used + needs > room:
            yield part
            part, used = [], 0
        part.append(source)
        used += needs
    if part:
        yield part


def _wrapped(source: str) -> list[str]:
    """Break a source's name at its hyphens, so that columns stay narrow."""
    *heads, last = source.split("-")
    return [*(f"{head}-" for head in heads), last]


def _width(source: str) -> int:
    return max(len("ERROR"), *(len(part) for part in _wrapped(source)))


def _at(head: list[str], row: int) -> str:
    return head[row] if row >= 0 else ""


def _row(name: str, first: int, texts: list[str], widths: list[int]) -> str:
    columns = (text.ljust(width) for text, width in zip(texts, widths, strict=True))
    gap = " " * _GAP
    return gap.join([name.ljust(first), *columns]).rstrip()


def _finding(group: Group, width: int) -> Iterator[str]:
    where = "; ".join(f"{source}: {', '.join(modes)}" for source, modes in group.where.items())
    known = " (expected)" if group.expected else ""
    title = f"{group.name}{known}  {group.contract}, {where}"
    yield from textwrap.wrap(title, width, subsequent_indent=_INDENT * 2, break_on_hyphens=False)
    yield from _labelled("seen", group.seen, width)
    yield from _labelled("cure", group.cure, width)
    # Not wrapped, so that it can be followed.
    yield f"{_INDENT}more  {group.link}"


def _labelled(label: str, text: str, width: int) -> list[str]:
    """Wrap *text* behind a label, every line indented alike."""
    indent = f"{_INDENT}{label}  "
    lines = [
        line
        for part in text.splitlines()
        for line in textwrap.wrap(part, max(width - len(indent), 20), break_on_hyphens=False)
    ]
    return [f"{indent if number == 0 else ' ' * len(indent)}{line}" for number, line in enumerate(lines)]
