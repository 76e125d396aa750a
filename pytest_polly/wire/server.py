"""An account behind HTTP on loopback, for other processes and other SDKs.

The server is waitress: it gathers a request before it occupies a thread with it, so slow clients hold up
nobody, and it bounds and checks what it reads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import PollyError
from ..gate import Request, Response

if TYPE_CHECKING:
    from waitress.server import TcpWSGIServer

#: More than AWS's largest request, so that the account itself can say what is too large for whom.
_LARGEST_BODY = 16 * 2**20
_THREADS = 16
_ADDRESS = "127.0.0.1"

#: Whose a path is. All come to one place here, and what they ask for does not overlap. The scope of a
#: signature tells the service as well, but it is what the gate is to judge, and not every request has one.
_HOSTS = tuple(
    (re.compile(path), host)
    for path, host in (
        (r"/v1/(speech|voices|lexicons|synthesisTasks)(/.*)?", "polly.{region}.amazonaws.com"),
        (r"/?", "sts.{region}.amazonaws.com"),
        (r"/latest/.*", "169.254.169.254"),
        (r"/federation/.*", "portal.sso.{region}.amazonaws.com"),
        (r"/token", "oidc.{region}.amazonaws.com"),
        (r"/v1/token", "signin.{region}.amazonaws.com"),
    )
)
#: Services with an endpoint of their own among the variables; every other is to come here as well, so
#: that a process that wants something else of AWS is told so instead of reaching it.
_SERVICES = ("POLLY", "STS", "SSO", "SSO_OIDC", "SIGNIN")

_RELATIVE_URI, _FULL_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"
#: Where a container's agent is that is asked by its path alone.
_AGENT = "http://169.254.170.2"


class Server:
    """The account over HTTP: ``url`` is where it is, ``env`` all that a process needs to find it there.

    >>> with account.serve() as server:
    ...     subprocess.run(["aws", "polly", "describe-voices"], env=server.env, check=True)

    What arrives is judged and recorded like everything else. A process keeps its own clock, the machine's:
    the age of its signatures is judged by that, the expiry of credentials by the account's clock.
    """

    def __init__(self, handler: Callable[[Request], Response | None], region: str) -> None:
        self._handler = handler
        self._region = region
        self._running: tuple[TcpWSGIServer, Thread] | None = None
        self._port = 0

    def __enter__(self) -> Server:
        try:
            from waitress import create_server
        except ImportError:
            raise PollyError("polly_server needs waitress: pip install 'pytest-polly[server]'") from None

        server = create_server(
            self._serve,
            map={},
            host=_ADDRESS,
            port=0,
            threads=_THREADS,
            ident=None,
            max_request_body_size=_LARGEST_BODY,
            clear_untrusted_proxy_headers=False,
            log_socket_errors=False,
        )
        self._port = server.effective_port
        thread = Thread(target=server.run, name="polly_server", daemon=True)
        thread.start()
        self._running = server, thread
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._running is not None
        (server, thread), self._running = self._running, None
        # Its loop ends once there is nothing left to look after. In its own thread nothing else is
        # being done to the connections meanwhile.
        server.trigger.pull_trigger(lambda: _close_all(server))
        thread.join()
        server.task_dispatcher.shutdown()

    @property
    def url(self) -> str:
        """Where the account is: an endpoint URL for Polly and for every other service it has."""
        return f"http://{_ADDRESS}:{self._port}"

    @property
    def env(self) -> dict[str, str]:
        """The variables of a process that is to find the account, and the case in force, and nothing else.

        The whole environment, so that a process can be started with just this. Its home is in the folder
        of the case: SDKs keep caches there. Parameters, as of the source ``explicit``, are not part of it.
        """
        variables = {
            **os.environ,
            **{f"AWS_ENDPOINT_URL_{service}": self.url for service in _SERVICES},
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.url,
        }
        container = _container_uri(variables)
        if container is not None:
            variables.pop(_RELATIVE_URI, None)
            variables[_FULL_URI] = self.url + urlsplit(container).path
        for name in ("NO_PROXY", "no_proxy"):
            variables[name] = ",".join(filter(None, [os.environ.get(name), _ADDRESS, "localhost"]))
        home = _home(Path(os.environ["AWS_CONFIG_FILE"]).parent)
        return {**variables, "HOME": str(home), "USERPROFILE": str(home)}

    def _serve(
        self, environ: Mapping[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]
    ) -> Iterable[bytes]:
        response = self._handler(self._request(environ)) or _NOBODY
        if response.status == 0:
            from waitress.channel import ClientDisconnected

            raise ClientDisconnected
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        start_response(status, list(response.headers.items()))
        return [response.body]

    def _request(self, environ: Mapping[str, Any]) -> Request:
        """Return the request as AWS would have got it: sent to one of its own hosts.

        A signature covers the host it was really sent to, so that header stays as it is where there is one.
        """
        headers = tuple(_headers(environ))
        path, _, query = str(environ["REQUEST_URI"]).partition("?")
        request = Request(environ["REQUEST_METHOD"], "", path, query, headers, environ["wsgi.input"].read())
        scope = _claimed_scope(request)
        named = re.fullmatch("[^/]*/[^/]*/([a-z]+(?:-[a-z]+)+-[0-9]+)/.*", scope)
        host = _host(path).format(region=named[1] if named else self._region)
        if not scope:
            headers = (*((name, value) for name, value in headers if name != "host"), ("host", host))
        return Request(request.method, host, path, query, headers, request.body)


def _claimed_scope(request: Request) -> str:
    """Return key id, day, region and service that a signature is said to be of; empty if there is none."""
    header = re.search("Credential=([^, ]*)", request.header("authorization") or "")
    return header[1] if header else dict(request.query_pairs()).get("X-Amz-Credential", "")


def wall_clock() -> datetime:
    """Return the machine's time, aware, in UTC, wherever time has been moved to in this process."""
    from freezegun.api import real_time

    return datetime.fromtimestamp(real_time(), timezone.utc)


def _host(path: str) -> str:
    container = _container_uri(os.environ)
    if container is not None and urlsplit(container).path == path:
        return urlsplit(container).netloc
    return next((host for pattern, host in _HOSTS if pattern.fullmatch(path)), "")


def _container_uri(variables: Mapping[str, str]) -> str | None:
    """Return where the case in force has a container's credentials, if it has."""
    relative = variables.get(_RELATIVE_URI)
    return _AGENT + relative if relative else variables.get(_FULL_URI)


def _headers(environ: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name[5:].replace("_", "-").lower(), value
        elif name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            yield name.replace("_", "-").lower(), value


def _home(folder: Path) -> Path:
    """Make a home in *folder* whose caches are the ones of the case."""
    home = folder / "home"
    (home / ".aws" / "sso").mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (home / ".aws" / "sso" / "cache").symlink_to(folder / "sso", target_is_directory=True)
    return home


def _close_all(server: TcpWSGIServer) -> None:
    for one in list(server._map.values()):
        one.close()


_NOBODY_BODY = b"polly: no service of this account has such a path; it offers Polly, STS and credentials\n"
_NOBODY = Response(
    404, {"Content-Type": "text/plain", "Content-Length": str(len(_NOBODY_BODY))}, _NOBODY_BODY
)
