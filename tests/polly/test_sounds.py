"""Sound: every format and sample rate, by an independent decoder."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from pytest_polly.services.polly import ogg, sounds
from tests.programs import output_of

from .asking import SPEECH, Polly
from .listening import hear

#: By format: the decoder that must take it, the content type, and the sample rates of the documentation.
#: https://docs.aws.amazon.com/polly/latest/dg/API_SynthesizeSpeech.html
MUSICAL = (8000, 16000, 22050, 24000, 44100, 48000)
FORMATS: dict[str, tuple[str, str, tuple[int, ...]]] = {
    "mp3": ("mp3float", "audio/mpeg", MUSICAL),
    "ogg_vorbis": ("vorbis", "audio/ogg", MUSICAL),
    "ogg_opus": ("opus", "audio/ogg", (48000,)),
    "pcm": ("pcm_s16le", "audio/pcm", (8000, 16000)),
    "mulaw": ("pcm_mulaw", "audio/mulaw", (8000,)),
    "alaw": ("pcm_alaw", "audio/alaw", (8000,)),
}
EVERY = [(name, rate) for name, (_, _, rates) in FORMATS.items() for rate in rates]

#: An MP3 frame's header, where MPEG-1 has its own bit rates.
KILOBITS = {
    "1": (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    "2": (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@pytest.mark.parametrize("characters", [1, 15, 50, 400])
@pytest.mark.parametrize(("name", "rate"), EVERY)
def test_decodes_and_lasts_as_long_as_documented(name: str, rate: int, characters: int, polly: Polly) -> None:
    codec, content_type, _ = FORMATS[name]
    response = polly.speak(Text="x" * characters, OutputFormat=name, SampleRate=str(rate))
    assert response.status == 200
    assert response.headers["Content-Type"] == content_type
    assert response.headers["x-amzn-RequestCharacters"] == str(characters)
    sound = hear(response.body, name, rate)
    assert (sound.codec, sound.rate, sound.channels) == (codec, rate, 1)
    expected = rate * characters // sounds.CHARACTERS_A_SECOND
    if name == "mp3":
        # Frames are not cut: it lasts until the end of the one that the text ends in.
        frame = 1152 if rate >= 32000 else 576
        expected = max(3, -(-expected // frame)) * frame
    assert len(sound.samples) == expected


@pytest.mark.parametrize(("name", "rate"), EVERY)
def test_is_a_soft_tone_from_beginning_to_end(name: str, rate: int) -> None:
    sound = hear(sounds.sound(name, rate, 60), name, rate)
    assert 380 < sound.pitch < 480
    for part in range(4):
        assert sound.loudness(part / 4, (part + 1) / 4) == pytest.approx(0.07, rel=0.15)


@pytest.mark.parametrize(("name", "rate"), EVERY)
def test_boto3_reads_it_to_the_end(name: str, rate: int, shared_client: Any) -> None:
    answer = shared_client.synthesize_speech(**{**SPEECH, "OutputFormat": name, "SampleRate": str(rate)})
    body = answer["AudioStream"].read()
    assert answer["ContentType"] == FORMATS[name][1]
    assert answer["RequestCharacters"] == len(SPEECH["Text"])
    assert len(body) == int(answer["ResponseMetadata"]["HTTPHeaders"]["content-length"])
    assert hear(body, name, rate).seconds == pytest.approx(len(SPEECH["Text"]) / 15, abs=0.08)


@pytest.mark.parametrize(
    ("name", "engine", "rate"),
    [
        ("mp3", None, 22050),
        ("mp3", "standard", 22050),
        ("mp3", "neural", 24000),
        ("mp3", "generative", 24000),
        ("ogg_vorbis", None, 22050),
        ("ogg_vorbis", "neural", 24000),
        ("ogg_opus", None, 48000),
        ("pcm", "neural", 16000),
        ("pcm", None, 16000),
        ("mulaw", None, 8000),
        ("alaw", "neural", 8000),
    ],
)
def test_has_the_documented_sample_rate_by_default(
    name: str, engine: str | None, rate: int, polly: Polly
) -> None:
    plain = polly.speak(OutputFormat=name, Engine=engine)
    assert plain.status == 200
    assert plain.body == polly.speak(OutputFormat=name, Engine=engine, SampleRate=str(rate)).body


def test_long_form_voices_sound_like_neural_ones(polly: Polly) -> None:
    plain = polly.speak(VoiceId="Danielle", Engine="long-form")
    assert hear(plain.body, "mp3", 0).rate == 24000


@pytest.mark.parametrize(("name", "rate"), EVERY)
def test_same_request_same_sound(name: str, rate: int, polly: Polly) -> None:
    first, second = (polly.speak(OutputFormat=name, SampleRate=str(rate)) for _ in range(2))
    assert first.body == second.body
    assert first.headers["x-amzn-RequestId"] != second.headers["x-amzn-RequestId"]


@pytest.mark.parametrize(("name", "rate"), EVERY)
def test_twice_the_text_takes_twice_the_time(name: str, rate: int) -> None:
    once, twice = (hear(sounds.sound(name, rate, count), name, rate).seconds for count in (150, 300))
    assert twice == pytest.approx(2 * once, rel=0.01)


@pytest.mark.parametrize(("name", "rate"), EVERY)
def test_no_text_is_as_short_as_can_be(name: str, rate: int) -> None:
    assert sounds.sound(name, rate, 0) == sounds.sound(name, rate, 1)


def frames(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the sample rate and the bytes of each MP3 frame, read from its header."""
    at = 0
    while at < len(stream):
        (header,) = struct.unpack_from(">I", stream, at)
        assert header >> 21 == 0x7FF, f"no frame begins at {at}"
        version = (header >> 19) & 3
        kilobits = KILOBITS["1" if version == 3 else "2"][(header >> 12) & 15]
        rate = (44100, 48000, 32000)[(header >> 10) & 3] >> {3: 0, 2: 1, 0: 2}[version]
        size = (144 if version == 3 else 72) * kilobits * 1000 // rate + ((header >> 9) & 1)
        yield rate, stream[at : at + size]
        at += size


@pytest.mark.parametrize("rate", MUSICAL)
def test_mp3_frames_stand_by_themselves(rate: int) -> None:
    """A client may cut the stream between any two frames: none looks back into the bit reservoir."""
    found = list(frames(sounds.sound("mp3", rate, 30)))
    assert {rate for rate, _ in found} == {rate}
    for _, frame in found:
        side_information = frame[4:]
        main_data_begins = int.from_bytes(side_information[:2], "big") >> (7 if rate >= 32000 else 8)
        assert main_data_begins == 0


def checksum(page: bytearray) -> int:
    """Ogg's CRC as RFC 3533 has it, bit by bit."""
    remainder = 0
    for byte in page:
        remainder ^= byte << 24
        for _ in range(8):
            remainder = (remainder << 1) ^ (0x04C11DB7 if remainder & 0x80000000 else 0)
            remainder &= 0xFFFFFFFF
    return remainder


@pytest.mark.parametrize("characters", [1, 50, 250])
@pytest.mark.parametrize(
    ("name", "rate"), [one for one in EVERY if one[0].startswith("ogg")], ids=lambda value: str(value)
)
def test_ogg_pages_are_whole(name: str, rate: int, characters: int) -> None:
    stream = sounds.sound(name, rate, characters)
    numbers, flags, granules, serials, at = [], [], [], set(), 0
    while at < len(stream):
        header = struct.unpack_from("<4sBBqIIIB", stream, at)
        magic, version, flag, granule, serial, number, crc, count = header
        assert (magic, version) == (b"OggS", 0)
        size = 27 + count + sum(stream[at + 27 : at + 27 + count])
        page = bytearray(stream[at : at + size])
        page[22:26] = bytes(4)
        assert checksum(page) == crc
        numbers.append(number)
        flags.append(flag)
        granules.append(granule)
        serials.add(serial)
        at += size
    assert numbers == list(range(len(numbers)))
    assert flags == [2, *[0] * (len(flags) - 2), 4]
    assert granules == sorted(granules)
    assert len(serials) == 1


def test_ogg_packets_survive_a_page() -> None:
    packets = [b"a" * size for size in (0, 1, 254, 255, 256, 510, 511)]
    stream = ogg.pages([[(packet, 1) for packet in packets], [(b"last", 3)]], [1, 2])
    assert ogg.packets(stream) == [*packets, *[b"last"] * 3]


@pytest.mark.parametrize("size", [0, 1, 254, 255, 300, 65024])
def test_as_many_ogg_packets_as_a_page_holds(size: int) -> None:
    """A page has 255 segments, and says in one byte how many."""
    most = ogg.most_packets(size)
    assert ogg.packets(ogg.pages([[(b"x" * size, most)]], [0])) == [b"x" * size] * most
    with pytest.raises(struct.error):
        ogg.pages([[(b"x" * size, most + 1)]], [0])


def test_speaking_loads_neither_moto_nor_botocore() -> None:
    code = (
        "import json, sys\n"
        "from pytest_polly.gate import Request\n"
        "from pytest_polly.services import polly\n"
        f"body = json.dumps({SPEECH!r}).encode()\n"
        "request = Request('POST', 'polly.eu-west-1.amazonaws.com', '/v1/speech', body=body)\n"
        "assert polly.perform('SynthesizeSpeech', request, lambda: 1 / 0).status == 200\n"
        "print(*sorted({'moto', 'boto3', 'botocore'} & set(sys.modules)))\n"
    )
    assert output_of(code).split() == []
