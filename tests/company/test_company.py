"""Beside other plugins that change what the kit changes: event loops, sockets, time, order, the environment.

All of them are installed by ``tox -e company``; elsewhere what is missing is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec

import pytest

_SPEAK = """
import asyncio, os, socket, time, urllib.request
from datetime import datetime, timedelta, timezone
import boto3, pytest
from pytest_polly import Account, GuardError

def client(service="polly", **options):
    return boto3.client(service, **options)

def speak(polly=None):
    speech = (polly or client()).synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
    return speech["AudioStream"].read()

async def speak_async(polly):
    speech = await polly.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
    return await speech["AudioStream"].read()
"""


@dataclass(frozen=True)
class Company:
    """Tests beside a plugin, how they are run, and how many of them pass: all."""

    needs: tuple[str, ...]
    tests: str
    passed: int
    arguments: tuple[str, ...] = ()
    ini: str = ""


_RENEWAL = """
@pytest.mark.polly("session-token", "expired-token", "role", sources=["environment", "container", "imds"])
def test_case(polly_account):
    try:
        assert speak()
    except Exception as error:
        assert polly_account.expected.code in str(error)

def test_renewal(polly_role):
    polly = client()
    assert speak(polly)
    polly_role.clock.advance(hours=2)
    assert speak(polly)
    assert [call.service for call in polly_role.calls] == ["sts", "polly", "sts", "polly"]
"""

_ASYNC = """
from aiobotocore.session import get_session

@pytest.fixture
async def narrator(polly_account):
    async with get_session().create_client("polly") as polly:
        yield polly

@MARK
@pytest.mark.polly("session-token", "role")
async def test_marked(narrator, polly_account):
    assert all(await asyncio.gather(*(speak_async(narrator) for _ in range(5))))
    polly_account.clock.advance(minutes=30)
    await asyncio.sleep(0)
    assert await speak_async(narrator)

@MARK
async def test_with_a_fixture(polly_role):
    assert await asyncio.to_thread(speak)
"""

_MOTO = """
from moto import mock_aws

def keep(audio):
    s3 = client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="audio")
    s3.put_object(Bucket="audio", Key="a.mp3", Body=audio)
    return s3.get_object(Bucket="audio", Key="a.mp3")["Body"].read()

@mock_aws
@pytest.mark.polly("session-token", "role")
def test_decorated(polly_account):
    heard = speak()
    assert keep(heard) == heard
    assert {call.access_key_id for call in polly_account.calls}.isdisjoint({"FOOBARKEY", "testing"})

@mock_aws
class TestDecorated:
    def test_in_a_class(self, polly_session_token):
        assert keep(speak())
        assert polly_session_token.calls[0].token_sent

@pytest.fixture
def aws():
    with mock_aws():
        yield

def test_fixture(aws, polly_role):
    assert keep(speak())

def test_fixture_second(polly_role, aws):
    assert keep(speak())

@mock_aws
def test_without_the_kit():
    assert client("polly", region_name="us-east-1").describe_voices()["Voices"]
"""

COMPANY = {
    "asyncio, strict": Company(
        ("pytest_asyncio", "aiobotocore"),
        _ASYNC.replace("@MARK", "@pytest.mark.asyncio").replace(
            "@pytest.fixture", "import pytest_asyncio\n@pytest_asyncio.fixture"
        ),
        3,
        ini="asyncio_mode = strict\nasyncio_default_fixture_loop_scope = function",
    ),
    "asyncio, auto": Company(
        ("pytest_asyncio", "aiobotocore"),
        _ASYNC.replace("@MARK\n", ""),
        3,
        ini="asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function",
    ),
    "anyio": Company(
        ("anyio", "aiobotocore"),
        """
@pytest.fixture
def anyio_backend():
    return "asyncio"
"""
        + _ASYNC.replace("@MARK", "@pytest.mark.anyio"),
        3,
        ("-p", "no:asyncio"),
    ),
    "anyio with trio": Company(
        ("anyio", "trio"),
        """
import anyio

@pytest.fixture
def anyio_backend():
    return "trio"

@pytest.mark.anyio
@pytest.mark.polly("session-token", "role")
async def test_in_a_thread(polly_account):
    polly = client()
    assert await anyio.to_thread.run_sync(speak, polly)
    polly_account.clock.advance(hours=1)
    await anyio.sleep(0)
""",
        2,
        ("-p", "no:asyncio"),
    ),
    "socket": Company(
        ("pytest_socket",),
        _RENEWAL
        + """
from pytest_socket import SocketBlockedError

def test_the_rest_is_closed_too(polly_session_token):
    assert speak()
    with pytest.raises(GuardError, match="s3.amazonaws.com"):
        client("s3").list_buckets()
    with pytest.raises(SocketBlockedError):
        socket.socket()
    with pytest.raises(SocketBlockedError):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)
""",
        6,
        ("--disable-socket",),
    ),
    "socket, but for loopback": Company(
        ("pytest_socket", "waitress"),
        """
from pytest_socket import SocketConnectBlockedError

def test_server(polly_session_token, polly_server):
    assert speak(client(endpoint_url=polly_server.url))
    assert polly_session_token.calls[0].host.startswith("polly.")
    with pytest.raises(SocketConnectBlockedError):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)
    with pytest.raises(GuardError):
        speak(client(endpoint_url="http://192.0.2.1"))
""",
        1,
        ("--allow-hosts=127.0.0.1",),
    ),
    "freezer": Company(
        ("pytest_freezer",),
        _RENEWAL
        + """
@pytest.mark.freeze_time("2030-01-01")
def test_frozen(polly_role):
    polly = client()
    assert speak(polly)
    assert polly_role.calls[0].time.year == 2030

def test_moved_by_the_other(freezer, polly_role):
    polly = client()
    assert speak(polly)
    freezer.tick(timedelta(hours=2))
    assert speak(polly)
    polly_role.clock.advance(hours=2)
    assert speak(polly)
    assert [call.service for call in polly_role.calls] == ["sts", "polly"] * 3
    assert time.time() == freezer.time_to_freeze.replace(tzinfo=timezone.utc).timestamp()

def test_not_frozen_any_more():
    assert datetime.now().year < 2030
""",
        8,
    ),
    "time-machine": Company(
        ("time_machine",),
        _RENEWAL
        + """
import time_machine

@time_machine.travel("2030-01-01", tick=True)
def test_travelling(polly_role):
    assert speak()
    assert polly_role.calls[0].time.year == 2030

def test_moved_by_the_other(polly_role):
    polly = client()
    assert speak(polly)
    with time_machine.travel(datetime.now(timezone.utc) + timedelta(hours=2), tick=True):
        assert speak(polly)
    assert [call.service for call in polly_role.calls] == ["sts", "polly"] * 2

def test_back_again():
    assert datetime.now().year < 2030
""",
        8,
    ),
    "randomly": Company(("pytest_randomly",), _RENEWAL, 5, ("--randomly-seed=7",)),
    "cov": Company(("pytest_cov",), _RENEWAL, 5, ("--cov=pytest_polly", "--cov-branch", "--cov-report=")),
    "cov and xdist": Company(
        ("pytest_cov", "xdist"), _RENEWAL, 5, ("--cov=pytest_polly", "--cov-report=", "-n2")
    ),
    "timeout, by a signal": Company(
        ("pytest_timeout",), _RENEWAL, 5, ("--timeout=900", "--timeout-method=signal")
    ),
    "timeout, by a thread": Company(
        ("pytest_timeout",), _RENEWAL, 5, ("--timeout=900", "--timeout-method=thread")
    ),
    "mock": Company(
        ("pytest_mock",),
        _RENEWAL
        + """
def test_of_parts(mocker, polly_session_token):
    mocker.patch.dict(os.environ, {"AWS_PROFILE": "of the test"}, clear=False)
    seen = mocker.spy(boto3, "client")
    mocker.patch.dict(os.environ)
    del os.environ["AWS_PROFILE"]
    assert speak()
    assert seen.call_count == 1
    mocker.patch("boto3.client", side_effect=RuntimeError("of the test"))
    with pytest.raises(RuntimeError, match="of the test"):
        speak()

def test_nothing_is_left(polly_role):
    assert speak()
    assert "AWS_PROFILE" not in os.environ
""",
        7,
    ),
    "repeat": Company(("pytest_repeat",), _RENEWAL, 10, ("--count=2",)),
    "rerunfailures": Company(("pytest_rerunfailures",), _RENEWAL, 5, ("--reruns=1",)),
    "moto": Company(("moto",), _MOTO, 6),
    "everybody": Company(
        ("pytest_asyncio", "anyio", "pytest_socket", "pytest_freezer", "time_machine", "pytest_timeout"),
        _RENEWAL + _MOTO,
        11,
        ("--disable-socket", "--timeout=900", "-n2", "--allow-unix-socket"),
        "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function",
    ),
}


@pytest.mark.parametrize("name", COMPANY)
def test_beside(pytester: pytest.Pytester, name: str) -> None:
    company = COMPANY[name]
    missing = [one for one in company.needs if find_spec(one) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    pytester.makeini(f"[pytest]\naddopts = -p no:cacheprovider\n{company.ini}\n")
    pytester.makepyfile(_SPEAK + company.tests)
    result = pytester.runpytest_subprocess(*company.arguments)
    outcomes = result.parseoutcomes()
    # Some warn of what they forbid.
    outcomes.pop("warnings", None)
    assert outcomes == {"passed": company.passed}, result.stdout.str()
