"""Makes a race between reading and renewing credentials show, instead of now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from botocore.credentials import RefreshableCredentials

#: How long, in seconds, whoever renews is held up, so that others start to read meanwhile.
_HELD_UP = 0.005
#: How long, in seconds, others wait for it at the most, after each part that they have read.
_PATIENCE = 1.0
_sleep = time.sleep


@contextmanager
def provoked() -> Iterator[None]:
    """Let renewals begin while others read, and end before those who read part by part read on.

    A sound client is not concerned: it takes a frozen copy of all three, as botocore's signer does.
    """
    interval = sys.getswitchinterval()
    with ExitStack() as stack:
        stack.callback(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        for part in ("access_key", "secret_key", "token"):
            overtaken = _overtaken(getattr(RefreshableCredentials, part))
            stack.enter_context(patch.object(RefreshableCredentials, part, overtaken))
        renewal = _held_up(RefreshableCredentials._protected_refresh)
        stack.enter_context(patch.object(RefreshableCredentials, "_protected_refresh", renewal))
        yield


def _overtaken(part: property) -> property:
    """Let a renewal that goes on in another thread end once *part* has been read."""

    def read(credentials: RefreshableCredentials) -> str:
        assert part.fget is not None
        value: str = part.fget(credentials)
        for _ in range(int(_PATIENCE / _HELD_UP)):
            if not credentials._refresh_lock.locked():
                break
            _sleep(_HELD_UP)
        return value

    return property(read, part.fset)


def _held_up(renew: Callable[..., None]) -> Callable[..., None]:
    def renew_later(credentials: RefreshableCredentials, *args: Any, **kwargs: Any) -> None:
        _sleep(_HELD_UP)
        renew(credentials, *args, **kwargs)

    return renew_later
