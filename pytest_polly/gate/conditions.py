"""The conditions a policy statement may be bound to.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from ipaddress import ip_address, ip_network
from operator import eq, ge, gt, le, lt
from typing import Any

from .wildcards import listed, matches

#: What is known of a request and its signer, by condition key; a key that does not apply is not there.
Context = Mapping[str, str]
Compare = Callable[[str, str], bool]


def hold(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    """Tell whether all of *conditions* (operator to key to one or more values) hold.

    Raises `ValueError` for an operator that IAM does not have.
    """
    if not conditions:
        return True
    known = {key.lower(): value for key, value in context.items()}
    return all(
        _holds(operator, known.get(key.lower()), [str(value) for value in listed(values)])
        for operator, keys in conditions.items()
        for key, values in keys.items()
    )


def _holds(operator: str, actual: str | None, wanted: list[str]) -> bool:
    """Apply one operator; our keys have one value each, so ``ForAnyValue:`` changes nothing."""
    quantifier, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    if base == "Null":
        return (actual is None) == (wanted[0].lower() == "true")
    negated = base.replace("Not", "", 1) in _COMPARISONS and base not in _COMPARISONS
    compare = _COMPARISONS.get(base.replace("Not", "", 1) if negated else base)
    if compare is None:
        raise ValueError(f"{operator!r} is no condition operator of IAM's that we know")
    if actual is None:
        return negated or name != base or quantifier == "ForAllValues"
    return any(compare(actual, value) for value in wanted) is not negated


def _numbers(compare: Callable[[Any, Any], bool]) -> Compare:
    return lambda actual, wanted: compare(float(actual), float(wanted))


def _dates(compare: Callable[[Any, Any], bool]) -> Compare:
    return lambda actual, wanted: compare(_time(actual), _time(wanted))


def _time(text: str) -> datetime:
    """Read ISO 8601, or seconds since 1970; without a zone it is UTC."""
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), timezone.utc)
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _same_letters(actual: str, wanted: str) -> bool:
    return actual.lower() == wanted.lower()


_ORDERS = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}

#: The operators; each that compares for equality also exists with ``Not`` in it.
_COMPARISONS: Mapping[str, Compare] = {
    "StringEquals": eq,
    "StringEqualsIgnoreCase": _same_letters,
    "StringLike": matches,
    "ArnEquals": matches,
    "ArnLike": matches,
    "Bool": _same_letters,
    "IpAddress": lambda actual, wanted: ip_address(actual) in ip_network(wanted, strict=False),
    **{f"Numeric{name}": _numbers(order) for name, order in _ORDERS.items()},
    **{f"Date{name}": _dates(order) for name, order in _ORDERS.items()},
}
