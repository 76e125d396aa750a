"""pytest's side of the kit: options, marker, fixtures, and the hooks that hold them together.

Imports pytest and the standard library only; everything else is loaded when a test asks for it.
"""

from __future__ import annotations

import inspect
import os
import sys
import unittest
import warnings
from collections.abc import Generator, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .account import Account
    from .cases import Case
    from .live.hooks import LiveHooks
    from .live.settings import Settings
    from .report import Cell
    from .wire.server import Server

#: Fixtures that put a case in force, by the mode of each.
CASE_FIXTURES = {
    "polly_long_term": "long-term",
    "polly_session_token": "session-token",
    "polly_missing_token": "missing-token",
    "polly_expired_token": "expired-token",
    "polly_role": "role",
}
_ACCOUNT = "polly_account"
_FIXTURES = (*CASE_FIXTURES, _ACCOUNT)
_LIVE_PLUGIN = "polly-live"

account_key = pytest.StashKey["Account"]()
live_key = pytest.StashKey[bool]()
recorder_key = pytest.StashKey["Recorder"]()

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


def _live_settings(config: pytest.Config) -> Settings:
    """Return what a live run was told; raise `pytest.UsageError` for a budget that is no number."""
    from .live.settings import Setting, Settings

    budget, source = setting(config, "polly_live_budget", "1000")
    if not str(budget).isdecimal():
        raise pytest.UsageError(f"polly: the budget {budget!r} (from {source}) is no number of characters")
    texts = {name.removeprefix("polly_live_"): Setting(*setting(config, name)) for name in _LIVE}
    del texts["budget"]
    told = {name: text if text.value else None for name, text in texts.items()}
    return Settings(budget=int(budget), budget_source=source, **told)


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
    if config.getoption("polly_live"):
        from .live.hooks import LiveHooks

        config.pluginmanager.register(LiveHooks(config, _live_settings(config)), _LIVE_PLUGIN)
    if not hasattr(config, "workerinput"):
        paths, _ = setting(config, "polly_report")
        for path in paths:
            from .report.files import check_path

            try:
                check_path(path)
            except ValueError as error:
                raise pytest.UsageError(f"--polly-report {error}") from None
        # Absolute, since a test may go elsewhere meanwhile.
        config.stash[recorder_key] = Recorder([os.path.abspath(path) for path in paths])
        config.pluginmanager.register(config.stash[recorder_key], "polly-recorder")


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
    __tracebackhide__ = True
    marker = metafunc.definition.get_closest_marker("polly")
    clause = _clause(metafunc)
    _check_fixtures(metafunc, marked=marker is not None or clause is not None)
    if clause is None and marker is None:
        return
    from .errors import PollyError

    try:
        if clause is not None:
            cases = clause.parameters_for(metafunc.cls, metafunc.function.__name__)
        else:
            assert marker is not None
            cases = [pytest.param(case, id=case.id) for case in _cases(marker)]
    except PollyError as error:
        raise pytest.fail.Exception(f"polly: {error}", pytrace=False) from None
    if _ACCOUNT not in metafunc.fixturenames:
        metafunc.fixturenames.append(_ACCOUNT)
    metafunc.parametrize(_ACCOUNT, cases, indirect=True)


def _clause(metafunc: pytest.Metafunc) -> ModuleType | None:
    """Return the contract's module if this is one of the contract's own tests."""
    contract = sys.modules.get("pytest_polly.contract")
    if contract is None or metafunc.cls is None:
        return None
    is_clause = (
        issubclass(metafunc.cls, contract.CredentialContract)
        and metafunc.function.__name__ in contract.CLAUSES
    )
    return contract if is_clause else None


def _cases(marker: pytest.Mark) -> list[Case]:
    """Return the cases that a marker stands for; its arguments are checked by a signature."""
    from .cases import select
    from .errors import CaseError

    def polly(
        *modes: str, source: str | None = None, sources: list[str] | tuple[str, ...] | None = None
    ) -> list[Case]:
        if source is not None and sources is not None:
            raise CaseError("give `source` or `sources`, not both")
        if isinstance(sources, str):
            raise CaseError(f"`sources` is a list; for one source write source={sources!r}")
        if not isinstance(sources, (list, tuple, type(None))):
            raise CaseError(f"`sources` is a list of names, not {sources!r}")
        return select(modes, sources if source is None else [source])

    try:
        inspect.signature(polly).bind(*marker.args, **marker.kwargs)
    except TypeError as error:
        raise CaseError(f"@pytest.mark.polly() {error}; it takes *modes, source and sources") from None
    return polly(*marker.args, **marker.kwargs)


def _check_fixtures(metafunc: pytest.Metafunc, *, marked: bool) -> None:
    __tracebackhide__ = True
    used = [name for name in CASE_FIXTURES if name in metafunc.fixturenames]
    if len(used) + marked > 1:
        both = " and ".join([*(["@pytest.mark.polly"] if marked else []), *used])
        pytest.fail(
            f"polly: {metafunc.definition.name} uses {both}, but only one case can be in force; "
            "for another one inside the test: `with polly_account.apply(mode, source):`",
            pytrace=False,
        )


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(
    collector: pytest.Collector, name: str, obj: object
) -> list[pytest.Item] | None:
    """Refuse the marker on ``unittest.TestCase``, and pass over the contract itself where it is imported."""
    contract = sys.modules.get("pytest_polly.contract")
    if contract is not None and obj is contract.CredentialContract:
        return []
    if isinstance(obj, type) and issubclass(obj, unittest.TestCase):
        _check_test_case(collector, obj)
    return None


def _check_test_case(collector: pytest.Collector, cls: type[unittest.TestCase]) -> None:
    """Refuse the marker, be it on the class, on one of its tests or on the module.

    pytest does not parametrise what is unittest's, so the test would run, and in no case at all.
    """
    __tracebackhide__ = True
    tests = [getattr(cls, test, None) for test in dir(cls) if test.startswith("test")]
    marks = [mark for thing in (*cls.__mro__, *tests) for mark in _marks_of(thing)]
    if tests and any(mark.name == "polly" for mark in (*marks, *collector.iter_markers())):
        pytest.fail(
            f"polly: {cls.__name__} is a unittest.TestCase, which @pytest.mark.polly cannot run once per "
            'case; use a fixture: @pytest.mark.usefixtures("polly_role")',
            pytrace=False,
        )


def _marks_of(thing: object) -> list[pytest.Mark]:
    """Return the marks of a class, without those of its bases, or of a function; one may stand for a list."""
    marks = getattr(thing, "__dict__", {}).get("pytestmark", [])
    return marks if isinstance(marks, list) else [marks]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        _settle_live(config, item)
    functions = [item for item in items if isinstance(item, pytest.Function)]
    for item in functions:
        # A name that was added for the marker alone is dropped again when pytest parametrises.
        callspec = getattr(item, "callspec", None)
        if callspec is not None and _ACCOUNT in callspec.params and _ACCOUNT not in item.fixturenames:
            item.fixturenames.append(_ACCOUNT)
    if any(_ACCOUNT in item.fixturenames for item in functions):
        _in_force(config)


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

        reason = CLAUSES.get(getattr(item, "originalname", ""))
        if reason is not None and _in_contract(item):
            item.add_marker(pytest.mark.skip(reason=f"live: {reason}"))
        item.stash[live_key] = True
        if isinstance(item, pytest.Function) and _ACCOUNT not in item.fixturenames:
            item.fixturenames.append(_ACCOUNT)


def _in_contract(item: pytest.Item) -> bool:
    contract, cls = sys.modules.get("pytest_polly.contract"), getattr(item, "cls", None)
    return contract is not None and cls is not None and issubclass(cls, contract.CredentialContract)


def _in_live_contract(item: pytest.Item) -> bool:
    return _in_contract(item) and bool(item.cls.live)  # type: ignore[attr-defined]


def _account_for(request: pytest.FixtureRequest) -> Account:
    """Return a new account for a test: a simulated one, but for a live test."""
    from .account import Account

    live = _live_hooks(request.config)
    if live is not None and request.node.stash.get(live_key, False):
        return live.account(request.node.nodeid)
    return Account(label=request.node.nodeid)


# Running --------------------------------------------------------------------------------------


def _in_force(config: pytest.Config) -> InForce:
    """Return the hooks of a run in which some test uses the kit; they are put in the first time."""
    name = "polly-in-force"
    if not config.pluginmanager.has_plugin(name):
        config.pluginmanager.register(InForce(), name)
    hooks = config.pluginmanager.get_plugin(name)
    assert isinstance(hooks, InForce)
    return hooks


class InForce:
    """Hooks of a run in which some test uses the kit."""

    def __init__(self) -> None:
        #: The account of the test that runs, or ran last: a test's warnings are told after its end.
        self._latest: tuple[str, Account] | None = None

    def entered(self, item: pytest.Item, account: Account) -> None:
        item.stash[account_key] = account
        self._latest = (item.nodeid, account)

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
    ) -> None:
        """Put the case in force before any other function-scoped fixture can build a client."""
        if fixturedef.scope != "function" or fixturedef.argname in _FIXTURES:
            return
        names = getattr(request.node, "fixturenames", ())
        first = next((name for name in _FIXTURES if name in names), None)
        if first is None:
            return
        try:
            request.getfixturevalue(first)
        except BaseException as error:
            # As pytest does: it clears away only what has a result.
            key = fixturedef.cache_key(request)  # type: ignore[arg-type]
            fixturedef.cached_result = (None, key, (error, error.__traceback__))
            raise

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.excinfo is not None and call.when == "setup":
            _add_cure(report, str(call.excinfo.value))
        account = item.stash.get(account_key, None)
        if account is not None:
            from .report import describe, masking

            masking.mask_report(report, account)
            describe(item, account, report, call)
            if call.when == "teardown":
                del item.stash[account_key]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage, nodeid: str) -> None:
        if self._latest is not None and self._latest[0] == nodeid:
            from .report import masking

            masking.mask_warning(warning_message, self._latest[1])


def _add_cure(report: pytest.TestReport, message: str) -> None:
    """Say what to do where a fixture of wider scope asks for one of ours: pytest says only that it cannot."""
    if not message.startswith("ScopeMismatch"):
        return
    name = next((name for name in _FIXTURES if f"function scoped fixture {name} " in message), None)
    if name is not None:
        apply = f', account.apply("{CASE_FIXTURES[name]}")' if name in CASE_FIXTURES else ""
        cure = (
            f"{name} is another account in every test. Give the fixture function scope, or an account of "
            f"its own: `with pytest_polly.Account() as account{apply}: yield …`"
        )
        report.sections.append(("polly", cure))


@pytest.fixture
def polly_account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """The simulated AWS account of the test; nothing but what it offers can be found or reached.
    What it offers: https://pytest-polly.readthedocs.io/en/latest/reference/account.html

    Under ``@pytest.mark.polly`` it is the account in that case. Without the marker nothing is in force
    yet: ``with polly_account.apply(mode, source):`` puts a case in force. In a live test it is the real
    account, with the person's own credentials in force.
    """
    from .report import masking

    with _account_for(request) as account, masking.masked_live_logs(request.config, account):
        _in_force(request.config).entered(request.node, account)
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


# Reporting ------------------------------------------------------------------------------------


class Recorder:
    """Gathers, on the controller, what every test found, and tells it at the end of the run."""

    def __init__(self, paths: list[str]) -> None:
        self.paths = paths
        self.cells: dict[str, Cell] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        facts = getattr(report, "polly", None)
        if facts is not None:
            from .report import Cell

            self.cells[report.nodeid] = Cell.from_report(report, facts)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        for path in self.paths:
            from .report.files import write

            live = _live_hooks(session.config)
            write(path, self.cells.values(), live.facts() if live is not None else None)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary and self.cells:
            from .report.markdown import markdown_text

            with open(summary, "a", encoding="utf-8") as file:
                file.write(markdown_text(self.cells.values()))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self.cells:
            return
        from .report import terminal_lines

        lines = list(terminal_lines(self.cells.values(), terminalreporter._tw.fullwidth))
        if lines:
            terminalreporter.section("polly: credential matrix")
            for line in lines:
                terminalreporter.line(line)
