"""waitress, run in a thread and stopped again: it knows HTTP, and nothing of accounts.

It gathers a request before it occupies a thread with it, so slow clients hold up nobody, and it bounds and
checks what it reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from threading import Event, Thread
from typing import Any

from waitress import create_server
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser

from ..gate import Request, Response, phrase

ADDRESS = "127.0.0.1"
#: More than AWS's largest request, so that the account itself can say what is too large for whom.
_LARGEST_BODY = 16 * 2**20
_THREADS = 16

#: WSGI cannot tell an underscore from a dash, so waitress drops headers that have one. AWS has one.
_UNDERSCORED, _DASHED = "x-amz-sso_bearer_token", "x-amz-sso-bearer-token"
_UNDERSCORED_LINE = re.compile(rf"^{_UNDERSCORED}(?=:)".encode(), re.IGNORECASE | re.MULTILINE)


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(_UNDERSCORED_LINE.sub(_DASHED.encode(), header_plus))


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser


class Listener:
    """Listens on loopback, on a port of the system's choice, from when it is made until it is closed."""

    def __init__(self, answer: Callable[[Request], Response]) -> None:
        self._answer = answer
        self._server: Any = create_server(
            self._application,
            map={},
            host=ADDRESS,
            port=0,
            threads=_THREADS,
            ident=None,
            max_request_body_size=_LARGEST_BODY,
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
        )
        self._server.channel_class = _Channel
        self.port: int = self._server.effective_port
        self._thread = Thread(target=self._server.run, name="polly_server", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, hang up on everybody, and return when it is done."""
        # The loop ends once there is nothing left to look after. It is the loop's own thread that takes
        # everything away: nothing else is being done to the connections meanwhile.
        pulled = Event()

        def close_all() -> None:
            # A worker that is done may wake the loop too, before the trigger is pulled, which goes as well.
            pulled.wait()
            for one in list(self._server._map.values()):
                one.close()

        self._server.trigger.pull_trigger(close_all)
        pulled.set()
        self._thread.join()
        self._server.task_dispatcher.shutdown()

    def _application(
        self, environ: Mapping[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        response = self._answer(_request(environ))
        if response.status == 0:
            # No answer at all: the connection just ends.
            raise ClientDisconnected
        status = f"{response.status} {phrase(response.status)}"
        start_response(status, list(response.headers.items()))
        return [response.body]


def _request(environ: Mapping[str, Any]) -> Request:
    """Return a request as it was sent, its path still encoded; some send the whole URL, as to a proxy."""
    target = re.sub("^https?://[^/?]*", "", _text(environ["REQUEST_URI"]), flags=re.IGNORECASE)
    path, _, query = target.partition("?")
    return Request(
        environ["REQUEST_METHOD"],
        _text(environ.get("HTTP_HOST", "")),
        path,
        query,
        tuple(_headers(environ)),
        environ["wsgi.input"].read(),
    )


def _headers(environ: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            header = name.removeprefix("HTTP_").replace("_", "-").lower()
            yield _UNDERSCORED if header == _DASHED else header, _text(value)


def _text(value: str) -> str:
    """Return what WSGI hands on byte by byte as the text that a signature covers, as far as it is UTF-8."""
    return value.encode("latin-1").decode("utf-8", "surrogateescape")
