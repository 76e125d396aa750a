"""However tests are written, ordered, repeated and run, each leaves everything as it found it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

from . import watch

_SPEAK = """
import asyncio, os, subprocess, sys, threading, unittest
from concurrent.futures import ThreadPoolExecutor
import boto3, pytest
from pytest_polly import Account, GuardError

def client():
    return boto3.client("polly")

def speak(polly=None):
    speech = (polly or client()).synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
    return speech["AudioStream"].read()

"""


#: pytest-rerunfailures leaves a thread with a socket behind, in every run.
_QUIET = "-p no:cacheprovider"


@dataclass(frozen=True)
class Scenario:
    """Some tests, how they are run, and what comes of them."""

    tests: str
    passed: int = 0
    failed: int = 0
    errors: int = 0
    arguments: tuple[str, ...] = ()
    #: What has to be installed for it.
    needs: str = ""
    #: Whether something is meant to outlive its test.
    wider: bool = False
    lines: tuple[str, ...] = field(default=())

    @property
    def outcomes(self) -> Mapping[str, int]:
        counts = {"passed": self.passed, "failed": self.failed, "errors": self.errors}
        return {name: count for name, count in counts.items() if count}


_CASES = """
@pytest.mark.polly("session-token", "role", "wrong-secret", "none")
def test_case(polly_account):
    try:
        assert speak()
    except Exception:
        assert not polly_account.expected.ok

@pytest.mark.polly("role", sources=["container", "imds", "web-identity"])
def test_renewed(polly_account):
    polly = client()
    assert speak(polly)
    polly_account.clock.advance(hours=7)
    assert speak(polly)

def test_nothing_in_force(polly_account):
    polly_account.clock.advance(hours=-3)
    os.environ["AWS_PROFILE"] = "of the test"
"""

SCENARIOS = {
    "cases": Scenario(_CASES, passed=8),
    "threads": Scenario(
        """
def test_threads(polly_role):
    polly = client()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: speak(polly), range(40)))
        polly_role.clock.advance(hours=2)
        assert all(pool.map(lambda _: speak(polly), range(40)))
    assert len(polly_role.calls) == 82

def test_a_client_for_each(polly_role):
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: speak(boto3.Session().client("polly")), range(8)))
""",
        passed=2,
    ),
    "tasks": Scenario(
        """
def test_tasks(polly_role):
    polly = client()

    async def all_at_once():
        return await asyncio.gather(*(asyncio.to_thread(speak, polly) for _ in range(20)))

    assert all(asyncio.run(all_at_once()))
    polly_role.clock.advance(hours=2)
    assert all(asyncio.run(all_at_once()))
""",
        passed=1,
    ),
    "tasks of aiobotocore": Scenario(
        """
from aiobotocore.session import get_session

async def speak_async(polly):
    speech = await polly.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
    return await speech["AudioStream"].read()

def test_tasks(polly_role):
    async def all_at_once():
        async with get_session().create_client("polly") as polly:
            heard = await asyncio.gather(*(speak_async(polly) for _ in range(20)))
            polly_role.clock.advance(hours=2)
            return heard + await asyncio.gather(*(speak_async(polly) for _ in range(20)))

    assert all(asyncio.run(all_at_once()))
""",
        passed=1,
        needs="aiobotocore",
    ),
    "subprocesses": Scenario(
        """
PROGRAM = "import boto3; print(len(boto3.client('polly').describe_voices()['Voices']))"

def test_process(polly_session_token, polly_server):
    told = subprocess.check_output([sys.executable, "-c", PROGRAM], env=polly_server.env)
    assert int(told) > 50

@pytest.mark.polly("session-token", source="process")
def test_credential_process(polly_account):
    assert speak()
""",
        passed=2,
        needs="waitress",
    ),
    "xdist": Scenario(_CASES, passed=8, arguments=("-n2",), needs="xdist"),
    "xdist, by load of groups": Scenario(
        _CASES, passed=8, arguments=("-n2", "--dist=worksteal"), needs="xdist"
    ),
    "random order": Scenario(_CASES, passed=8, arguments=("-p", "randomly"), needs="pytest_randomly"),
    "repeated": Scenario(_CASES, passed=24, arguments=("--count=3",), needs="pytest_repeat"),
    "run again": Scenario(
        """
tried = []

@pytest.mark.flaky(reruns=2)
def test_shaky(polly_role):
    assert speak()
    tried.append(1)
    assert len(tried) > 1
""",
        passed=1,
        needs="pytest_rerunfailures",
    ),
    "client of a class": Scenario(
        """
@pytest.fixture(scope="class")
def polly():
    with Account(label="the class") as account, account.apply("role"):
        yield client()

class TestOfOne:
    def test_one(self, polly):
        assert speak(polly)

    def test_two(self, polly):
        assert speak(polly)

class TestOfAnother:
    def test_three(self, polly):
        assert speak(polly)
""",
        passed=3,
        wider=True,
    ),
    "clients of a module and of the session": Scenario(
        """
@pytest.fixture(scope="session")
def account():
    with Account(label="the session") as account, account.apply("session-token"):
        yield account

@pytest.fixture(scope="module")
def polly(account):
    return client()

def test_one(polly):
    assert speak(polly)

def test_with_a_case_of_its_own(polly, polly_role):
    assert speak()

def test_two(polly, account):
    assert speak(polly)
    assert account.mode == "session-token"
""",
        passed=3,
        wider=True,
        arguments=("-p", "no:randomly"),
    ),
    "a client that is kept": Scenario(
        """
kept = []

def test_one(polly_role):
    kept.append(client())
    assert speak(kept[0])

def test_two(polly_role):
    with pytest.raises(GuardError, match="test_one.*outlived its case"):
        speak(kept[0])
    assert speak()

def test_three():
    with pytest.raises(GuardError, match="test_one.*outlived its case"):
        speak(kept[0])
""",
        passed=3,
        arguments=("-p", "no:randomly"),
    ),
    "unittest": Scenario(
        """
@pytest.mark.usefixtures("polly_role")
class TestSync(unittest.TestCase):
    def setUp(self):
        self.polly = client()

    def test_one(self):
        self.assertTrue(speak(self.polly))

    def test_two(self):
        with self.subTest():
            self.assertTrue(speak(self.polly))

@pytest.mark.usefixtures("polly_session_token")
class TestAsync(unittest.IsolatedAsyncioTestCase):
    async def test_three(self):
        self.assertTrue(await asyncio.to_thread(speak))

class TestByHand(unittest.TestCase):
    def setUp(self):
        self.account = Account()
        self.account.__enter__()
        self.addCleanup(self.account.__exit__, None, None, None)

    def test_four(self):
        with self.account.apply("long-term"):
            self.assertTrue(speak())
""",
        passed=4,
    ),
    "doctests": Scenario(
        '''
def greet():
    """
    >>> account = getfixture("polly_role")
    >>> len(speak()) > 100
    True
    >>> [call.operation for call in account.calls]
    ['AssumeRole', 'SynthesizeSpeech']
    """

def greet_by_hand():
    """
    >>> with Account() as account, account.apply("session-token"):
    ...     heard = speak()
    >>> account.calls[0].token_sent
    True
    """
''',
        passed=2,
        arguments=("--doctest-modules",),
    ),
    "nested accounts": Scenario(
        """
def test_nested(polly_role):
    assert speak()
    with Account(region="eu-west-1") as inner, inner.apply("session-token", "shared-credentials-file"):
        assert speak()
        inner.clock.advance(hours=1)
        with Account() as innermost, innermost.apply("long-term"):
            assert speak()
    assert speak()
    assert [len(one.calls) for one in (polly_role, inner, innermost)] == [3, 1, 1]

def test_nested_in_a_test_that_fails(polly_role):
    with Account() as inner, inner.apply("role", "imds"):
        inner.clock.advance(hours=1)
        raise RuntimeError
""",
        passed=1,
        failed=1,
    ),
    "a run inside": Scenario(
        '''
INNER = """
import boto3
def test_inner(polly_session_token):
    boto3.client("polly").describe_voices()
    polly_session_token.clock.advance(hours=1)
"""

def inner(folder):
    path = folder / "test_inner.py"
    path.write_text(INNER)
    quiet = ["-p", "no:cacheprovider", "-p", "no:rerunfailures"]
    options = [*quiet, "--import-mode=importlib", f"--rootdir={folder}", "-c", os.devnull]
    assert pytest.main([*options, str(path)]) == 0

def test_outer(polly_role, tmp_path):
    polly = client()
    assert speak(polly)
    inner(tmp_path)
    assert speak(polly)
    assert [call.service for call in polly_role.calls] == ["sts", "polly", "polly"]

def test_nothing_of_it_is_let_out(tmp_path):
    with Account(label="gone") as account, account.apply("long-term"):
        kept = client()
    inner(tmp_path)
    with pytest.raises(GuardError, match="issued to gone"):
        speak(kept)
''',
        passed=2,
    ),
    "failures everywhere": Scenario(
        """
@pytest.fixture
def stumbles_first(polly_role):
    raise RuntimeError

@pytest.fixture
def stumbles_last(polly_role):
    polly_role.clock.advance(hours=1)
    yield
    raise RuntimeError

def test_setup(stumbles_first): pass
def test_teardown(stumbles_last): assert speak()
def test_call(polly_role): assert not speak()
def test_skipped(polly_role): pytest.skip("so it is")
def test_ended(polly_role): raise SystemExit(5)

@pytest.mark.xfail(strict=True)
def test_known(polly_role): raise GuardError("as known")
""",
        passed=1,
        failed=2,
        errors=2,
    ),
    "stopped in the middle": Scenario(
        """
def test_stops(polly_role):
    polly_role.clock.advance(hours=1)
    pytest.exit("enough")
""",
        wider=True,
        lines=("*Exit: enough*",),
    ),
    "interrupted": Scenario(
        """
def test_stops(polly_role):
    polly_role.clock.advance(hours=1)
    raise KeyboardInterrupt
""",
        wider=True,
        lines=("*KeyboardInterrupt*",),
    ),
    "a contract": Scenario(
        """
from pytest_polly.contract import CredentialContract

class TestKeyNarrator(CredentialContract):
    sources = ("explicit", "environment", "container")

    def make_client(self, aws_access_key_id=None, aws_secret_access_key=None):
        given = {"aws_access_key_id": aws_access_key_id, "aws_secret_access_key": aws_secret_access_key}
        yield boto3.client("polly", **given)

    def synthesize(self, client, text):
        return client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")["AudioStream"]

    modes = ("long-term", "session-token", "expired-token", "role")
""",
        lines=("*polly: credential matrix*", "session-token-dropped *"),
    ),
}


@pytest.fixture(autouse=True)
def folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others make temporary folders, too."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


@pytest.mark.parametrize("name", SCENARIOS)
def test_everything_is_left_as_it_was_found(pytester: pytest.Pytester, name: str) -> None:
    scenario = SCENARIOS[name]
    if scenario.needs and find_spec(scenario.needs) is None:
        pytest.skip(f"{scenario.needs} is not installed")
    pytester.makeconftest(Path(watch.__file__).read_text("utf-8"))
    pytester.makeini(f"[pytest]\nwider = {scenario.wider}\naddopts = {_QUIET}\n")
    pytester.makepyfile(_SPEAK + scenario.tests)
    without = () if scenario.needs == "pytest_rerunfailures" else ("-p", "no:rerunfailures")
    result = pytester.runpytest_subprocess(*without, *scenario.arguments)
    if scenario.lines:
        result.stdout.fnmatch_lines([*scenario.lines])
    else:
        outcomes = result.parseoutcomes()
        counts = {name: outcomes.get(name, 0) for name in ("passed", "failed", "errors")}
        assert {name: count for name, count in counts.items() if count} == scenario.outcomes
    noted = (pytester.path / "differences.txt").read_text().splitlines()
    # Workers see each other's folders and threads; what is left in the end is nobody's.
    shared = ("folders of accounts", "sockets", "threads") if _with_server(scenario) else ()
    assert [line for line in noted if not line.endswith(shared or "\n")] == []
    assert list(Path(tempfile.gettempdir()).glob("pytest-polly-*")) == []


def _with_server(scenario: Scenario) -> bool:
    return "-n2" in scenario.arguments or scenario.needs == "pytest_rerunfailures"


@pytest.mark.parametrize("name", ["cases", "a run inside", "failures everywhere", "a contract"])
def test_nothing_is_left_of_a_run(pytester: pytest.Pytester, name: str) -> None:
    pytester.makepyfile(_SPEAK + SCENARIOS[name].tests)
    before, seam = watch.world(), watch.seam()
    pytester.runpytest_inprocess(*_QUIET.split(), "-p", "no:rerunfailures")
    assert watch.differences(before, watch.world()) == {}
    # Not at the end of a run inside another: it is the outer one that takes it out.
    assert watch.seam()["finders"][-3:] == seam["finders"][-3:]


def test_the_watch_sees_what_is_left(pytester: pytest.Pytester) -> None:
    """Else the tests above prove nothing."""
    pytester.makeconftest(Path(watch.__file__).read_text("utf-8"))
    pytester.makepyfile(
        _SPEAK
        + """
import logging, socket, tempfile

def test_variable(): os.environ["LEFT"] = "behind"
def test_session(): boto3.setup_default_session(region_name="us-east-1")
def test_account(): Account().__enter__()
def test_thread(): threading.Thread(target=threading.Event().wait, daemon=True).start()
def test_handler(): logging.getLogger("left").addHandler(logging.NullHandler())
kept = []
def test_socket(): kept.append(socket.socket())
"""
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=6)
    noted = (pytester.path / "differences.txt").read_text().splitlines()
    for line in (
        "test_variable: environment",
        "test_session: boto3.DEFAULT_SESSION",
        "test_account: folders of accounts",
        "test_account: moto",
        "test_account: botocore's caches",
        "test_thread: threads",
        "test_handler: loggers",
        "test_socket: sockets",
    ):
        assert line in noted
