"""What botocore works out anew for each session, worked out once while accounts are in force.

Nearly all that making a session and a client costs is parsing AWS's descriptions, looking for them on disk,
and preparing the same hundred handlers of events. None of that depends on the session. What sessions are
handed is theirs all the same: whoever changes it changes his own, and the next test finds it as shipped.
"""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager
from functools import lru_cache
from inspect import CO_VARKEYWORDS
from types import FunctionType, MethodType
from typing import Any

import boto3
from botocore import hooks, useragent
from botocore.hooks import EventAliaser
from botocore.loaders import JSONFileLoader, Loader
from botocore.utils import EVENT_ALIASES

from . import changes
from .changes import Change

#: Stands for a folder in which there is nothing, and cannot be.
NO_FOLDER = os.path.join(os.devnull, "models")
#: Where the descriptions lie that come with the SDK, and stay the same.
_SHIPPED = (Loader.BUILTIN_DATA_PATH, os.path.join(os.path.dirname(boto3.__file__), "data"))
_SHIPPED_FILES = tuple(os.path.join(folder, "") for folder in _SHIPPED)
_ORDINARY = frozenset((*_SHIPPED, NO_FOLDER))


def shared() -> AbstractContextManager[None]:
    """Have botocore share, for the block, what does not depend on a session."""
    return changes.made(SHARING)


# What is parsed -------------------------------------------------------------------------------

#: By path: a description pickled, or parsed if it is as large as that of all endpoints.
_parsed: dict[str, Any] = {}
_LARGE = 2**18
_load_file = JSONFileLoader.load_file


def _load_once(loader: JSONFileLoader, file_path: str) -> Any:
    """Take the place of ``JSONFileLoader.load_file``; what lies in a user's folder may change."""
    if type(loader) is not JSONFileLoader or not file_path.startswith(_SHIPPED_FILES):
        return _load_file(loader, file_path)
    if file_path not in _parsed:
        parsed = _load_file(loader, file_path)
        pickled = pickle.dumps(parsed, pickle.HIGHEST_PROTOCOL)
        _parsed[file_path] = pickled if len(pickled) < _LARGE else parsed
    known = _parsed[file_path]
    return pickle.loads(known) if isinstance(known, bytes) else _own(known)


#: To a type checker a dict is one of these already, so it sees no way to put these first.
_Mapping: Any = MutableMapping


class OwnCopy(_Mapping, dict[str, Any]):  # type: ignore[misc]
    """A copy of a dict and of all that is in it, of which only as much is made as is looked at.

    Of AWS's endpoints, a megabyte, a client looks at a few.
    """

    __slots__ = ("_original",)

    def __init__(self, original: dict[str, Any]) -> None:
        dict.__init__(self, original)
        self._original = original

    def __getitem__(self, key: str) -> Any:
        value = dict.__getitem__(self, key)
        if isinstance(value, (dict, list)) and value is self._original.get(key):
            value = _own(value)
            dict.__setitem__(self, key, value)
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        dict.__setitem__(self, key, value)

    def __delitem__(self, key: str) -> None:
        dict.__delitem__(self, key)

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key)

    def __iter__(self) -> Iterator[str]:
        return dict.__iter__(self)

    def __len__(self) -> int:
        return dict.__len__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy or a pickle of it is a copy of all of it, of the kind that botocore parses."""
        return OrderedDict, (list(self.items()),)


def _own(value: Any) -> Any:
    if isinstance(value, dict):
        return OwnCopy(value)
    return [_own(one) for one in value] if isinstance(value, list) else value


# What is looked for ---------------------------------------------------------------------------

_listed: dict[tuple[Any, ...], list[str]] = {}


def _listing_once(method: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Loaders that search nothing but the same shipped folders find the same."""

    def listed(loader: Loader, *args: Any, **kwargs: Any) -> list[str]:
        paths = tuple(loader.search_paths)
        if type(loader.file_loader) is not JSONFileLoader or not _ORDINARY.issuperset(paths):
            return method(loader, *args, **kwargs)
        asked = (method, paths, args, tuple(sorted(kwargs.items())))
        if asked not in _listed:
            _listed[asked] = method(loader, *args, **kwargs)
        return list(_listed[asked])

    return listed


# What is told of events -----------------------------------------------------------------------

_ALIASES = dict(EVENT_ALIASES)
_accepts_kwargs = hooks.accepts_kwargs
_alias_event_name = EventAliaser._alias_event_name


def _sees_kwargs(handler: Any) -> Any:
    """Take the place of ``accepts_kwargs``: a plain function's flag says what its signature would."""
    function = handler.__func__ if type(handler) is MethodType else handler
    if type(function) is FunctionType and "__signature__" not in function.__dict__:
        return bool(function.__code__.co_flags & CO_VARKEYWORDS)
    return _accepts_kwargs(handler)


def _knows_alias(aliaser: EventAliaser, event_name: str) -> str:
    """Take the place of ``EventAliaser._alias_event_name``; whoever has aliases of his own is not served."""
    known: dict[str, str] = aliaser._alias_name_cache
    if event_name not in known:
        if aliaser._event_aliases != _ALIASES:
            return str(_alias_event_name(aliaser, event_name))
        known[event_name] = _alias(event_name)
    return known[event_name]


@lru_cache(maxsize=4096)
def _alias(event_name: str) -> str:
    return str(_alias_event_name(EventAliaser(None, _ALIASES), event_name))


_SANITIZE = "sanitize_user_agent_string_component"

SHARING: tuple[Change, ...] = (
    (JSONFileLoader, "load_file", _load_once),
    (Loader, "list_available_services", _listing_once(Loader.list_available_services)),
    (Loader, "list_api_versions", _listing_once(Loader.list_api_versions)),
    (hooks, "accepts_kwargs", _sees_kwargs),
    (EventAliaser, "_alias_event_name", _knows_alias),
    # A function of text alone, asked the same forty things for every request.
    (useragent, _SANITIZE, lru_cache(maxsize=1024)(getattr(useragent, _SANITIZE))),
)
