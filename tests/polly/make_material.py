"""Makes the sounds that the package ships: one short, repeatable piece of a soft tone per format and rate.

Run by hand, never by a test: ``python tests/polly/make_material.py`` needs ffmpeg with libmp3lame,
libvorbis and libopus (Debian: ``apt-get install ffmpeg``).

The tone's period divides the step in which a codec advances, so that every frame of its middle is the same
and one of them, said again and again, is the whole tone.
"""

from __future__ import annotations

import math
import struct
import subprocess
from collections.abc import Callable

from pytest_polly.services.polly import ogg, sounds

#: What the tone is near to, in Hz, and how loud it is: a tenth of full scale.
PITCH, LOUDNESS = 440, 3277


def main() -> None:
    for name, form in sounds.FORMATS.items():
        for rate in form.rates:
            path = sounds.MATERIAL / f"{name}-{rate}"
            path.write_bytes(_MAKERS[name](rate))
            print(f"{path.name}: {path.stat().st_size} bytes")


def _tone(rate: int, step: int, steps: int) -> bytes:
    """Return 16-bit samples of a tone that comes round in every *step* samples."""
    turns = round(PITCH * step / rate)
    wave = [round(LOUDNESS * math.sin(math.tau * turns * n / step)) for n in range(step)]
    return struct.pack(f"<{step}h", *wave) * steps


def _encode(samples: bytes, rate: int, *options: str) -> bytes:
    read = ["ffmpeg", "-v", "error", "-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "-"]
    write = ["-bitexact", "-map_metadata", "-1", *options, "-"]
    return subprocess.run([*read, *write], input=samples, check=True, capture_output=True).stdout


def _pcm(rate: int) -> bytes:
    return _tone(rate, rate // 400, 1)


def _g711(law: str, rate: int) -> bytes:
    return _encode(_pcm(rate), rate, "-f", law)


def _mp3(rate: int) -> bytes:
    """One frame that needs no other: without a bit reservoir its main data begins with itself."""
    step = sounds.mp3_step(rate)
    kilobits = {8000: 24, 16000: 32, 22050: 48, 24000: 48}.get(rate, 64)
    options = ["-c:a", "libmp3lame", "-reservoir", "0", "-b:a", f"{kilobits}k", "-write_xing", "0"]
    stream = _encode(_tone(rate, step, 60), rate, *options, "-id3v2_version", "0", "-f", "mp3")
    frames = stream.split(stream[:2])
    return stream[:2] + frames[31]


def _vorbis(rate: int) -> bytes:
    options = ["-c:a", "libvorbis", "-q:a", "0", "-f", "ogg"]
    # What an encoder advances by is in the header that it writes.
    step = sounds.vorbis_step(ogg.packets(_encode(_tone(rate, 1024, 9), rate, *options))[0])
    packets = ogg.packets(_encode(_tone(rate, step, 60), rate, *options))
    return _in_ogg(packets[:3], packets[30])


def _opus(rate: int) -> bytes:
    step = sounds.OPUS_STEP
    options = ["-c:a", "libopus", "-application", "lowdelay", "-b:a", "24k", "-vbr", "off"]
    options += ["-frame_duration", "20", "-f", "ogg"]
    packets = ogg.packets(_encode(_tone(rate, step, 100), rate, *options))
    return _in_ogg(packets[:2], packets[60])


def _in_ogg(headers: list[bytes], packet: bytes) -> bytes:
    first, *others = headers
    return ogg.pages([[(first, 1)], [(other, 1) for other in others], [(packet, 1)]], [0, 0, 0])


_MAKERS: dict[str, Callable[[int], bytes]] = {
    "mp3": _mp3,
    "ogg_vorbis": _vorbis,
    "ogg_opus": _opus,
    "pcm": _pcm,
    "mulaw": lambda rate: _g711("mulaw", rate),
    "alaw": lambda rate: _g711("alaw", rate),
}

if __name__ == "__main__":
    main()
