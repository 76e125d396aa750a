"""An expired session takes a quarter of an hour to make, so a run may leave one behind for the next.

Only in a file that the person names, which nobody else can read.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..gate import Credentials


@dataclass(frozen=True)
class Kept:
    """A session of an earlier run, and whose it is."""

    credentials: Credentials
    arn: str
    user_id: str
    account_id: str


def load(path: Path) -> Kept | None:
    """Return what an earlier run left in *path*, ``None`` if there is no such file.

    Raises `ValueError` for a file that others can read, or that is none of ours.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        raise ValueError(f"{path} can be read by others; make it yours alone: chmod 600 {path}")
    try:
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        expires_at = datetime.fromisoformat(held["credentials"].pop("expires_at"))
        credentials = Credentials(**held.pop("credentials"), expires_at=expires_at)
        return Kept(credentials, **held)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} holds no session that a live run has left there") from error


def store(path: Path, kept: Kept) -> None:
    """Leave *kept* in *path*, which must not exist, for its owner alone."""
    held = asdict(kept)
    held["credentials"]["expires_at"] = kept.credentials.expires_at.isoformat()  # type: ignore[union-attr]
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        json.dump(held, file)
