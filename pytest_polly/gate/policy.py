"""IAM policies, as far as a speaking client meets them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate
from functools import lru_cache
from re import IGNORECASE, Pattern, compile
from typing import Any, Literal

Document = Mapping[str, Any]
Effect = Literal["Allow", "Deny"]
Context = Mapping[str, str]


def statement(effect: Effect, *actions: str, **more: Any) -> Document:
    """Return a policy document of one statement, on every resource unless *more* says otherwise."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": list(actions), "Resource": "*", **more}],
    }


@dataclass(frozen=True)
class Policies:
    """The layers that bind a principal; ``None`` is a layer that is not there and limits nothing."""

    identity: Sequence[Document] = ()
    boundary: Sequence[Document] | None = None
    session: Sequence[Document] | None = None


@dataclass(frozen=True)
class Layer:
    """One kind of policy, and what AWS calls it in an answer."""

    attribute: str
    implicit: str
    explicit: str


#: In the order in which an answer names them.
LAYERS = (
    Layer("identity", "identity-based policy", "an identity-based policy"),
    Layer("boundary", "permissions boundary", "a permissions boundary"),
    Layer("session", "session policy", "a session policy"),
)


@dataclass(frozen=True)
class Denial:
    """Which layer said no, and whether it did so in so many words."""

    layer: Layer
    explicit: bool


def decide(
    policies: Policies, action: str, resource: str = "*", context: Context | None = None
) -> Denial | None:
    """Return ``None`` if *action* is allowed, else the layer to blame: an explicit deny wins."""
    layers = [(layer, getattr(policies, layer.attribute)) for layer in LAYERS]
    for layer, documents in layers:
        if documents is not None and says("Deny", documents, action, resource, context):
            return Denial(layer, explicit=True)
    for layer, documents in layers:
        if documents is not None and not says("Allow", documents, action, resource, context):
            return Denial(layer, explicit=False)
    return None


def says(
    effect: Effect,
    documents: Sequence[Document],
    action: str,
    resource: str = "*",
    context: Context | None = None,
    principals: Sequence[str] | None = None,
) -> bool:
    """Tell whether any statement of *documents* has *effect* on this action.

    *principals* are the ARNs the caller goes by; they are given for a role's trust policy only.
    """
    return any(
        entry["Effect"] == effect
        and _covers(entry, "Action", action, IGNORECASE)
        and (
            _covers(entry, "Resource", resource)
            if principals is None
            else _trusts(entry["Principal"], principals)
        )
        and _holds(entry.get("Condition", {}), context or {})
        for document in documents
        for entry in _listed(document["Statement"])
    )


def _covers(entry: Document, element: str, value: str, flags: int = 0) -> bool:
    if f"Not{element}" in entry:
        return not any(_pattern(p, flags).match(value) for p in _listed(entry[f"Not{element}"]))
    return any(_pattern(p, flags).match(value) for p in _listed(entry[element]))


def _trusts(trusted: Any, principals: Sequence[str]) -> bool:
    """Match a trust policy's ``Principal``: an ARN, a whole account, a provider or anybody."""
    if trusted == "*":
        return True
    accounts = {arn.split(":")[4] for arn in principals if arn.startswith("arn:")}
    accepted = {"*", *principals, *accounts, *(f"arn:aws:iam::{one}:root" for one in accounts)}
    return any(name in accepted for names in trusted.values() for name in _listed(names))


def _holds(conditions: Mapping[str, Document], context: Context) -> bool:
    return all(
        any(_OPERATORS[operator](context.get(key), str(value)) for value in _listed(values))
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


@lru_cache(maxsize=1024)
def _pattern(glob: str, flags: int = 0) -> Pattern[str]:
    """Compile ``*`` and ``?``; everything else in a policy stands for itself."""
    return compile(translate(glob.replace("[", "[[]")), flags)


def _before(actual: str | None, limit: str) -> bool:
    return actual is not None and _time(actual) < _time(limit)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


_OPERATORS: Mapping[str, Callable[[str | None, str], bool]] = {
    "Bool": lambda actual, wanted: (actual or "").lower() == wanted.lower(),
    "DateLessThan": _before,
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringLike": lambda actual, wanted: actual is not None and bool(_pattern(wanted).match(actual)),
}
