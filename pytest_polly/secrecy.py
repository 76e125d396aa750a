"""Secrets in a text: the forms in which they stand there, and what is shown in their place."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

_SHOWN = "****"
#: That much of a secret is a secret still: pytest, for one, cuts off what it takes for too long. Tokens of
#: one kind begin alike, so it cannot be much less.
_HEAD = 36


def hidden(text: str, secret: str) -> str:
    """Return *text* without *secret*, whole or with its end cut off."""
    for form in forms(secret):
        head = form[:_HEAD]
        if head in text:
            text = text.replace(form, _SHOWN)
            text = re.sub(rf"{re.escape(head)}[\w%+/=.~-]*", _SHOWN, text)
    return text


@lru_cache(maxsize=4096)
def forms(secret: str) -> tuple[str, ...]:
    """Return *secret* as it is, and as it is in a URL: with and without its slashes quoted."""
    return tuple(dict.fromkeys((secret, quote(secret, safe=""), quote(secret))))
