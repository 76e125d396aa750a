"""Amazon Polly itself, behind the gate.

Who answers, and why:

=============================  ======================================================================
SynthesizeSpeech               we: moto answers eight zero bytes, and refuses ogg_opus, mulaw, alaw,
                               24000 Hz and up, and correctly spelled speech marks
DescribeVoices                 we: moto lacks an engine and the voices since 2024, filters by language
                               alone, has no pages
PutLexicon, GetLexicon,        moto keeps them; we judge, count and date them, and page their list:
ListLexicons, DeleteLexicon    moto takes any XML, counts one lexeme, dates in local time
TagResource, UntagResource,    we: moto has no tags
ListTagsForResource
StartSpeechSynthesisTask,      we: moto has no tasks. The speech goes into moto's S3
Get…, ListSpeechSynthesisTasks
StartSpeechSynthesisStream     nobody: HTTP/2 both ways, which neither boto3 nor we can do
=============================  ======================================================================

https://docs.aws.amazon.com/polly/latest/dg/API_Reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from ...gate import Request, Response
from ..protocols import FRONT_END, ServiceError, rest_json, rest_json_error, unknown_operation
from . import errors
from .backend import OPERATIONS, Backend
from .speech import SYNTHESIZE_SPEECH, prepare
from .validation import MEMBERS, read

__all__ = ["FAMILY", "MEMBERS", "Backend", "errors", "operation", "perform", "unknown"]

#: Family of errors that Polly raises by itself.
FAMILY = "http://polly.amazonaws.com/doc/v1"

_ROUTES = tuple(
    (method, re.compile(path), operation)
    for method, path, operation in (
        ("POST", r"/v1/speech", "SynthesizeSpeech"),
        # A presigned URL is fetched, not posted.
        ("GET", r"/v1/speech", "SynthesizeSpeech"),
        ("GET", r"/v1/voices", "DescribeVoices"),
        ("GET", r"/v1/lexicons", "ListLexicons"),
        ("GET", r"/v1/lexicons/(?P<Name>[^/]+)", "GetLexicon"),
        ("PUT", r"/v1/lexicons/(?P<Name>[^/]+)", "PutLexicon"),
        ("DELETE", r"/v1/lexicons/(?P<Name>[^/]+)", "DeleteLexicon"),
        ("POST", r"/v1/synthesisTasks", "StartSpeechSynthesisTask"),
        ("GET", r"/v1/synthesisTasks", "ListSpeechSynthesisTasks"),
        ("GET", r"/v1/synthesisTasks/(?P<TaskId>[^/]+)", "GetSpeechSynthesisTask"),
        ("GET", r"/v1/listTagsForResource/?", "ListTagsForResource"),
        ("POST", r"/v1/tagResource", "TagResource"),
        ("POST", r"/v1/untagResource", "UntagResource"),
    )
)


def operation(request: Request) -> str | None:
    """Return the operation asked for, ``None`` if Polly knows no such thing."""
    return next((name for method, path, name in _ROUTES if _leads(method, path, request)), None)


def unknown(request: Request) -> Response:
    """Answer a request that is for no operation."""
    return unknown_operation()


def perform(name: str, request: Request, backend: Callable[[], Backend]) -> Response:
    """Carry out an authenticated and authorised request; *backend* is asked for only where state counts."""
    try:
        asked = read(name, request, _in_path(request))
        if name == "SynthesizeSpeech":
            return _synthesize(asked, backend)
        return rest_json(OPERATIONS[name](backend(), asked))
    except ServiceError as error:
        family = FRONT_END if error.code == "SerializationException" else FAMILY
        return rest_json_error(error.status, error.code, error.message or "", family)


def _leads(method: str, path: re.Pattern[str], request: Request) -> bool:
    return method == request.method and path.fullmatch(request.path) is not None


def _in_path(request: Request) -> dict[str, str]:
    """Return the parameters that *request* has in its path."""
    path = next(path for method, path, _ in _ROUTES if _leads(method, path, request))
    found = path.fullmatch(request.path)
    return {name: unquote(value) for name, value in found.groupdict().items()} if found else {}


def _synthesize(asked: dict[str, Any], backend: Callable[[], Backend]) -> Response:
    speech = prepare(asked, SYNTHESIZE_SPEECH, lambda name: backend().lexicons.has(name))
    response = rest_json(speech.render(), speech.content_type)
    billed = {"x-amzn-RequestCharacters": str(speech.characters)}
    return replace(response, headers={**response.headers, **billed})
