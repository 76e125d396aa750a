"""Has Polly asked by the AWS SDK for Python that is not botocore, with whatever credentials it finds."""

from __future__ import annotations

import asyncio
import logging
import sys

from aws_sdk_polly.client import AsyncPollyClient
from aws_sdk_polly.config import AsyncPollyConfig
from aws_sdk_polly.models import SynthesizeSpeechInput

# It leaves its connections to the garbage collector, which complains of them.
logging.disable()


async def main() -> int:
    client = AsyncPollyClient(await AsyncPollyConfig.resolve())
    request = SynthesizeSpeechInput(text="Hello", output_format="mp3", voice_id="Joanna")
    try:
        answer = await client.synthesize_speech(request)
        assert answer.audio_stream is not None
        print(len(await answer.audio_stream.read()), "bytes of audio")
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(asyncio.run(main()))
