"""No run speaks more than it was allowed to, in however many processes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_polly import GuardError
from pytest_polly.gate import Request
from pytest_polly.live.budget import Budget, characters
from tests.live.conftest import Elsewhere

#: The request, and how many characters it asks for.
ASKED: dict[str, tuple[str | None, str, bytes, int]] = {
    "text": ("SynthesizeSpeech", "/v1/speech", b'{"Text": "Hello", "VoiceId": "Joanna"}', 5),
    "two bytes a character": (
        "SynthesizeSpeech",
        "/v1/speech",
        '{"Text": "Gr\u00fc\u00df"}'.encode(),
        4,
    ),
    "SSML": ("SynthesizeSpeech", "/v1/speech", b'{"Text": "<speak>Hi</speak>", "TextType": "ssml"}', 17),
    "a task": ("StartSpeechSynthesisTask", "/v1/synthesisTasks", b'{"Text": "Hello"}', 5),
    "voices": ("DescribeVoices", "/v1/voices", b"", 0),
    "a lexicon": ("PutLexicon", "/v1/lexicons/x", b'{"Content": "<lexicon/>"}', 0),
    "no JSON": ("SynthesizeSpeech", "/v1/speech", b"Hello", 5),
    "JSON without end": ("SynthesizeSpeech", "/v1/speech", b"[" * 100_000, 100_000),
    "no text": ("SynthesizeSpeech", "/v1/speech", b'{"VoiceId": "Joanna"}', 21),
    "an operation nobody knows": (None, "/v1/speechStream", b"Hello", 5),
}


@pytest.mark.parametrize("what", ASKED)
def test_characters_are_counted_before_they_are_sent(what: str) -> None:
    operation, path, body, count = ASKED[what]
    assert characters(operation, Request("POST", "polly.us-east-1.amazonaws.com", path, body=body)) == count


def test_a_presigned_url_has_its_text_in_the_query() -> None:
    url = "https://polly.us-east-1.amazonaws.com/v1/speech?OutputFormat=mp3&Text=Hello%20you&VoiceId=Joanna"
    assert characters("SynthesizeSpeech", Request.from_url("GET", url)) == 9


def test_once_exhausted_always_exhausted(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "budget", 10, "ini").open()
    budget.spend(6)
    with pytest.raises(GuardError) as refused:
        budget.spend(5)
    assert str(refused.value) == (
        "polly: the budget of this live run, 10 characters (from ini), is used up, and nothing more is "
        "spoken in it; more is allowed by --polly-live-budget; a request for 5 more was not sent"
    )
    budget.give_back(6)
    with pytest.raises(GuardError):
        budget.spend(1)
    budget.spend(0)
    assert (budget.used, budget.exhausted) == (0, True)


def test_what_was_refused_is_given_back(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "budget", 10, "ini").open()
    for _ in range(3):
        budget.spend(10)
        budget.give_back(10)
    budget.spend(10)
    assert (budget.used, budget.exhausted) == (10, False)


def test_many_who_count_at_once_count_right(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    Budget(path, 40, "ini").open()

    def speak(_: int) -> bool:
        try:
            Budget(path, 40, "ini").spend(3)
        except GuardError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        spoken = sum(pool.map(speak, range(32)))
    assert spoken == 13
    assert Budget(path, 40, "ini").used == 39


def test_two_workers_share_one_budget(pytester: pytest.Pytester, elsewhere: Elsewhere) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        """
        import boto3
        import pytest

        @pytest.mark.polly_live
        @pytest.mark.parametrize("number", range(8))
        def test_speaks(number):
            boto3.client("polly").synthesize_speech(Text="1234567890", OutputFormat="mp3", VoiceId="Joanna")
        """
    )
    result = pytester.runpytest_subprocess(
        "-n2",
        "--polly-live",
        "--polly-live-budget=35",
        "--polly-report=cells.json",
        "-rfs",
        "-p",
        "no:randomly",
    )
    assert elsewhere.spoken == 30
    outcomes = result.parseoutcomes()
    # Those whose request was not sent fail; each worker has at most one under way.
    assert 1 <= outcomes["failed"] <= 2
    assert outcomes["failed"] + outcomes["skipped"] == 5
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    verdict = "the budget of this live run, 35 characters (from command line), is used up*"
    result.stdout.fnmatch_lines(
        [
            "polly: live as arn:*",
            f"E *GuardError: polly: {verdict} a request for 10 more was not sent",
            "*= polly: live =*",
            "30 of 35 characters spoken",
            f"SKIPPED * live: {verdict}",
        ]
    )
    live = json.loads(Path("cells.json").read_text(encoding="utf-8"))["live"]
    assert (live["characters"], live["budget"]) == (30, 35)
    # Both workers told what they saw.
    assert live["compared"] == len(elsewhere.polly_calls)
