"""The whole contract, live: an AWS of ours in another process answers as the simulation in this one would."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pytest_polly.live.makeable import ELSEWHERE, MAKINGS, UNMAKEABLE
from pytest_polly.modes import MODES
from pytest_polly.sources import SOURCES
from tests.live.conftest import Elsewhere

_SYNC = """
    import boto3
    from pytest_polly.contract import CredentialContract

    class TestNarrator(CredentialContract):
        live = True

        def make_client(self, profile_name=None, **credentials):
            return boto3.Session(profile_name=profile_name, **credentials).client("polly")

        def synthesize(self, client, text):
            return client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")["AudioStream"]
"""
_ASYNC = """
    from aiobotocore.session import AioSession
    from pytest_polly.contract import CredentialContract

    class TestNarrator(CredentialContract):
        live = True

        async def make_client(self, profile_name=None, **credentials):
            session = AioSession(profile=profile_name)
            async with session.create_client("polly", **credentials) as client:
                yield client

        async def synthesize(self, client, text):
            said = await client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")
            async with said["AudioStream"] as stream:
                return await stream.read()
"""
_BROKEN = """
    import boto3
    from pytest_polly.contract import CredentialContract

    class TestNarrator(CredentialContract):
        live = True
        sources = ["explicit"]
        modes = ["long-term", "session-token", "missing-token", "wrong-secret"]

        def make_client(self, aws_access_key_id=None, aws_secret_access_key=None):
            return boto3.client(
                "polly", aws_access_key_id=aws_access_key_id, aws_secret_access_key=aws_secret_access_key
            )

        def synthesize(self, client, text):
            return client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")["AudioStream"]
"""
_LIVE = ("-q", "-rs", "--polly-live", "--polly-report=cells.json", "-p", "no:randomly")


def _narrowed(to: str) -> str:
    return _SYNC.replace("live = True", f"live = True; {to}")


def _report() -> Any:
    return json.loads(Path("cells.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("client", ["botocore", "aiobotocore"])
def test_a_sound_client_fulfils_it(pytester: pytest.Pytester, elsewhere: Elsewhere, client: str) -> None:
    if client == "aiobotocore":
        pytest.importorskip("aiobotocore")
    pytester.makepyfile(_SYNC if client == "botocore" else _ASYNC)
    result = pytester.runpytest_inprocess(*_LIVE, f"--polly-live-role={elsewhere.role}")
    assert result.ret == pytest.ExitCode.OK, result.stdout.str()

    report = _report()
    ran = {(cell["mode"], cell["source"]) for cell in report["cells"] if cell["outcome"] == "passed"}
    assert {mode for mode, _ in ran} == set(MAKINGS) - {"expired-token"}
    assert {source for _, source in ran} == set(SOURCES) - set(ELSEWHERE)
    live = report["live"]
    assert live["account"] == "210987654321"
    assert live["arn"] == "arn:aws:iam::210987654321:user/maintainer"
    assert live["drift"] == []
    assert live["compared"] > len(ran)
    # What was refused was given back, what was spoken was not; and it all fits into the usual budget.
    assert live["characters"] == elsewhere.spoken
    assert 0 < live["characters"] < live["budget"] == 1000


def test_what_cannot_be_made_says_why(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    pytester.makepyfile(
        _SYNC.replace("live = True", "live = True; sources = ['environment', 'imds', 'assume-role']")
    )
    result = pytester.runpytest_inprocess(*_LIVE)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines_random(
        [
            "*live: source 'imds' exists only on an EC2 instance",
            "*live: mode 'inactive-key' cannot be made: to deactivate a key would change the account",
            "*live: Polly cannot be kept busy without asking it more than one may",
            "*live: AWS's clock cannot be moved, and the shortest session lasts 15 minutes",
            "*live: mode 'role' needs a role to assume: --polly-live-role",
            "*live: mode 'access-denied' needs a role to assume: --polly-live-role",
            "*live: an expired token comes from an earlier run: --polly-live-expired FILE leaves one",
        ]
    )
    assert set(MODES) - set(MAKINGS) == set(UNMAKEABLE)


def test_a_broken_client_is_found_out(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    pytester.makepyfile(_BROKEN)
    result = pytester.runpytest_inprocess(*_LIVE)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    found = {(cell["mode"], finding["name"]) for cell in _report()["cells"] for finding in cell["findings"]}
    assert found == {("session-token", "session-token-dropped")}
    assert "UnrecognizedClientException" in result.stdout.str()


def test_no_secret_is_shown(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        _SYNC
        + """
        @__import__("pytest").mark.polly_live
        @__import__("pytest").mark.polly("role", "session-token", source="process")
        def test_tells_all(self, polly_account):
            credentials = boto3.Session().get_credentials().get_frozen_credentials()
            print(credentials.secret_key, credentials.token)
            print(sorted(polly_account._directory.keys.values(), key=str))
            assert not (credentials.secret_key, credentials.token)
        """
    )
    result = pytester.runpytest_inprocess(
        *_LIVE, "-k", "tells_all", f"--polly-live-role={elsewhere.role}", "-vv", "--showlocals"
    )
    result.assert_outcomes(failed=2, deselected=result.parseoutcomes()["deselected"])
    shown = result.stdout.str() + Path("cells.json").read_text(encoding="utf-8")
    assert "****" in shown
    secret = __import__("os").environ["AWS_SECRET_ACCESS_KEY"]
    assert secret not in shown
    assert not re.search(r"IQoJb3JpZ2lu|[A-Za-z0-9+/]{120}", shown), "a session token is shown"


def test_with_the_credentials_of_a_session(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in elsewhere.ask("session").items():
        monkeypatch.setenv(name, value)
    pytester.makepyfile(_narrowed("sources = ['environment', 'assume-role']"))
    refused = (
        "*live: mode 'session-token' cannot be made: AWS answered GetSessionToken with 403 AccessDenied: "
        "Cannot call GetSessionToken with session credentials; and there is no --polly-live-role"
    )
    result = pytester.runpytest_inprocess(*_LIVE)
    result.stdout.fnmatch_lines_random(
        [refused, "*live: mode 'long-term' needs a long-term access key; ASIA* is temporary"]
    )
    assert not elsewhere.spoken

    result = pytester.runpytest_inprocess(*_LIVE, f"--polly-live-role={elsewhere.role}")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*Cannot call GetSessionToken*")
    passed = {cell["mode"] for cell in _report()["cells"] if cell["outcome"] == "passed"}
    assert passed == set(MAKINGS) - {"long-term", "stray-token", "expired-token"}


def test_a_client_may_assume_the_role_by_itself(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    pytester.makepyfile(
        """
        import boto3, pytest

        @pytest.mark.polly_live
        def test_assumes(polly_account):
            role = polly_account.create_role()
            given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="narrator")["Credentials"]
            session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
            asked = {"Text": "Hello", "OutputFormat": "mp3", "VoiceId": "Joanna"}
            assert session.client("polly").synthesize_speech(**asked)["AudioStream"].read()
            assert [call.operation for call in polly_account.calls] == ["AssumeRole", "SynthesizeSpeech"]
        """
    )
    pytester.runpytest_inprocess("--polly-live", f"--polly-live-role={elsewhere.role}").assert_outcomes(
        passed=1
    )


def test_the_role_may_be_refused(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    elsewhere.ask("deny", action="sts:AssumeRole")
    pytester.makepyfile(
        _SYNC.replace(
            "live = True", "live = True; modes = ['long-term', 'access-denied']; sources = ['explicit']"
        )
    )
    result = pytester.runpytest_inprocess(*_LIVE, f"--polly-live-role={elsewhere.role}")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        ["*live: mode 'access-denied' cannot be made: AWS answered AssumeRole with 403 AccessDenied: User: *"]
    )


def test_the_clock_is_right_again_for_a_control(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    pytester.makepyfile(_narrowed("modes, sources = ['skewed-clock'], ['environment']"))
    result = pytester.runpytest_inprocess(*_LIVE)
    result.stdout.no_fnmatch_line("*not judged*")
    report = _report()
    assert [cell["outcome"] for cell in report["cells"]] == ["passed", "passed"]
    assert report["live"]["drift"] == []
