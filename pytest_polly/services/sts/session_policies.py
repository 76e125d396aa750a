"""What a caller hands along with a session to narrow it down: policies, and tags.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...gate import conditions
from ...gate.policy import Document, statement
from ...gate.wildcards import listed
from ..protocols import no, read_json
from .asked import Parameters
from .errors import MALFORMED_POLICY, POLICY_TOO_LARGE, TAGS_TOO_LARGE

#: In bytes. AWS publishes neither its packing nor its limit, only that policies are compressed; its
#: examples say that one of some 100 bytes takes up 6 %.
_ALLOTTED = 1500

#: Those of AWS's managed policies that a speaking client is likely to be narrowed down to.
#: https://docs.aws.amazon.com/polly/latest/dg/security-iam-awsmanpol.html
_MANAGED = {
    "arn:aws:iam::aws:policy/AdministratorAccess": statement("Allow", "*"),
    "arn:aws:iam::aws:policy/AmazonPollyFullAccess": statement("Allow", "polly:*"),
    "arn:aws:iam::aws:policy/AmazonPollyReadOnlyAccess": statement(
        "Allow",
        "polly:DescribeVoices",
        "polly:GetLexicon",
        "polly:GetSpeechSynthesisTask",
        "polly:ListLexicons",
        "polly:ListSpeechSynthesisTasks",
        "polly:SynthesizeSpeech",
    ),
}


@dataclass(frozen=True)
class Narrowing:
    """The policies and tags of one request; ``policies`` is ``None`` where there are none."""

    policies: Sequence[Document] | None
    tags: Mapping[str, str]
    #: In per cent of what is allotted, ``None`` where there is nothing to pack.
    packed_size: int | None


def narrowing(parameters: Parameters) -> Narrowing:
    """Read the policies and tags of a request.

    Raises `ServiceError` if the policy is none, or if it all is too large. A managed policy that we do
    not know grants nothing.
    """
    text = parameters.get("Policy")
    arns = _members(parameters, "PolicyArns", "arn")
    tags = tags_of(parameters)
    inline = [] if text is None else [_parsed(text)]
    policies = [*inline, *(_MANAGED.get(arn, {"Statement": []}) for arn in arns)]
    tags_size = _packed(tags) if tags else 0
    if tags_size > 100:
        raise no(TAGS_TOO_LARGE, percent=str(tags_size))
    size = _packed([*inline, *arns, tags]) if policies or tags else None
    if size is not None and size > 100:
        raise no(POLICY_TOO_LARGE, percent=str(size))
    return Narrowing(policies or None, tags, size)


def tags_of(parameters: Parameters) -> dict[str, str]:
    keys, values = (_members(parameters, "Tags", field) for field in ("Key", "Value"))
    return dict(zip(keys, values, strict=False))


def _members(parameters: Parameters, name: str, field: str) -> list[str]:
    """Return the *field* of each member of a list, in order: ``Name.member.1.field``, …"""
    found: list[str] = []
    while (value := parameters.get(f"{name}.member.{len(found) + 1}.{field}")) is not None:
        found.append(value)
    return found


def _parsed(text: str) -> Document:
    """Return the policy, if it has at least the shape of one."""
    try:
        policy = read_json(text)
    except ValueError:
        raise no(MALFORMED_POLICY) from None
    entries = listed(policy.get("Statement")) if isinstance(policy, dict) else []
    if not entries or not all(_is_statement(entry) for entry in entries):
        raise no(MALFORMED_POLICY)
    document: Document = policy
    return document


def _is_statement(entry: object) -> bool:
    if not isinstance(entry, dict) or entry.get("Effect") not in ("Allow", "Deny"):
        return False
    try:
        conditions.check(entry.get("Condition", {}))
    except ValueError:
        return False
    return all(_names_something(entry, element) for element in ("Action", "Resource"))


def _names_something(entry: Mapping[str, Any], element: str) -> bool:
    """Tell whether a statement has *element* or its opposite, and in it nothing but patterns."""
    patterns = entry.get(f"Not{element}", entry.get(element))
    return patterns is not None and all(isinstance(one, str) for one in listed(patterns))


def _packed(value: object) -> int:
    """Return how much of what is allotted *value* takes up, in per cent, rounded up."""
    size = len(zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 9))
    return -(-100 * size // _ALLOTTED)
