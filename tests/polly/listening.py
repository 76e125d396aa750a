"""Listens to sound with FFmpeg's decoders, which know nothing of how it was made."""

from __future__ import annotations

import array
import io
import math
from dataclasses import dataclass
from itertools import pairwise

import av

#: Formats that have no header, and so need to be told apart.
_RAW = {"pcm": "s16le", "mulaw": "mulaw", "alaw": "alaw"}


@dataclass(frozen=True)
class Sound:
    """What was heard."""

    codec: str
    rate: int
    channels: int
    samples: array.array[int]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    def loudness(self, start: float, end: float) -> float:
        """Return the root mean square between two moments given as shares of the whole; full scale is 1."""
        part = self.samples[int(start * len(self.samples)) : int(end * len(self.samples))]
        return math.sqrt(sum(sample * sample for sample in part) / len(part)) / 32768

    @property
    def pitch(self) -> float:
        """Return how often a second the wave goes up through zero."""
        rises = sum(before < 0 <= after for before, after in pairwise(self.samples))
        return rises / self.seconds


def hear(stream: bytes, output_format: str, rate: int) -> Sound:
    """Decode *stream*; *rate* is only told to the decoder where nothing in the stream says it."""
    samples = array.array("h")
    raw = _RAW.get(output_format)
    options = {"sample_rate": str(rate)} if raw else {}
    with av.open(io.BytesIO(stream), format=raw, options=options) as container:
        audio = container.streams.audio[0]
        as_16_bits = av.AudioResampler(format="s16", layout="mono", rate=audio.rate)
        for frame in container.decode(audio):
            for piece in as_16_bits.resample(frame):
                samples.frombytes(bytes(piece.planes[0])[: 2 * piece.samples])
        codec = audio.codec_context
        return Sound(codec.name, audio.rate, codec.channels, samples)
