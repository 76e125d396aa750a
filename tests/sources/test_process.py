"""``credential_process``: how often it is run, and what it may print."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError

from pytest_polly import Account
from pytest_polly.sources import SOURCES
from pytest_polly.sources.process import RUNS

from .observed import SPEECH, asked, client, configure, folder, issued_here, session, settings, signers, speak


def runs() -> int:
    path = folder() / RUNS
    return len(path.read_text()) if path.exists() else 0


def printed() -> Path:
    return folder() / "process" / "credentials.json"


def change(**values: Any) -> None:
    """Have something else printed; ``None`` leaves an entry out."""
    content = {**json.loads(printed().read_text()), **values}
    printed().write_text(json.dumps({name: value for name, value in content.items() if value is not None}))


@pytest.mark.parametrize("mode", SOURCES["process"].modes)
def test_every_mode_is_delivered_by_one_run(polly_account: Account, mode: str) -> None:
    with polly_account.apply(mode, "process") as account:
        found = session(account)
        polly = found.client("polly")
        assert runs() == 1
        if account.expected.ok:
            speak(polly, times=3)
            assert asked(account.calls) == [SPEECH] * 3
        else:
            with pytest.raises(ClientError):
                speak(polly)
            last = account.calls[-1]
            assert account.expected.matches(last.status, last.error_code, last.message)
        credentials = found.get_credentials()
        assert credentials is not None
        assert credentials.method == "custom-process"
        assert runs() == 1


def test_a_role_is_renewed_by_another_run(polly_account: Account) -> None:
    with polly_account.apply("role", "process") as account:
        polly = client(account)
        for _ in range(3):
            speak(polly)
            account.clock.advance(hours=2)
        assert asked(account.calls) == [SPEECH] * 3
        assert runs() == 3
        assert len(set(signers(account.calls))) == 3
        assert all(issued_here(account, call) for call in account.calls)


@pytest.mark.parametrize(
    ("lifetime", "expected"),
    [(None, 1), (timedelta(hours=1), 1), (timedelta(minutes=5), 4)],
    ids=["without-expiration", "an-hour", "five-minutes"],
)
def test_it_runs_as_often_as_the_expiration_asks_for(
    polly_account: Account, lifetime: timedelta | None, expected: int
) -> None:
    with polly_account.apply("session-token", "process") as account:
        change(Expiration=lifetime and (account.clock.now + lifetime).isoformat())
        speak(client(account), times=3)
        assert runs() == expected
        assert asked(account.calls) == [SPEECH] * 3


def test_the_session_token_is_optional(polly_account: Account) -> None:
    with polly_account.apply("long-term", "process") as account:
        assert "SessionToken" not in json.loads(printed().read_text())
        speak(client(account))
        assert [call.token_sent for call in account.calls] == [False]


WRONG: list[Any] = [
    pytest.param({"Version": 2}, "Unsupported version '2'", id="version-2"),
    pytest.param({"Version": None}, "Version key not provided", id="no-version"),
    pytest.param({"AccessKeyId": None}, "Missing required key in response: 'AccessKeyId'", id="no-key-id"),
    pytest.param({"SecretAccessKey": None}, "response: 'SecretAccessKey'", id="no-secret"),
]


@pytest.mark.parametrize(("changed", "words"), WRONG)
def test_an_answer_of_another_form_is_an_error(
    polly_account: Account, changed: dict[str, Any], words: str
) -> None:
    with polly_account.apply("long-term", "process") as account:
        change(**changed)
        with pytest.raises(CredentialRetrievalError, match=f"custom-process.*{words}"):
            speak(client(account))
        assert runs() == 1
        assert account.calls == []


def test_an_answer_that_is_no_json_is_no_error_of_botocores(polly_account: Account) -> None:
    with polly_account.apply("long-term", "process") as account:
        printed().write_text("see you tomorrow")
        with pytest.raises(json.JSONDecodeError):
            speak(client(account))
        assert account.calls == []


def test_what_a_failing_process_says_is_in_the_error(polly_account: Account) -> None:
    with polly_account.apply("long-term", "process") as account:
        (folder() / "process" / "hand_out.py").write_text("import sys; sys.exit('the vault is shut')")
        with pytest.raises(CredentialRetrievalError, match="custom-process: the vault is shut"):
            speak(client(account))
        assert account.calls == []


def test_a_process_that_is_not_there_is_no_error_of_botocores(polly_account: Account) -> None:
    with polly_account.apply("long-term", "process") as account:
        configure("default", credential_process=str(folder() / "nothing"))
        with pytest.raises(FileNotFoundError):
            speak(client(account))
        assert account.calls == []


def test_a_path_with_spaces_is_quoted(polly_account: Account, tmp_path: Path) -> None:
    with polly_account.apply("long-term", "process") as account:
        there = tmp_path / "a folder of its own"
        printed().parent.rename(there)
        command = settings()["default"]["credential_process"]
        configure("default", credential_process=command.replace(str(folder() / "process"), str(there)))
        speak(client(account))
        assert (there / "runs").read_text() == "."
