"""Every code block of the README and the documentation is run, and its output compared."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("**/*.md"))]
_BLOCK = re.compile(r"(?:<!-- (?P<note>[^>]+) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)^```$", re.M | re.S)
_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z2-7]{16}\b")

Block = tuple[str, str, str]


def blocks(page: Path) -> list[Block]:
    return [
        (found["note"] or "", found["language"], found["body"])
        for found in _BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def files(page: Path) -> dict[str, str]:
    return {note[len("file: ") :]: body for note, _, body in blocks(page) if note.startswith("file: ")}


def sessions() -> list[Any]:
    return [
        pytest.param(page, body, id=f"{page.stem}: {body.splitlines()[0]}")
        for page in PAGES
        for _, language, body in blocks(page)
        if language == "console" and body.startswith("$ ")
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_of_a_kind_that_is_run(page: Path) -> None:
    kinds = {(note.split(":")[0], language) for note, language, _ in blocks(page)}
    assert kinds <= {
        ("file", "python"),
        ("", "python"),
        ("", "console"),
        ("main command", "console"),
        ("test command", "console"),
    }


@pytest.mark.parametrize(("page", "session"), sessions())
def test_console_sessions_show_what_happens(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, page: Path, session: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for name, body in files(page).items():
        (pytester.path / name).write_text(body, encoding="utf-8")
    command, *shown = session.splitlines()
    arguments = command.removeprefix("$ pytest ").split()
    if not arguments[-1].endswith(".py"):
        arguments.append("test_narrator.py")
    result = pytester.runpytest_subprocess(*arguments, "-p", "no:randomly")
    printed = [_KEY.sub(lambda key: key[1] + "." * 16, line) for line in result.outlines]
    position = 0
    for line in shown:
        if line == "...":
            continue
        matching = [
            number
            for number, one in enumerate(printed[position:], position)
            if re.fullmatch(re.escape(line.rstrip()).replace(r"\.\.\.", ".*"), one.rstrip())
            or one.rstrip() == line.rstrip()
        ]
        assert matching, f"{line!r} is not in what pytest printed:\n" + "\n".join(printed[position:])
        position = matching[0] + 1


def test_the_fragment_of_a_class_is_a_class_that_works(pytester: pytest.Pytester) -> None:
    fragments = [body for note, language, body in blocks(README) if (note, language) == ("", "python")]
    assert fragments
    for fragment in fragments:
        source = files(README)["test_narrator.py"].replace("TestNarrator", "Narration")
        fragment = fragment.replace("(CredentialContract)", "(Narration)")
        pytester.makepyfile(narrator=files(README)["narrator.py"], test_fragment=f"{source}\n\n{fragment}")
        result = pytester.runpytest_subprocess("--collect-only", "-q", "-k", "TestNarrator")
        assert result.ret == 0, result.stdout.str()


def test_the_main_command_runs_the_examples() -> None:
    commands = [body for note, _, body in blocks(README) if note == "main command"]
    assert len(commands) == 1
    assert commands[0].endswith(".venv/bin/pytest --pyargs pytest_polly.examples\n")
