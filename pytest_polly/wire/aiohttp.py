"""Answers to aiobotocore in place of aiohttp, which is what it sends with by default."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import aiohttp
from aiobotocore.awsrequest import AioAWSResponse
from aiohttp.base_protocol import BaseProtocol
from botocore.exceptions import HTTPClientError
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from ..gate import Response, phrase
from .asynchronous import Send, answering


def sending(send: Send) -> Send:
    """Return what takes the place of ``AIOHTTPSession.send``."""
    answered = answering(send, _response, partial(asyncio.sleep, 0))

    async def answered_if_open(session: Any, request: Any) -> Any:
        if getattr(session, "_sessions", ...) is None:
            # What aiobotocore 3 makes of a client that is used after its ``async with``.
            raise HTTPClientError(error="the session is closed")
        return await answered(session, request)

    return answered_if_open


def _response(request: Any, response: Response) -> Any:
    raw = RawResponse(request.method, request.url, response)
    return AioAWSResponse(request.url, response.status, raw.headers, raw)


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
