# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies behind a JPEG picture in its file: videos of motion photos, gain maps, depth maps, further pictures."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from . import ifd
from .ifd import Data
from .xmp_attached import DEPTH_KINDS, GAIN_MAP_KINDS, VIDEO_KINDS

MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""In compressed samples 0xFF stands only before 0, before another one, and in restart markers (ITU-T T.81, B.1.1.2)."""
SEGMENT = re.compile(rb"\xff+([^\xff])(..)", re.DOTALL)
"""A marker, which may have fillings before it, and the segment's length, which counts itself (B.1.1.4)."""
END, SCAN = 0xD9, 0xDA
BEGINNING = re.compile(rb"\xff\xd8\xff|[\0-\x7f]...ftyp", re.DOTALL)
"""Of a JPEG, and of a video (ISO/IEC 14496-12): the size of a box, then its kind."""
GAIN_MAP_MARKS = (b"hdr-gain-map", b"HDRGainMap", b"urn:iso:std:iso:ts:21496")
"""Ultra HDR 1.1, Apple, ISO 21496-1."""
HEAD = 2**16
"""Bytes of a further picture in which such a mark stands."""


class Tail(NamedTuple):
    """kept: bytes for the copy's end. kinds: what they are, as XMP's container directory calls them. dropped: what is
    left out, in words."""

    kept: bytes
    kinds: set[str]
    dropped: list[str]


def picture_end(data: Data, scan: int) -> int | None:
    """Where the JPEG picture ends whose first scan's marker stands at a place; None where its end marker is missing."""
    end = data.find(bytes((0xFF, END)), scan)
    if end == len(data) - 2:  # nearly always
        return end + 2
    place = scan
    while match := MARKER.search(data, place):
        code = data[match.end() - 1]
        if code == END:
            return match.end()
        if match.end() + 2 > len(data):
            break
        place = match.end() + int.from_bytes(data[match.end() : match.end() + 2], "big")
    return None


def segments(data: Data, place: int = 0) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment of a JPEG that begins at a place, up to that of its first scan."""
    place += 2
    while match := SEGMENT.match(data, place):
        start = match.end()
        end = start - 2 + int.from_bytes(match[2], "big")
        yield match[1][0], start, end
        if match[1][0] == SCAN or end < start:
            return
        place = end


def first_scan(data: Data, place: int = 0) -> int | None:
    """Where the marker of the first scan stands of a JPEG that begins at a place."""
    return next((start - 4 for marker, start, _ in segments(data, place) if marker == SCAN), None)


def sort(rest: bytes, announced: list[str], only_previews: bool, turned: bool) -> Tail:
    """What of the data behind a picture stays true of an edited copy.

    announced: kinds in the order in which XMP tells of them. only_previews: whether the further pictures only show the
    same picture in other sizes. turned: whether the copy's pixels are turned, so that no depth map fits.
    """
    parts = _parts(rest)
    kinds = announced if len(announced) == len(parts) else [""] * len(parts)
    kept, kept_kinds, dropped = b"", set(), []
    for part, kind in zip(parts, kinds, strict=True):
        picture = part.startswith(b"\xff\xd8")
        if part.endswith(b"SEFT") and not (turned and b"Depth" in part):  # Samsung: all its places count from the end
            kept += part
            kept_kinds |= VIDEO_KINDS if b"ftyp" in part else set()
        elif part[4:8] == b"ftyp":
            kept += part
            kept_kinds |= VIDEO_KINDS
        elif kind in GAIN_MAP_KINDS or (picture and any(mark in part[:HEAD] for mark in GAIN_MAP_MARKS)):
            dropped.append("its HDR gain map")
        elif kind in DEPTH_KINDS and not turned:
            kept += part
            kept_kinds.add(kind)
        elif kind in DEPTH_KINDS or b"Depth" in part[-HEAD:]:
            dropped.append("its depth map")
        elif picture and not only_previews:
            dropped.append("a further picture in it")
        elif not picture and part.strip(b"\0\xff\r\n "):
            dropped.append(f"{len(part)} bytes of an unknown kind behind it")
    return Tail(kept, kept_kinds, dropped)


def _parts(rest: bytes) -> list[bytes]:
    """The data behind a picture, cut where something known begins or ends; without fillings."""
    parts, place = [], 0
    samsung = _samsung_start(rest)
    while place < len(rest):
        match = BEGINNING.search(rest, place)
        start = min(match.start() if match else len(rest), samsung)
        if rest[place:start].strip(b"\0"):
            parts.append(rest[place:start])
        place = len(rest)
        if start == samsung or (match and rest[start : start + 1] != b"\xff"):  # a video, and all that follows it
            parts += [rest[start:]] if start < len(rest) else []
        elif match:
            scan = first_scan(rest, start)
            end = picture_end(rest, scan) if scan else None
            place = end or len(rest)
            parts.append(rest[start:place])
    return parts


def _samsung_start(rest: bytes) -> int:
    """Where the blocks of Samsung's trailer begin: its directory at the end counts them back from itself."""
    try:
        if not rest.endswith(b"SEFT"):
            return len(rest)
        (size,) = struct.unpack_from("<I", rest, len(rest) - 8)
        directory = len(rest) - 8 - size
        if rest[directory : directory + 4] != b"SEFH" or directory < 0:
            return len(rest)
        (count,) = struct.unpack_from("<I", rest, directory + 8)
        count = min(count, size // 12)
        offsets = [struct.unpack_from("<I", rest, directory + 12 + 12 * i + 4)[0] for i in range(count)]
    except struct.error:
        return len(rest)
    return max(0, directory - max(offsets, default=0))


def only_previews(segment: bytes) -> bool:
    """Whether an MPF segment (CIPA DC-007) lists nothing beside the picture but smaller copies of it."""
    try:
        reader = ifd.Reader(segment.removeprefix(b"MPF\0"))
        entries = [e for e in reader.directory(reader.first).entries if e.tag == 0xB002]  # MPEntry
        table = reader.value(entries[0])
        attributes = [struct.unpack_from(reader.order + "I", table, at)[0] for at in range(16, len(table) - 15, 16)]
    except (struct.error, IndexError):
        return False
    return all(attribute & 0xFF0000 == 0x010000 for attribute in attributes)  # "large thumbnail"
