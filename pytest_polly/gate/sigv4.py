"""Signature Version 4, from the verifier's side.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

from .request import Request, octets

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
_SIGNATURE_PARAMETER = "X-Amz-Signature"


@dataclass(frozen=True)
class Scope:
    """The day, region and service that a signing key is good for."""

    date: str
    region: str
    service: str
    terminator: str

    def __str__(self) -> str:
        return f"{self.date}/{self.region}/{self.service}/{self.terminator}"


@dataclass(frozen=True)
class Proof:
    """A signature and the very text it must sign: enough to try any secret against it, later too."""

    scope: Scope
    string_to_sign: str
    signature: str = field(repr=False)

    def made_with(self, secret: str) -> bool:
        """Tell whether *secret* made this signature."""
        return hmac.compare_digest(
            sign(secret, self.scope, self.string_to_sign).encode(),
            octets(self.signature),
        )


def sign(secret: str, scope: Scope, string_to_sign: str) -> str:
    """Return the signature, as lower-case hexadecimal digits."""
    return _hmac(_signing_key(secret, scope), string_to_sign).hex()


def string_to_sign(request: Request, timestamp: str, scope: Scope, signed_headers: Sequence[str]) -> str:
    """Return what a signer of *request* must have signed."""
    digest = sha256(octets(canonical_request(request, signed_headers))).hexdigest()
    return f"{ALGORITHM}\n{timestamp}\n{scope}\n{digest}"


def canonical_request(request: Request, signed_headers: Sequence[str]) -> str:
    """Return *request* in the one form that signer and verifier must both arrive at."""
    return "\n".join(
        [
            request.method.upper(),
            _canonical_path(request.path),
            _canonical_query(request),
            *(f"{name}:{_canonical_value(request, name)}" for name in signed_headers),
            "",
            ";".join(signed_headers),
            sha256(request.body).hexdigest(),
        ]
    )


def _canonical_path(path: str) -> str:
    """Drop ``.``, ``..`` and empty segments, then encode once more what came encoded already."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    folder = "/" if segments and path.endswith("/") else ""
    return quote(octets(f"/{'/'.join(segments)}{folder}"), safe="/~")


def _canonical_query(request: Request) -> str:
    """Sort by encoded name, then value; a presigned query does not sign its own signature."""
    pairs = sorted(
        (_encoded(name), _encoded(value))
        for name, value in request.query_pairs()
        if name != _SIGNATURE_PARAMETER
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote(octets(text), safe="-_.~")


def _canonical_value(request: Request, name: str) -> str:
    """Fold spaces in each value of a header; join values of the same name in the order sent."""
    return ",".join(" ".join(value.split()) for key, value in request.headers if key.lower() == name)


@lru_cache(maxsize=256)
def _signing_key(secret: str, scope: Scope) -> bytes:
    key = octets(f"AWS4{secret}")
    for part in (scope.date, scope.region, scope.service, scope.terminator):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, octets(text), "sha256")
