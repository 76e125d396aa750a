"""What a finished test had is let go: a run of ten thousand tests holds no more of them than one of ten."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import boto3
import pytest

from pytest_polly import Account
from pytest_polly.gate import sigv4
from pytest_polly.wire import sharing

_KEPT_WEAKLY = """
    import gc, sys, weakref
    import boto3, pytest

    kept = []

    def use(account):
        client = boto3.client("polly")
        client.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")["AudioStream"].read()
        call = account.calls[-1]
        kept.extend(map(weakref.ref, (account, call, account.issued[call.access_key_id], client)))

    {tests}

    @pytest.mark.polly("none")
    def test_zz_all_is_let_go(polly_account):
        # Where pytest keeps the latest failure, and no more than that.
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            vars(sys).pop(name, None)
        gc.collect()
        assert kept
        assert [one() for one in kept if one() is not None] == []
"""

TESTS = {
    "marker": """
    @pytest.mark.polly("long-term", "session-token", "role")
    def test_it(polly_account):
        use(polly_account)
""",
    "fixture": """
    def test_it(polly_long_term):
        use(polly_long_term)
""",
    "account": """
    def test_it(polly_account):
        with polly_account.apply("role"):
            use(polly_account)
""",
    "failed": """
    @pytest.mark.xfail(raises=ZeroDivisionError)
    def test_it(polly_role):
        use(polly_role)
        1 / 0
""",
    "moved in time": """
    def test_it(polly_role):
        use(polly_role)
        polly_role.clock.advance(hours=2)
        use(polly_role)
""",
}


@pytest.mark.parametrize("tests", TESTS)
def test_a_finished_test_is_let_go(pytester: pytest.Pytester, tests: str) -> None:
    pytester.makepyfile(_KEPT_WEAKLY.replace("{tests}", TESTS[tests].strip()))
    # In this process pytester records every call of a hook, failures and their frames with it.
    run = pytester.runpytest_subprocess if tests == "failed" else pytester.runpytest
    result = run("-p", "no:randomly", "-p", "no:rerunfailures")
    outcomes = result.parseoutcomes()
    assert result.ret == 0
    assert outcomes.get("passed", 0) + outcomes.get("xfailed", 0) == (4 if tests == "marker" else 2)


def _use_an_account() -> list[weakref.ref[Any]]:
    with Account() as account, account.apply("role"):
        client = boto3.client("polly")
        client.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
        return [weakref.ref(account), *(weakref.ref(call) for call in account.calls)]


def test_an_account_is_let_go_with_its_calls() -> None:
    kept = _use_an_account()
    gc.collect()
    assert [one() for one in kept] == [None] * 3


def test_what_is_shared_does_not_grow() -> None:
    _use_an_account()
    sizes = [len(sharing._parsed), len(sharing._listed), sharing._alias.cache_info().currsize]
    for _ in range(3):
        _use_an_account()
    assert [len(sharing._parsed), len(sharing._listed), sharing._alias.cache_info().currsize] == sizes
    for bounded in (sharing._alias, sigv4._signing_key):
        assert bounded.cache_info().maxsize is not None
