"""Where requests leave a client's SDK and answers go back in.

The seam is the SDK's HTTP session: everything passes it, also the fetchers of credentials that fire no
events, and clients that were made before a test began.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice
from urllib.parse import urlsplit

from ..errors import GuardError, InternalError, PollyError
from ..gate import Request, Response


@dataclass(frozen=True)
class Passage:
    """Leave to send a request over the network; who gave it is told what came back."""

    came_back: Callable[[Response], None]


#: Answers a request, or lets it out; ``None`` for a host that it does not answer for.
Handler = Callable[[Request], "Response | Passage | None"]

_handlers: list[Handler] = []
#: Handlers behind which there is a network: whoever is told to wait there waits.
_networked: list[Handler] = []
#: Where on this machine AWS is played for a live run: nobody else goes there.
_reserved: frozenset[str] = frozenset()
#: Where what is raised past clients is noted.
_noting: list[list[BaseException]] = []
#: Whether it is the kit itself that asks AWS for something, and no client.
_own: ContextVar[bool] = ContextVar("own", default=False)
#: Access key ids of accounts that are gone, with the test that each belonged to, oldest first.
_former: dict[str, str] = {}
_REMEMBERED = 20_000
#: Where a key id stands: ``Credential=ID/…`` or ``ID/…``; in S3's old signatures ``AWS ID:…`` or ``ID``.
_CLAIM = re.compile(r"(?:Credential=|^AWS |^)(\w+)(?=[/:]|$)")


def engage(handler: Handler, *, networked: bool = False) -> None:
    """Let *handler* answer from now on; of several the last one engaged does."""
    _handlers.append(handler)
    if networked:
        _networked.append(handler)


def disengage(handler: Handler) -> None:
    _handlers.remove(handler)
    if handler in _networked:
        _networked.remove(handler)


def engaged() -> bool:
    return bool(_handlers)


def unhurried() -> bool:
    """Tell whether a pause between attempts would be for nothing: nobody is there who needs it."""
    return engaged() and _handlers[-1] not in _networked


def reserve(authorities: Iterable[str]) -> None:
    """Keep everybody from these places (``host:port``), this machine's too, but those who are let out."""
    global _reserved
    _reserved = frozenset(authorities)


@contextmanager
def own_requests() -> Iterator[None]:
    """Let out, unseen, what this block sends: it is the kit itself that asks."""
    token = _own.set(True)
    try:
        yield
    finally:
        _own.reset(token)


def remember(access_key_ids: list[str], label: str) -> None:
    """Keep in mind whose keys these were, so that a client that outlives its test can be told."""
    _former.update(dict.fromkeys(access_key_ids, label))
    # The oldest alone: to list them all takes longer with every test.
    for key in list(islice(_former, max(0, len(_former) - _REMEMBERED))):
        del _former[key]


@contextmanager
def noting(refusals: list[BaseException]) -> Iterator[None]:
    """Note in *refusals*, for the block, what is raised past clients: some of them catch everything."""
    _noting.append(refusals)
    try:
        yield
    finally:
        _noting[:] = [one for one in _noting if one is not refusals]


def note(error: BaseException) -> None:
    """Note what is raised past a client, or cannot be raised where the client is."""
    for refusals in _noting:
        refusals.append(error)


def fallen_over(request: Request, error: Exception) -> InternalError:
    """Return what is told where the answering of *request* ended in *error*."""
    return InternalError(
        f"polly: what answers {request.method} {request.host}{request.path} for AWS fell over, which is "
        f"a fault of pytest-polly and not of the client: {type(error).__name__}: {error}"
    )


def answer(request: Request, proxy: str | None = None) -> Response | Passage | None:
    """Answer *request*, or return ``None`` or a `Passage` if it may go where it wants to.

    *proxy* is the URL of what it would be sent through.
    Raises `GuardError` for what must not leave the machine, `InternalError` if what answers falls over.
    """
    __tracebackhide__ = True
    if _own.get():
        return None
    try:
        return _answer(request, proxy)
    except (GuardError, InternalError) as error:
        note(error)
        raise


def _answer(request: Request, proxy: str | None) -> Response | Passage | None:
    __tracebackhide__ = True
    access_key_id = _claimed_key(request)
    if access_key_id in _former:
        raise GuardError(_outlived(access_key_id, _former[access_key_id]))
    if not _handlers:
        return None
    try:
        response = _handlers[-1](request)
    except PollyError:
        raise
    except Exception as error:
        raise fallen_over(request, error) from error
    if response is None and not (is_loopback(request.host) and request.header("host") not in _reserved):
        raise GuardError(
            f"polly: refused to send {request.method} {request.host}{request.path}: while an account "
            "is in force nothing leaves this machine. Let moto answer that service "
            "(`with mock_aws():`), give it an endpoint on this machine, or call it outside the case."
        )
    if response is None and proxy is not None:
        raise GuardError(
            f"polly: refused to send {request.method} {request.host}{request.path} through the proxy "
            f"{urlsplit(proxy).hostname}: while an account is in force nothing leaves this machine. Let what "
            f"is on it be reached directly: NO_PROXY={request.host} in the environment, or "
            "Config(proxies={}) for the client."
        )
    return response


def _claimed_key(request: Request) -> str:
    """Return the access key id that a request names, wherever it names it; empty if nowhere."""
    query = dict(request.query_pairs())
    claims = (request.header("authorization"), query.get("X-Amz-Credential"), query.get("AWSAccessKeyId"))
    found = _CLAIM.search(next((claim for claim in claims if claim), ""))
    return found[1] if found else ""


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _outlived(access_key_id: str, label: str) -> str:
    return (
        f"polly: a client signed with {access_key_id}, which was issued to {label} and went with it. "
        "The client has outlived its case: is it made in a fixture of wider scope, at import, "
        "or kept in a module global?"
    )
