"""Signature Version 4 as AWS documents it, for whoever signs and for whoever checks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote_to_bytes

#: What stays as it is when names, values and path segments are encoded; everything else becomes %XX.
_UNRESERVED = "-_.~"
ISO = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Sent:
    """A request as it is on the wire: nothing decoded, header names in whatever case they came."""

    method: str
    host: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        """Return what all headers of that name say, in order; names are the same in any case."""
        return [value.strip() for key, value in self.headers if key.lower() == name.lower()]

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query, decoded; a name without ``=`` has an empty value."""
        pairs = (part.partition("=") for part in self.query.split("&") if part)
        return [(_decoded(name), _decoded(value)) for name, _, value in pairs]

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter, as AWS does; names are told apart by case."""
        return next((value for key, value in self.parameters if key == name), None)


def signature(sent: Sent, secret: str, date: str, scope: str, signed: Iterable[str]) -> str:
    """Return what the signature of *sent* has to be, in hexadecimal.

    *scope* is ``date/region/service/terminator``; the key is derived from what stands there.
    """
    to_sign = "\n".join(("AWS4-HMAC-SHA256", date, scope, _sha256(canonical(sent, signed).encode())))
    key = b"AWS4" + secret.encode()
    for element in scope.split("/"):
        key = _hmac(key, element)
    return _hmac(key, to_sign).hex()


def canonical(sent: Sent, signed: Iterable[str]) -> str:
    """Return the canonical request: what of a request its signature covers."""
    names = sorted(name.lower() for name in signed)
    # A header that came more than once counts as one, its values with commas between.
    headers = "".join(f"{name}:{','.join(map(_one_spaced, sent.values(name)))}\n" for name in names)
    # The path was encoded once to be sent. It is encoded again for every service but S3.
    path = quote(sent.path or "/", safe=_UNRESERVED + "/")
    query = "&".join(
        f"{name}={value}"
        for name, value in sorted((_encoded(name), _encoded(value)) for name, value in sent.parameters)
        if name != "X-Amz-Signature"
    )
    return "\n".join((sent.method, path, query, headers, ";".join(names), _sha256(sent.body)))


def timestamp(date: str) -> str:
    """Return how the date of a request stands in what is signed."""
    moment = http_date(date)
    return date if moment is None else iso(moment)


def iso(moment: datetime) -> str:
    """Return *moment* in ISO 8601's basic format; not every system writes an early year in four digits."""
    return f"{moment:{ISO}}".zfill(len("YYYYMMDDTHHMMSSZ"))


def iso_date(text: str) -> datetime | None:
    """Return the time that *text* says in ISO 8601's basic format, ``None`` if it does not."""
    if not re.fullmatch("[0-9]{8}T[0-9]{6}Z", text):
        return None
    try:
        return datetime.strptime(text, ISO).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def http_date(text: str) -> datetime | None:
    """Return the time that *text* says in the form that HTTP has for dates, ``None`` if it does not."""
    try:
        moment = parsedate_to_datetime(text)
        # What names no zone is UTC.
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).astimezone(timezone.utc)
    except Exception:
        # The standard library fails on garbage in many ways.
        return None


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape")


def _encoded(text: str) -> str:
    return quote(text, safe=_UNRESERVED, errors="surrogateescape")


def _one_spaced(value: str) -> str:
    return re.sub(" +", " ", value.strip())


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
