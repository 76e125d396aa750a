"""An account owns everything that tells an SDK who it is, and puts it back exactly."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import boto3
import botocore.loaders
import botocore.session
import botocore.utils
import pytest

from pytest_polly import Account, GuardError, PollyError
from tests.programs import output_of

from .outside_world import aws_variables, differences, make_home, patched, variables_of, world


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with everything of AWS's in it, and variables that point into it."""
    for name in aws_variables():
        monkeypatch.delenv(name)
    folder = make_home(tmp_path / "home")
    for name, value in variables_of(folder).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(region_name="eu-west-3"))
    return folder


# Ways in and ways out -------------------------------------------------------------------------


@contextmanager
def _nothing_applied() -> Iterator[None]:
    with Account():
        yield


@contextmanager
def _applied() -> Iterator[None]:
    with Account() as account, account.apply("session-token"):
        yield


@contextmanager
def _applied_twice() -> Iterator[None]:
    with Account() as account, account.apply("role"), account.apply("long-term", "profile"):
        yield


@contextmanager
def _account_in_account() -> Iterator[None]:
    with Account() as outer, outer.apply("role"), Account() as inner, inner.apply("partial"):
        yield


@contextmanager
def _one_after_the_other() -> Iterator[None]:
    with Account() as first, first.apply("long-term"):
        pass
    with Account() as second, second.apply("role"):
        yield


@contextmanager
def _entered_again() -> Iterator[None]:
    account = Account()
    with account, account.apply("long-term"):
        pass
    with account, account.apply("session-token"):
        yield


@contextmanager
def _case_left_after_its_account() -> Iterator[None]:
    account = Account()
    case = account.apply("session-token")
    with account:
        case.__enter__()
        yield
    case.__exit__(None, None, None)


@contextmanager
def _first_account_left_first() -> Iterator[None]:
    first, second = ExitStack(), ExitStack()
    first.enter_context(first.enter_context(Account()).apply("long-term"))
    second.enter_context(second.enter_context(Account()).apply("role"))
    try:
        yield
    finally:
        first.close()
        second.close()


@contextmanager
def _with_the_clock_moved() -> Iterator[None]:
    with Account() as account, account.apply("skewed-clock"):
        account.clock.advance(days=1)
        yield


@contextmanager
def _default_session_made_inside() -> Iterator[None]:
    with Account() as account, account.apply("session-token"):
        boto3.setup_default_session(region_name="ap-south-1")
        yield


@contextmanager
def _variables_changed_inside() -> Iterator[None]:
    with Account() as account, account.apply("session-token"):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_CONFIG_FILE", "BOTO_CONFIG", "AWS_REGION"):
            del os.environ[name]
        os.environ["AWS_SECRET_ACCESS_KEY"] = "changed"
        os.environ["AWS_PROFILE"] = ""
        os.environ["AWS_NEW"] = "new"
        yield


@contextmanager
def _left_at_once() -> Iterator[None]:
    with Account() as account, pytest.raises(PollyError), account:
        pytest.fail("an account that is in force was entered")
    yield


SHAPES: dict[str, Callable[[], AbstractContextManager[None]]] = {
    function.__name__.strip("_"): function
    for function in (
        _nothing_applied,
        _applied,
        _applied_twice,
        _account_in_account,
        _one_after_the_other,
        _entered_again,
        _case_left_after_its_account,
        _first_account_left_first,
        _with_the_clock_moved,
        _default_session_made_inside,
        _variables_changed_inside,
        _left_at_once,
    )
}

WAYS_OUT = (
    None,
    ValueError,
    KeyboardInterrupt,
    SystemExit,
    GuardError,
    asyncio.CancelledError,
    pytest.fail.Exception,
)


@pytest.mark.parametrize("way_out", WAYS_OUT, ids=lambda way: getattr(way, "__name__", "success"))
@pytest.mark.parametrize("shape", SHAPES)
def test_the_world_is_put_back_exactly(shape: str, way_out: type[BaseException] | None, home: Path) -> None:
    before = world(home)
    with pytest.raises(way_out) if way_out else ExitStack(), SHAPES[shape]():
        if way_out:
            raise way_out("out")
    assert list(differences(before, world(home))) == []


def test_every_attribute_we_watch_is_changed_while_an_account_is_in_force(home: Path) -> None:
    """Were it not, `test_the_world_is_put_back_exactly` would watch nothing."""
    before = patched()
    with Account() as account:
        account.clock.advance(hours=1)
        assert set(differences(before, patched())) == set(before)


def test_an_account_that_cannot_be_entered_changes_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("pytest_polly.wire.engage", fail)
    before = world(home)
    with pytest.raises(OSError, match="disk is full"), Account():
        pytest.fail("it was entered")
    assert list(differences(before, world(home))) == []


def test_a_case_that_cannot_be_delivered_changes_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **options: object) -> None:
        raise OSError("the disk is full")

    with Account() as account, account.apply("long-term"):
        before = world(home)
        monkeypatch.setattr("pytest_polly.account.deliver", fail)
        with pytest.raises(OSError, match="disk is full"), account.apply("role"):
            pytest.fail("it was applied")
        assert list(differences(before, world(home))) == []
        assert account.mode == "long-term"


# Variables ------------------------------------------------------------------------------------

#: What there is outside, and what is put there inside.
CHANGES: tuple[tuple[str | None, str | None], ...] = (
    (None, None),
    (None, "inside"),
    ("", None),
    ("", "inside"),
    ("outside", None),
    ("outside", ""),
    ("outside", "inside"),
    ("caf\udce9", "inside"),
)


def _set(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


@pytest.mark.parametrize(("outside", "inside"), CHANGES)
@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_REGION", "AWS_SOMETHING_NEW", "AWS_", "BOTO_CONFIG"])
def test_what_is_set_inside_is_undone(
    name: str, outside: str | None, inside: str | None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name, raising=False)
    _set(name, outside)
    with Account() as account:
        assert os.environ.get(name) != outside or outside is None
        _set(name, inside)
        with account.apply("long-term"):
            _set(name, "case")
        assert os.environ.get(name) == inside
    assert os.environ.get(name) == outside


@pytest.mark.parametrize(("outside", "inside"), CHANGES)
@pytest.mark.parametrize("name", ["AWSKEY", "MY_AWS_SETTING", "BOTO_CONFIG_2", "aws_profile", "HOME"])
def test_what_is_not_ours_is_left_alone(
    name: str, outside: str | None, inside: str | None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "so that monkeypatch puts it back")
    _set(name, outside)
    with Account() as account, account.apply("session-token"):
        assert os.environ.get(name) == outside
        _set(name, inside)
    assert os.environ.get(name) == inside


def test_a_variable_that_stays_is_never_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread may be looking."""
    removed: list[str] = []
    unset = os.unsetenv

    def watched(name: Any) -> None:
        removed.append(os.fsdecode(name))
        unset(name)

    with Account() as account, account.apply("session-token"):
        monkeypatch.setattr(os, "unsetenv", watched)
        with account.apply("long-term"):
            assert removed == ["AWS_SESSION_TOKEN"]
        assert removed == ["AWS_SESSION_TOKEN"]


def test_a_process_started_inside_sees_only_the_account(home: Path) -> None:
    script = "import os; print([v for n, v in os.environ.items() if n.startswith(('AWS_', 'BOTO'))])"
    with Account(region="eu-central-1") as account, account.apply("long-term"):
        told = output_of(script)
        assert account.credentials is not None
        assert account.credentials.access_key_id in told
    assert str(home) not in told.replace("BOTO_CONFIG_2", "")
    assert "HOME" not in told


def test_a_process_that_is_forked_off_leaves_everything_in_its_place() -> None:
    """Also if it ends as a script does, by way of all that its parent had begun."""
    told = output_of("""
        import os, sys
        import boto3
        from pytest_polly import Account

        with Account() as account, account.apply("long-term", "shared-credentials-file"):
            forked = os.fork()
            boto3.client("polly").describe_voices()
            if forked == 0:
                sys.exit()
            assert os.waitpid(forked, 0) == (forked, 0)
            # A new session reads the file anew.
            boto3.Session().client("polly").describe_voices()
            print([call.status for call in account.calls])
            folder = os.path.dirname(os.path.dirname(os.environ["AWS_CONFIG_FILE"]))
            assert os.path.exists(folder)
        assert not os.path.exists(folder)
    """)
    assert told.splitlines() == ["[200, 200]"]


# boto3's default session ----------------------------------------------------------------------


def test_the_default_session_is_fresh_inside_and_put_back() -> None:
    boto3.setup_default_session(region_name="eu-west-3")
    before = boto3.DEFAULT_SESSION
    try:
        with Account() as account:
            assert boto3.DEFAULT_SESSION is None
            with account.apply("long-term"):
                first = _signer(boto3.client("polly"))
                inner = boto3.DEFAULT_SESSION
                with account.apply("session-token"):
                    assert boto3.DEFAULT_SESSION is None
                    assert _signer(boto3.client("polly")) != first
                assert boto3.DEFAULT_SESSION is inner
            assert boto3.DEFAULT_SESSION is None
        assert boto3.DEFAULT_SESSION is before
    finally:
        boto3.DEFAULT_SESSION = None


def _signer(client: Any) -> str:
    client.describe_voices()
    key: str = client._request_signer._credentials.access_key
    return key


def test_boto3_need_not_be_loaded_before() -> None:
    """A default session that is made by a boto3 loaded inside does not live on."""
    _python("""
        import sys
        from pytest_polly import Account
        for name in [name for name in sys.modules if name.partition(".")[0] == "boto3"]:
            del sys.modules[name]
        with Account() as account, account.apply("long-term"):
            for name in [name for name in sys.modules if name.partition(".")[0] == "boto3"]:
                del sys.modules[name]
            import boto3
            boto3.client("polly").describe_voices()
            assert boto3.DEFAULT_SESSION is not None
        assert boto3.DEFAULT_SESSION is None
    """)


# Nothing of the home is read ------------------------------------------------------------------


def _python(script: str, **variables: str) -> str:
    """Run *script* in a process of its own, with these variables and no other of AWS's."""
    kept = {name: value for name, value in os.environ.items() if name not in aws_variables()}
    return output_of(script, env={**kept, **variables})


_WATCH = """
    import os, sys
    home = os.environ["HOME"]
    touched = []

    def watch(event, arguments):
        if event in ("open", "os.listdir", "os.scandir") and arguments:
            path = arguments[0]
            if isinstance(path, (str, bytes, os.PathLike)) and os.fsdecode(path).startswith(home):
                touched.append(os.fsdecode(path)[len(home):])

    import boto3, botocore.session, moto.core.models
    from pytest_polly import Account
    sys.addaudithook(watch)
"""


def test_the_watch_sees_what_a_session_reads(tmp_path: Path) -> None:
    """Without an account a session does read the home: else the next test proves nothing."""
    home = make_home(tmp_path / "home")
    script = """
        boto3.Session().get_credentials()
        botocore.session.Session().get_component("data_loader").list_available_services("service-2")
        print(sorted(set(touched)))
    """
    seen = _python(dedent(_WATCH) + dedent(script), HOME=str(home))
    assert "/.aws/credentials" in seen
    assert "/.aws/config" in seen
    assert "/.aws/models" in seen


@pytest.mark.parametrize("variables", ["with every variable", "without variables"])
def test_nothing_of_the_home_is_found_or_read(variables: str, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    script = """
        from botocore.exceptions import NoCredentialsError, ProfileNotFound
        from botocore.utils import JSONFileCache
        with Account(region="eu-central-1") as account:
            session = boto3.Session()
            assert session.get_credentials() is None
            assert session.available_profiles == []
            assert session.region_name == "eu-central-1"
            assert session.client("polly").meta.endpoint_url == "https://polly.eu-central-1.amazonaws.com"
            try:
                boto3.Session(profile_name="work")
            except ProfileNotFound:
                pass
            else:
                raise AssertionError("found the profile of the home")
            try:
                session.client("polly").describe_voices()
            except NoCredentialsError:
                pass
            else:
                raise AssertionError("found credentials of the home")
            assert "abc" not in JSONFileCache()
            assert account.calls == []
            for mode, source in (("long-term", "environment"), ("role", "assume-role"),
                                 ("session-token", "shared-credentials-file")):
                with account.apply(mode, source):
                    client = boto3.client("polly")
                    client.synthesize_speech(Text="Hello", VoiceId="Joanna", OutputFormat="mp3")
                    assert client.meta.endpoint_url == "https://polly.eu-central-1.amazonaws.com"
        print(sorted(set(touched)))
    """
    given = variables_of(home) if variables == "with every variable" else {"HOME": str(home)}
    assert _python(dedent(_WATCH) + dedent(script), **given).strip() == "[]"


def test_a_test_that_clears_the_environment_still_finds_only_the_account(tmp_path: Path) -> None:
    """Clients' own tests like to clear ``os.environ``; that is not to lead them to the real home."""
    home = make_home(tmp_path / "home")
    script = """
        from unittest.mock import patch
        with Account() as account, account.apply("long-term", "shared-credentials-file"):
            with patch.dict(os.environ, {"HOME": home, "AWS_EC2_METADATA_DISABLED": "true"}, clear=True):
                found = boto3.Session().get_credentials()
                key = found.access_key if found else None
                boto3.Session().available_profiles
        assert key in (None, account.issued and next(iter(account.issued))), "found a key of the home"
        print(sorted(set(touched)))
    """
    assert _python(dedent(_WATCH) + dedent(script), HOME=str(home)).strip() == "[]"


def test_the_token_caches_lie_in_the_accounts_own_folder(home: Path) -> None:
    with Account():
        cache = botocore.utils.JSONFileCache()
        cache["key"] = {"token": "inside"}
        assert cache["key"] == {"token": "inside"}
        assert str(tempfile.gettempdir()) in str(cache._working_dir)
    with Account():
        assert "key" not in botocore.utils.JSONFileCache()
