"""How many characters Polly may still be asked to speak, counted once for all processes of a run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import GuardError
from ..gate import Request
from ..services.protocols import read_json

#: How long, in seconds, a process waits for the others to have counted.
_PATIENCE = 60.0

#: Operations that Polly charges by the characters of their text.
_SPEECH = ("SynthesizeSpeech", "StartSpeechSynthesisTask")


def characters(operation: str | None, request: Request) -> int:
    """Return how many characters *request* asks Polly to speak; tags of SSML count, though AWS charges none.

    A request that cannot be read counts as long as it is.
    """
    if operation is not None and operation not in _SPEECH:
        return 0
    if request.method == "GET":
        return len(dict(request.query_pairs()).get("Text", ""))
    try:
        return len(read_json(request.body)["Text"])
    except (ValueError, KeyError, TypeError):
        return len(request.body)


class Budget:
    """A count in a file, changed by one statement of SQLite at a time, whoever else counts there."""

    def __init__(self, path: Path, allowed: int, source: str) -> None:
        self.path, self.allowed, self.source = path, allowed, source

    def open(self) -> Budget:
        """Begin to count; done by one process."""
        with self._database() as database:
            database.execute("CREATE TABLE budget (used INTEGER, exhausted INTEGER)")
            database.execute("INSERT INTO budget VALUES (0, 0)")
        return self

    def spend(self, characters: int) -> None:
        """Count before sending; raises `GuardError` where it is too much, and from then on always."""
        if not characters:
            return
        spent = "UPDATE budget SET used = used + :more WHERE used + :more <= :allowed AND NOT exhausted"
        with self._database() as database:
            done = database.execute(spent, {"more": characters, "allowed": self.allowed})
            if done.rowcount == 1:
                return
            database.execute("UPDATE budget SET exhausted = 1")
        raise GuardError(f"polly: {self.verdict}; a request for {characters} more was not sent")

    def give_back(self, characters: int) -> None:
        """Take back what was counted for a request that AWS refused: it charges for speech alone."""
        if characters:
            with self._database() as database:
                database.execute("UPDATE budget SET used = used - ?", (characters,))

    @property
    def used(self) -> int:
        return self._count("used")

    @property
    def exhausted(self) -> bool:
        return bool(self._count("exhausted"))

    @property
    def verdict(self) -> str:
        return (
            f"the budget of this live run, {self.allowed} characters (from {self.source}), is used up, "
            "and nothing more is spoken in it; more is allowed by --polly-live-budget"
        )

    def _count(self, column: str) -> int:
        with self._database() as database:
            (count,) = database.execute(f"SELECT {column} FROM budget").fetchone()
        return int(count)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        # Every statement is a transaction of its own.
        with closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as database:
            yield database
