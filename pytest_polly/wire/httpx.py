"""Answers to aiobotocore in place of httpx, where a client has chosen to send with that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
from aiobotocore.awsrequest import HttpxAWSResponse

# Whichever httpx aiobotocore has found.
from aiobotocore.httpxsession import httpx

from ..gate import Response
from . import Passage, answer
from .botocore import silence, streams
from .prepared import proxy_for, to_request

_CHUNK = 65536


def sending(send: Callable[..., Any]) -> Callable[..., Any]:
    """Return what takes the place of ``HttpxSession.send``, and falls back on it."""

    async def answering(session: Any, request: Any) -> Any:
        response = answer(to_request(request), proxy_for(session, request))
        if response is None:
            return await send(session, request)
        if isinstance(response, Passage):
            answered = await send(session, request)
            body = b"" if streams(request, answered.status_code) else await answered.content
            response.came_back(Response(answered.status_code, dict(answered.headers), body))
            return answered
        # As with a network, others get their turn meanwhile, and a cancelled task ends here.
        await anyio.sleep(0)
        if response.status == 0:
            raise silence(response.error_code or "", request.url)
        raw = httpx.Response(
            response.status,
            headers=dict(response.headers),
            stream=_Body(response.body),
            request=httpx.Request(request.method, request.url),
        )
        answered = HttpxAWSResponse(request.url, response.status, dict(response.headers), raw)
        if not request.stream_output:
            await answered.content
        return answered

    return answering


class _Body(httpx.AsyncByteStream):  # type: ignore[misc]
    """A body that is there already, given out piece by piece."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), _CHUNK):
            yield self._body[start : start + _CHUNK]
