"""How the gate reads a request before it judges it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest

from pytest_polly.gate import Arrival, Credentials, Door, IssuedKey, Principal, Request, authenticate, errors

from .signing import signed

AT = datetime(2026, 5, 17, 23, 30, tzinfo=timezone.utc)
KEY = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
USER = Principal("arn:aws:iam::123456789012:user/narrator", "AIDAEXAMPLE", "123456789012")
DOOR = Door("polly", "us-east-1", "rest_json", timedelta(minutes=5))
URL = "https://polly.us-east-1.amazonaws.com/v1/voices"


def arrival(request: Request, now: datetime = AT) -> Arrival:
    return Arrival(request, DOOR, {KEY.access_key_id: IssuedKey(KEY, USER, AT)}, now)


def fault_of(request: Request, now: datetime = AT) -> errors.Fault | None:
    refusal = authenticate(arrival(request, now))
    return refusal.fault if refusal else None


def with_headers(request: Request, **changed: str | None) -> Request:
    """Replace headers (``_`` stands for ``-``), or leave them out."""
    new = {name.replace("_", "-").lower(): value for name, value in changed.items()}
    kept = tuple((name, value) for name, value in request.headers if name.lower() not in new)
    return replace(request, headers=kept + tuple((n, v) for n, v in new.items() if v is not None))


@pytest.fixture(params=["UTC", "Pacific/Auckland", "America/St_Johns"])
def time_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


def test_date_header_is_utc_wherever_the_machine_is(time_zone: str) -> None:
    """botocore keeps a Date header that is there, and writes it with ``-0000`` for its zone."""
    request = signed("GET", URL, KEY, AT, headers=[("Date", "whenever")])
    assert request.header("x-amz-date") is None
    assert (request.header("date") or "").endswith("-0000")
    assert arrival(request).signed_at == AT
    assert fault_of(request) is None
    assert fault_of(request, AT + timedelta(minutes=6)) is errors.SIGNATURE_EXPIRED


@pytest.mark.parametrize(
    "date", ["Sun, 17 May 2026 23:30:00 GMT", "Mon, 18 May 2026 01:30:00 +0200", "17 May 2026 23:30:00"]
)
def test_date_header_may_name_any_zone(date: str) -> None:
    request = with_headers(signed("GET", URL, KEY, AT), X_Amz_Date=None, Date=date)
    assert arrival(request).timestamp == "20260517T233000Z"


def test_x_amz_date_comes_before_date() -> None:
    request = with_headers(signed("GET", URL, KEY, AT), Date="Sun, 17 May 2015 23:30:00 GMT")
    assert fault_of(request) is None


@pytest.mark.parametrize("presigned_for", [None, 60])
def test_only_a_date_header_may_be_in_the_form_of_http(presigned_for: int | None) -> None:
    date = "Sun, 17 May 2026 23:30:00 GMT"
    request = signed("GET", URL, KEY, AT, presigned_for=presigned_for)
    if presigned_for is None:
        request = with_headers(request, X_Amz_Date=date)
    else:
        request = replace(request, query=request.query.replace("20260517T233000Z", quote(date)))
    assert fault_of(request) is errors.BAD_DATE


@pytest.mark.parametrize(
    ("seconds", "fault"),
    [
        (300, None),
        (301, errors.SIGNATURE_EXPIRED),
        (-300, None),
        (-301, errors.SIGNATURE_NOT_YET_CURRENT),
    ],
)
def test_clocks_may_differ_by_five_minutes(seconds: int, fault: errors.Fault | None) -> None:
    now = AT + timedelta(seconds=seconds, microseconds=999)
    assert fault_of(signed("GET", URL, KEY, AT), now) is fault


@pytest.mark.parametrize(("seconds", "fault"), [(60, None), (61, errors.PRESIGNED_EXPIRED)])
def test_a_presigned_url_is_good_for_as_long_as_it_says(seconds: int, fault: errors.Fault | None) -> None:
    request = signed("GET", URL, KEY, AT, presigned_for=60)
    assert fault_of(request, AT + timedelta(seconds=seconds)) is fault


@pytest.mark.parametrize(("days", "fault"), [(7, None), (8, errors.PRESIGNED_EXPIRED)])
def test_a_presigned_url_is_good_for_a_week_at_most(days: int, fault: errors.Fault | None) -> None:
    request = signed("GET", URL, KEY, AT, presigned_for=604_800)
    assert fault_of(request, AT + timedelta(days=days)) is fault
    longer = signed("GET", URL, KEY, AT, presigned_for=604_801)
    assert fault_of(longer, AT) is errors.BAD_EXPIRES


def test_years_have_four_digits_even_the_first() -> None:
    request = signed("GET", URL, KEY, AT, presigned_for=60)
    request = replace(request, query=request.query.replace("20260517T233000Z", "00260517T233000Z"))
    refusal = authenticate(arrival(request))
    assert refusal is not None
    words = "Signature expired: 00260517T233100Z is now earlier than 20260517T233000Z"
    assert refusal.message("rest_json") == words


def test_without_its_life_a_presigned_url_is_good_for_as_long_as_a_header() -> None:
    request = signed("GET", URL, KEY, AT, presigned_for=60)
    request = replace(request, query=request.query.replace("X-Amz-Expires=60&", ""))
    assert "Expires" not in arrival(request).parts
    assert fault_of(request, AT + timedelta(minutes=5)) is errors.WRONG_SIGNATURE
    assert fault_of(request, AT + timedelta(minutes=6)) is errors.SIGNATURE_EXPIRED


def test_of_several_parameters_with_one_name_the_first_counts() -> None:
    request = signed("GET", URL, KEY, AT, presigned_for=60)
    twice = replace(request, query=f"{request.query}&X-Amz-Date=20150830T123600Z")
    assert arrival(twice).signed_at == AT


def test_slashes_behind_the_scope_do_not_count() -> None:
    request = signed("GET", URL, KEY, AT)
    header = (request.header("authorization") or "").replace("aws4_request", "aws4_request//")
    assert fault_of(with_headers(request, Authorization=header)) is None


@pytest.mark.parametrize("separator", [", ", ",", " ", ",    "])
def test_parts_may_be_set_apart_by_commas_or_spaces(separator: str) -> None:
    request = signed("GET", URL, KEY, AT)
    header = (request.header("authorization") or "").replace(", ", separator)
    assert fault_of(with_headers(request, Authorization=header)) is None


def test_only_the_parts_of_a_signature_are_read_from_its_header() -> None:
    """A token or date smuggled in among them is none."""
    request = signed("GET", URL, KEY, AT)
    header = f"{request.header('authorization')}, Security-Token=x, Date=20150830T123600Z, Algorithm=y"
    smuggling = with_headers(request, Authorization=header)
    assert arrival(smuggling).token is None
    assert fault_of(smuggling) is None


def test_a_token_sent_twice_is_not_ones_own() -> None:
    session = replace(KEY, access_key_id="ASIAIOSFODNN7EXAMPLE", session_token="own")
    keys = {session.access_key_id: IssuedKey(session, USER, AT)}
    request = signed("GET", URL, session, AT)
    assert authenticate(replace(arrival(request), keys=keys)) is None
    twice = replace(request, headers=(*request.headers, ("X-Amz-Security-Token", "another")))
    refusal = authenticate(replace(arrival(twice), keys=keys))
    assert refusal is not None
    assert refusal.fault is errors.TOKEN_MISMATCHED


def test_a_session_is_over_at_its_very_expiration() -> None:
    session = replace(KEY, session_token="own", expires_at=AT)
    keys = {session.access_key_id: IssuedKey(session, USER, AT - timedelta(hours=1))}
    earlier = AT - timedelta(microseconds=1)
    request = signed("GET", URL, session, AT)
    assert authenticate(Arrival(request, DOOR, keys, earlier)) is None
    refusal = authenticate(Arrival(request, DOOR, keys, AT))
    assert refusal is not None
    assert refusal.fault is errors.TOKEN_EXPIRED


def test_from_url_takes_the_host_from_the_url_unless_there_is_a_header() -> None:
    plain = Request.from_url("GET", "https://Polly.us-east-1.amazonaws.com:8443/v1/voices?a=b")
    assert (plain.host, plain.header("host")) == (
        "polly.us-east-1.amazonaws.com",
        "Polly.us-east-1.amazonaws.com:8443",
    )
    assert (plain.path, plain.query) == ("/v1/voices", "a=b")
    named = Request.from_url("GET", "https://127.0.0.1/v1/voices", [("HOST", "polly.example")])
    assert named.header("host") == "polly.example"


def test_headers_are_found_in_any_case_and_without_the_space_around_them() -> None:
    request = Request("GET", "polly", "/", headers=(("X-One", " \tx y x "), ("x-one", "z"), ("Empty", " ")))
    assert request.header("x-one") == "x y x,z"
    assert request.header("empty") == ""
    assert request.header("x-two") is None
