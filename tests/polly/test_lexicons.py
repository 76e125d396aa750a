"""Lexicons: what is kept, what is said of it, what is refused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from pytest_polly import Account
from pytest_polly.gate import Response
from pytest_polly.services.polly import lexicons

from .asking import ACCOUNT_ID, REGION, SPEECH, Polly, Refusal, refusal

NO_LEXICON = Refusal("LexiconNotFoundException", "Lexicon not found", 404)
NO_PLS = Refusal("InvalidLexiconException", "Invalid PLS Lexicon")
NO_TAGS = Refusal("InvalidTagParameterException", "The resource ARN or a tag in the request isn't valid.")
NO_RESOURCE = Refusal("ResourceNotFoundException", "Amazon Polly can't find the specified resource.", 404)
TOO_MANY_TAGS = Refusal("TooManyTagsException", "The list of tags on the resource is over the limit.")


def lexeme(text: str = "World Wide Web Consortium", tag: str = "alias") -> str:
    return f"<lexeme><grapheme>W3C</grapheme><{tag}>{text}</{tag}></lexeme>"


def pls(
    *lexemes: str,
    language: str = 'xml:lang="en-US"',
    alphabet: str = 'alphabet="ipa"',
    namespace: str = "http://www.w3.org/2005/01/pronunciation-lexicon",
) -> str:
    start = f'<lexicon version="1.0" xmlns="{namespace}" {alphabet} {language}>'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{start}{"".join(lexemes)}</lexicon>'


CONTENT = pls(lexeme(), lexeme("w3:ld", "phoneme"))


def test_life_of_a_lexicon(client: Any, account: Account) -> None:
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    client.put_lexicon(Name="acme", Content=CONTENT)
    found = client.get_lexicon(Name="acme")
    assert found["Lexicon"] == {"Name": "acme", "Content": CONTENT}
    attributes = found["LexiconAttributes"]
    assert before <= attributes.pop("LastModified") <= datetime.now(timezone.utc)
    assert attributes == {
        "Alphabet": "ipa",
        "LanguageCode": "en-US",
        "LexemesCount": 2,
        "LexiconArn": f"arn:aws:polly:{REGION}:{account.account_id}:lexicon/acme",
        "Size": len(CONTENT),
    }
    (listed,) = client.list_lexicons()["Lexicons"]
    assert listed["Name"] == "acme"
    assert listed["Attributes"] == client.get_lexicon(Name="acme")["LexiconAttributes"]
    assert client.synthesize_speech(**SPEECH, LexiconNames=["acme"])["RequestCharacters"] == 23
    client.delete_lexicon(Name="acme")
    assert client.list_lexicons()["Lexicons"] == []
    for call in (client.get_lexicon, client.delete_lexicon):
        assert refusal(call, Name="acme") == NO_LEXICON
    assert refusal(client.synthesize_speech, **SPEECH, LexiconNames=["acme"]) == NO_LEXICON


def test_putting_again_overwrites(client: Any) -> None:
    client.put_lexicon(Name="acme", Content=CONTENT)
    client.put_lexicon(Name="acme", Content=pls(lexeme(), language='xml:lang="de-DE"'))
    attributes = client.get_lexicon(Name="acme")["LexiconAttributes"]
    assert (attributes["LexemesCount"], attributes["LanguageCode"]) == (1, "de-DE")
    assert len(client.list_lexicons()["Lexicons"]) == 1


def test_belongs_to_one_account_and_region(client: Any) -> None:
    client.put_lexicon(Name="acme", Content=CONTENT)
    assert boto3.client("polly", region_name="us-west-2").list_lexicons()["Lexicons"] == []
    with Account(region=REGION) as other, other.apply("long-term"):
        assert boto3.client("polly").list_lexicons()["Lexicons"] == []


def test_is_not_in_motos_own_polly(client: Any) -> None:
    from moto.polly.models import polly_backends

    client.put_lexicon(Name="acme", Content=CONTENT)
    backends = [backend for account in polly_backends.values() for backend in account.values()]
    assert [backend.list_lexicons() for backend in backends if backend.list_lexicons()] == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", NO_PLS),
        ("Hello", NO_PLS),
        (CONTENT[:-1], NO_PLS),
        ("<lexicon/>", NO_PLS),
        (pls(lexeme(), namespace="http://example.com/"), NO_PLS),
        (pls(lexeme(), language=""), NO_PLS),
        (pls(lexeme(), alphabet=""), NO_PLS),
        (pls("<lexeme><grapheme>W3C</grapheme></lexeme>"), NO_PLS),
        (pls("<lexeme><alias>W3C</alias></lexeme>"), NO_PLS),
        (pls("<entry/>"), NO_PLS),
        (CONTENT.replace("lexicon", "lexica", 1).replace("</lexicon>", "</lexica>"), NO_PLS),
        (
            pls(lexeme(), language='xml:lang="tlh"'),
            Refusal("UnsupportedPlsLanguageException", "Unsupported PLS language"),
        ),
        (
            pls(lexeme(), alphabet='alphabet="arpabet"'),
            Refusal("UnsupportedPlsAlphabetException", "Unsupported PLS alphabet"),
        ),
        (
            pls(lexeme("x" * 101)),
            Refusal(
                "MaxLexemeLengthExceededException",
                "The maximum size of the lexeme would be exceeded by this operation.",
            ),
        ),
        (
            pls(lexeme("x" * 101, "phoneme")),
            Refusal(
                "MaxLexemeLengthExceededException",
                "The maximum size of the lexeme would be exceeded by this operation.",
            ),
        ),
        (
            CONTENT + " " * (40_001 - len(CONTENT)),
            Refusal(
                "LexiconSizeExceededException",
                "The maximum size of the specified lexicon would be exceeded by this operation.",
            ),
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_refuses_what_is_no_lexicon(content: str, expected: Refusal, polly: Polly) -> None:
    response = put(polly, "acme", Content=content)
    assert expected.of(response), response
    assert NO_LEXICON.of(polly.ask("GET", "/v1/lexicons/acme"))


@pytest.mark.parametrize(
    "content",
    [
        pls(),
        pls(lexeme("x" * 100)),
        pls(lexeme(), language='xml:lang="en"'),
        pls(lexeme(), alphabet='alphabet="x-sampa"'),
        pls(lexeme() + "<!-- done -->"),
        CONTENT + " " * (40_000 - len(CONTENT)),
        CONTENT.replace("UTF-8", "UTF-16"),
    ],
    ids=lambda value: value[-60:],
)
def test_takes_what_is_a_lexicon(content: str, polly: Polly) -> None:
    response = put(polly, "acme", Content=content)
    assert (response.status, response.body) == (200, b"{}")


@pytest.mark.parametrize("name", ["acme-1", "a" * 21, "é", "a b", "acme\n", "a/b"], ids=ascii)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_refuses_a_name_that_is_none(method: str, name: str, polly: Polly) -> None:
    body = json.dumps({"Content": CONTENT}).encode() if method == "PUT" else b""
    response = polly.ask(method, f"/v1/lexicons/{quote(name, safe='')}", body=body)
    message = (
        f"1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [0-9A-Za-z]{1,20}"
    )
    assert Refusal("ValidationException", message).of(response), response


def test_no_more_than_a_hundred(polly: Polly) -> None:
    for number in range(lexicons.MOST_LEXICONS):
        assert put(polly, f"n{number}", Content=CONTENT).status == 200
    expected = Refusal(
        "MaxLexiconsNumberExceededException",
        "The maximum number of lexicons would be exceeded by this operation.",
    )
    assert expected.of(put(polly, "one", Content=CONTENT))
    assert put(polly, "n0", Content=CONTENT).status == 200, "overwriting adds none"
    assert len(json.loads(polly.ask("GET", "/v1/lexicons").body)["Lexicons"]) == 100
    polly.ask("DELETE", "/v1/lexicons/n0")
    assert put(polly, "one", Content=CONTENT).status == 200


# Tags: on the wire, since boto3 has known them only since 1.44 -----------------------------------

ARN = f"arn:aws:polly:{REGION}:{ACCOUNT_ID}:lexicon/acme"


def put(polly: Polly, name: str, **body: Any) -> Response:
    return polly.ask("PUT", f"/v1/lexicons/{name}", body=json.dumps(body).encode())


def tag(polly: Polly, tags: dict[str, str], arn: str = ARN) -> Response:
    body = {"ResourceArn": arn, "Tags": tags}
    return polly.ask("POST", "/v1/tagResource", body=json.dumps(body).encode())


def untag(polly: Polly, *keys: str, arn: str = ARN) -> Response:
    body = {"ResourceArn": arn, "TagKeys": keys}
    return polly.ask("POST", "/v1/untagResource", body=json.dumps(body).encode())


def tags(polly: Polly, arn: str = ARN) -> Any:
    return json.loads(polly.ask("GET", "/v1/listTagsForResource/", {"arn": arn}).body)["Tags"]


def test_tags_stay_with_the_lexicon(polly: Polly) -> None:
    put(polly, "acme", Content=CONTENT, Tags={"team": "voice", "cost": ""})
    assert tags(polly) == {"team": "voice", "cost": ""}
    assert tag(polly, {"team": "sound", "stage": "test"}).status == 200
    assert untag(polly, "cost", "unheard").status == 200
    assert put(polly, "acme", Content=CONTENT).status == 200
    assert tags(polly) == {"team": "sound", "stage": "test"}
    polly.ask("DELETE", "/v1/lexicons/acme")
    assert NO_RESOURCE.of(polly.ask("GET", "/v1/listTagsForResource/", {"arn": ARN}))
    put(polly, "acme", Content=CONTENT)
    assert tags(polly) == {}


def test_tags_come_with_a_new_lexicon_only(polly: Polly) -> None:
    put(polly, "acme", Content=CONTENT)
    again = put(polly, "acme", Content=CONTENT, Tags={"a": "b"})
    message = "Tags can be specified only when a lexicon is created"
    assert Refusal("ValidationException", message).of(again)
    assert tags(polly) == {}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"": "empty key"}, NO_TAGS),
        ({"k" * 129: "long key"}, NO_TAGS),
        ({"long value": "v" * 257}, NO_TAGS),
        ({f"key{number}": "" for number in range(51)}, TOO_MANY_TAGS),
    ],
    ids=lambda value: str(value)[:20],
)
def test_refuses_tags_that_are_none(asked: dict[str, str], expected: Refusal, polly: Polly) -> None:
    assert expected.of(put(polly, "acme", Content=CONTENT, Tags=asked))
    assert NO_LEXICON.of(polly.ask("GET", "/v1/lexicons/acme"))
    put(polly, "acme", Content=CONTENT)
    assert expected.of(tag(polly, asked))
    assert tags(polly) == {}


@pytest.mark.parametrize("count", [0, 201])
def test_refuses_more_tags_than_can_be_sent(count: int, polly: Polly) -> None:
    asked = {f"key{number}": "x" for number in range(count)}
    written = ", ".join(f"{key}={value}" for key, value in asked.items())
    bound = "less than or equal to 200" if count else "greater than or equal to 1"
    message = (
        f"1 validation error detected: Value '{{{written}}}' at 'tags' failed to satisfy constraint: "
        f"Member must have length {bound}"
    )
    assert Refusal("ValidationException", message).of(tag(polly, asked))


@pytest.mark.parametrize(
    ("arn", "expected"),
    [
        ("acme", NO_TAGS),
        (ARN.replace(REGION, "us-west-2"), NO_TAGS),
        (ARN.replace(ACCOUNT_ID, "9" * 12), NO_TAGS),
        (ARN + "2", NO_RESOURCE),
    ],
)
def test_refuses_an_arn_of_nothing(arn: str, expected: Refusal, polly: Polly) -> None:
    put(polly, "acme", Content=CONTENT)
    assert expected.of(polly.ask("GET", "/v1/listTagsForResource/", {"arn": arn}))
    assert expected.of(tag(polly, {"a": "b"}, arn))
    assert expected.of(untag(polly, "a", arn=arn))
