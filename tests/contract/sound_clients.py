"""Sound clients in every shape we can think of: the contract is to find nothing wrong with any of them."""

from __future__ import annotations

import asyncio
import io
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import urlopen

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pytest_polly.contract import CredentialContract

from .contract_runs import session

SPEECH = {"OutputFormat": "mp3", "VoiceId": "Joanna"}
#: What to give up on at once, and what to try again.
_BUSY = {"ThrottlingException", "ServiceFailureException"}


class NarratorError(Exception):
    """The narrator cannot speak."""


class Narrator:
    """Sound: hands on what it is given, all of it or nothing, and lets the SDK do the rest."""

    def __init__(self, **given: Any) -> None:
        try:
            self.session = session(**given)
            self.polly = self.session.client("polly", config=Config(retries={"max_attempts": 1}))
        except BotoCoreError as error:
            raise NarratorError(f"cannot speak: {error}") from error

    def say(self, text: str) -> Any:
        try:
            return self.speak(text)
        except (BotoCoreError, ClientError) as error:
            raise NarratorError(f"cannot speak: {error}") from error

    def speak(self, text: str) -> Any:
        return self.polly.synthesize_speech(Text=text, **SPEECH)["AudioStream"].read()


class Sound(CredentialContract):
    """What the contracts of most clients have in common."""

    error = NarratorError
    client: ClassVar[type[Any]] = Narrator

    def make_client(self, profile_name: str | None = None, **credentials: Any) -> Any:
        return self.client(profile_name=profile_name, **credentials)

    def synthesize(self, client: Any, text: str) -> Any:
        return client.say(text)


# Exemplary, synchronous and not ---------------------------------------------------------------


class TestExemplary(Sound):
    """The one that is asked everything."""


class AsyncNarrator:
    """Sound and asynchronous: its SDK runs in a thread, its audio comes in chunks."""

    def __init__(self, **given: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.given = given
        self.narrator: Narrator | None = None

    async def __aenter__(self) -> AsyncNarrator:
        self.narrator = await asyncio.to_thread(Narrator, **self.given)
        return self

    async def __aexit__(self, *error: object) -> None:
        assert asyncio.get_running_loop() is self.loop
        self.narrator = None

    async def say(self, text: str) -> bytes:
        assert self.narrator is not None
        audio: bytes = await asyncio.to_thread(self.narrator.say, text)
        return audio

    async def stream(self, text: str) -> AsyncIterator[bytes]:
        audio = await self.say(text)
        for start in range(0, len(audio), 3):
            await asyncio.sleep(0)
            yield audio[start : start + 3]


class TestAsynchronous(CredentialContract):
    """Asynchronous throughout, with a tear-down in the client's own loop."""

    error = (NarratorError,)

    async def make_client(self, profile_name: str | None = None, **credentials: Any) -> AsyncIterator[Any]:
        async with AsyncNarrator(profile_name=profile_name, **credentials) as narrator:
            yield narrator

    async def synthesize(self, client: AsyncNarrator, text: str) -> AsyncIterator[bytes]:
        async for chunk in client.stream(text):
            yield chunk


class TestCoroutines(CredentialContract):
    """Coroutine functions, both of them; the audio is an async iterable that comes out of an await."""

    error = NarratorError

    async def make_client(self, **credentials: Any) -> AsyncNarrator:
        return await AsyncNarrator(**credentials).__aenter__()

    async def synthesize(self, client: AsyncNarrator, text: str) -> AsyncIterator[bytes]:
        await asyncio.sleep(0)
        return client.stream(text)


class TestHalfAsynchronous(CredentialContract):
    """Made synchronously, with no loop running; speaks asynchronously, by a plain method."""

    error = NarratorError

    def make_client(self, **credentials: Any) -> Iterator[Narrator]:
        narrator = Narrator(**credentials)
        yield narrator
        narrator.polly.close()

    def synthesize(self, client: Narrator, text: str) -> Any:
        return asyncio.to_thread(client.say, text)


# Of other signatures --------------------------------------------------------------------------


class TestWithoutParameters(CredentialContract):
    """Finds everything by itself."""

    error = NarratorError

    def make_client(self) -> Narrator:
        return Narrator()

    def synthesize(self, client: Narrator, text: str) -> Any:
        return client.say(text)


class TestWithProfileOnly(CredentialContract):
    """Can be told a profile, but no keys."""

    error = NarratorError

    def make_client(self, profile_name: str | None = None) -> Narrator:
        return Narrator(profile_name=profile_name)

    def synthesize(self, client: Narrator, text: str) -> Any:
        return client.say(text)


class TestWithNamedKeys(CredentialContract):
    """Names all three, and says so of nothing else; promises no type of error."""

    def make_client(
        self,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
    ) -> Narrator:
        return Narrator(
            aws_access_key_id=aws_access_key_id,
            aws_secret_access_key=aws_secret_access_key,
            aws_session_token=aws_session_token,
        )

    def synthesize(self, client: Narrator, text: str) -> Any:
        return client.say(text)


# Functions ------------------------------------------------------------------------------------


def say(text: str, **credentials: Any) -> Any:
    """Speak with what it is called with: there is no client at all."""
    return Narrator(**credentials).say(text)


class TestFunction(CredentialContract):
    """A function that is told its credentials each time, which the contract keeps for it."""

    error = NarratorError

    def make_client(self, **credentials: Any) -> Any:
        return credentials

    def synthesize(self, client: dict[str, Any], text: str) -> Any:
        return say(text, **client)


class TestPartial(CredentialContract):
    error = NarratorError

    def make_client(self, **credentials: Any) -> Any:
        return partial(say, **credentials)

    def synthesize(self, client: Any, text: str) -> Any:
        return client(text)


class TestClosure(TestPartial):
    def make_client(self, **credentials: Any) -> Any:
        return lambda text: say(text, **credentials)


# Of other habits ------------------------------------------------------------------------------


class _LazyNarrator(Narrator):
    """Connects when it first speaks."""

    def __init__(self, **given: Any) -> None:
        self.given = given

    def speak(self, text: str) -> Any:
        if not hasattr(self, "polly"):
            super().__init__(**self.given)
        return super().speak(text)


class TestLazy(Sound):
    client = _LazyNarrator


class _ForgetfulNarrator(_LazyNarrator):
    """Connects each time it speaks."""

    def speak(self, text: str) -> Any:
        Narrator.__init__(self, **self.given)
        return Narrator.speak(self, text)


class TestClientPerCall(Sound):
    client = _ForgetfulNarrator


class _CachingNarrator(Narrator):
    """Never asks Polly twice for the same text, whoever asks."""

    spoken: ClassVar[dict[str, bytes]] = {}

    def speak(self, text: str) -> Any:
        if text not in self.spoken:
            self.spoken[text] = super().speak(text)
        return self.spoken[text]


class TestCachingAudio(Sound):
    client = _CachingNarrator


class _CarefulNarrator(Narrator):
    """Looks for its voice before it speaks."""

    def speak(self, text: str) -> Any:
        voices = self.polly.describe_voices(LanguageCode="en-US")["Voices"]
        assert any(voice["Id"] == SPEECH["VoiceId"] for voice in voices)
        return super().speak(text)


class TestDescribingVoices(Sound):
    client = _CarefulNarrator


class _IntroducedNarrator(Narrator):
    """Asks STS who it is before it speaks for the first time."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        try:
            self.session.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise NarratorError(f"who am I? {error}") from error


class TestAskingWhoItIs(Sound):
    client = _IntroducedNarrator


class _PatientNarrator(Narrator):
    """Tries again while Polly is busy, and only then."""

    def speak(self, text: str) -> Any:
        for _ in range(4):
            try:
                return super().speak(text)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _BUSY:
                    raise
                time.sleep(0.001)
        return super().speak(text)


class TestRetryingWhileBusy(Sound):
    client = _PatientNarrator


class _TwiceNarrator(Narrator):
    """Tries whatever failed once more, as clumsy but harmless clients do."""

    def speak(self, text: str) -> Any:
        try:
            return super().speak(text)
        except ClientError:
            return super().speak(text)


class TestTryingEverythingTwice(Sound):
    client = _TwiceNarrator


class _FallingBackNarrator(Narrator):
    """Wants a voice that does not exist, and takes a plain one where Polly says so."""

    def speak(self, text: str) -> Any:
        try:
            return self.polly.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Nobody")[
                "AudioStream"
            ]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("ValidationException", "InvalidParameterValue"):
                return super().speak(text)
            raise


class TestFallingBack(Sound):
    client = _FallingBackNarrator


class _RenewingNarrator(_LazyNarrator):
    """Keeps the credentials it found, and asks for new ones once AWS says that they have expired."""

    def speak(self, text: str) -> Any:
        try:
            return self._speak(text)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExpiredTokenException":
                raise
            self._connect()
            return self._speak(text)

    def _speak(self, text: str) -> Any:
        if not hasattr(self, "polly"):
            self._connect()
        return Narrator.speak(self, text)

    def _connect(self) -> None:
        given = self.given
        found = session(**given).get_credentials()
        if found is not None and not given.get("aws_access_key_id"):
            kept = found.get_frozen_credentials()
            given = {
                "aws_access_key_id": kept.access_key,
                "aws_secret_access_key": kept.secret_key,
                "aws_session_token": kept.token,
            }
        Narrator.__init__(self, **given)


class TestRenewingByItself(Sound):
    client = _RenewingNarrator


class _FilingNarrator(Narrator):
    """Puts the audio into a temporary file, and sends variables of its own along."""

    def speak(self, text: str) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "speech.mp3"
            path.write_bytes(super().speak(text))
            return path.read_bytes()


class TestTemporaryFiles(Sound):
    client = _FilingNarrator


class _PoolingNarrator(Narrator):
    """Speaks in threads of its own."""

    def speak(self, text: str) -> Any:
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(super().speak, [f"{text} One.", f"{text} Two."]))
        return b"".join(parts)


class TestThreadPool(Sound):
    client = _PoolingNarrator


class _LoopingNarrator(Narrator):
    """Synchronous outside, a loop of its own inside."""

    def speak(self, text: str) -> Any:
        return asyncio.run(self._speak(text))

    async def _speak(self, text: str) -> bytes:
        audio: bytes = await asyncio.to_thread(super().speak, text)
        return audio


class TestLoopOfItsOwn(Sound):
    client = _LoopingNarrator


# Of other kinds of audio ----------------------------------------------------------------------


class _Chunks(Narrator):
    """Gives chunks, and fails only when they are asked for."""

    def say(self, text: str) -> Iterator[bytes]:
        audio = super().say(text)
        yield from (audio[start : start + 2] for start in range(0, len(audio), 2))


class TestChunks(Sound):
    client = _Chunks


class _Stream(Narrator):
    """Gives the SDK's own stream."""

    def speak(self, text: str) -> Any:
        return self.polly.synthesize_speech(Text=text, **SPEECH)["AudioStream"]


class TestStreamingBody(Sound):
    client = _Stream


class _File(Narrator):
    def speak(self, text: str) -> Any:
        return io.BytesIO(super().speak(text))


class TestFileObject(Sound):
    client = _File


class _View(Narrator):
    def speak(self, text: str) -> Any:
        return memoryview(super().speak(text))


class TestMemoryView(Sound):
    client = _View


class _Views(Narrator):
    def speak(self, text: str) -> Any:
        audio = super().speak(text)
        return (bytearray(audio[:2]), memoryview(audio)[2:])


class TestMixedChunks(Sound):
    client = _Views


class _SendingNarrator(Narrator):
    """Has the SDK sign a URL, and sends by itself, past the SDK."""

    def __init__(self, url: str, **given: Any) -> None:
        super().__init__(**given)
        self.polly = self.session.client("polly", endpoint_url=url)

    def speak(self, text: str) -> Any:
        try:
            with urlopen(self.link(text)) as answer:
                return answer.read()
        except HTTPError as error:
            with error:
                said = error.read().decode()
            raise NarratorError(f"cannot speak: {error.headers['x-amzn-ErrorType']}: {said}") from error

    def link(self, text: str) -> str:
        asked = {"Text": text, **SPEECH}
        url: str = self.polly.generate_presigned_url("synthesize_speech", asked, HttpMethod="GET")
        return url


class TestSendingByItself(Sound):
    def make_client(self, profile_name: str | None = None, **credentials: Any) -> Any:
        with self.account.serve() as server:
            yield _SendingNarrator(server.url, profile_name=profile_name, **credentials)


# With a region of its own ---------------------------------------------------------------------


class _ElsewhereNarrator(Narrator):
    """Speaks in a region that it was not told by the environment."""

    def __init__(self, **given: Any) -> None:
        super().__init__(region_name="eu-west-1", **given)


class TestAnotherRegion(Sound):
    client = _ElsewhereNarrator


class _EnvironmentReadingNarrator(Narrator):
    """Reads the environment by itself, all three parts of it, where it is given nothing."""

    def __init__(self, **given: Any) -> None:
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        if not any(given.values()) and all(os.environ.get(name.upper()) for name in names[:2]):
            given = {name: os.environ.get(name.upper()) for name in names}
        super().__init__(**given)


class TestReadingTheEnvironment(Sound):
    client = _EnvironmentReadingNarrator


class _CheckingNarrator(Narrator):
    """Refuses by itself what cannot be right: half a key pair, or nothing at all."""

    def __init__(self, **given: Any) -> None:
        try:
            found = session(**given).get_credentials()
        except BotoCoreError as error:
            raise NarratorError("half a key pair will not do") from error
        if found is None:
            raise NarratorError("log in first")
        super().__init__(**given)


class TestRefusingByItself(Sound):
    client = _CheckingNarrator


SOUND: tuple[type[CredentialContract], ...] = tuple(
    value
    for name, value in globals().items()
    if name.startswith("Test") and issubclass(value, CredentialContract)
)
