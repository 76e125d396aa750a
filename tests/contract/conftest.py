from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_polly.contract import CredentialContract

from . import contract_runs
from .contract_runs import Cells

Ask = Callable[[type[CredentialContract]], Cells]


@pytest.fixture
def ask(capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Ask a contract class everything, in a folder where a client may write."""
    monkeypatch.chdir(tmp_path)
    return lambda contract: contract_runs.ask(contract, capfd)
