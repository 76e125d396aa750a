"""botocore's side of the wire, and what of botocore's is changed while an account is in force."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

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
from urllib3.response import HTTPResponse

from ..gate import Response
from . import Passage, answer, changes, sharing
from .changes import Change
from .prepared import proxy_for, to_request

_send = URLLib3Session.send


def install() -> None:
    """Put the seam in; it lets everything pass while no account is in force.

    It stays in after the last account, since a client that outlived its test must not reach AWS.
    """
    URLLib3Session.send = send


def uninstall() -> None:
    URLLib3Session.send = _send


def send(session: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
    """Take the place of ``URLLib3Session.send``."""
    response = answer(to_request(request), proxy_for(session, request))
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


@contextmanager
def contained(folder: Path) -> Iterator[None]:
    """Keep botocore's files and caches in *folder*, and have it share what it works out.

    What is in force is said by variables; the files are for a test that clears the environment.
    """
    settings = botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES
    files = {
        name: (*settings[name][:2], str(folder / name), *settings[name][3:])
        for name in ("config_file", "credentials_file")
    }
    with caches_in(folder), patch.dict(settings, files), changes.made(CONTAINING), sharing.shared():
        yield


def caches_in(folder: Path) -> AbstractContextManager[None]:
    """Keep botocore's caches of tokens and of roles' credentials in *folder*."""
    sso = str(folder / "sso")
    file_cache = botocore.utils.JSONFileCache.__init__
    cli = (str(folder / "cli"), *(file_cache.__defaults__ or ())[1:])
    return changes.made(
        (
            (botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", sso),
            (botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", sso),
            (file_cache, "__defaults__", cli),
        )
    )


def without_waiting() -> AbstractContextManager[None]:
    """Let botocore's back-offs return at once: between attempts, and in adaptive mode before them."""
    return changes.made(UNHURRIED)


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


#: What is never read, whatever a test does to its environment.
CONTAINING: tuple[Change, ...] = (
    (botocore.credentials.BotoProvider, "DEFAULT_CONFIG_FILENAMES", ()),
    (botocore.loaders.Loader, "CUSTOMER_DATA_PATH", sharing.NO_FOLDER),
)
#: What is never waited for. Only botocore's own pauses: a client's last as long as they last.
UNHURRIED: tuple[Change, ...] = (
    (botocore.endpoint, "time", _Unhurried(time)),
    (botocore.utils.ContainerMetadataFetcher, "SLEEP_TIME", 0),
    (botocore.retries.bucket.TokenBucket, "acquire", _granted),
)
