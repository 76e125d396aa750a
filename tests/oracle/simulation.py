"""Puts a combination before the simulated AWS, and compares what comes back with what AWS answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pytest_polly.aws import SimulatedAWS
from pytest_polly.clock import Clock
from pytest_polly.directory import Directory
from pytest_polly.gate import Credentials, IssuedKey, Policies, Principal, Request, statement
from pytest_polly.gate.policy import Document

from . import combinations, wire
from .combinations import Combination, combination
from .oracle import Answer, Key, Rules, answers

_ACCOUNT_ID = "123456789012"


class _Stopped(Clock):
    """A clock that stands at one time."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self._stopped = now

    @property
    def now(self) -> datetime:
        return self._stopped


@dataclass(frozen=True)
class Judgement:
    """What the simulated AWS answered, what AWS may answer, and how that differs: empty where it does not."""

    found: wire.Read
    expected: list[Answer]
    wrong: str = ""


def judged(one: Combination) -> Judgement:
    """Have the simulated AWS answer one request, and look at the answer in every way."""
    expected, aws, sent = answers(one.sent, one.aws), _simulated(one), one.sent
    response = aws.answer(Request(sent.method, sent.host, sent.path, sent.query, sent.headers, sent.body))
    assert response is not None, f"nobody answers for {sent.host}"
    service, wants_json = sent.host.split(".")[0], "application/json" in sent.values("Accept")
    try:
        found = wire.read(response.status, response.headers, response.body, service, wants_json)
    except (AssertionError, KeyError, ValueError) as error:
        unread = response.status, response.error_code, response.message
        return Judgement(unread, expected, f"its form is not AWS's: {error!r}")
    if not any(_is(found, answer) for answer in expected):
        return Judgement(found, expected, f"AWS answers {' or '.join(map(_told, expected))}")
    recorded = aws.calls[-1]
    if found[1] is not None and (recorded.status, recorded.error_code) != found[:2]:
        return Judgement(found, expected, f"the record says {recorded.status} {recorded.error_code}")
    return Judgement(found, expected)


def _simulated(one: Combination) -> SimulatedAWS:
    """Return a simulated AWS that knows what AWS knows of *one*."""
    directory = Directory(_ACCOUNT_ID)
    directory.keys.update((key.key_id, _issued(key, one.aws.now)) for key in one.aws.keys.values())
    for arn in one.aws.roles:
        directory.create_role(arn.rpartition("/")[2])
    return SimulatedAWS(directory, _Stopped(one.aws.now), "us-east-1")


def shrunk(seed: str, faults: tuple[str, ...] | None = None) -> Combination:
    """Return a combination that is judged wrong with as little done to it as possible."""
    found = combination(seed, faults)
    smaller = True
    while smaller:
        smaller = False
        for fault in found.faults:
            less = combination(seed, tuple(one for one in found.faults if one != fault))
            if judged(less).wrong:
                found, smaller = less, True
                break
    return found


def described(seed: str, faults: tuple[str, ...] | None = None) -> str:
    """Return all that one needs to know of a combination that is judged wrong."""
    one = shrunk(seed, faults)
    judgement = judged(one)
    return (
        f"seed {seed!r}, {', '.join(one.faults) or 'no fault'}\n  {one.sent}\n"
        f"  found {judgement.found}\n  {judgement.wrong}"
    )


def _is(found: wire.Read, answer: Answer) -> bool:
    status, code, message = found
    return (status, code) == (answer.status, answer.code) and (
        answer.message is None or re.fullmatch(answer.message, message or "", re.DOTALL) is not None
    )


def _told(answer: Answer) -> str:
    return f"{answer.status} {answer.code}: {answer.message}" if answer.code else str(answer.status)


def _issued(key: Key, now: datetime) -> IssuedKey:
    policies = {layer: [_document(rules)] for layer, rules in key.policies.items()}
    role = f"arn:aws:iam::{_ACCOUNT_ID}:role/Narrator" if ":assumed-role/" in key.arn else None
    principal = Principal(key.arn, "AIDAEXAMPLE", _ACCOUNT_ID, _layers(policies), role=role)
    credentials = Credentials(key.key_id, key.secret, key.token, key.expires_at)
    return IssuedKey(credentials, principal, now - timedelta(hours=1), key.active, key.role_deleted)


def _layers(policies: Mapping[str, list[Document]]) -> Policies:
    return Policies(
        identity=policies.get(combinations.IDENTITY, []),
        boundary=policies.get(combinations.BOUNDARY),
        session=policies.get(combinations.SESSION),
        organization=policies.get(combinations.ORGANIZATION),
        endpoint=policies.get(combinations.ENDPOINT),
    )


def _document(rules: Rules) -> Document:
    statements = [statement("Deny" if effect == "Deny" else "Allow", action) for effect, action in rules]
    return {"Version": "2012-10-17", "Statement": [part for one in statements for part in one["Statement"]]}
