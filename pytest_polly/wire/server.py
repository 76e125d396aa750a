"""An account behind HTTP on loopback, for other processes and other SDKs.

All services are at one address, so whose a request is has to be told by the request itself. It is told by
the path: what the services offer does not overlap. The scope of a signature names the service too, but that
is what the gate is to judge, and credential endpoints have no signatures. Only at ``/``, where STS is one of
many services of AWS's, what is signed for another and does not speak of STS's API is not taken for STS's.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from ..errors import CutOffError, PollyError
from ..gate import Request, Response
from . import fallen_over, note

if TYPE_CHECKING:
    from .waitress import Listener

#: Whose a path is, by one of the hosts that it would go to.
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
#: Where a container's agent is that is asked by its path alone.
_AGENT = "http://169.254.170.2"
_RELATIVE_URI, _FULL_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"

#: Services with an endpoint of their own among the variables; all others are to come here as well, so
#: that a process that wants something else of AWS is told so instead of reaching it.
_SERVICES = ("POLLY", "STS", "SSO", "SSO_OIDC", "SIGNIN")

_CREDENTIAL = re.compile("Credential=([^, ]*)")
_SCOPE_WITH_REGION = re.compile("[^/]*/[^/]*/([a-z]{2,}(?:-[a-z]+)+-[0-9]+)/.*")
_SCOPE_WITH_SERVICE = re.compile("(?:[^/]*/){3}([^/]+)/aws4_request")
_API_OF_STS = re.compile(rb"(?:^|&)Version=2011-06-15(?:&|$)")


class Server:
    """The account over HTTP: ``url`` is where it is, ``env`` all that a process needs to find it there.

    >>> with account.serve() as server:
    ...     subprocess.run(["aws", "polly", "describe-voices"], env=server.env, check=True)

    What arrives is judged and recorded like everything else. A process keeps its own clock, the machine's:
    the age of its signatures is judged by that, or by the account's where that is nearer, since a client of
    this process goes by the account's. Expiry of credentials goes by the account's clock always.
    """

    def __init__(
        self,
        answer: Callable[[Request, datetime], Response | None],
        now: Callable[[], datetime],
        region: str,
        folder: Callable[[], Path],
    ) -> None:
        self._account_answers = answer
        #: Where the files of the case in force are.
        self._folder = folder
        #: AWS's time, as it is for processes that go by the machine's.
        self._now = now
        self._region = region
        self._listener: Listener | None = None

    def __enter__(self) -> Server:
        try:
            from .waitress import Listener
        except ModuleNotFoundError as error:
            if error.name != "waitress":
                raise
            raise PollyError('polly_server needs waitress: pip install "pytest-polly[server]"') from None
        self._listener = Listener(self._answer)
        return self

    def __exit__(self, *exception: object) -> None:
        assert self._listener is not None
        self._listener.close()

    @property
    def url(self) -> str:
        """Where the account is: an endpoint URL for Polly and for every other service it has."""
        if self._listener is None:
            raise PollyError("the account is not being served; enter it first: `with account.serve() as …:`")
        return f"http://127.0.0.1:{self._listener.port}"

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
            variables[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))
        home = str(_home(self._folder()))
        return {**variables, "HOME": home, "USERPROFILE": home}

    def _answer(self, request: Request) -> Response:
        now = self._now()
        try:
            response = self._account_answers(self._addressed(request), now)
        except CutOffError:
            # From afar a client can be cut off only so.
            return Response(0)
        except Exception as error:
            fault = fallen_over(request, error)
            fault.__cause__ = error
            note(fault)
            return _told(request, 500, "FallenOver", str(fault))
        if response is None:
            return _not_here(request)
        # By AWS's own date an SDK may set its clock; where AWS has none there is one of HTTP.
        return replace(response, headers={"Date": format_datetime(now, usegmt=True), **response.headers})

    def _addressed(self, request: Request) -> Request:
        """Return *request* as if it had been sent to the one of AWS's hosts that it is for.

        A signature covers the header ``Host`` as it was really sent, so that stays where there is one.
        """
        scope = _scope(request)
        named = _SCOPE_WITH_REGION.fullmatch(scope)
        host = _host(request, scope).format(region=named[1] if named else self._region)
        if scope:
            return replace(request, host=host)
        headers = (*((name, value) for name, value in request.headers if name != "host"), ("host", host))
        return replace(request, host=host, headers=headers)


def wall_clock() -> datetime:
    """Return the machine's time, aware, in UTC, wherever time has been moved to in this process."""
    from freezegun.api import real_time

    return datetime.fromtimestamp(real_time(), timezone.utc)


def _scope(request: Request) -> str:
    """Return what a signature says that it is for, with the key; empty if there is none."""
    claimed = _CREDENTIAL.search(request.header("authorization") or "")
    return claimed[1] if claimed else dict(request.query_pairs()).get("X-Amz-Credential", "")


def _host(request: Request, scope: str) -> str:
    container = _container_uri(os.environ)
    if container is not None and urlsplit(container).path == request.path:
        return urlsplit(container).netloc
    if request.path in ("", "/") and _service(scope) != "sts" and not _API_OF_STS.search(request.body):
        return ""
    return next((host for pattern, host in _HOSTS if pattern.fullmatch(request.path)), "")


def _service(scope: str) -> str:
    """Return the service that *scope* names; STS if it names none."""
    named = _SCOPE_WITH_SERVICE.fullmatch(scope)
    return named[1] if named else "sts"


def _not_here(request: Request) -> Response:
    """Refuse what no service here answers."""
    message = (
        f"pytest-polly does not answer {request.method} {request.path}: it plays Polly, STS and the sources "
        "of credentials. For another service set AWS_ENDPOINT_URL_<SERVICE>, to moto's server for example."
    )
    return _told(request, 404, "NotHere", message)


def _told(request: Request, status: int, code: str, message: str) -> Response:
    """Say something that AWS would not, in a form of which most SDKs show the message."""
    if "json" in (request.header("content-type") or ""):
        content_type, body = "application/json", json.dumps({"__type": code, "message": message})
    else:
        error = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        content_type, body = "text/xml", f"<ErrorResponse>{error}</ErrorResponse>"
    sent = body.encode("utf-8", "replace")
    return Response(status, {"Content-Type": content_type, "Content-Length": str(len(sent))}, sent)


def _container_uri(variables: Mapping[str, str]) -> str | None:
    """Return where the case in force has a container's credentials, if it has."""
    relative = variables.get(_RELATIVE_URI)
    return _AGENT + relative if relative else variables.get(_FULL_URI)


def _home(folder: Path) -> Path:
    """Make a home in *folder* whose caches are the ones of the case."""
    home = folder / "home"
    (home / ".aws" / "sso").mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (home / ".aws" / "sso" / "cache").symlink_to(folder / "sso", target_is_directory=True)
    return home
