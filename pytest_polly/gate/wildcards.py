"""How policies write things: one value or a list of them, with ``*`` and ``?`` in it."""

from __future__ import annotations

from functools import lru_cache
from re import DOTALL, IGNORECASE, Pattern, compile, escape
from typing import Any


def listed(value: Any) -> list[Any]:
    """Return the values of an element that may be written as a list or, if there is one, without."""
    return list(value) if isinstance(value, (list, tuple)) else [value]


def matches(value: str, pattern: str, *, ignore_case: bool = False) -> bool:
    """Tell whether the whole of *value* is covered; all but ``*`` and ``?`` stands for itself."""
    return _compiled(pattern, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, ignore_case: bool) -> Pattern[str]:
    regular = escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return compile(regular, DOTALL | (IGNORECASE if ignore_case else 0))
