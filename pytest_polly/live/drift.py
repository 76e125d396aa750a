"""Holds what AWS answered against what the simulation would have: where they differ, AWS is right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree

from ..gate import Arrival, Response, errors
from ..gate.errors import Fault, Words
from ..modes import MODES

#: One difference as it travels: plain values only.
Drift = dict[str, Any]

#: What AWS refuses for reasons that no table knows: policies of the account, and its limits.
_ITS_OWN_REASONS = frozenset(
    {"AccessDenied", "AccessDeniedException", "SubscriptionRequiredException", "OptInRequired"}
    | {"Throttling", "ThrottlingException", "ServiceQuotaExceededException"}
)
_REQUEST_ID = "x-amzn-requestid"
#: In place of what differs from call to call.
_MASKS = (
    (re.compile(r"\b\d{8}T\d{6}Z\b"), "{time}"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "{uuid}"),
)
_FAULTS = {name: fault for name, fault in vars(errors).items() if isinstance(fault, Fault)}


def compare(
    arrival: Arrival,
    operation: str | None,
    mode: str | None,
    source: str | None,
    live: Response,
    simulated: Response,
) -> Drift | None:
    """Return how an answer of AWS's differs from the simulated one, ``None`` if it does not.

    Both have their headers' names in lower case. What AWS refuses for reasons of its own is no difference.
    """
    ours = live.error_code in _ITS_OWN_REASONS and simulated.error_code is None
    if ours or live.status >= 500:
        return None
    words = _known_words(arrival, operation)
    told, known = _facts(live, words), _facts(simulated, words)
    differences = [
        {"what": what, "simulated": known.get(what), "live": told.get(what)}
        for what in sorted({*told, *known})
        if told.get(what) != known.get(what)
    ]
    if not differences:
        return None
    name, row = _row(arrival, mode, simulated)
    return {
        "service": arrival.door.service,
        "operation": operation,
        "mode": mode,
        "source": source,
        "row": f"pytest_polly.gate.errors.{name}.{arrival.door.dialect}" if name else None,
        "sure": row.sure if row else None,
        "differences": differences,
        "correction": _correction(arrival, live, told) if row and live.error_code else None,
    }


def merged(drifts: Iterable[Drift]) -> list[Drift]:
    """Return each difference once, with every source it was seen through and how often it was seen."""
    found: dict[str, Drift] = {}
    for drift in drifts:
        told = {name: value for name, value in drift.items() if name != "source"}
        one = found.setdefault(json.dumps(told, sort_keys=True), {**told, "sources": [], "times": 0})
        one["times"] += 1
        if drift["source"] not in one["sources"]:
            one["sources"].append(drift["source"])
    return list(found.values())


def _facts(response: Response, words: Mapping[str, str]) -> dict[str, Any]:
    """Return everything of an answer that is the same for every call."""
    headers = response.headers
    facts: dict[str, Any] = {
        "status": response.status,
        "code": response.error_code,
        "message": _general(response.message, words),
        "content-type": headers.get("content-type"),
        "request id": _general(headers.get(_REQUEST_ID), {}),
        "headers": sorted(name for name in headers if name.startswith("x-amz")),
    }
    for name in ("x-amzn-errortype", "x-amzn-requestcharacters"):
        if name in headers:
            facts[name] = headers[name]
    if response.body and (response.status >= 300 or "xml" in headers.get("content-type", "")):
        facts["body"] = _shape(response.body)
    return facts


def _shape(body: bytes) -> list[str]:
    """Return the names in a document, without what stands under them."""
    try:
        value = json.loads(body)
        return sorted(value) if isinstance(value, dict) else [type(value).__name__]
    except ValueError:
        pass
    try:
        return [one.tag for one in ElementTree.fromstring(body).iter()]
    except ElementTree.ParseError:
        return ["neither JSON nor XML"]


def _known_words(arrival: Arrival, operation: str | None) -> dict[str, str]:
    """Return what fills in a message, and must not be told to the world, by the name of its place."""
    key = arrival.keys.get(arrival.access_key_id)
    words = {f"{arrival.door.service}:{operation}": "{action}"}
    if key is not None:
        words[key.principal.arn] = "{principal}"
        words[key.principal.account_id] = "{account}"
    return {word: place for word, place in words.items() if word}


def _general(text: str | None, words: Mapping[str, str]) -> str | None:
    if text is None:
        return None
    for word, place in words.items():
        text = text.replace(word, place)
    for pattern, place in _MASKS:
        text = pattern.sub(place, text)
    return text


def _row(arrival: Arrival, mode: str | None, simulated: Response) -> tuple[str | None, Words | None]:
    """Return the row of the table that the simulation took, the mode's own where several say the same."""
    own, dialect = MODES[mode].fault if mode else None, arrival.door.dialect

    def likely(named: tuple[str, Fault]) -> tuple[bool, int]:
        """A row whose message is all variable fits whatever is said."""
        return named[1] is own, len(named[1].words(dialect).pattern)

    for name, fault in sorted(_FAULTS.items(), key=likely, reverse=True):
        words = fault.words(dialect)
        said = (words.status, words.code) == (simulated.status, simulated.error_code)
        if said and re.fullmatch(words.pattern, simulated.message or "", re.DOTALL):
            return name, words
    return None, None


def _correction(arrival: Arrival, live: Response, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the row should say, in its own form: seen raw from the service itself."""
    sure = "P" if arrival.door.service == "polly" else "S"
    return {"status": live.status, "code": live.error_code, "message": told["message"], "sure": sure}
