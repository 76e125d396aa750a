"""What holds for every test here: no socket is opened, and nobody sleeps."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from botocore.utils import ContainerMetadataFetcher


@pytest.fixture(autouse=True)
def nothing_leaves_and_nothing_waits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail on a connection (unless the test has a server of its own) and on any pause."""

    def connect(self: socket.socket, address: Any) -> None:
        pytest.fail(f"a socket was to be connected to {address}")

    def sleep(seconds: float) -> None:
        assert seconds == 0, f"somebody was to sleep for {seconds} seconds"

    if "neighbour" not in request.fixturenames:
        monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(ContainerMetadataFetcher.__init__, "__defaults__", (None, sleep))
