"""What the kit leans on of others that they never promised: one canary for each.

Where one falls over, its message says what is gone and where it is used, before a hundred other tests do.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import pytest_polly


@dataclass(frozen=True)
class Internal:
    """Something of somebody else's: where it is, where it is used, and how it has to be."""

    #: The module, and what in it.
    module: str
    name: str
    used_in: str
    #: Tells what is wrong with it, ``""`` if nothing is.
    complaint: Callable[[Any], str]
    optional: bool = False
    #: What else has to be installed for it to be there.
    needs: str = ""

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


def there(thing: Any) -> str:
    return ""


def takes(*parameters: str) -> Callable[[Any], str]:
    """It is called with these; whoever takes a method's place calls its owner something else."""

    def complaint(thing: Any) -> str:
        found = list(inspect.signature(thing).parameters)
        if found and parameters[:1] == ("self",):
            found[0] = "self"
        return "" if found[: len(parameters)] == list(parameters) else f"it takes {found}, not {parameters}"

    return complaint


def a(kind: type) -> Callable[[Any], str]:
    return lambda thing: "" if isinstance(thing, kind) else f"it is {thing!r}, no {kind.__name__}"


def calls(name: str) -> Callable[[Any], str]:
    """Something in its source goes by that name."""
    return lambda thing: "" if name in inspect.getsource(thing) else f"nothing in it says {name!r} any more"


def both(*checks: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda thing: "; ".join(filter(None, (check(thing) for check in checks)))


def _variable(position_of: str) -> Callable[[Any], str]:
    """A setting's third part is its default, a path."""

    def complaint(settings: Any) -> str:
        found = settings.get(position_of)
        whole = isinstance(found, tuple) and len(found) >= 3 and "aws" in str(found[2])
        return "" if whole else f"{position_of!r} is {found!r}"

    return complaint


def _folder_first(init: Any) -> str:
    defaults = init.__defaults__ or ()
    return "" if defaults and str(defaults[0]).endswith("cache") else f"its defaults are {defaults!r}"


INTERNALS = (
    # botocore: the seam
    Internal(
        "botocore.httpsession",
        "URLLib3Session.send",
        "wire/botocore.py",
        takes("self", "request"),
    ),
    Internal(
        "botocore.awsrequest",
        "AWSResponse",
        "wire/botocore.py",
        takes("url", "status_code", "headers", "raw"),
    ),
    Internal("botocore.awsrequest", "AWSPreparedRequest", "wire/botocore.py", calls("stream_output")),
    *(
        Internal("botocore.exceptions", name, "services/service.py", takes())
        for name in (
            "ConnectTimeoutError",
            "ReadTimeoutError",
            "EndpointConnectionError",
            "ConnectionClosedError",
        )
    ),
    Internal(
        "botocore.httpsession", "URLLib3Session.__init__", "wire/prepared.py", calls("self._proxy_config")
    ),
    # botocore: its files and caches
    Internal(
        "botocore.configprovider",
        "BOTOCORE_DEFAUT_SESSION_VARIABLES",
        "wire/botocore.py",
        both(_variable("config_file"), _variable("credentials_file")),
    ),
    Internal("botocore.credentials", "SSOProvider._SSO_TOKEN_CACHE_DIR", "wire/botocore.py", a(str)),
    Internal("botocore.tokens", "SSOTokenProvider._SSO_TOKEN_CACHE_DIR", "wire/botocore.py", a(str)),
    Internal("botocore.utils", "JSONFileCache.__init__", "wire/botocore.py", _folder_first),
    Internal(
        "botocore.credentials",
        "BotoProvider.DEFAULT_CONFIG_FILENAMES",
        "wire/botocore.py",
        a((list, tuple)),  # type: ignore[arg-type]
    ),
    Internal("botocore.loaders", "Loader.CUSTOMER_DATA_PATH", "wire/botocore.py", a(str)),
    # botocore: what sessions share
    Internal("botocore.loaders", "Loader.BUILTIN_DATA_PATH", "wire/sharing.py", a(str)),
    Internal("botocore.loaders", "JSONFileLoader.load_file", "wire/sharing.py", takes("self", "file_path")),
    Internal("botocore.loaders", "Loader.list_available_services", "wire/sharing.py", there),
    Internal("botocore.loaders", "Loader.list_api_versions", "wire/sharing.py", there),
    Internal("botocore.hooks", "accepts_kwargs", "wire/sharing.py", takes("func")),
    Internal(
        "botocore.hooks",
        "EventAliaser._alias_event_name",
        "wire/sharing.py",
        both(takes("self", "event_name"), calls("_alias_name_cache"), calls("_event_aliases")),
    ),
    Internal("botocore.utils", "EVENT_ALIASES", "wire/sharing.py", a(dict)),
    # botocore: where it waits
    Internal("botocore.endpoint", "time.sleep", "wire/botocore.py", there),
    Internal("botocore.endpoint", "Endpoint._needs_retry", "wire/botocore.py", calls("time.sleep(")),
    Internal("botocore.utils", "ContainerMetadataFetcher.SLEEP_TIME", "wire/botocore.py", a((int, float))),  # type: ignore[arg-type]
    Internal(
        "botocore.retries.bucket",
        "TokenBucket.acquire",
        "wire/botocore.py",
        takes("self", "amount", "block"),
    ),
    # botocore: how roles are renewed
    *(
        Internal("botocore.credentials", f"RefreshableCredentials.{part}", "wire/races.py", a(property))
        for part in ("access_key", "secret_key", "token")
    ),
    Internal("botocore.credentials", "RefreshableCredentials._protected_refresh", "wire/races.py", there),
    Internal(
        "botocore.credentials",
        "RefreshableCredentials.__init__",
        "wire/races.py",
        calls("self._refresh_lock"),
    ),
    # boto3
    Internal("boto3", "DEFAULT_SESSION", "environment.py", there),
    Internal("boto3.crt", "get_crt_s3_client", "wire/s3.py", takes("client", "config"), needs="awscrt"),
    Internal(
        "boto3.crt", "create_crt_transfer_manager", "wire/s3.py", calls("get_crt_s3_client("), needs="awscrt"
    ),
    Internal("s3transfer.tasks", "Task._execute_main", "wire/s3.py", takes("self", "kwargs")),
    Internal("s3transfer.tasks", "Task._log_and_set_exception", "wire/s3.py", takes("self", "exception")),
    # moto
    Internal(
        "moto.core.botocore_stubber",
        "BotocoreStubber.__call__",
        "wire/moto.py",
        takes("self", "event_name", "request"),
    ),
    Internal("moto.core.models", "MockAWS.start", "wire/moto.py", takes("self")),
    Internal("moto.core.models", "MockAWS.stop", "wire/moto.py", takes("self")),
    Internal("moto.core.models", "MockAWS._mocks_active", "services/polly/tasks.py", a(bool)),
    Internal("moto.s3.models", "s3_backends", "services/polly/tasks.py", there),
    *(
        Internal("moto.polly.models", f"PollyBackend.{name}", "services/polly/lexicons.py", there)
        for name in ("put_lexicon", "get_lexicon", "delete_lexicon", "list_lexicons")
    ),
    # freezegun
    Internal("freezegun.api", "freeze_factories", "clock.py", a(list)),
    Internal("freezegun.api", "tz_offsets", "clock.py", a(list)),
    Internal("freezegun.api", "FakeDatetime.now", "clock.py", takes("tz")),
    Internal("freezegun.api", "datetime_to_fakedatetime", "clock.py", takes("datetime")),
    Internal("freezegun.api", "real_time", "wire/server.py", there),
    Internal("freezegun.api", "real_monotonic", "clock.py", there),
    Internal("asyncio", "BaseEventLoop.time", "clock.py", both(takes("self"), calls("time.monotonic()"))),
    Internal("freezegun.api", "FrozenDateTimeFactory.move_to", "clock.py", takes("self", "target_datetime")),
    Internal("freezegun.api", "TickingDateTimeFactory.move_to", "clock.py", takes("self", "target_datetime")),
    # pytest
    Internal("_pytest.terminal", "TerminalReporter", "recorder.py", calls("_tw")),
    Internal("_pytest.logging", "LoggingPlugin.__init__", "report/masking.py", calls("log_cli_handler")),
    Internal("_pytest.logging", "LoggingPlugin.__init__", "report/masking.py", calls("log_file_handler")),
    Internal("_pytest.outcomes", "Failed", "errors.py", there),
    Internal("_pytest.timing", "perf_counter", "clock.py", there),
    # hypothesis
    Internal(
        "hypothesis.internal.reflection",
        "function_digest",
        "wellformed.py",
        calls("_hypothesis_internal_add_digest"),
        optional=True,
    ),
    # waitress
    Internal("waitress.channel", "ClientDisconnected", "wire/waitress.py", there, optional=True),
    Internal("waitress.channel", "HTTPChannel.parser_class", "wire/waitress.py", there, optional=True),
    Internal(
        "waitress.parser",
        "HTTPRequestParser.parse_header",
        "wire/waitress.py",
        takes("self", "header_plus"),
        optional=True,
    ),
    Internal(
        "waitress.task", "WSGITask.get_environment", "wire/waitress.py", calls('"REQUEST_URI"'), optional=True
    ),
    # aiobotocore
    Internal(
        "aiobotocore.httpsession",
        "AIOHTTPSession.send",
        "wire/aiohttp.py",
        takes("self", "request"),
        optional=True,
    ),
    Internal(
        "aiobotocore.httpsession",
        "AIOHTTPSession.__init__",
        "wire/prepared.py",
        calls("self._proxy_config"),
        optional=True,
    ),
    Internal("aiobotocore.awsrequest", "AioAWSResponse", "wire/aiohttp.py", there, optional=True),
    Internal("aiobotocore.endpoint", "asyncio.sleep", "wire/aiobotocore.py", there, optional=True),
    Internal(
        "aiobotocore.retries.bucket",
        "AsyncTokenBucket.acquire",
        "wire/aiobotocore.py",
        takes("self", "amount", "block"),
        optional=True,
    ),
)


def found(internal: Internal) -> Any:
    """Return the thing itself; a class's own attribute as it stands there."""
    thing: Any = import_module(internal.module)
    for name in internal.name.split("."):
        thing = getattr(thing, name)
    return thing


def told(internal: Internal) -> str:
    """Say what has become of it, ``""`` if it is as it was."""
    try:
        thing = found(internal)
        wrong = internal.complaint(thing)
    except (ImportError, AttributeError, OSError, TypeError, ValueError) as error:
        wrong = f"it is gone: {error}"
    return f"{internal} has changed: {wrong}. It is used in pytest_polly/{internal.used_in}." if wrong else ""


@pytest.mark.parametrize("internal", INTERNALS, ids=str)
def test_is_as_it_was(internal: Internal) -> None:
    package = internal.needs or internal.module.partition(".")[0]
    if (internal.optional or internal.needs) and find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    assert told(internal) == ""


@pytest.mark.parametrize("internal", INTERNALS, ids=str)
def test_is_still_used(internal: Internal) -> None:
    """A canary for what nobody uses any more would cry for nothing."""
    path = Path(pytest_polly.__file__).parent / internal.used_in
    last = internal.name.split(".")[-1]
    needed = {
        "__init__": "__",
        "__call__": "__call__",
        "get_environment": "REQUEST_URI",
        "function_digest": "_hypothesis",
        "create_crt_transfer_manager": "get_crt_s3_client",
    }
    needed |= {
        "_needs_retry": "botocore.endpoint",
        "TerminalReporter": "_tw",
        "perf_counter": "_pytest.timing",
    }
    assert needed.get(last, last) in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("internal", "message"),
    [
        (
            Internal("botocore.endpoint", "Endpoint._gone", "x.py", there),
            "botocore.endpoint.Endpoint._gone has changed: it is gone: *. It is used in pytest_polly/x.py.",
        ),
        (Internal("botocore.no_such", "X", "x.py", there), "*has changed: it is gone: No module named*"),
        (
            Internal("botocore.hooks", "accepts_kwargs", "x.py", takes("one")),
            "*it takes ['func'], not ('one',). It is *",
        ),
        (Internal("botocore.loaders", "Loader.BUILTIN_DATA_PATH", "x.py", a(int)), "*, no int. It is *"),
        (
            Internal("botocore.hooks", "accepts_kwargs", "x.py", calls("abc")),
            "*nothing in it says 'abc' any more*",
        ),
    ],
    ids=["attribute", "module", "parameters", "kind", "source"],
)
def test_what_changed_is_told(internal: Internal, message: str) -> None:
    pieces = message.split("*")
    text = told(internal)
    assert all(piece in text for piece in pieces), text


# What is too much for one line ----------------------------------------------------------------


def test_names_of_underscored_things_are_all_in_the_table() -> None:
    """Whatever else is leaned on in future is to have its canary, too."""
    named = {internal.name.split(".")[-1] for internal in INTERNALS}
    used = {name for path in _sources() for name in _private_names_of_others(path.read_text("utf-8"))}
    assert used - named - _OURS == set()


#: Private names that are the kit's own, or in the source of something in the table.
_OURS = {
    "_alias_name_cache",
    "_event_aliases",
    "_refresh_lock",
    "_proxy_config",
    "_hypothesis_internal_add_digest",
    "_tw",
}


def _sources() -> Iterator[Path]:
    return Path(pytest_polly.__file__).parent.rglob("*.py")


def _private_names_of_others(text: str) -> Iterator[str]:
    """Yield private attributes of what is neither ``self`` nor ``cls`` that this file does not define."""
    ours = _defined()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__"):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            if not own and node.attr not in ours:
                yield node.attr


def _defined() -> set[str]:
    """Return every private name that the kit itself defines anywhere."""
    names: set[str] = set()
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
    return names
