"""aiobotocore's side of the wire: its HTTP sessions, and the pauses it makes between attempts.

aiobotocore is optional, and importing it takes a third of a second that no run without it should pay. So
nothing here imports it: a module of its that is there already is changed at once, and one that a test
imports later as soon as that is done, by a finder that stands before Python's own.

Its caches of tokens need no care of their own: they are botocore's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import unhurried

#: An attribute to be replaced: whose it is, its name, and what takes its place.
Change = tuple[Any, str, Any]

#: What was replaced, in order: whose, the name, and what was there.
_replaced: list[Change] = []


def install() -> None:
    """Put the seam in; it lets everything pass while no account is in force.

    Like botocore's it stays after the last account: a client may outlive its test.
    """
    if _finder in sys.meta_path:
        return
    sys.meta_path.insert(0, _finder)
    for name in _CHANGES:
        if name in sys.modules:
            _change(sys.modules[name])


def uninstall() -> None:
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    while _replaced:
        setattr(*_replaced.pop())


def _change(module: ModuleType) -> None:
    for owner, name, replacement in _CHANGES[module.__name__](module):
        _replaced.append((owner, name, getattr(owner, name)))
        setattr(owner, name, replacement)


class _Finder(MetaPathFinder):
    """Finds what the other finders find, and has it changed once it has been imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _CHANGES:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        found = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next((one for one in found if one is not None), None)
        # Made for this one import, so it can be changed too.
        loader: Any = spec.loader if spec is not None else None
        if loader is not None:
            loader.exec_module = _followed_by_change(loader.exec_module)
        return spec


def _followed_by_change(exec_module: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def execute(module: ModuleType) -> None:
        exec_module(module)
        if _finder in sys.meta_path:
            _change(module)

    return execute


_finder = _Finder()

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


_CHANGES: dict[str, Callable[[ModuleType], Iterator[Change]]] = {
    "aiobotocore.httpsession": _aiohttp_session,
    "aiobotocore.httpxsession": _httpx_session,
    "aiobotocore.endpoint": _endpoint,
    "aiobotocore.retries.bucket": _bucket,
}


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
