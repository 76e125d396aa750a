"""Requests that were answered wrongly once, kept as files."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

from pytest_polly.gate import Request

from .samples import Sample

#: The greater part of a session token says nothing.
_TOKEN = re.compile(r"IQoJb3[\w+/=%]{40,}")

FOLDER = Path(__file__).with_name("corpus")


def save(sample: Sample, complaint: str) -> Path:
    """Keep *sample*, named after what was wrong with its answer."""
    request = sample.request
    told = {
        "complaint": complaint,
        "signed": sample.is_signed,
        "method": request.method,
        "host": request.host,
        "path": request.path,
        "query": request.query,
        "headers": request.headers,
        "body": b64encode(request.body).decode(),
    }
    text = _TOKEN.sub("IQoJb3", json.dumps(told, indent=1))
    words = re.sub(r"\W+", "-", complaint).strip("-").lower()
    path = FOLDER / f"{words}-{sha256(text.encode()).hexdigest()[:8]}.json"
    path.write_text(text + "\n", "ascii")
    return path


def read(path: Path) -> Request:
    """Return a request that was kept."""
    told = json.loads(path.read_text("ascii"))
    headers = tuple((name, value) for name, value in told["headers"])
    return Request(
        told["method"], told["host"], told["path"], told["query"], headers, b64decode(told["body"])
    )


def paths() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))
