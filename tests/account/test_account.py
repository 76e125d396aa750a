"""Every case answers what it promises, every member does what it says, nothing shows a secret."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from botocore.compat import HAS_CRT
from botocore.exceptions import BotoCoreError, ClientError

from pytest_polly import Account, Call, CaseError, Credentials, GuardError, PollyError
from pytest_polly.cases import default_source
from pytest_polly.modes import MODES
from pytest_polly.sources import SOURCES

_SPEECH = {"Text": "Hello", "VoiceId": "Joanna", "OutputFormat": "mp3"}

CASES = [(mode, name) for name, source in SOURCES.items() for mode in source.modes]
ROLE_SOURCES = [name for name, source in SOURCES.items() if source.role]


def _speak(session: Any) -> bytes:
    answer = session.client("polly").synthesize_speech(**_SPEECH)
    audio: bytes = answer["AudioStream"].read()
    return audio


def _session(account: Account) -> Any:
    return boto3.Session(**account.parameters)


def _code(error: ClientError) -> str:
    code: str = error.response["Error"]["Code"]
    return code


def _polly_calls(account: Account) -> list[Call]:
    return [call for call in account.calls if call.service == "polly"]


@contextmanager
def _in_force(mode: str, source: str | None = None, variant: str = "") -> Iterator[Account]:
    with Account() as account, account.apply(mode, source, variant=variant):
        yield account


# Every case -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "source"), CASES)
def test_every_case_answers_what_it_promises(mode: str, source: str) -> None:
    with _in_force(mode, source) as account:
        expected = account.expected
        if expected.ok:
            assert _speak(_session(account))
            assert account.calls[-1].status == 200
        elif expected.code is None:
            with pytest.raises(BotoCoreError) as nothing:
                _speak(_session(account))
            assert type(nothing.value).__name__ in expected.refused_by_sdk
            assert account.calls == []
            return
        else:
            # Without a secret the signer of awscrt, which botocore takes where it is installed, gives up.
            gives_up = (AssertionError,) if mode == "partial" and HAS_CRT else ()
            with pytest.raises((ClientError, BotoCoreError, *gives_up)) as refused:
                _speak(_session(account))
            if not isinstance(refused.value, ClientError):
                assert type(refused.value).__name__ in (*expected.refused_by_sdk, "AssertionError")
                assert account.calls == []
                return
            assert _code(refused.value) == expected.code
        last = account.calls[-1]
        assert (last.service, last.operation) == ("polly", "SynthesizeSpeech")
        assert expected.matches(last.status, last.error_code, last.message)
        assert account.credentials is not None
        assert last.access_key_id == account.credentials.access_key_id
        assert last.token_sent == (account.credentials.session_token is not None)
        assert last.token == account.credentials.session_token
        assert last.signed_with(account.credentials.secret_access_key) or mode == "partial"


def test_the_cases_are_worth_the_name() -> None:
    """Were the table of cases empty or halved, nothing above would notice."""
    assert {mode for mode, _ in CASES} == set(MODES)
    assert {source for _, source in CASES} == set(SOURCES)
    answers = {(mode.expected.ok, mode.expected.code, mode.expected.message) for mode in MODES.values()}
    assert len(answers) >= 9


SEES_CREDENTIALS = [(mode, source) for mode, source in CASES if mode not in ("none", "partial")]


@pytest.mark.parametrize(("mode", "source"), SEES_CREDENTIALS)
def test_botocore_finds_them_where_the_source_says(mode: str, source: str) -> None:
    with _in_force(mode, source) as account:
        found = _session(account).get_credentials()
        assert found.method == SOURCES[source].provider
        triple = found.get_frozen_credentials()
        given = account.credentials
        assert given is not None
        assert given.access_key_id == triple.access_key
        assert given.secret_access_key == triple.secret_key, "another secret"
        assert given.session_token == triple.token, "another token"


#: Without the one that older botocores refuse.
VARIANTS = [
    (name, variant) for name, source in SOURCES.items() for variant in source.variants if variant != "https"
]


@pytest.mark.parametrize(("source", "variant"), VARIANTS)
def test_a_variant_is_the_same_source(source: str, variant: str) -> None:
    with _in_force("role", source, variant) as account:
        session = _session(account)
        assert session.get_credentials().method == SOURCES[source].provider
        assert _speak(session)
        assert _polly_calls(account)[0].access_key_id in {
            key.credentials.access_key_id for key in account.role_sessions
        }


def test_every_source_hands_out_values_of_its_own() -> None:
    seen: list[str] = []
    with Account() as account:
        for mode, source in SEES_CREDENTIALS:
            if SOURCES[source].unavailable():
                continue
            with account.apply(mode, source):
                found = _session(account).get_credentials().get_frozen_credentials()
                triple = (found.access_key, found.secret_key, found.token)
                seen += [part for part in triple if part is not None]
    assert len(seen) > 2 * len(SEES_CREDENTIALS) - 10
    assert len(seen) == len(set(seen))


def test_accounts_share_nothing() -> None:
    with _in_force("session-token") as one, _in_force("session-token") as another:
        assert one.account_id != another.account_id
        assert not set(one.issued) & set(another.issued)
        _speak(_session(another))
        assert one.calls == []


# What is in force -----------------------------------------------------------------------------


def test_the_case_in_force() -> None:
    def in_force() -> list[str | None]:
        return [account.mode, account.source, account.case.id if account.case else None]

    with Account(region="eu-central-1") as account:
        assert in_force() == [None, None, None]
        assert account.region == "eu-central-1"
        assert len(account.account_id) == 12
        assert account.account_id.isdigit()
        with account.apply("session-token") as same:
            assert same is account
            assert in_force() == ["session-token", "environment", "session-token-environment"]
            with account.apply("role"):
                assert in_force() == ["role", "assume-role", "role-assume-role"]
                with account.apply("none"):
                    assert in_force() == ["none", "environment", "none-environment"]
                    assert account.credentials is None
                assert in_force() == ["role", "assume-role", "role-assume-role"]
            assert in_force() == ["session-token", "environment", "session-token-environment"]
        assert in_force() == [None, None, None]


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_has_a_source_when_none_is_named(mode: str) -> None:
    with _in_force(mode) as account:
        assert account.source == default_source(mode)
        assert mode in SOURCES[default_source(mode)].modes


def test_what_comes_back_is_what_was_there() -> None:
    """A case left is a case forgotten: the one around it goes on with its own credentials."""
    with _in_force("session-token") as account:
        outer = account.credentials
        session = _session(account)
        with account.apply("long-term", "shared-credentials-file"):
            assert account.credentials != outer
            _speak(_session(account))
        assert account.credentials == outer
        _speak(session)
        _speak(_session(account))
        assert outer is not None
        assert [call.access_key_id == outer.access_key_id for call in account.calls] == [False, True, True]


def test_the_parameters_are_boto3s_own() -> None:
    given = {
        "explicit": {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"},
        "profile-name": {"profile_name"},
    }
    with Account() as account:
        for source in SOURCES:
            mode = "role" if SOURCES[source].role else "session-token"
            if SOURCES[source].unavailable():
                continue
            with account.apply(mode, source):
                assert set(account.parameters) == given.get(source, set())
                account.parameters["changed"] = "by a client"
                assert "changed" not in account.parameters


def test_a_role_has_credentials_once_they_are_fetched() -> None:
    with _in_force("role") as account:
        before = account.credentials
        assert before is None
        session = _session(account)
        _speak(session)
        first = account.credentials
        assert first is not None
        assert first.access_key_id.startswith("ASIA")
        assert first.expires_at is not None
        account.clock.advance(hours=2)
        _speak(session)
        assert account.credentials != first
        assert len(account.role_sessions) == 2


def test_credentials_say_what_they_are() -> None:
    with Account() as account:
        key = account.issue("long-term")
        session = account.issue("session-token")
        assert set(key.as_client_kwargs()) == {"aws_access_key_id", "aws_secret_access_key"}
        assert key.expires_at is None
        assert set(session.as_client_kwargs()) == {*key.as_client_kwargs(), "aws_session_token"}
        assert session.expires_at is not None
        assert timedelta(minutes=59) < session.expires_at - account.clock.now <= timedelta(hours=1)
        partial = account.issue("partial").as_client_kwargs()
        assert set(partial) == {"aws_access_key_id"}


def test_calls_are_told_as_they_came() -> None:
    before = datetime.now(timezone.utc)
    with Account(region="eu-west-1") as account:
        with account.apply("session-token"):
            _speak(_session(account))
            # Older botocores ask the global endpoint, which is in us-east-1.
            boto3.client("sts", region_name="us-east-1").get_caller_identity()
        with account.apply("access-denied"), pytest.raises(ClientError):
            _speak(_session(account))
    speech, identity, denied = account.calls
    assert (speech.service, speech.operation, speech.status) == ("polly", "SynthesizeSpeech", 200)
    assert (speech.region, speech.host) == ("eu-west-1", "polly.eu-west-1.amazonaws.com")
    assert (speech.signed, speech.token_sent, speech.error_code) == (True, True, None)
    assert speech.principal is not None
    assert speech.principal.startswith(f"arn:aws:iam::{account.account_id}:user/")
    assert (identity.service, identity.operation) == ("sts", "GetCallerIdentity")
    assert identity.region == "us-east-1"
    assert identity.host in ("sts.us-east-1.amazonaws.com", "sts.amazonaws.com")
    assert (denied.status, denied.error_code) == (403, "AccessDeniedException")
    assert denied.token_sent is False
    assert before <= speech.time <= identity.time <= denied.time <= datetime.now(timezone.utc)


# Issuing --------------------------------------------------------------------------------------

#: Modes that are more than credentials: somebody's clock, or a Polly that is down.
_MORE_THAN_CREDENTIALS = {name for name, mode in MODES.items() if mode.skew or mode.failing}


@pytest.mark.parametrize(
    "mode", [name for name in MODES if name not in {"none", "partial", *_MORE_THAN_CREDENTIALS}]
)
def test_what_is_issued_is_answered_like_what_is_applied(mode: str) -> None:
    with Account() as account:
        given = account.issue(mode)
        assert account.mode is None
        assert boto3.Session().get_credentials() is None
        expected = MODES[mode].expected
        session = boto3.Session(**given.as_client_kwargs())
        if expected.ok:
            assert _speak(session)
        else:
            with pytest.raises(ClientError):
                _speak(session)
        last = account.calls[-1]
        assert expected.matches(last.status, last.error_code, last.message)
        assert account.issue(mode).access_key_id != given.access_key_id


# What becomes of credentials ------------------------------------------------------------------


def _expire(account: Account) -> None:
    account.expire()


def _deactivate(account: Account) -> None:
    account.deactivate_key()


def _revoke(account: Account) -> None:
    account.revoke_sessions()


def _deny(account: Account) -> None:
    account.deny("polly:SynthesizeSpeech")


TEMPORARY = [("session-token", "environment"), ("session-token", "explicit")]
FETCHED = [("role", source) for source in (*ROLE_SOURCES, "process")]
FATES: dict[str, tuple[Callable[[Account], None], str, str, list[tuple[str, str]]]] = {
    "expire": (_expire, "ExpiredTokenException", "expired", TEMPORARY + FETCHED),
    "deactivate": (
        _deactivate,
        "UnrecognizedClientException",
        "invalid",
        [("long-term", "environment"), *TEMPORARY, *FETCHED],
    ),
    "revoke": (_revoke, "AccessDeniedException", "explicit deny", TEMPORARY + FETCHED),
    "deny": (
        _deny,
        "AccessDeniedException",
        "explicit deny",
        [("long-term", "environment"), *TEMPORARY, *FETCHED],
    ),
}


@pytest.mark.parametrize(
    ("fate", "mode", "source"), [(fate, *case) for fate, row in FATES.items() for case in row[3]]
)
def test_credentials_in_force_meet_their_fate(fate: str, mode: str, source: str) -> None:
    befall, code, words, _ = FATES[fate]
    with _in_force(mode, source) as account:
        client = _session(account).client("polly")
        client.synthesize_speech(**_SPEECH)
        befall(account)
        with pytest.raises(ClientError, match=words) as refused:
            client.synthesize_speech(**_SPEECH)
    assert _code(refused.value) == code


def test_sessions_issued_after_the_revocation_are_good() -> None:
    with _in_force("role") as account:
        _speak(_session(account))
        account.revoke_sessions()
        account.clock.advance(seconds=1)
        assert _speak(_session(account))


def test_a_long_term_key_is_no_session_to_revoke() -> None:
    with _in_force("long-term") as account:
        account.revoke_sessions()
        assert _speak(_session(account))


def test_a_fate_is_the_case_in_forces_own() -> None:
    with _in_force("session-token") as account:
        session = _session(account)
        with account.apply("session-token", "explicit"):
            account.expire()
            account.deactivate_key()
            account.deny("polly:*")
        assert _speak(session)


def test_what_is_denied_can_be_allowed_again() -> None:
    with _in_force("long-term") as account:
        session = _session(account)
        account.deny("polly:SynthesizeSpeech")
        with pytest.raises(ClientError, match="explicit deny"):
            _speak(session)
        session.client("polly").describe_voices()
        account.allow("polly:SynthesizeSpeech")
        assert _speak(session)


def test_what_is_not_allowed_can_be() -> None:
    with _in_force("access-denied") as account:
        account.allow("polly:SynthesizeSpeech")
        assert _speak(_session(account))
        with pytest.raises(ClientError, match="no identity-based policy allows"):
            _session(account).client("polly").describe_voices()


@pytest.mark.parametrize("mode", ["long-term", "session-token", "role"])
def test_a_role_is_created_for_whom_is_in_force(mode: str) -> None:
    with _in_force(mode) as account:
        arn = account.create_role()
        assert arn != account.create_role()
        granted = _session(account).client("sts").assume_role(RoleArn=arn, RoleSessionName="narrator")
        given = granted["Credentials"]
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        assert _speak(session)
        assert account.calls[-1].principal == granted["AssumedRoleUser"]["Arn"]
        assert account.issued[given["AccessKeyId"]].principal.role == arn
        account.clock.advance(hours=1)
        with pytest.raises(ClientError, match="ExpiredToken"):
            _speak(session)


def test_a_created_role_is_for_nobody_else() -> None:
    with _in_force("long-term") as account:
        arn = account.create_role()
        other = account.issue("long-term")
        sts = boto3.client("sts", **other.as_client_kwargs())
        with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
            sts.assume_role(RoleArn=arn, RoleSessionName="narrator")


def test_a_role_is_created_for_somebody() -> None:
    with Account() as account:
        with pytest.raises(PollyError, match="no case is in force"):
            account.create_role()
        with account.apply("none"), pytest.raises(PollyError, match="puts nobody in force"):
            account.create_role()


ROTATED = [
    (mode, source)
    for mode, source in CASES
    if mode in ("long-term", "session-token", "wrong-secret", "unknown-key")
]


@pytest.mark.parametrize(("mode", "source"), ROTATED)
def test_rotation_puts_new_credentials_at_the_source(mode: str, source: str) -> None:
    with _in_force(mode, source) as account:
        before, old = account.credentials, _session(account)
        old.get_credentials().get_frozen_credentials()
        after = account.rotate()
        assert after == account.credentials
        assert after is not None
        assert before is not None
        assert after.access_key_id != before.access_key_id
        assert after.secret_access_key != before.secret_access_key
        new = _session(account)
        assert new.get_credentials().access_key == after.access_key_id
        if MODES[mode].valid:
            assert _speak(new)
            assert _speak(old), "the old ones are valid until deactivated"
            account.deactivate_key()
            assert _speak(old), "it is the new ones that are in force"
            account.deactivate_key(before.access_key_id)
            with pytest.raises(ClientError, match="UnrecognizedClientException"):
                _speak(old)
        else:
            with pytest.raises(ClientError):
                _speak(new)
        assert account.calls[0].access_key_id == after.access_key_id


def test_after_rotation_and_the_case_the_environment_is_as_before() -> None:
    with _in_force("session-token") as account:
        outer = account.credentials
        with account.apply("long-term"):
            account.rotate()
        assert outer is not None
        found = boto3.Session().get_credentials()
        assert (found.access_key, found.token) == (outer.access_key_id, outer.session_token)


# When it is used wrongly ----------------------------------------------------------------------


def _wrong(act: Callable[[Account], Any], mode: str | None = None) -> Callable[[], Any]:
    def do() -> Any:
        with Account() as account:
            if mode is None:
                return act(account)
            with account.apply(mode):
                return act(account)

    return do


def _apply(*names: Any, **options: Any) -> Callable[[Account], None]:
    def act(account: Account) -> None:
        with account.apply(*names, **options):
            pytest.fail("it was applied")

    return act


def _outside() -> None:
    _apply("long-term")(Account())


def _served() -> None:
    with Account().serve():
        pass


def _twice() -> None:
    with Account() as account, account:
        pytest.fail("it was entered twice")


WRONG: dict[str, tuple[Callable[[], Any], type[PollyError], list[str]]] = {
    "no such mode": (_wrong(_apply("long_term")), CaseError, ["'long_term' is no mode", *MODES]),
    "no such source": (
        _wrong(_apply("long-term", "env")),
        CaseError,
        ["'env' is no source", *SOURCES],
    ),
    "no such variant": (
        _wrong(_apply("role", "container", variant="podman")),
        CaseError,
        ["'podman' is no variant of source 'container'; the variants of source 'container' are full-uri"],
    ),
    "no variants at all": (
        _wrong(_apply("long-term", "environment", variant="podman")),
        CaseError,
        ["there are no variants of source 'environment'"],
    ),
    "not together": (
        _wrong(_apply("role", "environment")),
        CaseError,
        ["'role'", "'environment'", *ROLE_SOURCES],
    ),
    "not even a name": (_wrong(_apply(None)), CaseError, ["None is no mode", *MODES]),
    "a list": (_wrong(_apply(["role"])), CaseError, ["['role'] is no mode", *MODES]),
    "issue of no mode": (_wrong(lambda a: a.issue("expired")), CaseError, ["'expired' is no mode", *MODES]),
    "issue of nothing": (_wrong(lambda a: a.issue("none")), PollyError, ["'none'", "no credentials"]),
    "not entered": (_outside, PollyError, ["not in force", "with Account()"]),
    "served, not entered": (_served, PollyError, ["not in force", "with Account()"]),
    "entered twice": (_twice, PollyError, ["in force already", "Account()"]),
    "credentials of nothing": (
        _wrong(lambda a: a.credentials),
        PollyError,
        ["no case is in force", "@pytest.mark.polly", "polly_session_token", "polly_account.apply"],
    ),
    "expected of nothing": (_wrong(lambda a: a.expected), PollyError, ["no case is in force"]),
    "parameters of nothing": (_wrong(lambda a: a.parameters), PollyError, ["no case is in force"]),
    "expire nothing": (_wrong(lambda a: a.expire()), PollyError, ["no case is in force"]),
    "rotate nothing": (_wrong(lambda a: a.rotate()), PollyError, ["no case is in force"]),
    "deny nothing": (_wrong(lambda a: a.deny("polly:*")), PollyError, ["no case is in force"]),
    "expire a key": (
        _wrong(lambda a: a.expire(), "long-term"),
        PollyError,
        ["does not expire", "deactivate_key()"],
    ),
    "expire too early": (
        _wrong(lambda a: a.expire(), "role"),
        PollyError,
        ["no credentials have been handed out yet", "'role'"],
    ),
    "deactivate too early": (
        _wrong(lambda a: a.deactivate_key(), "role"),
        PollyError,
        ["no credentials have been handed out yet"],
    ),
    "deactivate a stranger": (
        _wrong(lambda a: a.deactivate_key("AKIAIOSFODNN7EXAMPLE"), "long-term"),
        PollyError,
        ["issued no key 'AKIAIOSFODNN7EXAMPLE'"],
    ),
    "deny to nobody": (_wrong(lambda a: a.deny("polly:*"), "none"), PollyError, ["'none'", "nobody"]),
    "revoke nobodys": (_wrong(lambda a: a.revoke_sessions(), "none"), PollyError, ["nobody"]),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_use_is_told_what_would_be_right(what: str) -> None:
    do, kind, words = WRONG[what]
    with pytest.raises(PollyError) as raised:
        do()
    assert type(raised.value) is kind
    for word in words:
        assert word in str(raised.value)


def test_the_exceptions_are_what_they_say() -> None:
    assert issubclass(CaseError, PollyError)
    assert issubclass(CaseError, ValueError)
    assert not issubclass(GuardError, Exception)
    assert {one.__module__ for one in (PollyError, CaseError, GuardError)} == {"pytest_polly"}


# Nothing shows a secret -----------------------------------------------------------------------


def _ours(value: object) -> bool:
    return type(value).__module__.partition(".")[0] == "pytest_polly"


@contextmanager
def _watching() -> Iterator[dict[str, list[str]]]:
    """Take down the ``repr`` of every object of ours that a traceback could show: each frame's locals."""
    shown: dict[str, list[str]] = {}

    def watch(frame: FrameType, event: str, argument: object) -> None:
        if event == "return" and frame.f_globals.get("__name__", "").startswith("pytest_polly"):
            for value in list(frame.f_locals.values()):
                if _ours(value):
                    with suppress(AttributeError):  # still in its own __init__
                        shown.setdefault(type(value).__qualname__, []).append(repr(value))

    sys.setprofile(watch)
    try:
        yield shown
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize(
    ("mode", "source"),
    [
        ("session-token", "explicit"),
        ("session-token", "environment"),
        ("wrong-secret", "shared-credentials-file"),
        ("wrong-token", "profile"),
        ("unknown-key", "profile-name"),
        *FETCHED,
    ],
)
def test_no_repr_shows_a_secret(mode: str, source: str) -> None:
    with _in_force(mode, source) as account:
        with _watching() as shown, account.apply(mode, source):
            session = _session(account)
            for act in (
                lambda: _speak(session),
                lambda: session.client("sts").get_caller_identity(),
                lambda: session.client("sts").get_session_token(),
                lambda: account.clock.advance(hours=2),
                lambda: _speak(session),
                account.rotate,
                lambda: account.issue("session-token"),
                lambda: _speak(_session(account)),
            ):
                with suppress(ClientError):
                    act()
        signatures = [call._proof.signature for call in account.calls if call._proof]
        shown["Account"] = [repr(account), str(account), f"{account!r}"]
        shown["Call"] = [repr(call) for call in account.calls]
        shown["IssuedKey"] = [repr(key) for key in account.issued.values()]
        leaks = {
            kind
            for kind, texts in shown.items()
            for text in set(texts)
            if account.masked(text) != text or any(one in text for one in signatures)
        }
    assert signatures
    assert {"Request", "Response", "Arrival", "Delivery", "Proof", "Credentials"} <= set(shown)
    assert leaks == set()


def test_masking_masks_what_is_quoted_for_a_url() -> None:
    with Account() as account:
        given = account.issue("session-token")
        for secret in given.secrets:
            for safe in ("", "/"):
                shown = account.masked(f"https://localhost/?secret={quote(secret, safe=safe)}&voice=Joanna")
                assert shown == "https://localhost/?secret=****&voice=Joanna"


def test_masking_masks() -> None:
    """Were it a function that returns its argument, nothing above would find anything."""
    with _in_force("session-token") as account:
        given = account.credentials
        assert given is not None
        for secret in given.secrets:
            assert secret not in account.masked(f"it is {secret}!")
        assert account.masked(given.access_key_id) == given.access_key_id
        wrong = account.issue("wrong-secret")
        with account.apply("wrong-secret"):
            also_wrong = account.credentials
        assert also_wrong is not None
        for credentials in (wrong, also_wrong):
            assert credentials.secret_access_key is not None
            assert account.masked(credentials.secret_access_key) == "****"


@pytest.mark.parametrize("source", ["environment", "web-identity"])
def test_a_token_is_out_of_sight_whose_end_has_been_cut_off(source: str) -> None:
    """pytest cuts off what it takes for too long."""
    mode = "role" if source == "web-identity" else "session-token"
    with Account() as account, account.apply(mode, source):
        if source == "environment":
            token = os.environ["AWS_SESSION_TOKEN"]
        else:
            token = Path(os.environ["AWS_WEB_IDENTITY_TOKEN_FILE"]).read_text()
        for length in (60, 200, len(token) - 1, len(token)):
            for safe in ("/", "", "/+="):
                cut = quote(token, safe=safe)[:length]
                assert account.masked(f"{{'token': '{cut}\n...") == "{'token': '****\n..."
        # What is public of it, and begins every token of its kind, may be shown.
        assert account.masked(token[:16]) == token[:16]
        assert account.masked(f"{token}&voice=Joanna") == "****&voice=Joanna"


def test_credentials_show_the_key_and_nothing_more() -> None:
    given = Credentials(
        "AKIAEXAMPLE234567222", "secret", "token", datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    )
    assert repr(given) == (
        "Credentials(access_key_id='AKIAEXAMPLE234567222', secret_access_key='****', "
        "session_token='****', expires_at=2030-01-02T03:04:05Z)"
    )
    assert repr(Credentials("AKIA", None)) == (
        "Credentials(access_key_id='AKIA', secret_access_key=None, session_token=None)"
    )


def test_credentials_are_equal_if_every_part_is() -> None:
    parts: dict[str, Any] = {
        "access_key_id": "AKIA",
        "secret_access_key": "secret",
        "session_token": "token",
        "expires_at": datetime(2030, 1, 2, tzinfo=timezone.utc),
    }
    one, same = Credentials(**parts), Credentials(**parts)
    assert one == same
    assert hash(one) == hash(same)
    for name in parts:
        assert Credentials(**{**parts, name: None}) != one
    assert one != parts


_BY_ITSELF = ("", 'with Account() as account, account.apply("session-token"):')
_BY_FIXTURE = ("polly_session_token", "for account in [polly_session_token]:")
FAILING = [
    (how, fails)
    for how in (_BY_ITSELF, _BY_FIXTURE)
    for fails in (
        "assert account.credentials == account.issue('session-token')",
        "assert account.calls[0] == account.calls[2]",
        "assert account.calls == []",
        "assert account.issued == {}",
        "account.apply_case(case=None).__enter__()",
    )
] + [
    # Plain dictionaries, and frames of botocore's, show what they like: it is the report that hides it.
    (_BY_FIXTURE, "assert given.as_client_kwargs() == {}"),
    (_BY_FIXTURE, "boto3.client('polly', endpoint_url='https://a.example').describe_voices()"),
]
_FAILING_TEST = """
def test_{number}({fixture}):
    {block}
        given = account.credentials
        pathlib.Path("secrets-{number}").write_text("\\n".join(given.secrets))
        for operation in ("describe_voices", "list_lexicons", "describe_voices"):
            getattr(boto3.client("polly"), operation)()
        {fails}
"""


def test_a_failing_test_shows_no_secret(pytester: pytest.Pytester) -> None:
    tests = [
        _FAILING_TEST.format(number=number, fixture=how[0], block=how[1], fails=fails)
        for number, (how, fails) in enumerate(FAILING)
    ]
    pytester.makepyfile("import boto3, pathlib\nfrom pytest_polly import Account\n" + "\n".join(tests))
    result = pytester.runpytest_inprocess("-vv", "--showlocals", "--tb=long", "-p", "no:randomly")
    result.assert_outcomes(failed=len(FAILING))
    output = (result.stdout.str() + result.stderr.str()).replace("\n", "")
    assert output.count("<Account ") >= len(FAILING)
    leaking = set()
    for number, (_, fails) in enumerate(FAILING):
        secrets = (pytester.path / f"secrets-{number}").read_text().splitlines()
        assert len(secrets) == 2
        leaking |= {fails for secret in secrets if secret in output}
    assert leaking == set()
