"""The matrix as a JSON file, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from .cells import Cell

SCHEMA = 1


def write_json(path: str, cells: Iterable[Cell]) -> None:
    """Write every cell of the run to *path*."""
    document = {"schema": SCHEMA, "cells": [cell.as_dict() for cell in cells]}
    text = json.dumps(document, indent=2, ensure_ascii=False)
    Path(path).write_text(text + "\n", encoding="utf-8")
