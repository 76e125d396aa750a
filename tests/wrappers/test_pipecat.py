"""Pipecat's Polly service under the contract, as users got it from PyPI.

Each release has its class; the one that fits the installed release is collected. See run.py.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from importlib import import_module
from importlib.metadata import version
from typing import Any

from pytest_polly.contract import CredentialContract

RELEASE = tuple(int(part) for part in version("pipecat-ai").split(".")[:3])
TAKES_TOKEN = RELEASE >= (0, 0, 53)
#: Since then the service is called otherwise, and is not told its sample rate until its pipeline starts.
IN_PACKAGE = RELEASE >= (0, 0, 80)
#: Since then what is spoken belongs to a context.
IN_CONTEXT = RELEASE >= (1, 0, 0)

#: Polly's own rate for PCM, so that nothing is resampled.
RATE = 16000

frames: Any = import_module("pipecat.frames.frames")


class ErrorFrameError(Exception):
    """What the service says in an ``ErrorFrame``: it raises nothing of its own while it speaks."""


async def audio_of(spoken: AsyncIterator[Any]) -> bytes:
    """Return the audio of all frames; raise what an error frame says once the last has come."""
    audio, errors = [], []
    async for frame in spoken:
        if isinstance(frame, frames.ErrorFrame):
            errors.append(frame.error)
        elif isinstance(frame, frames.TTSAudioRawFrame):
            audio.append(frame.audio)
    if errors:
        raise ErrorFrameError("; ".join(errors))
    return b"".join(audio)


def service(**parameters: str | None) -> Any:
    """Return the release's Polly service; it can only be built inside a running event loop."""
    module: Any = import_module("pipecat.services.aws.tts" if IN_PACKAGE else "pipecat.services.aws")
    service_class = module.AWSPollyTTSService if IN_PACKAGE else module.PollyTTSService
    built = service_class(region=os.environ["AWS_REGION"], sample_rate=RATE, **parameters)
    if IN_PACKAGE:
        built._sample_rate = RATE
    return built


class _Pipecat(CredentialContract):
    async def synthesize(self, client: Any, text: str) -> bytes:
        return await audio_of(client.run_tts(text, "context") if IN_CONTEXT else client.run_tts(text))


class TestPipecatWithoutToken(_Pipecat):
    """The service takes a key and a secret, both mandatory: a caller who has none passes ``None``."""

    __test__ = not TAKES_TOKEN

    async def make_client(
        self, aws_access_key_id: str | None = None, aws_secret_access_key: str | None = None
    ) -> Any:
        return service(api_key=aws_secret_access_key, aws_access_key_id=aws_access_key_id)


class TestPipecat(_Pipecat):
    """The service takes a session token too."""

    __test__ = TAKES_TOKEN

    async def make_client(
        self,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
    ) -> Any:
        return service(
            api_key=aws_secret_access_key,
            aws_access_key_id=aws_access_key_id,
            aws_session_token=aws_session_token,
        )
