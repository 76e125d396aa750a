"""A plugin that notes what a test, or a whole run, has left differently from how it was found.

It is copied beside the tests it watches, and knows nothing of the kit.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

import boto3
import botocore.configprovider
import botocore.credentials
import botocore.endpoint
import botocore.httpsession
import botocore.loaders
import botocore.retries.bucket
import botocore.tokens
import botocore.utils
import freezegun.api
import pytest
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import MockAWS

_before = pytest.StashKey[dict[str, Any]]()
FOUND = Path(__file__).with_name("differences.txt")


def world() -> dict[str, Any]:
    """Take down everything that somebody else might stumble over."""
    fetcher, bucket = botocore.utils.ContainerMetadataFetcher, botocore.retries.bucket.TokenBucket
    loader, credentials = botocore.loaders.Loader, botocore.credentials
    root = logging.getLogger()
    settings = botocore.configprovider.BOTOCORE_DEFAUT_SESSION_VARIABLES
    return {
        # pytest's own says which test it is.
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "folder": os.getcwd(),
        "boto3.DEFAULT_SESSION": boto3.DEFAULT_SESSION,
        "botocore's files": {name: settings[name][2] for name in ("config_file", "credentials_file")},
        "botocore's caches": (
            credentials.SSOProvider._SSO_TOKEN_CACHE_DIR,
            botocore.tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR,
            botocore.utils.JSONFileCache.__init__.__defaults__,
            credentials.BotoProvider.DEFAULT_CONFIG_FILENAMES,
        ),
        "botocore's loader": (vars(loader).get("_cache"), loader.CUSTOMER_DATA_PATH),
        "botocore's pauses": (botocore.endpoint.time, fetcher.SLEEP_TIME, bucket.acquire),
        "moto": (BotocoreStubber.__call__, MockAWS.start, MockAWS.stop),
        "freezers": len(freezegun.api.freeze_factories),
        "time": (sys.modules["time"].time, sys.modules["datetime"].datetime),
        "threads": set(threading.enumerate()),
        "switch interval": sys.getswitchinterval(),
        "loggers": {logger.name: (logger.level, list(logger.handlers)) for logger in _loggers(root)},
        "logging": (root.level, logging.root.manager.disable),
        "warnings": (warnings.showwarning, list(warnings.filters)),
        "folders of accounts": sorted(one.name for one in Path(tempfile.gettempdir()).glob("pytest-polly-*")),
        "sockets": _sockets(),
    }


def seam() -> dict[str, Any]:
    """What stays as long as the run does: a client that outlives its account must not get out."""
    return {"send": botocore.httpsession.URLLib3Session.send, "finders": list(sys.meta_path)}


def _loggers(root: logging.Logger) -> list[logging.Logger]:
    known = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    return [one for one in known if one.handlers or one.level]


def open_files() -> set[tuple[str, str]]:
    """Return what is open, each by its number and what it leads to, where the system tells."""
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        return set()
    return {(one.name, target) for one in folder.iterdir() if (target := _target(one))}


def _sockets() -> set[str]:
    return {target for _, target in open_files() if target.startswith("socket:")}


def _target(link: Path) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Tell what is not as it was found, by name."""
    return {name: (before[name], after[name]) for name in before if _differs(before[name], after[name])}


def _differs(before: Any, after: Any) -> bool:
    # Sockets and threads that somebody had before may end at any moment: only what came is anybody's fault.
    return not after <= before if isinstance(before, set) else bool(before != after)


def note(where: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Note what differs by name; values may be secrets."""
    with FOUND.open("a") as file:
        for name in differences(before, after):
            print(f"{where}: {name}", file=file)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    before = world()
    try:
        return (yield)
    finally:
        if not item.config.getini("wider"):
            note(item.name, before, world())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("wider", "whether something is to outlive its test", type="bool")


def _of_the_run() -> dict[str, Any]:
    # What some libraries forbid or allow of warnings when they are imported is theirs.
    return {name: value for name, value in (world() | seam()).items() if name != "warnings"}


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    config.stash[_before] = _of_the_run()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    note("the run", config.stash[_before], _of_the_run())
