"""The matrix as JSON, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .cells import Cell
from .live import LiveFacts

#: Grows whenever a reader of an older report would misread a newer one.
SCHEMA = 1


def json_text(cells: Iterable[Cell], live: LiveFacts | None = None) -> str:
    """Return every cell of the run as one JSON document, with the facts of a *live* run."""
    document: dict[str, Any] = {"schema": SCHEMA, "cells": [cell.as_dict() for cell in cells]}
    if live is not None:
        document["live"] = live
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
