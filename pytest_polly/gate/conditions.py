"""The conditions a policy statement may be bound to.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from ipaddress import IPv4Network, IPv6Network, ip_network
from operator import eq, ge, gt, le, lt
from typing import Any, NamedTuple

from .wildcards import listed, matches

#: What is known of a request and its signer, by condition key; a key that does not apply is not there.
Context = Mapping[str, str]
Network = IPv4Network | IPv6Network


class Comparison(NamedTuple):
    """How an operator reads values, raising `ValueError` for those of another kind, and compares them."""

    read: Callable[[str], Any]
    compare: Callable[[Any, Any], bool]


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


def check(conditions: object) -> None:
    """Raise `ValueError` if *conditions*, as somebody sent them, are none that `hold` can tell."""
    for operator, keys in _mapping(conditions).items():
        read = _comparison(operator).read
        for values in _mapping(keys).values():
            for value in listed(values):
                if not isinstance(value, (str, int, float)):
                    raise ValueError(f"{value!r} is nothing to compare with")
                read(str(value))


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r} names nothing")
    return value


def _holds(operator: str, actual: str | None, wanted: list[str]) -> bool:
    """Apply one operator; our keys have one value each, so ``ForAnyValue:`` changes nothing."""
    quantifier, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    comparison = _comparison(operator)
    if base == "Null":
        return any((actual is None) == comparison.read(value) for value in wanted)
    negated = base not in _COMPARISONS
    if actual is None:
        return negated or name != base or quantifier == "ForAllValues"
    return any(_compares(comparison, actual, value) for value in wanted) is not negated


def _comparison(operator: str) -> Comparison:
    """Return how *operator* compares, whether it asks for the opposite or not."""
    base = operator.rpartition(":")[2].removesuffix("IfExists")
    found = _COMPARISONS.get(base) or _COMPARISONS.get(base.replace("Not", "", 1))
    if found is None or base == "NotNull":
        raise ValueError(f"{operator!r} is no condition operator of IAM's that we know")
    return found


def _compares(comparison: Comparison, actual: str, wanted: str) -> bool:
    """What is known of a request need not be of the kind that a policy compares with: then it differs."""
    value = comparison.read(wanted)
    try:
        return comparison.compare(comparison.read(actual), value)
    except ValueError:
        return False


def _time(text: str) -> datetime:
    """Read ISO 8601, or seconds since 1970; without a zone it is UTC."""
    if text.isdecimal():
        try:
            return datetime.fromtimestamp(int(text), timezone.utc)
        except (OverflowError, OSError):
            raise ValueError(f"{text} is no time") from None
    time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _within(actual: Network, wanted: Network) -> bool:
    return actual.version == wanted.version and actual.subnet_of(wanted)  # type: ignore[arg-type]


def _network(text: str) -> Network:
    return ip_network(text, strict=False)


_ORDERS = {
    "Equals": eq,
    "LessThan": lt,
    "LessThanEquals": le,
    "GreaterThan": gt,
    "GreaterThanEquals": ge,
}

#: The operators; each that compares for equality also exists with ``Not`` in it.
_COMPARISONS: Mapping[str, Comparison] = {
    "StringEquals": Comparison(str, eq),
    "StringEqualsIgnoreCase": Comparison(str.lower, eq),
    "StringLike": Comparison(str, matches),
    "ArnEquals": Comparison(str, matches),
    "ArnLike": Comparison(str, matches),
    "Bool": Comparison(str.lower, eq),
    "Null": Comparison(lambda text: text.lower() == "true", eq),
    "IpAddress": Comparison(_network, _within),
    **{f"Numeric{name}": Comparison(float, order) for name, order in _ORDERS.items()},
    **{f"Date{name}": Comparison(_time, order) for name, order in _ORDERS.items()},
}
