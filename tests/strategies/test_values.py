"""What the strategies draw is of legal form, is accepted as such, and shrinks to something short."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from pytest_polly import Account, CaseError, Credentials, PollyError, mint, strategies
from pytest_polly.sources import SOURCES

from .scanners import found_by
from .sending import speak

#: A machine that is busy is no fault of ours.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Form -----------------------------------------------------------------------------------------

FORMS: list[tuple[st.SearchStrategy[str], str]] = [
    (strategies.access_key_ids(), r"A[KS]IA[A-Z2-7]{9}EXAMPLE"),
    (strategies.access_key_ids("AKIA"), r"AKIA[A-Z2-7]{16}"),
    (strategies.access_key_ids("ASIA"), r"ASIA[A-Z2-7]{16}"),
    (strategies.secret_access_keys(), r"[A-Za-z0-9/+]{40}"),
    (strategies.session_tokens(), r"(IQoJb3JpZ2luX2Vj|FwoGZXIvYXdz)[A-Za-z0-9/+]{180,3700}={0,2}"),
]


@pytest.mark.parametrize(("strategy", "form"), FORMS)
def test_parts_of_credentials_have_aws_form(strategy: st.SearchStrategy[str], form: str) -> None:
    @unhurried
    @given(strategy)
    def holds(drawn: str) -> None:
        assert re.fullmatch(form, drawn)

    holds()


#: Properties that values must be able to have: each is a value that some client has tripped over.
POSSIBLE: list[tuple[str, st.SearchStrategy[str], Callable[[str], bool]]] = [
    ("user's key", strategies.access_key_ids(), lambda drawn: drawn.startswith("AKIA")),
    ("session's key", strategies.access_key_ids(), lambda drawn: drawn.startswith("ASIA")),
    ("slash in the secret", strategies.secret_access_keys(), lambda drawn: "/" in drawn),
    ("plus in the secret", strategies.secret_access_keys(), lambda drawn: "+" in drawn),
    ("secret that starts with a slash", strategies.secret_access_keys(), lambda drawn: drawn[0] == "/"),
    ("secret that ends in a plus", strategies.secret_access_keys(), lambda drawn: drawn[-1] == "+"),
    ("two slashes side by side", strategies.secret_access_keys(), lambda drawn: "//" in drawn),
    ("token of version 1", strategies.session_tokens(), lambda drawn: drawn.startswith("FwoGZXIvYXdz")),
    ("token of version 2", strategies.session_tokens(), lambda drawn: drawn.startswith("IQoJb3JpZ2luX2Vj")),
    ("token that is padded", strategies.session_tokens(), lambda drawn: drawn.endswith("=")),
    ("token that is not padded", strategies.session_tokens(), lambda drawn: not drawn.endswith("=")),
    ("token of 3000 characters", strategies.session_tokens(), lambda drawn: len(drawn) > 3000),
    ("text of one character", strategies.texts(), lambda drawn: len(drawn) == 1),
    ("text of another script", strategies.texts(), lambda drawn: not drawn.isascii()),
    ("text that needs escaping", strategies.texts(), lambda drawn: "&" in drawn or "<" in drawn),
    ("line break in the text", strategies.texts(), lambda drawn: "\n" in drawn),
    ("character beyond the first plane", strategies.texts(), lambda drawn: max(drawn) > "\uffff"),
    ("tag within a tag", strategies.ssml(), lambda drawn: "<p><s>" in drawn),
]


@pytest.mark.parametrize(("strategy", "wanted"), [pytest.param(*rest, id=name) for name, *rest in POSSIBLE])
def test_values_that_clients_trip_over_are_drawn(
    strategy: st.SearchStrategy[str], wanted: Callable[[str], bool]
) -> None:
    seldom = settings(max_examples=5000, database=None, derandomize=True, phases=[Phase.generate])
    assert wanted(find(strategy, wanted, settings=seldom))


@unhurried
@given(strategies.session_tokens())
def test_session_tokens_are_base64(token: str) -> None:
    decoded = base64.b64decode(token, validate=True)
    assert b"origin_ec" in decoded[:12] or b"er/aws" in decoded[:9]
    assert base64.b64encode(decoded).decode() == token


def test_only_prefixes_that_sign_can_be_asked_for() -> None:
    with pytest.raises(ValueError, match="'ABIA' is no prefix of a key that signs"):
        strategies.access_key_ids("ABIA")


# Shrinking ------------------------------------------------------------------------------------

MINIMAL: list[tuple[st.SearchStrategy[Any], object]] = [
    (strategies.access_key_ids(), "AKIA222222222EXAMPLE"),
    (strategies.secret_access_keys(), "0000000000000000EXAMPLE00000000000000000"),
    (strategies.credentials().map(lambda drawn: drawn.session_token), None),
    (strategies.cases().map(lambda drawn: drawn.id), "long-term-explicit"),
    (strategies.texts(), "0"),
    (strategies.ssml(), "<speak>0</speak>"),
]


@pytest.mark.parametrize(("strategy", "minimal"), MINIMAL)
def test_values_shrink_to_something_short(strategy: st.SearchStrategy[Any], minimal: object) -> None:
    assert find(strategy, lambda _: True, settings=settings(database=None, deadline=None)) == minimal


def test_a_malformed_header_shrinks_to_next_to_nothing() -> None:
    how = settings(database=None, deadline=None)
    assert len(find(strategies.malformed_authorization(), lambda _: True, settings=how)) <= 1


def test_a_token_shrinks_to_its_head_and_zeros() -> None:
    token = find(strategies.session_tokens(), lambda _: True, settings=settings(database=None, deadline=None))
    assert re.fullmatch(r"IQoJb3JpZ2luX2VjEPT/+wEaEXAMPLE/A+=*", token)
    assert len(token) < 210


def test_a_feared_character_is_all_that_is_left_of_a_secret() -> None:
    secret = find(
        strategies.secret_access_keys(), lambda drawn: "/" in drawn, settings=settings(database=None)
    )
    assert sorted(set(secret.replace("EXAMPLE", ""))) == ["/", "0"]


# Out of sight ---------------------------------------------------------------------------------

LINES = (
    "aws_access_key_id = {0}\naws_secret_access_key = {1}\naws_session_token = {2}\n",
    "AWS_ACCESS_KEY_ID='{0}' AWS_SECRET_ACCESS_KEY='{1}' AWS_SESSION_TOKEN='{2}'",
    'Credentials("{0}", "{1}", "{2}")',
    '{{"AccessKeyId": "{0}", "SecretAccessKey": "{1}", "SessionToken": "{2}"}}',
)


@unhurried
@given(strategies.credentials(), st.sampled_from(LINES))
def test_scanners_take_nothing_for_a_leaked_key(drawn: Credentials, line: str) -> None:
    parts = (drawn.access_key_id, drawn.secret_access_key, drawn.session_token)
    assert found_by(line.format(*parts)) == set()


@pytest.mark.parametrize("line", LINES)
def test_scanners_find_keys_of_any_other_form(line: str) -> None:
    parts = (mint.access_key_id("AKIA"), mint.secret_access_key(), mint.session_token())
    assert {"gitleaks: aws-access-token", "trufflehog: AWS"} <= found_by(line.format(*parts))


@pytest.mark.parametrize("several", [False, True])
def test_a_failing_example_does_not_show_secrets(several: bool) -> None:
    drawn_at_once = strategies.credentials("session-token")

    @settings(unhurried, database=None)
    @given(st.lists(drawn_at_once, min_size=2) if several else drawn_at_once)
    def fails(drawn: object) -> None:
        raise AssertionError

    with pytest.raises(AssertionError) as raised:
        fails()
    shown = "\n".join(getattr(raised.value, "__notes__", ()))
    assert "access_key_id='ASIA222222222EXAMPLE'" in shown
    assert "0000000000" not in shown
    assert "IQoJ" not in shown


# Credentials ----------------------------------------------------------------------------------


def test_any_well_formed_credentials_are_signed_correctly() -> None:
    with Account() as account:

        @unhurried
        @given(strategies.credentials())
        def holds(drawn: Credentials) -> None:
            given = account.issue("session-token" if drawn.session_token else "long-term", drawn)
            assert given == replace(drawn, expires_at=given.expires_at)
            assert speak(given) == (200, "")

        holds()


#: What becomes of credentials on their way, and what AWS answers then.
SPOILT: list[tuple[str, Callable[[Credentials], Credentials], str]] = [
    (
        "session-token",
        lambda given: replace(given, session_token=None),
        "UnrecognizedClientException",
    ),
    (
        "session-token",
        lambda given: replace(given, session_token=str(given.session_token)[:-4]),
        "UnrecognizedClientException",
    ),
    (
        "session-token",
        lambda given: replace(given, session_token=str(given.session_token).replace("/", " ")),
        "UnrecognizedClientException",
    ),
    (
        "long-term",
        lambda given: replace(given, secret_access_key=str(given.secret_access_key).swapcase()),
        "InvalidSignatureException",
    ),
    (
        "long-term",
        lambda given: replace(given, access_key_id=given.access_key_id.replace("AKIA", "ASIA")),
        "UnrecognizedClientException",
    ),
]


@pytest.mark.parametrize(("mode", "spoil", "code"), SPOILT)
def test_well_formed_credentials_are_refused_once_they_are_spoilt(
    mode: str, spoil: Callable[[Credentials], Credentials], code: str
) -> None:
    with Account() as account:

        @settings(unhurried, max_examples=25)
        @given(strategies.credentials(mode))
        def holds(drawn: Credentials) -> None:
            assert speak(spoil(account.issue(mode, drawn))) == (403, code)

        holds()


@pytest.mark.parametrize("source", ["explicit", "environment", "shared-credentials-file", "profile-name"])
@pytest.mark.parametrize("mode", ["long-term", "session-token"])
def test_any_well_formed_credentials_survive_their_source(mode: str, source: str) -> None:
    with Account() as account, account.apply(mode, source):

        @settings(unhurried, max_examples=10)
        @given(strategies.credentials(mode))
        def holds(drawn: Credentials) -> None:
            account.rotate(drawn)
            client = boto3.Session(**account.parameters).client("polly")
            client.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
            call = account.calls[-1]
            assert (call.access_key_id, call.token) == (drawn.access_key_id, drawn.session_token)
            assert call.signed_with(drawn.secret_access_key)

        holds()


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("missing-token", "UnrecognizedClientException"),
        ("expired-token", "ExpiredTokenException"),
        ("wrong-secret", "InvalidSignatureException"),
        ("inactive-key", "UnrecognizedClientException"),
        ("stray-token", "UnrecognizedClientException"),
        ("explicit-deny", "AccessDeniedException"),
    ],
)
def test_credentials_of_a_mode_are_refused_as_the_mode_has_it(mode: str, code: str) -> None:
    with Account() as account:

        @settings(unhurried, max_examples=10)
        @given(strategies.credentials(mode))
        def holds(drawn: Credentials) -> None:
            assert speak(account.issue(mode, drawn)) == (403, code)

        holds()


def test_the_same_values_can_be_issued_again_elsewhere() -> None:
    drawn = Credentials("AKIA222222222EXAMPLE", "0000000000000000EXAMPLE00000000000000000")
    for _ in range(2):
        with Account() as account:
            assert speak(account.issue("long-term", drawn)) == (200, "")


def test_what_was_issued_last_under_an_id_counts() -> None:
    first = Credentials("AKIA222222222EXAMPLE", "0000000000000000EXAMPLE00000000000000000")
    second = replace(first, secret_access_key="1111111111111111EXAMPLE00000000000000000")
    with Account() as account:
        account.issue("long-term", first)
        account.issue("long-term", second)
        assert speak(first) == (403, "InvalidSignatureException")
        assert speak(second) == (200, "")
        assert list(account.issued) == ["AKIA222222222EXAMPLE"]


@pytest.mark.parametrize(
    ("mode", "token"), [("long-term", "IQoJ"), ("session-token", None), ("session-token", "")]
)
def test_values_of_another_kind_are_not_issued(mode: str, token: str | None) -> None:
    values = Credentials("AKIA222222222EXAMPLE", "0000000000000000EXAMPLE00000000000000000", token)
    with Account() as account, pytest.raises(PollyError, match="AKIA222222222EXAMPLE cannot be issued so"):
        account.issue(mode, values)


@pytest.mark.parametrize(("mode", "source"), [("none", "environment"), ("role", "assume-role")])
def test_values_are_not_put_where_no_credentials_lie(mode: str, source: str) -> None:
    values = Credentials("AKIA222222222EXAMPLE", "0000000000000000EXAMPLE00000000000000000")
    with (
        Account() as account,
        account.apply(mode, source),
        pytest.raises(PollyError, match="no credentials lie at the source"),
    ):
        account.rotate(values)


def test_a_mode_without_credentials_has_none_to_draw() -> None:
    with pytest.raises(CaseError, match="mode 'none' has no credentials"):
        strategies.credentials("none")
    with pytest.raises(CaseError, match="'tired' is no mode"):
        strategies.credentials("tired")


# Cases ----------------------------------------------------------------------------------------


def test_cases_can_be_put_in_force() -> None:
    with Account() as account:

        @settings(unhurried, max_examples=50)
        @given(strategies.cases())
        def holds(case: Any) -> None:
            with account.apply_case(case):
                assert account.case == case

        holds()


def test_cases_are_narrowed_by_name() -> None:
    drawn: set[str] = set()

    @unhurried
    @given(strategies.cases("long-term", "role", sources=["explicit", "assume-role"]))
    def collect(case: Any) -> None:
        drawn.add(case.id)

    collect()
    assert drawn == {"long-term-explicit", "role-assume-role"}


def test_unusable_sources_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    unusable = replace(SOURCES["explicit"], unavailable=lambda: "it is not there")
    monkeypatch.setitem(SOURCES, "explicit", unusable)
    minimal = find(strategies.cases("long-term"), lambda _: True)
    assert minimal.source != "explicit"
    assert find(strategies.cases("long-term", sources=["explicit"]), lambda _: True).source == "explicit"


@pytest.mark.parametrize(
    ("modes", "sources", "message"),
    [
        (("tired",), None, "'tired' is no mode"),
        (("role",), ["attic"], "'attic' is no source"),
        (("none",), ["explicit"], "none of the modes named"),
    ],
)
def test_cases_that_cannot_exist(modes: tuple[str, ...], sources: list[str] | None, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        strategies.cases(*modes, sources=sources)


# Texts ----------------------------------------------------------------------------------------


def test_any_text_is_spoken() -> None:
    with Account() as account:
        given_ = account.issue("long-term")

        @unhurried
        @given(strategies.texts())
        def holds(text: str) -> None:
            assert 1 <= len(text) <= 3000
            assert speak(given_, Text=text) == (200, "")

        holds()


@pytest.mark.parametrize("size", [1, 2, 7])
def test_texts_are_as_long_as_they_may_be(size: int) -> None:
    longest = find(strategies.texts(max_size=size), lambda text: len(text) == size)
    assert longest == "0" * size

    @unhurried
    @given(strategies.texts(max_size=size))
    def holds(text: str) -> None:
        assert len(text) <= size

    holds()


ENGINES = {"standard": "Joanna", "neural": "Joanna", "long-form": "Danielle", "generative": "Matthew"}


@pytest.mark.parametrize(("engine", "voice"), ENGINES.items())
def test_any_ssml_is_spoken_by_its_engine(engine: str, voice: str) -> None:
    with Account() as account:
        given_ = account.issue("long-term")

        @settings(unhurried, max_examples=50)
        @given(strategies.ssml(engine))
        def holds(text: str) -> None:
            assert len(text) <= 6000
            assert speak(given_, Text=text, TextType="ssml", Engine=engine, VoiceId=voice) == (200, "")

        holds()


TAGS = {"amazon:auto-breaths", "amazon:breath", "amazon:effect", "break", "emphasis", "lang", "mark", "p"}
TAGS |= {"phoneme", "prosody", "s", "say-as", "speak", "sub", "w"}


def test_every_tag_is_drawn() -> None:
    drawn: set[str] = set()

    @settings(unhurried, max_examples=400, database=None, derandomize=True)
    @given(strategies.ssml())
    def collect(text: str) -> None:
        drawn.update(re.findall(r"<([a-z:-]+)", text))

    collect()
    assert drawn == TAGS


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: strategies.texts(max_size=0), "max_size must be from 1 to 3000"),
        (lambda: strategies.texts(max_size=3001), "max_size must be from 1 to 3000"),
        (lambda: strategies.ssml("steam"), "'steam' is no engine"),
    ],
)
def test_what_polly_does_not_take_cannot_be_asked_for(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


# Without hypothesis ---------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["strategies", "stateful"])
def test_a_missing_hypothesis_is_named_with_its_cure(module: str) -> None:
    code = f"import sys; sys.modules['hypothesis'] = None; import pytest_polly.{module}"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    cure = f'ImportError: pytest_polly.{module} needs hypothesis: pip install "pytest-polly[property]"'
    assert cure in ran.stderr


def test_hypothesis_is_not_loaded_by_the_kit_itself() -> None:
    code = "import sys, pytest_polly.plugin, pytest_polly.account, pytest_polly.contract; "
    code += "print('hypothesis' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
