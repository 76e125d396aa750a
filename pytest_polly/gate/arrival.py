"""A request as AWS's front door reads it, before it judges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property

from . import sigv4
from .errors import Dialect
from .identity import IssuedKey
from .request import Request

#: What a signature needs beside a date, in the order in which AWS misses them.
PARTS = ("Credential", "Signature", "SignedHeaders")
#: ISO 8601 basic format.
_BASIC_PATTERN = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


@dataclass(frozen=True)
class Door:
    """One service's front door in one region."""

    service: str
    region: str
    dialect: Dialect
    #: How far a client's clock may be off, either way.
    window: timedelta


@dataclass(frozen=True)
class Arrival:
    """A request before the door, with what it claims about its signer."""

    request: Request
    door: Door
    keys: Mapping[str, IssuedKey]
    #: AWS's time, aware, in UTC.
    now: datetime
    #: AWS's time by another clock that whoever signed may go by, if there is one.
    signers_now: datetime | None = None

    @cached_property
    def authorization(self) -> str | None:
        return self.request.header("authorization")

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; of several with one name the first counts."""
        return dict(reversed(self.request.query_pairs()))

    @property
    def presigned(self) -> bool:
        return "X-Amz-Algorithm" in self.query

    @cached_property
    def pieces(self) -> list[str]:
        """What stands in the Authorization header behind the algorithm."""
        return [piece for piece in re.split("[ ,]", self.authorization or "")[1:] if piece]

    @cached_property
    def parts(self) -> dict[str, str]:
        """The signature's named parts, whichever way they were sent."""
        if self.presigned:
            prefix = "X-Amz-"
            return {
                name[len(prefix) :]: value for name, value in self.query.items() if name.startswith(prefix)
            }
        named = (piece.split("=", 1) for piece in self.pieces if "=" in piece)
        sent = {
            **{name: value for name, value in named if name in PARTS},
            "Algorithm": re.split("[ ,]", self.authorization or "")[0],
            "Date": self.request.header("x-amz-date") or self.request.header("date"),
            "Security-Token": self.request.header("x-amz-security-token"),
        }
        return {name: value for name, value in sent.items() if value is not None}

    @cached_property
    def timestamp(self) -> str:
        """The time of signing in ISO 8601 basic format; raises `ValueError` if what was sent is no time."""
        date = self.parts.get("Date", "")
        if _BASIC_PATTERN.fullmatch(date):
            return date
        if self.presigned or self.request.header("x-amz-date"):
            raise ValueError(f"{date!r} is not in the one format that X-Amz-Date may have")
        return in_basic_format(_from_http_date(date))

    @cached_property
    def signed_at(self) -> datetime:
        """The time of signing, aware, in UTC; raises `ValueError` as `timestamp` does."""
        # `strptime` would take longer than all that a signature is checked by.
        date, _, time = self.timestamp.rstrip("Z").partition("T")
        year, month, day = int(date[:4]), int(date[4:6]), int(date[6:])
        return datetime(year, month, day, int(time[:2]), int(time[2:4]), int(time[4:]), tzinfo=timezone.utc)

    @cached_property
    def clock(self) -> datetime:
        """AWS's time by the clock of whoever signed: of two, the one nearer to the time of signing."""
        if self.signers_now is None or not self.is_dated:
            return self.signers_now or self.now
        return min(self.signers_now, self.now, key=lambda now: abs(now - self.signed_at))

    @property
    def is_dated(self) -> bool:
        try:
            return bool(self.signed_at)
        except ValueError:
            return False

    @cached_property
    def signed_headers(self) -> list[str]:
        return self.parts.get("SignedHeaders", "").lower().split(";")

    @cached_property
    def credential(self) -> list[str]:
        """Key id, date, region, service and terminator; slashes at the end do not count."""
        return self.parts.get("Credential", "").rstrip("/").split("/")

    @property
    def access_key_id(self) -> str:
        return self.credential[0]

    @property
    def scope(self) -> sigv4.Scope:
        return sigv4.Scope(*self.credential[1:])

    @property
    def token(self) -> str | None:
        return self.parts.get("Security-Token")

    @property
    def key(self) -> IssuedKey:
        return self.keys[self.access_key_id]

    @property
    def is_temporary(self) -> bool:
        return self.key.credentials.session_token is not None

    @property
    def readable(self) -> bool:
        """Whether there is a whole signature to look at, right or wrong."""
        return not self.missing and self.is_dated and len(self.credential) == 5

    @property
    def missing(self) -> list[str]:
        """The parts that are not there; no headers signed counts as a list, of none."""
        sent = self.parts
        return [part for part in PARTS if not (sent.get(part) or (part == "SignedHeaders" and part in sent))]

    @cached_property
    def proof(self) -> sigv4.Proof:
        to_sign = sigv4.string_to_sign(self.request, self.timestamp, self.scope, self.signed_headers)
        return sigv4.Proof(self.scope, to_sign, self.parts["Signature"])


def in_basic_format(moment: datetime) -> str:
    """Return *moment*, in UTC, as signatures have it; ``%Y`` alone gives four digits on some systems only."""
    return f"{moment.year:04}{moment:%m%dT%H%M%SZ}"


def _from_http_date(text: str) -> datetime:
    """Read a ``Date`` header; what names no zone, or the ``-0000`` that botocore writes, is UTC."""
    try:
        time = parsedate_to_datetime(text)
        return time.replace(tzinfo=time.tzinfo or timezone.utc).astimezone(timezone.utc)
    except Exception as error:
        # The standard library fails on garbage in many ways.
        raise ValueError(f"{text!r} is no date") from error
