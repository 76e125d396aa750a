"""The exceptions a user can meet."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.outcomes import Failed as Failed
else:
    Failed = pytest.fail.Exception


class PollyError(Exception):
    """What is raised where pytest-polly is used wrongly; the message says what would be right."""


class CaseError(PollyError, ValueError):
    """A mode, a source or a pair of them that does not exist; the message lists those that do."""


class MisuseError(PollyError, Failed):
    """A contract whose methods do not do what they are to do; pytest prints the message, and no frames."""

    def __init__(self, message: str) -> None:
        Failed.__init__(self, message, pytrace=False)


class GuardError(BaseException):
    """A request that must not leave the machine, or of a client that outlived its test.

    Not an ``Exception``: a client that swallows errors is not to swallow this one.
    """


class CutOffError(BaseException):
    """A client would not stop repeating a request whose credentials were refused.

    Not an ``Exception``: it is to end the client's loop.
    """


class InternalError(BaseException):
    """What answers for AWS fell over by itself: a fault of pytest-polly, not of the client.

    Not an ``Exception``: a client that swallows errors is not to be blamed for this one.
    """


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about a *name* that is spelt nearly like a *known* one, else nothing."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


for _exception in (PollyError, CaseError, MisuseError, GuardError, CutOffError, InternalError):
    _exception.__module__ = "pytest_polly"
