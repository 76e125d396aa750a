"""Every mode, source, finding and clause is in the documentation, and nothing that does not exist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from pytest_polly.findings import DIAGNOSES
from pytest_polly.modes import MODES
from pytest_polly.sources import SOURCES

from . import pages
from .pages import CONTRIBUTING, DOCS, README, ROOT

_CATALOGUES: dict[str, tuple[str, Mapping[str, object]]] = {
    "modes": ("mode", MODES),
    "sources": ("source", SOURCES),
    "findings": ("finding", DIAGNOSES),
}


@pytest.mark.parametrize("folder", _CATALOGUES)
def test_everything_has_a_page_and_every_page_its_thing(folder: str) -> None:
    _, catalogue = _CATALOGUES[folder]
    assert {page.stem for page in (DOCS / folder).glob("*.md")} == {"index", *catalogue}


@pytest.mark.parametrize("folder", _CATALOGUES)
def test_a_page_is_about_its_thing(folder: str) -> None:
    kind, catalogue = _CATALOGUES[folder]
    for name in catalogue:
        text = (DOCS / folder / f"{name}.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {name}\n\n```{{catalogue}} {kind} {name}\n```\n")


def test_the_page_of_a_finding_shows_a_client_with_just_that_finding() -> None:
    for name in DIAGNOSES:
        text = (DOCS / "findings" / f"{name}.md").read_text(encoding="utf-8")
        assert set(re.findall(r"^([a-z-]+)  Test\w+, ", text, re.M)) == {name}
        assert re.search(r"^\d+ failed", text, re.M)
        assert re.search(r"^\d+ passed", text, re.M), "the cure is not shown to cure it"


@pytest.mark.parametrize(
    ("folder", "name"), [("modes", name) for name in MODES] + [("sources", name) for name in SOURCES]
)
def test_a_page_says_how_to_test_it_and_what_aws_recommends(folder: str, name: str) -> None:
    text = (DOCS / folder / f"{name}.md").read_text(encoding="utf-8")
    asked = [f'"{name}"', f"polly_{name.replace('-', '_')}"]
    assert any(one in text for one in asked), "no test of the page puts it in force"
    *_, last = text.split("## ")
    assert last.startswith("What AWS recommends\n")
    assert (
        "https://docs.aws.amazon.com/" in last
        or "https://boto3.amazonaws.com/" in last
        or "/sources/" in last
    )


_PUBLISHED = "https://pytest-polly.readthedocs.io/en/latest"


def test_the_table_of_modes_in_the_readme_is_the_catalogue() -> None:
    rows = re.findall(
        rf"^\| \[`([a-z-]+)`\]\({_PUBLISHED}/modes/\1\.html\) \| (.*?) \| (.*?) \|$",
        README.read_text(encoding="utf-8"),
        re.M,
    )
    assert [(name, summary) for name, summary, _ in rows] == [(m.name, m.summary) for m in MODES.values()]
    for name, _, answer in rows:
        expected = MODES[name].expected
        assert answer.startswith("no call") == bool(expected.refused_by_sdk)
        assert answer.startswith("audio") == MODES[name].valid
        assert expected.code is None or f"{expected.status} {expected.code}" in answer


@pytest.mark.parametrize("page", [README, *sorted(ROOT.glob("pytest_polly/**/*.py"))], ids=pages.name)
def test_links_to_the_published_documentation_lead_somewhere(page: Path) -> None:
    """What pytest prints leads there too, so that no page is renamed without its links."""
    text = page.read_text(encoding="utf-8")
    for path in re.findall(rf"(?:{_PUBLISHED}|{{_DOCS}})/([\w/-]+)\.html", text):
        assert (DOCS / f"{path}.md").exists(), path


def test_the_environments_of_tox_are_told() -> None:
    sections = re.findall(r"^\[testenv:([a-z]+)", (ROOT / "tox.ini").read_text(encoding="utf-8"), re.M)
    rows = re.findall(r"^\| (`.*?) \|", CONTRIBUTING.read_text(encoding="utf-8"), re.M)
    told = re.findall(r"`([a-z]+)[\d.-]*`", " ".join(rows))
    assert set(told) == {"py", *sections}
