"""What a live run was told to do, each setting with where it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from .. import services
from ..gate import Door, Request

#: The services that a live run may ask.
ASKED = ("polly", "sts")
_GLOBAL_STS = "sts.amazonaws.com"


class Setting(NamedTuple):
    """A value, and where it came from."""

    value: str
    source: str

    def __str__(self) -> str:
        return f"{self.value} (from {self.source})"


_BUDGET = Setting("1000", "default")


def _looks_like(pattern: str) -> Callable[[str], object]:
    return re.compile(pattern, re.ASCII).fullmatch


#: What tells whether a setting can be meant, and what is said of one that cannot.
_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "account": (_looks_like(r"\d{12}"), "no account of AWS's, which has twelve digits"),
    # No more than SQLite can count.
    "budget": (_looks_like(r"\d{1,15}"), "no number of characters"),
    "region": (services.is_region, "no region of AWS's; one is us-east-1"),
    "role": (
        _looks_like(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+"),
        "no ARN of a role, such as arn:aws:iam::123456789012:role/polly-live",
    ),
}
_ANY_NAME = (bool, "empty")


@dataclass(frozen=True)
class Settings:
    """Everything that a live run can be told; ``None`` is what nobody said."""

    budget: Setting
    profile: Setting | None = None
    role: Setting | None = None
    region: Setting | None = None
    account: Setting | None = None
    expired: Setting | None = None
    drift: Setting | None = None

    @classmethod
    def told(cls, said: Mapping[str, Setting]) -> Settings:
        """Return what was *said*, by name; raises `ValueError` for what cannot be meant."""
        for name, (value, source) in said.items():
            can_be_meant, otherwise = _FORMS.get(name, _ANY_NAME)
            if not can_be_meant(value):
                raise ValueError(f"the {name} {value!r} (from {source}) is {otherwise}")
        return cls(**{"budget": _BUDGET, **said})


@dataclass(frozen=True)
class Endpoints:
    """Where requests may go: to Polly and STS of one region, or to what takes their place."""

    region: str
    #: By service, what AWS's own variables name in place of its endpoint.
    named: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def told_by(cls, environ: Mapping[str, str], region: str) -> Endpoints:
        """Read ``AWS_ENDPOINT_URL_POLLY``, ``AWS_ENDPOINT_URL_STS``, else ``AWS_ENDPOINT_URL``.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
        Raises `ValueError` for one that belongs to another region.
        """
        named: dict[str, str] = {}
        for service in ASKED:
            variable = f"AWS_ENDPOINT_URL_{service.upper()}"
            url = environ.get(variable) or environ.get("AWS_ENDPOINT_URL")
            if url:
                there = services.door(urlsplit(url).hostname or "")
                if there is not None and there.region != region:
                    raise ValueError(f"{variable} names {url}, which is in {there.region}, not in {region}")
                named[service] = url
        return cls(region, named)

    @property
    def variables(self) -> dict[str, str]:
        """The variables by which clients find what was named."""
        return {f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in self.named.items()}

    @property
    def authorities(self) -> list[str]:
        """Where that is."""
        return [urlsplit(url).netloc for url in self.named.values()]

    def door(self, request: Request) -> Door | None:
        """Return the front door that *request* may go to, ``None`` if it goes elsewhere."""
        at = [service for service, url in self.named.items() if _is_at(request, url)]
        if at:
            service = at[0] if len(at) == 1 or request.path.startswith("/v1/") else "sts"
            usual = services.door(f"{service}.{self.region}.amazonaws.com")
            assert usual is not None
            return usual
        door = services.door(request.host)
        if door is None or door.service not in ASKED or door.service in self.named:
            return None
        return door if door.region == self.region or request.host == _GLOBAL_STS else None


def _is_at(request: Request, url: str) -> bool:
    parts = urlsplit(url)
    authority = (request.header("host") or "").lower()
    return (request.host, authority) == ((parts.hostname or "").lower(), parts.netloc.lower())
