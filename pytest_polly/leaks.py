"""Looks where secrets really leak: logs, output, warnings, exceptions, ``repr``, pickles and files."""

from __future__ import annotations

import inspect
import logging
import os
import pickle
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType
from typing import Any
from unittest.mock import patch

from . import secrecy

#: Whose debug logs may show a request: whoever switches them on asked for it.
SDK_LOGGERS = ("aioboto3", "aiobotocore", "aiohttp", "boto3", "botocore", "s3transfer", "urllib3")
#: Whose frames hold secrets by nature: they sign, send, or run somebody else's functions.
_SDK_MODULES = (
    *SDK_LOGGERS,
    *("http", "httpcore", "httpx", "requests", "urllib"),
    *("asyncio", "concurrent", "pytest_polly", "threading"),
)

_EVERYTHING = 1

#: Events of Python's auditing that tell of a file written, with where its path stands among the arguments.
_WRITING = {"open": 0, "os.rename": 1, "sqlite3.connect": 0}
#: What is no client, but something to call, or to call it with.
_FUNCTIONS = (BuiltinFunctionType, FunctionType, ModuleType, type)
_ARGUMENTS = (str, bytes, int, float, type(None))

_written: list[str] | None = None
_hooked = False


class Watch:
    """Gathers what a client lets out while it is watched; `leaks` then looks for secrets in it."""

    def __init__(self) -> None:
        #: Text by the place where it was found.
        self._texts: list[tuple[str, str]] = []
        self._paths: list[str] = []
        self._folder = Path.cwd()
        #: Whether the client is an object: otherwise it is functions, and secrets are their arguments.
        self._is_object = True

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Note log records, warnings and files written for the block."""
        with ExitStack() as stack:
            caught = stack.enter_context(warnings.catch_warnings(record=True))
            warnings.simplefilter("always")
            stack.enter_context(_logging_everything(self._texts))
            stack.enter_context(_noting_files(self._paths))
            yield self
        self._texts += [("a warning", str(one.message)) for one in caught]

    def output(self, name: str, text: str) -> None:
        """Add what was printed to standard output or error."""
        self._texts.append((name, text))

    def client(self, client: object) -> None:
        """Add how *client* shows itself; of functions, and what a test calls them with, there is nothing."""
        objects = list(_objects(client))
        self._is_object = bool(objects)
        for one in objects:
            self._show("the client", one)

    def error(self, error: BaseException, chain: Iterator[BaseException], *, made: bool) -> None:
        """Add what was raised: its text, its causes, its pickle, and the locals of the client's frames.

        While a client is being *made* secrets are its arguments, and stand among its local variables; of
        a client that is no more than functions they are arguments later, too.
        """
        for one in chain:
            name = type(one).__name__
            self._show(f"the exception {name}", one)
            self._texts += [
                (f"the arguments of {name}", repr(one.args)),
                (f"the pickle of {name}", _pickled(one)),
            ]
            for frame, _ in traceback.walk_tb(one.__traceback__):
                if made and not _is_sdk(frame):
                    place = f"the local variables of {frame.f_code.co_name}() in the traceback of {name}"
                    self._texts += [(place, text) for text in _shown(self._variables(frame))]
        self._texts.append(("the traceback", "".join(traceback.format_exception(error))))

    def leaks(self, secrets: Mapping[str, str]) -> list[str]:
        """Say what of *secrets*, values by what they are called, was found where."""
        texts = [*self._texts, *_contents(self._paths, self._folder)]
        found = {
            f"the {called} in {place}": None
            for place, text in texts
            for called, secret in secrets.items()
            if any(form in text for form in secrecy.forms(secret))
        }
        return list(found)

    def _variables(self, frame: FrameType) -> Iterable[object]:
        """Return the local variables of *frame*; of functions not what they were given."""
        if self._is_object:
            return list(frame.f_locals.values())
        arguments = inspect.getargs(frame.f_code)
        given = {*arguments.args, arguments.varargs, arguments.varkw, *frame.f_code.co_freevars}
        return [value for name, value in frame.f_locals.items() if name not in given]

    def _show(self, what: str, thing: object) -> None:
        for how in (repr, str):
            try:
                self._texts.append((f"the {how.__name__}() of {what}", how(thing)))
            except Exception:
                continue


@contextmanager
def _logging_everything(texts: list[tuple[str, str]]) -> Iterator[None]:
    """Switch every logger on but the SDK's, whatever its level, and note what it logs.

    Not by a handler: of a logger that keeps its records to itself none would get there.
    """
    call_handlers = logging.Logger.callHandlers

    def noting(logger: logging.Logger, record: logging.LogRecord) -> None:
        if not _is_sdk_logger(logger):
            texts.append((f"a log record of {record.name} ({record.levelname})", _logged(record)))
        call_handlers(logger, record)

    root = logging.getLogger()
    known = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    sdk = [logging.getLogger(name) for name in SDK_LOGGERS]
    levels = {logger: logger.level for logger in (root, *known, *sdk)}
    disabled = root.manager.disable
    root.manager.disable = logging.NOTSET
    for logger in levels:
        if not _is_sdk_logger(logger) and (logger.level or logger is root):
            logger.setLevel(_EVERYTHING)
    for logger in sdk:
        logger.setLevel(max(logger.level, logging.WARNING))
    try:
        with patch.object(logging.Logger, "callHandlers", noting):
            yield
    finally:
        root.manager.disable = disabled
        for logger, level in levels.items():
            logger.setLevel(level)


def _is_sdk_logger(logger: logging.Logger) -> bool:
    return logger.name.partition(".")[0] in SDK_LOGGERS


def _logged(record: logging.LogRecord) -> str:
    try:
        return f"{record.getMessage()} {record.args!r}"
    except Exception:
        return f"{record.msg} {record.args!r}"


@contextmanager
def _noting_files(paths: list[str]) -> Iterator[None]:
    """Note every file opened for writing; an audit hook cannot be taken out, so it is put in once."""
    global _hooked, _written
    if not _hooked:
        sys.addaudithook(_note_file)
        _hooked = True
    before, _written = _written, paths
    try:
        yield
    finally:
        _written = before


def _note_file(event: str, arguments: tuple[Any, ...]) -> None:
    if _written is None or event not in _WRITING:
        return
    path = arguments[_WRITING[event]]
    if isinstance(path, (str, bytes, os.PathLike)) and (event != "open" or _may_write(arguments[1])):
        # At once, since the client may go elsewhere.
        _written.append(os.path.realpath(os.fsdecode(path)))


def _may_write(mode: str | None) -> bool:
    return mode is None or bool(set(mode) & set("wax+"))


def _contents(paths: list[str], folder: Path) -> Iterator[tuple[str, str]]:
    folder = folder.resolve()
    for path in map(Path, dict.fromkeys(paths)):
        if folder in path.parents and path.is_file():
            yield f"the file {path.relative_to(folder)}", path.read_text("utf-8", "replace")


def _objects(made: Any) -> Iterator[object]:
    """Yield what there is of objects in what ``make_client`` made."""
    if isinstance(made, partial):
        made = [made.func, *made.args, *made.keywords.values()]
    elif type(made) is dict:
        made = list(made.values())
    if type(made) in (list, tuple):
        for one in made:
            yield from _objects(one)
    elif not isinstance(made, (*_FUNCTIONS, *_ARGUMENTS)):
        yield made


def _is_sdk(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in _SDK_MODULES


def _shown(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        try:
            yield repr(value)
        except Exception:
            continue


def _pickled(error: BaseException) -> str:
    dumps: Callable[[object], bytes] = pickle.dumps
    try:
        return dumps(error).decode("latin-1")
    except Exception:
        return ""
