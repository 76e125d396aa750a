"""The forms in which a secret may stand in a text."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote


@lru_cache(maxsize=4096)
def forms(secret: str) -> tuple[str, ...]:
    """Return *secret* as it is, and as it is in a URL: with and without its slashes quoted."""
    return tuple(dict.fromkeys((secret, quote(secret, safe=""), quote(secret))))
