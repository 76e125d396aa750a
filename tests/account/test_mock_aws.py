"""A user's own ``mock_aws`` keeps working around, inside and across an account, and out of its way.

Whatever mock_aws itself leaves behind is its own affair: the state of things after each step is compared
with the same steps taken without an account.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core.config import default_user_config
from moto.core.models import MockAWS

from pytest_polly import Account, Call, GuardError

from .outside_world import aws_variables

OUTSIDE_KEY = "AKIAOUTSIDE234567222"
FAKE_KEY = "FOOBARKEY"
MOTO_ACCOUNT = "123456789012"

CONFIGS: dict[str, dict[str, Any] | None] = {
    "no config": None,
    "no fake credentials": {"core": {"mock_credentials": False}},
    "default session kept": {"core": {"reset_boto3_session": False}},
    "neither": {"core": {"mock_credentials": False, "reset_boto3_session": False}},
}

#: In which order a test enters (+) and leaves (-) its mocks (m, n) and its accounts (a, b).
SIMPLE_ORDERS = ("+m +a -a -m", "+a +m -m -a", "+m +a -m -a", "+a +m -a -m")
ORDERS = (
    *SIMPLE_ORDERS,
    "+a +m -m +m -m -a",
    "+m +a -a +a -a -m",
    "+m +a +n -n -a -m",
    "+m +a -m +n -a -n",
    "+a +m +n -m -a -n",
    "+a +b +m -m -b -a",
    "+a +m +b -m -b -a",
    "+m +a +b +n -b -m -a -n",
    "+m -m +a -a +m -m",
)


@pytest.fixture(autouse=True)
def clean_slate(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of AWS's but a long-term key; what mock_aws leaves behind does not outlive a test."""
    for name in aws_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", OUTSIDE_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "outside")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    variables, config = dict(os.environ), deepcopy(default_user_config)
    yield
    while MockAWS._nested_count:
        mock_aws().stop()
    MockAWS._mocks_active = False
    default_user_config.clear()
    default_user_config.update(config)
    os.environ.clear()
    os.environ.update(variables)


@dataclass
class Stage:
    """What is on after a step."""

    mocks: int
    accounts: list[Account]

    @property
    def account(self) -> Account | None:
        return self.accounts[-1] if self.accounts else None


def walk(order: str, config: dict[str, Any] | None, *, with_accounts: bool = True) -> Iterator[Stage]:
    """Take the steps of *order*; yield what is on after each."""
    opened: dict[str, ExitStack] = {}
    stage = Stage(0, [])
    with ExitStack() as at_the_end:
        for step in order.split():
            sign, name = step[0], step[1]
            is_mock = name in "mn"
            if sign == "+":
                opened[name] = at_the_end.enter_context(ExitStack())
                if is_mock:
                    opened[name].enter_context(mock_aws(config=config))
                elif with_accounts:
                    account = opened[name].enter_context(Account(label=f"the test of {name}"))
                    opened[name].enter_context(account.apply("session-token"))
                    stage.accounts.append(account)
            else:
                opened.pop(name).close()
                if not is_mock and with_accounts:
                    stage.accounts.pop()
            stage.mocks += (1 if sign == "+" else -1) if is_mock else 0
            yield stage


# The state of things --------------------------------------------------------------------------

#: Variables outside, and whether there is a default session.
OUTSIDE: dict[str, tuple[dict[str, str], bool]] = {
    "a key": ({}, False),
    "a session": ({"AWS_SESSION_TOKEN": "outside token", "AWS_PROFILE": "work"}, True),
    "an empty key": ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, True),
}


def _trace(
    order: str, config: dict[str, Any] | None, *, with_accounts: bool
) -> list[tuple[str, dict[str, str], Any]]:
    """Return the variables and the default session after each step that leaves no account in force."""
    trace = []
    in_force = 0
    steps = order.split()
    for step, _ in zip(steps, walk(order, config, with_accounts=with_accounts), strict=True):
        in_force += {"+": 1, "-": -1}[step[0]] if step[1] in "ab" else 0
        if not in_force:
            trace.append((step, aws_variables(), boto3.DEFAULT_SESSION))
    return trace


@pytest.mark.parametrize("outside", OUTSIDE)
@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("order", ORDERS)
def test_the_world_is_as_it_would_be_without_the_account(
    order: str, config: str, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_outside, default_session = OUTSIDE[outside]
    for name, value in set_outside.items():
        monkeypatch.setenv(name, value)
    session = _session() if default_session else None

    def trace(*, with_accounts: bool) -> list[tuple[str, dict[str, str], Any]]:
        variables, settings = dict(os.environ), deepcopy(default_user_config)
        boto3.DEFAULT_SESSION = session
        try:
            return _trace(order, CONFIGS[config], with_accounts=with_accounts)
        finally:
            MockAWS._mocks_active = False
            default_user_config.clear()
            default_user_config.update(settings)
            os.environ.clear()
            os.environ.update(variables)

    without = trace(with_accounts=False)
    assert trace(with_accounts=True) == without


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("order", ORDERS)
def test_the_account_does_not_notice(order: str, config: str) -> None:
    """While it is in force there is nothing in the environment but its own."""
    seen: dict[str, dict[str, str]] = {}
    for stage in walk(order, CONFIGS[config]):
        account = stage.account
        if account is not None:
            assert account.credentials is not None
            assert os.environ["AWS_ACCESS_KEY_ID"] == account.credentials.access_key_id
            assert seen.setdefault(account.account_id, aws_variables()) == aws_variables()
            assert boto3.DEFAULT_SESSION is None
    assert len(seen) == len({step for step in order.split() if step in ("+a", "+b")}) or "+a -a +a" in order


# Who answers ----------------------------------------------------------------------------------


@cache
def _loader() -> botocore.loaders.Loader:
    """One for all sessions made outside: parsing is what making them costs."""
    return botocore.loaders.Loader()


def _session() -> Any:
    core = botocore.session.Session()
    core.register_component("data_loader", _loader())
    return boto3.Session(botocore_session=core)


@dataclass
class Clients:
    """Clients built at one stage, the way a user builds them."""

    built_in: Account | None
    access_key_id: str
    polly: Any
    sts: Any
    s3: Any

    @classmethod
    def build(cls, stage: Stage) -> Clients:
        session = _session()
        key = session.get_credentials().access_key
        return cls(stage.account, key, *(session.client(name) for name in ("polly", "sts", "s3")))

    def speak(self) -> bytes:
        answer = self.polly.synthesize_speech(Text="Hello", VoiceId="Joanna", OutputFormat="mp3")
        audio: bytes = answer["AudioStream"].read()
        return audio

    def account_id(self) -> str:
        found: str = self.sts.get_caller_identity()["Account"]
        return found

    def keep(self, content: bytes) -> bytes:
        """Put an object and get it back."""
        try:
            self.s3.create_bucket(Bucket="audio")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "BucketAlreadyOwnedByYou"  # noqa: PT017
        self.s3.put_object(Bucket="audio", Key="hello.mp3", Body=content)
        kept: bytes = self.s3.get_object(Bucket="audio", Key="hello.mp3")["Body"].read()
        return kept


def _check_s3(clients: Clients, stage: Stage, content: bytes) -> None:
    if stage.mocks:
        assert clients.keep(content) == content
    elif stage.account is not None:
        with pytest.raises(GuardError, match=r"s3\.amazonaws\.com|was issued to"):
            clients.s3.list_buckets()


def _check_polly_and_sts(clients: Clients, stage: Stage, everybody: list[Account]) -> None:
    counts = [len(account.calls) for account in everybody]
    if stage.account is None:
        if stage.mocks:
            assert clients.speak()
            assert clients.account_id() == MOTO_ACCOUNT
        elif clients.built_in is not None:
            for call in (clients.speak, clients.account_id):
                with pytest.raises(GuardError, match="was issued to the test of"):
                    call()
        assert [len(account.calls) for account in everybody] == counts
        return
    if clients.built_in is stage.account:
        assert clients.speak()
        assert clients.account_id() == stage.account.account_id
    elif clients.built_in is not None and clients.built_in not in stage.accounts:
        for call in (clients.speak, clients.account_id):
            with pytest.raises(GuardError, match="was issued to the test of"):
                call()
        return
    else:
        for ask in (clients.speak, clients.account_id):
            with pytest.raises(ClientError, match="The security token included in the request is invalid"):
                ask()
    answered = stage.account.calls[-2:]
    assert [call.operation for call in answered] == ["SynthesizeSpeech", "GetCallerIdentity"]
    assert {call.access_key_id for call in answered} == {clients.access_key_id}


@pytest.mark.parametrize(
    ("order", "config"),
    [
        *((order, "no config") for order in ORDERS),
        *((order, config) for order in SIMPLE_ORDERS for config in CONFIGS if config != "no config"),
    ],
)
def test_everything_is_answered_by_whom_it_should_be(order: str, config: str) -> None:
    """Polly and STS by the account while one is in force, everything else by mock_aws while that is on."""
    built: list[Clients] = []
    everybody: list[Account] = []
    for number, stage in enumerate(walk(order, CONFIGS[config])):
        everybody += [account for account in stage.accounts if account not in everybody]
        built.append(Clients.build(stage))
        for clients in built:
            _check_polly_and_sts(clients, stage, everybody)
            _check_s3(clients, stage, f"{order} {number}".encode())
    for account in everybody:
        signers = {clients.access_key_id for clients in built if clients.built_in is account}
        assert FAKE_KEY not in signers


@pytest.mark.parametrize("order", SIMPLE_ORDERS)
def test_a_role_is_assumed_in_the_account(order: str) -> None:
    """mock_aws would assume any role; the fake key would hide that there is one to assume."""
    for stage in walk(order, None):
        if stage.account is not None:
            with stage.account.apply("role") as account:
                before = len(account.calls)
                boto3.client("polly").describe_voices()
                made = account.calls[before:]
                assert [call.operation for call in made] == ["AssumeRole", "DescribeVoices"]
                assert all(call.access_key_id in account.issued for call in made)


# As a decorator -------------------------------------------------------------------------------


def _speak_and_keep() -> None:
    boto3.client("s3").create_bucket(Bucket="audio")
    boto3.client("s3").put_object(Bucket="audio", Key="hello.mp3", Body=b"audio")
    answer = boto3.client("polly").synthesize_speech(Text="Hello", VoiceId="Joanna", OutputFormat="mp3")
    assert answer["AudioStream"].read()
    stored = boto3.resource("s3").Object("audio", "hello.mp3").get()["Body"].read()
    assert stored == b"audio"


def _signed_by_the_account(calls: list[Call], account: Account) -> bool:
    assert account.credentials is not None
    return {call.access_key_id for call in calls} == {account.credentials.access_key_id}


def _inside(decorate: Callable[..., Any]) -> None:
    @decorate
    def speak_and_keep() -> None:
        _speak_and_keep()

    with Account() as account, account.apply("session-token"):
        speak_and_keep()
        speak_and_keep()
        assert _signed_by_the_account(account.calls, account)


def _around(decorate: Callable[..., Any]) -> None:
    @decorate
    def test() -> None:
        with Account() as account, account.apply("session-token"):
            _speak_and_keep()
            assert _signed_by_the_account(account.calls, account)
        assert boto3.client("sts").get_caller_identity()["Account"] == MOTO_ACCOUNT

    test()


def _on_a_class(decorate: Callable[..., Any]) -> None:
    @decorate
    class Tests:
        def setup_method(self) -> None:
            boto3.client("s3").create_bucket(Bucket="set-up")

        def test_keeps(self) -> None:
            boto3.client("s3").head_bucket(Bucket="set-up")
            _speak_and_keep()

    with Account() as account, account.apply("session-token"):
        tests = Tests()
        tests.setup_method()
        tests.test_keeps()
        assert _signed_by_the_account(account.calls, account)


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("where", [_inside, _around, _on_a_class])
def test_as_a_decorator(where: Callable[..., None], config: str) -> None:
    before = aws_variables()
    if config == "no config":
        where(mock_aws)
    else:
        where(mock_aws(config=CONFIGS[config]))
    assert aws_variables() == before
    if config in ("no config", "no fake credentials"):
        assert boto3.DEFAULT_SESSION is None


# When mock_aws itself fails -------------------------------------------------------------------


def test_a_mock_that_cannot_stop_leaves_the_account_alone() -> None:
    with Account() as account, account.apply("session-token"):
        inside = aws_variables()
        with pytest.raises(RuntimeError, match="before start"):
            mock_aws().stop()
        assert aws_variables() == inside
        MockAWS._nested_count = 0
    assert os.environ["AWS_ACCESS_KEY_ID"] == OUTSIDE_KEY


def test_afterwards_mock_aws_answers_polly_again() -> None:
    with Account() as account, mock_aws(), account.apply("long-term"):
        pass
    with mock_aws():
        clients = Clients.build(Stage(1, []))
        assert clients.access_key_id == FAKE_KEY
        assert clients.speak()
        assert clients.account_id() == MOTO_ACCOUNT
    assert account.calls == []
