"""The services behind the gate, and which hosts are theirs."""

from __future__ import annotations

import re
from datetime import timedelta

from ..gate import Door
from ..gate.errors import Dialect

#: Endpoints without a region of their own, with the one they sign in.
_GLOBAL = {"sts.amazonaws.com": "sts.us-east-1.amazonaws.com"}

#: Per service: the protocol it speaks, and how many minutes a client's clock may be off.
SERVICES: dict[str, tuple[Dialect, int]] = {
    "polly": ("rest_json", 5),
    "sts": ("query", 15),
}

_HOST = re.compile(
    rf"(?P<service>{'|'.join(SERVICES)})(-fips)?\.(?P<region>[a-z]{{2,}}(-[a-z]+)+-\d+)"
    r"\.(amazonaws\.com(\.cn)?|api\.aws)"
)


def door(host: str) -> Door | None:
    """Return the front door behind *host*, ``None`` if it is not one that we answer for."""
    found = _HOST.fullmatch(_GLOBAL.get(host, host))
    if found is None:
        return None
    service = found["service"]
    dialect, minutes = SERVICES[service]
    return Door(service, found["region"], dialect, timedelta(minutes=minutes))
