"""Asynchronous clients through time: renewal, tasks, pauses, failures, and what they may not reach."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import HTTPClientError
from moto import mock_aws

from pytest_polly import Account, GuardError
from pytest_polly.services.service import SILENCES

from . import sdks

pytest.importorskip("aiobotocore")

every_sdk = pytest.mark.parametrize("sdk", sdks.parameters(*sdks.ASYNCHRONOUS))
both_sessions = pytest.mark.parametrize("sdk", sdks.parameters(sdks.Aiobotocore, sdks.AiobotocoreOnHttpx))


@asynccontextmanager
async def made_by(sdk: Any) -> AsyncIterator[Any]:
    async for client in sdk.make_client():
        yield client


async def _say(sdk: Any, client: Any, text: str = "Hello") -> bytes:
    return b"".join([chunk async for chunk in sdk.synthesize(client, text)])


# Renewal --------------------------------------------------------------------------------------


@every_sdk
@pytest.mark.parametrize("source", ["assume-role", "web-identity", "container", "sso"])
def test_a_role_is_renewed(polly_account: Account, sdk: Any, source: str) -> None:
    with polly_account.apply("role", source), sdks.speaking(polly_account, sdk) as speak:
        first = speak()
        expiry = polly_account.role_sessions[-1].credentials.expires_at
        assert expiry is not None
        polly_account.clock.advance(seconds=(expiry - polly_account.clock.now).total_seconds() + 300)
        second = speak()
    assert first.audio
    assert second.audio
    signers = {call.access_key_id for call in (*first.polly_calls, *second.polly_calls)}
    assert len(signers) == 2


@every_sdk
def test_tasks_that_share_a_client_across_a_renewal(polly_role: Account, sdk: Any) -> None:
    async def main() -> None:
        async with made_by(sdk) as client:
            for _ in range(3):
                await asyncio.gather(*(_say(sdk, client, f"{number}") for number in range(20)))
                polly_role.clock.advance(hours=2)

    asyncio.run(main())
    assert [call.status for call in polly_role.calls if call.service == "polly"] == [200] * 60
    assert sum(call.operation == "AssumeRole" for call in polly_role.calls) == 3


@every_sdk
def test_others_get_their_turn_while_one_speaks(polly_long_term: Account, sdk: Any) -> None:
    """A request that never gave way would hide from a test whatever goes wrong between tasks."""
    order: list[str] = []

    async def speak(client: Any, name: str) -> None:
        order.append(f"{name} begins")
        await _say(sdk, client)
        order.append(f"{name} ends")

    async def main() -> None:
        async with made_by(sdk) as client:
            await _say(sdk, client)
            await asyncio.gather(speak(client, "one"), speak(client, "two"))

    asyncio.run(main())
    assert order[:2] == ["one begins", "two begins"]


@every_sdk
def test_a_cancelled_task_ends_while_it_sends(polly_long_term: Account, sdk: Any) -> None:
    async def main() -> None:
        async with made_by(sdk) as client:
            task = asyncio.create_task(_say(sdk, client))
            while not polly_long_term.calls:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert await _say(sdk, client)

    asyncio.run(main())


@pytest.mark.parametrize("sdk", sdks.parameters(sdks.AiobotocoreOnHttpx))
@pytest.mark.polly("long-term", "session-token")
def test_without_asyncio(polly_account: Account, sdk: Any) -> None:
    """On trio, which only httpx offers."""
    if sdks.AIOBOTOCORE < (3, 9):
        pytest.skip("trio: since aiobotocore 3.9")
    trio = pytest.importorskip("trio")

    async def main() -> None:
        async with made_by(sdk) as client:
            assert await _say(sdk, client)

    trio.run(main)
    assert polly_account.calls[-1].status == 200


# Pauses and failures --------------------------------------------------------------------------


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Whenever an event loop is to go on later, be it after a pause or at the end of a time-out."""
    moments: list[float] = []
    call_at = asyncio.BaseEventLoop.call_at

    def noting(loop: asyncio.BaseEventLoop, when: float, *args: Any, **kwargs: Any) -> Any:
        moments.append(when)
        return call_at(loop, when, *args, **kwargs)

    monkeypatch.setattr(asyncio.BaseEventLoop, "call_at", noting)
    return moments


@both_sessions
@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_attempts_follow_each_other_at_once(
    polly_account: Account, monkeypatch: pytest.MonkeyPatch, pauses: list[float], sdk: Any, mode: str
) -> None:
    with polly_account.apply("throttled"), sdks.speaking(polly_account, sdk) as speak:
        monkeypatch.setenv("AWS_RETRY_MODE", mode)
        speak()
        attempt = speak()
    assert "ThrottlingException" in str(attempt.error)
    assert len(attempt.calls) == (5 if mode == "legacy" else 3)
    assert not pauses


def test_a_busy_container_is_asked_again_at_once(polly_account: Account, pauses: list[float]) -> None:
    with polly_account.apply("role", "container"):
        polly_account.fail("container", "InternalServerError", times=2)
        with sdks.speaking(polly_account, sdks.Aiobotocore()) as speak:
            assert speak().audio
    assert [call.service for call in polly_account.calls] == ["container"] * 3 + ["polly"]
    assert not pauses


def test_outside_an_account_aiobotocore_waits_as_ever(pauses: list[float]) -> None:
    with Account():
        import aiobotocore.endpoint
    asyncio.run(aiobotocore.endpoint.asyncio.sleep(0.001))
    assert len(pauses) == 1


@both_sessions
@pytest.mark.parametrize("code", SILENCES)
def test_where_there_is_no_answer(polly_long_term: Account, sdk: Any, code: str) -> None:
    polly_long_term.fail("polly", code, times=None)
    with sdks.speaking(polly_long_term, sdk.like()) as speak:
        reference = speak()
    with sdks.speaking(polly_long_term, sdk) as speak:
        attempt = speak()
    assert type(attempt.error).__name__ == code
    assert str(attempt.error) == str(reference.error)
    assert len(attempt.calls) == len(reference.calls)


# What may not be reached ----------------------------------------------------------------------


@every_sdk
def test_a_client_that_outlives_its_test_is_told_whose_it_was(sdk: Any) -> None:
    async def main() -> None:
        with Account(label="test_one.py::test_one") as account, account.apply("long-term"):
            made = sdk.make_client()
            client = await made.__anext__()
            assert await _say(sdk, client)
        with pytest.raises(GuardError, match=r"issued to test_one\.py::test_one"):
            await _say(sdk, client)
        async for _ in made:
            pass

    asyncio.run(main())


@both_sessions
def test_nothing_else_leaves_this_machine(polly_long_term: Account, sdk: Any) -> None:
    async def main() -> None:
        from aiobotocore.session import AioSession

        async with AioSession().create_client("s3", config=sdk.config()) as s3:
            with pytest.raises(GuardError, match=r"refused to send GET s3\."):
                await s3.list_buckets()

    asyncio.run(main())


@both_sessions
def test_what_is_on_this_machine_is_not_reached_through_a_proxy(
    polly_long_term: Account, sdk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(sdk, sdks.AiobotocoreOnHttpx) and sdks.AIOBOTOCORE < (3, 9):
        pytest.skip("proxies over httpx: since aiobotocore 3.9")
    for name in ("http_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://somebody:sesame@proxy.example.com:3128")

    async def main() -> None:
        from aiobotocore.session import AioSession

        session, url = AioSession(), "http://127.0.0.1:9"
        async with session.create_client("s3", endpoint_url=url, config=sdk.config()) as s3:
            with pytest.raises(GuardError, match=r"through the proxy proxy\.example\.com: "):
                await s3.list_buckets()

    asyncio.run(main())


def test_a_client_is_of_no_use_outside_its_block(polly_long_term: Account) -> None:
    """As with a network: aiobotocore 2 would open a connection that nobody closes."""
    if sdks.AIOBOTOCORE < (3,):
        pytest.skip("since aiobotocore 3")

    async def main() -> None:
        sdk = sdks.Aiobotocore()
        async with made_by(sdk) as client:
            pass
        with pytest.raises(HTTPClientError):
            await _say(sdk, client)

    asyncio.run(main())
    assert not polly_long_term.calls


class _Bucket(BaseHTTPRequestHandler):
    """An S3 of the test's own, which counts the bytes of an upload."""

    #: aiobotocore waits to be told to go on with a body.
    protocol_version = "HTTP/1.1"
    timeout = 10
    received: list[int]

    def do_PUT(self) -> None:
        self.received.append(len(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def _bucket() -> Iterator[tuple[str, list[int]]]:
    handler: Any = type("Bucket", (_Bucket,), {"received": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", handler.received
        finally:
            server.shutdown()
            thread.join()


def test_uploads_to_a_server_of_ones_own_arrive_whole(polly_long_term: Account, tmp_path: Path) -> None:
    """The seam lets them pass, and has not read the file."""
    path = tmp_path / "audio.mp3"
    path.write_bytes(b"x" * 10_000)

    async def main(url: str) -> None:
        from aiobotocore.config import AioConfig
        from aiobotocore.session import AioSession

        checksums: dict[str, Any] = {}
        if sdks.BOTOCORE >= (1, 36):
            checksums = {"request_checksum_calculation": "when_required"}
        config = AioConfig(s3={"payload_signing_enabled": False}, **checksums)
        with path.open("rb") as file:
            async with AioSession().create_client("s3", endpoint_url=url, config=config) as s3:
                await s3.put_object(Bucket="bucket", Key="audio.mp3", Body=file)

    with _bucket() as (url, received):
        asyncio.run(main(url))
    assert received == [10_000]


@every_sdk
def test_a_mock_aws_inside_disturbs_nobody(polly_role: Account, sdk: Any) -> None:
    import boto3

    async def main() -> None:
        async with made_by(sdk) as client:
            with mock_aws():
                bucket = boto3.client("s3")
                bucket.create_bucket(Bucket="audio")
                audio = await _say(sdk, client)
                bucket.put_object(Bucket="audio", Key="one", Body=audio)
            async with made_by(sdk) as another:
                with mock_aws():
                    assert await _say(sdk, another)

    asyncio.run(main())
    spoken = [call for call in polly_role.calls if call.service == "polly"]
    assert [call.status for call in spoken] == [200, 200]
    assert all(call.access_key_id in polly_role.issued for call in spoken)
