"""Parameters that Polly refuses: codes, statuses and messages, by boto3 and on the wire."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_polly import Account
from pytest_polly.services.polly import Backend
from pytest_polly.services.polly.voices import LANGUAGE_CODES, VOICES

from .asking import ACCOUNT_ID, FAMILY_OF_FRONT_END, REGION, SPEECH, Polly, Refusal, refusal

#: What is changed in a request for speech that nothing is wrong with, and what Polly says to that.
#: Seen at AWS: https://github.com/boto/boto3/issues/3545 (SSML), https://github.com/aws/aws-sdk-js/issues/2845
#: (features), https://github.com/agentzh/amazon-polly-batch/issues/2 (length),
#: https://github.com/hoffm/the-weather-in-brooklyn/issues/1 (engine),
#: https://github.com/jishi/node-sonos-http-api/issues/658 (voice). The others are the service model's words.
TOO_LONG = Refusal("TextLengthExceededException", "Maximum text length has been exceeded")
NO_RATE = Refusal("InvalidSampleRateException", "The specified sample rate is not valid.")
NO_SSML = Refusal("InvalidSsmlException", "Invalid SSML request")
NO_FEATURE = Refusal("ValidationException", "This voice does not support one of the used SSML features")
NO_LANGUAGE = Refusal(
    "LanguageNotSupportedException",
    "The language specified is not currently supported by Amazon Polly in this capacity.",
)
NO_MARKS = Refusal(
    "MarksNotSupportedForFormatException",
    "Speech marks are not supported for the OutputFormat selected. "
    "Speech marks are only available for content in json format.",
)
NO_SSML_MARKS = Refusal(
    "SsmlMarksNotSupportedForTextTypeException",
    "SSML speech marks are not supported for plain text-type input.",
)
NO_LEXICON = Refusal("LexiconNotFoundException", "Lexicon not found", 404)


def no_engine(engine: str) -> Refusal:
    return Refusal("ValidationException", f"This voice does not support the selected engine: {engine}")


def invalid(*errors: tuple[str, str, str]) -> Refusal:
    """The sentence of AWS's common validator, for the value, the member and the constraint of each error."""
    sentences = "; ".join(
        f"Value {value} at '{member}' failed to satisfy constraint: {constraint}"
        for value, member, constraint in errors
    )
    noun = "error" if len(errors) == 1 else "errors"
    return Refusal("ValidationException", f"{len(errors)} validation {noun} detected: {sentences}")


def enum(*values: str) -> str:
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


ENGINES = enum("standard", "neural", "long-form", "generative")
FORMATS = enum("json", "mp3", "ogg_vorbis", "ogg_opus", "pcm", "mulaw", "alaw")
TEXT_TYPES = enum("ssml", "text")
MARK_TYPES = enum("sentence", "ssml", "viseme", "word")
LEXICON_NAME = "Member must satisfy regular expression pattern: [0-9A-Za-z]{1,20}"
NULL = "Member must not be null"

JSON = {"OutputFormat": "json"}
SSML = {"TextType": "ssml"}

ROWS: dict[str, tuple[dict[str, Any], Refusal]] = {
    "unescaped ampersand": ({**SSML, "Text": "<speak>Tom & Jerry</speak>"}, NO_SSML),
    "bad tag": ({**SSML, "Text": "<speak><shout>Hi</shout></speak>"}, NO_SSML),
    "plain text as ssml": (SSML, NO_SSML),
    "pitch on a neural voice": (
        {**SSML, "Text": '<speak><prosody pitch="high">Hi</prosody></speak>', "Engine": "neural"},
        NO_FEATURE,
    ),
    "news by a voice that reads none": (
        {
            **SSML,
            "Text": '<speak><amazon:domain name="news">Hi</amazon:domain></speak>',
            "VoiceId": "Kendra",
            "Engine": "neural",
        },
        NO_FEATURE,
    ),
    "text too long": ({"Text": "x" * 3001}, TOO_LONG),
    "ssml too long without its tags": ({**SSML, "Text": f"<speak>{'x' * 3001}</speak>"}, TOO_LONG),
    "ssml too long with its tags": ({**SSML, "Text": f"<speak>{'<break/>' * 750}</speak>"}, TOO_LONG),
    "voice without the engine": ({"VoiceId": "Hans", "Engine": "neural"}, no_engine("neural")),
    "voice without the engine by default": ({"VoiceId": "Kevin"}, no_engine("standard")),
    "voice without long-form": ({"Engine": "long-form"}, no_engine("long-form")),
    "viseme by a generative voice": (
        {**JSON, "SpeechMarkTypes": ["word", "viseme"], "Engine": "generative"},
        Refusal(
            "ValidationException",
            "The selected speech mark type - viseme - is not supported for this engine: generative",
        ),
    ),
    "unknown voice": ({"VoiceId": "Bob"}, invalid(("'Bob'", "voiceId", enum(*VOICES)))),
    "voice in the wrong case": ({"VoiceId": "joanna"}, invalid(("'joanna'", "voiceId", enum(*VOICES)))),
    "unknown engine": ({"Engine": "Neural"}, invalid(("'Neural'", "engine", ENGINES))),
    "unknown format": ({"OutputFormat": "wav"}, invalid(("'wav'", "outputFormat", FORMATS))),
    "format misspelled": ({"OutputFormat": "ogg"}, invalid(("'ogg'", "outputFormat", FORMATS))),
    "unknown text type": ({"TextType": "html"}, invalid(("'html'", "textType", TEXT_TYPES))),
    "unknown language": (
        {"LanguageCode": "en-XX"},
        invalid(("'en-XX'", "languageCode", enum(*LANGUAGE_CODES))),
    ),
    "several at once": (
        {"Engine": "e", "OutputFormat": "o", "TextType": "t"},
        invalid(
            ("'e'", "engine", ENGINES), ("'o'", "outputFormat", FORMATS), ("'t'", "textType", TEXT_TYPES)
        ),
    ),
    "unknown mark": (
        {**JSON, "SpeechMarkTypes": ["word", "sentance"]},
        invalid(("'[word, sentance]'", "speechMarkTypes", f"Member must satisfy constraint: [{MARK_TYPES}]")),
    ),
    "too many marks": (
        {**JSON, "SpeechMarkTypes": ["word"] * 5},
        invalid(
            (
                "'[word, word, word, word, word]'",
                "speechMarkTypes",
                "Member must have length less than or equal to 4",
            )
        ),
    ),
    "too many lexicons": (
        {"LexiconNames": list("abcdef")},
        invalid(("'[a, b, c, d, e, f]'", "lexiconNames", "Member must have length less than or equal to 5")),
    ),
    "lexicon's name": (
        {"LexiconNames": ["not-a-name"]},
        invalid(("'[not-a-name]'", "lexiconNames", f"Member must satisfy constraint: [{LEXICON_NAME}]")),
    ),
    "lexicon that is not there": ({"LexiconNames": ["acme"]}, NO_LEXICON),
    "rate of no format": ({"SampleRate": "11025"}, NO_RATE),
    "rate of another format": ({"OutputFormat": "pcm", "SampleRate": "22050"}, NO_RATE),
    "rate of opus": ({"OutputFormat": "ogg_opus", "SampleRate": "24000"}, NO_RATE),
    "rate of mulaw": ({"OutputFormat": "mulaw", "SampleRate": "16000"}, NO_RATE),
    "rate of alaw": ({"OutputFormat": "alaw", "SampleRate": "16000"}, NO_RATE),
    "rate of marks": ({**JSON, "SpeechMarkTypes": ["word"], "SampleRate": "1"}, NO_RATE),
    "rate in words": ({"SampleRate": "16 kHz"}, NO_RATE),
    "rate of nothing": ({"SampleRate": ""}, NO_RATE),
    "language of another voice": ({"LanguageCode": "de-DE"}, NO_LANGUAGE),
    "language of a bilingual voice": ({"VoiceId": "Aditi", "LanguageCode": "en-US"}, NO_LANGUAGE),
    "marks in sound": ({"SpeechMarkTypes": ["word"]}, NO_MARKS),
    "ssml marks in plain text": ({**JSON, "SpeechMarkTypes": ["ssml"]}, NO_SSML_MARKS),
    "no marks in json": (
        JSON,
        Refusal("ValidationException", "Speech mark types are required for the output format json"),
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_boto3_raises(row: str, shared_client: Any) -> None:
    changes, expected = ROWS[row]
    assert refusal(shared_client.synthesize_speech, **{**SPEECH, **changes}) == expected


@pytest.mark.parametrize("row", ROWS)
def test_wire(row: str, polly: Polly) -> None:
    changes, expected = ROWS[row]
    response = polly.speak(**changes)
    assert expected.of(response), response


# Older models have no class for ValidationException.
@pytest.mark.parametrize("code", sorted({row[1].code for row in ROWS.values()} - {"ValidationException"}))
def test_boto3_has_a_class_for_it(code: str, shared_client: Any) -> None:
    changes = next(changes for changes, expected in ROWS.values() if expected.code == code)
    with pytest.raises(getattr(shared_client.exceptions, code)):
        shared_client.synthesize_speech(**{**SPEECH, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"Text": "x" * 3000},
        {**SSML, "Text": f"<speak>{'x' * 3000}</speak>"},
        {**SSML, "Text": f"<speak>{'<break/>' * 700}</speak>"},
        {"VoiceId": "Aditi", "LanguageCode": "hi-IN"},
        {"VoiceId": "Aditi", "LanguageCode": "en-IN"},
        {"VoiceId": "Patrick", "Engine": "long-form"},
        {"VoiceId": "Tiffany", "Engine": "generative"},
        {**JSON, "SpeechMarkTypes": ["word"], "SampleRate": "8000"},
        {**JSON, "SpeechMarkTypes": ["word", "sentence"], "Engine": "generative"},
        {"SpeechMarkTypes": []},
        {"Unheard": "of"},
        {"Engine": None, "LanguageCode": None},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_takes_what_is_within_the_limits(changes: dict[str, Any], polly: Polly) -> None:
    assert polly.speak(**changes).status == 200


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        (b"", ["outputFormat", "text", "voiceId"]),
        (b"{}", ["outputFormat", "text", "voiceId"]),
        (b'{"Text":null,"OutputFormat":"mp3","VoiceId":"Joanna"}', ["text"]),
        (b'{"Text":"a","OutputFormat":"mp3"}', ["voiceId"]),
        (b'{"text":"a","OutputFormat":"mp3","VoiceId":"Joanna"}', ["text"]),
    ],
)
def test_names_what_is_missing(body: bytes, missing: list[str], polly: Polly) -> None:
    response = polly.ask("POST", "/v1/speech", body=body)
    assert invalid(*(("null", member, NULL) for member in missing)).of(response), response


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", ""),
        (b"Text=Hello", ""),
        (b"\xff\xfe", ""),
        (b'{"Text":"\xff"}', ""),
        (b"[" * 100_000, ""),
        (b'{"Text":' * 100_000, ""),
        (b"9" * 10_000, ""),
        (b"[]", "Start of list found where not expected"),
        (b'"Hello"', "Unexpected value type in payload"),
        (b'{"Text":1}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Text":NaN}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Text":true}', "TRUE_VALUE can not be converted to a String"),
        (b'{"SpeechMarkTypes":[null]}', "NULL_VALUE can not be converted to a String"),
        (b'{"SampleRate":16000}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Text":["a"]}', "Start of list found where not expected"),
        (b'{"Text":{}}', "Start of structure or map found where not expected."),
        (b'{"LexiconNames":"a"}', "Unexpected value type in payload"),
        (b'{"LexiconNames":{}}', "Start of structure or map found where not expected."),
    ],
    ids=lambda value: str(value)[:24],
)
def test_refuses_what_it_cannot_read(body: bytes, message: str, polly: Polly) -> None:
    response = polly.ask("POST", "/v1/speech", body=body)
    assert Refusal("SerializationException", message, 400, FAMILY_OF_FRONT_END).of(response), response


def test_credentials_are_judged_first(account: Account, client: Any) -> None:
    account.deactivate_key()
    refused = refusal(client.synthesize_speech, **{**SPEECH, "VoiceId": "Bob"})
    assert (refused.code, refused.status) == ("UnrecognizedClientException", 403)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "caf\u00e9 \ud83d"], ids=ascii)
def test_half_a_character_is_no_accident(text: str, polly: Polly) -> None:
    """JSON can escape half of a character, which no UTF-8 can carry: it becomes a question mark."""
    body = json.dumps({**SPEECH, **JSON, "Text": text, "SpeechMarkTypes": ["word"]}).encode()
    assert polly.ask("POST", "/v1/speech", body=body).status == 200
    assert b"Value '?'" in polly.speak(VoiceId="\ud800").body


WRONG = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "Engine": st.sampled_from(["standard", "neural", "long-form", "generative"]),
    "LanguageCode": st.sampled_from(LANGUAGE_CODES),
    "LexiconNames": st.lists(st.just("acme"), max_size=6),
    "OutputFormat": st.sampled_from(["json", "mp3", "ogg_vorbis", "ogg_opus", "pcm", "mulaw", "alaw"]),
    "SampleRate": st.sampled_from(["8000", "16000", "22050", "24000", "44100", "48000", "-1", "²"]),
    "SpeechMarkTypes": st.lists(st.sampled_from(["sentence", "ssml", "viseme", "word"]), max_size=5),
    "Text": st.text(max_size=20) | st.text("<speak/>&'ab \"", max_size=30).map("<speak>{}</speak>".format),
    "TextType": st.sampled_from(["ssml", "text"]),
    "VoiceId": st.sampled_from(list(VOICES)),
    "Tags": WRONG,
}
BODIES = st.fixed_dictionaries({}, optional={name: right | WRONG for name, right in RIGHT.items()})


@settings(deadline=None)
@given(body=BODIES | WRONG)
def test_no_body_is_too_strange_for_an_answer(body: Any) -> None:
    polly = Polly(Backend(REGION, ACCOUNT_ID))
    response = polly.ask("POST", "/v1/speech", body=json.dumps(body).encode())
    assert response.status in (200, 400, 404)
    assert response.status == 200 or json.loads(response.body).keys() == {"message"}


PATHS = [
    ("POST", "/v1/synthesisTasks"),
    ("PUT", "/v1/lexicons/acme"),
    ("POST", "/v1/tagResource"),
    ("POST", "/v1/untagResource"),
]


@settings(deadline=None)
@given(
    where=st.sampled_from(PATHS),
    body=st.dictionaries(st.sampled_from([*RIGHT, "Content", "ResourceArn"]), WRONG) | WRONG,
)
def test_nor_for_another_operation(where: tuple[str, str], body: Any) -> None:
    response = Polly(Backend(REGION, ACCOUNT_ID)).ask(*where, body=json.dumps(body).encode())
    assert response.status == 400


@settings(deadline=None)
@given(
    path=st.sampled_from(["/v1/voices", "/v1/lexicons", "/v1/synthesisTasks", "/v1/speech"]),
    query=st.dictionaries(
        st.sampled_from([*RIGHT, "NextToken", "MaxResults", "Status", "IncludeAdditionalLanguageCodes"]),
        st.text(max_size=12) | st.integers().map(str),
    ),
)
def test_no_query_is_too_strange_for_an_answer(path: str, query: dict[str, str]) -> None:
    response = Polly(Backend(REGION, ACCOUNT_ID)).ask("GET", path, query)
    assert response.status in (200, 400, 404)
