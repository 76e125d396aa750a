"""botocore's side of the wire, and what of botocore's is changed while an account is in force."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import boto3
import botocore.configprovider
import botocore.credentials
import botocore.endpoint
import botocore.exceptions
import botocore.loaders
import botocore.retries.bucket
import botocore.tokens
import botocore.utils
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from botocore.loaders import JSONFileLoader
from urllib3.response import HTTPResponse

from ..gate import Request, Response
from . import Passage, answer

_send = URLLib3Session.send
#: Stands for a folder in which there is nothing, and cannot be.
_NO_FOLDER = os.path.join(os.devnull, "models")
#: Where service descriptions lie that come with the SDK, and stay the same.
_SHIPPED = frozenset(
    {
        _NO_FOLDER,
        botocore.loaders.Loader.BUILTIN_DATA_PATH,
        os.path.join(os.path.dirname(boto3.__file__), "data"),
    }
)


def install() -> None:
    """Put the seam in; it lets everything pass while no account is in force.

    It stays in after the last account, since a client that outlived its test must not reach AWS.
    """
    URLLib3Session.send = send


def uninstall() -> None:
    URLLib3Session.send = _send


def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
    """Take the place of ``URLLib3Session.send``."""
    response = answer(_to_request(request))
    if response is None:
        return _send(session, request)
    if isinstance(response, Passage):
        answered = _send(session, request)
        body = b"" if streams(request, answered.status_code) else answered.content
        response.came_back(Response(answered.status_code, dict(answered.headers), body))
        return answered
    if response.status == 0:
        raise silence(response.error_code or "", request.url)
    raw = HTTPResponse(
        io.BytesIO(response.body),
        headers=dict(response.headers),
        status=response.status,
        preload_content=False,
    )
    answered = AWSResponse(request.url, response.status, raw.headers, raw)
    if not request.stream_output:
        answered.content  # noqa: B018  (reading it is what exhausts the stream)
    return answered


def streams(request: Any, status: int) -> bool:
    """Tell whether an answer's body is the client's to read: sound is, what AWS says of an error is not."""
    return bool(request.stream_output) and status < 300


def silence(name: str, url: str) -> Exception:
    """Return what botocore's HTTP session raises where there is no answer."""
    error: Exception = getattr(botocore.exceptions, name)(endpoint_url=url, error="no answer")
    return error


def _to_request(request: AWSPreparedRequest) -> Request:
    headers = ((name, _text(value)) for name, value in request.headers.items())
    return Request.from_url(request.method, request.url, headers, _bytes(request.body))


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    return bytes(body.read())


@contextmanager
def contained(folder: Path) -> Iterator[None]:
    """Keep botocore's files and caches in *folder*, and have it share what it parses.

    What is in force is said by variables; the files are for a test that clears the environment.
    """
    settings = botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES
    files = {
        name: (*settings[name][:2], str(folder / name), *settings[name][3:])
        for name in ("config_file", "credentials_file")
    }
    loader = botocore.loaders.Loader
    with ExitStack() as stack:
        stack.enter_context(caches_in(folder))
        stack.enter_context(patch.dict(settings, files))
        stack.enter_context(patch.object(botocore.credentials.BotoProvider, "DEFAULT_CONFIG_FILENAMES", ()))
        stack.enter_context(patch.object(loader, "CUSTOMER_DATA_PATH", _NO_FOLDER))
        stack.enter_context(patch.object(loader, "_cache", _SharedCache(), create=True))
        yield


@contextmanager
def caches_in(folder: Path) -> Iterator[None]:
    """Keep botocore's caches of tokens and of roles' credentials in *folder*."""
    sso = str(folder / "sso")
    file_cache = botocore.utils.JSONFileCache.__init__
    cli = (str(folder / "cli"), *(file_cache.__defaults__ or ())[1:])
    with ExitStack() as stack:
        for owner in (botocore.credentials.SSOProvider, botocore.tokens.SSOTokenProvider):
            stack.enter_context(patch.object(owner, "_SSO_TOKEN_CACHE_DIR", sso))
        stack.enter_context(patch.object(file_cache, "__defaults__", cli))
        yield


@contextmanager
def without_waiting() -> Iterator[None]:
    """Let botocore's back-offs return at once: between attempts, and in adaptive mode before them.

    Only what botocore itself waits for: a client's own pauses last as long as they last.
    """
    with ExitStack() as stack:
        stack.enter_context(patch.object(botocore.endpoint, "time", _Unhurried(time)))
        stack.enter_context(patch.object(botocore.utils.ContainerMetadataFetcher, "SLEEP_TIME", 0))
        bucket = botocore.retries.bucket.TokenBucket
        stack.enter_context(patch.object(bucket, "acquire", _granted))
        yield


class _Unhurried:
    """Stands for the module `time` where botocore sleeps."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def sleep(self, seconds: float) -> None:
        """Return at once."""


def _granted(bucket: Any, amount: int = 1, block: bool = True) -> bool:
    """Take the place of ``TokenBucket.acquire``, which waits until the rate allows another request."""
    return True


class _SharedCache:
    """Stands for ``Loader._cache``: loaders that search the same folders share what they parsed.

    Parsing AWS's service descriptions is nearly all that making a session and client costs. Each
    session keeps a loader of its own, so that whoever adds a search path does so for himself alone;
    and with folders of his own a loader shares nothing, since what is in them may change.
    """

    _parsed: dict[tuple[str, ...], dict[Any, Any]] = {}

    def __get__(self, loader: Any, owner: type | None = None) -> Any:
        if loader is None:
            return self
        paths = tuple(loader.search_paths)
        ordinary = type(loader.file_loader) is JSONFileLoader and _SHIPPED.issuperset(paths)
        if not ordinary:
            return loader.__dict__["_cache"]
        return self._parsed.setdefault((*paths, *loader.extras_types), {})

    def __set__(self, loader: Any, own: dict[Any, Any]) -> None:
        loader.__dict__["_cache"] = own
