"""DescribeVoices, and the table behind it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections import Counter
from typing import Any

import pytest

from pytest_polly.services.polly import Backend, backend, voices

from .asking import ACCOUNT_ID, REGION, Polly, Refusal, refusal

NO_TOKEN = Refusal(
    "InvalidNextTokenException",
    "The NextToken is invalid. Verify that it's spelled correctly, and then try again.",
)


def ids(answer: Any) -> list[str]:
    return [voice["Id"] for voice in answer["Voices"]]


def test_lists_every_voice_at_once(shared_client: Any) -> None:
    answer = shared_client.describe_voices()
    assert ids(answer) == list(voices.VOICES)
    assert "NextToken" not in answer


def test_describes_a_voice_as_aws_does(shared_client: Any) -> None:
    described = {voice["Id"]: voice for voice in shared_client.describe_voices()["Voices"]}
    assert described["Penelope"] == {
        "Gender": "Female",
        "Id": "Penelope",
        "LanguageCode": "es-US",
        "LanguageName": "US Spanish",
        "Name": "Penélope",
        "SupportedEngines": ["standard"],
    }
    assert described["Kajal"]["AdditionalLanguageCodes"] == ["hi-IN"]
    assert described["Danielle"]["SupportedEngines"] == ["generative", "long-form", "neural"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"LanguageCode": "cy-GB"}, ["Gwyneth"]),
        ({"LanguageCode": "en-GB", "Engine": "standard"}, ["Amy", "Brian", "Emma"]),
        ({"Engine": "long-form"}, ["Danielle", "Gregory", "Patrick", "Ruth", "Alba", "Raul"]),
        ({"LanguageCode": "hi-IN"}, []),
        ({"LanguageCode": "hi-IN", "IncludeAdditionalLanguageCodes": False}, []),
        (
            {"LanguageCode": "hi-IN", "IncludeAdditionalLanguageCodes": True, "Engine": "neural"},
            ["Kajal"],
        ),
        ({"LanguageCode": "arb", "IncludeAdditionalLanguageCodes": True}, ["Hala", "Zayd", "Zeina"]),
        ({"IncludeAdditionalLanguageCodes": True, "LanguageCode": "fi-FI"}, ["Suvi"]),
    ],
    ids=str,
)
def test_filters(asked: dict[str, Any], expected: list[str], shared_client: Any) -> None:
    assert ids(shared_client.describe_voices(**asked)) == expected


@pytest.mark.parametrize(
    ("asked", "member", "values"),
    [
        ({"Engine": "loud"}, "engine", voices.ENGINES),
        ({"LanguageCode": "en"}, "languageCode", voices.LANGUAGE_CODES),
    ],
)
def test_refuses_a_filter_that_is_none(
    asked: dict[str, str], member: str, values: tuple[str, ...], shared_client: Any
) -> None:
    (value,) = asked.values()
    message = (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{', '.join(values)}]"
    )
    assert refusal(shared_client.describe_voices, **asked) == Refusal("ValidationException", message)


@pytest.mark.parametrize("size", [1, 40, 118, 119, 200])
def test_pages_through_all(size: int, shared_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "VOICES_A_PAGE", size)
    pages = list(shared_client.get_paginator("describe_voices").paginate())
    assert [name for page in pages for name in ids(page)] == list(voices.VOICES)
    assert len(pages) == -(-len(voices.VOICES) // size)
    assert all("NextToken" in page for page in pages[:-1])


def test_a_token_is_for_one_question(shared_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "VOICES_A_PAGE", 1)
    token = shared_client.describe_voices(Engine="neural")["NextToken"]
    assert ids(shared_client.describe_voices(Engine="neural", NextToken=token)) == ["Zayd"]
    assert refusal(shared_client.describe_voices, Engine="standard", NextToken=token) == NO_TOKEN
    assert refusal(shared_client.list_lexicons, NextToken=token) == NO_TOKEN


@pytest.mark.parametrize("start", [-1, 0, 119, 10**9, 1.5, "1", None])
def test_refuses_a_token_that_leads_nowhere(start: object, polly: Polly) -> None:
    token = urlsafe_b64encode(json.dumps([start, "Voices", {}]).encode()).decode()
    assert NO_TOKEN.of(polly.ask("GET", "/v1/voices", {"NextToken": token}))


@pytest.mark.parametrize(
    "token",
    ["x", "é", "W10=", "NQ==", "eyJhIjogMX0=", "W251bGwsICJWb2ljZXMiLCB7fV0=", "W1tb" * 1000],
    ids=str,
)
def test_refuses_a_token_of_somebody_elses(token: str, polly: Polly) -> None:
    response = polly.ask("GET", "/v1/voices", {"NextToken": token})
    assert NO_TOKEN.of(response), response


def test_takes_an_empty_token_for_none(shared_client: Any) -> None:
    assert len(shared_client.describe_voices(NextToken="")["Voices"]) == len(voices.VOICES)


@pytest.mark.parametrize("voice", voices.VOICES.values(), ids=lambda voice: voice.id)
def test_every_voice_speaks_with_its_engines_alone(voice: voices.Voice) -> None:
    polly = Polly(Backend(REGION, ACCOUNT_ID))
    for engine in voices.ENGINES:
        response = polly.speak(VoiceId=voice.id, Engine=engine, LanguageCode=voice.language)
        assert (response.status == 200) is (engine in voice.engines)


def test_as_many_voices_as_the_guide_counts() -> None:
    """43 generative ones (https://docs.aws.amazon.com/polly/latest/dg/generative-voices.html), ten since."""
    engines = Counter(engine for voice in voices.VOICES.values() for engine in voice.engines)
    assert engines["generative"] == 43 + 10
    assert engines["long-form"] == 6


def test_knows_what_botocore_knows(shared_client: Any) -> None:
    """If this fails, AWS has new voices or languages, and the table wants them."""
    shapes = shared_client.meta.service_model.shape_for
    assert set(shapes("VoiceId").enum) <= set(voices.VOICES)
    assert set(shapes("LanguageCode").enum) <= set(voices.LANGUAGE_CODES)
    assert set(shapes("Engine").enum) <= set(voices.ENGINES)


@pytest.mark.parametrize("name", ["Gender", "LanguageCode", "Name"])
def test_agrees_with_moto_where_moto_is_right(name: str) -> None:
    """moto's copy of AWS's own list knows fewer engines, and in older releases fewer languages' names."""
    from moto.polly.resources import VOICE_DATA

    ours = {voice["Id"]: voice for voice in voices.describe({})}
    for theirs in VOICE_DATA:
        known = ours[theirs["Id"]]
        assert known[name] == theirs[name]
        assert set(theirs["SupportedEngines"]) <= set(known["SupportedEngines"])
