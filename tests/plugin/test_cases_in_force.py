"""The marker and the fixtures: which cases a test runs in, and that nothing can come before them."""

from __future__ import annotations

import pytest

_NARRATOR = """
    import boto3
    import pytest

    def speak():
        polly = boto3.client("polly")
        speech = polly.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
        return speech["AudioStream"].read()
"""


def ids(pytester: pytest.Pytester, marker: str) -> list[str]:
    pytester.makepyfile(f"import pytest\n\n@pytest.mark.polly({marker})\ndef test_it(): pass")
    result = pytester.runpytest("--collect-only", "-q", "-p", "no:randomly")
    assert result.ret == 0, result.stdout.str()
    return [line.partition("[")[2].rstrip("]") for line in result.outlines if "::test_it[" in line]


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        (
            "",
            [
                "long-term-environment",
                "session-token-environment",
                "missing-token-environment",
                "expired-token-environment",
                "role-assume-role",
            ],
        ),
        ("'wrong-secret'", ["wrong-secret-environment"]),
        ("'role', source='imds'", ["role-imds"]),
        (
            "'long-term', 'none', sources=['environment', 'profile']",
            ["long-term-environment", "long-term-profile", "none-environment"],
        ),
        ("source='container'", ["role-container"]),
    ],
)
def test_a_marker_stands_for_cases(pytester: pytest.Pytester, marker: str, expected: list[str]) -> None:
    assert ids(pytester, marker) == expected


def test_fixtures_serve_test_cases(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        _NARRATOR
        + """
    import unittest

    @pytest.mark.usefixtures("polly_role")
    class TestIt(unittest.TestCase):
        def setUp(self):
            self.heard = speak()

        def test_it(self):
            assert self.heard and speak()
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_the_case_is_in_force_before_anything_else_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        _NARRATOR
        + """
    @pytest.fixture
    def narrator():
        return boto3.client("polly")

    @pytest.fixture(autouse=True)
    def heard_automatically():
        return speak()

    class TestIt:
        def setup_method(self):
            assert speak()

        @pytest.mark.polly("long-term", "role")
        def test_marker(self, narrator, heard_automatically, polly_account):
            assert heard_automatically
            assert {call.status for call in polly_account.calls} == {200}

        def test_fixture(self, narrator, tmp_path, polly_session_token):
            assert all(call.token_sent for call in polly_session_token.calls)
            assert polly_session_token.calls
        """
    )
    pytester.runpytest().assert_outcomes(passed=3)


def test_wider_fixtures_come_first_and_what_they_keep_is_refused_later(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        _NARRATOR
        + """
    order = []

    @pytest.fixture(scope="module")
    def module_wide():
        order.append("module")

    @pytest.fixture
    def its_own(module_wide):
        order.append("function")

    kept = []

    @pytest.mark.polly("long-term")
    def test_one(its_own, module_wide, polly_account):
        assert order == ["module", "function"]
        kept.append(boto3.client("polly"))
        kept[0].describe_voices()

    @pytest.mark.polly("long-term")
    def test_two():
        try:
            kept[0].describe_voices()
        except Exception:
            pass
        """
    )
    result = pytester.runpytest("-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *GuardError: polly: a client signed with AKIA*, which was issued to "
            "*::test_one[[]long-term-environment] and went with it. The client has outlived its case: *"
        ]
    )


def test_the_closest_marker_counts(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.polly("none")

        @pytest.mark.polly("role")
        class TestIt:
            def test_of_class(self, polly_account):
                assert polly_account.mode == "role"

            @pytest.mark.polly("partial", source="profile")
            @pytest.mark.parametrize("number", [1, 2])
            def test_of_its_own(self, polly_account, number):
                assert (polly_account.mode, polly_account.source) == ("partial", "profile")

        def test_of_module(polly_account):
            assert polly_account.mode == "none"
        """
    )
    pytester.runpytest().assert_outcomes(passed=4)


def test_without_a_case_nothing_is_in_force(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        _NARRATOR
        + """
    from botocore.exceptions import NoCredentialsError

    def test_it(polly_account):
        assert polly_account.mode is None
        with pytest.raises(NoCredentialsError):
            speak()
        with polly_account.apply("session-token", "profile"):
            assert speak()
        """
    )
    pytester.runpytest().assert_outcomes(passed=1)


def test_fixtures_and_the_marker_are_documented(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest("--fixtures", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.polly(*modes, source=None, sources=None): run the test once*"])
    result = pytester.runpytest("--fixtures")
    for name in ("account", "long_term", "session_token", "missing_token", "expired_token", "role", "server"):
        result.stdout.fnmatch_lines([f"polly_{name} -- *"])


def test_the_marker_alone_is_enough(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        _NARRATOR
        + """
    from botocore.exceptions import NoCredentialsError

    @pytest.mark.polly("none")
    def test_refused():
        with pytest.raises(NoCredentialsError):
            speak()

    @pytest.mark.polly("long-term")
    def test_spoken():
        assert speak()
        """
    )
    pytester.runpytest().assert_outcomes(passed=2)


def test_an_account_that_skips_leaves_the_other_fixtures_whole(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def polly_account():
            pytest.skip("not today")

        @pytest.mark.parametrize("number", range(2))
        def test_not_today(number, polly_account): ...
        """
    )
    pytester.runpytest().assert_outcomes(skipped=2)
