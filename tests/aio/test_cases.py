"""Every mode through every source: asynchronous SDKs meet what their synchronous likes meet."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from pytest_polly import Account
from pytest_polly.driver import Attempt
from pytest_polly.modes import CORE
from pytest_polly.sources import SOURCES

from . import sdks

pytest.importorskip("aiobotocore")

#: Mode, source, and one of the source's variants.
Way = tuple[str, str, str]

WAYS: list[Way] = [
    *((mode, name, "") for name, source in SOURCES.items() for mode in source.modes),
    *(("role", name, variant) for name, source in SOURCES.items() for variant in source.variants),
]
_references: dict[tuple[type[Any], Way], tuple[Any, ...]] = {}


def _parameters(ways: list[Way]) -> list[Any]:
    unavailable = {way: _unavailable(way) for way in ways}
    return [
        pytest.param(
            way,
            id="-".join(filter(None, way)),
            marks=pytest.mark.skipif(unavailable[way] is not None, reason=str(unavailable[way])),
        )
        for way in ways
    ]


def _unavailable(way: Way) -> str | None:
    if way[2] == "https" and sdks.BOTOCORE < (1, 42, 5):
        return "any https host: since botocore 1.42.5"
    return SOURCES[way[1]].unavailable()


@pytest.mark.parametrize("sdk", sdks.parameters(sdks.Aiobotocore, sdks.Aioboto3))
@pytest.mark.parametrize("way", _parameters(WAYS))
def test_every_case(sdk: Any, way: Way) -> None:
    _check(sdk, way)


@pytest.mark.parametrize("sdk", sdks.parameters(sdks.AiobotocoreOnHttpx))
@pytest.mark.parametrize("way", _parameters([way for way in WAYS if way[0] in (*CORE, "none")]))
def test_the_core_on_httpx(sdk: Any, way: Way) -> None:
    """What sends differs, and so do the fetchers of credentials that come with it."""
    _check(sdk, way)


def _check(sdk: Any, way: Way) -> None:
    with Account() as account, account.apply(way[0], way[1], variant=way[2]):
        with sdks.speaking(account, sdk) as speak:
            attempt = speak()
        expected, given = account.expected, account.credentials
        if expected.ok:
            assert attempt.error is None
            assert attempt.audio
        elif isinstance(attempt.error, ClientError):
            error = attempt.error.response["Error"]
            status = attempt.error.response["ResponseMetadata"]["HTTPStatusCode"]
            assert expected.matches(status, error["Code"], error["Message"])
        else:
            assert type(attempt.error).__name__ in expected.refused_by_sdk
            assert not attempt.calls
        for call in attempt.polly_calls:
            assert given is not None
            assert (call.access_key_id, call.token) == (given.access_key_id, given.session_token)
            assert call.signed_with(given.secret_access_key) is (way[0] != "partial")
    assert _shape(attempt) == _reference(sdk.like, way)


def _reference(like: type[Any], way: Way) -> tuple[Any, ...]:
    if (like, way) not in _references:
        with (
            Account() as account,
            account.apply(way[0], way[1], variant=way[2]),
            sdks.speaking(account, like()) as speak,
        ):
            _references[like, way] = _shape(speak())
    return _references[like, way]


def _shape(attempt: Attempt) -> tuple[Any, ...]:
    """What is the same whoever asks: the calls in their order, and what came of them."""
    calls = [
        (call.service, call.operation, call.host, call.signed, call.token_sent, call.status, call.error_code)
        for call in attempt.calls
    ]
    return calls, bool(attempt.audio), type(attempt.error).__name__
