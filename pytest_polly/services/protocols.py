"""How AWS writes an answer on the wire: rest-json (Polly) and query/XML (STS)."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import formatdate
from typing import Any, Union
from xml.sax.saxutils import escape

from ..gate import Refusal, Request, Response
from ..gate.errors import EMPTY_AUTHORIZATION, Dialect, Words

#: Family of errors that AWS's front end raises before a service sees the request.
FRONT_END = "http://internal.amazon.com/coral/com.amazon.coral.service/"

STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

#: Characters that no XML can hold, whichever way they are written.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: What becomes XML or JSON: names to values, or to more of the same.
Tree = Mapping[str, Union[str, int, datetime, "Tree"]]


class ServiceError(Exception):
    """A service's *no* to a request that the gate let through."""

    def __init__(self, status: int, code: str, message: str | None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


def no(words: Words, **details: str) -> ServiceError:
    """Return the exception that makes a service answer with *words*, filled in with *details*."""
    return ServiceError(words.status, words.code, words.message.format(**details) or None)


def read_json(data: bytes | str) -> Any:
    """Return what *data* says; raises `ValueError` for whatever is no JSON, or is nested without end."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_texts(data: bytes, *names: str) -> tuple[str, ...]:
    """Return the members *names* of a JSON object; raises `ValueError` where one is not there, or no text."""
    value = read_json(data)
    found = tuple(value.get(name) if isinstance(value, dict) else None for name in names)
    texts = tuple(one for one in found if isinstance(one, str))
    if texts != found:
        raise ValueError(f"not all of {', '.join(names)} are texts")
    return texts


def new_request_id() -> str:
    return str(uuid.uuid4())


def refused(refusal: Refusal, dialect: Dialect, request: Request | None = None) -> Response:
    """Write the gate's *no* to *request* in a service's own dialect."""
    words, message = refusal.fault.words(dialect), refusal.message(dialect)
    if dialect == "query":
        return query_error(words.status, words.code, message, STS_NAMESPACE, request)
    if refusal.fault is EMPTY_AUTHORIZATION:
        return _undecided(words.status, words.code, message)
    return rest_json_error(words.status, words.code, message)


# Before a protocol is decided on --------------------------------------------------------------


def unknown_operation() -> Response:
    """What no service knows the path of."""
    return _undecided(404, "UnknownOperationException")


def _undecided(status: int, code: str, message: str | None = None) -> Response:
    """Write an error of AWS's front end that comes before it knows the request's protocol."""
    if message is None:
        body = f"<{code}/>\n"
    else:
        body = f"<{code}>\n  <Message>{escape(message)}</Message>\n</{code}>\n"
    response = _response(status, None, body.encode(), new_request_id())
    return replace(response, error_code=code, message=message)


# rest-json ------------------------------------------------------------------------------------


def rest_json_error(status: int, code: str, message: str, family: str = FRONT_END) -> Response:
    """One key, compact, no newline; AccessDenied alone spells it with a capital M."""
    key = "Message" if code == "AccessDeniedException" else "message"
    extra = {"x-amzn-ErrorType": f"{code}:{family}"}
    response = _response(status, "application/json", _json({key: message}), new_request_id(), extra)
    return replace(response, error_code=code, message=message)


def rest_json(value: Mapping[str, Any] | bytes, content_type: str = "application/json") -> Response:
    body = value if isinstance(value, bytes) else _json(value)
    return _response(200, content_type, body, new_request_id())


# query ----------------------------------------------------------------------------------------


def query_error(
    status: int, code: str, message: str | None, namespace: str, request: Request | None = None
) -> Response:
    """XML, or JSON if *request* accepts nothing else; no message, no ``Message`` element."""
    request_id = new_request_id()
    error = {"Type": "Sender" if status < 500 else "Receiver", "Code": code} | (
        {} if message is None else {"Message": message}
    )
    document: Tree = {"Error": error, "RequestId": request_id}
    response = _query(status, "ErrorResponse", namespace, document, request_id, request)
    return replace(response, error_code=code, message=message)


def query_result(operation: str, result: Tree, namespace: str, request: Request | None = None) -> Response:
    request_id = new_request_id()
    document: Tree = {
        f"{operation}Result": result,
        "ResponseMetadata": {"RequestId": request_id},
    }
    return _query(200, f"{operation}Response", namespace, document, request_id, request)


def query_empty(status: int, **headers: str) -> Response:
    """An answer of STS's that has no body, and thus no format."""
    return _response(status, None, b"", new_request_id(), {**_sts_headers(), **headers})


def _query(
    status: int, root: str, namespace: str, document: Tree, request_id: str, request: Request | None
) -> Response:
    if request is not None and "application/json" in (request.header("accept") or ""):
        # A result is wrapped in its name, an error is not.
        value = document if "Error" in document else {root: document}
        body, content_type = _json(value, sort_keys=True), "application/json"
    else:
        lines = [f'<{root} xmlns="{namespace}">', *_lines(document, "  "), f"</{root}>", ""]
        body, content_type = "\n".join(lines).encode("utf-8", "replace"), "text/xml"
    return _response(status, content_type, body, request_id, _sts_headers())


def _sts_headers() -> dict[str, str]:
    return {"x-amz-sts-extended-request-id": new_request_id()}


def _lines(tree: Tree, indent: str) -> list[str]:
    lines: list[str] = []
    for name, value in tree.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}<{name}>", *_lines(value, f"{indent}  "), f"{indent}</{name}>"]
        else:
            text = value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else str(value)
            lines.append(f"{indent}<{name}>{escape(_NOT_IN_XML.sub('?', text))}</{name}>")
    return lines


# Both -----------------------------------------------------------------------------------------


def _json(value: Any, *, sort_keys: bool = False) -> bytes:
    """Compact, text as it is, times in seconds since 1970."""
    text = json.dumps(
        value,
        separators=(",", ":"),
        ensure_ascii=False,
        sort_keys=sort_keys,
        default=lambda time: int(time.timestamp()),
    )
    return text.encode("utf-8", "replace")


def _response(
    status: int,
    content_type: str | None,
    body: bytes,
    request_id: str,
    extra: Mapping[str, str] | None = None,
) -> Response:
    headers = {
        "x-amzn-RequestId": request_id,
        **(extra or {}),
        **({"Content-Type": content_type} if content_type else {}),
        "Content-Length": str(len(body)),
        "Date": formatdate(usegmt=True),
    }
    return Response(status, headers, body)
