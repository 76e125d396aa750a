"""What STS demands of each member of a request before it looks at what it means.

The limits are those of AWS's service model; a source identity may be longer than the model says, and is so
in the live service. Lengths count characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from ..protocols import no
from .asked import Parameters
from .errors import EMPTY_NUMBER, INVALID, NOT_A_NUMBER

_INT32 = range(-(2**31), 2**31)


@dataclass(frozen=True)
class Text:
    """A member that is text; ``pattern`` is spelled as AWS's answer spells it."""

    name: str
    pattern: str
    shortest: int
    longest: int | None = None
    required: bool = False

    def complaints(self, value: str | None) -> Iterator[str]:
        if value is None:
            if self.required:
                yield _complaint("null", self.name, "not be null")
            return
        shown = f"'{value}'"
        if not re.fullmatch(self.pattern, value, re.ASCII):
            yield _complaint(shown, self.name, f"satisfy regular expression pattern: {self.pattern}")
        if len(value) < self.shortest:
            yield _complaint(shown, self.name, f"have length greater than or equal to {self.shortest}")
        if self.longest is not None and len(value) > self.longest:
            yield _complaint(shown, self.name, f"have length less than or equal to {self.longest}")


@dataclass(frozen=True)
class Number:
    """A member that is a 32-bit number."""

    name: str
    least: int
    most: int

    def complaints(self, value: str | None) -> Iterator[str]:
        """Complain of a number out of range; what is no number at all fails at once, on its own."""
        if value is None:
            return
        if value == "":
            raise no(EMPTY_NUMBER)
        if not re.fullmatch(r"[+-]?\d{1,99}", value, re.ASCII) or int(value) not in _INT32:
            raise no(NOT_A_NUMBER)
        shown = f"'{int(value)}'"
        if int(value) < self.least:
            yield _complaint(shown, self.name, f"have value greater than or equal to {self.least}")
        if int(value) > self.most:
            yield _complaint(shown, self.name, f"have value less than or equal to {self.most}")


_NAME = r"[\w+=,.@-]*"
_DEVICE = (Text("SerialNumber", r"[\w+=/:,.@-]*", 9, 256), Text("TokenCode", r"[\d]*", 6, 6))
_POLICY = r"[\u0009\u000A\u000D\u0020-\u00FF]+"
_ARN = r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+"
_LONG_SESSION = Number("DurationSeconds", 900, 129_600)

ASSUME_ROLE = (
    Number("DurationSeconds", 900, 43_200),
    Text("RoleArn", _ARN, 20, 2048, required=True),
    Text("RoleSessionName", _NAME, 2, 64, required=True),
    Text("Policy", _POLICY, 1),
    Text("ExternalId", r"[\w+=,.@:\/-]*", 2, 1224),
    *_DEVICE,
    Text("SourceIdentity", _NAME, 2, 256),
)
GET_SESSION_TOKEN = (_LONG_SESSION, *_DEVICE)
GET_FEDERATION_TOKEN = (
    _LONG_SESSION,
    Text("Name", _NAME, 2, 32, required=True),
    Text("Policy", _POLICY, 1, 2048),
)
GET_ACCESS_KEY_INFO = (Text("AccessKeyId", r"[\w]*", 16, 128, required=True),)


def check(members: Iterable[Text | Number], parameters: Parameters) -> None:
    """Raise `ServiceError` with everything that is wrong with *members*."""
    complaints = [
        complaint for member in members for complaint in member.complaints(parameters.get(member.name))
    ]
    if complaints:
        errors = "error" if len(complaints) == 1 else "errors"
        listed = "; ".join(complaints)
        raise no(INVALID, complaints=f"{len(complaints)} validation {errors} detected: {listed}")


def lifetime(parameters: Parameters, default: int) -> timedelta:
    """Return how long a session is to last; *parameters* have been checked."""
    return timedelta(seconds=int(parameters.get("DurationSeconds", default)))


def _complaint(shown: str, name: str, must: str) -> str:
    member = name[0].lower() + name[1:]
    return f"Value {shown} at '{member}' failed to satisfy constraint: Member must {must}"
