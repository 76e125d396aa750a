"""What secret scanners take for a leaked AWS key, as far as their rules for AWS and for anything go.

gitleaks: https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml
TruffleHog: https://github.com/trufflesecurity/trufflehog/tree/main/pkg/detectors/aws
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from math import log2

_GITLEAKS_KEY = re.compile(r"\b((?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})\b")
_GITLEAKS_ALLOWED = re.compile(r".+EXAMPLE$")
_GITLEAKS_GENERIC = re.compile(
    r"""(?i)(?:access|auth|credential|creds|key|passw(?:or)?d|secret|token)(?:[ \t\w.-]{0,20})[\s'"]{0,3}"""
    r"""(?:=|>|:{1,3}=|:|,)['"\s=]{0,5}([\w.=-]{10,150}|[a-z0-9][a-z0-9+/]{11,}={0,3})(?:['"\s;]|$)"""
)
#: Of a long list of words, those that are no ordinary ones.
_GITLEAKS_STOP_WORDS = ("example", "aaaaaa", "000000")

_TRUFFLEHOG_KEY = re.compile(r"\b((?:AKIA|ABIA|ACCA|ASIA)[A-Z0-9]{16})\b")
_TRUFFLEHOG_SECRET = re.compile(r"(?:[^A-Za-z0-9+/]|\A)([A-Za-z0-9+/]{40})(?:[^A-Za-z0-9+/]|\Z)")
_TRUFFLEHOG_FALSE = ("example", "xxxxxx", "aaaaaa", "abcde", "00000", "sample")


def found_by(text: str) -> set[str]:
    """Return the names of the rules that *text* sets off."""
    return {*_gitleaks(text), *_trufflehog(text)}


def _gitleaks(text: str) -> Iterator[str]:
    for found in _GITLEAKS_KEY.findall(text):
        if _entropy(found) >= 3 and not _GITLEAKS_ALLOWED.fullmatch(found):
            yield "gitleaks: aws-access-token"
    for found in _GITLEAKS_GENERIC.findall(text):
        if _entropy(found) >= 3.5 and not any(word in found.lower() for word in _GITLEAKS_STOP_WORDS):
            yield "gitleaks: generic-api-key"


def _trufflehog(text: str) -> Iterator[str]:
    """A key and a secret anywhere in one text; what it holds against the key decides."""
    for key in _TRUFFLEHOG_KEY.findall(text):
        if _entropy(key) < 3 or any(word in key.lower() for word in _TRUFFLEHOG_FALSE):
            continue
        if any(_entropy(secret) >= 4.25 for secret in _TRUFFLEHOG_SECRET.findall(text)):
            yield "trufflehog: AWS"


def _entropy(text: str) -> float:
    """Shannon's, in bits per character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * log2(share) for share in shares)
