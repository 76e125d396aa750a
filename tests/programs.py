"""Programs that need a Python of their own, because of what they import, and when."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from tempfile import TemporaryDirectory
from textwrap import dedent


def output_of(program: str, *options: str, env: Mapping[str, str] = os.environ) -> str:
    """Run *program* to its end, in an empty folder; return what it printed, or fail with its complaint."""
    with TemporaryDirectory() as folder:
        ran = subprocess.run(
            [sys.executable, *options, "-c", dedent(program)],
            env=env,
            cwd=folder,
            capture_output=True,
            text=True,
        )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
