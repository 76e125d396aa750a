"""Takes away one check at a time, and tells whether a test of this folder notices.

    python -m tests.gate.mutants

A mutant that nobody notices is a check that nothing here holds to its place.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import pairwise, product
from typing import Any
from unittest.mock import patch

import pytest

from pytest_polly.gate import checks, policy, sigv4
from pytest_polly.gate.errors import Words
from pytest_polly.services.sts import errors as sts_errors
from pytest_polly.services.sts import members, roles, sessions

from . import test_answers, test_order, test_vectors
from .attempts import FLAWS, RANKS, possible, rank_of
from .polly_rows import POLLY_ROWS
from .sts_rows import MEMBER_ROWS, ROLE_ROWS, SESSION_ROWS

#: One test with its parameters, ready to run.
Trial = Callable[[], object]
Trials = Callable[[], Iterable[Trial]]


@dataclass(frozen=True)
class Mutant:
    """*name* in *owner* replaced by something that lacks a check."""

    label: str
    owner: Any
    name: str
    replacement: Any
    #: Those tests of this folder that should notice.
    trials: Trials

    def __str__(self) -> str:
        return self.label


def noticed(mutant: Mutant) -> bool:
    """Tell whether any of the mutant's trials fails, by an assertion or by falling over."""
    with patch.object(mutant.owner, mutant.name, mutant.replacement):
        for trial in mutant.trials():
            try:
                trial()
            except (Exception, pytest.fail.Exception):
                return True
    return False


# The tests, ready to run ----------------------------------------------------------------------


def flaws_alone() -> Iterator[Trial]:
    for (service, way), flaw in product(test_order.DOORS, FLAWS.values()):
        if way in flaw.ways:
            yield partial(test_order.hold, service, way, flaw)


def flaws_of(first: int, last: int) -> Iterator[Trial]:
    """Pairs of flaws whose ranks lie from *first* to *last*."""
    near = [flaw for flaw in FLAWS.values() if first <= rank_of(flaw) <= last]
    for (service, way), one, other in product(test_order.DOORS, near, near):
        if way in one.ways and way in other.ways and possible(one, other):
            yield partial(test_order.hold, service, way, one, other)


def polly_policies() -> Iterator[Trial]:
    rows = (row for row in POLLY_ROWS if row.case.startswith(("14", "15")))
    return (partial(test_answers.test_polly_answers, row) for row in rows)


def sts_answers(*words: Words) -> Trials:
    """The rows with these words."""
    rows = [row for row in ROLE_ROWS + SESSION_ROWS if row.words in words]
    return lambda: (partial(test_answers.test_sts_answers, row) for row in rows)


def sts_members(operation: str) -> Trials:
    rows = [row for row in MEMBER_ROWS if dict(row.form)["Action"] == operation]
    return lambda: (partial(test_answers.test_sts_answers_malformed_members, row) for row in rows)


def vectors() -> Iterator[Trial]:
    return (
        partial(test_vectors.test_what_botocore_signs_is_accepted, vector) for vector in test_vectors.VECTORS
    )


# The mutants ----------------------------------------------------------------------------------


def _without(entries: tuple[Any, ...], one: Any) -> tuple[Any, ...]:
    return tuple(entry for entry in entries if entry is not one)


def _swapped(entries: tuple[Any, ...], one: Any, other: Any) -> tuple[Any, ...]:
    exchanged = {id(one): other, id(other): one}
    return tuple(exchanged.get(id(entry), entry) for entry in entries)


def _checks_removed() -> Iterator[Mutant]:
    for check in checks.CHECKS:
        kept = _without(checks.CHECKS, check)
        yield Mutant(f"without {check.__name__}", checks, "CHECKS", kept, flaws_alone)


#: No request has both faults, so that nobody can tell which is looked for first.
INDISTINGUISHABLE = {("signed_once", "authorization_filled")}


def _checks_swapped() -> Iterator[Mutant]:
    for one, other in pairwise(checks.CHECKS):
        names = one.__name__, other.__name__
        if names not in INDISTINGUISHABLE:
            swapped = _swapped(checks.CHECKS, one, other)
            yield Mutant(f"{names[1]} before {names[0]}", checks, "CHECKS", swapped, _orders)


def _orders() -> Iterator[Trial]:
    yield from flaws_alone()
    for rank in range(len(RANKS) - 1):
        yield from flaws_of(rank, rank + 2)


def _policies() -> Iterator[Mutant]:
    yield Mutant("without authorize", checks, "decide", _does_nothing, polly_policies)
    for layer in policy.LAYERS:
        kept = _without(policy.LAYERS, layer)
        yield Mutant(f"without the {layer.attribute} layer", policy, "LAYERS", kept, polly_policies)
    unconditional = sts_answers(sts_errors.NOT_AUTHORIZED)
    yield Mutant("without conditions", policy, "hold", _everything_holds, unconditional)


def _everything_holds(*arguments: object) -> bool:
    return True


def _canonical_form() -> Iterator[Mutant]:
    for name, replacement in (
        ("_canonical_path", lambda path: path),
        ("_canonical_query", lambda request: request.query),
        ("_canonical_value", lambda request, name: request.header(name)),
    ):
        yield Mutant(f"without {name[1:]}", sigv4, name, replacement, vectors)


def _sts() -> Iterator[Mutant]:
    refusals: dict[Callable[[roles.Assumption], None], Words] = {
        roles.role_arn_readable: sts_errors.NOT_AN_ARN,
        roles.second_factor_valid: sts_errors.UNKNOWN_DEVICE,
        roles.source_identity_kept: sts_errors.SOURCE_IDENTITY_SET,
        roles.permitted: sts_errors.NOT_AUTHORIZED,
        roles.within_role_maximum: sts_errors.OVER_ROLE_MAXIMUM,
        roles.within_chained_maximum: sts_errors.OVER_CHAINED_MAXIMUM,
    }
    for check in roles.CHECKS:
        kept = _without(roles.CHECKS, check)
        trials = sts_answers(refusals[check])
        yield Mutant(f"AssumeRole without {check.__name__}", roles, "CHECKS", kept, trials)
    denied = sts_answers(sts_errors.NOT_AUTHORIZED, sts_errors.DENIED)
    for label, owner, name, replacement, trials in (
        ("STS without authorize", sessions, "authorize", _does_nothing, denied),
        (
            "STS without refuse_sessions",
            sessions,
            "refuse_sessions",
            _does_nothing,
            sts_answers(sts_errors.SESSION_CALLS),
        ),
        ("AssumeRole without the caller's policies", roles, "denials", _nobody_denies, denied),
        ("AssumeRole without trust policies", roles, "says", _everybody_allows, denied),
    ):
        yield Mutant(label, owner, name, replacement, trials)
    for operation, table in (
        ("AssumeRole", "ASSUME_ROLE"),
        ("GetSessionToken", "GET_SESSION_TOKEN"),
        ("GetFederationToken", "GET_FEDERATION_TOKEN"),
        ("GetAccessKeyInfo", "GET_ACCESS_KEY_INFO"),
    ):
        whole = getattr(members, table)
        for member in whole:
            label, kept = f"{operation} without a look at {member.name}", _without(whole, member)
            yield Mutant(label, members, table, kept, sts_members(operation))


def _does_nothing(*arguments: object) -> None:
    return None


def _nobody_denies(*arguments: object) -> Iterator[policy.Denial]:
    return iter(())


def _everybody_allows(effect: str, *arguments: object, **more: object) -> bool:
    return effect == "Allow"


MUTANTS: tuple[Mutant, ...] = (
    *_checks_removed(),
    *_checks_swapped(),
    *_policies(),
    *_canonical_form(),
    *_sts(),
)


def main() -> int:
    survivors = []
    for mutant in MUTANTS:
        found = noticed(mutant)
        print(f"{'noticed ' if found else 'SURVIVED'}  {mutant}")
        survivors += [] if found else [mutant]
    print(f"{len(MUTANTS) - len(survivors)} of {len(MUTANTS)} mutants noticed")
    return len(survivors)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        sys.exit(main())
