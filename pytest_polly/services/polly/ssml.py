"""SSML as Polly understands it: which tags there are, what they hold, and which engine speaks them.

https://docs.aws.amazon.com/polly/latest/dg/supportedtags.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from ..protocols import no
from .errors import NOT_SSML, invalid
from .text import Passage, Spoken


@dataclass(frozen=True)
class Tag:
    """A tag's attributes, each with the values it takes, and those that it cannot be without."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()


_ANY = r".*"
_SOME = r".+"
_SECONDS = r"[+]?(\d+(\.\d+)?|\.\d+)(s|ms)"
_PERCENT = r"[+-]?\d+(\.\d+)?%"
_LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*"
_BREATH = "default|silent|x-soft|soft|medium|loud|x-loud"
_SAY_AS = (
    "address|cardinal|characters|date|digits|expletive|fraction|number|ordinal|spell-out|telephone|time|unit"
)

TAGS = {
    "speak": Tag({"xml:lang": _LANGUAGE, "version": _ANY, "xmlns": _ANY, "xsi:schemaLocation": _ANY}),
    "break": Tag({"strength": "none|x-weak|weak|medium|strong|x-strong", "time": _SECONDS}),
    "emphasis": Tag({"level": "strong|moderate|reduced|none"}),
    "lang": Tag({"xml:lang": _LANGUAGE}, ("xml:lang",)),
    "mark": Tag({"name": _SOME}, ("name",)),
    "p": Tag({"xml:lang": _LANGUAGE}),
    "phoneme": Tag({"alphabet": _SOME, "ph": _SOME, "type": _SOME}, ("ph",)),
    "prosody": Tag(
        {
            "volume": r"default|silent|x-soft|soft|medium|loud|x-loud|[+-]?\d+(\.\d+)?dB",
            "rate": rf"default|x-slow|slow|medium|fast|x-fast|{_PERCENT}",
            "pitch": rf"default|x-low|low|medium|high|x-high|{_PERCENT}",
            "amazon:max-duration": _SECONDS,
        }
    ),
    "s": Tag({"xml:lang": _LANGUAGE}),
    "say-as": Tag({"interpret-as": _SAY_AS, "format": _SOME}, ("interpret-as",)),
    "sub": Tag({"alias": _ANY}, ("alias",)),
    "w": Tag({"role": r"amazon:\w+"}, ("role",)),
    "amazon:auto-breaths": Tag(
        {
            "volume": _BREATH,
            "frequency": "default|x-low|low|medium|high|x-high",
            "duration": "default|x-short|short|medium|long|x-long",
        }
    ),
    "amazon:breath": Tag({"volume": _BREATH, "duration": "default|x-short|short|medium|long|x-long"}),
    "amazon:domain": Tag({"name": "news|conversational"}, ("name",)),
    "amazon:effect": Tag({"name": "drc|whispered", "phonation": "soft", "vocal-tract-length": _PERCENT}),
}

#: Tags and attributes that an engine refuses. The guide promises no error for what generative voices
#: cannot do.
_STANDARD_ONLY = frozenset(
    {
        ("emphasis",),
        ("prosody", "pitch"),
        ("prosody", "amazon:max-duration"),
        ("amazon:auto-breaths",),
        ("amazon:breath",),
        ("amazon:effect", "phonation"),
        ("amazon:effect", "vocal-tract-length"),
        ("amazon:effect", "name", "whispered"),
    }
)
REFUSED: Mapping[str, frozenset[tuple[str, ...]]] = {
    "standard": frozenset({("amazon:domain",)}),
    "neural": _STANDARD_ONLY,
    "long-form": _STANDARD_ONLY | {("amazon:domain",)},
    "generative": frozenset(),
}
#: The voices that read the news: https://docs.aws.amazon.com/polly/latest/dg/newscaster-tag.html
NEWSCASTERS = frozenset({"Amy", "Joanna", "Lupe", "Matthew"})

#: A pause between these is a sentence's end.
_PARTS = frozenset({"p", "s"})


def parse(text: str, engine: str, voice: str) -> Spoken:
    """Return what is spoken of an SSML document.

    Raises `ServiceError` for what is no SSML, and for what the voice cannot do.
    """
    reader = _Reader(text)
    no_newscaster = engine == "neural" and voice not in NEWSCASTERS
    if reader.used & REFUSED[engine] or (no_newscaster and ("amazon:domain",) in reader.used):
        raise invalid("This voice does not support one of the used SSML features")
    return reader.spoken


class _Reader:
    """Reads a document; the parser tells at which byte each thing stands."""

    def __init__(self, text: str) -> None:
        self.spoken = Spoken(text.encode())
        self.used: set[tuple[str, ...]] = set()
        self._open: Passage | None = None
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        # These too end a run of text, as a tag does.
        parser.CommentHandler = parser.ProcessingInstructionHandler = self._other
        parser.StartCdataSectionHandler = parser.EndCdataSectionHandler = self._other
        try:
            parser.Parse(self.spoken.source, True)
        except expat.ExpatError:
            raise no(NOT_SSML) from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._interrupt()
        is_root = not self.used
        if (name == "speak") != is_root or not _allowed(name, attributes):
            raise no(NOT_SSML)
        self.used |= {(name,)} | {(name, key) for key in attributes}
        self.used |= {(name, key, value) for key, value in attributes.items()}
        self.spoken.cut(sentence=name in _PARTS)
        if name == "mark":
            self.spoken.mark(attributes["name"], at, self._end_of_tag(at))
        elif name == "break":
            self.spoken.pause(at, self._end_of_tag(at))

    def _end(self, name: str) -> None:
        self._interrupt()
        self.spoken.cut(sentence=name in _PARTS)

    def _characters(self, text: str) -> None:
        at = self._interrupt()
        self._open = self.spoken.say(text, at)

    def _other(self, *_: object) -> None:
        self._interrupt()

    def _doctype(self, *_: object) -> None:
        raise no(NOT_SSML)

    def _interrupt(self) -> int:
        """Return where the parser stands; the text before ends there, however long it was written."""
        at = self._parser.CurrentByteIndex
        if self._open is not None:
            self._open.ends = at
            self._open = None
        return at

    def _end_of_tag(self, start: int) -> int:
        """Return where a tag ends: a `>` in quotes is not its end."""
        found = _TAG.match(self.spoken.source, start)
        return found.end() if found else start


_TAG = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")


def _allowed(name: str, attributes: Mapping[str, str]) -> bool:
    tag = TAGS.get(name)
    return (
        tag is not None
        and all(key in attributes for key in tag.required)
        and all(_takes(tag, key, value) for key, value in attributes.items())
    )


def _takes(tag: Tag, key: str, value: str) -> bool:
    if key.startswith("xmlns:"):
        return True
    return key in tag.attributes and re.fullmatch(tag.attributes[key], value, re.DOTALL) is not None
