"""Shows whether a text-to-speech client for Amazon Polly handles every kind of AWS credential."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .account import Account
    from .clock import Clock
    from .errors import CaseError, CutOffError, GuardError, InternalError, PollyError
    from .gate import Credentials
    from .modes import Expected
    from .record import Call

__all__ = [
    "Account",
    "Call",
    "CaseError",
    "Clock",
    "Credentials",
    "CutOffError",
    "Expected",
    "GuardError",
    "InternalError",
    "PollyError",
]

_HOMES = {
    "Account": "account",
    "Call": "record",
    "CaseError": "errors",
    "Clock": "clock",
    "Credentials": "gate",
    "CutOffError": "errors",
    "Expected": "modes",
    "GuardError": "errors",
    "InternalError": "errors",
    "PollyError": "errors",
}

pytest.register_assert_rewrite("pytest_polly.contract")


def __getattr__(name: str) -> Any:
    """Load a public name when it is asked for: the plugin costs nothing until it is used."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
