"""What SynthesizeSpeech and StartSpeechSynthesisTask have in common: from parameters to sound or marks.

https://docs.aws.amazon.com/polly/latest/dg/API_SynthesizeSpeech.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..protocols import no
from . import errors, ssml
from .marks import speech_marks
from .sounds import FORMATS, sound
from .text import Spoken
from .voices import VOICES, Voice

#: Tells whether there is a lexicon of that name.
HasLexicon = Callable[[str], bool]

MARKS_CONTENT_TYPE = "application/x-json-stream"

#: Marks that an engine does not give.
_MARKS_REFUSED = {"generative": ("viseme",)}


@dataclass(frozen=True)
class Limits:
    """How long a text may be, with its markup and without, and which musical sample rates there are."""

    characters: int
    billed: int
    highest_rate: int


SYNTHESIZE_SPEECH = Limits(6_000, 3_000, 48_000)
TASK = Limits(200_000, 100_000, 24_000)


@dataclass(frozen=True)
class Speech:
    """What is to be said, and how."""

    output_format: str
    engine: str
    sample_rate: int
    mark_types: tuple[str, ...]
    spoken: Spoken

    @property
    def content_type(self) -> str:
        return MARKS_CONTENT_TYPE if self.mark_types else FORMATS[self.output_format].content_type

    @property
    def characters(self) -> int:
        """How many characters are billed: markup is not."""
        return self.spoken.characters

    def render(self) -> bytes:
        if self.mark_types:
            return speech_marks(self.spoken, self.mark_types)
        return sound(self.output_format, self.sample_rate, self.characters)


def prepare(asked: Mapping[str, Any], limits: Limits, has_lexicon: HasLexicon) -> Speech:
    """Return the speech that is *asked* for, in parameters that keep the rules each for itself.

    Raises `ServiceError` where they do not go together.
    """
    text, output_format = asked["Text"], asked["OutputFormat"]
    in_ssml = asked.get("TextType") == "ssml"
    mark_types = tuple(asked.get("SpeechMarkTypes", ()))
    engine = asked.get("Engine", "standard")
    voice = VOICES[asked["VoiceId"]]
    if len(text) > limits.characters:
        raise no(errors.TEXT_TOO_LONG)
    _check_marks(output_format, mark_types, in_ssml, engine)
    rate = _sample_rate(output_format, engine, asked.get("SampleRate"), limits.highest_rate)
    _check_voice(voice, engine, asked.get("LanguageCode"))
    _check_lexicons(asked.get("LexiconNames", ()), has_lexicon)
    spoken = ssml.parse(text, engine, voice.id) if in_ssml else Spoken.plain(text)
    if spoken.characters > limits.billed:
        raise no(errors.TEXT_TOO_LONG)
    return Speech(output_format, engine, rate, mark_types, spoken)


def _check_marks(output_format: str, types: tuple[str, ...], in_ssml: bool, engine: str) -> None:
    if output_format == "json" and not types:
        raise errors.invalid("Speech mark types are required for the output format json")
    if not types:
        return
    if output_format != "json":
        raise no(errors.MARKS_NOT_SUPPORTED)
    if "ssml" in types and not in_ssml:
        raise no(errors.SSML_MARKS_NOT_SUPPORTED)
    for kind in _MARKS_REFUSED.get(engine, ()):
        if kind in types:
            raise errors.invalid(
                f"The selected speech mark type - {kind} - is not supported for this engine: {engine}"
            )


def _sample_rate(output_format: str, engine: str, asked: str | None, highest: int) -> int:
    # Marks have no rate of their own, but go with a sound that has.
    form = FORMATS.get(output_format, FORMATS["mp3"])
    if asked is None:
        return form.default_rate or (22050 if engine == "standard" else 24000)
    rates = {str(rate): rate for rate in form.rates if rate <= highest or rate == form.default_rate}
    if asked not in rates:
        raise no(errors.BAD_SAMPLE_RATE)
    return rates[asked]


def _check_voice(voice: Voice, engine: str, language: str | None) -> None:
    if engine not in voice.engines:
        raise errors.invalid(f"This voice does not support the selected engine: {engine}")
    if language is not None and not voice.speaks(language):
        raise no(errors.LANGUAGE_NOT_SUPPORTED)


def _check_lexicons(names: Iterable[str], has_lexicon: HasLexicon) -> None:
    if not all(map(has_lexicon, names)):
        raise no(errors.NO_LEXICON)
