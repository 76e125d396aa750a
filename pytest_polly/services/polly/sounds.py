"""Sound in every format that Polly offers, made of ready pieces: no encoder runs, microseconds a call.

`material` holds one short piece of a soft tone per format and sample rate. Said again and again it is a
stream that every decoder accepts, as long as the text is.

https://docs.aws.amazon.com/polly/latest/dg/API_SynthesizeSpeech.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, chain
from pathlib import Path

from . import ogg

MATERIAL = Path(__file__).with_name("material")

#: How fast every voice here speaks: a character that is billed takes a fifteenth of a second.
CHARACTERS_A_SECOND = 15

#: Fewer frames than that are too few for FFmpeg to tell that they are an MP3.
FEWEST_MP3_FRAMES = 3

#: Samples in a packet of Opus, which always counts at 48 kHz.
OPUS_STEP = 960


@dataclass(frozen=True)
class Format:
    """A format of sound: what it is called on the wire, its sample rates, the one it has by default."""

    content_type: str
    rates: tuple[int, ...]
    #: ``None``: the engine decides.
    default_rate: int | None = None


_MUSICAL_RATES = (8000, 16000, 22050, 24000, 44100, 48000)

FORMATS = {
    "mp3": Format("audio/mpeg", _MUSICAL_RATES),
    "ogg_vorbis": Format("audio/ogg", _MUSICAL_RATES),
    "ogg_opus": Format("audio/ogg", (48000,), 48000),
    "pcm": Format("audio/pcm", (8000, 16000), 16000),
    "mulaw": Format("audio/mulaw", (8000,), 8000),
    "alaw": Format("audio/alaw", (8000,), 8000),
}


def milliseconds(characters: int) -> int:
    """Return how long it takes to speak so many characters."""
    return characters * 1000 // CHARACTERS_A_SECOND


def sound(output_format: str, rate: int, characters: int) -> bytes:
    """Return speech of so many characters; silence has no format, so there is at least one."""
    return _WRITERS[output_format](output_format, rate, rate * max(1, characters) // CHARACTERS_A_SECOND)


def mp3_step(rate: int) -> int:
    """Return the samples of an MP3 frame: MPEG-1 has two granules in it, MPEG-2 and 2.5 one."""
    return 1152 if rate >= 32000 else 576


def vorbis_step(identification: bytes) -> int:
    """Return by how many samples a stream of long Vorbis blocks advances: half a block."""
    return 1 << (identification[28] >> 4) - 1


def _in_samples(name: str, rate: int, samples: int) -> bytes:
    second = _second(name, rate)
    seconds, rest = divmod(samples, rate)
    return b"".join((*[second] * seconds, second[: rest * len(second) // rate]))


def _in_frames(name: str, rate: int, samples: int) -> bytes:
    return _piece(name, rate) * max(FEWEST_MP3_FRAMES, -(-samples // mp3_step(rate)))


def _in_ogg_vorbis(name: str, rate: int, samples: int) -> bytes:
    # The first block only opens the overlap: sound comes from the second on.
    first, *_ = _packets(name, rate)
    return _in_ogg(name, rate, vorbis_step(first), before=-vorbis_step(first), end=samples)


def _in_ogg_opus(name: str, rate: int, samples: int) -> bytes:
    first, *_ = _packets(name, rate)
    pre_skip = int.from_bytes(first[10:12], "little")
    return _in_ogg(name, rate, OPUS_STEP, before=0, end=pre_skip + samples)


def _in_ogg(name: str, rate: int, step: int, *, before: int, end: int) -> bytes:
    """Repeat the one packet of sound until its samples reach *end*; they start at *before*."""
    first, *others, packet = _packets(name, rate)
    count = -(-(end - before) // step)
    a_page = ogg.most_packets(len(packet))
    # From the first page a decoder learns where the stream begins; alone it could not say where it ends.
    runs = [1, *(min(a_page, count - done) for done in range(1, count, a_page))]
    ends = (min(before + step * done, end) for done in accumulate(runs))
    contents = [[(first, 1)], [(other, 1) for other in others], *([(packet, times)] for times in runs)]
    return ogg.pages(contents, chain((0, 0), ends))


@cache
def _second(name: str, rate: int) -> bytes:
    """Return a second of samples: a piece is so short that saying it over and over takes its time."""
    width = 2 if name == "pcm" else 1
    piece = _piece(name, rate)
    return piece * (rate * width // len(piece))


@cache
def _piece(name: str, rate: int) -> bytes:
    return (MATERIAL / f"{name}-{rate}").read_bytes()


@cache
def _packets(name: str, rate: int) -> list[bytes]:
    return ogg.packets(_piece(name, rate))


_WRITERS: dict[str, Callable[[str, int, int], bytes]] = {
    "mp3": _in_frames,
    "ogg_vorbis": _in_ogg_vorbis,
    "ogg_opus": _in_ogg_opus,
    "pcm": _in_samples,
    "mulaw": _in_samples,
    "alaw": _in_samples,
}
