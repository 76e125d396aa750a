"""What arrives at AWS's front door, and what leaves it, free of any SDK or HTTP library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import unquote, urlsplit


def octets(text: str) -> bytes:
    """Return the bytes that *text* stands for: UTF-8, or whatever else came over the wire.

    Bytes that are no UTF-8 keep their value on the way through ``str`` as lone surrogates. A surrogate that
    stands for no byte can only be made up, by whoever calls an SDK with it; it has bytes of its own.
    """
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def phrase(status: int) -> str:
    """Return what HTTP calls *status*: nothing if it has no name for it."""
    return HTTPStatus(status).phrase if status in _NAMED else ""


_NAMED = frozenset(HTTPStatus)


@dataclass(frozen=True)
class Request:
    """One HTTP request as it was sent: nothing decoded, nothing normalised.

    ``path`` and ``query`` are still percent-encoded, because a signature covers the encoded form.
    A ``repr`` shows nothing of what may hold a token or a signature.
    """

    method: str
    host: str
    path: str
    query: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def from_url(
        cls, method: str, url: str, headers: Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> Request:
        """Split *url*; add the ``Host`` header that HTTP libraries only add while sending."""
        parts = urlsplit(url)
        sent = tuple(headers)
        if not any(name.lower() == "host" for name, _ in sent):
            sent = (*sent, ("Host", parts.netloc))
        return cls(method, (parts.hostname or "").lower(), parts.path, parts.query, sent, body)

    def header(self, name: str) -> str | None:
        """Return a header's value, whatever its case; several of the same name are joined by commas.

        Space around a value is no part of it, says HTTP.
        """
        values = [value.strip(" \t") for key, value in self.headers if key.lower() == name]
        return ",".join(values) if values else None

    def query_pairs(self) -> list[tuple[str, str]]:
        """Return the query's names and values, decoded, in the order sent."""
        return [
            (unquote(name, errors="surrogateescape"), unquote(value, errors="surrogateescape"))
            for name, _, value in (part.partition("=") for part in self.query.split("&") if part)
        ]


@dataclass(frozen=True)
class Response:
    """One HTTP response, ready for whichever wire the request came on.

    ``error_code`` and ``message`` repeat for the record what an error's body says in its own format.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: May be new credentials, so a ``repr`` does not show it.
    body: bytes = field(default=b"", repr=False)
    error_code: str | None = None
    message: str | None = None
