"""Audio that arrives bit by bit: through the seam as it does over a connection, and leaving nothing behind.

Every way of reading is tried twice, once over HTTP through `polly_server`, with nothing of the kit's in
between, and once through the seam. Both have to come to the same.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pytest_polly import Account
from pytest_polly.wire.server import Server
from tests.isolation.watch import open_files

from . import sdks

pytest.importorskip("aiobotocore")

Read = Callable[[Any], Awaitable[Any]]

_TEXT = "A sentence that is long enough for its audio to fill a few chunks. " * 20
_WAYS: dict[str, Read] = {}


def way(read: Read) -> Read:
    _WAYS[read.__name__] = read
    return read


def _raw(stream: Any) -> Any:
    """Return what is behind a stream; aiobotocore 2 makes no difference between the two."""
    return getattr(stream, "raw_stream", stream)


@way
async def everything(stream: Any) -> Any:
    return len(await stream.read()), stream.tell()


@way
async def everything_twice(stream: Any) -> Any:
    return len(await stream.read()), len(await stream.read())


@way
async def a_part(stream: Any) -> Any:
    part = await stream.read(10)
    return part, stream.tell()


@way
async def nothing(stream: Any) -> Any:
    return await stream.read(0)


@way
async def part_by_part(stream: Any) -> Any:
    sizes = []
    while part := await stream.read(100_000):
        sizes.append(len(part))
    return sum(sizes)


@way
async def in_chunks(stream: Any) -> Any:
    return [len(chunk) async for chunk in stream.iter_chunks(1000)][:10]


@way
async def by_iterating(stream: Any) -> Any:
    return sum([len(chunk) async for chunk in stream])


@way
async def in_lines(stream: Any) -> Any:
    return [line async for line in stream.iter_lines()]


@way
async def into_a_buffer(stream: Any) -> Any:
    buffer = bytearray(500)
    return await stream.readinto(buffer), bytes(buffer)


@way
async def in_chunks_of_the_raw_stream(stream: Any) -> Any:
    return sum([len(chunk) async for chunk in _raw(stream).content.iter_chunked(700)])


@way
async def whatever_the_raw_stream_has(stream: Any) -> Any:
    return sum([len(chunk) async for chunk in _raw(stream).content.iter_any()])


@way
async def exactly_some_of_the_raw_stream(stream: Any) -> Any:
    return await _raw(stream).content.readexactly(20)


@way
async def the_raw_body(stream: Any) -> Any:
    return len(await _raw(stream).read())


@way
async def its_end(stream: Any) -> Any:
    await stream.read()
    return stream.readable() if hasattr(stream, "aclose") else _raw(stream).content.at_eof()


@way
async def inside_its_block(stream: Any) -> Any:
    async with stream as same:
        return len(await same.read(5)), len(await same.read())


@way
async def after_its_block(stream: Any) -> Any:
    async with stream:
        await stream.read(5)
    return await stream.read(5)


@way
async def after_all_of_it_and_its_block(stream: Any) -> Any:
    async with stream:
        await stream.read()
    return await stream.read()


@way
async def after_closing(stream: Any) -> Any:
    closing = stream.close()
    if closing is not None:
        await closing
    return await stream.read()


@way
async def the_raw_response(stream: Any) -> Any:
    raw = _raw(stream)
    status = getattr(raw, "status", None) or raw.status_code
    return status, raw.headers["Content-Type"], str(raw.url).partition("/v1/")[2]


async def _outcome(sdk: Any, read: Read, **endpoint: str) -> Any:
    made = sdk.make_client(**endpoint)
    client = await made.__anext__()
    answer = await client.synthesize_speech(Text=_TEXT, **sdks.REQUEST)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    told = {name: headers[name] for name in ("content-type", "content-length", "x-amzn-requestcharacters")}
    try:
        outcome = await read(answer["AudioStream"])
    except Exception as error:
        outcome = [type(one).__name__ for one in (error, error.__context__)]
    finally:
        # A connection with something left in it would be complained of.
        raw = _raw(answer["AudioStream"])
        await raw.aclose() if hasattr(raw, "aclose") else raw.close()
    async for _ in made:
        pass
    return outcome, told


@pytest.mark.parametrize("sdk", sdks.parameters(sdks.Aiobotocore, sdks.AiobotocoreOnHttpx))
@pytest.mark.parametrize("read", _WAYS.values(), ids=_WAYS)
def test_reading_is_as_over_a_connection(
    polly_long_term: Account, polly_server: Server, sdk: Any, read: Read
) -> None:
    over_http = asyncio.run(_outcome(sdk, read, endpoint_url=polly_server.url))
    through_the_seam = asyncio.run(_outcome(sdk, read))
    assert through_the_seam == over_http
    assert [call.status for call in polly_long_term.calls] == [200, 200]


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="no list of open files")
@pytest.mark.parametrize("sdk", sdks.parameters(sdks.Aiobotocore, sdks.AiobotocoreOnHttpx))
@pytest.mark.parametrize("ending", ["abandoned", "cancelled", "raised"])
def test_nothing_is_left_of_a_stream(polly_long_term: Account, sdk: Any, ending: str) -> None:
    """Whatever becomes of it halfway: no task, no open file, and no warning, which would be an error."""

    async def read(client: Any, begun: asyncio.Event) -> None:
        try:
            answer = await client.synthesize_speech(Text=_TEXT, **sdks.REQUEST)
            chunks = _chunks(answer["AudioStream"])
            await chunks.__anext__()
        finally:
            begun.set()
        if ending == "raised":
            raise ValueError
        if ending == "cancelled":
            await asyncio.sleep(60)

    async def main() -> tuple[set[Any], set[tuple[str, str]]]:
        before = open_files()
        made = sdk.make_client()
        client, begun = await made.__anext__(), asyncio.Event()
        task = asyncio.create_task(read(client, begun))
        await begun.wait()
        if ending == "cancelled":
            task.cancel()
        results = await asyncio.gather(task, return_exceptions=True)
        expected = {"abandoned": type(None), "cancelled": asyncio.CancelledError, "raised": ValueError}
        assert isinstance(results[0], expected[ending])
        async for _ in made:
            pass
        left = asyncio.all_tasks() - {asyncio.current_task()}
        # What somebody else had open may be closed at any moment.
        return left, open_files() - before

    assert asyncio.run(main()) == (set(), set())
    gc.collect()


def _chunks(stream: Any) -> Any:
    """Return an iterator over pieces; over httpx some releases hand out httpx's response as it is."""
    return stream.iter_chunks(100) if hasattr(stream, "iter_chunks") else stream.aiter_raw()
