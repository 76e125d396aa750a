"""Compares what a page shows of a console with what happens there."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Any lines, on a line of its own; any characters, within one.
ELISION = "..."
_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z2-7]{16}\b")


def without_keys(lines: Sequence[str]) -> list[str]:
    """Return *lines* with dots for what is another in every run."""
    return [_KEY.sub(lambda key: key[1] + "." * 16, line.rstrip()) for line in lines]


def differences(shown: Sequence[str], printed: Sequence[str]) -> str:
    """Return what is shown and not printed there, and what was printed; empty if all is as shown."""
    printed = without_keys(printed)
    pieces = _pieces(shown)
    position = 0
    for number, piece in enumerate(pieces):
        end = len(printed) - len(piece)
        first = end if number == len(pieces) - 1 else position
        starts = range(max(first, position), (end if number else 0) + 1)
        found = next((start for start in starts if _is_at(piece, printed, start)), None)
        if found is None:
            there = "\n".join(printed[position:])
            return "\n".join(["this is shown:", *piece, "", "and from there on this was printed:", there])
        position = found + len(piece)
    return ""


def _pieces(shown: Sequence[str]) -> list[list[str]]:
    """Return the lines between elisions: the first and the last are where the output begins and ends."""
    pieces: list[list[str]] = [[]]
    for line in shown:
        if line == ELISION:
            pieces.append([])
        else:
            pieces[-1].append(line)
    return pieces


def _is_at(piece: Sequence[str], printed: Sequence[str], start: int) -> bool:
    there = printed[start : start + len(piece)]
    return len(there) == len(piece) and all(map(_is_alike, piece, there))


def _is_alike(shown: str, printed: str) -> bool:
    pattern = re.escape(shown.rstrip()).replace(re.escape(ELISION), ".*")
    return re.fullmatch(pattern, printed) is not None
