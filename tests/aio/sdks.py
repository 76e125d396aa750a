"""The Python SDKs, each as the smallest sound client of Polly: one source for every test of all of them.

They have the shape of a contract, so `pytest_polly.driver.Client` drives them all alike, in a loop where one
is needed, and the contract itself can be run over them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import botocore
import pytest

from pytest_polly import Account
from pytest_polly.driver import Attempt, Client, new_text

BOTOCORE = tuple(int(part) for part in botocore.__version__.split(".")[:3])
AIOBOTOCORE = (
    tuple(int(part) for part in version("aiobotocore").split(".")[:3]) if find_spec("aiobotocore") else ()
)
REQUEST = {"OutputFormat": "mp3", "VoiceId": "Joanna"}


class Botocore:
    needs = "botocore"

    def make_client(self, profile_name: str | None = None, **credentials: str) -> Any:
        from botocore.session import Session

        return Session(profile=profile_name).create_client("polly", **credentials)

    def synthesize(self, client: Any, text: str) -> bytes:
        answer = client.synthesize_speech(Text=text, **REQUEST)
        audio: bytes = answer["AudioStream"].read()
        return audio


class Boto3(Botocore):
    needs = "boto3"

    def make_client(self, profile_name: str | None = None, **credentials: str) -> Any:
        import boto3

        return boto3.Session(profile_name=profile_name, **credentials).client("polly")


class Aiobotocore:
    """A client that lives in the block that made it, and speaks piece by piece."""

    needs = "aiobotocore"
    #: The synchronous SDK whose behaviour this one is to have.
    like = Botocore

    async def make_client(self, profile_name: str | None = None, **credentials: str) -> AsyncIterator[Any]:
        from aiobotocore.session import AioSession

        async with AioSession(profile=profile_name).create_client(
            "polly", config=self.config(), **credentials
        ) as client:
            yield client

    def config(self) -> Any:
        return None

    async def synthesize(self, client: Any, text: str) -> AsyncIterator[bytes]:
        answer = await client.synthesize_speech(Text=text, **REQUEST)
        async with answer["AudioStream"] as stream:
            yield await stream.read()


class AiobotocoreOnHttpx(Aiobotocore):
    """aiobotocore again, sending with httpx; of the two it prefers the other, and says so."""

    needs = "httpx"
    marks = (pytest.mark.filterwarnings("ignore:aiobotocore's httpx backend now prefers:DeprecationWarning"),)

    def config(self) -> Any:
        from aiobotocore.config import AioConfig
        from aiobotocore.httpxsession import HttpxSession

        return AioConfig(http_session_cls=HttpxSession)


class Aioboto3(Aiobotocore):
    needs = "aioboto3"

    like = Boto3

    async def make_client(self, profile_name: str | None = None, **credentials: str) -> AsyncIterator[Any]:
        import aioboto3

        async with aioboto3.Session(profile_name=profile_name, **credentials).client("polly") as client:
            yield client


ASYNCHRONOUS = (Aiobotocore, AiobotocoreOnHttpx, Aioboto3)


def parameters(*sdks: type[Any]) -> list[Any]:
    """Return the SDKs to parametrise with; those that are not installed are skipped by name."""
    return [
        pytest.param(
            sdk(),
            id=sdk.__name__.lower(),
            marks=[
                pytest.mark.skipif(not _installed(sdk), reason=f"{sdk.needs} is not installed"),
                *getattr(sdk, "marks", ()),
            ],
        )
        for sdk in sdks
    ]


def _installed(sdk: type[Any]) -> bool:
    if sdk.needs == "httpx":
        return find_spec("aiobotocore.httpxsession") is not None and (
            find_spec("httpx2") is not None or find_spec("httpx") is not None
        )
    return find_spec(sdk.needs) is not None


@contextmanager
def speaking(account: Account, sdk: Any) -> Iterator[Any]:
    """Give a function that has one and the same client speak, made with what the case hands over."""
    client = Client(sdk, account.parameters)
    made = False

    def speak() -> Attempt:
        nonlocal made
        before = len(account.calls)
        audio: bytes | None = None
        error: BaseException | None = None
        try:
            if not made:
                client.make()
                made = True
            audio = client.speak(new_text())
        except Exception as raised:
            error = raised
        return Attempt(audio, error, tuple(account.calls[before:]))

    with closing(client):
        yield speak
