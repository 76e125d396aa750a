"""Makes a race between reading and renewing credentials show, instead of now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from botocore.credentials import RefreshableCredentials

#: How long, in seconds, a thread is held up after it has read one part of the credentials.
_HELD_UP = 0.005
_sleep = time.sleep


@contextmanager
def provoked() -> Iterator[None]:
    """Hold up whoever reads key, secret and token one by one, and let threads take turns often.

    A sound client is not concerned: it takes a frozen copy of all three, as botocore's signer does.
    """
    interval = sys.getswitchinterval()
    with ExitStack() as stack:
        stack.callback(sys.setswitchinterval, interval)
        sys.setswitchinterval(1e-6)
        for part in ("access_key", "secret_key", "token"):
            read_slowly = _slow(getattr(RefreshableCredentials, part))
            stack.enter_context(patch.object(RefreshableCredentials, part, read_slowly))
        yield


def _slow(part: property) -> property:
    def read(credentials: RefreshableCredentials) -> str:
        assert part.fget is not None
        value: str = part.fget(credentials)
        _sleep(_HELD_UP)
        return value

    return property(read, part.fset)
