"""aiobotocore's side of the wire: its HTTP sessions, and the pauses it makes between attempts.

Nothing here imports aiobotocore, which is optional. Its caches of tokens need no care of their own: they
are botocore's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from . import unhurried
from .changes import Change
from .imports import Changing, OnImport


def install() -> None:
    """Put the seam in; it lets everything pass while no account is in force.

    Like botocore's it stays after the last account: a client may outlive its test.
    """
    _changes.install()


def uninstall() -> None:
    _changes.uninstall()


# What is changed ------------------------------------------------------------------------------


def _aiohttp_session(module: ModuleType) -> Iterator[Change]:
    from . import aiohttp

    session = module.AIOHTTPSession
    yield session, "send", aiohttp.sending(session.send)


def _httpx_session(module: ModuleType) -> Iterator[Change]:
    """aiobotocore imports this whether httpx is installed or not."""
    if module.httpx is None:
        return
    from . import httpx

    session = module.HttpxSession
    yield session, "send", httpx.sending(session.send)


def _endpoint(module: ModuleType) -> Iterator[Change]:
    yield module, "asyncio", _Unhurried(module.asyncio)
    if hasattr(module, "AnyioEndpoint"):
        yield module.AnyioEndpoint, "_sleep", _without_sleeping(module.AnyioEndpoint._sleep)


def _bucket(module: ModuleType) -> Iterator[Change]:
    yield module.AsyncTokenBucket, "acquire", _granting(module.AsyncTokenBucket.acquire)


_CHANGING: dict[str, Changing] = {
    "aiobotocore.httpsession": _aiohttp_session,
    "aiobotocore.httpxsession": _httpx_session,
    "aiobotocore.endpoint": _endpoint,
    "aiobotocore.retries.bucket": _bucket,
}
_changes = OnImport(_CHANGING)


class _Unhurried:
    """Stands for the module `asyncio` where aiobotocore sleeps between attempts."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    async def sleep(self, seconds: float) -> None:
        await self._module.sleep(0 if unhurried() else seconds)


def _without_sleeping(sleep: Callable[..., Any]) -> Callable[..., Any]:
    async def without_pause(endpoint: Any, seconds: float) -> None:
        await sleep(endpoint, 0 if unhurried() else seconds)

    return without_pause


def _granting(acquire: Callable[..., Any]) -> Callable[..., Any]:
    """Adaptive mode waits before an attempt as well, until its rate allows another request."""

    async def granted(bucket: Any, amount: int = 1, block: bool = True) -> Any:
        return True if unhurried() else await acquire(bucket, amount, block)

    return granted
