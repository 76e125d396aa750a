"""IAM policies, as far as a speaking client meets them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .conditions import Context, hold
from .wildcards import listed, matches

Document = Mapping[str, Any]
Effect = Literal["Allow", "Deny"]


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
    organization: Sequence[Document] | None = None
    endpoint: Sequence[Document] | None = None


@dataclass(frozen=True)
class Layer:
    """One kind of policy, and what AWS calls it in an answer."""

    attribute: str
    explicit: str
    #: Where it does not allow; AWS words a service control policy's silence as a denial.
    implicit: str | None


#: In the order in which AWS asks them, and in which an answer names them.
LAYERS = (
    Layer("organization", "a service control policy", None),
    Layer("endpoint", "a VPC endpoint policy", "VPC endpoint policy"),
    Layer("identity", "an identity-based policy", "identity-based policy"),
    Layer("boundary", "a permissions boundary", "permissions boundary"),
    Layer("session", "a session policy", "session policy"),
)


@dataclass(frozen=True)
class Denial:
    """Which layer said no, and whether AWS's answer calls it an explicit deny."""

    layer: Layer
    explicit: bool


def decide(
    policies: Policies, action: str, resource: str = "*", context: Context | None = None
) -> Denial | None:
    """Return ``None`` if *action* is allowed, else the denial that the answer names."""
    return next(denials(policies, action, resource, context), None)


def denials(
    policies: Policies, action: str, resource: str = "*", context: Context | None = None
) -> Iterator[Denial]:
    """Yield everything that stands against *action*, the explicit denies first: they always win."""
    layers = [(layer, getattr(policies, layer.attribute)) for layer in LAYERS]
    present = [(layer, documents) for layer, documents in layers if documents is not None]
    for layer, documents in present:
        if says("Deny", documents, action, resource, context):
            yield Denial(layer, explicit=True)
    for layer, documents in present:
        if not says("Allow", documents, action, resource, context):
            yield Denial(layer, explicit=layer.implicit is None)


def says(
    effect: Effect,
    documents: Sequence[Document],
    action: str,
    resource: str = "*",
    context: Context | None = None,
    principals: Collection[str] | None = None,
) -> bool:
    """Tell whether any statement of *documents* has *effect* on this action.

    *principals* are the names the caller goes by; they are given for a role's trust policy only, which
    names whom it trusts instead of a resource.
    """
    return any(
        entry["Effect"] == effect
        and _covers(entry, "Action", action, ignore_case=True)
        and (_covers(entry, "Resource", resource) if principals is None else _trusts(entry, principals))
        and hold(entry.get("Condition", {}), context or {})
        for document in documents
        for entry in listed(document["Statement"])
    )


def _covers(entry: Document, element: str, value: str, *, ignore_case: bool = False) -> bool:
    """Look at the element or its opposite (``NotAction``, …): a statement has one of the two."""
    negated = f"Not{element}" in entry
    patterns = entry[f"Not{element}" if negated else element]
    return any(matches(value, one, ignore_case=ignore_case) for one in listed(patterns)) is not negated


def _trusts(entry: Document, principals: Collection[str]) -> bool:
    """Look at ``Principal`` (``"*"``, or ``{"AWS": arn}`` and other kinds) or its opposite."""
    negated = "NotPrincipal" in entry
    named = entry["NotPrincipal" if negated else "Principal"]
    kinds = named.values() if isinstance(named, Mapping) else [named]
    return any(name in principals for names in kinds for name in listed(names)) is not negated
