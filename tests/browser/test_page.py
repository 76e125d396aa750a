"""The HTML report in a real browser: opened, filtered, used by keyboard alone, and audited."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

from pytest_polly.findings import PAGES
from pytest_polly.modes import MODES
from pytest_polly.report.cells import Cell
from pytest_polly.report.html import html_text
from pytest_polly.sources import SOURCES

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_HOSTILE = "<img src=x onerror=\"document.title='hacked'\">&amp;'\"` 🦜 שלום </script><b>"
_SEEN = f"SynthesizeSpeech signed with ASIAEXAMPLE; {_HOSTILE}"


def cell(contract: str | None, mode: str, source: str, outcome: str = "passed", **more: Any) -> Cell:
    call = {
        "service": "polly",
        "operation": "SynthesizeSpeech",
        "access_key_id": "ASIAEXAMPLE",
        "principal": None,
        "token_sent": False,
        "status": 403,
        "error_code": "UnrecognizedClientException",
    }
    clause = more.get("clause", "test_speaks_with_valid_credentials")
    return Cell(
        nodeid=f"test_it.py::{contract}::{clause}[{mode}-{source}]",
        contract=contract,
        clause=clause,
        mode=mode,
        source=source,
        outcome=outcome,
        findings=tuple(more.get("findings", ())),
        calls=(call,),
    )


def finding(name: str) -> dict[str, str]:
    return {"name": name, "seen": _SEEN, "cure": "do this", "link": f"{PAGES}{name}.html"}


CELLS = [
    cell("TestSound", "long-term", "explicit"),
    cell("TestSound", "role", "assume-role"),
    cell("TestBroken", "long-term", "explicit"),
    cell(
        "TestBroken",
        "session-token",
        "explicit",
        "failed",
        findings=[finding("session-token-dropped")],
    ),
    cell("TestBroken", "role", "assume-role", "xfailed", findings=[finding("credentials-frozen")]),
    cell(_HOSTILE, "none", "environment", "skipped"),
    cell(None, "session-token", "environment", clause="test_written_by_hand"),
]
#: Of a live run, with nothing in it where a line could be broken.
LIVE = {
    "arn": f"arn:aws:sts::123456789012:assumed-role/{'narrator' * 8}/{'session' * 9}",
    "region": "us-east-1",
    "characters": 23,
    "budget": 1000,
    "compared": 12,
    "drift": [
        {
            "mode": "wrong-secret",
            "service": "polly",
            "operation": "SynthesizeSpeech",
            "sources": ["explicit", "environment"],
            "row": "pytest_polly.gate.errors.WRONG_SIGNATURE.rest_json",
            "differences": [{"what": "message", "simulated": "no" * 60, "live": _HOSTILE}],
        }
    ],
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium here")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield running
        running.close()


@pytest.fixture(params=["light", "dark"])
def page(browser: Any, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """The report of `CELLS` and `LIVE`; nothing may be said on the console, and nothing fetched."""
    report = tmp_path / "report.html"
    report.write_text(html_text(CELLS, LIVE), encoding="utf-8")
    shown = browser.new_page(color_scheme=request.param)
    said: list[str] = []
    fetched: list[str] = []
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.on("request", lambda one: fetched.append(one.url))
    shown.goto(report.as_uri())
    yield shown
    shown.close()
    assert said == []
    assert fetched == [report.as_uri()]


def button(page: Page, label: str) -> Any:
    return page.get_by_role("button", name=label)


def test_a_cell_opens_and_tells_all(page: Page) -> None:
    button(page, "session-token by explicit: failed").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("TestBroken: session-token by explicit")
    expect(dialog).to_contain_text("session-token-dropped")
    expect(dialog).to_contain_text("do this")
    link = dialog.get_by_role("link", name=f"{PAGES}session-token-dropped.html")
    expect(link).to_have_attribute("href", f"{PAGES}session-token-dropped.html")
    expect(dialog).to_contain_text("signed with ASIAEXAMPLE, without a session token")
    expect(dialog).to_contain_text("AWS: 403 UnrecognizedClientException")
    page.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_a_test_written_by_hand_is_found_by_its_name(page: Page) -> None:
    button(page, "session-token by environment: passed").click()
    expect(page.get_by_role("dialog")).to_contain_text("test_written_by_hand")


def test_what_a_live_run_found_is_told(page: Page) -> None:
    expect(page.get_by_text("23 of 1000 characters spoken")).to_be_visible()
    expect(page.locator("article.drift")).to_contain_text(repr(_HOSTILE))


def test_failing_cells_are_filtered(page: Page) -> None:
    page.get_by_label("failing cells only").check()
    expect(page.locator("td button:visible")).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text(f"1 of {len(CELLS)} cells")
    expect(page.locator("article.finding:visible")).to_have_count(1)


def test_cells_are_filtered_by_finding(page: Page) -> None:
    page.get_by_label("finding").select_option("credentials-frozen")
    expect(page.locator("td button:visible")).to_have_count(1)
    expect(button(page, "role by assume-role: xfailed")).to_be_visible()


def test_the_keyboard_is_enough(page: Page) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        label = page.evaluate("document.activeElement.getAttribute('aria-label')")
        if label == "session-token by explicit: failed":
            break
    else:
        pytest.fail("the cell cannot be reached by Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("session-token-dropped")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == label


def test_what_a_test_says_shows_as_text(page: Page) -> None:
    expect(page.get_by_role("heading", name=_HOSTILE)).to_be_visible()
    button(page, "session-token by explicit: failed").click()
    expect(page.get_by_role("dialog")).to_contain_text(_SEEN)
    assert page.title() == "polly: credential matrix"
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    button(page, "session-token by explicit: failed").click()
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("width", [360, 1280])
def test_only_the_matrix_scrolls_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_twenty_clients_are_quick(browser: Any, tmp_path: Path) -> None:
    """Some 300 cells for each: the page still opens and filters."""
    cases = [(mode, source) for mode in MODES for source in SOURCES]
    cells = [cell(f"Test{number}", *case) for number in range(20) for case in cases]
    report = tmp_path / "report.html"
    report.write_text(html_text(cells), encoding="utf-8")
    page = browser.new_page()
    page.goto(report.as_uri())
    expect(page.locator("td button")).to_have_count(len(cells))
    page.get_by_label("failing cells only").check()
    expect(page.locator("td button:visible")).to_have_count(0)
    page.close()


def test_it_prints(page: Page, tmp_path: Path) -> None:
    page.emulate_media(media="print")
    expect(page.get_by_role("search")).to_be_hidden()
    assert page.pdf().startswith(b"%PDF")
