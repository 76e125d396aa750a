"""Every mode, source, finding and clause is in the documentation, and nothing that does not exist."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

from pytest_polly.findings import DIAGNOSES
from pytest_polly.modes import MODES
from pytest_polly.sources import SOURCES

from .pages import DOCS

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
