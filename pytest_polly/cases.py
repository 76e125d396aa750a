"""Cases: which modes go with which sources, and what a case is called."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from .errors import CaseError, PollyError, did_you_mean
from .modes import CORE, MODES, Mode
from .sources import DEFAULT, DEFAULT_FOR_ROLES, SOURCES, Delivery, Source


@dataclass(frozen=True)
class Case:
    """A mode delivered through a source.

    ``beside`` holds further cases that lie around at the same time: what a client must not mix in.
    """

    mode: str
    source: str
    beside: tuple[Case, ...] = ()
    #: Parameters withheld, or variables left out, from what the source delivers.
    only: tuple[str, ...] = ()
    name: str = ""
    #: Which of the source's ways is taken; empty: its usual one.
    variant: str = ""
    #: How many requests Polly fails in a mode in which it does; ``None``: all of them.
    times: int | None = None

    @property
    def id(self) -> str:
        return self.name or f"{self.mode}-{self.source}"


def default_source(mode: str) -> str:
    return DEFAULT_FOR_ROLES if MODES[mode].kind == "role" else DEFAULT


def sources_of(mode: str) -> tuple[str, ...]:
    return tuple(name for name, source in SOURCES.items() if mode in source.modes)


def check_mode(name: str) -> Mode:
    """Return the mode of that name; raise `CaseError` with the names there are."""
    return MODES[_check("mode", name, MODES)]


def check_source(name: str) -> Source:
    """Return the source of that name; raise `CaseError` with the names there are."""
    return SOURCES[_check("source", name, SOURCES)]


def check_names(where: str, names: Sequence[str] | None, check: Callable[[str], object]) -> None:
    """Check what narrows a class, which *where* names; raise `PollyError` for what is no tuple of names."""
    if isinstance(names, str):
        raise PollyError(f"{where} is to be a tuple of names: ({names!r},)")
    if not isinstance(names, (Collection, type(None))):
        raise PollyError(f"{where} is to be a tuple of names, not {names!r}")
    for name in names or ():
        check(name)


def way_of(case: Case) -> Callable[[Delivery], None]:
    """Return what puts credentials where the case has them."""
    source = SOURCES[case.source]
    return source.variants[case.variant] if case.variant else source.deliver


def check_case(mode: str, source: str | None = None, variant: str = "") -> Case:
    """Return the case, by the mode's default source if none is given.

    Raises `CaseError` if there is no such mode, source or variant, or if they do not go together.
    """
    check_mode(mode)
    source = check_source(source).name if source is not None else default_source(mode)
    if mode not in SOURCES[source].modes:
        raise CaseError(
            f"mode {mode!r} cannot be delivered through source {source!r}; "
            f"its sources are {', '.join(sources_of(mode))}"
        )
    if variant:
        _check("variant", variant, SOURCES[source].variants, f" of source {source!r}")
    return Case(mode, source, variant=variant)


def select(modes: Sequence[str], sources: Iterable[str] | None) -> list[Case]:
    """Return every case of the product that can exist; no *sources*: each mode's default.

    Raises `CaseError` for a mode that was named and is left without any source, and for names given twice.
    """
    named = tuple(modes) or CORE
    _check_once("mode", named)
    if sources is None:
        return [check_case(mode) for mode in named]
    wanted = [check_source(source) for source in sources]
    _check_once("source", [source.name for source in wanted])
    if not wanted:
        raise CaseError("`sources` is empty; name some, or leave it out for each mode's own")
    cases = []
    for mode in named:
        check_mode(mode)
        found = [Case(mode, source.name) for source in wanted if mode in source.modes]
        if not found and modes:
            raise CaseError(
                f"mode {mode!r} cannot be delivered through "
                f"{' or '.join(repr(source.name) for source in wanted)}; "
                f"its sources are {', '.join(sources_of(mode))}"
            )
        cases += found
    if not cases:
        raise CaseError("no mode can be delivered through the sources named")
    return cases


def _check(kind: str, name: object, known: Iterable[str], of: str = "") -> str:
    if isinstance(name, str) and name in known:
        return name
    names = list(known)
    there_are = f"the {kind}s{of} are {', '.join(names)}" if names else f"there are no {kind}s{of}"
    raise CaseError(f"{name!r} is no {kind}{of}; {there_are}{_meant(name, names)}")


def _meant(name: object, known: list[str]) -> str:
    """Say what may have been meant: something spelt nearly so, or a source where a mode is named."""
    close = did_you_mean(str(name).lower().replace("_", "-"), known)
    if close:
        return close
    for kind, names in (("source", SOURCES), ("mode", MODES)):
        if isinstance(name, str) and name in names:
            return f"; {name!r} is a {kind}"
    return ""


def _check_once(kind: str, names: Sequence[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise CaseError(f"{kind} {twice!r} is named twice")
