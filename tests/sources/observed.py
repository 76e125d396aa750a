"""How the tests of sources drive botocore, and what they look at: its requests, and who signed them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import boto3
import botocore
import botocore.config
import pytest

from pytest_polly import Account, Call
from pytest_polly.services import imds
from pytest_polly.sources import SOURCES

BOTOCORE = tuple(int(part) for part in botocore.__version__.split(".")[:3])

#: What an SDK asks an instance for, in this order.
IMDS = [("imds", imds.TOKEN), ("imds", imds.ROLE), ("imds", imds.CREDENTIALS)]
ECS = ("container", "GET /v2/credentials/id")
POD = ("container", "GET /v1/credentials")
ASSUME_ROLE = ("sts", "AssumeRole")
WEB_IDENTITY = ("sts", "AssumeRoleWithWebIdentity")
PORTAL = ("sso", "GetRoleCredentials")
TOKEN = ("sso", "CreateToken")
SIGN_IN = ("signin", "CreateOAuth2Token")
SPEECH = ("polly", "SynthesizeSpeech")


def since(version: str, what: str) -> pytest.MarkDecorator:
    """Skip a test of something that botocore learned in *version*."""
    wanted = tuple(int(part) for part in version.split("."))
    reason = f"{what}: since botocore {version}, this is {botocore.__version__}"
    return pytest.mark.skipif(wanted > BOTOCORE, reason=reason)


def needs(source: str) -> pytest.MarkDecorator:
    """Skip a test of a source that what is installed cannot use."""
    reason = SOURCES[source].unavailable()
    return pytest.mark.skipif(reason is not None, reason=str(reason))


def session(account: Account, **parameters: str) -> boto3.Session:
    return boto3.Session(**{**account.parameters, **parameters})


def client(account: Account, **parameters: str) -> Any:
    return session(account, **parameters).client("polly")


def speak(polly: Any, times: int = 1) -> None:
    """Have something said, *times* times, and raise what botocore raises."""
    for _ in range(times):
        polly.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")["AudioStream"].read()


def asked(calls: Iterable[Call]) -> list[tuple[str, str | None]]:
    """Return what was asked, request by request."""
    return [(call.service, call.operation) for call in calls]


def signers(calls: Iterable[Call], service: str = "polly") -> list[str | None]:
    return [call.access_key_id for call in calls if call.service == service]


def told(account: Account) -> list[tuple[str, str | None]]:
    """Return what was asked since this was last called, and forget it."""
    calls = asked(account.calls)
    account.calls.clear()
    return calls


def issued_here(account: Account, call: Call) -> bool:
    """Tell whether key, secret and token of *call* were issued together, to a session of the case's role."""
    key = account.issued.get(call.access_key_id or "")
    return (
        key is not None
        and ":assumed-role/Narrator-" in key.principal.arn
        and call.token == key.credentials.session_token
        and call.signed_with(key.credentials.secret_access_key)
    )


def attempts(made: Any) -> int:
    """Return how often a client tries in all, as it says itself."""
    config = made.meta.config.retries or {}
    return int(config.get("total_max_attempts", {"legacy": 5}.get(config.get("mode", "legacy"), 3)))


# Files ----------------------------------------------------------------------------------------


def folder() -> Path:
    """Return where the files of the case in force lie."""
    return Path(os.environ["AWS_CONFIG_FILE"]).parent


def settings() -> ConfigParser:
    parser = ConfigParser(interpolation=None, default_section="no such section")
    parser.read(os.environ["AWS_CONFIG_FILE"])
    return parser


def configure(section: str, **values: str | None) -> None:
    """Change settings of the config file in force; ``None`` takes one away."""
    parser = settings()
    if not parser.has_section(section):
        parser.add_section(section)
    for name, value in values.items():
        if value is None:
            parser.remove_option(section, name)
        else:
            parser.set(section, name, value)
    with open(os.environ["AWS_CONFIG_FILE"], "w", encoding="utf-8") as file:
        parser.write(file)


def write_credentials(**profiles: Mapping[str, str]) -> None:
    """Write the shared credentials file in force anew."""
    lines: list[str] = []
    for name, values in profiles.items():
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in values.items())]
    Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"]).write_text("\n".join(lines), encoding="utf-8")


def cached(cache: str) -> Path:
    """Return the one file in a cache of the case in force: ``sso`` or ``login``."""
    (path,) = (folder() / cache).glob("*.json")
    return path


def change_cached(cache: str, **values: Any) -> None:
    """Change what is cached; ``None`` takes an entry away."""
    path = cached(cache)
    content = {**json.loads(path.read_text()), **values}
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
