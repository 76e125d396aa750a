"""What becomes of text and bytes on a bad way: cut off, said twice, blown up, or no longer text."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

#: Bytes that are no UTF-8 are in a ``str`` as lone surrogates, as they are in a request.
_ANY_BYTES = "surrogateescape"

#: What parsers stumble over.
SNAGS = (
    *("", " ", "\t", "\0", "\r\n", "\n ", "\x7f", "\x85", "\xa0", "\u2028", "\ufeff", "\u0130", "\u212a"),
    *("\u0660", "\U0001f600", "e\u0301", "\udc80", "\udcff\udcfe", "\udced\udca0\udc80", "\ud800", "\udfff"),
    *("=", "==", ",", ", ", ";", ":", "/", "//", "/////", "..", "/../", "%", "%%", "%2", "%2f", "%00", "%zz"),
    *("%ff%fe", "%u1234", "%ed%a0%80", "%c0%af", "&", "&&", "?", "#", "+", "*", "[", "]", "{", "}", "{}"),
    *("{0}", "{piece}", "%s", "<", ">", "&amp;", "&#0;", "]]>", "<!--", '"', "'", "\\", "\\u0000", "\\ud800"),
    *(
        "0",
        "-1",
        "00",
        "1e999",
        "NaN",
        "Infinity",
        "-0",
        "9" * 30,
        "9" * 5000,
        "null",
        "true",
        "[]",
        "[" * 3000,
    ),
    *(
        '{"a":' * 3000,
        "host",
        "Host",
        "x-amz-date",
        "x-amz-security-token",
        "X-Amz-Signature",
        "X-Amz-Algorithm",
    ),
    *("Credential", "Credential=", "Signature=", "SignedHeaders=", "SignedHeaders=host", "AWS4-HMAC-SHA256"),
    *("AWS4-", "AWS4-HMAC-SHA512", "aws4_request", "AKIA", "ASIA", "polly", "sts", "us-east-1", "Bearer "),
    *("20260517T233000Z", "00000000T000000Z", "99991231T235959Z", "20260230T250000Z", "Thu, 01 Jan 1970"),
    *("Sun, 17 May 2026 23:30:00 -9999", "31 Dec 9999 23:59:59 -2359", "1 Jan 0001 00:00:00 +2359"),
    *("Action", "Version", "2011-06-15", "AssumeRole", "AssumeRoleWithWebIdentity", "Text", "VoiceId"),
    *("<speak>", "</speak>", '<break time="99999999s"/>', "<!DOCTYPE x>", "&x;", "<" * 500, "arn:aws:iam::"),
)
#: How much longer than anything meant a text may become.
_OVERSIZE = (300, 5_000, 70_000)


def mangled(text: str, random: Random) -> str:
    """Return *text* spoilt in one way."""
    return random.choice(_WAYS)(text, random)


def mangled_bytes(data: bytes, random: Random) -> bytes:
    """Return *data* spoilt in one way; what comes out is often no text any more."""
    return mangled(data.decode("utf-8", _ANY_BYTES), random).encode("utf-8", "surrogatepass")


def _place(text: str, random: Random) -> int:
    return random.randint(0, len(text))


def _stretch(text: str, random: Random) -> tuple[int, int]:
    low, high = sorted((_place(text, random), _place(text, random)))
    return low, min(high, low + random.choice((1, 3, 10, 1000)))


def _cut_off(text: str, random: Random) -> str:
    return text[: _place(text, random)]


def _without_beginning(text: str, random: Random) -> str:
    return text[_place(text, random) :]


def _without_some(text: str, random: Random) -> str:
    low, high = _stretch(text, random)
    return text[:low] + text[high:]


def _with_some_twice(text: str, random: Random) -> str:
    low, high = _stretch(text, random)
    return text[:high] + text[low:]


def _with_a_snag(text: str, random: Random) -> str:
    at = _place(text, random)
    return text[:at] + random.choice(SNAGS) + text[at:]


def _with_a_snag_instead(text: str, random: Random) -> str:
    low, high = _stretch(text, random)
    return text[:low] + random.choice(SNAGS) + text[high:]


def _a_snag(text: str, random: Random) -> str:
    return random.choice(SNAGS)


def _with_another_character(text: str, random: Random) -> str:
    at = _place(text, random)
    return text[:at] + _character(random) + text[at + 1 :]


def _with_a_bit_flipped(text: str, random: Random) -> str:
    if not text:
        return text
    at = random.randrange(len(text))
    return text[:at] + chr(ord(text[at]) ^ 1 << random.randrange(7)) + text[at + 1 :]


def _in_another_case(text: str, random: Random) -> str:
    return random.choice((text.upper(), text.lower(), text.title(), text.swapcase()))


def _spaced(text: str, random: Random) -> str:
    space = random.choice((" ", "\t", "  ", "\x0b", "\u2003"))
    return random.choice((space + text, text + space, text.replace(" ", space), text.replace(",", space)))


def _blown_up(text: str, random: Random) -> str:
    size = random.choice(_OVERSIZE)
    piece = random.choice((text, random.choice(SNAGS), _character(random))) or "a"
    at = _place(text, random)
    return text[:at] + (piece * (size // len(piece) + 1))[:size] + text[at:]


def _many_times(text: str, random: Random) -> str:
    return random.choice(("&", ",", ";", "", "/", " ")).join([text[:2000]] * random.choice((2, 3, 50)))


def _character(random: Random) -> str:
    byte = random.randrange(256)
    return (
        bytes([byte]).decode("utf-8", _ANY_BYTES) if random.random() < 0.8 else chr(random.randrange(0x3000))
    )


_WAYS: tuple[Callable[[str, Random], str], ...] = (
    _cut_off,
    _without_beginning,
    _without_some,
    _with_some_twice,
    _with_a_snag,
    _with_a_snag_instead,
    _a_snag,
    _with_another_character,
    _with_a_bit_flipped,
    _in_another_case,
    _spaced,
    _many_times,
    # Now and then: it costs as much as a hundred others.
    lambda text, random: (_blown_up if random.random() < 0.02 else _with_a_snag)(text, random),
)
