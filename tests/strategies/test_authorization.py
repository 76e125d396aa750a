"""Whatever stands in an ``Authorization`` header, AWS's door answers; it never falls over."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from pytest_polly import Account, strategies
from pytest_polly.gate import Arrival, Door, Request, authenticate
from pytest_polly.services.protocols import refused

from .sending import send

DOORS = {
    "polly": Door("polly", "us-east-1", "rest_json", timedelta(minutes=5)),
    "sts": Door("sts", "us-east-1", "query", timedelta(minutes=15)),
}
NOW = datetime(2030, 1, 1, tzinfo=timezone.utc)

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=300)


def _arrival(service: str, authorization: str, date: str = "20300101T000000Z") -> Arrival:
    headers = (("Authorization", authorization), ("X-Amz-Date", date))
    url = f"https://{service}.us-east-1.amazonaws.com/v1/speech"
    return Arrival(Request.from_url("POST", url, headers), DOORS[service], {}, NOW)


@pytest.mark.parametrize("service", DOORS)
def test_a_malformed_header_is_refused_in_either_dialect(service: str) -> None:
    @unhurried
    @given(strategies.malformed_authorization())
    def holds(header: str) -> None:
        arrival = _arrival(service, header)
        refusal = authenticate(arrival)
        assert refusal is not None
        response = refused(refusal, arrival.door.dialect, arrival.request)
        assert response.status in (400, 403)
        assert response.error_code
        assert response.body

    holds()


#: The same fault has two names, by protocol; these are what a malformed header may be called.
FORM = {"MissingAuthenticationTokenException", "IncompleteSignatureException"}


def test_a_malformed_header_is_refused_for_its_form_alone() -> None:
    """Nothing malformed gets as far as to be told that its key is unknown."""

    @unhurried
    @given(strategies.malformed_authorization())
    def holds(header: str) -> None:
        refusal = authenticate(_arrival("polly", header))
        assert refusal is not None
        code = refusal.fault.rest_json.code
        no_headers_signed = refusal.fault.name == "host not among the signed headers"
        assert code in FORM or no_headers_signed

    holds()


@unhurried
@given(strategies.malformed_authorization(), st.text())
def test_whatever_the_date_the_door_answers(header: str, date: str) -> None:
    assert authenticate(_arrival("polly", header, date)) is not None


def test_botocore_reads_the_refusal() -> None:
    with Account() as account:

        @settings(unhurried, max_examples=50)
        @given(strategies.malformed_authorization())
        def holds(header: str) -> None:
            status, code = send(header)
            assert status == 403
            assert account.calls[-1].error_code == (code or "IncompleteSignatureException")

        holds()


FLAWS = [
    ("unsigned", "Missing Authentication Token"),
    ("empty Authorization header", "cannot be empty"),
    ("part of the Authorization header without an equal-sign", "missing equal-sign"),
    ("parts of the Authorization header missing", "requires 'Signature' parameter"),
    ("algorithm other than AWS4-HMAC-SHA256", "Unsupported AWS 'algorithm'"),
    ("credential scope without five elements", "exactly 5 slash-delimited elements"),
    ("host not among the signed headers", "must be a 'SignedHeader'"),
]


@pytest.mark.parametrize(("fault", "message"), FLAWS)
def test_every_flaw_is_drawn(fault: str, message: str) -> None:
    def has_flaw(header: str) -> bool:
        refusal = authenticate(_arrival("polly", header))
        assert refusal is not None
        return refusal.fault.name == fault and message in refusal.message("rest_json")

    found = find(
        strategies.malformed_authorization(),
        has_flaw,
        settings=settings(max_examples=3000, database=None, deadline=None),
    )
    assert len(found) < 220
