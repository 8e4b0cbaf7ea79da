# SPDX-License-Identifier: GPL-3.0-or-later
"""Raw pictures of cameras, told by what is in the file: its name says little, and its first picture is a preview."""

from __future__ import annotations

import mmap
import re
import struct
from pathlib import Path

from . import ifd
from .errors import PhotoError
from .ifd import Reader

HEAD = 32
"""Bytes of a file by which the kinds below are told."""
STARTS = (
    (rb"FUJIFILMCCD-RAW", "Fujifilm RAF"),
    (rb"IIU\0", "Panasonic RW2"),  # Leica's RWL and Panasonic's RAW as well
    (rb"IIR[OS]|MMOR", "Olympus ORF"),
    (rb"....ftypcrx ", "Canon CR3"),
    (rb"II....HEAPCCDR", "Canon CRW"),
    (rb"II\*\0\x10\0\0\0CR", "Canon CR2"),
    (rb"FOVb", "Sigma X3F"),
    (rb"\0MRM", "Minolta MRW"),
    (rb"IIII|MMMM", "Phase One"),
)
"""How files begin that are no TIFF in the sense of its specification, with what they are."""

NEW_SUBFILE, COMPRESSION, PHOTOMETRIC, MAKE, MODEL, STRIPS = 254, 259, 262, 271, 272, 273
WIDTH, HEIGHT = 256, 257
SENSOR = {32803, 34892}
"""PhotometricInterpretation of sensor data: CFA (TIFF/EP) and LinearRaw (DNG 1.7, chapter 4)."""
DNG_VERSION = 50706
SENSOR_TAGS = {33421, 33422, 0xC640}
"""CFARepeatPatternDim, CFAPattern (TIFF/EP), Canon's slices of a raw. Programs copy them to developed pictures too."""
COLOURS = {2, 6}
"""PhotometricInterpretation RGB and YCbCr (TIFF 6.0): of developed pictures, and of previews."""
PACKED = {32767, 32769, 32770, 32867, 34713, 65000, 65535}
"""Compression of sensor data alone: Sony, packed, Samsung, Kodak KDC, Nikon, Kodak DCR, Pentax."""
IIQ_MAKERS = ("Phase One", "Leaf", "Mamiya")
"""Of raws that say so behind the TIFF header."""
PIXEL_WIDTH, PIXEL_HEIGHT, MAKER_NOTE = 0xA002, 0xA003, 0x927C
SHARE = 4
"""A raw file has this many times the bytes of its preview's pixels, and more pixels than it by as much."""


def check(path: Path) -> None:
    """PhotoError where a file is a camera's raw picture, or a TIFF whose first picture only stands for another one."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        for start, kind in STARTS:
            if re.match(start, head, re.DOTALL):
                raise _raw(path, kind)
        if head[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            try:
                _check_directories(path, Reader(data))
            except struct.error:  # no raw that could be told; the readers say what is wrong with the file
                return


def _raw(path: Path, kind: str) -> PhotoError:
    remedy = "develop it first (darktable, RawTherapee), and give the picture that you save there"
    return PhotoError(f"{path}: is a camera's raw picture ({kind}): {remedy}", "raw")


def _check_directories(path: Path, reader: Reader) -> None:
    pages = [_fields(reader, entries.entries) for entries in reader.chain(reader.first, 16)]
    if not pages:
        return
    subs = [page for top in pages for page in _sub_pages(reader, top)]
    made_by = " ".join(_text(reader, pages[0].get(code)) for code in (MAKE, MODEL)).strip() or "TIFF"
    in_iiq = bytes(reader.data[8:12]) in (b"IIII", b"MMMM") and made_by.startswith(IIQ_MAKERS)
    if in_iiq or any(_is_sensor_data(reader, page) for page in pages + subs) or _stands_for_more(reader, pages[0]):
        raise _raw(path, made_by)
    if _number(reader, pages[0].get(NEW_SUBFILE)) & 1:  # a reduced picture
        whole = [page for page in pages[1:] + subs if STRIPS in page or 324 in page]  # 324: TileOffsets
        if any(not _number(reader, page.get(NEW_SUBFILE)) & 1 for page in whole):
            message = (
                f"{path}: begins with a preview of another picture in it: save the wanted one as a file of its own"
            )
            raise PhotoError(message, "unsupported")


def _is_sensor_data(reader: Reader, page: dict[int, ifd.Entry]) -> bool:
    photometric = _number(reader, page.get(PHOTOMETRIC))
    return (
        DNG_VERSION in page
        or photometric in SENSOR
        or _number(reader, page.get(COMPRESSION)) in PACKED
        or (photometric not in COLOURS and not SENSOR_TAGS.isdisjoint(page))
    )


def _stands_for_more(reader: Reader, page: dict[int, ifd.Entry]) -> bool:
    """Whether a page with a camera's notes is a small part of its file and of the picture that EXIF describes.

    So are the previews in files whose raw data only their maker's notes lead to, as in Canon's first .TIF.
    """
    pointer = _number(reader, page.get(ifd.EXIF))
    pixels = _number(reader, page.get(WIDTH)) * _number(reader, page.get(HEIGHT))
    try:
        inner = _fields(reader, reader.directory(pointer).entries) if pointer else {}
    except struct.error:
        return False
    described = _number(reader, inner.get(PIXEL_WIDTH)) * _number(reader, inner.get(PIXEL_HEIGHT))
    small = described >= SHARE * pixels and len(reader.data) >= SHARE * 3 * pixels  # 3 bytes: 8-bit RGB
    return MAKER_NOTE in inner and pixels > 0 and small


def _sub_pages(reader: Reader, page: dict[int, ifd.Entry]) -> list[dict[int, ifd.Entry]]:
    """The directories that SubIFDs of a page leads to."""
    if ifd.SUB not in page:
        return []
    found = []
    for place in reader.numbers(page[ifd.SUB])[:16]:  # cameras have four
        found += [_fields(reader, one.entries) for one in reader.chain(int(place), 4)]
    return found


def _fields(reader: Reader, entries: list[ifd.Entry]) -> dict[int, ifd.Entry]:
    return {entry.tag: entry for entry in entries}


def _number(reader: Reader, entry: ifd.Entry | None) -> int:
    numbers = reader.numbers(entry) if entry else ()
    return int(numbers[0]) if numbers else 0


def _text(reader: Reader, entry: ifd.Entry | None) -> str:
    return reader.value(entry)[:64].decode("ascii", "replace").replace("\0", " ").strip() if entry else ""
