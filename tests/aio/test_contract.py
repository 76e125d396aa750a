"""The contract over a client made with aiobotocore, beside whatever else runs coroutines in a test run."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

pytest.importorskip("aiobotocore")

_CONTRACT = """
    from aiobotocore.session import AioSession
    from botocore.exceptions import BotoCoreError, ClientError
    from pytest_polly.contract import CredentialContract

    class NarratorError(Exception):
        pass

    class TestNarrator(CredentialContract):
        error = NarratorError

        async def make_client(self, profile_name=None, **credentials):
            session = AioSession(profile=profile_name)
            try:
                async with session.create_client("polly", **credentials) as client:
                    yield client
            except BotoCoreError as error:
                raise NarratorError("cannot speak") from error

        async def synthesize(self, client, text):
            try:
                answer = await client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")
            except (BotoCoreError, ClientError) as error:
                raise NarratorError(f"cannot speak: {error}") from error
            # What is entered here is aiohttp's, in older releases, and has no chunks of this kind.
            async with answer["AudioStream"]:
                async for chunk in answer["AudioStream"].iter_chunks():
                    yield chunk
"""

#: Asynchronous tests written by hand, in each plugin's way.
_BY_HAND = {
    "asyncio": """
    import pytest

    async def _speak():
        async with AioSession().create_client("polly") as client:
            answer = await client.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
            async with answer["AudioStream"] as stream:
                return await stream.read()

    @pytest.mark.asyncio
    @pytest.mark.polly("long-term", "role")
    async def test_speaks(polly_account):
        assert await _speak()
        assert polly_account.calls[-1].status == 200

    @pytest.mark.asyncio
    async def test_is_renewed(polly_role):
        assert await _speak()
        polly_role.clock.advance(hours=2)
        assert await _speak()
    """,
}
_BY_HAND["anyio"] = (
    _BY_HAND["asyncio"].replace("@pytest.mark.asyncio", "@pytest.mark.anyio")
    + """
    @pytest.fixture
    def anyio_backend():
        return "asyncio"
"""
)

_BESIDE: dict[str, tuple[Sequence[str], str]] = {
    "neither": (("-p", "no:asyncio", "-p", "no:anyio"), ""),
    "pytest-asyncio, strict": (("-p", "no:anyio", "-o", "asyncio_mode=strict"), _BY_HAND["asyncio"]),
    "pytest-asyncio, auto": (("-p", "no:anyio", "-o", "asyncio_mode=auto"), _BY_HAND["asyncio"]),
    "anyio": (("-p", "no:asyncio"), _BY_HAND["anyio"]),
    "both": (("-o", "asyncio_mode=auto"), _BY_HAND["asyncio"]),
}


@pytest.mark.parametrize(("options", "by_hand"), _BESIDE.values(), ids=_BESIDE)
def test_a_sound_client_is_sound_beside(
    pytester: pytest.Pytester, options: Sequence[str], by_hand: str
) -> None:
    if "asyncio_mode" in " ".join(options):
        pytest.importorskip("pytest_asyncio")
        options = (*options, "-o", "asyncio_default_fixture_loop_scope=function")
    if "no:anyio" not in options:
        pytest.importorskip("anyio")
    sources = "" if not by_hand else '\n        sources = ["explicit", "assume-role"]\n'
    pytester.makepyfile(_CONTRACT + sources + by_hand)
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:xdist", "-W", "error", *options)
    outcomes = result.parseoutcomes()
    assert result.ret == 0, result.stdout.str()
    assert "failed" not in outcomes
    # Nothing is left out but what this version of botocore or this machine cannot do.
    assert outcomes["passed"] > (100 if not by_hand else 30)
    assert outcomes.get("skipped", 0) < 10


def test_a_broken_client_is_told_apart(pytester: pytest.Pytester) -> None:
    """The same client, but without the session token."""
    broken = _CONTRACT.replace(
        "async with session", 'credentials.pop("aws_session_token", None)\n                async with session'
    )
    pytester.makepyfile(
        broken + '\n        sources = ["explicit"]\n        modes = ["long-term", "session-token"]\n'
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:xdist", "-p", "no:asyncio")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*session-token-dropped*"])
    result.stdout.no_fnmatch_line("*does-not-speak*")
