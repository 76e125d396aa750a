"""Answers to aiobotocore in place of aiohttp, which is what it sends with by default."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
from aiobotocore.awsrequest import AioAWSResponse
from aiohttp.base_protocol import BaseProtocol
from botocore.exceptions import HTTPClientError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from ..gate import Response, phrase
from . import Passage, answer
from .botocore import silence, streams
from .prepared import proxy_for, to_request


def sending(send: Callable[..., Any]) -> Callable[..., Any]:
    """Return what takes the place of ``AIOHTTPSession.send``, and falls back on it."""

    async def answering(session: Any, request: Any) -> Any:
        if getattr(session, "_sessions", ...) is None:
            # What aiobotocore 3 makes of a client that is used after its ``async with``.
            raise HTTPClientError(error="the session is closed")
        response = answer(to_request(request), proxy_for(session, request))
        if response is None:
            return await send(session, request)
        if isinstance(response, Passage):
            answered = await send(session, request)
            body = b"" if streams(request, answered.status_code) else await answered.content
            response.came_back(Response(answered.status_code, dict(answered.headers), body))
            return answered
        # As with a network, others get their turn meanwhile, and a cancelled task ends here.
        await asyncio.sleep(0)
        if response.status == 0:
            raise silence(response.error_code or "", request.url)
        raw = RawResponse(request.method, request.url, response)
        answered = AioAWSResponse(request.url, response.status, raw.headers, raw)
        if not request.stream_output:
            await answered.content
        return answered

    return answering


class RawResponse:
    """What aiobotocore and its streaming bodies use of an ``aiohttp.ClientResponse``.

    Not derived from it: its constructor asks for the parts of a connection, others in every version.
    """

    def __init__(self, method: str, url: str, response: Response) -> None:
        self.method, self.url, self.status = method, URL(url, encoded=True), response.status
        self.reason = phrase(response.status)
        self.headers = CIMultiDictProxy(CIMultiDict(response.headers))
        self.raw_headers = tuple((k.encode(), v.encode()) for k, v in response.headers.items())
        self.content = _stream(response.body)
        self.closed = False
        self._body: bytes | None = None

    @property
    def ok(self) -> bool:
        return self.status < 400

    async def read(self) -> bytes:
        if self._body is None:
            self._body = await self.content.read()
        return self._body

    def close(self) -> None:
        """From now on reading fails, whether there is something left or not, as on a closed connection."""
        self.closed = True
        if self.content.exception() is None:
            self.content.set_exception(aiohttp.ClientConnectionError("Connection closed"))

    release = close

    async def wait_for_close(self) -> None:
        self.close()

    async def __aenter__(self) -> RawResponse:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.close()


def _stream(body: bytes) -> Any:
    """Return a stream that has arrived already, wholly, so that nothing is left to wait or to care for."""
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), len(body) + 1, loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    return stream
