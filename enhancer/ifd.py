# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories of tags (TIFF 6.0, section 2), of TIFF files and EXIF blocks, read as far as they can be followed.

Data is whatever holds bytes: an EXIF block, or a file that is mapped into memory. Nothing here trusts it.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from typing import NamedTuple

Data = bytes | bytearray | mmap.mmap

ASCII, SHORT, LONG, UNDEFINED = 2, 3, 4, 7
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value by its type: TIFF 6.0, section 2; 13 of its supplement 1; 16 to 18 of BigTIFF."""
WORDS = {1: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
"""The types that are one number each, as `struct` calls them."""
RATIONALS = {5: "I", 10: "i"}
"""The types that are two numbers each."""
MOST_ENTRIES = 256
"""Exiv2, by which GIMP goes, takes a directory with more for junk; real ones have 50."""
LARGEST_VALUE = 2**26
"""Bytes of a value that is kept, 64 MB: more than any text, profile or maker note has."""

EXIF, GPS, INTEROP, SUB = 0x8769, 0x8825, 0xA005, 0x014A


class Entry(NamedTuple):
    """One tag of a directory: n values of a kind.

    place: where the entry itself stands; inline: where its value stands if it is short.
    """

    tag: int
    kind: int
    n: int
    place: int
    inline: int


class Directory(NamedTuple):
    """Entries that are there whole; how many the directory says it has; where the link to the next one stands."""

    entries: list[Entry]
    announced: int
    link: int


class Reader:
    """The directories of data that begin with a TIFF header. struct.error where it has none."""

    def __init__(self, data: Data) -> None:
        start = bytes(data[:4])
        found = {b"II*\0": ("<", False), b"MM\0*": (">", False), b"II+\0": ("<", True), b"MM\0+": (">", True)}.get(
            start
        )
        if found is None:
            raise struct.error("no TIFF header")
        self.data = data
        self.order, self.big = found
        self.place_format = self.order + ("Q" if self.big else "I")
        self.room = 8 if self.big else 4  # bytes for a short value in its entry
        (self.first,) = struct.unpack_from(self.place_format, data, 8 if self.big else 4)

    def directory(self, start: int) -> Directory:
        """The directory at a place. struct.error where there is none, or one that is too long to be real."""
        if start >= len(self.data):
            raise struct.error("a place beyond the end")
        (count,) = struct.unpack_from(self.order + ("Q" if self.big else "H"), self.data, start)
        if count > MOST_ENTRIES:
            raise struct.error(f"a directory of {count} tags")
        head, size = (8, 20) if self.big else (2, 12)
        layout = self.order + ("HHQ" if self.big else "HHI")
        entries = []
        for i in range(count):
            place = start + head + size * i
            if place + size > len(self.data):
                break
            tag, kind, n = struct.unpack_from(layout, self.data, place)
            entries.append(Entry(tag, kind, n, place, place + size - self.room))
        return Directory(entries, count, start + head + size * count)

    def chain(self, start: int, most: int = 64) -> Iterator[Directory]:
        """A directory and those it links to, at most so many, until one can't be read."""
        seen: set[int] = set()
        while start and start not in seen and len(seen) < most:
            seen.add(start)
            try:
                found = self.directory(start)
                yield found
                (start,) = struct.unpack_from(self.place_format, self.data, found.link)
            except struct.error:
                return

    def value(self, entry: Entry) -> bytes:
        """An entry's value, as stored; empty where it lies outside the data or is absurdly long."""
        return self._bytes(entry, SIZES.get(entry.kind, 1) * entry.n)

    def numbers(self, entry: Entry, most: int = 64) -> tuple[float, ...]:
        """An entry's value as numbers, of which there may be more; empty for texts, rationals and unknown types."""
        word, n = WORDS.get(entry.kind), min(entry.n, most)
        value = self._bytes(entry, SIZES[entry.kind] * n) if word else b""
        return struct.unpack(f"{self.order}{n}{word}", value) if value else ()

    def _bytes(self, entry: Entry, most: int) -> bytes:
        """So many of the bytes of an entry's value."""
        size = SIZES.get(entry.kind, 1) * entry.n
        start = entry.inline if size <= self.room else struct.unpack_from(self.place_format, self.data, entry.inline)[0]
        if size > LARGEST_VALUE or start + size > len(self.data):
            return b""
        return bytes(self.data[start : start + most])

    def little_endian(self, entry: Entry) -> bytes:
        """An entry's value with the low byte of each number first."""
        value, unit = self.value(entry), 4 if entry.kind in RATIONALS else SIZES.get(entry.kind, 1)
        if self.order == "<" or unit == 1:
            return value
        return b"".join(value[i : i + unit][::-1] for i in range(0, len(value), unit))


class Tag(NamedTuple):
    """A tag that is to be written: its value with the low byte of each number first."""

    code: int
    kind: int
    value: bytes


def pack(tags: list[Tag], at: int, link: int = 0) -> bytes:
    """A directory and its values for a place in a classic little-endian TIFF. The size doesn't depend on `at`."""
    tags = sorted(tags, key=lambda tag: tag.code)
    head, behind = struct.pack("<H", len(tags)), b""
    start = at + 2 + 12 * len(tags) + 4
    for code, kind, value in tags:
        field = value.ljust(4, b"\0")
        if len(value) > 4:
            field = struct.pack("<I", start + len(behind))
            behind += value + bytes(len(value) % 2)  # TIFF 6.0: values begin on a word boundary
        head += struct.pack("<HHI", code, kind, len(value) // SIZES[kind]) + field
    return head + struct.pack("<I", link) + behind
