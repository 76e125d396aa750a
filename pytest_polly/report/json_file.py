"""The matrix as JSON, for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .cells import Cell

#: Grows whenever a reader of an older report would misread a newer one.
SCHEMA = 1


def json_text(cells: Iterable[Cell]) -> str:
    """Return every cell of the run as one JSON document."""
    document = {"schema": SCHEMA, "cells": [cell.as_dict() for cell in cells]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
