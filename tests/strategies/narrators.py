"""Clients for the state machine: sound ones, and each fault that it is to find."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, ClassVar

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import ClientError, NoCredentialsError, PartialCredentialsError

from pytest_polly.stateful import CredentialMachine

_NAMES = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")


def synthesize(polly: Any, text: str) -> bytes:
    audio: bytes = polly.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")[
        "AudioStream"
    ].read()
    return audio


def session(profile_name: str | None = None, **given: str | None) -> boto3.Session:
    return boto3.Session(profile_name=profile_name, **given)


# Sound ----------------------------------------------------------------------------------------


class Kept(CredentialMachine):
    """Makes an SDK client once and keeps it open."""

    def make_client(self, profile_name: str | None = None, **credentials: str) -> Any:
        return session(profile_name, **credentials).client("polly")

    def synthesize(self, client: Any, text: str) -> bytes:
        return synthesize(client, text)


class Fresh(CredentialMachine):
    """Makes an SDK client for every text."""

    def make_client(self, profile_name: str | None = None, **credentials: str) -> Any:
        return lambda: session(profile_name, **credentials).client("polly")

    def synthesize(self, client: Any, text: str) -> bytes:
        return synthesize(client(), text)


class _Found(Credentials):  # type: ignore[misc]
    """What was given, or else what is in the environment at that moment."""

    def __init__(self) -> None:
        self.method = "found"
        self.given: dict[str, str] = {}

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        parts: Mapping[str, str | None] = self.given or {
            name: os.environ.get(name.upper()) for name in _NAMES
        }
        key_id, secret, token = (parts.get(name) for name in _NAMES)
        if not key_id:
            raise NoCredentialsError
        if not secret:
            raise PartialCredentialsError(provider="found", cred_var="aws_secret_access_key")
        return ReadOnlyCredentials(key_id, secret, token)


class Open(CredentialMachine):
    """One SDK client for all there ever is, which looks at each request whose credentials it has to use."""

    sources: ClassVar[Sequence[str] | None] = ("explicit", "environment")
    found: ClassVar[_Found] = _Found()
    polly: ClassVar[Any] = None

    def make_client(self, **credentials: str) -> Any:
        if Open.polly is None:
            own = botocore.session.Session()
            own._credentials = self.found
            once = Config(retries={"total_max_attempts": 1})
            Open.polly = boto3.Session(botocore_session=own).client("polly", "us-east-1", config=once)
        self.found.given = credentials
        return Open.polly

    def synthesize(self, client: Any, text: str) -> bytes:
        return synthesize(client, text)


class Asynchronous(Open):
    """Both methods are coroutines, the audio comes in chunks, and there is a tear-down."""

    opened: ClassVar[int] = 0

    async def make_client(self, **credentials: str) -> AsyncIterator[Any]:
        type(self).opened += 1
        await asyncio.sleep(0)
        yield super().make_client(**credentials)
        type(self).opened -= 1

    async def synthesize(self, client: Any, text: str) -> AsyncIterator[bytes]:  # type: ignore[override]
        await asyncio.sleep(0)
        yield synthesize(client, text)


class Generator(Open):
    """A client with a tear-down, synchronous."""

    opened: ClassVar[int] = 0

    def make_client(self, **credentials: str) -> Iterator[Any]:
        type(self).opened += 1
        yield super().make_client(**credentials)
        type(self).opened -= 1


class CachesByText(Open):
    """Speaks no text twice; sound, since every text that it has to speak is new."""

    def __init__(self) -> None:
        super().__init__()
        self.spoken: dict[str, bytes] = {}

    def synthesize(self, client: Any, text: str) -> bytes:
        if text not in self.spoken:
            self.spoken[text] = synthesize(client, text)
        return self.spoken[text]


class Own(Open):
    """Raises an error of its own, chained."""

    def synthesize(self, client: Any, text: str) -> bytes:
        try:
            return synthesize(client, text)
        except Exception as error:
            raise RuntimeError("cannot speak") from error


class Ambient(CredentialMachine):
    """Takes no credentials at all."""

    def make_client(self) -> Any:
        return boto3.Session().client("polly")

    def synthesize(self, client: Any, text: str) -> bytes:
        return synthesize(client, text)


class Default(CredentialMachine):
    """Uses boto3's default session, which keeps the credentials that it found first."""

    def make_client(self, **credentials: str) -> Any:
        return boto3.client("polly", **credentials)

    def synthesize(self, client: Any, text: str) -> bytes:
        return synthesize(client, text)


SOUND: list[type[CredentialMachine]] = [
    Open,
    Asynchronous,
    Generator,
    CachesByText,
    Own,
    Kept,
    Fresh,
    Ambient,
    Default,
]

# At fault -------------------------------------------------------------------------------------


class CachesAnything(Open):
    """Has one piece of audio, and returns it for everything."""

    def __init__(self) -> None:
        super().__init__()
        self.audio = b""

    def synthesize(self, client: Any, text: str) -> bytes:
        self.audio = self.audio or synthesize(client, text)
        return self.audio


class FallsBack(CachesAnything):
    """Returns the last audio there was when Polly refuses."""

    def synthesize(self, client: Any, text: str) -> bytes:
        try:
            self.audio = synthesize(client, text)
        except Exception:
            if not self.audio:
                raise
        return self.audio


class Swallows(Open):
    def synthesize(self, client: Any, text: str) -> bytes:
        try:
            return synthesize(client, text)
        except Exception:
            return b""


class Silent(Open):
    def synthesize(self, client: Any, text: str) -> bytes:
        synthesize(client, text)
        return b""


class LosesReason(Open):
    def synthesize(self, client: Any, text: str) -> bytes:
        try:
            return synthesize(client, text)
        except ClientError:
            raise RuntimeError("cannot speak") from None


class Exits(Open):
    def synthesize(self, client: Any, text: str) -> bytes:
        try:
            return synthesize(client, text)
        except ClientError as error:
            sys.exit(f"{error}")


class GivesUp(Open):
    """Fails for reasons of its own once it is rotated to a key it does not like."""

    def synthesize(self, client: Any, text: str) -> bytes:
        if self.found.get_frozen_credentials().token:
            raise RuntimeError("temporary keys are not supported")
        return synthesize(client, text)


class RetriesForever(Open):
    def synthesize(self, client: Any, text: str) -> bytes:
        while True:
            try:
                return synthesize(client, text)
            except ClientError:
                continue


class DropsToken(Open):
    def make_client(self, **credentials: str) -> Any:
        credentials.pop("aws_session_token", None)
        return super().make_client(**credentials)


class KnowsNoToken(Open):
    """Hands what it is given to something that knows no tokens."""

    def make_client(self, **credentials: str) -> Any:
        def connect(aws_access_key_id: str, aws_secret_access_key: str | None = None) -> Any:
            return super(KnowsNoToken, self).make_client(
                aws_access_key_id=aws_access_key_id, aws_secret_access_key=str(aws_secret_access_key)
            )

        return connect(**credentials) if credentials else super().make_client()


class MixesToken(Open):
    """Completes what it was given from the environment."""

    modes: ClassVar[Sequence[str] | None] = ("long-term", "session-token")

    def make_client(self, **credentials: str) -> Any:
        if credentials and "AWS_SESSION_TOKEN" in os.environ:
            credentials.setdefault("aws_session_token", os.environ["AWS_SESSION_TOKEN"])
        return super().make_client(**credentials)


class StripsSecret(Open):
    """Takes a slash for the end of it."""

    def make_client(self, **credentials: str) -> Any:
        if "aws_secret_access_key" in credentials:
            credentials["aws_secret_access_key"] = credentials["aws_secret_access_key"].rstrip("/+0")
        return super().make_client(**credentials)


class IgnoresGiven(Open):
    def make_client(self, **credentials: str) -> Any:
        return super().make_client()


class Freezes(Kept):
    """Asks the SDK for credentials once and keeps them."""

    modes, sources = ("role",), ("assume-role",)

    def make_client(self) -> Any:  # type: ignore[override]
        found = session().get_credentials().get_frozen_credentials()
        return boto3.client(
            "polly",
            aws_access_key_id=found.access_key,
            aws_secret_access_key=found.secret_key,
            aws_session_token=found.token,
        )


AT_FAULT: list[tuple[type[CredentialMachine], set[str]]] = [
    (CachesAnything, {"answered-from-cache"}),
    (FallsBack, {"error-swallowed", "answered-from-cache"}),
    (Swallows, {"error-swallowed"}),
    (Silent, {"empty-audio"}),
    (LosesReason, {"error-code-lost"}),
    (Exits, {"process-exited"}),
    (GivesUp, {"does-not-speak"}),
    (RetriesForever, {"auth-error-retried"}),
    (DropsToken, {"session-token-dropped"}),
    (KnowsNoToken, {"session-token-dropped"}),
    (MixesToken, {"sources-mixed"}),
    (StripsSecret, {"credentials-altered"}),
    (IgnoresGiven, {"wrong-identity", "does-not-speak"}),
    (Freezes, {"credentials-frozen"}),
]
