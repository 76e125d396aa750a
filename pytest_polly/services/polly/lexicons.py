"""Pronunciation lexicons: kept by moto, judged and dated by us.

moto stores them and knows their ARN, size, alphabet and language. It counts one lexeme in each, dates them in
the machine's own time zone, and takes any XML for a lexicon.

https://docs.aws.amazon.com/polly/latest/dg/managing-lexicons.html
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from ..protocols import no
from . import errors
from .voices import LANGUAGE_CODES

if TYPE_CHECKING:
    from moto.polly.models import PollyBackend

#: Quotas: https://docs.aws.amazon.com/polly/latest/dg/limits.html
MOST_LEXICONS = 100
LONGEST_LEXICON = 40_000
LONGEST_REPLACEMENT = 100
MOST_TAGS = 50

ALPHABETS = (
    "ipa",
    "x-sampa",
    "x-amazon-pinyin",
    "x-amazon-jyutping",
    "x-amazon-pron-kana",
    "x-amazon-yomigana",
)
#: A lexicon may be for a language in all its countries.
_LANGUAGES = frozenset(LANGUAGE_CODES) | {code.partition("-")[0] for code in LANGUAGE_CODES}

#: https://www.w3.org/TR/pronunciation-lexicon/
_PLS = "{http://www.w3.org/2005/01/pronunciation-lexicon}"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass
class _Kept:
    """What we know of a lexicon beside moto."""

    modified: float
    lexemes: int
    tags: dict[str, str] = field(default_factory=dict)


class Lexicons:
    """The lexicons of one account in one region."""

    def __init__(self, region: str, account_id: str) -> None:
        self._region, self._account_id = region, account_id
        self._kept: dict[str, _Kept] = {}
        self._backend: PollyBackend | None = None

    def has(self, name: str) -> bool:
        return name in self._kept

    @property
    def _moto(self) -> PollyBackend:
        """An instance of our own, which no ``mock_aws`` resets."""
        if self._backend is None:
            from moto.polly.models import PollyBackend

            self._backend = PollyBackend(self._region, self._account_id)
        return self._backend

    def put(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name, content = asked["Name"], asked["Content"]
        if not self.has(name) and len(self._kept) >= MOST_LEXICONS:
            raise no(errors.TOO_MANY_LEXICONS)
        if self.has(name) and "Tags" in asked:
            raise errors.invalid("Tags can be specified only when a lexicon is created")
        tags = self._kept[name].tags if self.has(name) else _checked_tags(asked.get("Tags", {}))
        lexemes = _count_lexemes(content)
        self._moto.put_lexicon(name, content)
        self._kept[name] = _Kept(time.time(), lexemes, tags)
        return {}

    def get(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = self._existing(asked["Name"])
        known = self._moto.get_lexicon(name)
        attributes = self._corrected(name, known.to_dict()["Attributes"])
        return {"Lexicon": {"Content": known.content, "Name": name}, "LexiconAttributes": attributes}

    def delete(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        name = self._existing(asked["Name"])
        self._moto.delete_lexicon(name)
        del self._kept[name]
        return {}

    def described(self) -> list[dict[str, Any]]:
        """Return every lexicon as ListLexicons lists it."""
        return [
            {"Attributes": self._corrected(known["Name"], known["Attributes"]), "Name": known["Name"]}
            for known in self._moto.list_lexicons()
        ]

    def _corrected(self, name: str, known: dict[str, Any]) -> dict[str, Any]:
        kept = self._kept[name]
        return {**known, "LastModified": kept.modified, "LexemesCount": kept.lexemes}

    def _existing(self, name: str) -> str:
        if not self.has(name):
            raise no(errors.NO_LEXICON)
        return name

    # Tags -------------------------------------------------------------------------------------

    def list_tags(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        return {"Tags": self._of(asked["ResourceArn"]).tags}

    def tag(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        kept = self._of(asked["ResourceArn"])
        kept.tags = _checked_tags({**kept.tags, **asked["Tags"]})
        return {}

    def untag(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        kept, gone = self._of(asked["ResourceArn"]), asked["TagKeys"]
        kept.tags = {key: value for key, value in kept.tags.items() if key not in gone}
        return {}

    def _of(self, arn: str) -> _Kept:
        """Return what we know of the lexicon with that ARN."""
        ours = rf"arn:aws(?:-[a-z-]+)?:polly:{self._region}:{self._account_id}:lexicon/([0-9A-Za-z]{{1,20}})"
        found = re.fullmatch(ours, arn)
        if found is None:
            raise no(errors.BAD_TAG)
        if not self.has(found[1]):
            raise no(errors.NO_RESOURCE)
        return self._kept[found[1]]


def _checked_tags(tags: dict[str, str]) -> dict[str, str]:
    if not all(1 <= len(key) <= 128 and len(value) <= 256 for key, value in tags.items()):
        raise no(errors.BAD_TAG)
    if len(tags) > MOST_TAGS:
        raise no(errors.TOO_MANY_TAGS)
    return tags


def _count_lexemes(content: str) -> int:
    """Judge a lexicon; return how many lexemes are in it."""
    if len(content) > LONGEST_LEXICON:
        raise no(errors.LEXICON_TOO_LARGE)
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        raise no(errors.BAD_LEXICON) from None
    lexemes = root.findall(f"{_PLS}lexeme")
    complete = {"alphabet", _LANGUAGE} <= set(root.keys()) and len(lexemes) == len(root)
    if root.tag != f"{_PLS}lexicon" or not complete:
        raise no(errors.BAD_LEXICON)
    if root.get("alphabet") not in ALPHABETS:
        raise no(errors.BAD_ALPHABET)
    if root.get(_LANGUAGE) not in _LANGUAGES:
        raise no(errors.BAD_LANGUAGE)
    for lexeme in lexemes:
        replacements = [*lexeme.iterfind(f"{_PLS}phoneme"), *lexeme.iterfind(f"{_PLS}alias")]
        if lexeme.find(f"{_PLS}grapheme") is None or not replacements:
            raise no(errors.BAD_LEXICON)
        if any(len(one.text or "") > LONGEST_REPLACEMENT for one in replacements):
            raise no(errors.LEXEME_TOO_LONG)
    return len(lexemes)
