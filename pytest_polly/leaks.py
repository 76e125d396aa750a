"""Looks where secrets really leak: logs, output, warnings, exceptions, ``repr``, pickles and files."""

from __future__ import annotations

import logging
import pickle
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from . import secrecy

#: Whose debug logs may show a request: whoever switches them on asked for it.
SDK_LOGGERS = ("aioboto3", "aiobotocore", "aiohttp", "boto3", "botocore", "s3transfer", "urllib3")
#: Whose frames hold secrets by nature.
_SDK_MODULES = (*SDK_LOGGERS, "asyncio", "concurrent", "pytest_polly", "threading")

_EVERYTHING = 1

_written: list[str] | None = None
_hooked = False


class Watch:
    """Gathers what a client lets out while it is watched; `leaks` then looks for secrets in it."""

    def __init__(self) -> None:
        #: Text by the place where it was found.
        self._texts: list[tuple[str, str]] = []
        self._paths: list[str] = []

    @contextmanager
    def watching(self) -> Iterator[Watch]:
        """Note log records, warnings and files written for the block."""
        handler = _Noting(self._texts)
        with ExitStack() as stack:
            caught = stack.enter_context(warnings.catch_warnings(record=True))
            warnings.simplefilter("always")
            stack.enter_context(_logging_everything(handler))
            stack.enter_context(_noting_files(self._paths))
            yield self
        self._texts += [("a warning", str(one.message)) for one in caught]

    def output(self, name: str, text: str) -> None:
        """Add what was printed to standard output or error."""
        self._texts.append((name, text))

    def client(self, client: object) -> None:
        """Add how *client* shows itself."""
        self._show("the client", client)

    def error(self, error: BaseException, chain: Iterator[BaseException], *, made: bool) -> None:
        """Add what was raised: its text, its causes, its pickle, and the locals of the client's frames.

        While a client is being *made* secrets are its arguments, and stand among its local variables.
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
                    self._texts += [(place, text) for text in _shown(frame.f_locals)]
        self._texts.append(("the traceback", "".join(traceback.format_exception(error))))

    def leaks(self, secrets: Mapping[str, str]) -> list[str]:
        """Say what of *secrets*, values by what they are called, was found where."""
        texts = [*self._texts, *_contents(self._paths)]
        found = {
            f"the {called} in {place}": None
            for place, text in texts
            for called, secret in secrets.items()
            if any(form in text for form in secrecy.forms(secret))
        }
        return list(found)

    def _show(self, what: str, thing: object) -> None:
        for how in (repr, str):
            try:
                self._texts.append((f"the {how.__name__}() of {what}", how(thing)))
            except Exception:
                continue


class _Noting(logging.Handler):
    def __init__(self, texts: list[tuple[str, str]]) -> None:
        super().__init__(_EVERYTHING)
        self._texts_seen = texts

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in SDK_LOGGERS:
            return
        try:
            text = f"{record.getMessage()} {record.args!r}"
        except Exception:
            text = f"{record.msg} {record.args!r}"
        self._texts_seen.append((f"a log record of {record.name} ({record.levelname})", text))


@contextmanager
def _logging_everything(handler: logging.Handler) -> Iterator[None]:
    """Switch every logger on but the SDK's, whatever its level."""
    root = logging.getLogger()
    known = [one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    levels = {logger: logger.level for logger in (root, *known)}
    sdk = [logging.getLogger(name) for name in SDK_LOGGERS]
    levels |= {logger: logger.level for logger in sdk}
    disabled = root.manager.disable
    root.manager.disable = logging.NOTSET
    for logger in levels:
        if logger.name.partition(".")[0] not in SDK_LOGGERS and (logger.level or logger is root):
            logger.setLevel(_EVERYTHING)
    for logger in sdk:
        logger.setLevel(max(logger.level, logging.WARNING))
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.manager.disable = disabled
        for logger, level in levels.items():
            logger.setLevel(level)


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
    if _written is not None and event == "open" and isinstance(arguments[0], str):
        mode = arguments[1]
        if mode is None or set(mode) & set("wax+"):
            _written.append(arguments[0])


def _contents(paths: list[str]) -> Iterator[tuple[str, str]]:
    here = Path.cwd()
    for path in dict.fromkeys(Path(path).absolute() for path in paths):
        if here in path.parents and path.is_file():
            yield f"the file {path.relative_to(here)}", path.read_text("utf-8", "replace")


def _is_sdk(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in _SDK_MODULES


def _shown(values: Mapping[str, object]) -> Iterator[str]:
    for value in list(values.values()):
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
