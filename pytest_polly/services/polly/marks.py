"""Speech marks: when each sentence, word, viseme and SSML mark is said in the sound of the same text.

https://docs.aws.amazon.com/polly/latest/dg/output.html
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from .sounds import milliseconds
from .text import Spoken

#: Marks of the same moment come in this order.
_ORDER = ("sentence", "ssml", "word", "viseme")

#: Letters and the face they make, the longer spellings first. No pronunciation is looked up: a letter
#: stands for the phoneme that it has in most European languages.
#: https://docs.aws.amazon.com/polly/latest/dg/viseme.html
_VISEMES = {
    "sch": "S", "ch": "S", "sh": "S", "th": "T", "ph": "f", "ee": "i", "oo": "u", "ck": "k", "qu": "k",
    "a": "a", "b": "p", "c": "k", "d": "t", "e": "E", "f": "f", "g": "k", "h": "k", "i": "i", "j": "S",
    "k": "k", "l": "t", "m": "p", "n": "t", "o": "o", "p": "p", "q": "k", "r": "r", "s": "s", "t": "t",
    "u": "u", "v": "f", "w": "u", "x": "s", "y": "i", "z": "s", "ß": "s", "ø": "e", "æ": "e", "œ": "O",
}  # fmt: skip
_LETTERS = re.compile("|".join(_VISEMES) + r"|\w", re.IGNORECASE)
#: The face of a letter that is not in the table.
_OTHER = "@"
_SILENCE = "sil"

_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


def speech_marks(spoken: Spoken, types: Iterable[str]) -> bytes:
    """Return the marks of the given *types*, a line of JSON each, in the order in which they are said."""
    marks = [(mark["time"], _ORDER.index(kind), mark) for kind in set(types) for mark in _MARKS[kind](spoken)]
    marks.sort(key=lambda one: one[:2])
    return b"".join(_line(mark) for *_, mark in marks)


def _line(mark: dict[str, Any]) -> bytes:
    # AWS escapes the slash, which JSON allows and only a value can hold.
    return _JSON.encode(mark).replace("/", r"\/").encode() + b"\n"


def _sentences(spoken: Spoken) -> Iterator[dict[str, Any]]:
    for start, end in spoken.sentences():
        yield _spanning(spoken, "sentence", start, *spoken.bytes_of(start, end))


def _words(spoken: Spoken) -> Iterator[dict[str, Any]]:
    # A pause counts as a word, its tag is the value: so it is in the guide's own example.
    for pause in spoken.pauses:
        yield _spanning(spoken, "word", pause.position, pause.start, pause.end)
    for start, end in spoken.words():
        yield _spanning(spoken, "word", start, *spoken.bytes_of(start, end))


def _ssml(spoken: Spoken) -> Iterator[dict[str, Any]]:
    for mark in spoken.marks:
        time = milliseconds(mark.position)
        yield {"time": time, "type": "ssml", "start": mark.start, "end": mark.end, "value": mark.name}


def _visemes(spoken: Spoken) -> Iterator[dict[str, Any]]:
    text = spoken.text
    for start, end in spoken.words():
        for found in _LETTERS.finditer(text, start, end):
            yield _viseme(found.start(), _face(found.group().lower()))
    for _, end in spoken.sentences():
        yield _viseme(end, _SILENCE)


def _spanning(spoken: Spoken, kind: str, position: int, start: int, end: int) -> dict[str, Any]:
    value = spoken.source[start:end].decode()
    return {"time": milliseconds(position), "type": kind, "start": start, "end": end, "value": value}


def _viseme(position: int, face: str) -> dict[str, Any]:
    return {"time": milliseconds(position), "type": "viseme", "value": face}


def _face(letters: str) -> str:
    return _VISEMES.get(letters) or _VISEMES.get(unicodedata.normalize("NFD", letters)[0], _OTHER)


_MARKS = {"sentence": _sentences, "word": _words, "ssml": _ssml, "viseme": _visemes}
