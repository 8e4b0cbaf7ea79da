# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of a TIFF page that an upright, edited copy keeps, byte for byte, and its EXIF and GPS directories."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import NamedTuple

from . import exif, ifd, photoshop, xmp_upright
from .ifd import Directory, Reader, Tag

ORIENTATION, SUB_IFDS, XMP, IPTC, PHOTOSHOP, LAYERS, ICC = 274, 330, 700, 33723, 34377, 37724, 34675
# How the samples lie in the file, which the copy's own tags say (TIFF 6.0, its supplements, TIFF-F, TIFF/EP):
STORAGE = {
    *range(254, 260), 262, *range(263, 269), *range(273, 274), ORIENTATION, *range(277, 285), *range(288, 294),
    296, 297, 317, 320, 321, *range(322, 334), *range(338, 348), 351, *range(400, 436), *range(512, 533), 559,
    ICC, LAYERS, 32995, 32996, 32997, 32998, 34232, 34663, 34664, 34851, 34852, 40965,
}  # fmt: skip
POINTERS = (ifd.EXIF, ifd.GPS)
RAW = range(50706, 52600)
"""DNG's tags, which tell of sensor data; some programs leave them in developed pictures."""
PLACED = {33550, 33922, 34264, 34735, 34736, 34737}
"""GeoTIFF's: which place of the picture is which place on Earth."""
BYTES = (XMP, IPTC, PHOTOSHOP)
"""Blocks of bytes, whatever their type says."""
ROOM = 2**27
"""Bytes of all values together, 128 MB: a hostile file has many tags that show the same large value."""
IPTC_MARK = 0x1C
"""IPTC-IIM 4.2, 1.5: how each of its data sets begins."""


class Kept(NamedTuple):
    """tags of the page; directories by the tag that leads to them; whether these name AdobeRGB; what is left out."""

    tags: list[Tag]
    directories: dict[int, list[Tag]]
    adobe_rgb: bool
    dropped: list[str]


def orientation(path: Path, page: int) -> int | None:
    """What a page says about how its rows lie; None where it says nothing that makes sense. page: place of its tags."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = Reader(data)
        return exif.told_orientation(reader, reader.directory(page))


def read(path: Path, page: int, size: tuple[int, int]) -> Kept:
    """What the copy of a page keeps. page: place of its tags. size: the stored picture's width and height."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        reader = Reader(data)
        first = reader.directory(page)
        turned = exif.told_orientation(reader, first)
        tags: list[Tag] = []
        dropped: list[str] = []
        for entry in first.entries:
            if entry.tag == LAYERS:
                dropped.append("the block of its Photoshop layers")
            elif entry.tag in PLACED and (turned or 1) > 1:
                dropped.append("its place on the map (GeoTIFF)")
            elif entry.tag == SUB_IFDS and _further(reader, entry):
                dropped.append("a further picture in it")
            elif entry.tag not in STORAGE and entry.tag not in POINTERS and entry.tag not in RAW:
                tags += _kept(reader, entry, turned, size)
                if sum(len(tag.value) for tag in tags) > ROOM:
                    dropped.append(f"its tag {tags.pop().code}, with which there are too many bytes of tags,")
        adobe_rgb = exif.directory_names_adobe_rgb(reader, first)
        return Kept(tags, _directories(reader, first, turned), adobe_rgb, list(dict.fromkeys(dropped)))


def pack_directories(directories: dict[int, list[Tag]], at: int) -> tuple[bytes, dict[int, int]]:
    """The directories for a place in a classic little-endian TIFF, and where each then stands, by its tag."""
    packed, places = b"", {}
    for code in POINTERS:
        if code not in directories:
            continue
        places[code] = place = at + len(packed)
        tags, inner = directories[code], b""
        if code == ifd.EXIF and ifd.INTEROP in directories:
            size = len(ifd.pack([*tags, Tag(ifd.INTEROP, ifd.LONG, bytes(4))], place))
            tags = [*tags, Tag(ifd.INTEROP, ifd.LONG, struct.pack("<I", place + size))]
            inner = ifd.pack(directories[ifd.INTEROP], place + size)
        packed += ifd.pack(tags, place) + inner
    return packed, places


def _kept(reader: Reader, entry: ifd.Entry, turned: int | None, size: tuple[int, int]) -> list[Tag]:
    """An entry as the copy has it, as a list of one; empty where its value can't be had, or is a place in the file."""
    if entry.tag in BYTES:
        value = reader.value(entry)
        if entry.tag == XMP:
            value = xmp_upright.for_copy(value, turned, size)
        elif entry.tag == PHOTOSHOP:
            value = photoshop.upright(value, turned, size)
        elif value[:1] != bytes((IPTC_MARK,)) and value[3:4] == bytes((IPTC_MARK,)):
            value = reader.little_endian(entry)  # four bytes each turned round, as its type LONG asks for
        return [Tag(entry.tag, ifd.UNDEFINED, value)] if value else []
    value = reader.little_endian(entry)
    simple = entry.kind in ifd.SIZES and entry.kind <= 12  # 13 is a place; those above are BigTIFF's
    return [Tag(entry.tag, entry.kind, value)] if value and simple else []


def _further(reader: Reader, entry: ifd.Entry) -> bool:
    """Whether SubIFDs leads to more than smaller copies of the picture."""
    for place in reader.numbers(entry)[:16]:
        for found in reader.chain(int(place), 1):
            kinds = [reader.numbers(one) for one in found.entries if one.tag == 254]
            if not kinds or not kinds[0] or not int(kinds[0][0]) & 1:
                return True
    return False


def _directories(reader: Reader, first: Directory, turned: int | None) -> dict[int, list[Tag]]:
    """EXIF, GPS and what EXIF leads to, as they are true of an upright copy."""
    found = _tree(reader, first)
    if (turned or 1) == 1 or not found:
        return found
    # They go through the one place that knows what turns, as an EXIF block of their own.
    size = len(ifd.pack([Tag(ORIENTATION, ifd.SHORT, b"\1\0"), *(Tag(code, ifd.LONG, bytes(4)) for code in found)], 8))
    packed, places = pack_directories(found, 8 + size)
    pointers = [Tag(code, ifd.LONG, struct.pack("<I", place)) for code, place in places.items()]
    top = ifd.pack([Tag(ORIENTATION, ifd.SHORT, struct.pack("<H", turned or 1)), *pointers], 8)
    block = exif.upright_block(b"II*\0" + struct.pack("<I", 8) + top.ljust(size, b"\0") + packed)
    again = Reader((block or b"").removeprefix(exif.PREFIX))
    return _tree(again, again.directory(again.first))


def _tree(reader: Reader, first: Directory) -> dict[int, list[Tag]]:
    found = {}
    for code, outer in ((ifd.EXIF, first), (ifd.GPS, first), (ifd.INTEROP, exif.inner(reader, first, ifd.EXIF))):
        inner = exif.inner(reader, outer, code) if outer else None
        tags: list[Tag] = []
        for entry in inner.entries if inner else ():
            value = reader.little_endian(entry)
            simple = entry.kind in ifd.SIZES and entry.kind <= 12 and entry.tag not in (ifd.INTEROP, ifd.SUB)
            if value and simple and sum(len(tag.value) for tag in tags) + len(value) <= ROOM:
                tags.append(Tag(entry.tag, entry.kind, value))
        if tags:
            found[code] = tags
    return found
