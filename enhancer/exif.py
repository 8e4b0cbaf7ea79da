# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture data of cameras (EXIF) kept byte for byte, but for what an upright, edited copy would make untrue."""

from __future__ import annotations

import contextlib
import struct

from . import ifd
from .ifd import Directory, Entry, Reader
from .turn import SIDEWAYS, upright_point

PREFIX = b"Exif\0\0"
ORIENTATION = 0x0112  # EXIF 2.32, 4.6.4
PIXEL_WIDTH, PIXEL_HEIGHT = 0xA002, 0xA003
# Across and down: sizes (TIFF 6.0, EXIF 2.32), and resolutions of the picture and of the sensor.
FIRST_PAIRS = ((0x0100, 0x0101), (0x011A, 0x011B))
INNER_PAIRS = ((PIXEL_WIDTH, PIXEL_HEIGHT), (0xA20E, 0xA20F))
SUBJECT_AREA, SUBJECT_LOCATION = 0x9214, 0xA214
COLOUR_SPACE, INTEROP_INDEX = 0xA001, 0x0001
ADOBE_RGB, UNCALIBRATED = 2, 0xFFFF  # of ColorSpace; 2 is no value of EXIF's own, cameras write it all the same


def orientation(blob: bytes | None) -> int:
    """Orientation tag (1 to 8) of an EXIF block (with or without its "Exif" prefix); 1 where there is none."""
    return orientation_tag(blob) or 1


def orientation_tag(blob: bytes | None) -> int | None:
    """The same, and None where no orientation is told that makes sense: what GIMP goes by, in whatever type it is."""
    with contextlib.suppress(struct.error):
        return told_orientation(*_first(blob))
    return None


def told_orientation(reader: Reader, first: Directory) -> int | None:
    """The same of a directory that is read already."""
    for entry in first.entries:
        if entry.tag == ORIENTATION:  # of several the first counts
            value = _whole_number(reader, entry)
            return value if 1 <= value <= 8 else None
    return None


def upright_block(blob: bytes | None) -> bytes | None:
    """The same block for a copy whose pixels are upright and edited, with its "Exif" prefix.

    Orientation becomes 1; width and height, and the two resolutions, change places where the picture was turned by 90
    degrees; the subject's place turns with the pixels; the embedded preview, which would show the unedited picture, is
    unlinked. A directory that is cut off is ended where its last whole tag ends. Everything else, maker notes included,
    keeps its bytes and its place. A block without a directory that can be followed is returned as it is: it says
    nothing about the orientation.
    """
    try:
        reader, first = _first(blob)
    except struct.error:
        return blob
    turned = orientation(blob)
    size = _pixel_size(reader, first)
    patched = bytearray(reader.data)
    for entry in first.entries:
        if entry.tag == ORIENTATION:
            struct.pack_into(reader.order + "HHIHxx", patched, entry.place, ORIENTATION, ifd.SHORT, 1, 1)
    _end_directory(reader, patched, first)
    photo = inner(reader, first, ifd.EXIF)
    if turned >= SIDEWAYS:
        _swap(reader, patched, first, FIRST_PAIRS)
        if photo:
            _swap(reader, patched, photo, INNER_PAIRS)
    if photo and size and turned > 1:
        _turn_subject(reader, patched, photo, turned, size)
    return PREFIX + bytes(patched)


def names_adobe_rgb(blob: bytes | None) -> bool:
    """Whether EXIF alone says that a picture without a profile is in AdobeRGB, as GIMP reads it.

    DCF 2.0 has cameras say so by the interoperability index R03 and an uncalibrated colour space.
    """
    with contextlib.suppress(struct.error):
        return directory_names_adobe_rgb(*_first(blob))
    return False


def directory_names_adobe_rgb(reader: Reader, first: Directory) -> bool:
    """The same of a directory that is read already."""
    photo = inner(reader, first, ifd.EXIF)
    spaces = [_whole_number(reader, entry) for entry in photo.entries if entry.tag == COLOUR_SPACE] if photo else []
    if not photo or spaces[:1] != [UNCALIBRATED]:
        return spaces[:1] == [ADOBE_RGB]
    named = inner(reader, photo, ifd.INTEROP)
    index = [reader.value(entry) for entry in named.entries if entry.tag == INTEROP_INDEX] if named else []
    return index[:1] == [b"R03\0"]


def _first(blob: bytes | None) -> tuple[Reader, Directory]:
    reader = Reader((blob or b"").removeprefix(PREFIX))
    if reader.big:
        raise struct.error("no EXIF block is a BigTIFF")
    return reader, reader.directory(reader.first)


def inner(reader: Reader, outer: Directory, pointer: int) -> Directory | None:
    """The directory that a tag of another one leads to; None where there is none that can be read."""
    with contextlib.suppress(struct.error):
        for entry in outer.entries:
            if entry.tag == pointer and (place := _whole_number(reader, entry)):
                return reader.directory(place)
    return None


def _whole_number(reader: Reader, entry: Entry) -> int:
    """An entry's first number, whatever its type: 0 where it has none."""
    if entry.kind == ifd.ASCII:
        text = reader.value(entry).rstrip(b"\0 ")
        return int(text) if text.isdigit() and len(text) < 10 else 0
    numbers = reader.numbers(entry)
    if not numbers and entry.kind not in ifd.SIZES and entry.n:
        return reader.data[entry.inline]  # of an unknown type: as Exiv2 takes it
    return int(numbers[0]) if numbers and abs(numbers[0]) < 2**32 else 0


def _end_directory(reader: Reader, patched: bytearray, first: Directory) -> None:
    """Unlinks the next directory; counts the tags that are there, and adds what is missing at the end."""
    whole = len(first.entries)
    link = first.link - 12 * (first.announced - whole)
    struct.pack_into(reader.order + "H", patched, reader.first, whole)
    patched.extend(bytes(max(0, link + 4 - len(patched))))
    struct.pack_into("4x", patched, link)


def _swap(reader: Reader, patched: bytearray, directory: Directory, pairs: tuple[tuple[int, int], ...]) -> None:
    """Gives the values of two tags to each other; one that stands alone becomes the other."""
    for across, down in pairs:
        places = {entry.tag: entry.place for entry in reversed(directory.entries) if entry.tag in (across, down)}
        if len(places) == 2:
            a, b = places[across] + 2, places[down] + 2
            patched[a : a + 10], patched[b : b + 10] = patched[b : b + 10], patched[a : a + 10]
        for tag, place in places.items() if len(places) == 1 else ():
            struct.pack_into(reader.order + "H", patched, place, down if tag == across else across)


def _pixel_size(reader: Reader, first: Directory) -> tuple[int, int] | None:
    """Width and height of the stored picture, as EXIF tells them."""
    photo = inner(reader, first, ifd.EXIF)
    told = {entry.tag: _whole_number(reader, entry) for entry in photo.entries} if photo else {}
    width, height = told.get(PIXEL_WIDTH, 0), told.get(PIXEL_HEIGHT, 0)
    return (width, height) if width > 0 and height > 0 else None


def _turn_subject(reader: Reader, patched: bytearray, photo: Directory, turned: int, size: tuple[int, int]) -> None:
    """SubjectArea (x, y, and a diameter, or width and height), SubjectLocation (x, y): pixels of the stored picture."""
    for entry in photo.entries:
        numbers = reader.numbers(entry) if entry.tag in (SUBJECT_AREA, SUBJECT_LOCATION) else ()
        if len(numbers) not in (2, 3, 4):
            continue
        last = size[0] - 1, size[1] - 1  # pixels are counted from 0
        x, y = upright_point(numbers[0], numbers[1], turned, *last)
        rest = numbers[2:][::-1] if turned >= SIDEWAYS else numbers[2:]
        word = ifd.WORDS[entry.kind]
        with contextlib.suppress(struct.error):  # a place outside the picture has no counterpart
            value = struct.pack(f"{reader.order}{entry.n}{word}", *(int(n) for n in (x, y, *rest)))
            start = entry.inline
            if len(value) > reader.room:
                (start,) = struct.unpack_from(reader.place_format, reader.data, entry.inline)
            patched[start : start + len(value)] = value
