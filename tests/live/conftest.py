"""An AWS of ours to run against; and what is loaded here is shared by inner runs, lest each loads its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.live.playing_aws import REGION

_OURS = ("contract", "live.account", "live.hooks", "live.run", "report.files")
_WIRES = ("wire.aiobotocore", "wire.botocore", "wire.moto")
for name in (*_OURS, *_WIRES):
    import_module(f"pytest_polly.{name}")
for name in ("aiobotocore.session", "moto.polly.models"):
    if find_spec(name.partition(".")[0]):
        import_module(name)
if find_spec("aiobotocore"):
    import_module("pytest_polly.wire.aiohttp")

_ROOT = Path(__file__).parent.parent.parent


class Elsewhere:
    """The process that plays AWS, asked over its standard input."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        told = self._read()
        self.url: str = told["url"]
        self.role: str = told["role"]

    def ask(self, do: str, **how: Any) -> Any:
        assert self._process.stdin is not None
        print(json.dumps({"do": do, **how}), file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    @property
    def spoken(self) -> int:
        """How many characters it has spoken."""
        return int(self.ask("seen")["spoken"])

    @property
    def polly_calls(self) -> list[Any]:
        return [call for call in self.ask("seen")["calls"] if call[0] == "polly"]


@pytest.fixture(scope="module")
def playing() -> Iterator[Elsewhere]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.live.playing_aws"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    ) as process:
        yield Elsewhere(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def elsewhere(playing: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """AWS as another process plays it, and a machine that has a maintainer's access key for it."""
    playing.ask("forget")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    own = {
        "AWS_ENDPOINT_URL_POLLY": playing.url,
        "AWS_ENDPOINT_URL_STS": playing.url,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **playing.ask("long_term"),
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    return playing
