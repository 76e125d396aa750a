"""Speech marks: what is said when, and where it stands in the text as it was sent."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_polly.services.polly import Backend, sounds

from .asking import ACCOUNT_ID, REGION, SPEECH, Polly, lines
from .listening import hear

MARKS = {"OutputFormat": "json"}

#: https://docs.aws.amazon.com/polly/latest/dg/viseme.html
FACES = {"p", "t", "S", "T", "f", "k", "i", "r", "s", "u", "@", "a", "e", "E", "o", "O", "sil"}

#: The two examples of the developer guide: its text, and what of its answer does not depend on the voice.
#: https://docs.aws.amazon.com/polly/latest/dg/sp-mks-example1.html
PLAIN = "Mary had a little lamb."
PLAIN_MARKS = [
    ("sentence", 0, 23, "Mary had a little lamb."),
    ("word", 0, 4, "Mary"),
    ("word", 5, 8, "had"),
    ("word", 9, 10, "a"),
    ("word", 11, 17, "little"),
    ("word", 18, 22, "lamb"),
]
#: https://docs.aws.amazon.com/polly/latest/dg/sp-mks-example2.html
MARKED_UP = (
    '<speak><prosody volume="+20dB">Mary had <break time="300ms"/>a little '
    '<mark name="animal"/>lamb</prosody></speak>'
)
MARKED_UP_MARKS = [
    ("sentence", 31, 95, 'Mary had <break time="300ms"/>a little <mark name="animal"/>lamb'),
    ("word", 31, 35, "Mary"),
    ("word", 36, 39, "had"),
    ("word", 40, 61, '<break time="300ms"/>'),
    ("word", 61, 62, "a"),
    ("word", 63, 69, "little"),
    ("ssml", 70, 91, "animal"),
    ("word", 91, 95, "lamb"),
]


def without_time(marks: list[dict[str, Any]]) -> list[tuple[str, int, int, str]]:
    return [(mark["type"], mark["start"], mark["end"], mark["value"]) for mark in marks]


def test_guide_example_without_ssml(polly: Polly) -> None:
    response = polly.speak(**MARKS, Text=PLAIN, SpeechMarkTypes=["word", "sentence"])
    assert response.headers["Content-Type"] == "application/x-json-stream"
    assert response.headers["x-amzn-RequestCharacters"] == "23"
    assert without_time(lines(response.body)) == PLAIN_MARKS


def test_guide_example_with_ssml(polly: Polly) -> None:
    types = ["ssml", "word", "sentence"]
    response = polly.speak(**MARKS, Text=MARKED_UP, TextType="ssml", SpeechMarkTypes=types)
    assert response.headers["x-amzn-RequestCharacters"] == str(len("Mary had a little lamb"))
    assert without_time(lines(response.body)) == MARKED_UP_MARKS


def test_is_written_to_the_letter_as_by_aws(polly: Polly) -> None:
    response = polly.speak(**MARKS, Text="Either/or.", SpeechMarkTypes=["sentence"])
    assert response.body == b'{"time":0,"type":"sentence","start":0,"end":10,"value":"Either\\/or."}\n'


def test_boto3_reads_them(client: Any) -> None:
    answer = client.synthesize_speech(**{**SPEECH, **MARKS}, SpeechMarkTypes=["word"])
    assert answer["ContentType"] == "application/x-json-stream"
    words = [json.loads(line)["value"] for line in answer["AudioStream"].read().splitlines()]
    assert words == ["Mary", "had", "a", "little", "lamb"]


@pytest.mark.parametrize("name", ["mp3", "pcm"])
def test_times_are_those_of_the_sound(name: str, polly: Polly) -> None:
    """The last word begins after as much of the sound as there is text before it."""
    text = "One two three four five six seven eight nine ten."
    sound = polly.speak(Text=text, OutputFormat=name)
    last = lines(polly.speak(**MARKS, Text=text, SpeechMarkTypes=["word"]).body)[-1]
    seconds = hear(sound.body, name, 16000).seconds
    assert last["value"] == "ten"
    assert last["time"] / 1000 == pytest.approx(seconds * text.index("ten") / len(text), abs=0.05)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Grüße aus Köln", ["Grüße", "aus", "Köln"]),
        ("Don't stop, well-known e.g. 3.50 $5!", ["Don't", "stop", "well-known", "e.g", "3.50", "5"]),
        ("नमस्ते दुनिया।", ["नमस्ते", "दुनिया"]),
        ("你好，世界。", ["你好", "世界"]),  # noqa: RUF001
        ("smile 😀 now", ["smile", "now"]),
        ("((really))?!", ["really"]),
        ("  ...  ", []),
        ("", []),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_offsets_count_bytes(text: str, words: list[str], polly: Polly) -> None:
    marks = polly.speak(**MARKS, Text=text, SpeechMarkTypes=["word"]).body
    found = lines(marks) if words else []
    assert [mark["value"] for mark in found] == words
    for mark in found:
        assert text.encode()[mark["start"] : mark["end"]].decode() == mark["value"]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ('He said: "Go." She went.', ['He said: "Go."', "She went."]),
        ("It costs 3.50 now. Really", ["It costs 3.50 now.", "Really"]),
        ("你好。世界！", ["你好。", "世界！"]),  # noqa: RUF001
        ("...", []),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_sentences_end_where_they_end(text: str, sentences: list[str], polly: Polly) -> None:
    marks = polly.speak(**MARKS, Text=text, SpeechMarkTypes=["sentence"]).body
    assert [mark["value"] for mark in (lines(marks) if sentences else [])] == sentences


@pytest.mark.parametrize(
    ("inside", "sentences", "words"),
    [
        ("<p>One</p><p>two</p>", ["One", "two"], ["One", "two"]),
        ("<s>One</s> two", ["One", "two"], ["One", "two"]),
        ("zero <p>One</p>", ["zero", "One"], ["zero", "One"]),
        ("Tom &amp; Jerry", ["Tom &amp; Jerry"], ["Tom", "Jerry"]),
        ("rock&apos;n&#39;roll", ["rock&apos;n&#39;roll"], ["rock&apos;n&#39;roll"]),
        ("a &#233;t&#xe9; b", ["a &#233;t&#xe9; b"], ["a", "&#233;t&#xe9;", "b"]),
        ("one\r\ntwo", ["one\r\ntwo"], ["one", "two"]),
        ("<![CDATA[x]]> y", ["x]]> y"], ["x", "y"]),
        ("<!-- no --> yes", ["yes"], ["yes"]),
        ("ü<emphasis>ber</emphasis>", ["ü<emphasis>ber"], ["ü", "ber"]),
        ('<sub alias="a > b">AB</sub>', ["AB"], ["AB"]),
    ],
)
def test_offsets_count_the_markup(inside: str, sentences: list[str], words: list[str], polly: Polly) -> None:
    text = f"<speak>{inside}</speak>"
    types = ["sentence", "word"]
    found = lines(polly.speak(**MARKS, Text=text, TextType="ssml", SpeechMarkTypes=types).body)
    assert [mark["value"] for mark in found if mark["type"] == "sentence"] == sentences
    assert [mark["value"] for mark in found if mark["type"] == "word"] == words
    for mark in found:
        assert text.encode()[mark["start"] : mark["end"]].decode() == mark["value"]


@pytest.mark.parametrize("tag", ["<mark name='a > b'/>", '<mark  name="a > b" ></mark>'])
def test_ssml_mark_spans_its_tag(tag: str, polly: Polly) -> None:
    text = f"<speak>é {tag} end</speak>"
    (mark,) = lines(polly.speak(**MARKS, Text=text, TextType="ssml", SpeechMarkTypes=["ssml"]).body)
    assert mark["value"] == "a > b"
    assert text.encode()[mark["start"] : mark["end"]].decode() == tag.removesuffix("</mark>")


@pytest.mark.parametrize(
    ("text", "faces"),
    [
        ("Mary", ["p", "a", "r", "i", "sil"]),
        ("This SHOE", ["T", "i", "s", "S", "o", "E", "sil"]),
        ("Élan İ", ["E", "t", "a", "t", "i", "sil"]),
        ("日本", ["@", "@", "sil"]),
        ("One. Two.", ["o", "t", "E", "sil", "t", "u", "o", "sil"]),
    ],
    ids=ascii,
)
def test_visemes_follow_the_letters(text: str, faces: list[str], polly: Polly) -> None:
    found = lines(polly.speak(**MARKS, Text=text, SpeechMarkTypes=["viseme"]).body)
    assert [mark["value"] for mark in found] == faces
    assert all(set(mark) == {"time", "type", "value"} for mark in found)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80)
ALL = ["viseme", "word", "sentence"]


@settings(deadline=None)
@example(text="\N{MYANMAR CONSONANT SIGN SHAN MEDIAL WA}")
@given(text=TEXTS)
def test_marks_of_any_text_fit_it_and_its_sound(text: str) -> None:
    response = Polly(Backend(REGION, ACCOUNT_ID)).speak(**MARKS, Text=text, SpeechMarkTypes=ALL)
    marks = lines(response.body) if response.body else []
    times = [mark["time"] for mark in marks]
    assert times == sorted(times)
    assert all(0 <= time <= sounds.milliseconds(len(text)) for time in times)
    sentences = [range(mark["start"], mark["end"]) for mark in marks if mark["type"] == "sentence"]
    for mark in marks:
        if mark["type"] == "viseme":
            assert mark["value"] in FACES
            continue
        assert text.encode()[mark["start"] : mark["end"]].decode() == mark["value"]
        if mark["type"] == "word":
            assert any(mark["start"] in span and mark["end"] - 1 in span for span in sentences)


@settings(deadline=None)
@given(pieces=st.lists(st.text("ab é&<'😀.", max_size=8), max_size=5))
def test_marks_of_any_ssml_are_slices_of_it(pieces: list[str]) -> None:
    tag = '<mark name="m"/>'
    text = f"<speak>{tag.join(map(escape, pieces))}</speak>"
    types = ["word", "sentence", "ssml"]
    polly = Polly(Backend(REGION, ACCOUNT_ID))
    response = polly.speak(**MARKS, Text=text, TextType="ssml", SpeechMarkTypes=types)
    assert response.headers["x-amzn-RequestCharacters"] == str(len("".join(pieces)))
    marks = lines(response.body) if response.body else []
    assert sum(mark["type"] == "ssml" for mark in marks) == max(0, len(pieces) - 1)
    for mark in marks:
        said = tag if mark["type"] == "ssml" else mark["value"]
        assert text.encode()[mark["start"] : mark["end"]].decode() == said
