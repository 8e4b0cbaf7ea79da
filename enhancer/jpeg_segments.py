# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands before a JPEG's samples: which of its segments an upright, edited copy keeps, and how they read there."""

from __future__ import annotations

import hashlib
import re
import struct
from typing import NamedTuple

from . import exif, jpeg_tail, photoshop, xmp_upright
from .ifd import Data
from .xmp import Packet, XmpError

APP0, APP1, APP2, APP11, APP13, APP14, COMMENT = 0xE0, 0xE1, 0xE2, 0xEB, 0xED, 0xEE, 0xFE
ROOM = 65533
"""Bytes that a segment holds: its length, which counts itself, has 16 bits (ITU-T T.81, B.1.1.4)."""
XMP = b"http://ns.adobe.com/xap/1.0/\0"
MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"  # XMP specification, part 3, 1.1.3.1: digest, length, offset, data
HAS_MORE = "http://ns.adobe.com/xmp/note/ HasExtendedXMP"
PHOTOSHOP, ICC, MPF, GAIN_MAP = b"Photoshop 3.0\0", b"ICC_PROFILE\0", b"MPF\0", b"urn:iso:std:iso:ts:21496:-1\0"
LEFT_OUT = (
    (APP0, b"JFIF\0", ""), (APP0, b"JFXX\0", ""),  # written anew; a preview
    (APP14, b"Adobe\0", ""),  # how the samples are coded: written anew
    (APP2, ICC, ""),  # Photo.profile
    (APP2, MPF, ""),  # places of what lies behind
    (APP2, GAIN_MAP, "its HDR gain map"),
    (APP11, b"HDR_RI", "its HDR gain map"),
    (APP11, b"JP", "its content credentials (C2PA)"),  # JUMBF, ISO/IEC 19566-5: they vouch for the unedited file
)  # fmt: skip
"""Segments that are not copied: marker, beginning, and what is lost with them in words."""


class Segment(NamedTuple):
    marker: int
    data: bytes


def read(data: Data) -> list[Segment]:
    """The segments of a JPEG that tell about the picture, up to its first scan."""
    return [
        Segment(marker, bytes(data[start:end]))
        for marker, start, end in jpeg_tail.segments(data)
        if APP0 <= marker <= 0xEF or marker == COMMENT
    ]


def xmp(segments: list[Segment]) -> bytes:
    """The main XMP packet; empty where there is none."""
    return next((s.data[len(XMP) :] for s in segments if s.marker == APP1 and s.data.startswith(XMP)), b"")


def extended_xmp(segments: list[Segment]) -> bytes | None:
    """The second packet of a picture whose XMP is too long for a segment; None where there is none that is whole."""
    parts = [s.data[len(MORE_XMP) :] for s in segments if s.marker == APP1 and s.data.startswith(MORE_XMP)]
    if not parts or any(len(part) < 40 or part[:32] != parts[0][:32] for part in parts):
        return None
    whole = b""
    for part in sorted(parts, key=lambda part: part[36:40]):
        if int.from_bytes(part[36:40], "big") != len(whole):
            return None
        whole += part[40:]
    return whole if len(whole) == int.from_bytes(parts[0][32:36], "big") else None


def upright(
    segments: list[Segment], orientation: int | None, size: tuple[int, int], attached: set[str]
) -> tuple[bytes, list[str]]:
    """The segments of a copy whose pixels are upright and edited, as bytes, and what is left out, in words.

    Without those that Pillow writes itself, EXIF and the colour profile. orientation, size: as for
    `xmp_upright.upright`. attached: kinds of data that stay behind the picture.
    """
    main: bytes | None
    main, more = _xmp(segments, orientation, size, attached)
    resources = b"".join(
        s.data[len(PHOTOSHOP) :] for s in segments if s.marker == APP13 and s.data.startswith(PHOTOSHOP)
    )
    resources = photoshop.upright(resources, orientation, size)
    result, dropped = b"", []
    for segment in segments:
        marker, data = segment
        left_out = [what for other, start, what in LEFT_OUT if marker == other and data.startswith(start)]
        if left_out:
            dropped += left_out
        elif marker == APP1 and data.startswith(exif.PREFIX):
            pass  # Photo.exif
        elif marker == APP1 and data.startswith(XMP):
            if main is None:  # another packet, which few programs look at
                main = xmp_upright.for_copy(data[len(XMP) :], orientation, size, attached)
            if len(XMP + main) > ROOM:
                dropped.append("its XMP, which is too long,")
            else:
                result += _bytes(marker, XMP + main)
            main = None
        elif marker == APP1 and data.startswith(MORE_XMP):
            result += b"".join(_bytes(APP1, part) for part in _split(more, MORE_XMP)) if more else b""
            result += _bytes(marker, data) if more is None else b""
            more = b"" if more is not None else None
        elif marker == APP13 and data.startswith(PHOTOSHOP):
            result += in_segments(APP13, PHOTOSHOP, resources)
            resources = b""
        else:
            result += _bytes(marker, data)
    return result, [what for what in dropped if what]


def in_segments(marker: int, start: bytes, data: bytes) -> bytes:
    """Data of any length, in as many segments as it needs, each with the same start."""
    room = ROOM - len(start)
    return b"".join(_bytes(marker, start + data[at : at + room]) for at in range(0, len(data), room))


def _bytes(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _xmp(
    segments: list[Segment], orientation: int | None, size: tuple[int, int], attached: set[str]
) -> tuple[bytes, bytes | None]:
    """Both XMP packets as the copy gets them; the second: None where it stays as it is, cut as it is."""
    main = xmp_upright.for_copy(xmp(segments), orientation, size, attached)
    before = extended_xmp(segments)
    more = None if before is None else xmp_upright.for_copy(before, orientation, size, attached)
    if more == before:
        more = None
    elif more is not None:
        main = _set(main, HAS_MORE, hashlib.md5(more, usedforsecurity=False).hexdigest().upper())
    if len(XMP + main) > ROOM:
        main = re.sub(rb"\s+(<\?xpacket end)", rb"\n\1", main)
    return main, more


def _set(contents: bytes, name: str, text: str) -> bytes:
    try:
        packet = Packet(contents)
    except XmpError:
        return contents
    for description in packet.top():
        if value := packet.values(description).get(name):
            packet.set(value, text)
    return packet.changed()


def _split(packet: bytes, start: bytes) -> list[bytes]:
    """An extended packet in parts that each fit a segment."""
    digest = hashlib.md5(packet, usedforsecurity=False).hexdigest().upper().encode()
    room = ROOM - len(start) - 40
    return [
        start + digest + struct.pack(">II", len(packet), at) + packet[at : at + room]
        for at in range(0, len(packet), room)
    ]
