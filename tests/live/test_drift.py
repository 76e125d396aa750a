"""What AWS answers otherwise than the simulation is seen, told, and written down as a correction."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from pytest_polly.gate import errors
from tests.live.conftest import Elsewhere

_TESTS = """
    import boto3
    import pytest
    from botocore.exceptions import ClientError

    @pytest.mark.polly_live
    @pytest.mark.polly("wrong-secret", "missing-token", "access-denied", sources=["environment", "profile"])
    def test_refused(polly_account):
        with pytest.raises(ClientError):
            boto3.client("polly").synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")

    @pytest.mark.polly_live
    @pytest.mark.polly("role")
    def test_speaks():
        boto3.client("polly").synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
"""


def _run(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> pytest.RunResult:
    monkeypatch.setenv("COLUMNS", "200")
    pytester.makepyfile(_TESTS)
    return pytester.runpytest_inprocess(
        "--polly-live",
        f"--polly-live-role={elsewhere.role}",
        "--polly-live-drift=drift.json",
        "--polly-report=cells.json",
        "--polly-report=page.html",
        "-p",
        "no:randomly",
    )


def _drift() -> Any:
    return json.loads(Path("drift.json").read_text(encoding="utf-8"))["drift"]


def _differences(drift: Any) -> dict[str, tuple[Any, Any]]:
    return {one["what"]: (one["simulated"], one["live"]) for one in drift["differences"]}


def test_where_there_is_none(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _run(pytester, elsewhere, monkeypatch)
    result.assert_outcomes(passed=7)
    result.stdout.fnmatch_lines(["8 answers, all as simulated"])
    assert _drift() == []


def test_it_is_written_where_the_run_began(
    pytester: pytest.Pytester, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    pytester.makepyfile(
        f"""
        import os
        import boto3
        import pytest

        @pytest.mark.polly_live
        def test_goes_elsewhere():
            boto3.client("polly").describe_voices()
            os.chdir({str(tmp_path)!r})
        """
    )
    pytester.runpytest_inprocess("--polly-live", "--polly-live-drift=drift.json").assert_outcomes(passed=1)
    assert (pytester.path / "drift.json").exists()


def test_another_sentence(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = "signing method. Consult", "signing method; consult"
    elsewhere.ask("drifting", of="InvalidSignatureException", body=[[before, after]])
    result = _run(pytester, elsewhere, monkeypatch)
    result.assert_outcomes(passed=7)
    (drift,) = _drift()
    told = errors.WRONG_SIGNATURE.rest_json.message
    live = told.replace(before, after)
    assert drift == {
        "service": "polly",
        "operation": "SynthesizeSpeech",
        "mode": "wrong-secret",
        "sources": ["environment", "profile"],
        "times": 2,
        "row": "pytest_polly.gate.errors.WRONG_SIGNATURE.rest_json",
        "sure": "P",
        "differences": [
            {"what": "message", "simulated": told, "live": told.replace(". Consult", "; consult")}
        ],
        "correction": {
            "status": 403,
            "code": "InvalidSignatureException",
            "message": live,
            "sure": "P",
        },
    }
    assert errors.Words(**drift["correction"]).code == drift["correction"]["code"]
    result.stdout.fnmatch_lines(
        [
            "*= polly: live =*",
            "8 answers, 2 otherwise than simulated:",
            "wrong-secret  polly SynthesizeSpeech, by environment, profile",
            "  row  pytest_polly.gate.errors.WRONG_SIGNATURE.rest_json (known as P)",
            "  message: simulated 'The request signature *",
        ]
    )
    page = Path("page.html").read_text(encoding="utf-8")
    assert "Live run" in page
    assert "signing method; consult" in page
    assert _report()["live"]["drift"] == [drift]


def _report() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    report = json.loads(Path("cells.json").read_text(encoding="utf-8"))
    schema = json.loads(files("pytest_polly.report").joinpath("schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema)
    return report


_HEADERS = ["x-amzn-errortype", "x-amzn-requestid"]
#: How answers differ, the mode in which it shows, and what is said to differ there.
PLANTED: dict[str, tuple[dict[str, Any], str, dict[str, tuple[Any, Any]]]] = {
    "status": (
        {"of": "UnrecognizedClientException", "status": 401},
        "missing-token",
        {"status": (403, 401)},
    ),
    "code": (
        {
            "of": "UnrecognizedClientException",
            "headers": {"x-amzn-ErrorType": "InvalidTokenException:http://internal.amazon.com/coral/"},
        },
        "missing-token",
        {
            "code": ("UnrecognizedClientException", "InvalidTokenException"),
            "x-amzn-errortype": (
                "UnrecognizedClientException:http://internal.amazon.com/coral/com.amazon.coral.service/",
                "InvalidTokenException:http://internal.amazon.com/coral/",
            ),
        },
    ),
    "content type": (
        {"of": "UnrecognizedClientException", "headers": {"Content-Type": "application/x-amz-json-1.1"}},
        "missing-token",
        {"content-type": ("application/json", "application/x-amz-json-1.1")},
    ),
    "a header more": (
        {"of": "UnrecognizedClientException", "headers": {"x-amz-id-2": "abc"}},
        "missing-token",
        {
            "headers": (
                ["x-amzn-errortype", "x-amzn-requestid"],
                ["x-amz-id-2", "x-amzn-errortype", "x-amzn-requestid"],
            )
        },
    ),
    "form of the request id": (
        {"of": "UnrecognizedClientException", "headers": {"x-amzn-RequestId": "ABC"}},
        "missing-token",
        {"request id": ("{uuid}", "ABC")},
    ),
    "key of the body": (
        {"of": "AccessDeniedException", "body": [["Message", "message"]]},
        "access-denied",
        {"body": (["Message"], ["message"])},
    ),
    "principal and action aside": (
        {"of": "AccessDeniedException", "body": [["is not authorized", "is not allowed"]]},
        "access-denied",
        {
            "message": (
                "User: {principal} is not authorized to perform: {action} because no session policy allows "
                "the {action} action",
                "User: {principal} is not allowed to perform: {action} because no session policy allows "
                "the {action} action",
            )
        },
    ),
    "type of the sound": (
        {"of": None, "headers": {"Content-Type": "audio/mp3"}},
        "role",
        {"content-type": ("audio/mpeg", "audio/mp3")},
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_it_is_seen(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    planted, mode, differences = PLANTED[what]
    elsewhere.ask("drifting", **planted)
    _run(pytester, elsewhere, monkeypatch).assert_outcomes(passed=7)
    (drift,) = [one for one in _drift() if one["mode"] == mode and one["service"] == "polly"]
    assert _differences(drift) == differences
    assert (drift["correction"] is None) == (mode == "role")


def test_what_the_account_itself_forbids_is_none(
    pytester: pytest.Pytester, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulation beside it knows nothing of the account's own policies."""
    elsewhere.ask("deny", action="polly:SynthesizeSpeech")
    pytester.makepyfile(
        """
        import boto3
        import pytest
        from botocore.exceptions import ClientError

        @pytest.mark.polly_live
        def test_may_not():
            with pytest.raises(ClientError, match="AccessDenied"):
                boto3.client("polly").synthesize_speech(Text="Hello", OutputFormat="mp3", VoiceId="Joanna")
        """
    )
    result = pytester.runpytest_inprocess("--polly-live", "--polly-live-drift=drift.json")
    result.assert_outcomes(passed=1)
    assert _drift() == []
