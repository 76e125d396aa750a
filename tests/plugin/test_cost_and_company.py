"""The plugin costs nothing until it is used, says nothing where it was not, and gets along with others."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

_HEAVY = ("aiobotocore", "boto3", "botocore", "freezegun", "hypothesis", "jinja2", "moto")

_CONTRACT = """
    import boto3
    from pytest_polly.contract import CredentialContract

    class TestNarrator(CredentialContract):
        modes, sources = ["long-term", "session-token"], ["explicit", "environment"]

        def make_client(self, aws_access_key_id=None, aws_secret_access_key=None):
            return boto3.client(
                "polly", aws_access_key_id=aws_access_key_id, aws_secret_access_key=aws_secret_access_key
            )

        def synthesize(self, client, text):
            return client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")["AudioStream"]
"""


@pytest.mark.parametrize("arguments", [(), ("--help",), ("--markers",), ("--fixtures",)])
def test_nothing_heavy_is_loaded(pytester: pytest.Pytester, arguments: tuple[str, ...]) -> None:
    pytester.makeconftest(
        f"""
        import sys

        def pytest_unconfigure(config):
            print("\\nloaded:", *sorted(set(sys.modules) & {set(_HEAVY)!r}))
        """
    )
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("-s", "-p", "no:hypothesispytest", "-p", "no:randomly", *arguments)
    assert [line.strip() for line in result.outlines if line.startswith("loaded:")] == ["loaded:"]


def test_nothing_is_said_where_no_test_used_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest()
    result.stdout.no_fnmatch_line("*polly: *")


def test_a_run_without_the_plugin(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_nothing(): pass")
    pytester.runpytest("-p", "no:polly").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-q",),
        ("--color=yes",),
        ("--color=no",),
        ("--no-header",),
        ("-n2",),
        ("-p", "no:xdist"),
        ("--assert=plain",),
        ("-p", "no:randomly"),
        ("-vv",),
    ],
    ids=" ".join,
)
def test_the_matrix_stands_at_the_end_of_the_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    pytester.makepyfile(_CONTRACT)
    result = pytester.runpytest(*arguments)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*= polly: credential matrix =*",
            "TestNarrator     explicit  environment",
            "  long-term      ok        ok",
            "  session-token  FAIL      ok",
            "",
            "session-token-dropped  TestNarrator, explicit: session-token",
            "  seen  SynthesizeSpeech signed with ASIA*",
            "  cure  boto3.client*",
        ]
    )


def test_reports_need_no_terminal_and_are_the_same_from_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_CONTRACT)
    outcomes = []
    for arguments in (("-p", "no:terminal"), ("-n2",)):
        pytester.runpytest_subprocess("--polly-report", "report.json", *arguments)
        document = json.loads((pytester.path / "report.json").read_text())
        outcomes.append(
            {
                (cell["nodeid"], cell["outcome"], *(finding["name"] for finding in cell["findings"]))
                for cell in document["cells"]
            }
        )
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) > 8


def test_the_matrix_of_the_last_failures_only(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_CONTRACT)
    pytester.runpytest()
    result = pytester.runpytest("--lf")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["TestNarrator     explicit", "  session-token  FAIL"])
    result.stdout.no_fnmatch_line("  long-term *")


def test_properties_of_a_case_in_junit(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(_CONTRACT)
    pytester.runpytest("--junitxml=junit.xml", "-k", "session-token and explicit and speaks")
    [case] = ElementTree.parse(pytester.path / "junit.xml").iter("testcase")
    properties = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert properties == {"polly_mode": "session-token", "polly_source": "explicit"}


def test_no_secret_is_shown_whole(pytester: pytest.Pytester) -> None:
    """Whatever a failing test prints, logs or keeps in local variables."""
    pytester.makepyfile(
        """
        import logging, warnings, boto3, pytest

        @pytest.mark.polly("session-token", "wrong-secret", source="explicit")
        def test_it(polly_account, tmp_path_factory):
            given = polly_account.parameters
            with open("secrets.txt", "a") as file:
                print(given["aws_secret_access_key"], given.get("aws_session_token", ""), file=file)
            print(given)
            logging.getLogger("app").warning("given %s", given)
            warnings.warn(str(given))
            boto3.client("polly", **given).describe_voices()
            raise RuntimeError(f"failed with {given}")
        """
    )
    result = pytester.runpytest_subprocess(
        "--showlocals",
        "--log-level=DEBUG",
        "--junitxml=junit.xml",
        "--polly-report=r.json",
        "--polly-report=r.html",
        "-Wignore",
    )
    result.assert_outcomes(failed=2)
    shown = result.stdout.str() + result.stderr.str()
    shown += "".join((pytester.path / name).read_text() for name in ("junit.xml", "r.json", "r.html"))
    secrets = (pytester.path / "secrets.txt").read_text().split()
    assert len(secrets) == 3
    assert [secret for secret in secrets if secret in shown] == []
    assert "****" in shown


def test_the_plugin_imports_pytest_and_the_standard_library_only() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import pytest_polly.plugin; "
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "print(*loaded - sys.stdlib_module_names)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["pytest_polly"]
