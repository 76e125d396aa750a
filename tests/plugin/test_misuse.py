"""What can be got wrong, and is said in one plain line while tests are collected."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import timedelta

import boto3
import pytest

from pytest_polly import Account, CaseError, PollyError, strategies

_TEST_CASE = """
    import pytest, unittest
    from unittest import TestCase

    {module}

    {on_class}
    class TestIt({base}):
        {in_class}
        {in_list}
        {on_test}
        def test_it(self):
            pass
"""
_CONTRACT = """
from pytest_polly.contract import CredentialContract

class TestIt(CredentialContract):
    def make_client(self): ...

    def synthesize(self, client, text): ...
"""
_MARK = 'pytest.mark.polly("role")'


@pytest.mark.parametrize("place", ["module", "on_class", "in_class", "in_list", "on_test", "base"])
def test_a_marker_that_cannot_act_says_so(pytester: pytest.Pytester, place: str) -> None:
    places = {
        "module": f"pytestmark = {_MARK}",
        "on_class": f"@{_MARK}",
        "in_class": f"pytestmark = {_MARK}",
        "in_list": f"pytestmark = [{_MARK}]",
        "on_test": f"@{_MARK}",
        "base": "TestCase",
    }
    chosen = {name: text if name == place else "" for name, text in places.items()}
    chosen["base"] = "unittest.TestCase"
    source = _TEST_CASE.format(**chosen)
    if place == "base":
        source += f"\n    TestIt = {_MARK}(TestIt)\n\n    class TestOther(TestIt):\n        pass\n"
    pytester.makepyfile(source)
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "polly: TestIt is a unittest.TestCase, which @pytest.mark.polly cannot run once per case; "
            'use a fixture: @pytest.mark.usefixtures("polly_role")'
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*plugin.py*")


@pytest.mark.parametrize(
    "marks", ['pytest.mark.usefixtures("polly_role")', '[pytest.mark.usefixtures("polly_role")]']
)
def test_other_marks_of_a_test_case_are_none_of_its_business(pytester: pytest.Pytester, marks: str) -> None:
    pytester.makepyfile(
        f"""
        import boto3, pytest, unittest

        class TestIt(unittest.TestCase):
            pytestmark = {marks}

            def test_it(self):
                boto3.client("polly").describe_voices()
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_a_test_case_of_others_beside_the_marker_is_none_of_its_business(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from unittest import TestCase

        pytestmark = pytest.mark.polly("role")

        def test_it(polly_account):
            assert polly_account.mode == "role"
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("test", "told"),
    [
        (
            "@pytest.mark.polly('expired_Token')\ndef test_it(): pass",
            "'expired_Token' is no mode; the modes are *; did you mean 'expired-token'[?]",
        ),
        (
            "@pytest.mark.polly('environment')\ndef test_it(): pass",
            "'environment' is no mode; the modes are *; 'environment' is a source",
        ),
        (
            "@pytest.mark.polly(source='enviroment')\ndef test_it(): pass",
            "'enviroment' is no source; the sources are *; did you mean 'environment'[?]",
        ),
        ("@pytest.mark.polly(None)\ndef test_it(): pass", "None is no mode; the modes are *"),
        ("@pytest.mark.polly('role', 'role')\ndef test_it(): pass", "mode 'role' is named twice"),
        (
            "@pytest.mark.polly(sources=['imds', 'imds'])\ndef test_it(): pass",
            "source 'imds' is named twice",
        ),
        ("@pytest.mark.polly(sources=[])\ndef test_it(): pass", "`sources` is empty; name some, or *"),
        (
            "@pytest.mark.polly('role', source='explicit')\ndef test_it(): pass",
            "mode 'role' cannot be delivered through 'explicit'; its sources are process, *",
        ),
        (
            "@pytest.mark.polly(case='role')\ndef test_it(): pass",
            "@pytest.mark.polly() got an unexpected keyword argument 'case'; it takes *",
        ),
        ("@pytest.mark.polly(sources=5)\ndef test_it(): pass", "`sources` is a list of names, not 5"),
        (
            "@pytest.mark.polly(sources='imds')\ndef test_it(): pass",
            "`sources` is a list; for one source write source='imds'",
        ),
        (
            "@pytest.mark.polly(source='imds', sources=['sso'])\ndef test_it(): pass",
            "give `source` or `sources`, not both",
        ),
        (
            "@pytest.mark.polly(source=['sso'])\ndef test_it(): pass",
            "[[]'sso'] is no source; the sources are *",
        ),
        ("@pytest.mark.polly(['role'])\ndef test_it(): pass", "[[]'role'] is no mode; the modes are *"),
        ("def test_it(polly_role, polly_expired_token): pass", "test_it uses *, but only one case *"),
        (
            "@pytest.fixture\ndef narrator(polly_role): pass\n\n"
            "@pytest.mark.polly\ndef test_it(narrator): pass",
            "test_it uses @pytest.mark.polly and polly_role, but only one case can be in force; for another "
            "one inside the test: `with polly_account.apply(mode, source):`",
        ),
        (
            "@pytest.mark.polly('role')\n@pytest.mark.polly('none')\ndef test_it(): pass",
            "test_it has @pytest.mark.polly more than once; one marker takes all modes and `sources`",
        ),
        (
            f"{_CONTRACT}\n    @pytest.fixture(autouse=True)\n    def ready(self, polly_role): pass",
            "test_* uses the cases of its contract and polly_role, but only one case can be in force; *",
        ),
        (
            f"import unittest\n{_CONTRACT.replace('Contract)', 'Contract, unittest.TestCase)')}",
            "TestIt is a CredentialContract and a unittest.TestCase, whose tests get no fixtures; leave *",
        ),
        (
            "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.polly('role'))])\n"
            "def test_it(x): pass",
            "test_it[[]1] got @pytest.mark.polly too late for it to be run once per case: it belongs *",
        ),
    ],
    ids=[
        "mode spelt wrongly",
        "source for mode",
        "source spelt wrongly",
        "no name",
        "mode twice",
        "source twice",
        "no sources",
        "no pair",
        "keyword",
        "number",
        "one of sources",
        "source and sources",
        "list of source",
        "list of modes",
        "fixtures",
        "fixture of a fixture",
        "marker twice",
        "fixture of a contract",
        "contract of a TestCase",
        "marker of a parameter",
    ],
)
def test_one_line_is_all_there_is(pytester: pytest.Pytester, test: str, told: str) -> None:
    """No traceback, no frame of ours, and nothing said twice."""
    pytester.makepyfile(f"import pytest\n\n{test}")
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    lines = [line for line in result.outlines if line]
    [number] = [number for number, line in enumerate(lines) if line.startswith("polly: ")]
    pytest.LineMatcher([lines[number]]).fnmatch_lines([f"polly: {told}"])
    assert lines[number - 1].startswith("____")
    assert lines[number + 1].startswith("====")


@pytest.mark.parametrize("scope", ["class", "module", "session"])
@pytest.mark.parametrize(
    ("fixture", "entered"), [("polly_role", 'account, account.apply("role"):'), ("polly_account", "account:")]
)
@pytest.mark.parametrize("asks", ["{fixture}", "request"])
def test_a_fixture_of_wider_scope_is_told_what_to_do(
    pytester: pytest.Pytester, scope: str, fixture: str, entered: str, asks: str
) -> None:
    """pytest says that it cannot have a fixture of ours, and nothing of how it can have an account."""
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.fixture(scope="{scope}")
        def narrator({asks.format(fixture=fixture)}):
            {"request.getfixturevalue" if asks == "request" else "repr"}("{fixture}")

        def test_it(narrator):
            pass
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            f"ScopeMismatch: *{fixture}*",
            "*- polly -*",
            f"{fixture} is another account in every test. Give the fixture function scope, or an account "
            f"of its own: `with pytest_polly.Account() as {entered} yield …`",
        ]
    )


def test_of_others_fixtures_nothing_is_said(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def others():
            pass

        @pytest.fixture(scope="module")
        def narrator(others):
            pass

        def test_it(narrator, polly_role):
            pass
        """
    )
    result = pytester.runpytest()
    result.stdout.fnmatch_lines(["ScopeMismatch: *"])
    result.stdout.no_fnmatch_line("*another account*")


_KNOWN = "weeks, days, hours, minutes, seconds, milliseconds or microseconds"


@pytest.mark.parametrize(
    ("misuse", "told"),
    [
        (lambda account: account.fail("s3", "SlowDown"), "'s3' is no service; the services are polly, "),
        (lambda account: account.fail("polly", 500), "the code of a failure is a name .*, not 500"),
        (lambda account: account.fail("polly", "X", times=0), "`times` is how many .*; not 0"),
        (lambda account: account.fail("polly", "X", times=-1), "`times` is how many .*; not -1"),
        (lambda account: account.fail("polly", "X", times="2"), "`times` is how many .*; not '2'"),
        (lambda account: account.fail("polly", "X", status=99), "a number from 301 to 599, not 99"),
        (lambda account: account.fail("polly", "X", status=200), "a number from 301 to 599, not 200"),
        (lambda account: account.fail("polly", "X", status="400"), "a number from 301 to 599, not '400'"),
        (lambda account: account.fail("polly", "X", status=99, body=b""), "from 200 to 599, not 99"),
        (lambda account: account.fail("polly", "X", status=True), "a number from 301 to 599, not True"),
        (lambda account: account.fail("polly", "X", status=304), "304 has no body.*status=200, body=b''"),
        (lambda account: account.fail("polly", "X", times=True), "`times` is how many .*; not True"),
        (lambda account: account.fail("polly", "X", message=5), "message of a failure is text, not 5"),
        (lambda account: account.fail("polly", "X", body=5), "body of a failure is text or bytes.*; not 5"),
        (lambda account: account.fail("polly", ""), "the code of a failure is a name .*, not ''"),
        (lambda account: account.fail("polly", "X\r\nY: Z"), r"the code .*, not 'X\\r\\nY: Z'"),
        (lambda account: account.fail("polly", "SSLError"), "botocore's.*ConnectTimeoutError, ReadTime"),
        (
            lambda account: account.fail("polly", "X", operation="synthesize_speech"),
            "'synthesize_speech' is no operation of polly .*; did you mean 'SynthesizeSpeech'",
        ),
        (
            lambda account: account.fail("sts", "X", operation="SynthesizeSpeech"),
            "'SynthesizeSpeech' is no operation of sts .* 'AssumeRole', ",
        ),
        (lambda account: account.fail("imds", "X", operation=5), "5 is no operation of imds .*'PUT /latest"),
        (lambda account: account.fail(["polly"], "X"), r"\['polly'\] is no service; the services are polly"),
        (lambda account: account.clock.advance(months=1), f"takes numbers of {_KNOWN}.*'months'"),
        (lambda account: account.clock.advance(hours="2"), f"takes numbers of {_KNOWN}.*hours='2'"),
        (lambda account: account.clock.advance(hours=math.nan), f"takes numbers of {_KNOWN}.*hours=nan"),
        (lambda account: account.clock.advance(hours=math.inf), f"takes numbers of {_KNOWN}.*hours=inf"),
        (lambda account: account.clock.advance(2), f"takes numbers of {_KNOWN}.*, or a timedelta; not .*2"),
        (lambda account: account.clock.advance(), r"or a timedelta; not advance\(\)"),
        (
            lambda account: account.clock.advance(timedelta(hours=1), hours=2),
            r"not advance\(datetime.timedelta\(seconds=3600\), hours=2\): it is the one or the other",
        ),
        (lambda account: account.clock.advance(days=3_000_000), "leads out of the years 1970 to 9000"),
        (lambda account: account.clock.advance(days=-30_000), "leads out of the years 1970 to 9000"),
        (lambda _: Account(region="eu"), "'eu' is no region of AWS's; one is us-east-1"),
        (lambda _: Account(region="US-EAST-1"), "'US-EAST-1' is no region"),
        (lambda _: Account(region=""), "'' is no region"),
        (lambda account: account.expire(), r"a long-term key does not expire; deactivate_key\(\) ends it"),
        (lambda account: account.issue("none"), "mode 'none' hands out no credentials"),
        (lambda account: account.issue("long-term", "AKIASECRET"), "account.issue.*, not str"),
        (lambda account: account.rotate("AKIASECRET"), "account.issue.*, not str"),
        (lambda account: account.deny("SynthesizeSpeech"), "as in 'polly:SynthesizeSpeech'; not 'Synth"),
        (
            lambda account: account.deny("polly:SynthesiseSpeech"),
            "'polly:SynthesiseSpeech' is no action of Polly's.*; did you mean 'SynthesizeSpeech'",
        ),
        (lambda account: account.allow("Polly:Speak*"), r"'Polly:Speak\*' is no action of Polly's; those"),
        (lambda account: account.allow(None), "as in 'polly:SynthesizeSpeech'; not None"),
        (lambda account: account.__enter__(), "in force already; make another one"),
        (lambda account: account.apply("rol").__enter__(), "did you mean 'role'"),
    ],
)
def test_an_account_says_what_it_cannot_do(
    polly_long_term: Account, misuse: Callable[[Account], object], told: str
) -> None:
    calls = len(polly_long_term.calls)
    with pytest.raises(PollyError, match=told) as refused:
        misuse(polly_long_term)
    assert "AKIASECRET" not in str(refused.value)
    # And nothing came of it.
    boto3.client("polly").describe_voices()
    assert [call.status for call in polly_long_term.calls[calls:]] == [200]


@pytest.mark.parametrize(
    ("misuse", "told"),
    [
        (lambda: strategies.credentials("expired"), "did you mean 'expired-token'"),
        (lambda: strategies.cases("expired"), "did you mean 'expired-token'"),
        (lambda: strategies.cases(sources="imds"), r"`sources` is a list; .* sources=\['imds'\]"),
        (lambda: strategies.cases("role", sources=["explicit"]), "none of the modes named"),
    ],
)
def test_a_strategy_says_what_it_cannot_draw(misuse: Callable[[], object], told: str) -> None:
    with pytest.raises(CaseError, match=told):
        misuse()


def test_a_budget_that_is_none_ends_the_run_before_it_begins(pytester: pytest.Pytester) -> None:
    """A live run costs money."""
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest("--polly-live-budget=-1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: polly: the budget '-1' (from command line) is no number *"])


def test_the_marker_is_known_to_strict_runs(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n\n@pytest.mark.polly\ndef test_it(): pass")
    pytester.runpytest("--strict-markers").assert_outcomes(passed=5)


@pytest.mark.parametrize("twice", ["test_it.py test_it.py", "test_it.py::test_it test_it.py"])
def test_collecting_twice_is_no_misuse(pytester: pytest.Pytester, twice: str) -> None:
    """Some plugins have pytest collect more than once in a run."""
    pytester.makeconftest(
        """
        def pytest_collection_finish(session):
            if not hasattr(session, "again"):
                session.again = True
                session.perform_collect()
        """
    )
    pytester.makepyfile(test_it="def test_it(polly_role):\n    assert polly_role.mode == 'role'")
    # Older versions of pytest run it twice.
    assert pytester.runpytest(*twice.split()).parseoutcomes().keys() == {"passed"}
