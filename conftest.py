"""What all tests have in common."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture
def pytester(
    pytester: pytest.Pytester, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> pytest.Pytester:
    """Where assertions are not rewritten, runs inside the run do without, too: they share its modules."""
    if pytestconfig.getoption("assertmode") == "plain":
        monkeypatch.setenv("PYTEST_ADDOPTS", "--assert=plain")
    return pytester
