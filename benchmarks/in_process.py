"""One test and one call: ours and the peers', in one process, in turns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

import aiomoto
import boto3
from aiobotocore.session import AioSession
from botocore.stub import Stubber
from hypothesis import given, settings, strategies
from moto import mock_aws
from moto.server import ThreadedMotoServer
from timing import Time, interleaved, timed

from pytest_polly import Account

_SPEECH = {"Text": "Hello", "OutputFormat": "mp3", "VoiceId": "Joanna"}
_REGION = "us-east-1"
#: How many calls are timed together.
_CALLS = 20

# A line for every request would be a cost that is not the server's own.
logging.getLogger("werkzeug").setLevel(logging.ERROR)

Call = Callable[[], object]
Living = Callable[[], AbstractContextManager[Call]]


def _speak(client: Any) -> bytes:
    audio: bytes = client.synthesize_speech(**_SPEECH)["AudioStream"].read()
    return audio


def _client(**settings: str) -> Any:
    return boto3.Session().client("polly", region_name=_REGION, **settings)


async def _speak_async() -> None:
    async with AioSession().create_client("polly", region_name=_REGION) as client:
        answer = await client.synthesize_speech(**_SPEECH)
        async with answer["AudioStream"] as stream:
            await stream.read()


# A client that lives, and its calls -----------------------------------------------------------


@contextmanager
def _our_client() -> Iterator[Call]:
    with Account() as account, account.apply("long-term"):
        client = _client()
        yield lambda: _speak(client)


@contextmanager
def _mocked_client() -> Iterator[Call]:
    with mock_aws():
        client = _client()
        yield lambda: _speak(client)


@contextmanager
def _stubbed_client() -> Iterator[Call]:
    client = _client(aws_access_key_id="testing", aws_secret_access_key="testing")
    with Stubber(client) as stubber:

        def call() -> None:
            stubber.add_response("synthesize_speech", {"ContentType": "audio/mpeg"})
            client.synthesize_speech(**_SPEECH)

        yield call


@contextmanager
def _our_client_over_http() -> Iterator[Call]:
    with Account() as account, account.apply("long-term"), account.serve() as server:
        client = _client(endpoint_url=server.url)
        yield lambda: _speak(client)


@contextmanager
def _server_client() -> Iterator[Call]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        client = _client(
            endpoint_url=f"http://{host}:{port}", aws_access_key_id="testing", aws_secret_access_key="testing"
        )
        yield lambda: _speak(client)
    finally:
        server.stop()


def _calls(living: Living) -> Callable[[], Time]:
    """Return what times a call of a client that has made its first."""

    def measure() -> Time:
        with living() as call:
            call()
            return timed(lambda: [call() for _ in range(_CALLS)]) / _CALLS

    return measure


def _tests(living: Living) -> Callable[[], Time]:
    """Return what times a whole test: set-up, a fresh session and client, one call, tear-down."""

    def test() -> None:
        with living() as call:
            call()

    return lambda: timed(test)


# Asynchronous tests ---------------------------------------------------------------------------


def _our_async_test() -> None:
    with Account() as account, account.apply("long-term"):
        asyncio.run(_speak_async())


def _mocked_async_test() -> None:
    async def test() -> None:
        async with aiomoto.mock_aws():
            await _speak_async()

    asyncio.run(test())


OURS = "pytest-polly"
_IN_MEMORY: dict[str, Living] = {OURS: _our_client, "mock_aws": _mocked_client, "Stubber": _stubbed_client}
_OVER_HTTP: dict[str, Living] = {OURS: _our_client_over_http, "ThreadedMotoServer": _server_client}


def one_test(rounds: int) -> dict[str, Time]:
    return interleaved(rounds, {name: _tests(living) for name, living in _IN_MEMORY.items()})


def one_async_test(rounds: int) -> dict[str, Time]:
    sides = {OURS: _our_async_test, "aiomoto": _mocked_async_test}
    return interleaved(rounds, {name: partial(timed, test) for name, test in sides.items()})


def one_call(rounds: int) -> dict[str, Time]:
    return interleaved(rounds, {name: _calls(living) for name, living in _IN_MEMORY.items()})


def one_call_over_http(rounds: int) -> dict[str, Time]:
    return interleaved(rounds, {name: _calls(living) for name, living in _OVER_HTTP.items()})


def examples(number: int) -> Time:
    """Return what an example of hypothesis takes, with a client kept open."""
    spoken: list[str] = []
    with Account() as account, account.apply("long-term"):
        client = _client()

        @settings(max_examples=number, database=None, deadline=None)
        @given(number=strategies.integers())
        def speak(number: int) -> None:
            spoken.append(f"Hello {number}")
            client.synthesize_speech(**{**_SPEECH, "Text": spoken[-1]})["AudioStream"].read()

        taken = timed(speak)
        assert len(account.calls) == len(spoken)
    return taken / len(spoken)
