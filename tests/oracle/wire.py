"""Reads an answer as strictly as AWS writes it: form, header and body have to be right to the letter."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape, unescape

Read = tuple[int, "str | None", "str | None"]

_CORAL = ":http://internal.amazon.com/coral/com.amazon.coral.service/"
_POLLY = ":http://polly.amazonaws.com/doc/v1"
_STS = "https://sts.amazonaws.com/doc/2011-06-15/"
_DISPATCH = "http://webservices.amazon.com/AWSFault/2005-15-09"
#: What Polly itself raises; everything else comes from what stands before it.
_OWN = ("LexiconNotFoundException",)
#: What an empty header is answered with, long before it is known whose form an answer should have.
_EARLY = re.compile(r"<(IncompleteSignatureException)>\n  <Message>(.*)</Message>\n</\1>\n?")
_UNKNOWN = b"<UnknownOperationException/>\n"


def read(status: int, headers: Mapping[str, str], body: bytes, service: str, wants_json: bool) -> Read:
    """Return status, code and message of an answer, after checking its form; raises `AssertionError`.

    Who asked who they are is told an ARN, which stands for the message.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    assert int(lower.get("content-length", len(body))) == len(body), "Content-Length"
    request_id = lower["x-amzn-requestid"]
    assert str(UUID(request_id)) == request_id, f"request id {request_id!r}"
    assert UUID(request_id).version == 4, f"request id {request_id!r}"
    if status == 302:
        assert lower["location"].startswith("https://aws.amazon.com/iam"), lower["location"]
        assert body == b"", "a redirect has no body"
        return status, None, None
    if status == 404 and body == _UNKNOWN:
        return status, None, None
    if service == "sts" and not _EARLY.fullmatch(body.decode()):
        assert lower.get("x-amz-sts-extended-request-id"), "x-amz-sts-extended-request-id"
        return _sts(status, lower, body.decode(), request_id, wants_json)
    return (status, None, None) if status == 200 else _polly(status, lower, body.decode())


def _polly(status: int, headers: Mapping[str, str], body: str) -> Read:
    early = _EARLY.fullmatch(body)
    if early:
        return status, early[1], early[2]
    kind = headers["x-amzn-errortype"]
    code = kind.partition(":")[0]
    assert headers["content-type"] == "application/json", headers["content-type"]
    name = "Message" if code == "AccessDeniedException" else "message"
    found = json.loads(body)
    assert list(found) == [name], f"keys {list(found)} in the body of {code}"
    assert body == json.dumps(found, separators=(",", ":"), ensure_ascii=False) or body == json.dumps(
        found, separators=(",", ":")
    ), f"spaces in {body!r}"
    message = found[name]
    expected = [code + (_POLLY if code in _OWN else _CORAL)]
    if message.startswith("Invalid key=value pair"):
        # Seen only without what follows the name, and on another service.
        expected.append(code)
    assert kind in expected, f"x-amzn-ErrorType {kind!r}"
    return status, code, message


def _sts(status: int, headers: Mapping[str, str], body: str, request_id: str, wants_json: bool) -> Read:
    if wants_json:
        assert headers["content-type"] == "application/json", headers["content-type"]
        found = json.loads(body)
        if status == 200:
            return status, None, _arn(found)
        assert set(found) == {"Error", "RequestId"}, f"keys {list(found)}"
        assert set(found["Error"]) == {"Code", "Message", "Type"}, f"keys {list(found['Error'])}"
        assert found["Error"]["Type"] == "Sender", found["Error"]["Type"]
        assert found["RequestId"] == request_id, "request ids differ"
        return status, found["Error"]["Code"], found["Error"]["Message"]
    assert headers["content-type"] == "text/xml", headers["content-type"]
    if status == 200:
        assert re.match(rf'<(\w+)Response xmlns="{_STS}">\n  <\1Result>\n', body), body[:200]
        assert f"<RequestId>{request_id}</RequestId>" in body, "request ids differ"
        told = re.search("<GetCallerIdentityResult>\n    <Arn>(.*)</Arn>\n    <UserId>", body)
        return status, None, told and told[1]
    found_code = re.search("<Code>(.*)</Code>", body)
    found_message = re.search("<Message>(.*)</Message>", body, re.DOTALL)
    assert found_code, body
    assert found_message, body
    code, message = found_code[1], unescape(found_message[1], {"&quot;": '"', "&apos;": "'"})
    namespace = _DISPATCH if code == "InvalidAction" else _STS
    assert escape(message) == found_message[1], f"{found_message[1]!r} is escaped otherwise"
    assert body == (
        f'<ErrorResponse xmlns="{namespace}">\n  <Error>\n    <Type>Sender</Type>\n    <Code>{code}</Code>\n'
        f"    <Message>{found_message[1]}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n"
        "</ErrorResponse>\n"
    ), body
    return status, code, message


def _arn(found: Mapping[str, Any]) -> str | None:
    identity = found.get("GetCallerIdentityResponse", {}).get("GetCallerIdentityResult", {})
    arn: str | None = identity.get("Arn")
    return arn
