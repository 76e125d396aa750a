"""Reports as files: which endings there are, checked before the run, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from .cells import Cell
from .html import html_text
from .json_file import json_text
from .live import LiveFacts

#: What writes a file, by its ending.
FORMATS: dict[str, Callable[[Iterable[Cell], LiveFacts | None], str]] = {
    ".html": html_text,
    ".json": json_text,
}


def check_path(path: str) -> None:
    """Raise `ValueError` if no report can be written to *path*: better now than after the run."""
    target = Path(path)
    if target.suffix not in FORMATS:
        raise ValueError(f"{path}: the name is to end in {' or '.join(FORMATS)}")
    if target.is_dir():
        raise ValueError(f"{path}: this is a folder")
    try:
        with tempfile.TemporaryFile(dir=target.absolute().parent):
            pass
    except OSError as error:
        raise ValueError(f"{path}: cannot be written: {error.strerror}") from error


def write(path: str, cells: Iterable[Cell], live: LiveFacts | None = None) -> None:
    """Write the report to *path*, with the facts of a *live* run.

    Whoever reads the file meanwhile sees the old one whole.
    """
    target = Path(path).absolute()
    text = FORMATS[target.suffix](cells, live)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(name, _mode())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode() -> int:
    """Return the permissions that a file newly made by ``open`` would get."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
