"""A live run begins only as it was asked to; else it says what is wrong before anything is spoken."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from pytest_polly.gate import Credentials
from pytest_polly.live.kept import Kept, load, store
from tests.live.conftest import Elsewhere
from tests.live.playing_aws import ACCOUNT, REGION

_MARKED = """
    import boto3
    import pytest

    @pytest.mark.polly_live
    def test_speaks():
        boto3.client("polly").synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
"""


def _run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(_MARKED)
    return pytester.runpytest_inprocess("--polly-live", "-p", "no:randomly", *arguments)


def test_the_header_says_whose_account_where_and_how_much(
    pytester: pytest.Pytester, elsewhere: Elsewhere
) -> None:
    pytester.makeini(f"[pytest]\npolly_live_role = {elsewhere.role}\npolly_live_account = {ACCOUNT}")
    result = _run(pytester, "--polly-live-budget=20")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            f"polly: live as arn:aws:iam::{ACCOUNT}:user/maintainer (by env), account {ACCOUNT}",
            f"polly: live in {REGION} (from AWS's own settings), budget 20 characters (from command line), "
            f"role {elsewhere.role} (from ini)",
            f"polly: live at {elsewhere.url} (from AWS_ENDPOINT_URL_POLLY)",
            "collected 1 item",
            "*= polly: live =*",
            f"arn:aws:iam::{ACCOUNT}:user/maintainer in {REGION}",
            "5 of 20 characters spoken",
            "1 answer, all as simulated",
        ]
    )
    assert elsewhere.spoken == 5


def test_a_profile_may_be_named(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = elsewhere.ask("long_term")
    lines = [f"{name.lower()} = {value}" for name, value in given.items()]
    (tmp_path / "credentials").write_text("\n".join(["[narrator]", *lines]), encoding="utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "that of the environment is not used")
    result = _run(pytester, "--polly-live-profile=narrator", f"--polly-live-region={REGION}")
    result.stdout.fnmatch_lines(
        [
            "polly: live as * (by profile narrator (from command line)), account *",
            f"polly: live in {REGION} (from command line), budget 1000 characters (from default), no role *",
        ]
    )
    (call,) = elsewhere.polly_calls
    assert call[2] == given["AWS_ACCESS_KEY_ID"]


def test_credentials_may_be_those_of_a_role_that_the_sdk_assumes(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(
        f"[profile ci]\nrole_arn = {elsewhere.role}\ncredential_source = Environment\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    result = _run(pytester, "--polly-live-profile=ci")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines([f"polly: live as arn:aws:sts::{ACCOUNT}:assumed-role/polly-live/* (by *"])
    (call,) = elsewhere.polly_calls
    assert call[2].startswith("ASIA")
    # Fetched once, and by nobody but the kit.
    asked = [call[1] for call in elsewhere.ask("seen")["calls"]]
    assert asked == ["AssumeRole", "GetCallerIdentity", "SynthesizeSpeech"]


#: What is wrong: the variables that are other than usual, the options, and what is said of it.
WRONG: dict[str, tuple[dict[str, str | None], tuple[str, ...], str]] = {
    "no credentials": (
        {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
        (),
        "polly: --polly-live cannot begin: botocore found no credentials*",
    ),
    "half of them": (
        {"AWS_SECRET_ACCESS_KEY": None},
        (),
        "polly: --polly-live cannot begin: Partial credentials found in env*",
    ),
    "an unknown key": (
        {"AWS_ACCESS_KEY_ID": "AKIANOBODYS234567222"},
        (),
        "*AWS answered GetCallerIdentity with 403 InvalidClientTokenId: The security token included *",
    ),
    "no such profile": (
        {},
        ("--polly-live-profile=nobody",),
        "polly: --polly-live cannot begin: The config profile (nobody) could not be found",
    ),
    "another account": (
        {},
        ("--polly-live-account=111122223333",),
        f"*belong to account {ACCOUNT}, arn:*; expected is account 111122223333 (from command line)",
    ),
    "an endpoint of another region": (
        {"AWS_ENDPOINT_URL_POLLY": "https://polly.eu-west-1.amazonaws.com"},
        (),
        "*AWS_ENDPOINT_URL_POLLY names https://polly.eu-west-1.amazonaws.com, which is in eu-west-1, "
        "not in us-east-1",
    ),
    "no region": ({"AWS_REGION": None}, (), "*no region is named: --polly-live-region"),
    "no region of AWS's in AWS's own settings": (
        {"AWS_REGION": "mars"},
        (),
        "*'mars' is no region of AWS's; one is us-east-1",
    ),
    "no network": (
        # Nobody listens there.
        {"AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1"},
        (),
        "*cannot begin: Could not connect to the endpoint URL*",
    ),
    "nowhere for the drift": (
        {},
        ("--polly-live-drift=nowhere/drift.json",),
        "polly: --polly-live-drift nowhere/drift.json (from command line): there is no such folder",
    ),
    "a folder for the drift": (
        {},
        ("--polly-live-drift=.",),
        "polly: --polly-live-drift . (from command line): this is a folder; name a file in it",
    ),
    "nowhere for the session": (
        {},
        ("--polly-live-expired=nowhere/session",),
        "polly: --polly-live-expired: *No such file or directory: 'nowhere/session'",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_and_nothing_is_spoken(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    variables, options, said = WRONG[what]
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    result = _run(pytester, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])
    assert elsewhere.polly_calls == []


_NO_NUMBER = "is no number of characters"
_NO_ACCOUNT = "is no account of AWS's, which has twelve digits"
_NO_ROLE = "is no ARN of a role, such as arn:aws:iam::123456789012:role/polly-live"
_NO_REGION = "is no region of AWS's; one is us-east-1"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("budget", "all", _NO_NUMBER),
        ("budget", "-1", _NO_NUMBER),
        ("budget", "1e3", _NO_NUMBER),
        ("budget", "\u0663", _NO_NUMBER),
        ("budget", "9" * 30, _NO_NUMBER),
        ("account", "12345678901", _NO_ACCOUNT),
        ("account", "my-company", _NO_ACCOUNT),
        ("role", "polly-live", _NO_ROLE),
        ("role", "arn:aws:iam::123456789012:user/maintainer", _NO_ROLE),
        ("role", "arn:aws:iam::123456789012:role/", _NO_ROLE),
        ("region", "mars", _NO_REGION),
        ("region", "US-EAST-1", _NO_REGION),
        ("region", "us-east-1a", _NO_REGION),
    ],
)
@pytest.mark.parametrize("place", ["command line", "ini"])
@pytest.mark.parametrize("live", [True, False])
def test_a_setting_that_cannot_be_meant_is_told(
    pytester: pytest.Pytester, live: bool, place: str, name: str, value: str, told: str
) -> None:
    """Also where no run is to be live: whoever types it next pays for what Polly speaks."""
    options = ["--polly-live"] if live else []
    if place == "ini":
        pytester.makeini(f"[pytest]\npolly_live_{name} = {value}")
    else:
        options.append(f"--polly-live-{name}={value}")
    result = pytester.runpytest_inprocess(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"ERROR: polly: the {name} {value!r} (from {place}) {told}" in result.stderr.lines


@pytest.mark.parametrize("name", ["budget", "profile", "role", "region", "account", "expired", "drift"])
def test_a_setting_is_not_empty(pytester: pytest.Pytester, name: str) -> None:
    """That is a variable of the shell's which is not set."""
    result = pytester.runpytest_inprocess(f"--polly-live-{name}=")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: polly: the {name} '' (from command line) is *"])


@pytest.mark.parametrize("region", ["us-east-1", "eu-isoe-west-1", "us-gov-west-1", "cn-northwest-1"])
def test_a_setting_that_can_be_meant_disturbs_nobody(pytester: pytest.Pytester, region: str) -> None:
    pytester.makepyfile("def test_it(): pass")
    options = ("--polly-live-budget=0", "--polly-live-role=arn:aws-us-gov:iam::123456789012:role/a/b")
    result = pytester.runpytest_inprocess(f"--polly-live-region={region}", *options)
    result.assert_outcomes(passed=1)


def test_expired_credentials_are_told(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in elsewhere.ask("session", minutes=-1).items():
        monkeypatch.setenv(name, value)
    result = _run(pytester)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: polly: *GetCallerIdentity with 403 ExpiredToken: The security token * is expired"]
    )


def test_who_only_looks_what_there_is_asks_nobody(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    result = _run(pytester, "--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK
    assert elsewhere.ask("seen")["calls"] == []


# The session that is kept ---------------------------------------------------------------------

_EXPIRED = """
    import boto3
    import pytest
    from botocore.exceptions import ClientError

    @pytest.mark.polly_live
    @pytest.mark.polly("expired-token", sources=["environment", "profile"])
    def test_expired(polly_account):
        with pytest.raises(ClientError, match="ExpiredTokenException"):
            boto3.client("polly").synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
        assert polly_account.expected.code == polly_account.calls[-1].error_code
"""


def _kept(elsewhere: Elsewhere, minutes: float, account: str = ACCOUNT) -> Kept:
    given = elsewhere.ask("session", minutes=minutes)
    credentials = Credentials(
        given["AWS_ACCESS_KEY_ID"],
        given["AWS_SECRET_ACCESS_KEY"],
        given["AWS_SESSION_TOKEN"],
        datetime.now(timezone.utc) + timedelta(minutes=minutes),
    )
    return Kept(credentials, f"arn:aws:iam::{account}:user/maintainer", "AIDA", account)


def test_a_session_is_left_for_the_next_run(
    pytester: pytest.Pytester, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    pytester.makepyfile(_EXPIRED)
    path = tmp_path / "session"
    arguments = ("--polly-live", f"--polly-live-expired={path}", "-rs")
    for _ in range(2):
        result = pytester.runpytest_inprocess(*arguments)
        result.assert_outcomes(skipped=2)
        result.stdout.fnmatch_lines(["*live: the token kept for this expires at *; run again then"])
    assert path.stat().st_mode & 0o777 == 0o600
    kept = load(path)
    assert kept is not None
    assert kept.credentials.session_token

    path.unlink()
    store(path, _kept(elsewhere, minutes=-1))
    result = pytester.runpytest_inprocess(*arguments)
    result.assert_outcomes(passed=2)
    assert [call[4] for call in elsewhere.polly_calls] == ["ExpiredTokenException"] * 2


def test_a_session_that_others_can_read_is_refused(
    pytester: pytest.Pytester, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    path = tmp_path / "session"
    store(path, _kept(elsewhere, minutes=-1))
    path.chmod(0o640)
    result = _run(pytester, f"--polly-live-expired={path}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: polly: *{path} can be read by others; * chmod 600 {path}"])


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"credentials": {"expires_at": 5}}'])
def test_a_file_of_somebody_else_is_left_alone(
    pytester: pytest.Pytester, elsewhere: Elsewhere, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "session"
    path.touch(0o600)
    path.write_text(text)
    result = _run(pytester, f"--polly-live-expired={path}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: polly: *{path} holds no session that a live run has left there"])
    assert path.read_text() == text


def test_a_session_of_another_account_is_refused(
    pytester: pytest.Pytester, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    path = tmp_path / "session"
    store(path, _kept(elsewhere, minutes=-1, account="111122223333"))
    result = _run(pytester, f"--polly-live-expired={path}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *holds a session of account 111122223333, *; name another file"])
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in result.stderr.str()
