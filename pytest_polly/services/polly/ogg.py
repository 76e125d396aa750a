"""Ogg pages: taking packets out of them and putting packets into them.

https://www.rfc-editor.org/rfc/rfc3533
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence

_HEADER = struct.Struct("<4sBBqIIIB")
_CHECKSUM = slice(22, 26)
_FIRST, _LAST = 2, 4
_SERIAL = 0x706F6C79
_MOST_SEGMENTS = 255

#: A packet and how many times it comes.
Run = tuple[bytes, int]


def packets(stream: bytes) -> list[bytes]:
    """Return the packets of the one logical stream in *stream*."""
    found: list[bytes] = []
    unfinished, at = b"", 0
    while at < len(stream):
        count = _HEADER.unpack_from(stream, at)[-1]
        lacing = stream[at + _HEADER.size : at + _HEADER.size + count]
        at += _HEADER.size + count
        for length in lacing:
            unfinished += stream[at : at + length]
            at += length
            if length < 255:
                found.append(unfinished)
                unfinished = b""
    return found


def most_packets(size: int) -> int:
    """Return how many packets of *size* bytes fit a page."""
    return _MOST_SEGMENTS // (size // 255 + 1)


def pages(contents: Sequence[Sequence[Run]], granules: Iterable[int]) -> bytes:
    """Write one logical stream: a page for each of *contents*, which end at the positions *granules*."""
    last = len(contents) - 1
    written = []
    for number, (content, granule) in enumerate(zip(contents, granules, strict=True)):
        flags = _FIRST * (number == 0) | _LAST * (number == last)
        lacing = b"".join(_lacing(packet) * times for packet, times in content)
        body = b"".join(packet * times for packet, times in content)
        header = _HEADER.pack(b"OggS", 0, flags, granule, _SERIAL, number, 0, len(lacing))
        page = bytearray(header + lacing + body)
        page[_CHECKSUM] = struct.pack("<I", checksum(page))
        written.append(page)
    return b"".join(written)


def _lacing(packet: bytes) -> bytes:
    return b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def checksum(page: bytes | bytearray) -> int:
    """Return Ogg's CRC of *page*, by zlib's: the same polynomial, fed and read the other way round."""
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
