"""Speech synthesis tasks: they start, they are done, and the speech lies in moto's S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from moto import mock_aws

from pytest_polly import Account

from .asking import REGION, SPEECH, Polly, Refusal, lines, refusal
from .listening import hear

BUCKET = "spoken-words"
TASK = {**SPEECH, "OutputS3BucketName": BUCKET}
NO_TASK = Refusal(
    "SynthesisTaskNotFoundException", "The Speech Synthesis task with requested Task ID cannot be found."
)


@pytest.fixture
def bucket(client: Any) -> Iterator[Any]:
    """A bucket in the user's own ``mock_aws``."""
    with mock_aws():
        bucket = boto3.resource("s3").Bucket(BUCKET)
        bucket.create(CreateBucketConfiguration={"LocationConstraint": REGION})
        yield bucket


def content(bucket: Any, task: Any) -> bytes:
    """Return what a client finds where the task says that it has put it."""
    start = f"https://s3.{REGION}.amazonaws.com/{BUCKET}/"
    assert task["OutputUri"].startswith(start)
    found: bytes = bucket.Object(task["OutputUri"].removeprefix(start)).get()["Body"].read()
    return found


def test_life_of_a_task(client: Any, bucket: Any) -> None:
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    started = client.start_speech_synthesis_task(
        **TASK,
        Engine="neural",
        LanguageCode="en-US",
        OutputS3KeyPrefix="year/2026/lamb",
        SnsTopicArn=f"arn:aws:sns:{REGION}:123456789012:done",
        TextType="text",
    )["SynthesisTask"]
    assert started["TaskStatus"] == "scheduled"
    task = client.get_speech_synthesis_task(TaskId=started["TaskId"])["SynthesisTask"]
    assert task == {**started, "TaskStatus": "completed"}
    assert before <= task.pop("CreationTime") <= datetime.now(timezone.utc)
    task_id = task.pop("TaskId")
    assert task == {
        "Engine": "neural",
        "LanguageCode": "en-US",
        "OutputFormat": "mp3",
        "OutputUri": f"https://s3.{REGION}.amazonaws.com/{BUCKET}/year/2026/lamb.{task_id}.mp3",
        "RequestCharacters": 23,
        "SampleRate": "24000",
        "SnsTopicArn": f"arn:aws:sns:{REGION}:123456789012:done",
        "TaskStatus": "completed",
        "TextType": "text",
        "VoiceId": "Joanna",
    }
    spoken = client.synthesize_speech(**SPEECH, Engine="neural")["AudioStream"].read()
    assert content(bucket, task) == spoken


@pytest.mark.parametrize(
    ("name", "extension"),
    [
        ("mp3", "mp3"),
        ("ogg_vorbis", "ogg"),
        ("ogg_opus", "ogg"),
        ("pcm", "pcm"),
        ("mulaw", "mulaw"),
        ("alaw", "alaw"),
    ],
)
def test_sound_of_a_task(name: str, extension: str, client: Any, bucket: Any) -> None:
    task = client.start_speech_synthesis_task(**{**TASK, "OutputFormat": name})["SynthesisTask"]
    assert task["OutputUri"].endswith(f"/{task['TaskId']}.{extension}")
    sound = hear(content(bucket, task), name, int(task["SampleRate"]))
    assert sound.seconds == pytest.approx(23 / 15, abs=0.08)


@pytest.mark.parametrize(("name", "rate"), [("mp3", "24000"), ("pcm", "8000"), ("ogg_opus", "48000")])
def test_sample_rate_of_a_task(name: str, rate: str, client: Any, bucket: Any) -> None:
    asked = {**TASK, "OutputFormat": name, "SampleRate": rate}
    assert client.start_speech_synthesis_task(**asked)["SynthesisTask"]["SampleRate"] == rate


def test_marks_of_a_task(client: Any, bucket: Any) -> None:
    asked = {**TASK, "OutputFormat": "json", "SpeechMarkTypes": ["sentence"]}
    task = client.start_speech_synthesis_task(**asked)["SynthesisTask"]
    assert task["SpeechMarkTypes"] == ["sentence"]
    assert task["OutputUri"].endswith(".marks")
    assert [mark["value"] for mark in lines(content(bucket, task))] == [SPEECH["Text"]]


def test_may_be_longer_than_speech(client: Any, bucket: Any) -> None:
    task = client.start_speech_synthesis_task(**{**TASK, "Text": "x" * 100_000})["SynthesisTask"]
    assert task["RequestCharacters"] == 100_000
    too_long = Refusal("TextLengthExceededException", "Maximum text length has been exceeded")
    tagged = f"<speak>{'<break/>' * 25_000}</speak>"
    for asked in ({"Text": "x" * 100_001}, {"Text": tagged, "TextType": "ssml"}):
        assert refusal(client.start_speech_synthesis_task, **{**TASK, **asked}) == too_long


def test_lists_them_in_the_order_of_their_start(client: Any, bucket: Any) -> None:
    ids = [client.start_speech_synthesis_task(**TASK)["SynthesisTask"]["TaskId"] for _ in range(5)]
    listed = client.list_speech_synthesis_tasks()["SynthesisTasks"]
    assert [task["TaskId"] for task in listed] == ids
    assert {task["TaskStatus"] for task in listed} == {"completed"}
    pages = list(client.get_paginator("list_speech_synthesis_tasks").paginate(MaxResults=2))
    assert [len(page["SynthesisTasks"]) for page in pages] == [2, 2, 1]
    assert [task["TaskId"] for page in pages for task in page["SynthesisTasks"]] == ids
    assert len(client.list_speech_synthesis_tasks(Status="completed")["SynthesisTasks"]) == 5
    assert client.list_speech_synthesis_tasks(Status="failed")["SynthesisTasks"] == []


def test_belongs_to_one_account_and_region(client: Any, bucket: Any) -> None:
    task_id = client.start_speech_synthesis_task(**TASK)["SynthesisTask"]["TaskId"]
    elsewhere = boto3.client("polly", region_name="us-west-2")
    assert refusal(elsewhere.get_speech_synthesis_task, TaskId=task_id) == NO_TASK
    with Account(region=REGION) as other, other.apply("long-term"):
        assert refusal(boto3.client("polly").get_speech_synthesis_task, TaskId=task_id) == NO_TASK
    assert client.get_speech_synthesis_task(TaskId=task_id)["SynthesisTask"]["TaskId"] == task_id


def test_needs_a_bucket(client: Any) -> None:
    refused = refusal(client.start_speech_synthesis_task, **TASK)
    assert refused.code == "InvalidS3BucketException"
    assert BUCKET in refused.message
    assert "no mock_aws is active" in refused.message
    with mock_aws():
        refused = refusal(client.start_speech_synthesis_task, **TASK)
        assert refused.code == "InvalidS3BucketException"
        assert "no bucket of that name" in refused.message
    assert client.list_speech_synthesis_tasks()["SynthesisTasks"] == []


def test_a_bucket_goes_with_its_mock(client: Any) -> None:
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
        assert client.start_speech_synthesis_task(**TASK)["SynthesisTask"]["TaskStatus"] == "scheduled"
    with mock_aws():
        assert refusal(client.start_speech_synthesis_task, **TASK).code == "InvalidS3BucketException"


def validation(value: str, member: str, constraint: str) -> Refusal:
    sentence = f"Value {value} at '{member}' failed to satisfy constraint: {constraint}"
    return Refusal("ValidationException", f"1 validation error detected: {sentence}")


PATTERN = "Member must satisfy regular expression pattern: "
BUCKET_NAME = rf"{PATTERN}^[a-z0-9][\.\-a-z0-9]{{1,61}}[a-z0-9]$"
KEY_PREFIX = rf"{PATTERN}^[0-9a-zA-Z\/\!\-_\.\*\'\(\):;\$@=+\,\?&]{{0,800}}$"
TOPIC = (
    rf"{PATTERN}^arn:aws(-(cn|iso(-b)?|us-gov|eusc))?:sns:[a-z0-9_-]{{1,50}}:\d{{12}}:"
    r"[a-zA-Z0-9_-]{1,251}([a-zA-Z0-9_-]{0,5}|\.fifo)$"
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # https://github.com/aws/aws-sdk-js/issues/2644
        (
            {"OutputS3BucketName": "textaudioconverterBlas"},
            validation("'textaudioconverterBlas'", "outputS3BucketName", BUCKET_NAME),
        ),
        ({"OutputS3BucketName": "ab"}, validation("'ab'", "outputS3BucketName", BUCKET_NAME)),
        (
            {"OutputS3BucketName": None},
            validation("null", "outputS3BucketName", "Member must not be null"),
        ),
        ({"OutputS3KeyPrefix": "a b"}, validation("'a b'", "outputS3KeyPrefix", KEY_PREFIX)),
        ({"OutputS3KeyPrefix": "é"}, validation("'é'", "outputS3KeyPrefix", KEY_PREFIX)),
        ({"SnsTopicArn": "done"}, validation("'done'", "snsTopicArn", TOPIC)),
        (
            {"SampleRate": "48000"},
            Refusal("InvalidSampleRateException", "The specified sample rate is not valid."),
        ),
        ({"TextType": "ssml"}, Refusal("InvalidSsmlException", "Invalid SSML request")),
        ({"LexiconNames": ["acme"]}, Refusal("LexiconNotFoundException", "Lexicon not found", 404)),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refuses(changes: dict[str, Any], expected: Refusal, polly: Polly) -> None:
    asked = {name: value for name, value in {**TASK, **changes}.items() if value is not None}
    response = polly.ask("POST", "/v1/synthesisTasks", body=json.dumps(asked).encode())
    assert expected.of(response), response


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            {"MaxResults": "0"},
            validation("'0'", "maxResults", "Member must have value greater than or equal to 1"),
        ),
        (
            {"MaxResults": "101"},
            validation("'101'", "maxResults", "Member must have value less than or equal to 100"),
        ),
        (
            {"Status": "done"},
            validation(
                "'done'",
                "status",
                "Member must satisfy enum value set: [scheduled, inProgress, completed, failed]",
            ),
        ),
        (
            {"NextToken": "x" * 4097},
            validation(f"'{'x' * 4097}'", "nextToken", "Member must have length less than or equal to 4096"),
        ),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refuses_to_list(query: dict[str, str], expected: Refusal, polly: Polly) -> None:
    response = polly.ask("GET", "/v1/synthesisTasks", query)
    assert expected.of(response), response


@pytest.mark.parametrize("number", ["ten", "1.5", "", "9" * 20])
def test_counts_in_whole_numbers(number: str, polly: Polly) -> None:
    response = polly.ask("GET", "/v1/synthesisTasks", {"MaxResults": number})
    assert (response.status, response.error_code) == (400, "SerializationException")


def test_knows_no_other_task(polly: Polly) -> None:
    assert NO_TASK.of(polly.ask("GET", "/v1/synthesisTasks/7a5d"))
    response = polly.ask("GET", "/v1/synthesisTasks/a%20b")
    pattern = "^[a-zA-Z0-9_-]{1,100}$"
    assert validation("'a b'", "taskId", PATTERN + pattern).of(response), response
