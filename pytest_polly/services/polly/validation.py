"""What a request may hold: read off the wire, and checked against Polly's own description of itself.

The constraints are those of botocore's service model (``polly/2016-06-10/service-2.json``), the sentences
those of AWS's common validator. Where AWS's order is unknown, ours is: form, constraints, meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...gate import Request
from ..protocols import read_json
from .errors import invalid, unreadable
from .sounds import FORMATS
from .voices import ENGINES, LANGUAGE_CODES, VOICES

#: A sentence about a value that breaks a rule, ``None`` for one that keeps it.
Rule = Callable[[Any], "str | None"]


def one_of(*values: str) -> Rule:
    allowed = frozenset(values)
    sentence = f"Member must satisfy enum value set: [{', '.join(values)}]"
    return lambda value: None if value in allowed else sentence


def matches(pattern: str) -> Rule:
    compiled = re.compile(pattern, re.ASCII)
    sentence = f"Member must satisfy regular expression pattern: {pattern}"
    return lambda value: None if compiled.fullmatch(value) else sentence


def at_most(length: int) -> Rule:
    sentence = f"Member must have length less than or equal to {length}"
    return lambda value: None if len(value) <= length else sentence


def at_least(length: int) -> Rule:
    sentence = f"Member must have length greater than or equal to {length}"
    return lambda value: None if len(value) >= length else sentence


def from_to(low: int, high: int) -> Rule:
    def rule(value: int) -> str | None:
        if value < low:
            return f"Member must have value greater than or equal to {low}"
        return f"Member must have value less than or equal to {high}" if value > high else None

    return rule


def each(rule: Rule) -> Rule:
    """Apply *rule* to every member of a list."""

    def check(values: list[Any]) -> str | None:
        broken = next((sentence for sentence in map(rule, values) if sentence), None)
        return f"Member must satisfy constraint: [{broken}]" if broken else None

    return check


@dataclass(frozen=True)
class Member:
    """One member of an operation's input: its form, the rules it keeps, where it is found."""

    name: str
    rules: tuple[Rule, ...] = ()
    form: type = str
    required: bool = False
    #: What the query calls it, if not by its name.
    query: str | None = None

    @property
    def label(self) -> str:
        """The name as AWS's validator writes it."""
        return self.name[0].lower() + self.name[1:]


_ENGINE = Member("Engine", (one_of(*ENGINES),))
_LANGUAGE = Member("LanguageCode", (one_of(*LANGUAGE_CODES),))
_TOKEN = Member("NextToken", (at_most(4096),))
_LEXICON = Member("Name", (matches("[0-9A-Za-z]{1,20}"),), required=True)
_RESOURCE = Member("ResourceArn", (at_least(1), at_most(1011)), required=True)
_TAGS = Member("Tags", (at_least(1), at_most(200)), form=dict)

_SPEECH = (
    _ENGINE,
    _LANGUAGE,
    Member("LexiconNames", (at_most(5), each(matches("[0-9A-Za-z]{1,20}"))), form=list),
    Member("OutputFormat", (one_of("json", *FORMATS),), required=True),
    Member("SampleRate"),
    Member("SpeechMarkTypes", (at_most(4), each(one_of("sentence", "ssml", "viseme", "word"))), form=list),
    Member("Text", required=True),
    Member("TextType", (one_of("ssml", "text"),)),
    Member("VoiceId", (one_of(*VOICES),), required=True),
)

MEMBERS: dict[str, tuple[Member, ...]] = {
    "SynthesizeSpeech": _SPEECH,
    "StartSpeechSynthesisTask": (
        *_SPEECH,
        Member("OutputS3BucketName", (matches(r"^[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9]$"),), required=True),
        Member(
            "OutputS3KeyPrefix",
            (matches(r"^[0-9a-zA-Z\/\!\-_\.\*\'\(\):;\$@=+\,\?&]{0,800}$"),),
        ),
        Member(
            "SnsTopicArn",
            (
                matches(
                    r"^arn:aws(-(cn|iso(-b)?|us-gov|eusc))?:sns:[a-z0-9_-]{1,50}:\d{12}:"
                    r"[a-zA-Z0-9_-]{1,251}([a-zA-Z0-9_-]{0,5}|\.fifo)$"
                ),
            ),
        ),
    ),
    "GetSpeechSynthesisTask": (Member("TaskId", (matches("^[a-zA-Z0-9_-]{1,100}$"),), required=True),),
    "ListSpeechSynthesisTasks": (
        Member("MaxResults", (from_to(1, 100),), form=int),
        _TOKEN,
        Member("Status", (one_of("scheduled", "inProgress", "completed", "failed"),)),
    ),
    "DescribeVoices": (
        _ENGINE,
        _LANGUAGE,
        Member("IncludeAdditionalLanguageCodes", form=bool),
        _TOKEN,
    ),
    "PutLexicon": (_LEXICON, Member("Content", required=True), _TAGS),
    "GetLexicon": (_LEXICON,),
    "DeleteLexicon": (_LEXICON,),
    "ListLexicons": (_TOKEN,),
    "ListTagsForResource": (Member("ResourceArn", _RESOURCE.rules, required=True, query="arn"),),
    "TagResource": (_RESOURCE, Member("Tags", _TAGS.rules, form=dict, required=True)),
    "UntagResource": (_RESOURCE, Member("TagKeys", (at_least(1), at_most(200)), form=list, required=True)),
}


def read(operation: str, request: Request, in_path: Mapping[str, str]) -> dict[str, Any]:
    """Return what *request* asks of *operation*: known members only, each of the right form.

    Raises `ServiceError` the way AWS refuses: SerializationException for what cannot be read,
    ValidationException for what breaks a rule, all broken rules in one sentence.
    """
    members = MEMBERS[operation]
    if request.method in ("GET", "DELETE"):
        asked = _from_query(members, request)
    else:
        asked = _from_body(members, request.body)
    asked.update(in_path)
    _check(members, asked)
    return asked


def _check(members: tuple[Member, ...], asked: Mapping[str, Any]) -> None:
    broken = []
    for member in members:
        value = asked.get(member.name)
        if value is None:
            if member.required:
                broken.append(_sentence("null", member, "Member must not be null"))
            continue
        for rule in member.rules:
            constraint = rule(value)
            if constraint:
                broken.append(_sentence(_quoted(value), member, constraint))
    if broken:
        errors = "error" if len(broken) == 1 else "errors"
        raise invalid(f"{len(broken)} validation {errors} detected: {'; '.join(broken)}")


def _sentence(value: str, member: Member, constraint: str) -> str:
    return f"Value {value} at '{member.label}' failed to satisfy constraint: {constraint}"


def _quoted(value: Any) -> str:
    if isinstance(value, list):
        return f"'[{', '.join(value)}]'"
    if isinstance(value, dict):
        return f"'{{{', '.join(f'{key}={text}' for key, text in value.items())}}}'"
    return f"'{value}'"


def _from_query(members: tuple[Member, ...], request: Request) -> dict[str, Any]:
    given: dict[str, list[str]] = {}
    for name, value in request.query_pairs():
        given.setdefault(name, []).append(_encodable(value))
    return {
        member.name: _FROM_TEXT[member.form](given[name])
        for member in members
        if (name := member.query or member.name) in given
    }


def _from_body(members: tuple[Member, ...], body: bytes) -> dict[str, Any]:
    try:
        # A body that is empty is an input without members.
        given = read_json(body or b"{}")
    except ValueError:
        raise unreadable() from None
    if not isinstance(given, dict):
        raise unreadable(_misplaced(given))
    return {
        member.name: _FROM_JSON[member.form](given[member.name])
        for member in members
        if given.get(member.name) is not None
    }


def _encodable(text: str) -> str:
    """Replace what no UTF-8 can carry: lone surrogates, from an escape or from bytes that were no text."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _misplaced(value: object) -> str:
    if isinstance(value, dict):
        return "Start of structure or map found where not expected."
    if isinstance(value, list):
        return "Start of list found where not expected"
    return "Unexpected value type in payload"


def _text(value: object) -> str:
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, (dict, list)):
        raise unreadable(_misplaced(value))
    name = {bool: str(value).upper(), type(None): "NULL"}.get(type(value), "NUMBER")
    raise unreadable(f"{name}_VALUE can not be converted to a String")


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise unreadable(_misplaced(value))
    return [_text(one) for one in value]


def _map(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise unreadable(_misplaced(value))
    return {_text(key): _text(one) for key, one in value.items()}


def _integer(values: list[str]) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", values[0]):
        raise unreadable(f"Can not convert '{values[0]}' to an Integer")
    return int(values[0])


_FROM_TEXT: dict[type, Callable[[list[str]], Any]] = {
    str: lambda values: values[0],
    list: lambda values: values,
    int: _integer,
    bool: lambda values: values[0].lower() == "true",
}

_FROM_JSON: dict[type, Callable[[Any], Any]] = {str: _text, list: _texts, dict: _map}
