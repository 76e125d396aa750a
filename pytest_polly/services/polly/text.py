"""A text as it is spoken: its characters, and where in the bytes of the request each of them stands."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

#: What ends a sentence: a full stop before a space, or one of the scripts that need no space.
_SENTENCE_END = re.compile(r"[.!?…।]+[\"'”’)\]»]*(?=\s|$)|[。！？]+[」』”’）]*")  # noqa: RUF001
#: What no word goes on over.
_CHUNK = re.compile(r"[^\s、。，！？；：…—–।「」『』（）《》]+")  # noqa: RUF001


@dataclass
class Passage:
    """Some characters of what is spoken, and the bytes of the request that they stand for."""

    first: int
    text: str
    starts: int
    ends: int


@dataclass(frozen=True)
class Mark:
    """An SSML mark, said when the character *position* is."""

    position: int
    name: str
    start: int
    end: int


@dataclass
class Spoken:
    """What is spoken of a request's text, for sound as for speech marks.

    All positions count characters of `text`; all starts and ends count bytes of `source`.
    """

    source: bytes
    passages: list[Passage] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    pauses: list[Mark] = field(default_factory=list)
    characters: int = 0
    _cuts: list[int] = field(default_factory=list)
    _stops: list[int] = field(default_factory=list)

    @classmethod
    def plain(cls, text: str) -> Spoken:
        """Return a text without markup: every byte of it is spoken."""
        spoken = cls(text.encode())
        spoken.say(text, 0).ends = len(spoken.source)
        return spoken

    # Filling ----------------------------------------------------------------------------------

    def say(self, text: str, start: int) -> Passage:
        """Append characters that stand at the byte *start*."""
        passage = Passage(self.characters, text, start, start + len(text.encode()))
        self.passages.append(passage)
        self.characters += len(text)
        return passage

    def cut(self, *, sentence: bool) -> None:
        """End the word that is being said, and the *sentence* too if so."""
        self._cuts.append(self.characters)
        if sentence:
            self._stops.append(self.characters)

    def mark(self, name: str, start: int, end: int) -> None:
        self.marks.append(Mark(self.characters, name, start, end))

    def pause(self, start: int, end: int) -> None:
        self.pauses.append(Mark(self.characters, self.source[start:end].decode(), start, end))

    # Reading ----------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        return "".join(passage.text for passage in self.passages)

    def sentences(self) -> Iterator[tuple[int, int]]:
        """Return from where to where each sentence goes, in characters."""
        text = self.text
        for low, high in _between(self._stops, len(text)):
            start = low
            for end in (*(found.end() for found in _SENTENCE_END.finditer(text, low, high)), high):
                sentence = _stripped(text, start, end)
                start = end
                if any(char.isalnum() for char in text[slice(*sentence)]):
                    yield sentence

    def words(self) -> Iterator[tuple[int, int]]:
        """Return from where to where each word goes, in characters."""
        text = self.text
        for low, high in _between(self._cuts, len(text)):
            for found in _CHUNK.finditer(text, low, high):
                start, end = found.span()
                while start < end and not _in_a_word(text[start]):
                    start += 1
                while start < end and not _in_a_word(text[end - 1]):
                    end -= 1
                # A mark that combines with nothing is no word.
                if any(char.isalnum() for char in text[start:end]):
                    yield start, end

    def bytes_of(self, start: int, end: int) -> tuple[int, int]:
        """Return from which byte to which the characters from *start* to *end* stand in the request."""
        first, last = self._passage(start), self._passage(end - 1)
        offset = first.starts + len(first.text[: start - first.first].encode())
        if end == last.first + len(last.text):
            return offset, last.ends
        return offset, last.starts + len(last.text[: end - last.first].encode())

    def _passage(self, position: int) -> Passage:
        return self.passages[bisect_right(self.passages, position, key=lambda passage: passage.first) - 1]


def _between(borders: list[int], end: int) -> Iterator[tuple[int, int]]:
    low = 0
    for high in (*borders, end):
        if high > low:
            yield low, high
            low = high


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    said = text[start:end]
    return start + len(said) - len(said.lstrip()), end - len(said) + len(said.rstrip())


def _in_a_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char)[0] == "M"
