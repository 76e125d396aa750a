"""The services behind the gate, and which hosts are theirs."""

from __future__ import annotations

import re
from datetime import timedelta

from ..gate import Door
from ..gate.errors import Dialect

#: Per service that has hosts of its own: the protocol it speaks, and how many minutes a client's clock
#: may be off where requests are signed.
SERVICES: dict[str, tuple[Dialect, int]] = {
    "polly": ("rest_json", 5),
    "sts": ("query", 15),
    "sso": ("rest_json", 5),
    "signin": ("rest_json", 5),
}

_REGION = r"(?P<region>[a-z]{2,}(?:-[a-z]+)+-\d+)"
_SUFFIX = r"(?:amazonaws\.com(?:\.cn)?|api\.aws)"

#: Endpoints: regional ones (also FIPS and dual-stack), VPC endpoints, those of single sign-on.
_HOSTS = tuple(
    (service, re.compile(pattern))
    for service, pattern in (
        ("polly", rf"polly(?:-fips)?\.{_REGION}\.{_SUFFIX}"),
        ("polly", rf"vpce-[\w-]+\.polly\.{_REGION}\.vpce\.amazonaws\.com"),
        ("sts", rf"sts(?:-fips)?\.{_REGION}\.{_SUFFIX}"),
        ("sts", rf"vpce-[\w-]+\.sts\.{_REGION}\.vpce\.amazonaws\.com"),
        ("sso", rf"(?:portal\.sso|oidc)(?:-fips)?\.{_REGION}\.{_SUFFIX}"),
        ("signin", rf"signin(?:-fips)?\.{_REGION}\.{_SUFFIX}"),
        ("signin", rf"{_REGION}\.signin\.aws(?:\.amazon\.com)?"),
    )
)
#: Endpoints without a region of their own, with the one they sign in.
_GLOBAL = {"sts.amazonaws.com": "sts.us-east-1.amazonaws.com"}


def is_region(name: object) -> bool:
    """Tell whether *name* has the form of a region's: those that AWS opens later have it too."""
    return isinstance(name, str) and re.fullmatch(_REGION, name) is not None


def door(host: str) -> Door | None:
    """Return the front door behind *host*, ``None`` if it is not one that we answer for."""
    host = _GLOBAL.get(host, host)
    for service, pattern in _HOSTS:
        found = pattern.fullmatch(host)
        if found is not None:
            dialect, minutes = SERVICES[service]
            return Door(service, found["region"], dialect, timedelta(minutes=minutes))
    return None
