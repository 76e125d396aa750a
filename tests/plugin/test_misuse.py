"""What can be got wrong, and is said in one plain line while tests are collected."""

from __future__ import annotations

import pytest

_TEST_CASE = """
    import pytest, unittest
    from unittest import TestCase

    {module}

    {on_class}
    class TestIt({base}):
        {on_test}
        def test_it(self):
            pass
"""
_MARK = 'pytest.mark.polly("role")'


@pytest.mark.parametrize("place", ["module", "on_class", "on_test", "base"])
def test_a_marker_that_cannot_act_says_so(pytester: pytest.Pytester, place: str) -> None:
    places = {
        "module": f"pytestmark = {_MARK}",
        "on_class": f"@{_MARK}",
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
        ("@pytest.mark.polly('expired')\ndef test_it(): pass", "'expired' is no mode; the modes are *"),
        (
            "@pytest.mark.polly(case='role')\ndef test_it(): pass",
            "@pytest.mark.polly() got an unexpected keyword argument 'case'; it takes *",
        ),
        ("@pytest.mark.polly(sources=5)\ndef test_it(): pass", "`sources` is a list of names, not 5"),
        (
            "@pytest.mark.polly(source=['sso'])\ndef test_it(): pass",
            "[[]'sso'] is no source; the sources are *",
        ),
        ("@pytest.mark.polly(['role'])\ndef test_it(): pass", "[[]'role'] is no mode; the modes are *"),
        ("def test_it(polly_role, polly_expired_token): pass", "test_it uses *, but only one case *"),
        (
            "@pytest.fixture\ndef narrator(polly_role): pass\n\n"
            "@pytest.mark.polly\ndef test_it(narrator): pass",
            "test_it uses @pytest.mark.polly and polly_role, but only one case *",
        ),
    ],
    ids=["mode", "keyword", "number", "list of source", "list of modes", "fixtures", "fixture of a fixture"],
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
    pytester.runpytest(*twice.split()).assert_outcomes(passed=1)
