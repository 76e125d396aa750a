"""botocore signs, the gate verifies: over anything a client may send, the two agree.

``POLLY_EXAMPLES=10000`` tries more than the few examples of an ordinary run.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from pytest_polly import mint
from pytest_polly.gate import (
    Arrival,
    Credentials,
    Door,
    IssuedKey,
    Policies,
    Principal,
    Request,
    Response,
    authenticate,
    authorize,
    errors,
    statement,
)
from pytest_polly.services.protocols import refused

from .signing import add_auth, as_sent, aws_request, signer

Headers = tuple[tuple[str, str], ...]

EXAMPLES = settings(
    max_examples=int(os.environ.get("POLLY_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)

AT = datetime(2026, 5, 17, 12, tzinfo=timezone.utc)
ISSUED = Credentials(
    mint.access_key_id(mint.TEMPORARY),
    mint.secret_access_key(),
    mint.session_token(),
    AT + timedelta(hours=1),
)
SPEAKER = Principal(
    "arn:aws:iam::123456789012:user/narrator",
    mint.unique_id(mint.USER),
    "123456789012",
    Policies([statement("Allow", "polly:*")]),
)
KEYS = {ISSUED.access_key_id: IssuedKey(ISSUED, SPEAKER, AT)}
DOOR = Door("polly", "eu-central-1", "rest_json", timedelta(minutes=5))


@dataclass(frozen=True)
class Unsigned:
    """What a client is about to send."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Headers
    body: bytes

    def aws_request(self) -> Any:
        query = "&".join(
            f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in self.query
        )
        url = f"https://polly.eu-central-1.amazonaws.com{self.path}{'?' if query else ''}{query}"
        return aws_request(self.method, url, self.headers, self.body)

    def canonical(self) -> str:
        """Return what botocore signs of it, by botocore's own account."""
        auth = signer(replace(ISSUED, session_token=None), DOOR.service, DOOR.region)
        canonical: str = auth.canonical_request(self.aws_request())
        return canonical


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
#: A segment is sent encoded, and so can be anything; the characters left as they are differ by client.
_segment = st.one_of(
    st.sampled_from([".", "..", "", "v1", "speech", "%2F", "%e1%88%b4", "~", "*", "+", ";=@:&$,!'()"]),
    _text.map(lambda text: quote(text, safe="")),
    _text.map(lambda text: quote(text, safe="-_.~!$&'()*+,;=:@")),
)
_path = st.lists(_segment, max_size=5).map(lambda segments: "/" + "/".join(segments))
#: Neither what a signer adds by itself nor what it leaves out.
_header_name = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,8}", fullmatch=True).map(lambda name: f"X-T-{name}")
_header_value = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x17F, exclude_characters="\x7f"), max_size=20
)
_pairs = st.lists(st.tuples(_text, _text), max_size=4).map(tuple)
_headers = st.lists(st.tuples(_header_name, _header_value), max_size=4).map(tuple)

requests = st.builds(
    Unsigned,
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"]),
    _path,
    _pairs,
    _headers,
    st.binary(max_size=40),
)


def sign(unsigned: Unsigned, *, presigned: bool = False) -> Request:
    if presigned:
        unsigned = replace(unsigned, body=b"")
    request = unsigned.aws_request()
    auth = signer(ISSUED, DOOR.service, DOOR.region, presigned_for=60 if presigned else None)
    add_auth(auth, request, AT)
    return as_sent(request)


def verify(request: Request) -> errors.Fault | None:
    refusal = authenticate(Arrival(request, DOOR, KEYS, AT))
    return refusal.fault if refusal else None


@EXAMPLES
@given(requests, st.booleans())
def test_what_botocore_signs_is_accepted(unsigned: Unsigned, presigned: bool) -> None:
    assert verify(sign(unsigned, presigned=presigned)) is None


@EXAMPLES
@given(requests, requests, st.data())
def test_another_request_under_the_same_signature(
    one: Unsigned, other: Unsigned, data: st.DataObject
) -> None:
    """It is accepted exactly if both are the same to a signer."""
    changed = data.draw(_varied(one, other), label="changed")
    genuine, forged = sign(one), as_sent(changed.aws_request())
    mine = {"host", *(name.lower() for name, _ in one.headers)}
    signature = tuple(pair for pair in genuine.headers if pair[0].lower() not in mine)
    same = changed.canonical() == one.canonical()
    event("the same" if same else "another")
    verdict = verify(replace(forged, headers=forged.headers + signature))
    assert verdict is (None if same else errors.WRONG_SIGNATURE)


def _varied(one: Unsigned, other: Unsigned) -> st.SearchStrategy[Unsigned]:
    """Change one part of a request, to something else or to the same in other words."""
    again = st.sampled_from([" ", "   "]).map(lambda space: _folded(one.headers, space))
    dots = st.sampled_from(["/.", "//", "/x/..", "/./"])
    new_values = st.tuples(*(_header_value for _ in one.headers))
    return st.one_of(
        st.just(replace(one, method=other.method)),
        st.just(replace(one, path=other.path)),
        dots.map(lambda dot: replace(one, path=dot + one.path)),
        st.just(replace(one, query=other.query)),
        st.permutations(one.query).map(lambda query: replace(one, query=tuple(query))),
        new_values.map(lambda values: replace(one, headers=_with_values(one.headers, values))),
        again.map(lambda headers: replace(one, headers=headers)),
        st.permutations(one.headers).map(lambda headers: replace(one, headers=tuple(headers))),
        st.just(replace(one, body=other.body)),
    )


def _with_values(headers: Headers, values: tuple[str, ...]) -> Headers:
    return tuple((name, value) for (name, _), value in zip(headers, values, strict=True))


def _folded(headers: Headers, space: str) -> Headers:
    return tuple((name, space + value.replace(" ", space)) for name, value in headers)


@EXAMPLES
@given(requests, st.booleans(), st.data())
def test_an_altered_signature_is_refused(unsigned: Unsigned, presigned: bool, data: st.DataObject) -> None:
    """One hexadecimal digit of it is enough."""
    arrival = Arrival(sign(unsigned, presigned=presigned), DOOR, KEYS, AT)
    signature = arrival.parts["Signature"]
    position = data.draw(st.integers(0, len(signature) - 1))
    digit = data.draw(st.sampled_from("0123456789abcdef").filter(lambda one: one != signature[position]))
    altered = signature[:position] + digit + signature[position + 1 :]
    assert verify(_substituted(arrival.request, signature, altered)) is errors.WRONG_SIGNATURE


SCOPE_FAULTS = {
    "date": errors.BAD_SCOPE,
    "region": errors.BAD_SCOPE,
    "service": errors.BAD_SCOPE,
    "terminator": errors.BAD_SCOPE,
    "key": errors.UNKNOWN_KEY,
    "element": errors.BAD_CREDENTIAL,
}


@EXAMPLES
@given(
    requests,
    st.booleans(),
    st.sampled_from(sorted(SCOPE_FAULTS)),
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", min_size=1, max_size=12),
)
def test_an_altered_scope_is_refused(unsigned: Unsigned, presigned: bool, what: str, value: str) -> None:
    arrival = Arrival(sign(unsigned, presigned=presigned), DOOR, KEYS, AT)
    elements = dict(zip(("key", "date", "region", "service", "terminator"), arrival.credential, strict=True))
    assume(elements.get(what) != value)
    before = "/".join(elements.values())
    after = "/".join({**elements, what: value}.values())
    encoded = [quote(text, safe="") if presigned else text for text in (before, after)]
    assert verify(_substituted(arrival.request, *encoded)) is SCOPE_FAULTS[what]


@EXAMPLES
@given(requests, st.data())
def test_what_no_signature_covers_may_change(unsigned: Unsigned, data: st.DataObject) -> None:
    """Headers that were not signed, spaces, the case of names, the order of headers: proxies do that."""
    request = sign(unsigned)
    named = {name.lower() for name, _ in request.headers}
    headers = [
        (data.draw(st.sampled_from([name, name.lower(), name.upper()])), _spaced(value, data))
        for name, value in request.headers
    ]
    added = data.draw(st.lists(st.tuples(_header_name, _header_value), max_size=3))
    headers += [(name, value) for name, value in added if name.lower() not in named]
    # Those of one name keep their order among themselves: it is part of what is signed.
    order = {name: data.draw(st.integers(0, 5)) for name in sorted({name.lower() for name, _ in headers})}
    headers.sort(key=lambda pair: order[pair[0].lower()])
    assert verify(replace(request, headers=tuple(headers))) is None


def _spaced(value: str, data: st.DataObject) -> str:
    if value.startswith("AWS4-"):
        return f"  {value} "
    spaces = st.sampled_from([" ", "  ", "    "])
    around = st.sampled_from(["", " ", "   "])
    words = value.split(" ")
    folded = "".join(word + data.draw(spaces) for word in words[:-1]) + words[-1]
    return data.draw(around) + folded + data.draw(around)


def _substituted(request: Request, before: str, after: str) -> Request:
    """Return the request with *after* for *before*, wherever the signature is."""
    changed = replace(
        request,
        query=request.query.replace(before, after),
        headers=tuple((name, value.replace(before, after)) for name, value in request.headers),
    )
    assert changed != request
    return changed


# Whatever is sent -----------------------------------------------------------------------------

_anything = st.text(st.characters(codec=None), max_size=40)
_pieces = st.sampled_from(
    [
        "AWS4-HMAC-SHA256",
        "AWS4-",
        f"Credential={ISSUED.access_key_id}/20260517/eu-central-1/polly/aws4_request",
        "Credential=/////",
        "SignedHeaders=host;x-amz-date",
        "SignedHeaders=",
        f"Signature={'0' * 64}",
        "Signature=\udcff",
        "=",
        ",",
    ]
)
_authorization = st.one_of(_anything, st.lists(st.one_of(_pieces, _anything), max_size=6).map(" ".join))
_date = st.one_of(_anything, st.from_regex(r"\d{8}T\d{6}Z", fullmatch=True), st.datetimes().map(str))
_signature_query = st.dictionaries(
    st.sampled_from(["Algorithm", "Credential", "Signature", "SignedHeaders", "Date", "Expires"]),
    st.one_of(_anything, _pieces.map(lambda piece: piece.partition("=")[2]), st.just("20260517T120000Z")),
)


def _quoted(text: str) -> str:
    return quote(text, errors="surrogateescape") if text.isascii() else quote(text, errors="replace")


@EXAMPLES
@given(
    st.dictionaries(st.sampled_from(["Authorization", "X-Amz-Date", "Date", "Host"]), _authorization | _date),
    _signature_query,
    st.sampled_from(["rest_json", "query"]),
)
def test_whatever_is_sent_gets_an_answer(
    headers: dict[str, str], query: dict[str, str], dialect: errors.Dialect
) -> None:
    """Nothing that comes over the wire makes the gate fail."""
    request = Request(
        "POST",
        "polly.eu-central-1.amazonaws.com",
        "/v1/speech",
        "&".join(f"X-Amz-{name}={_quoted(value)}" for name, value in query.items()),
        tuple(headers.items()),
    )
    arrival = Arrival(request, replace(DOOR, dialect=dialect), KEYS, AT)
    refusal = authenticate(arrival)
    assert refusal is not None, "nobody guesses a signature"
    response = refused(refusal, dialect, request)
    assert isinstance(response, Response)
    assert response.status in (400, 403)
    assert arrival.readable in (True, False)
    if arrival.readable:
        assert not arrival.proof.made_with(ISSUED.secret_access_key or "")


@EXAMPLES
@given(_anything, _anything)
def test_any_action_gets_a_verdict(action: str, resource: str) -> None:
    key = KEYS[ISSUED.access_key_id]
    assert authorize(key, f"polly:{action}", resource) is None
    denial = authorize(key, f"sts:{action}", resource)
    assert denial is not None
    assert denial.fault is errors.NOT_ALLOWED
