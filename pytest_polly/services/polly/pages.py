"""Lists that come a page at a time."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from ..protocols import no
from .errors import NO_SUCH_PAGE

#: As many as a client may ask for of what it may count.
PAGE = 100


def page(name: str, everything: Sequence[Any], asked: Mapping[str, Any], size: int = PAGE) -> dict[str, Any]:
    """Return the page of *everything* that is asked for under *name*, with the token of the next one.

    Raises `ServiceError` for a token that was not given for the same question.
    """
    question = [name, {key: asked[key] for key in sorted(asked) if key not in ("NextToken", "MaxResults")}]
    start = _start(asked.get("NextToken"), question, len(everything))
    end = start + asked.get("MaxResults", size)
    answer: dict[str, Any] = {name: list(everything[start:end])}
    if end < len(everything):
        answer["NextToken"] = urlsafe_b64encode(json.dumps([end, *question]).encode()).decode()
    return answer


def _start(token: str | None, question: list[Any], size: int) -> int:
    # An empty token is no token: clients start with it.
    if not token:
        return 0
    try:
        start, *asked = json.loads(urlsafe_b64decode(token))
    except (ValueError, TypeError, RecursionError):
        start, asked = None, []
    if asked != question or not isinstance(start, int) or not 0 < start < size:
        raise no(NO_SUCH_PAGE)
    return start
