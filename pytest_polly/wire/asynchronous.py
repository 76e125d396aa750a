"""What aiobotocore's HTTP sessions have in common, whichever library they send with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..gate import Response
from . import Passage, answer
from .botocore import silence, streams
from .prepared import proxy_for, to_request

#: A session's own method, or what takes its place: sends a request, and returns aiobotocore's response.
Send = Callable[[Any, Any], Awaitable[Any]]

#: Makes aiobotocore's response to a request out of ours.
Make = Callable[[Any, Response], Any]


def answering(send: Send, make: Make, give_way: Callable[[], Awaitable[None]]) -> Send:
    """Return what takes the place of *send*, and falls back on it; *give_way* lets other tasks run."""

    async def answered(session: Any, request: Any) -> Any:
        response = answer(to_request(request), proxy_for(session, request))
        if response is None:
            return await send(session, request)
        if isinstance(response, Passage):
            came_back = await send(session, request)
            body = b"" if streams(request, came_back.status_code) else await came_back.content
            response.came_back(Response(came_back.status_code, dict(came_back.headers), body))
            return came_back
        # As with a network, others get their turn meanwhile, and a cancelled task ends here.
        await give_way()
        if response.status == 0:
            raise silence(response.error_code or "", request.url)
        ours = make(request, response)
        if not request.stream_output:
            await ours.content
        return ours

    return answered
