"""Our own equivalents of the vectors in AWS's Signature Version 4 test suite, by the suite's names.

botocore signs, the gate verifies. So that both cannot err together, some results that AWS has published
are written out.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-test-suite.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import pytest

from pytest_polly.gate import Arrival, Credentials, Door, IssuedKey, Principal, Request, authenticate
from pytest_polly.gate.errors import WRONG_SIGNATURE

from .signing import Headers, signed

AT = datetime(2015, 8, 30, 12, 36, tzinfo=timezone.utc)
TOKEN = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfI="
KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SESSION = replace(KEY, session_token=TOKEN)
DOOR = Door("service", "us-east-1", "rest_json", timedelta(minutes=5))
FORM = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Vector:
    name: str
    method: str = "GET"
    path: str = "/"
    headers: Headers = ()
    body: bytes = b""
    credentials: Credentials = KEY
    #: Added behind the signer's back.
    unsigned: tuple[tuple[str, str], ...] = ()
    #: What AWS has published, where we know it by heart.
    signature: str | None = None


_UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

VECTORS = (
    Vector(
        "get-vanilla",
        signature="5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    ),
    Vector("get-vanilla-with-session-token", credentials=SESSION),
    Vector("get-vanilla-empty-query-key", path="/?Param1=value1"),
    Vector("get-vanilla-query", path="/?Param1=value1&Param2=value2"),
    Vector("get-vanilla-query-order-encoded", path="/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1"),
    Vector(
        "get-vanilla-query-order-key-case",
        path="/?Param2=value2&Param1=value1",
        signature="b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    Vector("get-vanilla-query-order-key", path="/?Param1=value2&Param1=Value1&aram=1"),
    Vector("get-vanilla-query-order-value", path="/?Param1=value2&Param1=value1"),
    Vector("get-vanilla-query-unreserved", path=f"/?{_UNRESERVED}={_UNRESERVED}"),
    Vector("get-vanilla-utf8-query", path="/?%E1%88%B4=bar"),
    Vector("get-unreserved", path=f"/{_UNRESERVED}"),
    Vector(
        "get-utf8",
        path="/ሴ",
        signature="8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85",
    ),
    Vector(
        "get-header-key-duplicate",
        headers=(("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")),
    ),
    Vector("get-header-value-multiline", headers=(("My-Header1", "value1\n  value2\n     value3"),)),
    Vector(
        "get-header-value-order",
        headers=tuple(("My-Header1", f"value{n}") for n in (4, 1, 3, 2)),
    ),
    Vector(
        "get-header-value-trim",
        headers=(("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')),
    ),
    Vector("normalize-path/get-relative-relative", path="/example1/example2/../.."),
    Vector("normalize-path/get-relative", path="/example/.."),
    Vector("normalize-path/get-slash-dot-slash", path="/./"),
    Vector("normalize-path/get-slash-pointless-dot", path="/./example"),
    Vector("normalize-path/get-slash", path="//"),
    Vector("normalize-path/get-slashes", path="//example//"),
    Vector("normalize-path/get-space", path="/example%20space/"),
    Vector("normalize-path/get-special-character", path="/example/;=@:&+$,!*'()"),
    Vector("post-header-key-case", "POST"),
    Vector("post-header-key-sort", "POST", headers=(("My-Header1", "value1"),)),
    Vector("post-header-value-case", "POST", headers=(("My-Header1", "VALUE1"),)),
    Vector("post-sts-token/post-sts-header-before", "POST", credentials=SESSION),
    Vector(
        "post-sts-token/post-sts-header-after",
        "POST",
        unsigned=(("X-Amz-Security-Token", TOKEN),),
        signature="5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    Vector(
        "post-vanilla",
        "POST",
        signature="5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
    ),
    Vector("post-vanilla-query", "POST", path="/?Param1=value1"),
    Vector("post-vanilla-empty-query-value", "POST", path="/?Param1="),
    Vector(
        "post-x-www-form-urlencoded",
        "POST",
        headers=(FORM,),
        body=b"Param1=value1",
        signature="ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    Vector(
        "post-x-www-form-urlencoded-parameters",
        "POST",
        headers=(("Content-Type", f"{FORM[1]}; charset=utf-8"),),
        body=b"Param1=value1",
    ),
)


def arrival(request: Request, credentials: Credentials) -> Arrival:
    principal = Principal("arn:aws:iam::123456789012:user/example", "AIDAEXAMPLE", "123456789012")
    keys = {credentials.access_key_id: IssuedKey(credentials, principal, AT)}
    return Arrival(request, DOOR, keys, AT)


def sent(vector: Vector) -> Request:
    request = signed(
        vector.method,
        f"https://example.amazonaws.com{vector.path}",
        vector.credentials,
        AT,
        headers=vector.headers,
        body=vector.body,
        service="service",
    )
    return replace(request, headers=request.headers + vector.unsigned)


def known_as(vector: Vector) -> Credentials:
    return SESSION if vector.unsigned else vector.credentials


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_what_botocore_signs_is_accepted(vector: Vector) -> None:
    assert authenticate(arrival(sent(vector), known_as(vector))) is None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
@pytest.mark.parametrize(
    "altered",
    [
        pytest.param(lambda request: replace(request, method="PUT"), id="method"),
        pytest.param(lambda request: replace(request, path=request.path + "x"), id="path"),
        pytest.param(lambda request: replace(request, query=request.query + "&x=y"), id="query"),
        pytest.param(lambda request: replace(request, body=request.body + b"x"), id="body"),
    ],
)
def test_what_was_altered_after_signing_is_refused(
    vector: Vector, altered: Callable[[Request], Request]
) -> None:
    refusal = authenticate(arrival(altered(sent(vector)), known_as(vector)))
    assert refusal is not None
    assert refusal.fault is WRONG_SIGNATURE


PUBLISHED = [vector for vector in VECTORS if vector.signature]


@pytest.mark.parametrize("vector", PUBLISHED, ids=lambda vector: vector.name)
def test_signature_is_the_published_one(vector: Vector) -> None:
    written = arrival(sent(vector), known_as(vector))
    assert written.parts["Signature"] == vector.signature
    assert written.proof.made_with(KEY.secret_access_key or "")


def test_example_of_the_user_guide() -> None:
    """The guide's own request to IAM, header by header, signed by nobody here.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """
    request = Request(
        "GET",
        "iam.amazonaws.com",
        "/",
        "Action=ListUsers&Version=2010-05-08",
        (
            ("Host", "iam.amazonaws.com"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("X-Amz-Date", "20150830T123600Z"),
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                "SignedHeaders=content-type;host;x-amz-date, "
                "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
            ),
        ),
    )
    written = replace(arrival(request, KEY), door=replace(DOOR, service="iam"))
    assert authenticate(written) is None
    refusal = authenticate(replace(written, request=replace(request, query="Action=ListRoles")))
    assert refusal is not None
    assert refusal.fault is WRONG_SIGNATURE


def test_all_of_the_suite_is_here() -> None:
    assert len({vector.name for vector in VECTORS}) == 34
    assert len(PUBLISHED) >= 3
