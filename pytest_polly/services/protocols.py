"""How AWS writes an answer on the wire: rest-json (Polly) and query/XML (STS)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Any, Union
from xml.sax.saxutils import escape

from ..gate import Refusal, Response
from ..gate.errors import Dialect

#: Family of errors that AWS's front end raises before a service sees the request.
FRONT_END = "http://internal.amazon.com/coral/com.amazon.coral.service/"

STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"

#: What becomes XML: names to text, or to more of the same.
Tree = Union[str, Mapping[str, "Tree"]]  # noqa: UP007  (an alias that names itself is no type for `|`)


class ServiceError(Exception):
    """A service's *no* to a request that the gate let through."""

    def __init__(self, status: int, code: str, message: str | None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


def new_request_id() -> str:
    return str(uuid.uuid4())


def rest_json_error(status: int, code: str, message: str, family: str = FRONT_END) -> Response:
    """One key, compact, no newline; AccessDenied alone spells it with a capital M."""
    key = "Message" if code == "AccessDeniedException" else "message"
    body = json.dumps({key: message}, separators=(",", ":"), ensure_ascii=False).encode()
    extra = {"x-amzn-ErrorType": f"{code}:{family}"}
    response = _response(status, "application/json", body, new_request_id(), extra)
    return replace(response, error_code=code, message=message)


def rest_json(value: Mapping[str, Any] | bytes, content_type: str = "application/json") -> Response:
    body = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return _response(200, content_type, body, new_request_id())


def query_error(status: int, code: str, message: str | None, namespace: str) -> Response:
    request_id = new_request_id()
    words = {"Type": "Sender", "Code": code} | ({} if message is None else {"Message": message})
    document: Tree = {"Error": words, "RequestId": request_id}
    response = _xml_response(status, "ErrorResponse", namespace, document, request_id)
    return replace(response, error_code=code, message=message)


def query_result(operation: str, result: Tree, namespace: str) -> Response:
    request_id = new_request_id()
    document: Tree = {
        f"{operation}Result": result,
        "ResponseMetadata": {"RequestId": request_id},
    }
    return _xml_response(200, f"{operation}Response", namespace, document, request_id)


def unknown_operation() -> Response:
    """What no service knows the path of."""
    code = "UnknownOperationException"
    response = _response(404, "text/xml", f"<{code}/>\n".encode(), new_request_id())
    return replace(response, error_code=code)


def refused(refusal: Refusal, dialect: Dialect) -> Response:
    """Write the gate's *no* in a service's own dialect."""
    words, message = refusal.fault.words(dialect), refusal.message(dialect)
    if dialect == "query":
        return query_error(words.status, words.code, message, STS_NAMESPACE)
    return rest_json_error(words.status, words.code, message)


def _xml_response(status: int, root: str, namespace: str, document: Tree, request_id: str) -> Response:
    lines = [f'<{root} xmlns="{namespace}">', *_lines(document, "  "), f"</{root}>", ""]
    extra = {"x-amz-sts-extended-request-id": new_request_id()}
    return _response(status, "text/xml", "\n".join(lines).encode(), request_id, extra)


def _lines(tree: Tree, indent: str) -> list[str]:
    lines: list[str] = []
    for name, value in tree.items() if isinstance(tree, Mapping) else ():
        if isinstance(value, str):
            lines.append(f"{indent}<{name}>{escape(value)}</{name}>")
        else:
            lines += [f"{indent}<{name}>", *_lines(value, f"{indent}  "), f"{indent}</{name}>"]
    return lines


def _response(
    status: int,
    content_type: str,
    body: bytes,
    request_id: str,
    extra: Mapping[str, str] | None = None,
) -> Response:
    headers = {
        "x-amzn-RequestId": request_id,
        **(extra or {}),
        "Content-Type": content_type,
        "Content-Length": str(len(body)),
        "Date": formatdate(usegmt=True),
    }
    return Response(status, headers, body)
