# SPDX-License-Identifier: GPL-3.0-or-later
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhancer import exif, ifd
from enhancer.ifd import Reader, Tag
from enhancer.turn import upright_pixels, upright_point

SHORT_6 = struct.pack("<HH", 6, 0)


def entry(tag: int, kind: int, count: int, field: bytes) -> bytes:
    return struct.pack("<HHI", tag, kind, count) + field


def block(*entries: bytes, count: int | None = None, link: bytes = bytes(4), behind: bytes = b"") -> bytes:
    count = len(entries) if count is None else count
    return b"II*\0" + struct.pack("<IH", 8, count) + b"".join(entries) + link + behind


ORIENTATION_6 = entry(0x112, 3, 1, SHORT_6)
MAKE = entry(0x10F, 2, 4, b"Abc\0")
# What real GIMP 3.0 and 3.2 turn: an orientation in nearly every type, in directories that are broken behind it.
TURNED = {
    "plain": block(ORIENTATION_6),
    "no link": block(ORIENTATION_6, link=b""),
    "half a link": block(ORIENTATION_6, link=b"\0\0"),
    "link out of range": block(ORIENTATION_6, link=struct.pack("<I", 99999)),
    "LONG": block(entry(0x112, 4, 1, struct.pack("<I", 6))),
    "BYTE": block(entry(0x112, 1, 1, b"\6\0\0\0")),
    "SBYTE": block(entry(0x112, 6, 1, b"\6\0\0\0")),
    "SSHORT": block(entry(0x112, 8, 1, SHORT_6)),
    "SLONG": block(entry(0x112, 9, 1, struct.pack("<i", 6))),
    "FLOAT": block(entry(0x112, 11, 1, struct.pack("<f", 6))),
    "IFD": block(entry(0x112, 13, 1, struct.pack("<I", 6))),
    "ASCII": block(entry(0x112, 2, 2, b"6\0\0\0")),
    "UNDEFINED": block(entry(0x112, 7, 2, b"\6\0\0\0")),
    "no such type": block(entry(0x112, 0, 1, SHORT_6)),
    "two values": block(entry(0x112, 3, 2, struct.pack("<HH", 6, 1))),
    "twice": block(ORIENTATION_6, entry(0x112, 3, 1, struct.pack("<HH", 1, 0))),
    "last tag cut": block(MAKE, ORIENTATION_6, entry(0x131, 2, 4, b"Abc\0"), link=b"")[:-6],
    "junk behind": block(ORIENTATION_6, count=40, behind=bytes(range(1, 200))),
    "directory out of range": block(ORIENTATION_6, entry(0x8769, 4, 1, struct.pack("<I", 99999))),
    "value out of range": block(entry(0x10F, 2, 400, struct.pack("<I", 5000)), ORIENTATION_6),
}
UPRIGHT = {
    "none": block(MAKE),
    "0": block(entry(0x112, 3, 1, bytes(4))),
    "9": block(entry(0x112, 3, 1, struct.pack("<HH", 9, 0))),
    "no value": block(entry(0x112, 3, 0, SHORT_6)),
    "too many tags": block(ORIENTATION_6, count=500),
    "no header": b"junk",
    "cut header": b"II*\0\x08",
    "cut": b"II*\0\x08\0\0\0",
    "BigTIFF": b"II+\0\x08\0\0\0" + bytes(16),
}


@pytest.mark.parametrize("name", TURNED)
def test_what_is_turned_says_upright_whatever_state_it_is_in(name: str) -> None:
    assert exif.orientation_tag(TURNED[name]) == 6
    again = exif.upright_block(exif.PREFIX + TURNED[name])
    assert again is not None and again.startswith(exif.PREFIX)
    reader = Reader(again[6:])
    directory = reader.directory(reader.first)
    assert len(directory.entries) == directory.announced, "no tag is announced that isn't there"
    assert {reader.numbers(e) for e in directory.entries if e.tag == 0x112} == {(1,)}
    assert reader.data[directory.link : directory.link + 4] == bytes(4)


@pytest.mark.parametrize("name", UPRIGHT)
def test_what_gimp_does_not_turn(name: str) -> None:
    assert exif.orientation_tag(UPRIGHT[name]) is None and exif.orientation(UPRIGHT[name]) == 1
    again = exif.upright_block(UPRIGHT[name])
    assert again is not None and again.removeprefix(exif.PREFIX)[:4] == UPRIGHT[name][:4]


def described(orientation: int) -> bytes:
    """Sizes and resolutions in both directories, and where the subject is."""
    inner = [
        Tag(0xA002, 4, struct.pack("<I", 30)), Tag(0xA003, 3, struct.pack("<H", 20)),
        Tag(0xA20E, 5, struct.pack("<II", 300, 1)), Tag(0xA20F, 5, struct.pack("<II", 200, 1)),
        Tag(0x9214, 3, struct.pack("<4H", 5, 3, 4, 2)), Tag(0xA214, 3, struct.pack("<2H", 5, 3)),
    ]  # fmt: skip
    first = [
        Tag(0x100, 4, struct.pack("<I", 30)), Tag(0x101, 4, struct.pack("<I", 20)),
        Tag(0x112, 3, struct.pack("<H", orientation)),
        Tag(0x11A, 5, struct.pack("<II", 300, 1)), Tag(0x11B, 5, struct.pack("<II", 200, 1)),
    ]  # fmt: skip
    size = len(ifd.pack([*first, Tag(0x8769, 4, bytes(4))], 8))
    first.append(Tag(0x8769, 4, struct.pack("<I", 8 + size)))
    return b"II*\0" + struct.pack("<I", 8) + ifd.pack(first, 8) + ifd.pack(inner, 8 + size)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_resolutions_and_the_subject_turn_with_the_pixels(orientation: int) -> None:
    marked = np.zeros((20, 30), np.uint8)
    marked[3, 5] = 1
    upright = upright_pixels(marked, orientation)
    (y,), (x,) = np.nonzero(upright)
    height, width = upright.shape
    reader = Reader((exif.upright_block(described(orientation)) or b"")[6:])
    first = reader.directory(reader.first)
    inner = exif.inner(reader, first, ifd.EXIF)
    assert inner
    found = {e.tag: reader.numbers(e) or struct.unpack("<II", reader.value(e)) for e in first.entries + inner.entries}
    assert (found[0x100], found[0x101]) == ((width,), (height,)) == (found[0xA002], found[0xA003])
    resolutions = [(300, 1), (200, 1)][:: -1 if orientation >= 5 else 1]
    assert [found[0x11A], found[0x11B]] == resolutions == [found[0xA20E], found[0xA20F]]
    assert found[0xA214] == (x, y)
    assert found[0x9214] == (x, y, *((2, 4) if orientation >= 5 else (4, 2)))


def test_a_width_alone_becomes_a_height() -> None:
    alone = block(entry(0x100, 4, 1, struct.pack("<I", 30)), ORIENTATION_6)
    reader = Reader((exif.upright_block(alone) or b"")[6:])
    assert [(e.tag, reader.numbers(e)) for e in reader.directory(8).entries] == [(0x101, (30,)), (0x112, (1,))]


def colour_block(space: int | None, index: bytes | None) -> bytes:
    inner = [] if space is None else [Tag(0xA001, 3, struct.pack("<H", space))]
    pointer = [] if index is None else [Tag(0xA005, 4, bytes(4))]
    size = len(ifd.pack(inner + pointer, 26))
    pointer = [tag._replace(value=struct.pack("<I", 26 + size)) for tag in pointer]
    interop = ifd.pack([Tag(1, 2, index)], 26 + size) if index else b""
    return block(entry(0x8769, 4, 1, struct.pack("<I", 26))) + ifd.pack(inner + pointer, 26) + interop


@pytest.mark.parametrize(
    "space, index, adobe",
    [(65535, b"R03\0", True), (2, None, True), (1, b"R03\0", False), (65535, b"R98\0", False), (65535, None, False),
     (None, b"R03\0", False)],
)  # fmt: skip
def test_adobe_rgb_by_exif_as_gimp_reads_it(space: int | None, index: bytes | None, adobe: bool) -> None:
    assert exif.names_adobe_rgb(colour_block(space, index)) is adobe
    assert exif.names_adobe_rgb(b"junk") is False and exif.names_adobe_rgb(None) is False


@pytest.mark.parametrize("orientation", range(1, 9))
def test_points_turn_as_pixels_do(orientation: int) -> None:
    marked = np.zeros((4, 7), bool)
    marked[1, 5] = True
    (y,), (x,) = np.nonzero(upright_pixels(marked, orientation))
    assert upright_point(5.5, 1.5, orientation, 7, 4) == (x + 0.5, y + 0.5)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_block(junk: bytes, with_header: bool) -> None:
    blob = (block(ORIENTATION_6)[:10] if with_header else b"") + junk
    again = exif.upright_block(blob)
    assert again is not None and len(again) <= len(blob) + 6 + 12 * ifd.MOST_ENTRIES
    if exif.orientation(blob) > 1:
        assert exif.orientation(again) == 1
    exif.names_adobe_rgb(blob)
