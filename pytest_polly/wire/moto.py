"""Keeps a user's own ``mock_aws`` working around, inside and across an account, and out of its way.

Nothing here imports moto: where nobody does, there is nothing to be kept apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from .. import environment, services
from .changes import Change
from .imports import OnImport


@contextmanager
def kept_apart() -> Iterator[None]:
    """Let moto decline the hosts we answer for, and write its fake keys outside the account only."""
    if _changes.installed:
        yield
        return
    _changes.install()
    try:
        yield
    finally:
        _changes.uninstall()


def _stubber(module: ModuleType) -> Iterator[Change]:
    stubber = module.BotocoreStubber
    yield stubber, "__call__", _declining(stubber.__call__)


def _mocks(module: ModuleType) -> Iterator[Change]:
    mock = module.MockAWS
    for name in ("start", "stop"):
        yield mock, name, _outside(getattr(mock, name))


_changes = OnImport({"moto.core.botocore_stubber": _stubber, "moto.core.models": _mocks})


def _declining(original: Callable[..., Any]) -> Callable[..., Any]:
    def call(stubber: Any, event_name: str, request: Any, **kwargs: Any) -> Any:
        if services.door(urlsplit(request.url).hostname or "") is not None:
            return None
        return original(stubber, event_name, request, **kwargs)

    return call


def _outside(method: Callable[..., None]) -> Callable[..., None]:
    def start_or_stop(mock: Any, *args: Any, **kwargs: Any) -> None:
        with environment.outside():
            method(mock, *args, **kwargs)

    return start_or_stop
