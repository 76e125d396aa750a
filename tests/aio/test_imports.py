"""aiobotocore is caught whenever it is imported, and never imported by us."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from pytest_polly.wire.changes import Change
from pytest_polly.wire.imports import OnImport
from tests.programs import output_of

pytest.importorskip("aiobotocore")

_SPEAK = """
import asyncio

async def speak(client=None):
    async def say(client):
        answer = await client.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
        async with answer["AudioStream"] as stream:
            assert await stream.read()
    if client is not None:
        return await say(client)
    from aiobotocore.session import AioSession
    async with AioSession().create_client("polly") as client:
        await say(client)
"""

SCRIPTS = {
    "imported inside": """
from pytest_polly import Account
with Account() as account, account.apply("role"):
    asyncio.run(speak())
assert [call.operation for call in account.calls] == ["AssumeRole", "SynthesizeSpeech"]
""",
    "imported before": """
import aiobotocore.session
from pytest_polly import Account
with Account() as account, account.apply("role"):
    asyncio.run(speak())
assert [call.operation for call in account.calls] == ["AssumeRole", "SynthesizeSpeech"]
""",
    "a client made before": """
import os
from aiobotocore.session import AioSession
os.environ.update(AWS_ACCESS_KEY_ID="AKIASOMEBODYELSE2345", AWS_SECRET_ACCESS_KEY="x")

async def main():
    async with AioSession().create_client("polly", "us-east-1") as client:
        from pytest_polly import Account
        with Account() as account, account.apply("long-term"):
            try:
                await speak(client)
            except Exception as error:
                assert "UnrecognizedClientException" in str(error), error
            else:
                raise AssertionError("it spoke")
        assert [call.access_key_id for call in account.calls] == ["AKIASOMEBODYELSE2345"]
asyncio.run(main())
""",
    "by the second account": """
from pytest_polly import Account
with Account() as account, account.apply("long-term"):
    pass
with Account() as account, account.apply("long-term"):
    asyncio.run(speak())
assert [call.operation for call in account.calls] == ["SynthesizeSpeech"]
""",
    "between two accounts": """
from pytest_polly import Account, GuardError
with Account() as account, account.apply("long-term"):
    key = account.credentials.as_client_kwargs()
from aiobotocore.session import AioSession

async def main():
    async with AioSession().create_client("polly", "us-east-1", **key) as client:
        await speak(client)
try:
    asyncio.run(main())
except GuardError:
    pass
else:
    raise AssertionError("it was let out")
""",
    "never": """
import sys
import boto3
from pytest_polly import Account
with Account() as account, account.apply("role"):
    boto3.client("polly").describe_voices()
loaded = [name for name in sys.modules if name.partition(".")[0] in ("aiobotocore", "aiohttp", "httpx")]
assert not loaded, loaded
""",
    "and put back": """
import sys
import aiobotocore.session
from aiobotocore import endpoint, httpsession
from aiobotocore.retries import bucket

def state():
    return [
        httpsession.AIOHTTPSession.send,
        endpoint.asyncio,
        bucket.AsyncTokenBucket.acquire,
        list(sys.meta_path),
    ]

before = state()
from pytest_polly import Account
from pytest_polly.wire import aiobotocore as wire
from pytest_polly.wire import s3
with Account():
    assert all(one != other for one, other in zip(before, state()))
wire.uninstall()
s3.uninstall()
assert state() == before
wire.uninstall()
wire.install()
wire.install()
wire.uninstall()
assert state() == before
""",
    "and put back though imported inside": """
import sys
from pytest_polly import Account
from pytest_polly.wire import aiobotocore as wire
with Account():
    import aiobotocore.session
    from aiobotocore import httpsession
    ours = httpsession.AIOHTTPSession.send
    assert ours.__module__ == "pytest_polly.wire.aiohttp"
wire.uninstall()
assert httpsession.AIOHTTPSession.send.__module__ == "aiobotocore.httpsession"
""",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_aiobotocore_is(script: str) -> None:
    output_of(_SPEAK + script, "-W", "error::ResourceWarning")


def test_a_loader_may_serve_others_too(pytester: pytest.Pytester) -> None:
    """As pytest's does, for whatever has its assertions rewritten."""
    pytester.makeconftest("import pytest; pytest.register_assert_rewrite('aiobotocore')")
    pytester.makepyfile(
        another="",
        test_it="""
        import sys

        def test_it(polly_long_term):
            for name in [name for name in sys.modules if name.startswith("aiobotocore")]:
                del sys.modules[name]
            # First: in some releases the others import each other in a circle.
            import aiobotocore.session
            from aiobotocore import endpoint, httpsession
            import another
            assert "pytest_polly" in httpsession.AIOHTTPSession.send.__module__
            assert "pytest_polly" in type(endpoint.asyncio).__module__
        """,
    )
    pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "no:anyio").assert_outcomes(passed=1)


def test_who_puts_back_the_finders_has_nothing_changed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytester does, after every run of its own in this process."""
    module = ModuleType("nobodys_sdk")
    module.send = lambda: ["sent"]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    original = module.send

    def changing(module: ModuleType) -> Iterator[Change]:
        before = module.send
        yield module, "send", lambda: ["seen", *before()]

    changes = OnImport({module.__name__: changing})
    changes.install()
    sys.meta_path.remove(changes)
    changes.install()
    assert module.send() == ["seen", "sent"]
    sys.meta_path.remove(changes)
    changes.uninstall()
    assert module.send is original
