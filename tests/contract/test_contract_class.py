"""What a contract class may look like, what it is asked, and what is said of one that is not right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, ClassVar

import boto3
import pytest

from pytest_polly import PollyError
from pytest_polly.account import Account
from pytest_polly.asking import parameters_for
from pytest_polly.contract import ContractBroken, CredentialContract

from . import sound_clients
from .broken_clients import Narrator

_CLIENT = """
    import boto3
    import pytest
    from botocore.exceptions import BotoCoreError, ClientError
    from pytest_polly.contract import CredentialContract

    class NarratorError(Exception):
        pass

    class Narrator:
        def __init__(self, **given):
            self.given = given

        def say(self, text):
            try:
                polly = boto3.Session(profile_name=self.given.pop("profile_name", None))
                polly = polly.client("polly", **self.given)
                answer = polly.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")
                return answer["AudioStream"].read()
            except (BotoCoreError, ClientError) as error:
                raise NarratorError(f"cannot speak: {error}") from error

    class Forgetful(Narrator):
        def say(self, text):
            self.given.pop("aws_session_token", None)
            return super().say(text)

    class Sound(CredentialContract):
        modes, sources = ("long-term", "expired-token"), ("explicit", "environment")

        def make_client(self, **credentials):
            return Narrator(**credentials)

        def synthesize(self, client, text):
            return client.say(text)
"""
#: Nothing that only costs time.
_PLAIN = ("-p", "no:randomly", "-p", "no:hypothesispytest", "-p", "no:asyncio", "-p", "no:anyio")


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    return Run(pytester)


class Run:
    """Runs a module with the client above and classes of a test's own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester

    def __call__(self, classes: str, *args: str) -> pytest.RunResult:
        self._pytester.makepyfile(_CLIENT + classes)
        return self._pytester.runpytest_inprocess(*_PLAIN, *args)

    def collected(self, classes: str) -> list[str]:
        """Return the ids of the tests that there are, without class and module."""
        result = self(classes, "--collect-only", "-q")
        return [line.rpartition("::")[2] for line in result.outlines if "::" in line]

    def refused(self, classes: str) -> pytest.RunResult:
        """Run what is one error at collection, told in plain lines."""
        result = self(classes)
        assert result.parseoutcomes().keys() <= {"error", "errors", "passed", "warnings"}
        assert result.parseoutcomes()["errors"] == 1
        result.stdout.no_fnmatch_line("*Traceback*")
        result.stdout.no_fnmatch_line("*plugin.py*")
        return result


class Recording(CredentialContract):
    """Keeps what its clients were given; its subclasses differ in what they can be given."""

    def __init__(self) -> None:
        self.given: list[dict[str, Any]] = []

    def made(self, given: dict[str, Any]) -> Narrator:
        given = {name: value for name, value in given.items() if value and name != "self"}
        self.given.append(given)
        return Narrator(**given)

    def synthesize(self, client: Any, text: str) -> Any:
        return client.say(text)


# Complete or not ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forgotten", "signature"),
    [("make_client", "(self, **credentials)"), ("synthesize", "(self, client, text)")],
)
def test_a_forgotten_method_is_one_error_that_names_it(run: Run, forgotten: str, signature: str) -> None:
    there_is = {"make_client": "synthesize", "synthesize": "make_client"}[forgotten]
    result = run.refused(
        f"""
    class TestNarrator(CredentialContract):
        def {there_is}(self, *args, **kwargs):
            pass

    class TestOther(Sound):
        pass
        """
    )
    told = f"polly: TestNarrator must define {forgotten}{signature}: it is a CredentialContract"
    result.stdout.fnmatch_lines([told, "ERROR *::TestNarrator*"])


def test_a_failure_is_told_by_its_finding_without_a_word_about_frames(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    result = run(
        """
    class TestForgetful(Sound):
        modes, sources = ["session-token"], ["explicit"]

        def make_client(self, **credentials):
            return Forgetful(**credentials)
        """,
        "-k",
        "speaks",
    )
    told = "session-token-dropped: TestForgetful, session-token by explicit"
    result.stdout.fnmatch_lines([told, "  seen  *", "FAILED * - ContractBroken: session-token-dropped: *"])
    result.stdout.no_fnmatch_line("*traceback*")
    result.stdout.no_fnmatch_line("*contract.py*")


def test_a_clause_is_not_to_be_overridden(run: Run) -> None:
    result = run.refused(
        """
    class TestNarrator(Sound):
        def test_speaks_with_valid_credentials(self):
            pass
        """
    )
    result.stdout.fnmatch_lines(
        [
            "polly: TestNarrator overrides test_speaks_with_valid_credentials, a clause of the contract; "
            "a test of your own needs another name, a known failure goes into `deviations`"
        ]
    )


def test_bases_between_and_tests_of_ones_own_are_welcome(run: Run) -> None:
    result = run(
        """
    class _Ours(CredentialContract):
        modes, sources = ("long-term",), ("environment",)

        def synthesize(self, client, text):
            return client.say(text)

        def test_of_ours(self):
            assert self.make_client().say

        @pytest.mark.polly("session-token")
        def test_with_a_case(self, polly_account):
            assert self.make_client().say("Hello")
            assert polly_account.calls[0].token_sent

    class TestOne(_Ours):
        def make_client(self):
            return Narrator()

    class TestOther(_Ours):
        def make_client(self):
            return Narrator()

        def test_of_its_own(self, polly_role):
            assert self.make_client().say("Hello")
        """
    )
    # Three clauses, speaking, leaving the environment alone and any credentials; and the classes' own.
    assert result.parseoutcomes()["passed"] == 2 * (3 + 2) + 1
    assert "failed" not in result.parseoutcomes()


@pytest.mark.parametrize("names", ["*", "Test Contract Credential"])
def test_the_contract_itself_is_never_collected(run: Run, names: str, pytester: pytest.Pytester) -> None:
    """Whatever pytest is told to take for a test class."""
    pytester.makeini(f"[pytest]\npython_classes = {names}\n")
    pytester.makepyfile(
        test_it=_CLIENT.replace("class Sound(", "class SoundContract(")
        + "\n    class TestNarrator(SoundContract):\n        pass\n"
    )
    other = ("-W", "ignore::pytest.PytestCollectionWarning")
    result = pytester.runpytest_inprocess(*_PLAIN, *other, "-k", "TestNarrator or CredentialContract")
    assert "errors" not in result.parseoutcomes(), result.stdout.str()
    assert result.parseoutcomes()["passed"] > 2


# What it is asked -----------------------------------------------------------------------------


def test_modes_and_sources_narrow_what_is_asked(run: Run) -> None:
    cells = run.collected(
        """
    class TestNarrator(Sound):
        pass
        """
    )
    assert {cell for cell in cells if cell.endswith("]") and "not-asked" not in cell} == {
        *(
            f"{clause}[{mode}-{source}]"
            for source in ("explicit", "environment")
            for clause, mode in [
                ("test_speaks_with_valid_credentials", "long-term"),
                ("test_raises_with_invalid_credentials", "expired-token"),
                ("test_error_names_the_cause", "expired-token"),
                ("test_does_not_retry_rejected_credentials", "expired-token"),
                ("test_keeps_secrets_out_of_sight", "expired-token"),
                ("test_leaves_the_environment_alone", "long-term"),
                ("test_any_well_formed_credentials", "long-term"),
            ]
        ),
        "test_does_not_mix_sources[explicit-long-term-beside-ambient-session]",
        "test_does_not_mix_sources[explicit-long-term-beside-stray-token]",
    }


def test_a_clause_that_is_asked_nothing_is_skipped_and_says_why(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nempty_parameter_set_mark = fail_at_collect\n")
    result = run(
        """
    class TestNarrator(Sound):
        modes = ("long-term",)
        """,
        "-rs",
    )
    assert result.parseoutcomes().keys() == {"passed", "skipped"}
    narrowed = "modes = ('long-term',) and sources = ('explicit', 'environment')"
    result.stdout.fnmatch_lines([f"SKIPPED*not asked: {narrowed} and a make_client without profile_name *"])


@pytest.mark.parametrize(
    ("narrowed", "told"),
    [
        ("modes = ('expired',)", "polly: 'expired' is no mode; the modes are long-term, session-token, *"),
        ("sources = ('env',)", "polly: 'env' is no source; the sources are explicit, profile-name, *"),
        ("modes = 'long-term'", "polly: TestNarrator.modes is to be a tuple of names: ('long-term',)"),
        ("sources = 'imds'", "polly: TestNarrator.sources is to be a tuple of names: ('imds',)"),
        ("modes = 5", "polly: TestNarrator.modes is to be a tuple of names, not 5"),
        ("modes = ()", "polly: TestNarrator is asked nothing: modes = () and sources = *"),
        (
            "error = 'NarratorError'",
            "polly: TestNarrator.error is to be a class of exceptions, or a tuple of *, not 'NarratorError'",
        ),
        (
            "error = NarratorError('?')",
            "polly: TestNarrator.error is to be a class of *, not NarratorError('[?]')",
        ),
        ("error = (NarratorError, int)", "polly: TestNarrator.error is to be a class of exceptions, or *"),
        ("live = 'yes'", "polly: TestNarrator.live is to be True or False, not 'yes'"),
        (
            "deviations = ['test_speaks_with_valid_credentials']",
            'polly: TestNarrator.deviations is to be a dict, {"clause[[]mode-source]": "reason"}, not [[]*',
        ),
        (
            "deviations = 'test_speaks*'",
            "polly: TestNarrator.deviations is to be a dict, *, not 'test_speaks[*]'",
        ),
        ("deviations = None", "polly: TestNarrator.deviations is to be a dict, *, not None"),
        ("deviations = {5: '?'}", "polly: TestNarrator.deviations is to be a dict, *, not {5: *}"),
        ("deviations = {'test_speaks*': None}", "polly: TestNarrator.deviations is to be a dict, *: None}"),
        (
            "modes, sources = ('role',), ('explicit',)",
            "polly: TestNarrator is asked nothing: modes = ('role',) and sources = ('explicit',) and *",
        ),
        (
            "sources = ('profile-name',)",
            "polly: TestNarrator is asked nothing: * and a make_client without profile_name leave no case",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_clear_line(run: Run, narrowed: str, told: str) -> None:
    run.refused(f"\n    class TestNarrator(Sound):\n        {narrowed}\n").stdout.fnmatch_lines([told])


_ALL = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}
_PAIR = {"aws_access_key_id", "aws_secret_access_key"}


class _Kwargs(Recording):
    def make_client(self, **credentials: str) -> Any:
        return self.made(credentials)


class _PairOnly(Recording):
    def make_client(
        self, aws_access_key_id: str | None = None, aws_secret_access_key: str | None = None
    ) -> Any:
        return self.made(locals())


class _AllAndMore(Recording):
    def make_client(
        self,
        *,
        aws_session_token: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        voice: str = "Joanna",
    ) -> Any:
        return self.made({name: value for name, value in locals().items() if name != "voice"})


class _ProfileAndKwargs(Recording):
    def make_client(self, profile_name: str | None = None, **credentials: str) -> Any:
        return self.made({"profile_name": profile_name, **credentials})


class _ProfileOnly(Recording):
    def make_client(self, profile_name: str | None = None) -> Any:
        return self.made({"profile_name": profile_name})


@pytest.mark.parametrize(
    ("contract", "source", "given"),
    [
        (_Kwargs, "explicit", _ALL),
        (_Kwargs, "environment", set()),
        (_PairOnly, "explicit", _PAIR),
        (_AllAndMore, "explicit", _ALL),
        (_ProfileAndKwargs, "explicit", _ALL),
        (_ProfileAndKwargs, "profile-name", {"profile_name"}),
        (_ProfileAndKwargs, "profile", set()),
        (_ProfileOnly, "profile-name", {"profile_name"}),
    ],
)
def test_what_a_client_can_be_given_is_read_from_the_signature(
    contract: type[Recording], source: str, given: set[str]
) -> None:
    with Account() as account, account.apply("session-token", source):
        asked = contract()
        with suppress(ContractBroken):
            asked.test_speaks_with_valid_credentials(account)
        expected = {name: account.parameters[name] for name in given}
    assert asked.given == [expected]


@pytest.mark.parametrize(
    ("contract", "sources"),
    [
        (_Kwargs, {"explicit", "environment"}),
        (_ProfileAndKwargs, {"explicit", "environment", "profile-name"}),
        (_ProfileOnly, {"environment", "profile-name"}),
    ],
)
def test_sources_are_asked_for_which_there_is_a_parameter(
    contract: type[Recording], sources: set[str]
) -> None:
    params = parameters_for(contract, "test_speaks_with_valid_credentials")
    asked = {param.values[0].source for param in params if not param.marks}
    skipped = [param for param in params if param.marks]
    assert asked & {"explicit", "environment", "profile-name"} == sources
    if "explicit" not in sources:
        reasons = {param.marks[0].kwargs["reason"] for param in skipped}
        assert reasons == {"make_client takes no credentials: no aws_access_key_id, no **kwargs"}


def test_half_a_pair_is_not_asked_of_a_signature_that_requires_both() -> None:
    class Requiring(_Kwargs):
        def make_client(  # type: ignore[override]
            self, aws_access_key_id: str, aws_secret_access_key: str, aws_session_token: str | None = None
        ) -> Any:
            return self.made(locals())

    params = parameters_for(Requiring, "test_raises_with_invalid_credentials")
    skipped = {param.id: param.marks[0].kwargs["reason"] for param in params if param.marks}
    reason = "make_client requires aws_secret_access_key, which this case leaves out"
    assert skipped == {"partial-explicit": reason}
    with Account() as account, account.apply("role", "assume-role"), pytest.raises(ContractBroken) as broken:
        Requiring().test_speaks_with_valid_credentials(account)
    assert [finding.name for finding in broken.value.findings] == ["ambient-ignored"]


# Known failures -------------------------------------------------------------------------------

_FORGETFUL = """
    class TestNarrator(Sound):
        modes, sources = ("long-term", "session-token"), ("explicit",)
        deviations = {deviations}

        def make_client(self, **credentials):
            return Forgetful(**credentials)
"""


@pytest.mark.parametrize(
    "pattern",
    [
        "test_speaks_with_valid_credentials[session-token-explicit]",
        "test_speaks_with_valid_credentials[session-*]",
        "test_speaks_*[*-token-explicit]",
        "test_speaks_with_valid_credential?[session?token?explicit]",
    ],
)
def test_a_known_failure_is_an_expected_one(run: Run, pattern: str) -> None:
    deviations = {pattern: "drops the token"}
    outcomes = run(_FORGETFUL.format(deviations=deviations), "-k", "speaks").parseoutcomes()
    assert outcomes == {"passed": 1, "xfailed": 1, "deselected": outcomes["deselected"]}


def test_a_failure_no_more_fails_the_run(run: Run) -> None:
    """A bare clause stands for all of its cells; one of these two passes."""
    deviations = {"test_speaks_with_valid_credentials": "drops the token"}
    result = run(_FORGETFUL.format(deviations=deviations), "-k", "speaks")
    outcomes = result.parseoutcomes()
    assert outcomes == {"failed": 1, "xfailed": 1, "deselected": outcomes["deselected"]}
    result.stdout.fnmatch_lines(["*XPASS(strict)* drops the token"])


@pytest.mark.parametrize(
    "pattern",
    [
        "test_speaks_with_valid_credentials[session-token-environment]",
        "test_speaks_with_valid_credentials[stx]",
        "test_speaks_with_valid_credentials[a-z]*",
        "speaks*",
    ],
)
def test_a_known_failure_that_is_none_is_an_error_that_lists_what_there_is(run: Run, pattern: str) -> None:
    """Brackets stand for themselves: ``[stx]`` is no set of letters."""
    result = run.refused(_FORGETFUL.format(deviations={pattern: "?"}))
    result.stdout.fnmatch_lines(
        [
            f"polly: TestNarrator.deviations: nothing matches '{pattern.replace('[', '[[]')}'; there are",
            "  test_speaks_with_valid_credentials[[]long-term-explicit]",
            "  test_speaks_with_valid_credentials[[]session-token-explicit]",
            "  test_does_not_mix_sources[[]explicit-session-beside-ambient-long-term]",
        ],
    )


def test_a_known_failure_excuses_no_other(run: Run) -> None:
    """What is not a finding of the contract fails as ever."""
    result = run(
        """
    class TestNarrator(Sound):
        modes, sources = ("long-term",), ("environment",)
        deviations = {"*": "known"}

        def synthesize(self, client, text):
            pytest.fail("no loudspeaker")
        """,
        "-k",
        "speaks",
    )
    assert result.parseoutcomes()["failed"] == 1
    assert "xfailed" not in result.parseoutcomes()


# Fixtures of one's own ------------------------------------------------------------------------


def test_fixtures_of_the_class_run_inside_the_case(run: Run) -> None:
    outcomes = run(
        """
    class TestNarrator(Sound):
        error = NarratorError
        modes, sources = ("long-term", "expired-token", "role"), ("environment", "assume-role")

        @pytest.fixture(autouse=True)
        def _ready(self, request, tmp_path):
            self.credentials = boto3.Session().get_credentials()
            assert self.credentials.method in ("env", "assume-role")
            yield
            assert boto3.Session().get_credentials().access_key

        def setup_method(self):
            self.found = boto3.Session().get_credentials().access_key

        def make_client(self):
            assert self.credentials is not None
            return Narrator()
        """
    ).parseoutcomes()
    assert outcomes.keys() == {"passed", "skipped"}
    assert outcomes["passed"] > 10


def test_each_way_of_a_class_has_a_control_of_its_own(run: Run) -> None:
    """Of a class that a fixture has run in two ways, what is said of the one holds of it alone."""
    result = run(
        """
    class TestNarrator(Sound):
        modes, sources = ("long-term", "expired-token"), ("environment",)

        @pytest.fixture(params=["silent", "standard"], autouse=True)
        def _engine(self, request):
            self.engine = request.param

        def synthesize(self, client, text):
            return client.say(text) if self.engine == "standard" else b""
        """,
        *("-rs", "-k", "raises or speaks"),
    )
    outcomes = result.parseoutcomes()
    assert outcomes == {"passed": 2, "failed": 1, "skipped": 1, "deselected": outcomes["deselected"]}
    result.stdout.fnmatch_lines(["SKIPPED*not judged: does not speak with valid credentials *"])


def test_a_client_has_the_account_of_its_case_at_hand(run: Run) -> None:
    """That of a control too, or nothing would be judged."""
    outcomes = run(
        """
    class TestNarrator(Sound):
        def make_client(self, **credentials):
            return Narrator(**credentials), self.account

        def synthesize(self, client, text):
            narrator, account = client
            before = len(account.calls)
            try:
                return narrator.say(text)
            finally:
                assert len(account.calls) == before + 1
        """,
        *("-k", "raises or speaks"),
    ).parseoutcomes()
    assert outcomes == {"passed": 4, "deselected": outcomes["deselected"]}


# Clients and their loops ----------------------------------------------------------------------


def test_tear_down_follows_whatever_happens() -> None:
    """Once for each client, also of one that fails, and before the account is gone."""

    class Torn(Recording):
        events: ClassVar[list[str]] = []

        def make_client(self, **credentials: str) -> Any:
            self.events.append("made")
            yield Narrator(**credentials)
            assert boto3.Session().region_name
            self.events.append("torn down")

    for mode in ("long-term", "wrong-secret", "session-token"):
        with Account() as account, account.apply(mode, "explicit"):
            Torn().test_leaves_the_environment_alone(account)
    # Two cases have controls of their own: long-term before it and wrong-secret, session-token.
    assert Torn.events == ["made", "torn down"] * (len(Torn.events) // 2)
    assert len(Torn.events) == 2 * (3 + 2)


def test_what_goes_wrong_in_tear_down_is_told() -> None:
    class Leaking(Recording):
        def make_client(self, **credentials: str) -> Any:
            yield Narrator(**credentials)
            raise ValueError("still speaking")

    with (
        Account() as account,
        account.apply("long-term", "explicit"),
        pytest.raises(ValueError, match="still speaking"),
    ):
        Leaking().test_speaks_with_valid_credentials(account)


async def _made(given: dict[str, str]) -> Narrator:
    return Narrator(**given)


async def _lent(given: dict[str, str], ended: list[str]) -> AsyncIterator[Narrator]:
    yield Narrator(**given)
    ended.append("torn down")


def test_a_plain_function_may_hand_on_what_an_asynchronous_one_returns() -> None:
    class Awaiting(Recording):
        def make_client(self, **credentials: str) -> Any:
            return _made(credentials)

    class Lending(Recording):
        ended: ClassVar[list[str]] = []

        def make_client(self, **credentials: str) -> Any:
            return _lent(credentials, self.ended)

    for contract in (Awaiting, Lending):
        with Account() as account, account.apply("long-term", "explicit"):
            contract().test_speaks_with_valid_credentials(account)
        assert [call.status for call in account.calls] == [200]
    assert set(Lending.ended) == {"torn down"}


class _Never(Recording):
    def make_client(self, **credentials: str) -> Any:
        if self.given:
            yield Narrator(**credentials)


class _Twice(Recording):
    def make_client(self, **credentials: str) -> Any:
        yield Narrator(**credentials)
        yield Narrator(**credentials)


class _NeverAsynchronous(Recording):
    async def make_client(self, **credentials: str) -> Any:
        if self.given:
            yield Narrator(**credentials)


class _TwiceAsynchronous(Recording):
    async def make_client(self, **credentials: str) -> Any:
        yield Narrator(**credentials)
        yield Narrator(**credentials)


class _Decorated(Recording):
    @contextmanager
    def make_client(self, **credentials: str) -> Any:
        yield Narrator(**credentials)


class _DecoratedAsynchronous(Recording):
    @asynccontextmanager
    async def make_client(self, **credentials: str) -> Any:
        yield Narrator(**credentials)


@pytest.mark.parametrize(
    ("contract", "told"),
    [
        (_Decorated, "decorated as a context manager; leave that out: to yield the client is enough"),
        (_DecoratedAsynchronous, "decorated as a context manager; leave that out"),
        (_Never, "came to none; it is to yield the client, once"),
        (_NeverAsynchronous, "came to none; it is to yield the client, once"),
        (_Twice, "yielded again; it is to yield the client, once"),
        (_TwiceAsynchronous, "yielded again; it is to yield the client, once"),
    ],
)
def test_a_client_is_yielded_once(contract: type[Recording], told: str) -> None:
    with (
        Account() as account,
        account.apply("long-term", "explicit"),
        pytest.raises(PollyError, match=rf"make_client\(\) .*{told}"),
    ):
        contract().test_speaks_with_valid_credentials(account)


@pytest.mark.parametrize(
    ("audio", "told"),
    [
        ("text", "gave str; it is to return the audio as bytes"),
        (5, "gave int; it is to return"),
        (["a"], "gave list of str; it is to return"),
        ({"AudioStream": b""}, r"gave dict of str; .*; return response\['AudioStream'\]\.read\(\)$"),
        ({"Error": b""}, "iterable of bytes$"),
    ],
)
def test_what_is_no_audio_is_named(audio: object, told: str) -> None:
    class Odd(Recording):
        def make_client(self, **credentials: str) -> Any:
            return Narrator(**credentials)

        def synthesize(self, client: Any, text: str) -> Any:
            return audio

    refused = pytest.raises(PollyError, match=told)
    with Account() as account, account.apply("long-term", "explicit"), refused:
        Odd().test_speaks_with_valid_credentials(account)


def test_a_method_that_does_something_else_is_told_in_one_line(run: Run) -> None:
    result = run(
        """
    class TestNarrator(Sound):
        def synthesize(self, client, text):
            return {"AudioStream": client.say(text)}
        """,
        *("-k", "speaks and explicit"),
    )
    lines = [line for line in result.outlines if line]
    [number] = [number for number, line in enumerate(lines) if line.startswith("synthesize() gave dict")]
    assert lines[number - 1].startswith("____")
    assert lines[number + 1].startswith("====")


def test_the_stream_of_an_answer_is_audio() -> None:
    class Streaming(Recording):
        def make_client(self, **credentials: str) -> Any:
            return boto3.client("polly", **credentials)

        def synthesize(self, client: Any, text: str) -> Any:
            spoken = client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")
            return spoken["AudioStream"]

    with Account() as account, account.apply("long-term", "explicit"):
        Streaming().test_speaks_with_valid_credentials(account)


def test_a_client_may_be_nothing() -> None:
    """Where speaking is a function, there is nothing to make, and it is made once all the same."""

    class Functions(Recording):
        made_ones: ClassVar[list[int]] = []

        def make_client(self) -> None:
            self.made_ones.append(1)

        def synthesize(self, client: None, text: str) -> Any:
            return Narrator().say(text)

    with Account() as account, account.apply("role", "assume-role"):
        Functions().test_renews_role_credentials(account)
    # Once for the control, once for both times of speaking.
    assert Functions.made_ones == [1, 1]


def test_the_loop_that_was_current_is_current_again() -> None:
    policy = asyncio.get_event_loop_policy()
    mine = asyncio.new_event_loop()
    policy.set_event_loop(mine)
    try:
        for contract in (sound_clients.TestAsynchronous, sound_clients.TestHalfAsynchronous):
            with Account() as account, account.apply("long-term", "explicit"):
                contract().test_speaks_with_valid_credentials(account)
            assert policy.get_event_loop() is mine
        assert not mine.is_closed()
        assert mine.run_until_complete(asyncio.sleep(0, "still mine")) == "still mine"
    finally:
        policy.set_event_loop(None)
        mine.close()


def test_what_an_asynchronous_client_leaves_behind_ends_with_it() -> None:
    ended: list[str] = []

    class Restless(Recording):
        async def make_client(self, **credentials: str) -> Narrator:
            self.task = asyncio.create_task(self.rest())
            await asyncio.sleep(0)
            return Narrator(**credentials)

        async def rest(self) -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                ended.append("cancelled")

        async def synthesize(self, client: Narrator, text: str) -> AsyncIterator[bytes]:
            try:
                yield client.say(text)
                yield b"!"
            finally:
                ended.append("spoken")

    with Account() as account, account.apply("long-term", "explicit"):
        Restless().test_speaks_with_valid_credentials(account)
    assert ended == ["spoken", "cancelled"]
