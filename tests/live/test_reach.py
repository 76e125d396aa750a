"""What reaches AWS: marked tests alone, with the option alone, and there Polly and STS of one region."""

from __future__ import annotations

import pytest

from tests.live.conftest import Elsewhere

#: Of a machine whose owner has credentials, and of whom every connection is noted.
_WATCHED = """
    import os
    import socket

    import pytest

    asked = []

    def noting(method):
        def note(*arguments, **options):
            asked.append(str(arguments[-1] if method.__name__ != "getaddrinfo" else arguments[0]))
            return method(*arguments, **options)
        return note

    socket.socket.connect = noting(socket.socket.connect)
    socket.socket.connect_ex = noting(socket.socket.connect_ex)
    socket.getaddrinfo = noting(socket.getaddrinfo)

    def pytest_unconfigure(config):
        away = [one for one in asked if "127.0.0.1" not in one and "localhost" not in one]
        print(f"asked {len(asked)}, away: {away}")
"""
_AT_IMPORT = """
    import unittest
    from contextlib import nullcontext

    import boto3
    import pytest
    from botocore.exceptions import ClientError
    from pytest_polly import GuardError
    from pytest_polly.contract import CredentialContract

    polly = boto3.client("polly", region_name="us-east-1")

    def speak(client=polly):
        said = client.synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
        return said["AudioStream"].read()
"""
_TESTS = """
    @pytest.mark.polly_live
    def test_marked():
        assert speak()

    @pytest.mark.polly_live
    @pytest.mark.polly("role", "wrong-secret", "session-token")
    def test_in_cases(polly_account):
        refused = polly_account.mode == "wrong-secret"
        with pytest.raises(ClientError) if refused else nullcontext():
            speak(boto3.client("polly"))
        assert polly_account.calls[-1].service == "polly"

    @pytest.mark.polly_live
    def test_with_a_fixture(polly_session_token):
        assert speak(boto3.client("polly"))
        assert polly_session_token.calls[-1].token_sent

    @pytest.mark.polly_live
    class TestCase(unittest.TestCase):
        def test_marked(self):
            assert speak()

    @pytest.fixture(scope="module")
    def spoken_once():
        return speak()

    @pytest.mark.polly_live
    def test_with_a_wider_fixture(request):
        assert polly

    class TestNarrator(CredentialContract):
        live = True
        modes, sources = ["long-term", "wrong-secret"], ["environment"]

        def make_client(self):
            return boto3.client("polly")

        def synthesize(self, client, text):
            return speak(client)

    @pytest.mark.polly("long-term")
    def test_simulated(polly_account):
        with pytest.raises((ClientError, GuardError), match="UnrecognizedClientException|refused to send"):
            speak()
        assert speak(boto3.client("polly"))

    class TestOther(CredentialContract):
        modes, sources = ["long-term"], ["environment"]

        def make_client(self):
            return boto3.client("polly")

        def synthesize(self, client, text):
            return speak(client)
"""


def test_without_the_option_nothing_is_asked_but_what_is_here(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL_POLLY", "AWS_ENDPOINT_URL_STS"):
        monkeypatch.delenv(name)
    pytester.makeconftest(_WATCHED)
    pytester.makepyfile(_AT_IMPORT + _TESTS)
    result = pytester.runpytest_subprocess("-s", "-rs", "-p", "no:randomly")
    assert result.ret == pytest.ExitCode.OK, result.stdout.str()
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED [[]*[]] *: reaches real AWS: it runs with --polly-live alone",
            "asked *, away: [[][]]",
        ]
    )
    assert elsewhere.ask("seen")["calls"] == []


def test_the_watch_sees_who_goes_away(pytester: pytest.Pytester) -> None:
    """Else the test above proves nothing."""
    pytester.makeconftest(_WATCHED)
    pytester.makepyfile(
        """
        import socket

        def test_away():
            socket.getaddrinfo("192.0.2.1", 443)
        """
    )
    result = pytester.runpytest_subprocess("-s")
    result.stdout.fnmatch_lines(["asked 1, away: [[]'192.0.2.1'[]]"])


def test_with_the_option_what_is_marked_asks_aws_and_nothing_else_does(
    pytester: pytest.Pytester, elsewhere: Elsewhere
) -> None:
    pytester.makepyfile(_AT_IMPORT + _TESTS)
    result = pytester.runpytest_inprocess(
        "--polly-live", f"--polly-live-role={elsewhere.role}", "-p", "no:randomly", "-k", "not other", "-v"
    )
    assert result.ret == pytest.ExitCode.OK, result.stdout.str()
    asked = len(elsewhere.polly_calls)
    assert asked
    result = pytester.runpytest_inprocess(
        "--polly-live", "-p", "no:randomly", "-k", "simulated or TestOther", "-v"
    )
    assert result.ret == pytest.ExitCode.OK, result.stdout.str()
    assert result.parseoutcomes()["passed"] > 1
    assert len(elsewhere.polly_calls) == asked


#: What a live test tries, and what it is told.
REFUSED = {
    "another region": (
        'boto3.client("polly", region_name="eu-west-1").describe_voices()',
        "*refused to send a request signed for eu-west-1: this live run asks Polly and STS in us-east-1 *",
    ),
    "Polly where it was not named": (
        'boto3.client("polly", endpoint_url="https://polly.us-east-1.amazonaws.com").describe_voices()',
        "*refused to send GET polly.us-east-1.amazonaws.com/v1/voices: this live run asks Polly and STS in *",
    ),
    "another service": (
        'boto3.client("s3").list_buckets()',
        "*refused to send GET s3.amazonaws.com/: this live run asks Polly and STS in us-east-1 and nobody *",
    ),
    "another host": (
        'boto3.client("polly", endpoint_url="https://polly.example.com").describe_voices()',
        "*refused to send GET polly.example.com/v1/voices: *",
    ),
    "a host that says it is another": (
        'named = os.environ["AWS_ENDPOINT_URL_POLLY"].removeprefix("http://"); '
        'url = "https://polly.example.com/v1/voices"; '
        'asked = botocore.awsrequest.AWSRequest("GET", url, headers={"Host": named}); '
        "botocore.httpsession.URLLib3Session().send(asked.prepare())",
        "*refused to send GET polly.example.com/v1/voices: *",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_live_test_asks_nobody_else(pytester: pytest.Pytester, elsewhere: Elsewhere, what: str) -> None:
    code, said = REFUSED[what]
    pytester.makepyfile(
        "import os, boto3, botocore.awsrequest, botocore.httpsession, pytest\n\n"
        f"@pytest.mark.polly_live\ndef test_tries():\n    {code}\n"
    )
    result = pytester.runpytest_inprocess("--polly-live")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"E *GuardError: polly: {said.removeprefix('*')}"])
    assert elsewhere.polly_calls == []


#: What a test may ask of a simulated account, and why a live one does not do it.
IMPOSSIBLE = {
    "clock.advance(hours=2)": "AWS's clock cannot be moved",
    "expire()": "nobody can end a session of AWS's early",
    "deactivate_key()": "to deactivate a key would change the account",
    "revoke_sessions()": "to revoke sessions would change the account",
    "deny('polly:*')": "to deny something would change the account",
    "allow('polly:*')": "to allow something would change the account",
    "create_role()": "mode 'role' needs a role to assume: --polly-live-role",
    "fail('polly', 'ThrottlingException', times=2)": "AWS does not fail on request",
    "serve()": "other processes are served by a simulated account alone",
    "issue('inactive-key')": "mode 'inactive-key' cannot be made: to deactivate a key would *",
    "apply('throttled').__enter__()": "mode 'throttled' cannot be made: Polly cannot be kept busy *",
    "issue('long-term', polly_account.credentials)": "AWS issues no credentials of anybody's choice",
}


def test_what_cannot_be_done_skips_the_test(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    tests = "\n".join(
        f"@pytest.mark.polly_live\ndef test_{number}(polly_account):\n    polly_account.{what}\n"
        for number, what in enumerate(IMPOSSIBLE)
    )
    pytester.makepyfile(f"import pytest\n\n{tests}")
    result = pytester.runpytest_inprocess("--polly-live", "-rs")
    result.assert_outcomes(skipped=len(IMPOSSIBLE))
    result.stdout.fnmatch_lines_random([f"SKIPPED * live: {reason}" for reason in IMPOSSIBLE.values()])


def test_the_certificates_that_are_trusted_stay(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/ssl/own.pem")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    pytester.makepyfile(
        """
        import os
        import pytest

        @pytest.mark.polly_live
        def test_variables(polly_account):
            with polly_account.apply("session-token", "profile"):
                assert os.environ["AWS_CA_BUNDLE"] == "/etc/ssl/own.pem"
                assert "AWS_MAX_ATTEMPTS" not in os.environ
                assert "AWS_ACCESS_KEY_ID" not in os.environ
        """
    )
    pytester.runpytest_inprocess("--polly-live").assert_outcomes(passed=1)


def test_between_attempts_a_live_client_waits(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    """A simulated account makes nobody wait; AWS may have asked for a pause because it needs one."""
    pytester.makepyfile(
        """
        import time
        import botocore.endpoint
        import pytest
        from pytest_polly import wire

        @pytest.mark.polly_live
        def test_live():
            assert wire.engaged()
            assert not wire.unhurried()
            assert botocore.endpoint.time is time

        def test_simulated(polly_account):
            assert wire.unhurried()
            assert botocore.endpoint.time is not time
        """
    )
    pytester.runpytest_inprocess("--polly-live").assert_outcomes(passed=2)
