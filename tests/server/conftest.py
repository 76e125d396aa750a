from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_polly.wire.server import Server

from .processes import WORKER

Speak = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def worker() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def speak_elsewhere(worker: subprocess.Popen[str], polly_server: Server) -> Speak:
    """Speaks in another process, with nothing but the server's environment and what is handed over."""

    def speak(**parameters: str) -> dict[str, Any]:
        assert worker.stdin is not None
        assert worker.stdout is not None
        print(json.dumps({"env": polly_server.env, "parameters": parameters}), file=worker.stdin, flush=True)
        answer: dict[str, Any] = json.loads(worker.stdout.readline())
        return answer

    return speak
