"""Takes away one clause, or one condition of the judging, at a time, and tells whether a client notices.

    python -m tests.contract.mutants

The clients are those of this folder, broken and sound. A mutant that nobody notices is a rule that nothing
here holds to its place.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from types import ModuleType
from typing import Any, ClassVar
from unittest.mock import patch

import pytest

from pytest_polly import contract, judge, wellformed
from pytest_polly.account import Account
from pytest_polly.cases import Case
from pytest_polly.clauses import CLAUSES
from pytest_polly.contract import ContractBroken, CredentialContract

from . import odd_clients
from .broken_clients import FAULTS, Broken
from .contract_runs import load_everything

#: Clients that print, which only pytest sees.
_PRINT = {"Prints", "PrintsPastPython"}
#: Enough for hypothesis to begin with the simplest of all.
_EXAMPLES = 2


@dataclass(frozen=True)
class Trial:
    """One cell, asked of one client, and what is to be found in it."""

    contract: type[CredentialContract]
    clause: str
    case: Case
    findings: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.contract.__name__}: {self.clause}[{self.case.id}]"

    def found(self) -> tuple[str, ...]:
        """Return what is found, as long as the client passes its controls."""
        more = (_Nothing(),) if self.clause == "test_keeps_secrets_out_of_sight" else ()
        with patch.object(wellformed, "EXAMPLES", _EXAMPLES), Account() as account:
            try:
                with account.apply_case(self.case):
                    getattr(self.contract(), self.clause)(account, *more)
            except ContractBroken as broken:
                return tuple(finding.name for finding in broken.findings)
            except pytest.skip.Exception:
                return ("skipped",)
        return ()

    def notices(self) -> bool:
        """Tell whether anything else is found than is to be found, or it falls over."""
        contract._controls.pop(self.contract, None)
        try:
            return self.found() != self.findings
        except Exception:
            return True


class _Nothing:
    """Stands for what pytest captured."""

    def readouterr(self) -> tuple[str, str]:
        return "", ""


# The clients, each in a cell of each clause -----------------------------------------------------


class _WithoutPromise(Broken):
    """A sound client that promises no type of error."""

    error: ClassVar[Any] = None


#: One source of each kind.
_SOURCES = ("explicit", "environment", "assume-role")


def _trials() -> Iterator[Trial]:
    for fault in FAULTS:
        asked = fault.make()
        seen: set[tuple[str, str]] = set()
        for clause, case in _cells() if fault.name not in _PRINT else ():
            # Of each clause and mode one source will do.
            place = (clause, case.name or case.mode)
            if f"{clause}[{case.id}]" in fault.where and place not in seen:
                seen.add(place)
                yield Trial(asked, clause, case, (fault.finding,))
    for sound in (Broken, _WithoutPromise):
        for clause, case in _cells():
            if case.source in _SOURCES:
                yield Trial(sound, clause, case)
    for row in odd_clients.cells():
        yield Trial(*row)


def _cells() -> Iterator[tuple[str, Case]]:
    return ((clause.name, case) for clause in CLAUSES.values() for case in clause.cases)


TRIALS = tuple(_trials())

# The conditions of the judging ------------------------------------------------------------------


class _Conditions(ast.NodeTransformer):
    """Rewrites each condition by what *rewritten* makes of its number and itself."""

    def __init__(self, rewritten: Callable[[int, ast.expr], ast.expr]) -> None:
        self._rewritten = rewritten
        #: Of each condition its source, and what it may not be taken for: true, false or both.
        self.found: list[tuple[str, tuple[bool, ...]]] = []

    def _condition(self, node: ast.expr, *values: bool, of: str = "") -> ast.expr:
        if isinstance(node, ast.Constant):
            return node
        number = len(self.found)
        self.found.append((ast.unparse(node) + of, values))
        return self._rewritten(number, self.visit(node))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node if node.name in WORDING else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        node.test = self._condition(node.test, False, True)
        node.body = [self.visit(one) for one in node.body]
        node.orelse = [self.visit(one) for one in node.orelse]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node.test = self._condition(node.test, False, True)
        node.body, node.orelse = self.visit(node.body), self.visit(node.orelse)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Each part alone: one of several that must hold is taken to hold, one of several that may is not."""
        of = f" (of {ast.unparse(node)})"
        node.values = [self._condition(one, isinstance(node.op, ast.And), of=of) for one in node.values]
        return node


def _judging(rewritten: Callable[[int, ast.expr], ast.expr], **names: Any) -> tuple[ModuleType, _Conditions]:
    """Return `pytest_polly.judge` with its conditions rewritten."""
    conditions = _Conditions(rewritten)
    tree = ast.fix_missing_locations(conditions.visit(ast.parse(inspect.getsource(judge))))
    module = ModuleType(judge.__name__)
    module.__dict__.update(judge.__dict__, **names)
    exec(compile(tree, "a mutant", "exec"), module.__dict__)
    return module, conditions


@cache
def reached() -> tuple[dict[tuple[int, bool], list[Trial]], list[Trial]]:
    """Return in which trials each condition holds, and in which not; and the trials that go wrong anyway."""
    known: dict[tuple[int, bool], list[Trial]] = {}
    wrong: list[Trial] = []

    def note(number: int, value: Any) -> Any:
        trials = known.setdefault((number, bool(value)), [])
        if trial not in trials:
            trials.append(trial)
        return value

    def watched(number: int, node: ast.expr) -> ast.expr:
        return ast.Call(ast.Name("_note_condition", ast.Load()), [ast.Constant(number), node], [])

    module, _ = _judging(watched, _note_condition=note)
    load_everything()
    with patch.object(contract, "judge", module):
        for trial in TRIALS:
            wrong += [trial] if trial.notices() else []
    return known, wrong


#: Functions of the judging that only put into words what was seen.
WORDING = {"_call", "_whole", "_made", "_answer", "_after", "_raised", "_names"}

#: What changes no finding's name, and why.
INDISTINGUISHABLE = {
    **dict.fromkeys(
        [
            ("cut_off", False),
            ("cut_off", True),
            ("call.token != due.session_token", False),
            ("call.token != due.session_token", True),
            ("attempt.error is None", False),
            ("attempt.error is None", True),
            ("attempt.audio (of attempt.audio or b'')", False),
        ],
        "put into words what was seen",
    ),
    (
        "not refused (of not refused and _signer_stumbled(attempt.error))",
        True,
    ): "nobody's signer falls over a request that is answered",
    (
        "call.access_key_id in used (of "
        "call.access_key_id in used and call.error_code == 'ExpiredTokenException')",
        True,
    ): "an expired session that was never used would have to be found",
    (
        "call.error_code == 'ExpiredTokenException' (of "
        "call.access_key_id in used and call.error_code == 'ExpiredTokenException')",
        True,
    ): "a session past its time is told nothing else",
    (
        "call.service != 'polly' (of call.service != 'polly' or due is None)",
        False,
    ): "STS is asked with no session of the role",
    ("due.secret_access_key is not None", True): "where awscrt signs, nothing is sent without a secret",
    (
        "account.case (of account.case and SOURCES[account.case.source].parameters)",
        True,
    ): "there always is one",
    (
        "explicit (of explicit and place in SOURCES)",
        True,
    ): "beside a source without parameters there is nothing but a token",
    (
        "isinstance(one, AssertionError) (of isinstance(one, AssertionError) and "
        "frame.f_globals.get('__name__', '').startswith('awscrt.'))",
        True,
    ): "awscrt raises nothing else here",
    ("id(one) in seen", False): "a chain that leads back to its beginning is none of Python's making",
}
if find_spec("awscrt") is None:
    _STUMBLING = ("not refused and _signer_stumbled(attempt.error)", False)
    INDISTINGUISHABLE[_STUMBLING] = "botocore signs by itself, and does not stumble"

# The mutants ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """Something taken away, and the trials that can tell."""

    label: str
    taken_away: Callable[[], AbstractContextManager[Any]]
    trials: Callable[[], Iterable[Trial]]

    def __str__(self) -> str:
        return self.label


def noticed(mutant: Mutant) -> Trial | None:
    """Return the first trial that goes otherwise than it should, if there is one."""
    trials = list(mutant.trials())
    with mutant.taken_away():
        return next((trial for trial in trials if trial.notices()), None)


def _clauses() -> Iterator[Mutant]:
    for clause in CLAUSES:
        yield Mutant(
            f"without {clause}",
            lambda clause=clause: patch.object(CredentialContract, clause, lambda *_: None),  # type: ignore[misc]
            lambda clause=clause: (one for one in TRIALS if one.clause == clause and one.findings),  # type: ignore[misc]
        )


def conditions() -> dict[tuple[str, bool], list[int]]:
    """Return the numbers of all conditions, by their source and what each may be taken for."""
    known: dict[tuple[str, bool], list[int]] = {}
    for number, (source, values) in enumerate(_judging(lambda _, node: node)[1].found):
        for value in values:
            known.setdefault((source, value), []).append(number)
    return known


def _conditions() -> Iterator[Mutant]:
    for (source, value), numbers in conditions().items():
        if (source, value) not in INDISTINGUISHABLE:
            yield from (_always(number, source, value) for number in numbers)


def _always(number: int, source: str, value: bool) -> Mutant:
    def constant(other: int, node: ast.expr) -> ast.expr:
        return ast.Constant(value) if other == number else node

    return Mutant(
        f"always {value}: {source}",
        lambda: patch.object(contract, "judge", _judging(constant)[0]),
        lambda: reached()[0].get((number, not value), ()),
    )


MUTANTS: tuple[Mutant, ...] = (*_clauses(), *_conditions())


def main() -> int:
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for mutant in MUTANTS:
            trial = noticed(mutant)
            survivors += trial is None
            print(f"SURVIVED  {mutant}" if trial is None else f"noticed   {mutant}\n            by {trial}")
        os.chdir("/")
    print(f"{len(MUTANTS) - survivors} of {len(MUTANTS)} mutants noticed, by {len(TRIALS)} trials")
    return survivors


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        sys.exit(main())
