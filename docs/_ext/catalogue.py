"""Shows in the documentation what the code's catalogues hold, so that no page can disagree with them.

``{catalogue} modes`` is the table of all modes, ``{catalogue} mode expired-token`` the facts of one;
the same for sources, findings and clauses. ``{catalogue} checks`` is the order of the gate's checks,
``{catalogue} answers`` all that it can object to.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from pytest_polly.cases import default_source, sources_of
from pytest_polly.clauses import CLAUSES
from pytest_polly.contract import CredentialContract
from pytest_polly.findings import DIAGNOSES
from pytest_polly.gate import CHECKS, errors
from pytest_polly.modes import CORE, MODES, Expected
from pytest_polly.sources import SOURCES

#: A file's name above its content, as it stands in the pages' source.
_FILE = re.compile(r"<!-- file: (?P<name>\S+) -->\n```(?P<language>\w+)\n")
#: What AWS calls a thing that is filled in for each request stands between braces in the code.
_FILLED_IN = re.compile(r"\{(\w+)\}")

Lines = Iterator[str]


class Catalogue(SphinxDirective):
    """Writes a part of the catalogues as Markdown, and has that read like the page around it."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        part, *name = self.arguments
        if name and name[0] not in _ONE[part][1]:
            raise self.error(f"{name[0]!r} is no {part}")
        lines = _ONE[part][0](name[0]) if name else _ALL[part]()
        node = nodes.section(document=self.state.document)
        self.state.nested_parse(StringList(list(lines)), 0, node)
        return node.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("catalogue", Catalogue)
    app.connect("source-read", lambda _, __, source: _caption(source))
    app.connect("include-read", lambda _, __, ___, source: _caption(source))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _caption(source: list[str]) -> None:
    """Show the name of a file above it."""
    source[0] = _FILE.sub(r"```{code-block} \g<language>\n:caption: \g<name>\n", source[0])


# One of each kind -----------------------------------------------------------------------------


def _mode(name: str) -> Lines:
    mode, expected = MODES[name], MODES[name].expected
    yield from _facts(
        ("The client is given", mode.summary),
        ("Polly answers", _answer(expected)),
        ("How well that is known", errors.SURENESS[expected.sure] if expected.sure else ""),
        ("botocore may refuse by itself", _code(expected.refused_by_sdk)),
        ("Sources", _links("sources", sources_of(name))),
        ("Without a source named", _links("sources", [default_source(name)])),
        ("Asked about by", _clauses(clause for clause in CLAUSES if name in _modes_of(clause))),
    )


def _source(name: str) -> Lines:
    source = SOURCES[name]
    yield from _facts(
        ("botocore's provider", _code([source.provider])),
        ("Modes", _links("modes", source.modes)),
        ("Parameters", _code(source.parameters)),
        ("The SDK renews them", "yes: it is a role's session" if source.role else ""),
        ("Variants", _code(source.variants)),
    )


def _finding(name: str) -> Lines:
    diagnosis = DIAGNOSES[name]
    yield diagnosis.meaning
    yield ""
    yield f"**Cure:** {_literal(diagnosis.cure)}"


_ONE: dict[str, tuple[Callable[[str], Lines], Iterable[str]]] = {
    "mode": (_mode, MODES),
    "source": (_source, SOURCES),
    "finding": (_finding, DIAGNOSES),
}


# All of a kind --------------------------------------------------------------------------------


def _modes() -> Lines:
    rows = [
        (f"[`{mode.name}`]({mode.name}.md)", mode.summary, _answer(mode.expected, short=True))
        for mode in MODES.values()
    ]
    yield from _table(("Mode", "The client is given", "Polly's answer"), rows)
    yield f"Where a marker names no modes, these are meant: {_links('modes', CORE, here=True)}."
    yield from _pages(MODES)


def _sources() -> Lines:
    rows = [
        (
            f"[`{source.name}`]({source.name}.md)",
            _code([source.provider]),
            _links("modes", source.modes) if source.role else f"{len(source.modes)} of them",
        )
        for source in SOURCES.values()
    ]
    yield from _table(("Source", "botocore's provider", "Modes"), rows)
    yield from _pages(SOURCES)


def _findings() -> Lines:
    rows = [(f"[`{one.name}`]({one.name}.md)", one.meaning) for one in DIAGNOSES.values()]
    yield from _table(("Finding", "What it means"), rows)
    yield from _pages(DIAGNOSES)


def _all_clauses() -> Lines:
    for clause in CLAUSES.values():
        promise, _, rest = (inspect.getdoc(getattr(CredentialContract, clause.name)) or "").partition("\n\n")
        scenarios = [case.id for case in clause.cases if case.name]
        sources = dict.fromkeys(case.source for case in clause.cases)
        yield from (f"## {clause.name}", "", " ".join(promise.split()), "")
        for paragraph in rest.split("\n\n"):
            yield from (" ".join(paragraph.replace("``", "`").split()), "")
        yield from _facts(
            ("Modes", _links("modes", _modes_of(clause.name))),
            ("Sources", _links("sources", sources)),
            ("Scenarios", _code(scenarios)),
            ("Cells", str(len(clause.cases))),
        )


def _answers() -> Lines:
    faults = [one for one in vars(errors).values() if isinstance(one, errors.Fault)]
    rows = [
        (
            fault.name,
            f"{words.status} `{words.code}`<br>{_said(words.message)}",
            words.sure,
            f"{query.status} `{query.code}`<br>{_said(query.message)}",
            query.sure,
        )
        for fault in faults
        for words, query in [(fault.rest_json, fault.query)]
    ]
    yield from _table(("Objection", "Polly", "Sure", "STS", "Sure"), rows)


def _checks() -> Lines:
    yield from (f"1. `{check.__name__}`" for check in CHECKS)


def _sureness() -> Lines:
    yield from _table(("Mark", "Means"), [(mark, means) for mark, means in errors.SURENESS.items()])


_ALL: dict[str, Callable[[], Lines]] = {
    "modes": _modes,
    "sources": _sources,
    "findings": _findings,
    "clauses": _all_clauses,
    "answers": _answers,
    "checks": _checks,
    "sureness": _sureness,
}


# In words -------------------------------------------------------------------------------------


def _modes_of(clause: str) -> list[str]:
    return list(dict.fromkeys(case.mode for case in CLAUSES[clause].cases))


def _answer(expected: Expected, *, short: bool = False) -> str:
    if expected.ok:
        return "audio"
    if expected.code is None:
        return "no call"
    refused = "no call, or " if expected.refused_by_sdk else ""
    if short:
        return f"{refused}{expected.status} `{expected.code}`"
    assert expected.message is not None
    message = re.sub(r"\\(.)", r"\1", expected.message.replace(".+", "…"))
    return f"{refused}{expected.status} `{expected.code}`: “{message}”"


def _said(message: str) -> str:
    return "“" + _FILLED_IN.sub(r"*\1*", message).replace("|", "\\|") + "”"


def _literal(text: str) -> str:
    """Keep Markdown's hands off what is code in a sentence."""
    return re.sub(r"([*_<>\[\]`])", r"\\\1", text)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _links(folder: str, names: Iterable[str], *, here: bool = False) -> str:
    return ", ".join(f"[`{name}`]({'' if here else f'/{folder}/'}{name}.md)" for name in names)


def _clauses(names: Iterable[str]) -> str:
    return ", ".join(f"[`{name}`](/reference/clauses.md#{name})" for name in names)


def _facts(*facts: tuple[str, str]) -> Lines:
    yield from _table(("", ""), [fact for fact in facts if fact[1]])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Lines:
    yield from (_row(head), _row(["---"] * len(head)), *map(_row, rows), "")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _pages(names: Iterable[str]) -> Lines:
    yield from ("", "```{toctree}", ":hidden:", "", *names, "```")
