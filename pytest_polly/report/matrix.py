"""The matrix as data: for each contract class its modes by its sources, and its findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pytest_polly.clauses import CLAUSES
from pytest_polly.modes import MODES
from pytest_polly.sources import SOURCES

from .cells import Cell

#: What a cell of the matrix shows, worst first: of a mode's and source's tests the worst counts.
MARKS: Mapping[str, str] = {
    "error": "ERROR",
    "failed": "FAIL",
    "xpassed": "XPASS",
    "xfailed": "xfail",
    "passed": "ok",
    "skipped": "-",
}


@dataclass
class Group:
    """One finding of one contract, with every cell in which it was made."""

    name: str
    contract: str
    seen: str
    cure: str
    link: str
    #: Modes by source, in the order of the matrix.
    where: dict[str, list[str]] = field(default_factory=dict)
    expected: bool = True


@dataclass
class Matrix:
    """One contract class: outcomes by mode and source."""

    contract: str
    outcomes: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def modes(self) -> list[str]:
        return [mode for mode in MODES if any(mode == one for one, _ in self.outcomes)]

    @property
    def sources(self) -> list[str]:
        return [source for source in SOURCES if any(source == one for _, one in self.outcomes)]

    def mark(self, mode: str, source: str) -> str:
        outcome = self.outcomes.get((mode, source))
        return "" if outcome is None else MARKS[outcome]


def in_order(cells: Iterable[Cell]) -> list[Cell]:
    """Sort cells as the catalogues have them, whatever the order of the run.

    Contracts of one name are told apart by where they are.
    """
    return sorted(_told_apart(list(cells)), key=_place)


def _told_apart(cells: list[Cell]) -> Iterator[Cell]:
    scopes: dict[str, set[str]] = {}
    for cell in cells:
        scopes.setdefault(cell.contract or "", set()).add(_scope(cell))
    for cell in cells:
        if cell.contract is not None and len(scopes[cell.contract]) > 1:
            yield replace(cell, contract=f"{cell.contract} ({_scope(cell)})")
        else:
            yield cell


def _scope(cell: Cell) -> str:
    """Return where the cell's class is: its file, and the class around it, if there is one."""
    return "::".join(cell.nodeid.split("::")[:-2])


def _place(cell: Cell) -> tuple[str, list[int]]:
    ranks = [
        list(catalogue).index(name) if name in catalogue else -1
        for name, catalogue in (
            (cell.clause, CLAUSES),
            (cell.mode, MODES),
            (cell.source, SOURCES),
        )
    ]
    return cell.contract or cell.nodeid, ranks


def matrices(cells: Iterable[Cell]) -> list[Matrix]:
    """Return a matrix for each contract class."""
    found: dict[str, Matrix] = {}
    worst = list(MARKS)
    for cell in cells:
        if cell.contract is None:
            continue
        matrix = found.setdefault(cell.contract, Matrix(cell.contract))
        place = (cell.mode, cell.source)
        outcomes = [cell.outcome, matrix.outcomes.get(place, "skipped")]
        matrix.outcomes[place] = min(outcomes, key=worst.index)
    return list(found.values())


def groups(cells: Iterable[Cell]) -> list[Group]:
    """Return each distinct finding of each contract once, with the cells it was made in."""
    found: dict[tuple[str, str], Group] = {}
    for cell in cells:
        for finding in cell.findings:
            contract = cell.contract or cell.nodeid
            key = (contract, finding["name"])
            seen, cure, link = finding["seen"], finding["cure"], finding["link"]
            group = found.setdefault(key, Group(finding["name"], contract, seen, cure, link))
            modes = group.where.setdefault(cell.source, [])
            if cell.mode not in modes:
                modes.append(cell.mode)
            group.expected &= cell.outcome == "xfailed"
    return list(found.values())
