"""The same over HTTP: spoilt before it becomes bytes, after, or both.

python -m tests.fuzz.http --requests 100000 --seed 1
"""

from __future__ import annotations

import argparse
import logging
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import urlsplit

from pytest_polly.gate import Request, Response, octets
from pytest_polly.wire.server import Server

from .mangling import mangled_bytes
from .samples import World, essence, sign, world
from .samples import spoilt as spoilt_on_the_way

#: For how many seconds a server is listened to that may be waiting for more, and one that owes an answer.
_PATIENCE, LONG_PATIENCE = 0.1, 60.0


class Behind(logging.Handler):
    """A world behind HTTP, and what its server stumbled over."""

    def __init__(self, there: World, server: Server) -> None:
        super().__init__(logging.ERROR)
        self.there = there
        parts = urlsplit(server.url)
        self.address = (str(parts.hostname), int(parts.port or 0))
        self.arrived: list[tuple[Request, Response | None]] = []
        self._logged: list[str] = []
        #: What anybody ever signed; an answer may be late.
        self.signed: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self._logged.append(record.getMessage().partition("\n")[0])

    @property
    def stumbled(self) -> list[str]:
        """What the server said of itself, and what the account's answering said of it."""
        return [*self._logged, *map(str, self.there.account.refusals)]

    def exchange(self, data: bytes, patience: float = LONG_PATIENCE) -> bytes:
        """Send *data*, and return what comes back."""
        received = b""
        with socket.create_connection(self.address) as connection:
            with suppress(ConnectionError):
                connection.sendall(data)
            connection.settimeout(patience)
            with suppress(ConnectionError, TimeoutError):
                while piece := connection.recv(65536):
                    received += piece
        return received

    def sound(self) -> Request:
        """Return a request that is in order."""
        asked = self.addressed(self.there.signed[0])
        return sign(asked, self.there.signers[0])

    def addressed(self, request: Request) -> Request:
        """Return *request* as it is before it is signed for this address."""
        host = f"{self.address[0]}:{self.address[1]}"
        return replace(request, headers=(("Host", host), *request.headers[1:]))

    def trial(self, random: Random) -> list[str]:
        """Send one request, and say what is wrong with what became of it."""
        left = sign(self.addressed(random.choice(self.there.signed)), random.choice(self.there.signers[:12]))
        sent = spoilt_on_the_way(left, random) if random.random() < 0.5 else left
        self.signed.add(repr(essence(left)))
        data = as_bytes(sent)
        spoilt = mangled_bytes(data, random) if random.random() < 0.7 else data
        received = self.exchange(spoilt, _PATIENCE)
        wrong = [f"the server stumbled: {one}" for one in self.stumbled]
        self._logged.clear()
        self.there.account.refusals.clear()
        if received and not received.startswith(b"HTTP/1."):
            wrong.append("what came back is no HTTP")
        for request, response in [self.arrived.pop() for _ in list(self.arrived)]:
            if response is None or response.status != 200 or response.error_code is not None:
                continue
            if repr(essence(request)) not in self.signed:
                wrong.append("something else was accepted than what was signed")
        return wrong


def as_bytes(request: Request) -> bytes:
    """Return *request* as HTTP, with whatever is in it."""
    target = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    length = f"Content-Length: {len(request.body)}"
    return octets("\r\n".join([*lines, length, "Connection: close", "", ""])) + request.body


@contextmanager
def behind_http() -> Iterator[Behind]:
    with world() as there:
        answer = there.account._aws.answer

        def noted(request: Request, *now: Any) -> Response | None:
            response = answer(request, *now)
            behind.arrived.append((request, response))
            return response

        there.account._aws.answer = noted  # type: ignore[assignment, method-assign]
        log = logging.getLogger("waitress")
        propagates = log.propagate
        try:
            with there.account.serve() as server:
                behind = Behind(there, server)
                log.addHandler(behind)
                log.propagate = False
                yield behind
        finally:
            log.removeHandler(behind)
            log.propagate = propagates
            there.account._aws.answer = answer  # type: ignore[method-assign]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.http", description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random, found, arrived = Random(options.seed), Counter[str](), 0
    with behind_http() as behind:
        for _ in range(options.requests):
            for one in behind.trial(random):
                found[one] += 1
                if found[one] == 1:
                    print(f"FOUND {one}", flush=True)
            arrived += len(behind.there.account.calls)
            behind.there.account.calls.clear()
        alive = behind.exchange(as_bytes(behind.sound())).startswith(b"HTTP/1.1 200")
    print(f"{options.requests:,} requests, seed {options.seed}: {arrived:,} got through to the account")
    print(f"found: {dict(found) or 'nothing'}; the server {'answers' if alive else 'is gone'}")
    return 1 if found or not alive else 0


if __name__ == "__main__":
    sys.exit(main())
