"""Amazon Polly itself, behind the gate.

https://docs.aws.amazon.com/polly/latest/dg/API_Reference.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from ..gate import Request, Response
from .protocols import ServiceError, rest_json, rest_json_error, unknown_operation

if TYPE_CHECKING:
    from moto.polly.models import PollyBackend

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
        ("GET", r"/v1/lexicons/([^/]+)", "GetLexicon"),
        ("PUT", r"/v1/lexicons/([^/]+)", "PutLexicon"),
        ("DELETE", r"/v1/lexicons/([^/]+)", "DeleteLexicon"),
    )
)

_CONTENT_TYPES = {"mp3": "audio/mpeg", "pcm": "audio/pcm"}
_DEFAULT_RATES = {"mp3": 22050, "pcm": 16000}
#: How fast the voices here speak.
CHARACTERS_A_SECOND = 15


def operation(request: Request) -> str | None:
    """Return the operation asked for, ``None`` if Polly knows no such thing."""
    return next(
        (name for method, path, name in _ROUTES if method == request.method and path.fullmatch(request.path)),
        None,
    )


def unknown(request: Request) -> Response:
    """Answer a request that is for no operation."""
    return unknown_operation()


def perform(name: str, request: Request, backend: Callable[[], PollyBackend]) -> Response:
    """Carry out an authenticated and authorised request; *backend* is asked for only where moto answers."""
    try:
        if name == "SynthesizeSpeech":
            return _synthesize(request)
        return _ask_moto(name, request, backend())
    except ServiceError as error:
        return rest_json_error(error.status, error.code, error.message or "", FAMILY)


def _synthesize(request: Request) -> Response:
    asked: Mapping[str, Any] = (
        dict(request.query_pairs()) if request.method == "GET" else json.loads(request.body)
    )
    output = asked["OutputFormat"]
    if output not in _CONTENT_TYPES:
        raise ServiceError(400, "ValidationException", f"OutputFormat {output} is not offered")
    rate = int(asked.get("SampleRate", _DEFAULT_RATES[output]))
    samples = rate * len(asked["Text"]) // CHARACTERS_A_SECOND
    audio = b"\x00\x10\x00\xf0" * (samples // 2) if output == "pcm" else _silent_mp3(samples)
    response = rest_json(audio, _CONTENT_TYPES[output])
    billed = {"x-amzn-RequestCharacters": str(len(asked["Text"]))}
    return replace(response, headers={**response.headers, **billed})


def _silent_mp3(samples: int) -> bytes:
    """MPEG-2 layer III frames of 576 samples at 22050 Hz, mono, 32 kbit/s, holding silence."""
    frame = b"\xff\xf3\x40\xc0".ljust(104, b"\x00")
    return frame * max(1, samples // 576)


def _ask_moto(name: str, request: Request, backend: PollyBackend) -> Response:
    lexicon = unquote(request.path.rpartition("/")[2])
    try:
        if name == "DescribeVoices":
            language = dict(request.query_pairs()).get("LanguageCode")
            return rest_json({"Voices": backend.describe_voices(language)})
        if name == "ListLexicons":
            return rest_json({"Lexicons": backend.list_lexicons()})
        if name == "PutLexicon":
            backend.put_lexicon(lexicon, json.loads(request.body)["Content"])
            return rest_json({})
        if name == "DeleteLexicon":
            backend.delete_lexicon(lexicon)
            return rest_json({})
        found = backend.get_lexicon(lexicon)
        return rest_json(
            {
                "Lexicon": {"Name": lexicon, "Content": found.content},
                "LexiconAttributes": found.to_dict()["Attributes"],
            }
        )
    except KeyError:
        raise ServiceError(404, "LexiconNotFoundException", "Lexicon not found") from None
    except ValueError:
        raise ServiceError(400, "InvalidLexiconException", "Invalid PLS Lexicon") from None
