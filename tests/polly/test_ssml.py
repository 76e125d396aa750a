"""SSML: what is well formed, what each engine speaks, what is billed."""

from __future__ import annotations

import pytest

from pytest_polly.services.polly import ssml

from .asking import Polly, Refusal

INVALID = Refusal("InvalidSsmlException", "Invalid SSML request")
UNSUPPORTED = Refusal("ValidationException", "This voice does not support one of the used SSML features")

#: One of everything that the guide shows: https://docs.aws.amazon.com/polly/latest/dg/supportedtags.html
EXAMPLES = {
    "break": 'Mary had a little lamb <break time="3s"/>Whose fleece was white as snow.',
    "break strength": 'a <break strength="x-strong"/> b <break/> c <break time="200ms"/>',
    "emphasis": 'I already told you I <emphasis level="strong">really like</emphasis> her.',
    "lang": '<lang xml:lang="fr-FR">Je ne parle pas français.</lang>',
    "mark": 'Mary had a little <mark name="animal"/>lamb.',
    "p": "<p>This is the first paragraph.</p><p>This is the second.</p>",
    "phoneme": 'You say, <phoneme alphabet="ipa" ph="pikan">pecan</phoneme>.',
    "phoneme x-sampa": '<phoneme alphabet="x-sampa" ph=\'pI"kA:n\'>pecan</phoneme>',
    "prosody volume": '<prosody volume="loud">increase</prosody> <prosody volume="-6dB">lower</prosody>',
    "prosody rate": '<prosody rate="slow">slow</prosody> <prosody rate="85%">slower</prosody>',
    "prosody pitch": '<prosody pitch="high">high</prosody> <prosody pitch="-10%">low</prosody>',
    "max-duration": '<prosody amazon:max-duration="2s">Human speech is powerful.</prosody>',
    "s": "<s>Mary had a little lamb</s> <s>Whose fleece was white as snow</s>",
    "say-as": '<say-as interpret-as="date" format="mdy">09152022</say-as>',
    "say-as telephone": '<say-as interpret-as="telephone">2122241555</say-as>',
    "sub": 'My favorite element is <sub alias="Mercury">Hg</sub>.',
    "w": 'Would you please <w role="amazon:VB">read</w> it?',
    "auto-breaths": '<amazon:auto-breaths frequency="low" duration="x-short">a</amazon:auto-breaths>',
    "breath": 'Sometimes <amazon:breath duration="medium" volume="x-loud"/>two.',
    "news": '<amazon:domain name="news">From the Tuesday papers.</amazon:domain>',
    "drc": '<amazon:effect name="drc">There are a few words.</amazon:effect>',
    "soft": '<amazon:effect phonation="soft">This is me speaking softly.</amazon:effect>',
    "vocal-tract-length": '<amazon:effect vocal-tract-length="+15%">bigger</amazon:effect>',
    "whispered": '<amazon:effect name="whispered">I am not a real human.</amazon:effect>',
    "entities": "Tom &amp; Jerry &lt;3 &quot;cheese&quot; &#233;",
    "comment": "one <!-- two --> three",
}
STANDARD_ONLY = {
    "emphasis",
    "prosody pitch",
    "max-duration",
    "auto-breaths",
    "breath",
    "soft",
    "vocal-tract-length",
    "whispered",
}
#: Engine, a voice that has it, and what it cannot speak.
REFUSED: list[tuple[str, str, set[str]]] = [
    ("standard", "Joanna", {"news"}),
    ("neural", "Joanna", STANDARD_ONLY),
    ("neural", "Kendra", STANDARD_ONLY | {"news"}),
    ("long-form", "Danielle", STANDARD_ONLY | {"news"}),
    ("generative", "Joanna", set()),
]


@pytest.mark.parametrize(
    ("engine", "voice", "refused"), REFUSED, ids=[f"{row[0]}-{row[1]}" for row in REFUSED]
)
@pytest.mark.parametrize("feature", EXAMPLES)
def test_each_engine_speaks_what_the_guide_says(
    feature: str, engine: str, voice: str, refused: set[str], polly: Polly
) -> None:
    text = f"<speak>{EXAMPLES[feature]}</speak>"
    response = polly.speak(Text=text, TextType="ssml", Engine=engine, VoiceId=voice)
    if feature in refused:
        assert UNSUPPORTED.of(response), response
    else:
        assert response.status == 200, response


def test_every_tag_has_an_example() -> None:
    written = "".join(EXAMPLES.values())
    assert [tag for tag in ssml.TAGS if f"<{tag}" not in f"<speak>{written}"] == []


@pytest.mark.parametrize(
    "text",
    [
        "Mary had a little lamb.",
        "",
        "   ",
        "<speak>Tom & Jerry</speak>",
        "<speak>1 < 2</speak>",
        "<speak>unclosed",
        "<speak>crossed <p><s></p></s></speak>",
        "<speak>one</speak><speak>two</speak>",
        "text <speak>before</speak>",
        "<speak>after</speak> text",
        "<p>another root</p>",
        "<speak>one <speak>two</speak></speak>",
        "<speak>an <i>unknown</i> tag</speak>",
        "<speak>&nbsp;</speak>",
        '<speak><break time="three"/></speak>',
        '<speak><break time="3"/></speak>',
        '<speak><break strength="mighty"/></speak>',
        '<speak><break length="3s"/></speak>',
        "<speak><break time=3s/></speak>",
        "<speak><mark/></speak>",
        "<speak><say-as>1</say-as></speak>",
        '<speak><say-as interpret-as="poem">1</say-as></speak>',
        "<speak><sub>Hg</sub></speak>",
        "<speak><lang>oui</lang></speak>",
        '<speak><prosody rate="quickly">a</prosody></speak>',
        '<speak><prosody volume="+6">a</prosody></speak>',
        '<speak><amazon:effect name="echo">a</amazon:effect></speak>',
        '<speak><amazon:domain name="music">a</amazon:domain></speak>',
        '<speak><amazon:emotion name="excited">a</amazon:emotion></speak>',
        '<!DOCTYPE speak [<!ENTITY a "b">]><speak>&a;</speak>',
        "<speak>\x00</speak>",
        "<?xml version='1.0'",
    ],
    ids=ascii,
)
def test_refuses_what_is_no_ssml(text: str, polly: Polly) -> None:
    response = polly.speak(Text=text, TextType="ssml")
    assert INVALID.of(response), response


@pytest.mark.parametrize(
    "text",
    [
        "<speak></speak>",
        "<speak/>",
        '<?xml version="1.0"?>\n<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="http://www.w3.org/2001/10/synthesis x.xsd" xml:lang="en-US">Hi</speak>',
        '<?xml version="1.0" encoding="ISO-8859-1"?><speak>Grüße</speak>',
        '<speak><prosody rate="+10%" volume="+0.5dB">a</prosody></speak>',
        '<speak><break time=".5s"/></speak>',
        "<speak>\n  <p>\n <s>a</s> b</p></speak>\n",
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_takes_what_is_ssml(text: str, polly: Polly) -> None:
    assert polly.speak(Text=text, TextType="ssml").status == 200


def test_plain_text_is_spoken_as_it_stands(polly: Polly) -> None:
    response = polly.speak(Text="<speak>1 < 2 & 3</speak>")
    assert response.status == 200
    assert response.headers["x-amzn-RequestCharacters"] == str(len("<speak>1 < 2 & 3</speak>"))


@pytest.mark.parametrize(
    ("text", "billed"),
    [
        ("<speak>Hello</speak>", 5),
        ('<speak>Hello <break time="3s"/>you</speak>', 9),
        ('<speak><sub alias="Mercury">Hg</sub></speak>', 2),
        ("<speak>a &amp; b</speak>", 5),
        ("<speak>é😀</speak>", 2),
        ("<speak><!-- nothing --></speak>", 0),
    ],
)
def test_tags_are_not_billed(text: str, billed: int, polly: Polly) -> None:
    response = polly.speak(Text=text, TextType="ssml")
    assert response.headers["x-amzn-RequestCharacters"] == str(billed)
    assert response.body == polly.speak(Text="x" * billed).body, "what is not billed takes no time"
