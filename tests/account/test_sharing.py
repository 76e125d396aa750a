"""Sessions share what botocore works out, and nobody notices: what a test customises is its own."""

from __future__ import annotations

import copy
import json
import os
import pickle
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import botocore.handlers
import botocore.hooks
import botocore.loaders
import botocore.session
import botocore.utils
import pytest
from botocore.exceptions import UnknownServiceError

from pytest_polly import Account
from pytest_polly.wire.sharing import OwnCopy

# Service descriptions of a user's own ---------------------------------------------------------


def _describe(folder: Path, service: str, operation: str) -> Path:
    """Put a service description of one operation into *folder*, the way botocore wants it."""
    description = {
        "version": "2.0",
        "metadata": {
            "apiVersion": "2020-01-01",
            "endpointPrefix": service,
            "protocol": "rest-json",
            "protocols": ["rest-json"],
            "serviceFullName": service,
            "serviceId": service,
            "signatureVersion": "v4",
            "uid": f"{service}-2020-01-01",
        },
        "operations": {operation: {"name": operation, "http": {"method": "GET", "requestUri": "/"}}},
        "shapes": {},
    }
    version = folder / service / "2020-01-01"
    version.mkdir(parents=True, exist_ok=True)
    (version / "service-2.json").write_text(json.dumps(description))
    rules = {"version": "1.0", "parameters": {}, "rules": [_rule(service)]}
    (version / "endpoint-rule-set-1.json").write_text(json.dumps(rules))
    return folder


def _rule(service: str) -> dict[str, Any]:
    return {"conditions": [], "type": "endpoint", "endpoint": {"url": f"https://{service}.example.com"}}


def _operations(session: botocore.session.Session, service: str) -> list[str]:
    names: list[str] = session.get_service_model(service).operation_names
    return list(names)


def _appended(path: Path) -> botocore.session.Session:
    session = botocore.session.Session()
    session.get_component("data_loader").search_paths.append(str(path))
    return session


def _by_variable(path: Path) -> botocore.session.Session:
    os.environ["AWS_DATA_PATH"] = str(path)
    try:
        session = botocore.session.Session()
        session.get_component("data_loader")
        return session
    finally:
        del os.environ["AWS_DATA_PATH"]


HOW = {"search path appended": _appended, "AWS_DATA_PATH": _by_variable}


@pytest.mark.parametrize("how", HOW)
def test_a_users_service_description_is_his_alone(how: str, tmp_path: Path) -> None:
    _describe(tmp_path, "echo", "Shout")
    with Account():
        assert _operations(HOW[how](tmp_path), "echo") == ["Shout"]
        with pytest.raises(UnknownServiceError):
            _operations(botocore.session.Session(), "echo")
    with pytest.raises(UnknownServiceError):
        _operations(botocore.session.Session(), "echo")
    with Account():
        assert "echo" not in boto3.Session().get_available_services()
        client = boto3.Session(botocore_session=HOW[how](tmp_path)).client("echo")
        assert client.meta.service_model.operation_names == ["Shout"]


@pytest.mark.parametrize("how", HOW)
def test_a_users_service_description_is_read_anew(how: str, tmp_path: Path) -> None:
    """What botocore ships does not change while tests run; what lies in a user's folder may."""
    for operation in ("Shout", "Whisper"):
        _describe(tmp_path, "echo", operation)
        with Account():
            assert _operations(HOW[how](tmp_path), "echo") == [operation]


def test_loaders_that_load_otherwise_do_not_share() -> None:
    class Another:
        json = botocore.loaders.JSONFileLoader()

        def exists(self, file_path: str) -> Any:
            return self.json.exists(file_path)

        def load_file(self, file_path: str) -> Any:
            return {"read by": "another"} if self.json.load_file(file_path) else None

    with Account():
        plain = botocore.loaders.Loader()
        assert "metadata" in plain.load_service_model("polly", "service-2")
        another = botocore.loaders.Loader(file_loader=Another())
        assert another.load_service_model("polly", "service-2") == {"read by": "another"}


# What is shipped ------------------------------------------------------------------------------


def _read(session: botocore.session.Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return which files *session* reads to make a client."""
    read: list[str] = []
    load = botocore.loaders.JSONFileLoader._load_file

    def noting(loader: Any, full_path: str, open_method: Any) -> Any:
        read.append(full_path)
        return load(loader, full_path, open_method)

    with monkeypatch.context() as patch:
        patch.setattr(botocore.loaders.JSONFileLoader, "_load_file", noting)
        session.create_client("polly", "us-east-1")
    return read


def test_what_botocore_ships_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with Account():
        botocore.session.Session().create_client("polly", "us-east-1")
    with Account():
        assert _read(botocore.session.Session(), monkeypatch) == []
    assert any("endpoints.json" in path for path in _read(botocore.session.Session(), monkeypatch))


def _add_endpoint(session: botocore.session.Session) -> None:
    endpoints = session.get_component("data_loader").load_data("endpoints")
    partition = endpoints["partitions"][0]
    partition["regions"]["mars-north-1"] = {"description": "Mars"}
    partition["services"]["polly"]["endpoints"]["mars-north-1"] = {}


def _has_endpoint(session: botocore.session.Session) -> bool:
    return "mars-north-1" in session.get_available_regions("polly")


def _model(session: botocore.session.Session) -> Any:
    return session.get_component("data_loader").load_service_model("polly", "service-2")


def _drop_operation(session: botocore.session.Session) -> None:
    del _model(session)["operations"]["DescribeVoices"]


def _lacks_operation(session: botocore.session.Session) -> bool:
    return not hasattr(session.create_client("polly", "us-east-1"), "describe_voices")


def _add_error(session: botocore.session.Session) -> None:
    _model(session)["operations"]["DescribeVoices"]["errors"].append({"shape": "Parrot"})


def _has_error(session: botocore.session.Session) -> bool:
    return {"shape": "Parrot"} in _model(session)["operations"]["DescribeVoices"]["errors"]


def _empty_the_list_of_services(session: botocore.session.Session) -> None:
    session.get_component("data_loader").list_available_services("service-2").clear()


def _knows_no_services(session: botocore.session.Session) -> bool:
    return not session.get_available_services()


def _say_nothing(**kwargs: Any) -> None:
    """Handle an event."""


def _listen(session: botocore.session.Session) -> None:
    session.register("my-event.polly", _say_nothing)


def _listens(session: botocore.session.Session) -> bool:
    return bool(session.get_component("event_emitter").emit("my-event.polly"))


_EVENT, _HANDLER = botocore.handlers.BUILTIN_HANDLERS[0][:2]


def _stop_listening(session: botocore.session.Session) -> None:
    session.unregister(_EVENT, _HANDLER)


def _is_deaf(session: botocore.session.Session) -> bool:
    emitter = session.get_component("event_emitter")._emitter
    return _HANDLER not in emitter._handlers.prefix_search(_EVENT)


def _rename_service(session: botocore.session.Session) -> None:
    session.get_component("event_emitter")._event_aliases = {"polly": "parrot"}


def _knows_another_name(session: botocore.session.Session) -> bool:
    heard: list[str] = []
    session.register("my-event.parrot", lambda event_name, **_: heard.append(event_name))
    session.get_component("event_emitter").emit("my-event.polly")
    return heard == ["my-event.parrot"]


Customise = Callable[[botocore.session.Session], None]
Shows = Callable[[botocore.session.Session], bool]

#: What a test may do to a session, and how that shows.
CUSTOMISED: dict[str, tuple[Customise, Shows]] = {
    "an endpoint more": (_add_endpoint, _has_endpoint),
    "an operation less": (_drop_operation, _lacks_operation),
    "an error more": (_add_error, _has_error),
    "no services": (_empty_the_list_of_services, _knows_no_services),
    "a handler more": (_listen, _listens),
    "a handler less": (_stop_listening, _is_deaf),
    "aliases of its own": (_rename_service, _knows_another_name),
}


@pytest.mark.parametrize("what", [what for what in CUSTOMISED if what != "no services"])
def test_what_is_customised_shows_in_that_session(what: str) -> None:
    customise, shows = CUSTOMISED[what]
    with Account():
        session = botocore.session.Session()
        customise(session)
        assert shows(session)


@pytest.mark.parametrize("what", CUSTOMISED)
def test_what_is_customised_shows_in_no_other_session(what: str) -> None:
    customise, shows = CUSTOMISED[what]
    before = botocore.session.Session()
    with Account():
        customise(botocore.session.Session())
        assert not shows(botocore.session.Session())
        assert not shows(before)
    with Account():
        assert not shows(botocore.session.Session())
    assert not shows(botocore.session.Session())


def test_names_of_services_that_are_changed_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    with Account():
        assert not _knows_another_name(botocore.session.Session())
        with monkeypatch.context() as patch:
            patch.setitem(botocore.utils.EVENT_ALIASES, "polly", "parrot")
            assert _knows_another_name(botocore.session.Session())
        assert not _knows_another_name(botocore.session.Session())


def _of_another_signature(**kwargs: Any) -> None:
    """Say that there are no keyword arguments, which is what `inspect` believes."""


_of_another_signature.__signature__ = None  # type: ignore[attr-defined]


class _Handler:
    def method(self, **kwargs: Any) -> None: ...

    @classmethod
    def of_class(cls, **kwargs: Any) -> None: ...

    @staticmethod
    def static(**kwargs: Any) -> None: ...

    def __call__(self, **kwargs: Any) -> None: ...

    def deaf(self, event_name: str) -> None: ...


HANDLERS: dict[str, Any] = {
    "function": _say_nothing,
    "deaf function": lambda event_name: None,
    "method": _Handler().method,
    "deaf method": _Handler().deaf,
    "class method": _Handler.of_class,
    "static method": _Handler.static,
    "object": _Handler(),
    "class": _Handler,
    "built in": print,
    "odd signature": _of_another_signature,
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_handlers_are_refused_as_ever(handler: str) -> None:
    """Whoever takes no keyword arguments cannot handle events."""

    def refusal() -> str | None:
        try:
            botocore.hooks.HierarchicalEmitter().register("my-event", HANDLERS[handler])
        except ValueError as error:
            return str(error)
        return None

    outside = refusal()
    with Account():
        assert refusal() == outside


# Copies that are made as they are looked at ---------------------------------------------------

ORIGINAL = {"a": 1, "b": {"c": [1, {"d": 2}], "e": None}, "f": [[{"g": 3}]], "h": {}}

LOOKS: dict[str, Callable[[Any], Any]] = {
    "repr": lambda data: repr(dict(data)),
    "json": json.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda data: pickle.loads(pickle.dumps(data)),
    "dict": dict,
    "ordered": OrderedDict,
    "unpacked": lambda data: {**data},
    "arguments": lambda data: dict(**data),
    "merged": lambda data: {"z": 0} | data,
    "updated": lambda data: [(one := {"a": 0}).update(data), one],
    "items": lambda data: list(data.items()),
    "values": lambda data: list(data.values()),
    "keys": lambda data: [*data, *data.keys()],
    "get": lambda data: [data.get(key) for key in "abz"],
    "in": lambda data: ["b" in data, "z" in data],
    "pop": lambda data: [data.pop("b"), data.pop("z", 0), data],
    "popitem": lambda data: len(data.popitem()),
    "setdefault": lambda data: [data.setdefault("b", 0), data.setdefault("z", 0)],
    "set": lambda data: [data.__setitem__("b", 0), data],
    "delete": lambda data: [data.__delitem__("b"), data],
    "clear": lambda data: [data.clear(), data],
    "length": len,
    "truth": bool,
    "within": lambda data: data["b"]["c"][1]["d"],
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_copy_looks_like_the_original(look: str) -> None:
    """With what is looked at changed in place, too, wherever that is to be found."""
    original = copy.deepcopy(ORIGINAL)
    seen = LOOKS[look](OwnCopy(original))
    assert seen == LOOKS[look](copy.deepcopy(ORIGINAL))
    _spoil(seen)
    assert original == ORIGINAL


def _spoil(data: Any) -> None:
    """Change *data* in place, as deep down as it goes."""
    if isinstance(data, dict):
        for value in list(data.values()):
            _spoil(value)
        data["spoiled"] = True
    elif isinstance(data, list):
        for value in data:
            _spoil(value)
        data.append("spoiled")


def test_a_copy_keeps_what_was_put_into_it() -> None:
    mine: dict[str, Any] = {}
    data = OwnCopy({"a": {}, "b": []})
    data["a"] = mine
    assert data["a"] is mine
    assert data["b"] is data["b"]
    assert isinstance(data, dict)
