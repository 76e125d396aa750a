"""Hypothesis strategies for credentials, cases and texts: properties that hold of *every* legal value.

A client that survives one key may still fail with the next: a secret with a slash or a plus in it, a
session token of three thousand characters, a text that needs escaping. Let hypothesis find the one::

    @given(credentials("session-token"))
    def test_any_session_is_signed_correctly(drawn):
        with Account() as account:
            given = account.issue("session-token", drawn)
            Narrator(**given.as_client_kwargs()).say("Hello")

Every key id ends in ``EXAMPLE``, and every secret and token has it inside, as in AWS's own documentation:
a value that hypothesis prints, or that ends up in a regression test, is not taken for a leaked key.

Needs hypothesis: ``pip install "pytest-polly[property]"``.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Collection, Mapping, Sequence
from hashlib import shake_128
from xml.sax.saxutils import escape, quoteattr

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:
    if error.name != "hypothesis":
        raise
    raise ImportError(
        'pytest_polly.strategies needs hypothesis: pip install "pytest-polly[property]"'
    ) from error

from .cases import Case, check_mode, check_source
from .errors import CaseError
from .gate import Credentials
from .mint import LONG_TERM, TEMPORARY
from .modes import MODES
from .sources import SOURCES

__all__ = [
    "access_key_ids",
    "cases",
    "credentials",
    "malformed_authorization",
    "secret_access_keys",
    "session_tokens",
    "ssml",
    "texts",
]

Text = st.SearchStrategy[str]

#: What secret scanners know AWS's documentation by.
_EXAMPLE = "EXAMPLE"

# Credentials ----------------------------------------------------------------------------------

_KEY_LETTERS = string.ascii_uppercase + "234567"
_SECRET_LETTERS = string.digits + string.ascii_letters + "/+"
#: Of a secret's 40 characters those that are drawn, around what makes an example of it.
_LETTERS_DRAWN, _MIDDLE = 40 - len(_EXAMPLE), 16
#: Where clients trip over a slash or a plus: anywhere, but at either end in particular.
_PLACES = (_MIDDLE, 0, _LETTERS_DRAWN - 1, *range(1, _LETTERS_DRAWN - 1))
#: Base64 of what tokens begin with: ``!\n\torigin_ec`` (version 2, of a regional endpoint of STS), and
#: ``\x17\n\x06er/aws`` (version 1, of the global one).
_TOKEN_HEADS = ("IQoJb3JpZ2luX2Vj", "FwoGZXIvYXdz")
#: Tokens go on with a negative number in protobuf's notation: a run of slashes that has to survive too.
_TOKEN_NECK = "EPT//////////wEa"
#: Bytes behind that; AWS promises no length, and speaks of less than 4096 characters as typical.
_TOKEN_BYTES = (123, 2700)


def access_key_ids(prefix: str | None = None) -> Text:
    """Access key ids of 20 characters: ``AKIA`` of an IAM user, ``ASIA`` of a session; *prefix* picks one.

    The other prefixes that AWS has for keys, ``ABIA`` (a service's bearer token) and ``ACCA`` (a
    credential of one service only), sign no requests.
    """
    if prefix not in (None, LONG_TERM, TEMPORARY):
        raise ValueError(f"{prefix!r} is no prefix of a key that signs; {LONG_TERM} and {TEMPORARY} are")
    prefixes = st.sampled_from((LONG_TERM, TEMPORARY)) if prefix is None else st.just(prefix)
    letters = st.text(_KEY_LETTERS, min_size=9, max_size=9)
    return st.tuples(prefixes, letters, st.just(_EXAMPLE)).map("".join)


def secret_access_keys() -> Text:
    """Secret access keys of 40 characters; slashes and pluses are legal anywhere in them, and not rare."""
    letters = st.text(_SECRET_LETTERS, min_size=_LETTERS_DRAWN, max_size=_LETTERS_DRAWN)
    feared = st.dictionaries(st.sampled_from(_PLACES), st.sampled_from("/+"), max_size=3)
    return st.tuples(letters, feared).map(_secret)


def _secret(drawn: tuple[str, Mapping[int, str]]) -> str:
    letters = list(drawn[0])
    for place, letter in drawn[1].items():
        letters[place] = letter
    return "".join([*letters[:_MIDDLE], _EXAMPLE, *letters[_MIDDLE:]])


def session_tokens() -> Text:
    """Session tokens, of either version, of two hundred to more than three thousand characters of base64."""
    length = st.integers(*_TOKEN_BYTES)
    return st.tuples(st.sampled_from(_TOKEN_HEADS), length, st.binary(max_size=16)).map(_token)


def _token(drawn: tuple[str, int, bytes]) -> str:
    """Stretch a few drawn bytes: drawing all of them would be slow, and no bug hides in which they are."""
    head, length, seed = drawn
    begin = base64.b64decode(f"{head}{_TOKEN_NECK}{_EXAMPLE}/")
    rest = shake_128(seed).digest(length) if seed else bytes(length)
    return base64.b64encode(begin + rest).decode()


def credentials(mode: str | None = None) -> st.SearchStrategy[Credentials]:
    """Credentials as AWS issues them for *mode*; none named: for ``long-term`` or ``session-token``.

    No account knows them yet. ``account.issue(mode, drawn)`` issues them and returns what a client is
    given in that mode; ``account.rotate(drawn)`` puts them at the source of the case in force.
    Raises `CaseError` for a mode that does not exist, or that has no credentials.
    """
    if mode is None:
        return st.one_of(credentials("long-term"), credentials("session-token"))
    kind = check_mode(mode).kind
    if kind == "nothing":
        raise CaseError(f"mode {mode!r} has no credentials")
    if kind == "user":
        return _credentials(access_key_ids(LONG_TERM), secret_access_keys(), st.none())
    return _credentials(access_key_ids(TEMPORARY), secret_access_keys(), session_tokens())


# Drawn, not mapped: of what is mapped hypothesis prints the parts, secret and token among them.
@st.composite
def _credentials(
    draw: st.DrawFn, key_ids: Text, secrets: Text, tokens: st.SearchStrategy[str | None]
) -> Credentials:
    return Credentials(draw(key_ids), draw(secrets), draw(tokens))


# Cases ----------------------------------------------------------------------------------------


def cases(*modes: str, sources: Sequence[str] | None = None) -> st.SearchStrategy[Case]:
    """Cases for ``account.apply_case``: of all there are, or of the *modes* and *sources* named.

    Sources that what is installed cannot use are left out, unless they are named.
    Raises `CaseError` for names that do not exist, or if no mode named goes with a source named.
    """
    for mode in modes:
        check_mode(mode)
    if isinstance(sources, str):
        raise CaseError(f"`sources` is a list; for one source write sources=[{sources!r}]")
    usable = [name for name, source in SOURCES.items() if source.unavailable() is None]
    named = [check_source(source) for source in sources or usable]
    found = [Case(mode, one.name) for mode in modes or MODES for one in named if mode in one.modes]
    if not found:
        raise CaseError("none of the modes named can be delivered through any of the sources named")
    return st.sampled_from(found)


# Texts ----------------------------------------------------------------------------------------

#: Billed characters of a request: https://docs.aws.amazon.com/polly/latest/dg/limits.html
_LONGEST_TEXT = 3000

#: What an XML document may hold: https://www.w3.org/TR/xml/#charsets
_CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n"
)
_LETTERS = st.characters(codec="utf-8", categories=["Ll", "Lu", "Lo", "Nd"])


def texts(max_size: int = _LONGEST_TEXT) -> Text:
    """Texts for Polly to speak: up to *max_size* characters of any script, a letter or digit among them."""
    if not 1 <= max_size <= _LONGEST_TEXT:
        raise ValueError(f"max_size must be from 1 to {_LONGEST_TEXT}, not {max_size}")
    before = st.text(_CHARACTERS, max_size=(max_size - 1) // 2)
    behind = st.text(_CHARACTERS, max_size=max_size // 2)
    return st.tuples(before, _LETTERS, behind).map("".join)


# SSML -----------------------------------------------------------------------------------------

_LANGUAGES = ("en-US", "fr-FR", "de-DE", "cmn-CN")
_BREATHS = ("default", "silent", "x-soft", "soft", "medium", "loud", "x-loud")

#: Attributes with the values they take, by tag; each occurrence has one of them.
#: https://docs.aws.amazon.com/polly/latest/dg/supportedtags.html
_Tags = Mapping[str, Mapping[str, Sequence[str]]]

_EMPTY: _Tags = {
    "break": {
        "strength": ("none", "x-weak", "weak", "medium", "strong", "x-strong"),
        "time": ("500ms", "1s", "2.5s", "10s"),
    },
    "mark": {"name": ("here", "a mark", "&", "märk")},
}
_WRAPPING: _Tags = {
    "lang": {"xml:lang": _LANGUAGES},
    "prosody": {
        "volume": (*_BREATHS, "+6dB", "-4.5dB"),
        "rate": ("medium", "x-slow", "slow", "fast", "x-fast", "85%", "200%"),
    },
    "amazon:effect": {"name": ("drc",)},
}
#: What the standard engine alone can do.
_STANDARD_EMPTY: _Tags = {"amazon:breath": {"volume": _BREATHS}}
_STANDARD_WRAPPING: _Tags = {
    "emphasis": {"level": ("moderate", "strong", "reduced", "none")},
    "prosody": {"pitch": ("default", "x-low", "low", "medium", "high", "x-high", "+10%", "-12.5%")},
    "amazon:effect": {
        "name": ("whispered",),
        "phonation": ("soft",),
        "vocal-tract-length": ("+15%", "-10%", "100%"),
    },
}
_STANDARD_OUTERMOST: _Tags = {
    "prosody": {"amazon:max-duration": ("2s", "1500ms")},
    "amazon:auto-breaths": {"volume": _BREATHS, "frequency": ("medium", "x-low", "x-high")},
}
#: Tags whose content goes with their attributes.
_WORDS = (
    '<phoneme alphabet="ipa" ph="pɪˈkɑːn">pecan</phoneme>',  # noqa: RUF001
    '<phoneme alphabet="x-sampa" ph="pI\'kA:n">pecan</phoneme>',
    '<sub alias="mercury">Hg</sub>',
    '<sub alias="salt &amp; &quot;pepper&quot;">S&amp;P</sub>',
    '<w role="amazon:VB">read</w>',
    '<w role="amazon:SENSE_1">bass</w>',
    '<say-as interpret-as="characters">AWS</say-as>',
    '<say-as interpret-as="cardinal">1234</say-as>',
    '<say-as interpret-as="ordinal">3</say-as>',
    '<say-as interpret-as="fraction">2/9</say-as>',
    '<say-as interpret-as="date" format="mdy">12/31/1999</say-as>',
    '<say-as interpret-as="telephone">2065550100</say-as>',
)

_ENGINES = ("standard", "neural", "long-form", "generative")


def ssml(engine: str = "standard") -> Text:
    """SSML documents that any voice of *engine* can speak: well-formed, of nothing but Polly's tags."""
    if engine not in _ENGINES:
        raise ValueError(f"{engine!r} is no engine; the engines are {', '.join(_ENGINES)}")
    standard = engine == "standard"
    said = texts(max_size=30).map(escape)
    empty = _openings(_EMPTY, _STANDARD_EMPTY if standard else {}).map(lambda tag: f"<{tag}/>")
    wrapping = _openings(_WRAPPING, _STANDARD_WRAPPING if standard else {})
    leaf = st.one_of(said, st.sampled_from(_WORDS), empty)
    inline = st.recursive(leaf, lambda inner: _around(wrapping, inner), max_leaves=5)
    sentence = _around(st.just("s"), inline)
    paragraph = _around(st.sampled_from(("p", 'p xml:lang="fr-FR"')), st.one_of(inline, sentence))
    blocks = [inline, sentence, paragraph]
    if standard:
        blocks.append(_around(_openings(_STANDARD_OUTERMOST), said))
    rest = st.lists(st.one_of(blocks), max_size=4).map("".join)
    return st.tuples(said, rest).map(lambda parts: f"<speak>{''.join(parts)}</speak>")


def _openings(*tables: _Tags) -> Text:
    """Draw a tag with one attribute, as it stands between the angle brackets."""
    return st.sampled_from(
        [
            f"{tag} {attribute}={quoteattr(value)}"
            for table in tables
            for tag, attributes in table.items()
            for attribute, values in attributes.items()
            for value in values
        ]
    )


def _around(openings: Text, content: Text) -> Text:
    """Draw a tag around one to three pieces of content."""
    pieces = st.lists(content, min_size=1, max_size=3).map("".join)
    return st.tuples(openings, pieces).map(lambda drawn: f"<{drawn[0]}>{drawn[1]}</{drawn[0].split()[0]}>")


# Authorization headers --------------------------------------------------------------------------

_ALGORITHM = "AWS4-HMAC-SHA256"
_WRONG_ALGORITHMS = (
    "",
    "AWS4",
    "AWS4-",
    "AWS4-HMAC-SHA512",
    "AWS4-ECDSA-P256-SHA256",
    "aws4-hmac-sha256",
    "AWS",
    "Basic",
    "Bearer",
)
#: What HTTP lets a header hold, and what of it can be a word.
_ANYTHING = st.text(st.characters(max_codepoint=0xFF, exclude_categories=["Cc"], include_characters="\t"))
_WORD = st.text(
    st.characters(max_codepoint=0xFF, exclude_categories=["Cc", "Zs"], exclude_characters="=,/"),
    min_size=1,
    max_size=12,
)

#: The three parts of a header, of which each is named.
_Pieces = tuple[str, ...]


def malformed_authorization() -> Text:
    """``Authorization`` headers that AWS refuses for their form alone, whoever they claim to be from."""
    whole = _pieces(access_key_ids().map(lambda key_id: f"{key_id}/20300101/us-east-1/polly/aws4_request"))
    wrong_elements = st.lists(_WORD, min_size=1, max_size=8).filter(lambda elements: len(elements) != 5)
    indexes = st.sets(st.integers(0, 2), min_size=1)
    return st.one_of(
        _header(st.sampled_from(_WRONG_ALGORITHMS), whole),
        _header(st.just(_ALGORITHM), st.builds(_without, whole, indexes)),
        _header(st.just(_ALGORITHM), st.builds(_emptied, whole, indexes)),
        _header(st.just(_ALGORITHM), st.builds(_interrupted, whole, st.integers(0, 3), _WORD)),
        _header(st.just(_ALGORITHM), _pieces(wrong_elements.map("/".join))),
        _ANYTHING,
    )


def _pieces(credential: Text) -> st.SearchStrategy[_Pieces]:
    return st.tuples(
        credential.map("Credential={}".format),
        st.just("SignedHeaders=host;x-amz-date"),
        st.text("0123456789abcdef", min_size=64, max_size=64).map("Signature={}".format),
    )


def _header(algorithm: Text, pieces: st.SearchStrategy[_Pieces]) -> Text:
    separator = st.sampled_from((", ", ",", " ", " , "))
    return st.tuples(algorithm, separator, pieces).map(lambda drawn: f"{drawn[0]} {drawn[1].join(drawn[2])}")


def _without(pieces: _Pieces, indexes: Collection[int]) -> _Pieces:
    return tuple(piece for index, piece in enumerate(pieces) if index not in indexes)


def _emptied(pieces: _Pieces, indexes: Collection[int]) -> _Pieces:
    """Leave of some parts only the name."""
    names = (piece.partition("=")[0] for piece in pieces)
    pairs = zip(pieces, names, strict=True)
    return tuple(f"{name}=" if index in indexes else piece for index, (piece, name) in enumerate(pairs))


def _interrupted(pieces: _Pieces, index: int, word: str) -> _Pieces:
    """Put a word without an equal sign between the parts."""
    return (*pieces[:index], word, *pieces[index:])
