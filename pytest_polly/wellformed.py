"""Looks for credentials of legal form with which a client goes wrong, and for the simplest of them.

This is hypothesis's work, under the settings of whoever runs the tests: their profile, seed and database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from hypothesis import Phase, given, settings

from . import strategies
from .driver import Attempt
from .findings import Finding
from .gate import Credentials

#: How many credentials are tried, at the most.
EXAMPLES = 25
#: For how many seconds new ones are: with a client that takes its time there are fewer.
PATIENCE = 5.0


@dataclass(frozen=True)
class Trial:
    """What came of credentials that a client was given."""

    drawn: Credentials
    attempt: Attempt
    findings: Sequence[Finding]


class _Falsified(AssertionError):
    """Tells hypothesis that a trial went wrong."""


def falsify(mode: str, name: str, attempt: Callable[[Credentials], Trial]) -> Trial | None:
    """Return the simplest trial in which something is found; ``None`` if nothing is in any.

    *name* is what hypothesis remembers trials by that went wrong, to begin with them the next time.
    """
    trials: dict[Credentials, Trial] = {}
    began = perf_counter()

    def any_well_formed(drawn: Credentials) -> None:
        if drawn not in trials:
            # What was found wrong must be so again, but nothing new is looked for when time is up.
            if perf_counter() - began > PATIENCE:
                return
            trials[drawn] = attempt(drawn)
        if trials[drawn].findings:
            shown.append(trials[drawn])
            raise _Falsified

    shown: list[Trial] = []
    # As hypothesis's own plugin tells the cases of a parametrised test apart.
    any_well_formed._hypothesis_internal_add_digest = name.encode()  # type: ignore[attr-defined]
    usual = settings()
    search = settings(
        max_examples=min(EXAMPLES, usual.max_examples),
        # How long a client takes is its own business.
        deadline=None,
        # Where it fails is for the findings to explain.
        phases=[phase for phase in usual.phases if phase is not Phase.explain],
    )
    try:
        search(given(strategies.credentials(mode))(any_well_formed))()
    except _Falsified:
        return shown[-1]
    return None


def described(drawn: Credentials) -> str:
    """Say what is special about *drawn* without showing it."""
    secret, token = str(drawn.secret_access_key), drawn.session_token
    feared = [f"{secret.count(letter)} {letter!r}" for letter in "/+"]
    said = f"a secret with {' and '.join(feared)}, {_end(secret)}"
    return said if token is None else f"{said}, and a token of {len(token)} characters, {_end(token)}"


def _end(text: str) -> str:
    """Say what the first and the last character are, as far as they are neither letter nor digit."""
    ends = [(text[0], "first"), (text[-1], "last")]
    special = [f"{letter!r} {where}" for letter, where in ends if not letter.isalnum()]
    return " and ".join(special) or "letters or digits at both ends"
