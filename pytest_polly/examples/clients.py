"""Five small clients for Amazon Polly. Each speaks for its author; three of them fail for others."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError


class NarratorError(Exception):
    """The narrator cannot speak."""


class Narrator:
    """Speaks with whatever the SDK finds: environment, files, roles. The best cure of all."""

    def __init__(self) -> None:
        try:
            self._polly = self._connect()
        except BotoCoreError as error:
            raise NarratorError(f"cannot speak: {error}") from error

    def _connect(self) -> Any:
        return boto3.client("polly")

    def say(self, text: str) -> bytes:
        try:
            answer = self._polly.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")
        except (BotoCoreError, ClientError) as error:
            raise NarratorError(f"cannot speak: {error}") from error
        audio: bytes = answer["AudioStream"].read()
        return audio


class KeyNarrator(Narrator):
    """Takes keys, but has never heard of session tokens: the story that began it all."""

    def __init__(self, **given: str | None) -> None:
        self._given = given
        super().__init__()

    def _connect(self) -> Any:
        return boto3.client("polly", **self._parts())

    def _parts(self) -> dict[str, str | None]:
        names = ("aws_access_key_id", "aws_secret_access_key")
        return {name: self._given.get(name) for name in names}


class TokenNarrator(KeyNarrator):
    """Takes all three parts, and hands all three on: the other cure."""

    def _parts(self) -> dict[str, str | None]:
        return {**super()._parts(), "aws_session_token": self._given.get("aws_session_token")}


class MixingNarrator(TokenNarrator):
    """Completes what it was given from the environment, wherever a part is missing."""

    def _parts(self) -> dict[str, str | None]:
        parts = super()._parts()
        return {name: value or os.environ.get(name.upper()) for name, value in parts.items()}


class FrozenNarrator(Narrator):
    """Asks the SDK for credentials once and keeps them: fine, until a role's first hour is over."""

    def _connect(self) -> Any:
        found = boto3.Session().get_credentials()
        if found is None:
            raise NarratorError("cannot speak: Unable to locate credentials")
        kept = found.get_frozen_credentials()
        return boto3.client(
            "polly",
            aws_access_key_id=kept.access_key,
            aws_secret_access_key=kept.secret_key,
            aws_session_token=kept.token,
        )
