# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture data of cameras (EXIF) kept byte for byte, but for what an upright, edited copy would make untrue."""

from __future__ import annotations

import re
import struct

import numpy as np

ORIENTATION = 0x0112  # EXIF 2.32, 4.6.4: how the stored rows lie, 1 = upright
EXIF_IFD = 0x8769
WIDTH, HEIGHT = 0xA002, 0xA003  # PixelXDimension, PixelYDimension
SHORT, LONG = 3, 4  # TIFF 6.0 field types


def orientation(blob: bytes | None) -> int:
    """Orientation tag (1 to 8) of an EXIF block (with or without its "Exif" prefix); 1 where there is none."""
    try:
        tiff, order, entries, _ = _first_directory(blob or b"")
        value = _value(tiff, order, entries[ORIENTATION])
    except (struct.error, KeyError):
        return 1
    return value if 1 <= value <= 8 else 1


def upright_block(blob: bytes | None) -> bytes | None:
    """The same block for a copy whose pixels are upright and edited.

    Orientation becomes 1, the two sizes are swapped where the picture was turned by 90 degrees, and the embedded
    preview, which would show the unedited picture, is unlinked. Everything else, maker notes included, keeps its
    bytes and its place. A block whose structure cannot be followed is returned as it is.
    """
    try:
        tiff, order, entries, link = _first_directory(blob or b"")
        turned = orientation(blob) >= 5
        patched = bytearray(tiff)
        if ORIENTATION in entries:
            _set_value(patched, order, entries[ORIENTATION], 1)
        struct.pack_into(order + "I", patched, link, 0)
        if turned and EXIF_IFD in entries:
            inner, _ = _directory(tiff, order, _value(tiff, order, entries[EXIF_IFD]))
            if WIDTH in inner and HEIGHT in inner:
                width, height = _value(tiff, order, inner[WIDTH]), _value(tiff, order, inner[HEIGHT])
                _set_value(patched, order, inner[WIDTH], height)
                _set_value(patched, order, inner[HEIGHT], width)
    except struct.error:
        return blob
    return b"Exif\0\0" + bytes(patched)


def upright_xmp(packet: bytes) -> bytes:
    """The same XMP packet with its orientation, which some programs also put there, set to upright."""
    return re.sub(rb"(tiff:Orientation(?:=[\"']|>))[2-8]", rb"\g<1>1", packet)


def upright_pixels(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Rows and columns (H, W, ...) as a viewer shows them; EXIF 2.32, 4.6.4 defines the eight values."""
    turn = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a.swapaxes(0, 1)[:, ::-1],
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: a.swapaxes(0, 1)[::-1],
    }[orientation]
    return np.ascontiguousarray(turn(pixels))


def _first_directory(blob: bytes) -> tuple[bytes, str, dict[int, int], int]:
    """TIFF bytes, byte order, {tag: place of its entry} of the first directory, place of the link to the next."""
    tiff = blob.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        raise struct.error("no TIFF header")
    entries, link = _directory(tiff, order, struct.unpack_from(order + "I", tiff, 4)[0])
    return tiff, order, entries, link


def _directory(tiff: bytes, order: str, start: int) -> tuple[dict[int, int], int]:
    (count,) = struct.unpack_from(order + "H", tiff, start)
    places = [start + 2 + 12 * i for i in range(count)]
    return {struct.unpack_from(order + "H", tiff, place)[0]: place for place in places}, start + 2 + 12 * count


def _format(tiff: bytes | bytearray, order: str, entry: int) -> str:
    (kind,) = struct.unpack_from(order + "H", tiff, entry + 2)
    if kind not in (SHORT, LONG):
        raise struct.error("neither SHORT nor LONG")
    return order + ("H" if kind == SHORT else "I")


def _value(tiff: bytes, order: str, entry: int) -> int:
    value: int = struct.unpack_from(_format(tiff, order, entry), tiff, entry + 8)[0]
    return value


def _set_value(tiff: bytearray, order: str, entry: int, value: int) -> None:
    struct.pack_into(_format(tiff, order, entry), tiff, entry + 8, value)
