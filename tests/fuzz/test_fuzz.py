"""Whatever arrives is answered, in form; and nothing is let in that is not as it was signed.

``python -m tests.fuzz --requests 1000000`` tries more than the few of an ordinary run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pytest_polly.gate import Arrival, Refusal, Request, Response, checks

from . import corpus
from .mangling import SNAGS, mangled_bytes
from .samples import Sample, World, essence, sign, world
from .trial import trial


@pytest.fixture(scope="module")
def there() -> Iterator[World]:
    with world() as made:
        yield made


def found(there: World, seed: int, requests: int) -> set[str]:
    random = Random(seed)
    return {wrong for _ in range(requests) for wrong in trial(there, there.sample(random))[1]}


@pytest.mark.parametrize("seed", range(4))
def test_requests_that_nobody_means_to_send(there: World, seed: int) -> None:
    assert found(there, seed, 500) == set()


@pytest.mark.parametrize("path", corpus.paths(), ids=lambda path: path.stem)
def test_what_was_answered_wrongly_once(there: World, path: Path) -> None:
    request = corpus.read(path)
    bare = tuple((name, value) for name, value in request.headers if name not in _SIGNING)
    for signer in there.signers[:12:6]:
        signed = sign(replace(request, headers=bare), signer)
        for sample in (_as_it_is(request), Sample(signed, signed, True, False, True)):
            _, wrong = trial(there, sample)
            assert wrong == []


_SIGNING = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token")


def _as_it_is(request: Request) -> Sample:
    """A request that was signed long ago, by somebody whom nobody knows any more."""
    return Sample(request, request, False, False, True)


@pytest.mark.parametrize("place", ["method", "path", "query", "name", "value", "authorization", "body"])
def test_every_snag_in_every_place(there: World, place: str) -> None:
    for asked in (there.signed[0], there.signed[-1]):
        for snag in SNAGS:
            spoilt = _with_snag(asked, place, snag)
            signed = sign(spoilt, there.signers[0])
            changed = _with_snag(sign(asked, there.signers[0]), place, snag)
            for sample in (
                Sample(signed, signed, True, False, True),
                Sample(changed, signed, True, False, True),
            ):
                _, wrong = trial(there, replace(sample, left=sample.request))
                assert wrong == [], (place, snag)


def _with_snag(request: Request, place: str, snag: str) -> Request:
    headers = request.headers
    changes: dict[str, Any] = {
        "method": {"method": snag},
        "path": {"path": f"{request.path}{snag}"},
        "query": {"query": f"{request.query}&a{snag}={snag}b&{snag}"},
        "name": {"headers": (*headers, (f"X-{snag}", "a"))},
        "value": {"headers": (*headers, ("X-Amz-Meta", snag), ("Accept", f"application/json{snag}"))},
        "authorization": {
            "headers": tuple((k, f"{v}{snag}" if k == "Authorization" else v) for k, v in headers)
        },
        "body": {"body": request.body + snag.encode("utf-8", "surrogatepass")},
    }
    return replace(request, **changes[place])


#: What each answers to a body of another shape, by the code in it.
TOKEN_SERVICES = {
    "oidc.us-east-1.amazonaws.com/token": (
        ("clientId", "clientSecret", "grantType", "refreshToken"),
        "InvalidRequestException",
    ),
    "us-east-1.signin.aws.amazon.com/v1/token": (
        ("grantType", "clientId", "refreshToken"),
        "ValidationException",
    ),
}


@pytest.mark.parametrize("where", TOKEN_SERVICES)
@pytest.mark.parametrize("value", ["[]", "{}", "null", "5", "[" * 3000, '{"a":' * 3000, "9" * 5000])
def test_tokens_are_asked_for_in_texts(there: World, where: str, value: str) -> None:
    names, code = TOKEN_SERVICES[where]
    host, _, path = where.partition("/")
    members = ("".join(f'"{name}":{value if name == odd else "2"},' for name in names) for odd in names)
    for body in (value, *(f"{{{text.rstrip(',')}}}" for text in members)):
        request = Request("POST", host, f"/{path}", body=body.encode())
        short, wrong = trial(there, Sample(request, request, False, False, False))
        assert (short, wrong) == (f"400 {code}", []), body[:80]


@pytest.mark.parametrize("spoilt", ["\udcff", "\u212a", "\0"])
def test_a_web_identity_signed_with_anything(there: World, spoilt: str) -> None:
    asked = next(one for one in there.unsigned if one.path == "/v1/credentials")
    headers = tuple((k, v + spoilt if k == "Authorization" else v) for k, v in asked.headers)
    short, wrong = trial(there, Sample(replace(asked, headers=headers), asked, False, False, False))
    assert (short, wrong) == ("400 InvalidTokenException", [])


# The fuzzer itself ----------------------------------------------------------------------------

#: Checks without which somebody is let in, or something falls over; for the others another one objects.
ALONE = (
    checks.parts_complete,
    checks.dated,
    checks.recent,
    checks.algorithm_known,
    checks.credential_readable,
    checks.scope_fits,
    checks.key_known,
    checks.key_active,
    checks.token_own,
    checks.token_current,
    checks.role_exists,
    checks.signature_matches,
    checks.token_expected,
)


def test_it_lets_through_what_is_in_order(there: World) -> None:
    """Else nothing would be let in, and nobody could be let in wrongly."""
    random = Random(1)
    answers = [trial(there, there.sample(random))[0] for _ in range(500)]
    assert answers.count("200") > 50
    assert len(set(answers)) > 15


@pytest.mark.parametrize("check", ALONE, ids=lambda check: check.__name__)
def test_it_notices_a_check_that_is_missing(
    there: World, check: checks.Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tuple(one for one in checks.CHECKS if one is not check)
    monkeypatch.setattr(checks, "CHECKS", kept)
    assert any(found(there, seed, 250) for seed in range(20))


def test_it_notices_a_gate_that_falls_over(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def falls(arrival: Arrival) -> Refusal | None:
        raise KeyError(arrival.request.path)

    monkeypatch.setattr(checks, "CHECKS", (falls,))
    assert found(there, 1, 20) == {"raised KeyError in authenticate()"}


@pytest.mark.parametrize(
    ("response", "complaint"),
    [
        (Response(200, {"Content-Type": "application/json"}, b"{"), "the body is no application/json"),
        (Response(400, {"Content-Type": "text/xml"}, b"<a>\0</a>", "X"), "the body is no text/xml"),
        (Response(302, {"Location": "https://x\r\nY: z"}), "the header location cannot be sent"),
        (Response(200, {"Content-Length": "5"}, b"four"), "Content-Length is not the body's"),
        (Response(99), "status 99"),
    ],
)
def test_it_notices_an_answer_that_is_none(
    there: World, response: Response, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(there, "answer", lambda request: response)
    request = there.signed[0]
    assert complaint in trial(there, Sample(request, request, True, False, True))[1]


def test_credentials_given_away_are_noticed(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = next(one for one in there.unsigned if one.path.startswith("/federation"))
    without = replace(asked, headers=())
    assert trial(there, Sample(without, asked, False, False, False)) == ("401 UnauthorizedException", [])
    answered = there.answer(asked)
    monkeypatch.setattr(there, "answer", lambda request: answered)
    [wrong] = trial(there, Sample(without, asked, False, False, False))[1]
    assert wrong == "credentials were given to somebody without the token for them"


def test_what_means_the_same_has_the_same_essence() -> None:
    headers = (
        ("Host", "polly"),
        ("X-A", "a  b"),
        ("Authorization", "AWS4 SignedHeaders=host;x-a, Signature=x"),
    )
    request = Request("GET", "polly", "/a/./b//c/../", "b=2&a=%7e", headers)
    same = Request("get", "polly", "/a/b/", "a=~&b=2&X-Amz-Signature=x", (*headers[::-1], ("X-B", "c")))
    assert essence(request) == essence(same)
    for other in (
        replace(request, path="/a/b"),
        replace(request, query="b=2&a=%7E&c"),
        replace(request, body=b"x"),
        replace(request, headers=(("X-A", "ab"), *headers[::2])),
    ):
        assert essence(request) != essence(other)


def test_bytes_that_are_spoilt_may_be_no_text() -> None:
    spoilt = {mangled_bytes(b'{"Text":"Hello"}', Random(seed)) for seed in range(300)}
    assert len(spoilt) > 200
    assert any(not _is_text(data) for data in spoilt)


def _is_text(data: bytes) -> bool:
    try:
        return bool(data.decode("utf-8")) or True
    except UnicodeDecodeError:
        return False
