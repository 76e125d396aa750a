"""A request as botocore and aiobotocore prepare it, in the form that the gate reads."""

from __future__ import annotations

from typing import Any

from ..gate import Request


def to_request(prepared: Any) -> Request:
    """Return what is about to be sent.

    A body that has yet to be read is left alone: what AWS's credentials and Polly are asked for is never
    streamed, and whoever uploads a file past us still needs all of it.
    """
    headers = ((name, _text(value)) for name, value in prepared.headers.items())
    return Request.from_url(prepared.method, prepared.url, headers, _bytes(prepared.body))


def proxy_for(session: Any, prepared: Any) -> str | None:
    """Return the URL of the proxy that *session* would send through, ``None`` if it sends directly."""
    # aiobotocore's first sessions over httpx have no such thing: with a proxy they refuse to be made.
    config = getattr(session, "_proxy_config", None)
    return (config.proxy_url_for(prepared.url) or None) if config else None


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""
