"""pytest's side of the kit: options, marker, fixtures, and the hooks that hold them together.

What is imported here needs pytest and the standard library alone; all else is loaded when a test asks for it.
"""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from .collecting import ACCOUNT, check_test_case, is_clause, is_contract, is_marked_in_vain, parametrize
from .recorder import Recorder

if TYPE_CHECKING:
    from .account import Account
    from .cases import Case
    from .live.hooks import LiveHooks
    from .live.settings import Settings
    from .wire.server import Server

_LIVE_PLUGIN = "polly-live"
_live_key = pytest.StashKey[bool]()

_DOCS = "https://pytest-polly.readthedocs.io/en/latest"

# Options and registration ---------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("polly", f"AWS credentials for clients of Amazon Polly ({_DOCS})")
    group.addoption(
        "--polly-report",
        action="append",
        metavar="PATH",
        help="write the credential matrix to PATH, an .html or a .json file; may be given more than once",
    )
    parser.addini("polly_report", "files to write the credential matrix to", type="args", default=[])
    group.addoption(
        "--polly-live",
        action="store_true",
        help="let tests marked polly_live, and contract classes with live = True, reach real AWS, which "
        "charges for what Polly speaks",
    )
    for name, (metavar, told) in _LIVE.items():
        option = f"--{name.replace('_', '-')}"
        group.addoption(option, metavar=metavar, help=f"with --polly-live: {told}")
        parser.addini(name, f"with --polly-live: {told}", default="")


#: What a live run can be told, by option or ini.
_LIVE = {
    "polly_live_profile": ("NAME", "the profile whose credentials are used (else what botocore finds)"),
    "polly_live_role": ("ARN", "the role that is assumed for the modes that need one"),
    "polly_live_region": ("REGION", "where (else what AWS's own settings say)"),
    "polly_live_account": ("NUMBER", "the account that it must be; the run does not begin in another"),
    "polly_live_budget": ("N", "how many characters Polly may be asked to speak in the run (default 1000)"),
    "polly_live_expired": ("FILE", "where a session is kept for a later run to find it expired"),
    "polly_live_drift": ("FILE", "write as JSON where AWS answers otherwise than the simulation"),
}


def setting(config: pytest.Config, name: str, default: Any = None) -> tuple[Any, str]:
    """Return a setting and where it came from: the command line, else the ini file, else nowhere."""
    value = config.getoption(name)
    if value is not None:
        return value, "command line"
    value = config.getini(name)
    return (value, "ini") if value else (value if default is None else default, "default")


def _live_settings(config: pytest.Config) -> Settings | None:
    """Return what a live run was told, ``None`` if nothing and if there is none.

    Raises `pytest.UsageError` for what makes no sense, be it of use in this run or in the next.
    """
    said = {name: setting(config, name) for name in _LIVE}
    told = {name.removeprefix("polly_live_"): one for name, one in said.items() if one[1] != "default"}
    if not told and not config.getoption("polly_live"):
        return None
    from .live.settings import Setting, Settings

    try:
        return Settings.told({name: Setting(*one) for name, one in told.items()})
    except ValueError as error:
        raise pytest.UsageError(f"polly: {error}") from None


#: The runs of pytest that go on in this process: a test may start another one.
_runs: list[pytest.Config] = []


def pytest_configure(config: pytest.Config) -> None:
    _runs.append(config)
    config.addinivalue_line(
        "markers",
        "polly(*modes, source=None, sources=None): run the test once in each case, that is in each of "
        "the credential modes named (none: the five core modes), delivered through each of the sources "
        f"named (none: each mode's own). {_DOCS}/how-to/tests-by-hand.html",
    )
    config.addinivalue_line(
        "markers",
        "polly_live: run the test against real Polly, with the credentials at hand; without --polly-live "
        f"it is skipped. {_DOCS}/how-to/live.html",
    )
    settings = _live_settings(config)
    if settings is not None and config.getoption("polly_live"):
        from .live.hooks import LiveHooks

        config.pluginmanager.register(LiveHooks(config, settings), _LIVE_PLUGIN)
    if not hasattr(config, "workerinput"):
        paths, _ = setting(config, "polly_report")
        for path in paths:
            from .report.files import check_path

            try:
                check_path(path)
            except ValueError as error:
                raise pytest.UsageError(f"--polly-report {error}") from None
        # Absolute, since a test may go elsewhere meanwhile.
        recorder = Recorder([os.path.abspath(path) for path in paths], _live_hooks(config))
        config.pluginmanager.register(recorder, "polly-recorder")


def pytest_unconfigure(config: pytest.Config) -> None:
    if config in _runs:
        _runs.remove(config)
    if _runs:
        return
    for name in ("botocore", "aiobotocore", "s3"):
        wire = sys.modules.get(f"pytest_polly.wire.{name}")
        if wire is not None:
            wire.uninstall()


def pytest_report_header(config: pytest.Config) -> list[str]:
    paths, source = setting(config, "polly_report")
    return [f"polly: report {', '.join(paths)} (from {source})"] if paths else []


# Collecting -----------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrize(metafunc)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Collector, name: str, obj: object
) -> list[pytest.Item] | None:
    """Refuse what ``unittest.TestCase`` cannot have, and pass over the contract where it is imported."""
    contract = sys.modules.get("pytest_polly.contract")
    if contract is not None and obj is contract.CredentialContract:
        return []
    if isinstance(obj, type) and issubclass(obj, unittest.TestCase):
        check_test_case(collector, obj)
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    used = False
    for item in items:
        _settle_live(config, item)
        if isinstance(item, pytest.Function):
            # A name that was added for the marker alone is dropped again when pytest parametrises.
            callspec = getattr(item, "callspec", None)
            if callspec is not None and ACCOUNT in callspec.params and ACCOUNT not in item.fixturenames:
                item.fixturenames.append(ACCOUNT)
            used |= ACCOUNT in item.fixturenames or is_marked_in_vain(item)
    if used:
        from .in_force import in_force

        in_force(config)


# Live -----------------------------------------------------------------------------------------


def _live_hooks(config: pytest.Config) -> LiveHooks | None:
    hooks: LiveHooks | None = config.pluginmanager.get_plugin(_LIVE_PLUGIN)
    return hooks


def _settle_live(config: pytest.Config, item: pytest.Item) -> None:
    """Skip what only a live run runs, or no live run can; see that what is live has a live account."""
    marked = item.get_closest_marker("polly_live") is not None
    if _live_hooks(config) is None:
        if marked:
            item.add_marker(pytest.mark.skip(reason="reaches real AWS: it runs with --polly-live alone"))
    elif marked or _in_live_contract(item):
        from .live.makeable import CLAUSES

        name = getattr(item, "originalname", "")
        if name in CLAUSES and is_clause(_class_of(item), name):
            item.add_marker(pytest.mark.skip(reason=f"live: {CLAUSES[name]}"))
        item.stash[_live_key] = True
        if isinstance(item, pytest.Function) and ACCOUNT not in item.fixturenames:
            item.fixturenames.append(ACCOUNT)


def _in_live_contract(item: pytest.Item) -> bool:
    cls: Any = _class_of(item)
    return is_contract(cls) and bool(cls.live)


def _class_of(item: pytest.Item) -> type | None:
    cls: type | None = getattr(item, "cls", None)
    return cls


def _account_for(request: pytest.FixtureRequest) -> Account:
    """Return a new account for a test: a simulated one, but for a live test."""
    from .account import Account

    live = _live_hooks(request.config)
    if live is not None and request.node.stash.get(_live_key, False):
        return live.account(request.node.nodeid)
    return Account(label=request.node.nodeid)


# Running --------------------------------------------------------------------------------------


@pytest.fixture
def polly_account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """The simulated AWS account of the test; nothing but what it offers can be found or reached.
    What it offers: https://pytest-polly.readthedocs.io/en/latest/reference/account.html

    Under ``@pytest.mark.polly`` it is the account in that case. Without the marker nothing is in force
    yet: ``with polly_account.apply(mode, source):`` puts a case in force. In a live test it is the real
    account, with the person's own credentials in force.
    """
    from .in_force import in_force
    from .report import masking

    with _account_for(request) as account, masking.masked_live_logs(request.config, account):
        in_force(request.config).entered(request.node, account)
        case: Case | None = getattr(request, "param", None) or account.case_at_hand
        if case is None:
            yield account
        else:
            with account.apply_case(case):
                yield account


@pytest.fixture
def polly_server(polly_account: Account) -> Iterator[Server]:
    """The account behind HTTP on loopback, for other processes and other SDKs: ``.url`` and ``.env``.
    How: https://pytest-polly.readthedocs.io/en/latest/how-to/other-languages.html
    """
    with polly_account.serve() as server:
        yield server


def _case_fixture(name: str, mode: str, gives: str) -> Any:
    def fixture(polly_account: Account) -> Iterator[Account]:
        with polly_account.apply(mode):
            yield polly_account

    fixture.__doc__ = f"The simulated AWS account with mode ``{mode}`` in force: {gives}."
    return pytest.fixture(name=name)(fixture)


polly_long_term = _case_fixture("polly_long_term", "long-term", "an IAM user's access key in the environment")
polly_session_token = _case_fixture(
    "polly_session_token", "session-token", "temporary credentials with their token in the environment"
)
polly_missing_token = _case_fixture(
    "polly_missing_token", "missing-token", "temporary credentials, their session token left out"
)
polly_expired_token = _case_fixture(
    "polly_expired_token", "expired-token", "temporary credentials past their expiration"
)
polly_role = _case_fixture(
    "polly_role", "role", "a profile with a role, whose credentials the SDK fetches and renews"
)
