"""Another process finds behind the server what a client in this process finds: every mode, every source."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from pytest_polly import Account
from pytest_polly.cases import default_source
from pytest_polly.modes import CORE, MODES
from pytest_polly.sources import SOURCES
from pytest_polly.wire.server import Server, wall_clock

from .processes import WORKER

Speak = Callable[..., dict[str, Any]]

#: Every mode by its own source, and every source with the first of its modes.
CASES = sorted(
    {(mode, default_source(mode)) for mode in MODES}
    | {(source.modes[0], source.name) for source in SOURCES.values()}
)


@pytest.mark.parametrize(
    ("mode", "source"), [pytest.param(*case, id="-".join(case)) for case in CASES if "sso" not in case]
)
def test_another_process_meets_the_case(
    polly_account: Account, speak_elsewhere: Speak, mode: str, source: str
) -> None:
    reason = SOURCES[source].unavailable()
    if reason:
        pytest.skip(reason)
    with polly_account.apply(mode, source):
        answer = speak_elsewhere(**polly_account.parameters)

        expected = polly_account.expected
        if expected.ok:
            assert answer.keys() == {"audio"}
            assert answer["audio"] > 0
        elif "refused" in answer:
            assert answer["refused"] in expected.refused_by_sdk
            assert not polly_account.calls
        else:
            assert expected.matches(answer["status"], answer["Code"], answer["Message"])
        spoken = [call for call in polly_account.calls if call.operation == "SynthesizeSpeech"]
        given = polly_account.credentials
        for call in spoken:
            assert given is not None
            assert (call.access_key_id, call.token) == (given.access_key_id, given.session_token)
            assert call.error_code == answer.get("Code")


@pytest.mark.parametrize("variant", ["", "legacy"])
def test_single_sign_on(polly_account: Account, polly_server: Server, variant: str) -> None:
    """Its cache is looked for in the home that a process was started with."""
    with polly_account.apply("role", "sso", variant=variant):
        asked = json.dumps({"env": polly_server.env, "parameters": {}})
        ran = subprocess.run(
            [sys.executable, str(WORKER)], input=asked, env=polly_server.env, capture_output=True, text=True
        )
    assert json.loads(ran.stdout)["audio"] > 0
    assert [call.service for call in polly_account.calls] == ["sso", "polly"]


@pytest.mark.parametrize("variant", ["full-uri", "pod-identity"])
def test_containers_of_other_kinds(polly_account: Account, speak_elsewhere: Speak, variant: str) -> None:
    with polly_account.apply("role", "container", variant=variant):
        assert speak_elsewhere()["audio"] > 0
    assert [call.service for call in polly_account.calls] == ["container", "polly"]


def test_a_process_keeps_its_own_clock(polly_long_term: Account, speak_elsewhere: Speak) -> None:
    """Hours ahead in this process, its signatures are as fresh as ever there."""
    polly_long_term.clock.advance(hours=5)
    assert speak_elsewhere()["audio"] > 0


def test_credentials_expire_by_the_accounts_clock(
    polly_session_token: Account, speak_elsewhere: Speak
) -> None:
    assert speak_elsewhere()["audio"] > 0
    polly_session_token.clock.advance(hours=2)
    assert speak_elsewhere()["Code"] == "ExpiredTokenException"


def test_skew_is_told_by_the_machines_clock(polly_account: Account, speak_elsewhere: Speak) -> None:
    polly_account.clock.advance(days=3)
    with polly_account.apply("skewed-clock"):
        message = speak_elsewhere()["Message"]
    aws_now = wall_clock() + timedelta(minutes=10)
    assert message.startswith("Signature expired: ")
    assert f"({aws_now:%Y%m%dT%H}" in message or f"({aws_now - timedelta(minutes=1):%Y%m%dT%H}" in message


@pytest.mark.polly(*CORE)
def test_the_record_is_one(polly_account: Account, polly_server: Server, speak_elsewhere: Speak) -> None:
    """What comes by HTTP and what comes by the seam stands in one list, in order."""
    import boto3

    session = boto3.Session()
    answers = []
    for _ in range(2):
        answers.append(speak_elsewhere())
        try:
            session.client("polly").describe_voices()
        except session.client("polly").exceptions.ClientError as error:
            answers.append(error.response["Error"])
    operations = [call.operation for call in polly_account.calls if call.service == "polly"]
    assert operations == ["SynthesizeSpeech", "DescribeVoices"] * 2
    codes = {call.error_code for call in polly_account.calls if call.service == "polly"}
    assert codes == {polly_account.expected.code}
