"""The matrix as one HTML page that needs nothing beside itself: no network, no framework."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from .cells import Cell
from .live import LiveFacts, shown
from .matrix import MARKS, groups, in_order, matrices

#: Outcomes that a reader looks for first.
_BAD = ("error", "failed", "xpassed")
#: What stands above the cells of tests that are no clause of a contract.
_BY_HAND = "Tests written by hand"


def html_text(cells: Iterable[Cell], live: LiveFacts | None = None) -> str:
    """Return the page, with the facts of a *live* run; every text from a test is escaped."""
    known = in_order(cells)
    placed = _placed(known)
    environment = Environment(
        loader=PackageLoader("pytest_polly.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("template.html").render(
        matrices=matrices(placed),
        groups=groups(known),
        marks=MARKS,
        bad=_BAD,
        counts=_counts(known),
        data=_embedded(placed),
        live=live,
        shown=shown,
    )
    return f"{page}\n"


def _placed(cells: list[Cell]) -> list[Cell]:
    """Return every cell with the matrix that it is in; the one of tests written by hand comes last."""
    by_hand = [replace(cell, contract=_BY_HAND) for cell in cells if cell.contract is None]
    return [cell for cell in cells if cell.contract is not None] + by_hand


def _counts(cells: list[Cell]) -> list[tuple[str, int]]:
    """Return how many tests ended how, worst first."""
    outcomes = [cell.outcome for cell in cells]
    return [(outcome, outcomes.count(outcome)) for outcome in MARKS if outcome in outcomes]


def _embedded(cells: list[Cell]) -> str:
    """Return what the page shows of a cell when it is opened, as JSON that may stand inside a script."""
    contracts: dict[str | None, dict[str, dict[str, list[dict[str, Any]]]]] = {}
    for cell in cells:
        modes = contracts.setdefault(cell.contract, {})
        modes.setdefault(cell.mode, {}).setdefault(cell.source, []).append(
            {
                "clause": cell.clause,
                "nodeid": cell.nodeid,
                "outcome": cell.outcome,
                "mark": MARKS[cell.outcome],
                "findings": list(cell.findings),
                "calls": list(cell.calls),
            }
        )
    text = json.dumps(contracts, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
