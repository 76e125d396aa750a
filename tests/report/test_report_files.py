"""Reports as files: checked before the run, written whole, and true to their schema."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

import pytest_polly.report
from pytest_polly.findings import PAGES
from pytest_polly.report import files, terminal_lines
from pytest_polly.report.cells import Cell
from pytest_polly.report.html import html_text
from pytest_polly.report.json_file import json_text
from pytest_polly.report.markdown import markdown_text

_HOSTILE = "<script>alert(1)</script>|`*🦜*`"
_SCHEMA = json.loads((Path(pytest_polly.report.__file__).parent / "schema.json").read_text("utf-8"))

CALL = {
    "service": "polly",
    "operation": None,
    "access_key_id": None,
    "principal": "arn:aws:iam::1:user/narrator",
    "token_sent": True,
    "status": 404,
    "error_code": "UnknownOperationException",
}
FINDING = {
    "name": "error-swallowed",
    "seen": _HOSTILE,
    "cure": "raise",
    "link": f"{PAGES}error-swallowed.html",
}


def cell(contract: str | None, outcome: str, source: str = "explicit") -> Cell:
    return Cell(
        nodeid=f"test_it.py::{contract}::test_raises_with_invalid_credentials[{source}]",
        contract=contract,
        clause="test_raises_with_invalid_credentials",
        mode="wrong-secret",
        source=source,
        outcome=outcome,
        findings=(FINDING,) if outcome in ("failed", "xfailed") else (),
        calls=(CALL,),
    )


CELLS = [
    cell("TestB", "passed"),
    cell("TestA", "failed"),
    cell("TestA", "passed", "environment"),
    cell(None, "error"),
]


def test_json_is_true_to_its_schema() -> None:
    document = json.loads(json_text(CELLS))
    jsonschema.validate(document, _SCHEMA)
    assert [one["outcome"] for one in document["cells"]] == ["passed", "failed", "passed", "error"]
    assert "principal" not in document["cells"][0]["calls"][0]


def test_the_schema_knows_what_it_does_not_allow() -> None:
    document = json.loads(json_text(CELLS))
    document["cells"][0]["secret"] = "?"
    with pytest.raises(jsonschema.ValidationError, match="secret"):
        jsonschema.validate(document, _SCHEMA)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("report.txt", r"report.txt: the name is to end in .html or .json"),
        ("nowhere/report.json", r"nowhere/report.json: cannot be written: No such file or directory"),
        ("folder.json", r"folder.json: this is a folder"),
    ],
)
def test_a_path_that_cannot_be_written_is_an_error_at_the_start(
    pytester: pytest.Pytester, name: str, complaint: str
) -> None:
    pytester.mkdir("folder.json")
    pytester.makepyfile("def test_never_run(): raise AssertionError('ran')")
    result = pytester.runpytest("--polly-report", name)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --polly-report {complaint}"])


def test_a_report_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.json"
    path.write_text("the report of the run before")

    def broken(cells: object, live: object) -> str:
        raise RuntimeError("no report")

    monkeypatch.setitem(files.FORMATS, ".json", broken)
    with pytest.raises(RuntimeError):
        files.write(str(path), CELLS)
    assert path.read_text() == "the report of the run before"
    monkeypatch.setitem(files.FORMATS, ".json", lambda cells, live: "\udcff")
    with pytest.raises(UnicodeEncodeError):
        files.write(str(path), CELLS)
    assert path.read_text() == "the report of the run before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_report_is_readable_by_whoever_may_read_new_files(tmp_path: Path) -> None:
    (tmp_path / "new").touch()
    files.write(str(tmp_path / "report.json"), CELLS)
    assert (tmp_path / "report.json").stat().st_mode == (tmp_path / "new").stat().st_mode


def test_markdown_shows_matrices_and_findings() -> None:
    lines = markdown_text(CELLS).splitlines()
    assert "| TestA | explicit | environment |" in lines
    assert "| wrong-secret | ❌ FAIL | ✅ ok |" in lines
    assert lines.index("| TestA | explicit | environment |") < lines.index("| TestB | explicit |")
    assert "**error-swallowed** TestA, explicit: wrong-secret" in lines


def test_contracts_of_one_name_are_told_apart_by_where_they_are() -> None:
    here, there = (
        cell("TestA", "failed"),
        replace(cell("TestA", "passed"), nodeid="other.py::TestA::test_it[x]"),
    )
    markdown = markdown_text([here, there]).replace("\\", "")
    for text in (markdown, "\n".join(terminal_lines([here, there], 80))):
        first, second = text.index("TestA (test_it.py)"), text.index("TestA (other.py)")
        rows = [line for line in text[min(first, second) :].splitlines() if "wrong-secret" in line]
        assert "ok" in rows[0]
        assert "FAIL" in rows[1]
    page = html_text([here, there])
    assert page.count('aria-label="wrong-secret by explicit') == 2
    assert "<h2>TestA (other.py)" in page
    document = json.loads(json_text([here, there]))
    assert [one["contract"] for one in document["cells"]] == ["TestA", "TestA"]


def test_tests_written_by_hand_have_a_matrix_on_the_page_after_those_of_contracts() -> None:
    by_hand = replace(cell(None, "failed", "environment"), clause="test_of_mine", findings=())
    page = html_text([by_hand, *CELLS])
    headings = re.findall(r"<h2>(Test.*)</h2>", page)
    assert headings == ["TestA", "TestB", "Tests written by hand"]
    labels = re.findall(r'data-contract="Tests written by hand"[^>]* aria-label="(.*?)"', page)
    assert labels == ["wrong-secret by explicit: error", "wrong-secret by environment: failed"]
    assert '"clause":"test_of_mine"' in page


def test_every_form_leads_to_the_page_of_a_finding() -> None:
    link = f"{PAGES}error-swallowed.html"
    assert f'<a href="{link}">{link}</a>' in html_text(CELLS)
    assert f"- more: <{link}>" in markdown_text(CELLS).splitlines()
    assert f"  more  {link}" in list(terminal_lines(CELLS, 40))
    [found] = json.loads(json_text(CELLS))["cells"][1]["findings"]
    assert found["link"] == link


def test_markdown_lets_no_text_become_markup() -> None:
    text = markdown_text(CELLS)
    assert "<script>" not in text
    assert r"- seen: &lt;script\>alert\(1\)&lt;/script\>\|\`\*🦜\*\`" in text


def test_the_page_lets_no_text_become_markup() -> None:
    page = html_text(CELLS)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "\\u003cscript\\u003ealert(1)" in page


def test_the_page_needs_nothing_beside_itself() -> None:
    page = html_text(CELLS)
    # Links to follow are no part of the page.
    assert "http" not in page.replace("https://docs.aws.amazon.com", "").replace(PAGES, "")
    assert " src=" not in page
    assert "<link" not in page


def test_the_summary_of_a_ci_job(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = pytester.path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    pytester.makepyfile(
        """
        from pytest_polly.contract import CredentialContract
        import boto3

        class TestNarrator(CredentialContract):
            modes, sources = ["long-term"], ["environment"]

            def make_client(self):
                return boto3.client("polly")

            def synthesize(self, client, text):
                speech = client.synthesize_speech(Text=text, OutputFormat="mp3", VoiceId="Joanna")
                return speech["AudioStream"]
        """
    )
    pytester.runpytest("-p", "no:terminal")
    assert summary.read_text().startswith("before\n## polly: credential matrix\n")
    assert "| long-term | ✅ ok |" in summary.read_text()


def test_no_summary_where_nothing_was_tried(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = pytester.path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    pytester.makepyfile("def test_nothing(): pass")
    pytester.runpytest("-q")
    assert not summary.exists()


def test_an_interrupted_run_reports_what_it_has(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.polly("none")
        def test_one(): pass

        @pytest.mark.polly("none")
        def test_two(): raise KeyboardInterrupt

        @pytest.mark.polly("none")
        def test_three(): pass
        """
    )
    result = pytester.runpytest_subprocess(
        "-p", "no:randomly", "--polly-report=r.json", "--polly-report=r.html"
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    document = json.loads((pytester.path / "r.json").read_text())
    assert [(cell["clause"], cell["outcome"]) for cell in document["cells"]] == [("test_one", "passed")]
    assert (pytester.path / "r.html").exists()


def test_a_test_that_goes_elsewhere_does_not_take_the_report_along(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os

        def test_it(polly_role, tmp_path):
            os.chdir(tmp_path)
        """
    )
    pytester.runpytest_subprocess("--polly-report=r.json").assert_outcomes(passed=1)
    assert (pytester.path / "r.json").is_file()


def test_a_test_that_fails_to_clear_up_is_an_error_with_what_was_found_before(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def untidy(polly_account):
            yield
            raise OSError("no broom")

        @pytest.mark.polly("none")
        def test_it(untidy): pass
        """
    )
    result = pytester.runpytest("--polly-report=r.json")
    result.assert_outcomes(passed=1, errors=1)
    [one] = json.loads((pytester.path / "r.json").read_text())["cells"]
    assert (one["clause"], one["outcome"]) == ("test_it", "error")


def test_of_a_test_that_is_run_again_the_last_outcome_counts(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        tries = []

        @pytest.mark.flaky(reruns=2)
        @pytest.mark.polly("none")
        def test_shaky():
            tries.append(1)
            assert len(tries) > 1
        """
    )
    result = pytester.runpytest_subprocess("--polly-report=r.json")
    result.assert_outcomes(passed=1)
    document = json.loads((pytester.path / "r.json").read_text())
    assert [(cell["clause"], cell["outcome"]) for cell in document["cells"]] == [("test_shaky", "passed")]
