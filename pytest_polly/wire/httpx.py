"""Answers to aiobotocore in place of httpx, where a client has chosen to send with that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import anyio
from aiobotocore.awsrequest import HttpxAWSResponse

# Whichever httpx aiobotocore has found.
from aiobotocore.httpxsession import httpx

from ..gate import Response
from .asynchronous import Send, answering

_CHUNK = 65536


def sending(send: Send) -> Send:
    """Return what takes the place of ``HttpxSession.send``."""
    return answering(send, _response, partial(anyio.sleep, 0))


def _response(request: Any, response: Response) -> Any:
    headers = dict(response.headers)
    raw = httpx.Response(
        response.status,
        headers=headers,
        stream=_Body(response.body),
        request=httpx.Request(request.method, request.url),
    )
    return HttpxAWSResponse(request.url, response.status, headers, raw)


class _Body(httpx.AsyncByteStream):  # type: ignore[misc]
    """A body that is there already, given out piece by piece."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self._body), _CHUNK):
            yield self._body[start : start + _CHUNK]
