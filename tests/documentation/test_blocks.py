"""Every block of the README and the documentation is run, and its output compared."""

from __future__ import annotations

import re
import shlex
import sys
from importlib.metadata import metadata
from pathlib import Path

import pytest

from ..contract.contract_runs import load_everything
from .console import differences
from .following import Printed, follow, missing
from .pages import CONTRIBUTING, PAGES, README, blocks, name

#: Directives that show what is kept elsewhere, or what Sphinx makes.
_DIRECTIVES = ("{catalogue}", "{eval-rst}", "{literalinclude}", "{toctree}")
#: Comments above what is not run where it stands: what a page has installed, what CI itself runs.
_NOTES = ("install", "main command", "test command", "in a clone")
#: Plugins that cost a page's runs time, or their order.
_WITHOUT = ("randomly", "cacheprovider", "hypothesispytest", "rerunfailures")
_EXTRAS = metadata("pytest-polly").get_all("Provides-Extra") or []

_ALL = [README, CONTRIBUTING, *PAGES]


@pytest.fixture(scope="module", autouse=True)
def _everything_is_loaded() -> None:
    """Modules that a page loads are forgotten after it, these are not: they are there before."""
    load_everything()


@pytest.mark.parametrize("page", _ALL, ids=name)
def test_every_block_is_of_a_kind_that_is_run(page: Path) -> None:
    for block in blocks(page):
        if block.language.startswith(_DIRECTIVES) or block.file:
            continue
        assert block.language == "console", f"neither a file nor a console:\n{block.body}"
        assert block.sessions if not block.note else block.note in _NOTES, block
    text = page.read_text(encoding="utf-8")
    opened = re.findall(r"^```[^`\n]+$", text, re.M)
    assert text.count("```") == 2 * len(opened), "a fence is indented, has no language, or is not closed"


@pytest.mark.parametrize("page", [page for page in _ALL if any(blocks(page))], ids=name)
def test_a_page_is_followed_from_top_to_bottom(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, page: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    # A page changes its files faster than the time stamps of compiled ones can tell.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    if missing(page):
        pytest.skip(f"{missing(page)} is not installed")
    for step in follow(page, pytester.path, lambda typed: _run(pytester, typed)):
        printed = "\n".join(step.printed.lines)
        if step.shown is None:
            assert step.printed.status == 0, f"$ {step.typed}\n{printed}"
        else:
            found = differences(step.shown, step.printed.lines)
            assert not found, f"$ {step.typed}\n{found}"


def _run(pytester: pytest.Pytester, typed: str) -> Printed:
    program, *arguments = shlex.split(typed)
    if program == "pytest":
        without = [part for one in _WITHOUT for part in ("-p", f"no:{one}")]
        result = pytester.runpytest_inprocess(*arguments, *without)
    else:
        assert program == "python", f"how is {program} to be run?"
        result = pytester.run(sys.executable, *arguments)
    return Printed(result.outlines, result.ret)


@pytest.mark.parametrize("page", _ALL, ids=name)
def test_what_is_to_be_installed_exists(page: Path) -> None:
    for block in blocks(page):
        for found in re.finditer(r"pytest-polly\[([^]]*)\]", block.body):
            assert set(found[1].split(",")) <= {*_EXTRAS}


def test_the_main_command_runs_the_examples() -> None:
    commands = [block.body for block in blocks(README) if block.note == "main command"]
    assert len(commands) == 1
    assert commands[0].endswith(".venv/bin/pytest --pyargs pytest_polly.examples\n")
