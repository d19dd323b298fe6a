"""Format, size and number of frames of a PNG, JPEG or WebP file, read from its first bytes without decoding it.

A few hundred bytes can announce a picture of 400 megapixels; a decoder that believes them takes gigabytes. So sizes
are read here, by plain arithmetic on the bytes, before any decoder sees the file.

    PNG   signature, then chunk IHDR: width, height as big-endian 32-bit (W3C PNG, 11.2.1); acTL: frames (APNG)
    JPEG  markers FF xx with a 16-bit length; SOFn: precision, height, width (ITU-T T.81, B.2.2)
    WebP  RIFF; first chunk VP8X (24-bit canvas size minus one, animation flag), VP8L (14-bit sizes minus one) or
          VP8 (14-bit sizes after the start code 9D 01 2A) (RFC 9649)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

Format = Literal["PNG", "JPEG", "WEBP"]

SOF_MARKERS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # start of frame; C4, C8, CC are tables
BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})  # no length field follows
MOST_PARTS = 10_000  # chunks, markers and fill bytes looked at; a file made to be slow has millions


@dataclass(frozen=True)
class Header:
    """What the first bytes say. ``scans`` counts the passes of a progressive JPEG (1 for other formats)."""

    format: Format
    width: int
    height: int
    animated: bool = False
    scans: int = 1


def read_header(data: bytes) -> Header | None:
    """The header of a PNG, JPEG or WebP file; None if the bytes are not one, or end before the size."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError):  # the bytes end inside the header
        return None
    return None


def _png(data: bytes) -> Header | None:
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    at, animated = 8, False
    for _ in range(MOST_PARTS):
        if at + 8 > len(data):
            return Header("PNG", width, height, animated)
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if kind == b"IDAT":  # acTL stands before the first one
            return Header("PNG", width, height, animated)
        animated = animated or kind == b"acTL"
        at += 12 + length
    return None


def _jpeg(data: bytes) -> Header | None:
    at = 2
    for _ in range(MOST_PARTS):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in BARE_MARKERS:
            at += 2
        elif marker in SOF_MARKERS:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            # inside coded data FF is always followed by 00 or a restart marker, so FF DA is a start of scan
            return Header("JPEG", width, height, scans=data.count(b"\xff\xda", at))
        else:
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None


def _webp(data: bytes) -> Header | None:
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return Header("WEBP", width, height, bool(data[20] & 2)) if len(data) >= 30 else None
    if kind == b"VP8L":
        bits = struct.unpack("<I", data[21:25])[0]
        return Header("WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", data[26:30])
        return Header("WEBP", width & 0x3FFF, height & 0x3FFF)
    return None
