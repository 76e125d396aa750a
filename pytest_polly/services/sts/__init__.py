"""AWS Security Token Service: the operations that hand out, or ask after, temporary credentials.

https://docs.aws.amazon.com/STS/latest/APIReference/
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, quote

from ...directory import Directory
from ...gate import IssuedKey, Request, Response, octets
from ..protocols import (
    STS_NAMESPACE,
    ServiceError,
    query_empty,
    query_error,
    query_result,
    unknown_operation,
)
from .asked import Asked, Operation, Parameters
from .roles import assume_role
from .sessions import get_access_key_info, get_caller_identity, get_federation_token, get_session_token

__all__ = ["OPERATIONS", "operation", "parameters_of", "perform", "unknown"]

_FAULT_NAMESPACE = "http://webservices.amazon.com/AWSFault/2005-15-09"
_FORM = "application/x-www-form-urlencoded"
_VERSION = "2011-06-15"
#: In bytes; it is the body that counts, not what is in it.
_LARGEST_BODY = 10_000_000
#: Where those go who ask for nothing.
_HOME = "https://aws.amazon.com/iam"
#: What stands for itself in a query, or has been encoded already.
_IN_A_QUERY = "%!$&'()*+,;=:@/?-._~"

OPERATIONS: dict[str, Operation] = {
    "AssumeRole": assume_role,
    "GetAccessKeyInfo": get_access_key_info,
    "GetCallerIdentity": get_caller_identity,
    "GetFederationToken": get_federation_token,
    "GetSessionToken": get_session_token,
}


def parameters_of(request: Request) -> Parameters:
    """Return the query's and the form's fields; of several with one name the first counts."""
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if (request.header("content-type") or "").startswith(_FORM):
        pairs += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(pairs))


def operation(request: Request) -> str | None:
    """Return the operation asked for, ``None`` if STS knows no such thing."""
    if not _reaches_sts(request) or len(request.body) > _LARGEST_BODY:
        return None
    parameters = parameters_of(request)
    action = parameters.get("Action")
    return action if action in OPERATIONS and parameters.get("Version") == _VERSION else None


def unknown(request: Request) -> Response:
    """Answer a request that is for no operation; nobody looks at its signature."""
    if len(request.body) > _LARGEST_BODY:
        return Response(413, {"Content-Length": "0"})
    if not _reaches_sts(request):
        return unknown_operation()
    parameters = parameters_of(request)
    if "Action" not in parameters:
        query = quote(octets(request.query), safe=_IN_A_QUERY)
        return query_empty(302, Location=f"{_HOME}?{query}" if query else _HOME)
    version = parameters.get("Version", "NO_VERSION_SPECIFIED")
    message = f"Could not find operation {parameters['Action']} for version {version}"
    return query_error(400, "InvalidAction", message, _FAULT_NAMESPACE, request)


def perform(name: str, request: Request, signer: IssuedKey, directory: Directory, now: datetime) -> Response:
    """Carry out an authenticated request; what the caller may not do is an answer too."""
    asked = Asked(parameters_of(request), signer, directory, now)
    try:
        return query_result(name, OPERATIONS[name](asked), STS_NAMESPACE, request)
    except ServiceError as error:
        return query_error(error.status, error.code, error.message, STS_NAMESPACE, request)


def _reaches_sts(request: Request) -> bool:
    return request.path in ("", "/") and request.method in ("GET", "POST")
