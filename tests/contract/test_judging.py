"""The rules of judging: the record first, a control, what is raised, new texts, and botocore's ways."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, ClassVar
from unittest import SkipTest

import pytest
from botocore.config import Config

from pytest_polly import judge
from pytest_polly.account import Account
from pytest_polly.clauses import CLAUSES
from pytest_polly.contract import ContractBroken
from pytest_polly.errors import GuardError, InternalError
from pytest_polly.services.signed import Polly

from . import broken_clients
from .broken_clients import Broken, Narrator
from .conftest import Ask
from .contract_runs import run_as_is, session
from .odd_clients import ThroughSession
from .sound_clients import NarratorError

_SAYS = {"Text": "Hello", "OutputFormat": "mp3", "VoiceId": "Joanna"}
_NEGATIVE = set(CLAUSES) - {"test_speaks_with_valid_credentials"}


class Case(Broken):
    """One cell, asked directly: no test is collected, and the account is made here."""

    @classmethod
    def of(cls, change: type[Narrator], **members: Any) -> Case:
        contract: type[Case] = type(change.__name__, (cls,), {"client": change, **members})
        return contract()

    def found(self, clause: str, mode: str, source: str) -> list[str]:
        """Return what a clause finds in a case."""
        with Account() as account, account.apply(mode, source):
            try:
                getattr(self, clause)(account)
            except ContractBroken as broken:
                return [finding.name for finding in broken.findings]
        return []


class AsynchronousCase(Case):
    """Speaks in tasks, each of which has a thread to itself."""

    async def synthesize(self, client: Narrator, text: str) -> Any:
        return await asyncio.to_thread(client.say, text)


# 1. The record first --------------------------------------------------------------------------


def test_the_error_expected_for_another_reason_is_not_enough() -> None:
    """Without its token a request is refused by the very words that another's token is refused by."""
    with Account() as account, account.apply("wrong-token", "explicit"):
        given = account.parameters
        codes = []
        for dropped in ({}, {"aws_session_token": None}):
            polly = session().client("polly", **{**given, **dropped})
            with pytest.raises(polly.exceptions.ClientError):
                polly.synthesize_speech(**_SAYS)
            codes.append(account.calls[-1].error_code)
    assert codes == ["UnrecognizedClientException"] * 2
    for clause in ("test_raises_with_invalid_credentials", "test_error_names_the_cause"):
        dropping = Case.of(broken_clients.DropsToken)
        assert dropping.found(clause, "wrong-token", "explicit") == ["session-token-dropped"]


def test_audio_got_by_dropping_a_token_is_told_by_the_token() -> None:
    dropping = Case.of(broken_clients.DropsToken)
    found = dropping.found("test_raises_with_invalid_credentials", "stray-token", "explicit")
    assert found == ["session-token-dropped"]


def test_what_an_error_says_of_a_token_is_not_the_record() -> None:
    """A client that hands the token on, and then fails for a reason of its own, has not dropped it."""

    class Complaining(Narrator):
        def fail(self, error: Exception) -> Any:
            raise NarratorError(f"aws_session_token: {error}") from error

    complaining = Case.of(Complaining)
    assert complaining.found("test_raises_with_invalid_credentials", "expired-token", "explicit") == []


def test_the_signer_replaces_all_other_findings() -> None:
    """A client that drops the token, and swallows what comes of it, learns of the token first."""

    class Both(broken_clients.DropsToken, broken_clients.Swallows):
        pass

    found = Case.of(Both).found("test_error_names_the_cause", "expired-token", "explicit")
    assert found == ["session-token-dropped"]


# 2. A control ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change", [broken_clients.StumblesBeforehand, broken_clients.IsSilent, broken_clients.PlaysRecording]
)
def test_a_client_that_never_speaks_is_not_judged_on_anything_else(change: type[Narrator], ask: Ask) -> None:
    members = {
        "client": change,
        "modes": ("long-term", "role", "expired-token", "none", "throttled"),
        "sources": ("explicit", "environment", "assume-role"),
    }
    cells = ask(type("TestNeverSpeaking", (Broken,), members))
    outcomes = {name: told.outcome for name, told in cells.items()}
    speaks = {name for name in outcomes if name.startswith("test_speaks_")}
    assert {outcomes[name] for name in speaks} == {"failed"}
    assert {outcomes[name] for name in outcomes.keys() - speaks} == {"skipped"}
    assert {name.partition("[")[0] for name in outcomes.keys() - speaks} >= _NEGATIVE - {
        "test_keeps_secrets_out_of_sight"
    }


def test_what_is_not_judged_says_why(pytester: pytest.Pytester) -> None:
    members = {"client": broken_clients.IsSilent, "modes": ("expired-token",), "sources": ("environment",)}
    result = run_as_is(pytester, type("TestSilent", (Broken,), members), args=("-rs",))
    result.stdout.fnmatch_lines(
        ["SKIPPED*contract.py:*: not judged: does not speak with valid * (long-term by environment)"]
    )


def test_each_source_is_controlled_once() -> None:
    class Counted(Narrator):
        made: ClassVar[list[str]] = []

        def connect(self) -> Any:
            self.made.append("explicit" if self.given else "elsewhere")
            return super().connect()

    case = Case.of(Counted)
    for source, mode in [("explicit", "expired-token"), ("environment", "wrong-secret")] * 2:
        assert case.found("test_raises_with_invalid_credentials", mode, source) == []
    # Twice in each of two cases, and once for the control of each source.
    assert sorted(Counted.made) == ["elsewhere"] * 3 + ["explicit"] * 3


def test_a_source_is_controlled_by_itself() -> None:
    """A client that knows no profiles is judged by all other sources."""

    class WithoutProfiles(Narrator):
        def connect(self) -> Any:
            if "profile_name" in self.given:
                raise NarratorError("what is a profile?")
            return super().connect()

    case = Case.of(type("Swallowing", (broken_clients.Swallows, WithoutProfiles), {}))
    clause = "test_raises_with_invalid_credentials"
    assert case.found(clause, "expired-token", "explicit") == ["error-swallowed"]
    with pytest.raises(pytest.skip.Exception, match="long-term by profile-name"):
        case.found(clause, "expired-token", "profile-name")


# 3. What counts as raised ---------------------------------------------------------------------


def _raising(raised: Callable[[], BaseException]) -> Case:
    """Return a case of a client that speaks, but where it is refused raises something else."""

    class Raising(Narrator):
        def fail(self, error: Exception) -> Any:
            raise raised()

    return Case.of(Raising, error=None)


@pytest.mark.parametrize("code", [None, 0, 1, "cannot speak"])
def test_the_end_of_the_process_is_a_finding(code: object) -> None:
    case = _raising(lambda: SystemExit(code))
    for clause in ("test_raises_with_invalid_credentials", "test_error_names_the_cause"):
        assert case.found(clause, "expired-token", "explicit") == ["process-exited"]
    assert case.found("test_survives_throttling", "throttled", "environment") == ["process-exited"]


def test_the_end_of_the_process_is_a_finding_of_asynchronous_clients_too() -> None:
    class Exiting(Case):
        async def synthesize(self, client: Narrator, text: str) -> bytes:
            try:
                audio: bytes = client.say(text)
            except NarratorError:
                sys.exit(1)
            return audio

    case = Exiting.of(Narrator)
    assert case.found("test_raises_with_invalid_credentials", "expired-token", "explicit") == [
        "process-exited"
    ]


class _Grave(BaseException):
    exceptions = "a client may have its own idea of what this is"


@pytest.mark.parametrize("raised", [_Grave, asyncio.CancelledError])
def test_whatever_a_client_raises_counts(raised: type[BaseException]) -> None:
    """Be it no ``Exception``."""
    case = _raising(raised)
    assert case.found("test_raises_with_invalid_credentials", "expired-token", "explicit") == []
    assert case.found("test_error_names_the_cause", "none", "environment") == []


@pytest.mark.parametrize(
    "raised",
    [
        KeyboardInterrupt,
        lambda: pytest.skip.Exception("no loudspeaker here"),
        lambda: pytest.fail.Exception("the client's own fixture failed"),
        lambda: pytest.xfail.Exception("known"),
        lambda: pytest.exit.Exception("enough"),
        lambda: SkipTest("no loudspeaker here"),
    ],
    ids=["KeyboardInterrupt", "skip", "fail", "xfail", "exit", "unittest's skip"],
)
def test_what_is_pytests_passes_through(raised: Callable[[], BaseException]) -> None:
    case, expected = _raising(raised), raised()
    with pytest.raises(type(expected)) as passed:
        case.found("test_raises_with_invalid_credentials", "expired-token", "explicit")
    assert not isinstance(passed.value, ContractBroken)
    assert str(passed.value) == str(expected)


class _Group(BaseException):
    """Stands for the group that a TaskGroup raises, which Python 3.10 does not have."""

    def __init__(self, *exceptions: BaseException) -> None:
        super().__init__("unhandled errors in a TaskGroup")
        self.exceptions = exceptions


class _GroupingNarrator(Narrator):
    """Speaks in a task group, which wraps whatever is raised in it."""

    def ask(self, text: str, polly: Any) -> Any:
        try:
            return super().ask(text, polly)
        except BaseException as error:
            raise _Group(error) from None


def test_what_a_client_raises_in_a_group_is_the_clients() -> None:
    class Retrying(_GroupingNarrator, broken_clients.RetriesForever):
        pass

    for change, found in ((_GroupingNarrator, []), (Retrying, ["auth-error-retried"])):
        case = Case.of(change, error=None)
        assert case.found("test_error_names_the_cause", "expired-token", "explicit") == found


def test_what_is_not_the_clients_is_not_in_a_group_either() -> None:
    case = _raising(lambda: _Group(ValueError(), _Group(KeyboardInterrupt())))
    with pytest.raises(_Group):
        case.found("test_raises_with_invalid_credentials", "expired-token", "explicit")


@pytest.mark.parametrize("contract", [Case, AsynchronousCase])
@pytest.mark.parametrize("then", [broken_clients.Exits, broken_clients.RetriesForever])
def test_torn_credentials_are_found_whatever_the_client_does_then(
    then: type[Narrator], contract: type[Case]
) -> None:
    class Torn(broken_clients.ReadsPartByPart, then):  # type: ignore[misc, valid-type]
        pass

    found = contract.of(Torn).found("test_is_safe_to_share", "role", "assume-role")
    assert found == ["torn-credentials"]


def test_a_refusal_of_the_guard_passes_through(pytester: pytest.Pytester) -> None:
    """The client is not blamed for what the kit does not let it do."""

    class Uploading(Narrator):
        def say(self, text: str) -> Any:
            audio = super().say(text)
            session(**self.accept()).client("s3").put_object(Bucket="audio", Key="one", Body=audio)
            return audio

    with pytest.raises(BaseException, match=r"refused to send PUT .*amazonaws") as passed:
        Case.of(Uploading).found("test_speaks_with_valid_credentials", "long-term", "explicit")
    assert type(passed.value).__name__ == "GuardError"


class _CatchesAll(Narrator):
    """Catches what no client has any business to catch."""

    def say(self, text: str) -> Any:
        try:
            return super().say(text) + self.upload()
        except:  # noqa: E722
            return b"beep"

    def upload(self) -> bytes:
        return b""


def test_a_refusal_of_the_guard_is_told_though_the_client_catches_it() -> None:
    class Uploading(_CatchesAll):
        def upload(self) -> bytes:
            session(**self.accept()).client("s3").put_object(Bucket="audio", Key="one", Body=b"audio")
            return b""

    with pytest.raises(GuardError, match=r"refused to send PUT .*amazonaws"):
        Case.of(Uploading).found("test_speaks_with_valid_credentials", "long-term", "explicit")
    assert Case.of(_CatchesAll).found("test_speaks_with_valid_credentials", "long-term", "explicit") == []


@pytest.mark.parametrize("change", [Narrator, broken_clients.Swallows, _CatchesAll])
@pytest.mark.parametrize("clause", ["test_speaks_with_valid_credentials", "test_is_safe_to_share"])
def test_what_falls_over_on_our_side_is_never_the_clients_fault(
    change: type[Narrator], clause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mode, source = {"test_is_safe_to_share": ("role", "assume-role")}.get(clause, ("long-term", "explicit"))
    case = Case.of(change)
    assert case.found(clause, mode, source) == []
    broken: dict[str, Any] = {}
    monkeypatch.setattr(Polly, "perform", lambda *arguments: broken["SynthesizeSpeech"])
    with pytest.raises(
        InternalError, match="a fault of pytest-polly and not of the client: KeyError: 'Synth"
    ):
        case.found(clause, mode, source)


def test_a_misuse_of_the_contract_is_no_finding() -> None:
    class Telling(Case):
        def synthesize(self, client: Narrator, text: str) -> Any:
            return client.say(text) and {"AudioStream": b"audio"}

    with pytest.raises(Exception, match=r"synthesize\(\) gave dict of str; it is to return the audio as"):
        Telling.of(Narrator).found("test_speaks_with_valid_credentials", "long-term", "explicit")


# 4. Every call speaks another text ------------------------------------------------------------


def test_every_text_is_new() -> None:
    class Listening(Narrator):
        heard: ClassVar[list[str]] = []

        def say(self, text: str) -> Any:
            self.heard.append(text)
            return super().say(text)

    case = Case.of(Listening)
    for _ in range(2):
        assert case.found("test_raises_with_invalid_credentials", "expired-token", "explicit") == []
        assert case.found("test_renews_role_credentials", "role", "assume-role") == []
        assert case.found("test_is_safe_to_share", "role", "assume-role") == []
    assert len(Listening.heard) > 20
    assert len(set(Listening.heard)) == len(Listening.heard)


def test_audio_without_a_call_is_never_green() -> None:
    for change, clause, mode, source in (
        (broken_clients.PlaysRecording, "test_speaks_with_valid_credentials", "long-term", "explicit"),
        (broken_clients.PlaysFirstRecording, "test_renews_role_credentials", "role", "assume-role"),
        (
            broken_clients.PlaysRecordingOfHalfAPair,
            "test_raises_with_invalid_credentials",
            "partial",
            "environment",
        ),
    ):
        assert Case.of(change).found(clause, mode, source) == ["answered-from-cache"]


# 5. botocore is not the client's fault --------------------------------------------------------


@pytest.mark.parametrize(
    "clause",
    [
        "test_raises_with_invalid_credentials",
        "test_error_names_the_cause",
        "test_does_not_retry_rejected_credentials",
    ],
)
def test_half_a_key_pair_that_the_sdk_lets_pass(clause: str) -> None:
    """Sent, with a signature by nothing, or asserted away: neither is the client's doing."""
    assert Case.of(ThroughSession).found(clause, "partial", "explicit") == []


def test_an_older_triple_that_is_whole_is_not_torn() -> None:
    """While one thread renews, botocore lets the others sign with what is still good."""
    with Account() as account, account.apply("role", "assume-role"):
        renewing, keeping = Narrator(), broken_clients.Freezes()
        for seconds in (0, 50 * 60):
            account.clock.advance(seconds=seconds)
            renewing.say("Hello.")
            keeping.say("Hello.")
        keys = [call.access_key_id for call in account.calls if call.service == "polly"]
        assert len(set(keys)) == 3
        assert keys[3] == keys[1]
        assert judge.shares_safely(account, account.calls) == []


def test_asking_for_a_role_more_often_than_needed_is_no_fault() -> None:
    """A role of a quarter of an hour is renewed for each request; a client per call asks each time."""

    class Forgetful(Narrator):
        def speak(self, text: str) -> Any:
            self.polly = None
            return super().speak(text)

    with Account() as account, account.apply("role", "assume-role"):
        Case.of(Forgetful).test_renews_role_credentials(account)
        assert [call.operation for call in account.calls] == ["AssumeRole", "SynthesizeSpeech"] * 3


def test_the_sdks_own_retries_while_polly_is_busy_are_no_fault() -> None:
    class Stubborn(Narrator):
        def connect(self) -> Any:
            config = Config(retries={"mode": "standard", "total_max_attempts": 7})
            return session(**self.accept()).client("polly", config=config)

    assert Case.of(Stubborn).found("test_survives_throttling", "throttled", "environment") == []


def test_a_client_that_sets_its_clock_by_awss_is_sound() -> None:
    """No SDK for Python does so yet, others do; whoever is answered with audio may return it."""

    with Account() as account, account.apply("skewed-clock", "explicit"):

        class Corrected(Narrator):
            def ask(self, text: str, polly: Any) -> Any:
                try:
                    return super().ask(text, polly)
                except polly.exceptions.ClientError:
                    account.clock.skew *= 0
                    return super().ask(text, polly)

        Case.of(Corrected).test_raises_with_invalid_credentials(account)
        assert [call.status for call in account.calls] == [403, 200]


# And what it is about -------------------------------------------------------------------------


def test_a_finding_says_what_was_seen_and_how_to_cure_it() -> None:
    with Account() as account, account.apply("session-token", "explicit"):
        with pytest.raises(ContractBroken) as broken:
            Case.of(broken_clients.DropsToken).test_speaks_with_valid_credentials(account)
        key = account.parameters["aws_access_key_id"]
    [finding] = broken.value.findings
    assert finding.seen.startswith(f"SynthesizeSpeech signed with {key}, which came with a session token, ")
    assert "AWS: 403 UnrecognizedClientException" in finding.seen
    message = str(broken.value)
    assert message.startswith("session-token-dropped: DropsToken, session-token by explicit\n  seen  Synth")
    assert "\n  cure  boto3.client(" in message


def test_a_client_that_goes_on_is_cut_off_and_told_so() -> None:
    with Account() as account, account.apply("expired-token", "explicit"):
        with pytest.raises(ContractBroken) as broken:
            Case.of(broken_clients.RetriesForever).test_does_not_retry_rejected_credentials(account)
        assert len(account.calls) == 3
    [finding] = broken.value.findings
    assert "a session token, sent 3 times, and would have gone on: it was cut off" in finding.seen


@pytest.mark.parametrize(
    ("change", "mode", "clause", "seen"),
    [
        (
            broken_clients.Swallows,
            "access-denied",
            "test_raises_with_invalid_credentials",
            "no exception but 0 bytes of audio after SynthesizeSpeech signed with {key}, without a session "
            "token; AWS: 403 AccessDeniedException: *",
        ),
        (
            broken_clients.LosesCode,
            "expired-token",
            "test_error_names_the_cause",
            "NarratorError: cannot speak, after SynthesizeSpeech signed with {key}, with a session token; "
            "AWS: 403 ExpiredTokenException: *; neither it nor its causes name ExpiredTokenException",
        ),
        (
            broken_clients.Swallows,
            "throttled",
            "test_survives_throttling",
            "* after SynthesizeSpeech signed with {key}, without a session token, sent [35] times; "
            "AWS: 400 ThrottlingException: Rate exceeded",
        ),
    ],
)
def test_what_was_seen_is_told_by_request_key_token_and_tries(
    change: type[Narrator], mode: str, clause: str, seen: str
) -> None:
    with Account() as account, account.apply(mode, "environment"):
        with pytest.raises(ContractBroken) as broken:
            getattr(Case.of(change), clause)(account)
        assert account.credentials is not None
        key = account.credentials.access_key_id
    [finding] = broken.value.findings
    assert fnmatchcase(finding.seen, seen.format(key=key)), finding.seen
