"""Keeps a user's own ``mock_aws`` working around, inside and across an account, and out of its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import MockAWS

from .. import environment, services


@contextmanager
def kept_apart() -> Iterator[None]:
    """Let moto decline the hosts we answer for, and write its fake keys outside the account only."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(BotocoreStubber, "__call__", _declining()))
        for name in ("start", "stop"):
            stack.enter_context(patch.object(MockAWS, name, _outside(getattr(MockAWS, name))))
        yield


def _declining() -> Callable[..., Any]:
    original = BotocoreStubber.__call__

    def call(stubber: BotocoreStubber, event_name: str, request: Any, **kwargs: Any) -> Any:
        if services.door(urlsplit(request.url).hostname or "") is not None:
            return None
        return original(stubber, event_name, request, **kwargs)

    return call


def _outside(method: Callable[..., None]) -> Callable[..., None]:
    def start_or_stop(mock: MockAWS, *args: Any, **kwargs: Any) -> None:
        with environment.outside():
            method(mock, *args, **kwargs)

    return start_or_stop
