"""What the developer guide's boto3 programs do, from a client's side alone.

https://docs.aws.amazon.com/polly/latest/dg/python-samples.html
"""

from __future__ import annotations

import io
import json
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from moto import mock_aws

from pytest_polly import Account, wire
from pytest_polly.gate import Request, Response

from .asking import REGION, Polly
from .listening import hear


def test_synthesise_to_a_file(account: Account, tmp_path: Path) -> None:
    polly = boto3.Session(region_name=REGION).client("polly")
    response = polly.synthesize_speech(Text="Hello world!", OutputFormat="mp3", VoiceId="Joanna")
    speech = tmp_path / "speech.mp3"
    with closing(response["AudioStream"]) as stream:
        speech.write_bytes(stream.read())
    assert hear(speech.read_bytes(), "mp3", 0).seconds == pytest.approx(12 / 15, abs=0.03)


def test_stream_in_chunks(client: Any) -> None:
    """As a web server that passes the sound on does it."""
    text = "Hello world! " * 20
    response = client.synthesize_speech(Text=text, VoiceId="Joanna", OutputFormat="ogg_vorbis")
    with closing(response["AudioStream"]) as stream:
        chunks = list(iter(lambda: stream.read(1024), b""))
    assert len(chunks) > 5
    assert hear(b"".join(chunks), "ogg_vorbis", 0).seconds == pytest.approx(len(text) / 15, abs=0.001)


def test_marks_beside_sound(client: Any) -> None:
    """As a program that moves lips does it: the same request twice, once for each."""
    asked = {"Engine": "neural", "Text": "Mary had a little lamb.", "VoiceId": "Matthew"}
    sound = client.synthesize_speech(**asked, OutputFormat="mp3")["AudioStream"].read()
    marks = client.synthesize_speech(**asked, OutputFormat="json", SpeechMarkTypes=["viseme"])["AudioStream"]
    visemes = [json.loads(viseme) for viseme in marks.read().decode().split() if viseme]
    assert visemes[0] == {"time": 0, "type": "viseme", "value": "p"}
    assert visemes[-1]["time"] <= 1000 * hear(sound, "mp3", 0).seconds


def test_page_through_the_voices(client: Any) -> None:
    """As the guide's web client does it, until there is no token."""
    names: list[str] = []
    parameters: dict[str, Any] = {}
    while True:
        response = client.describe_voices(**parameters)
        names += [voice["Name"] for voice in response["Voices"]]
        if "NextToken" not in response:
            break
        parameters = {"NextToken": response["NextToken"]}
    assert {"Joanna", "Matthew", "Léa"} <= set(names)
    assert len(names) == len(set(names)) > 100


def test_store_a_lexicon_from_a_file(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "w3c.pls"
    path.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<lexicon version="1.0"\n'
        '    xmlns="http://www.w3.org/2005/01/pronunciation-lexicon"\n'
        '    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\n'
        '    xsi:schemaLocation="http://www.w3.org/2005/01/pronunciation-lexicon\n'
        '        http://www.w3.org/TR/2007/CR-pronunciation-lexicon-20071212/pls.xsd"\n'
        '    alphabet="ipa" xml:lang="en-US">\n'
        "  <lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>\n"
        "</lexicon>\n"
    )
    client.put_lexicon(Name="w3c", Content=path.read_text())
    assert [one["Name"] for one in client.list_lexicons()["Lexicons"]] == ["w3c"]
    response = client.get_lexicon(Name="w3c")
    assert response["Lexicon"]["Content"] == path.read_text()
    assert response["LexiconAttributes"]["LexemesCount"] == 1
    client.synthesize_speech(Text="W3C", LexiconNames=["w3c"], OutputFormat="mp3", VoiceId="Joanna")
    client.delete_lexicon(Name="w3c")
    with pytest.raises(client.exceptions.LexiconNotFoundException) as raised:
        client.get_lexicon(Name="w3c")
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize("region", ["us-east-1", REGION])
def test_run_a_task_and_fetch_what_it_made(region: str) -> None:
    with Account(region=region) as account, account.apply("session-token"), mock_aws():
        place = {} if region == "us-east-1" else {"LocationConstraint": region}
        configuration = {"CreateBucketConfiguration": place} if place else {}
        bucket = boto3.resource("s3").create_bucket(Bucket="my-tts-bucket", **configuration)
        polly = boto3.client("polly")
        task = polly.start_speech_synthesis_task(
            OutputS3BucketName=bucket.name, OutputFormat="ogg_opus", Text="Hello " * 900, VoiceId="Amy"
        )["SynthesisTask"]
        while task["TaskStatus"] not in ("completed", "failed"):
            task = polly.get_speech_synthesis_task(TaskId=task["TaskId"])["SynthesisTask"]
        output = io.BytesIO()
        bucket.download_fileobj(task["OutputUri"].split("/")[-1], output)
        assert hear(output.getvalue(), "ogg_opus", 0).seconds == pytest.approx(360, abs=0.001)
        assert {call.service for call in account.calls} == {"polly"}


# A presigned URL is for somebody who has no credentials: a browser, a phone call.


@pytest.fixture
def fetch(account: Account) -> Any:
    """Fetches a URL as a browser does: no header but the host."""

    def fetch(url: str) -> Response:
        response = wire.answer(Request.from_url("GET", url))
        assert isinstance(response, Response)
        return response

    return fetch


def presigned(client: Any, **parameters: Any) -> str:
    url: str = client.generate_presigned_url(
        "synthesize_speech", Params=parameters, ExpiresIn=60, HttpMethod="GET"
    )
    return url


def test_presigned_sound(client: Any, fetch: Any) -> None:
    url = presigned(client, Text="Grüße & mehr?", OutputFormat="mp3", VoiceId="Vicki", SampleRate="16000")
    response = fetch(url)
    assert (response.status, response.headers["Content-Type"]) == (200, "audio/mpeg")
    assert response.headers["x-amzn-RequestCharacters"] == "13"
    assert hear(response.body, "mp3", 0).rate == 16000


def test_presigned_marks_repeat_a_parameter(client: Any, fetch: Any) -> None:
    text = '<speak>One <mark name="m"/>two</speak>'
    types = ["word", "ssml"]
    url = presigned(
        client, Text=text, TextType="ssml", OutputFormat="json", VoiceId="Amy", SpeechMarkTypes=types
    )
    assert [value for name, value in parse_qsl(urlsplit(url).query) if name == "SpeechMarkTypes"] == types
    found = [json.loads(line) for line in fetch(url).body.splitlines()]
    assert [mark["value"] for mark in found] == ["One", "m", "two"]


def test_presigned_lexicons_repeat_a_parameter(client: Any, fetch: Any) -> None:
    url = presigned(client, Text="a", OutputFormat="mp3", VoiceId="Amy", LexiconNames=["acme", "other"])
    assert (fetch(url).status, fetch(url).error_code) == (404, "LexiconNotFoundException")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"VoiceId": "Bob"}, "ValidationException"),
        ({"SampleRate": "1"}, "InvalidSampleRateException"),
        ({"TextType": "ssml"}, "InvalidSsmlException"),
        ({"Text": "x" * 3001}, "TextLengthExceededException"),
    ],
)
def test_presigned_mistakes(changes: dict[str, str], code: str, client: Any, fetch: Any) -> None:
    asked = {"Text": "Hello", "OutputFormat": "mp3", "VoiceId": "Amy"}
    response = fetch(presigned(client, **{**asked, **changes}))
    assert (response.status, response.error_code) == (400, code)


def test_presigned_text_cannot_be_changed(client: Any, fetch: Any) -> None:
    url = presigned(client, Text="Hello", OutputFormat="mp3", VoiceId="Amy")
    response = fetch(url.replace("Text=Hello", "Text=Goodbye"))
    assert (response.status, response.error_code) == (403, "InvalidSignatureException")


def test_bytes_in_a_query_that_are_no_text(polly: Polly) -> None:
    query = "Text=%FF%FEa&OutputFormat=json&VoiceId=Amy&SpeechMarkTypes=word"
    response = polly.ask("GET", "/v1/speech", query)
    assert response.status == 200
    assert json.loads(response.body)["value"] == "a"


def test_what_polly_does_not_know(client: Any, fetch: Any) -> None:
    assert fetch(f"https://polly.{REGION}.amazonaws.com/v2/speech").status == 404
    # Both ways at once over HTTP/2 is more than boto3 or we can do.
    assert fetch(f"https://polly.{REGION}.amazonaws.com/v1/synthesisStream").status == 404
