"""The clauses of the contract: which modes, through which sources, each of them is asked about."""

from __future__ import annotations

from dataclasses import dataclass

from .cases import Case
from .modes import INVALID, MODES, VALID
from .sources import SOURCES


@dataclass(frozen=True)
class Clause:
    """One promise of the contract, and every case in which it is asked."""

    name: str
    cases: tuple[Case, ...]


def _product(modes: tuple[str, ...], sources: tuple[str, ...] = tuple(SOURCES)) -> tuple[Case, ...]:
    return tuple(Case(mode, source) for mode in modes for source in sources if mode in SOURCES[source].modes)


def _mix(name: str, mode: str, source: str, *beside: Case) -> Case:
    return Case(mode, source, beside, name=name)


_AMBIENT_PAIR = Case("long-term", "environment")
_AMBIENT_SESSION = Case("session-token", "environment")
_STRAY_TOKEN = Case("session-token", "environment", only=("AWS_SESSION_TOKEN",))

_SCENARIOS = (
    _mix("explicit-long-term-beside-ambient-session", "long-term", "explicit", _AMBIENT_SESSION),
    _mix("explicit-long-term-beside-stray-token", "long-term", "explicit", _STRAY_TOKEN),
    _mix("explicit-session-beside-ambient-long-term", "session-token", "explicit", _AMBIENT_PAIR),
    _mix("explicit-key-id-beside-ambient-pair", "partial", "explicit", _AMBIENT_PAIR),
    _mix("file-beside-stray-token", "long-term", "shared-credentials-file", _STRAY_TOKEN),
    _mix("profile-beside-stray-token", "long-term", "profile", _STRAY_TOKEN),
    _mix("role-beside-stray-token", "role", "assume-role", _STRAY_TOKEN),
    _mix("profile-name-beside-ambient-pair", "long-term", "profile-name", _AMBIENT_PAIR),
)

#: What Polly rejects with 403; a skewed clock aside, which a repetition may mend.
_REJECTED = tuple(name for name in INVALID if MODES[name].fault is not None and not MODES[name].skew)
#: Sources whose renewals are tried with several threads.
_SHARED = ("assume-role", "container")
_AT_HAND = ("explicit", "environment")
#: Polly is busy for the first request only.
_ONCE = Case("throttled", "environment", name="throttled-once-environment", times=1)

_ALL = (
    Clause("test_speaks_with_valid_credentials", _product(VALID)),
    Clause("test_raises_with_invalid_credentials", _product(INVALID)),
    Clause("test_error_names_the_cause", _product(INVALID)),
    Clause("test_does_not_mix_sources", _SCENARIOS),
    Clause("test_renews_role_credentials", _product(("role",))),
    Clause("test_does_not_retry_rejected_credentials", _product(_REJECTED, _AT_HAND)),
    Clause(
        "test_keeps_secrets_out_of_sight",
        _product(("session-token", "expired-token", "wrong-secret"), _AT_HAND),
    ),
    Clause("test_is_safe_to_share", _product(("role",), _SHARED)),
    Clause("test_leaves_the_environment_alone", _product(("long-term", "role"))),
    Clause("test_survives_throttling", (*_product(("throttled", "unavailable"), ("environment",)), _ONCE)),
    Clause("test_any_well_formed_credentials", _product(("long-term", "session-token"), _AT_HAND)),
)

CLAUSES: dict[str, Clause] = {clause.name: clause for clause in _ALL}
