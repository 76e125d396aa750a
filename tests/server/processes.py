"""Where the script is that speaks in other processes."""

from __future__ import annotations

from pathlib import Path

WORKER = Path(__file__).with_name("worker.py")
