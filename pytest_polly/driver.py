"""Drives one client of a contract, synchronous or not, and notes what comes of it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, Callable, Coroutine, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from unittest import SkipTest

import pytest

from .errors import GuardError, InternalError, MisuseError, PollyError
from .record import Call
from .sources import SOURCES

if TYPE_CHECKING:
    from .account import Account

T = TypeVar("T")

#: What no client answers for: pytest's outcomes and the user's, misuse, refusals, and faults of this kit.
_PASS_THROUGH = (
    *(pytest.skip.Exception, pytest.fail.Exception, pytest.exit.Exception, SkipTest, KeyboardInterrupt),
    *(PollyError, GuardError, InternalError),
)

#: What a parameter list with ``**kwargs`` stands for; ``profile_name`` has to be named.
KEY_PARAMETERS = frozenset(SOURCES["explicit"].parameters)

_numbers = count(1)

_NO_YIELD = "make_client() has a yield but came to none; it is to yield the client, once"
_TWO_YIELDS = "make_client() yielded again; it is to yield the client, once, and what follows is tear-down"
_DECORATED = "make_client() is decorated as a context manager; leave that out: to yield the client is enough"


class Speaking(Protocol):
    """What is needed of a contract to drive its client."""

    def make_client(self, *args: Any, **kwargs: Any) -> Any: ...

    def synthesize(self, *args: Any, **kwargs: Any) -> Any: ...


def new_text() -> str:
    """Return a text never spoken before, so that no cache can answer for Polly; short, since AWS charges."""
    return f"Number {next(_numbers)}."


def accepted(contract: type[Speaking]) -> frozenset[str]:
    """Return which of boto3's credential parameters ``make_client`` takes."""
    parameters = inspect.signature(contract.make_client).parameters
    named = {*KEY_PARAMETERS, "profile_name"} & set(parameters)
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values()):
        named |= KEY_PARAMETERS
    return frozenset(named)


@dataclass(frozen=True)
class Attempt:
    """One try to speak: the audio or the error, and the calls it made."""

    audio: bytes | None
    error: BaseException | None
    calls: tuple[Call, ...]

    @property
    def polly_calls(self) -> list[Call]:
        return [call for call in self.calls if call.service == "polly"]


class Client:
    """One client, from ``make_client`` to its tear-down; everything it awaits runs in one loop."""

    def __init__(self, contract: Speaking, parameters: dict[str, str]) -> None:
        self._contract = contract
        self._parameters = parameters
        self._loop: asyncio.AbstractEventLoop | None = None
        self._made: Any = None
        self._client: Any = None
        #: Whether there is a client; one that is no more than a few functions may be ``None``.
        self.is_made = False
        methods = (contract.make_client, contract.synthesize)
        self._is_async = any(
            inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method) for method in methods
        )

    @property
    def client(self) -> object:
        """The client itself, ``None`` while it is not made."""
        return self._client

    def attempt(self, account: Account) -> Attempt:
        """Have one and the same client speak a new text in *account*, making it the first time.

        What the client raises is noted. What it has no business to catch is raised, even if it was caught.
        """
        before = len(account.calls)
        audio: bytes | None = None
        error: BaseException | None = None
        with _insisting(account):
            try:
                if not self.is_made:
                    self.make()
                audio = self.speak(new_text())
            except BaseException as raised:
                if not _is_of_a_client(raised):
                    raise
                error = raised
        return Attempt(audio, error, tuple(account.calls[before:]))

    def share(self, account: Account, workers: int, rounds: int, before_each: Callable[[], None]) -> None:
        """Have several threads (tasks, if it is asynchronous) speak at once, in rounds.

        What the client raises is let go: it is the record that tells.
        """
        with _insisting(account), ThreadPoolExecutor(workers) as pool:
            for _ in range(rounds):
                before_each()
                if self._is_async:
                    self._run(self._speak_at_once(workers))
                else:
                    list(pool.map(self._try_to_speak, range(workers)))

    def make(self) -> None:
        if self._is_async:
            self._run(self._make_inside_loop())
        else:
            self._made = self._new()
            if inspect.iscoroutine(self._made) or inspect.isasyncgen(self._made):
                # A plain function that hands on what an asynchronous one returns.
                self._is_async = True
                self._run(self._open())
            else:
                self._client = _first(self._made) if inspect.isgenerator(self._made) else self._made
        self.is_made = True

    async def _make_inside_loop(self) -> None:
        """A client of an asynchronous contract may want the running loop when it is made."""
        self._made = self._new()
        await self._open()

    def _new(self) -> Any:
        made = self._contract.make_client(**self._parameters)
        # A client may well be a context manager itself, but not by way of a generator.
        inner = inspect.unwrap(self._contract.make_client)
        yields = inspect.isgeneratorfunction(inner) or inspect.isasyncgenfunction(inner)
        if yields and isinstance(made, (AbstractContextManager, AbstractAsyncContextManager)):
            raise MisuseError(_DECORATED)
        return made

    async def _open(self) -> None:
        if inspect.isasyncgen(self._made):
            try:
                self._client = await self._made.__anext__()
            except StopAsyncIteration:
                raise MisuseError(_NO_YIELD) from None
        elif inspect.isgenerator(self._made):
            self._client = _first(self._made)
        else:
            self._client = await self._made if inspect.iscoroutine(self._made) else self._made

    def speak(self, text: str) -> bytes:
        """Have *text* spoken and return all of the audio."""
        if self._is_async:
            return self._run(self._speak_inside_loop(text))
        result = self._contract.synthesize(self._client, text)
        if inspect.isawaitable(result) or isinstance(result, AsyncIterable):
            # A plain function, but of an asynchronous client: from now on it speaks inside the loop.
            self._is_async = True
            return self._run(_gather(result))
        return _joined(result)

    async def _speak_inside_loop(self, text: str) -> bytes:
        return await _gather(self._contract.synthesize(self._client, text))

    def _try_to_speak(self, _worker: int) -> None:
        with _letting_go():
            self.speak(new_text())

    async def _speak_at_once(self, workers: int) -> None:
        await asyncio.gather(*(self._try_to_speak_inside_loop() for _ in range(workers)))

    async def _try_to_speak_inside_loop(self) -> None:
        with _letting_go():
            await self._speak_inside_loop(new_text())

    def close(self) -> None:
        """Run what ``make_client`` has after its ``yield``, then end the loop."""
        made, self._made = self._made, None
        try:
            if inspect.isasyncgen(made):
                self._run(_exhaust(made))
            elif inspect.isgenerator(made):
                _exhaust_plain(made)
        finally:
            self._close_loop()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        # The loop is never made the current one of the thread: what was there stays there.
        self._loop = self._loop or asyncio.new_event_loop()
        return self._loop.run_until_complete(work)

    def _close_loop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None:
            return
        try:
            loop.run_until_complete(_cancel_the_rest())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()


def _is_of_a_client(error: BaseException) -> bool:
    """Tell whether a client is to answer for *error*, and for all that is in it if it is a group."""
    return not isinstance(error, _PASS_THROUGH) and all(map(_is_of_a_client, members(error)))


def members(error: BaseException) -> list[BaseException]:
    """Return the exceptions that *error* is a group of, such as a ``TaskGroup`` raises."""
    found = getattr(error, "exceptions", ())
    return (
        [one for one in found if isinstance(one, BaseException)] if isinstance(found, (list, tuple)) else []
    )


@contextmanager
def _letting_go() -> Iterator[None]:
    """Let go what a client raises in the block."""
    try:
        yield
    except BaseException as raised:
        if not _is_of_a_client(raised):
            raise


@contextmanager
def _insisting(account: Account) -> Iterator[None]:
    """Raise after the block what no client was to catch in it: a bare ``except`` catches it all the same."""
    before = len(account.refusals)
    yield
    for refusal in account.refusals[before:]:
        raise refusal


async def _cancel_the_rest() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def _exhaust(generator: Any) -> None:
    async for _ in generator:
        await generator.aclose()
        raise MisuseError(_TWO_YIELDS)


def _exhaust_plain(generator: Generator[Any, Any, Any]) -> None:
    for _ in generator:
        generator.close()
        raise MisuseError(_TWO_YIELDS)


def _first(generator: Generator[Any, Any, Any]) -> Any:
    try:
        return next(generator)
    except StopIteration:
        raise MisuseError(_NO_YIELD) from None


async def _gather(result: Any) -> bytes:
    if inspect.isawaitable(result):
        result = await result
    if isinstance(result, AsyncIterable):
        return _joined([chunk async for chunk in result])
    return _joined(result)


def _joined(result: Any) -> bytes:
    """Return audio in one piece; ``None`` is silence."""
    if result is None:
        return b""
    if isinstance(result, (bytes, bytearray, memoryview)):
        return bytes(result)
    kind = type(result).__name__
    if isinstance(result, Iterable) and not isinstance(result, str):
        chunks = list(result)
        others = [chunk for chunk in chunks if not isinstance(chunk, (bytes, bytearray, memoryview))]
        if not others:
            return b"".join(chunks)
        kind = f"{kind} of {type(others[0]).__name__}"
    cure = (
        "; return response['AudioStream'].read()" if kind == "dict of str" and "AudioStream" in result else ""
    )
    raise MisuseError(
        f"synthesize() gave {kind}; it is to return the audio as bytes, "
        f"or as an iterable or async iterable of bytes{cure}"
    )
