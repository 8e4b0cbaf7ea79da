# SPDX-License-Identifier: GPL-3.0-or-later
"""Photoshop's image resources, in which agencies' captions (IPTC) lie in JPEG and TIFF files.

Adobe Photoshop File Formats Specification, "Image Resources Section": "8BIM", number, name, size, data, all padded to
even lengths.
"""

from __future__ import annotations

import struct

from . import exif
from .turn import SIDEWAYS
from .xmp_upright import for_copy

PREVIEWS = {0x0409, 0x040C}
"""Thumbnails, of the unedited picture."""
RESOLUTION, EXIF_BLOCKS, XMP = 0x03ED, {0x0422, 0x0423}, 0x0424
HEADERS = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")
"""Signatures; the last four are other programs' (as ExifTool lists them)."""


def upright(resources: bytes, orientation: int | None, size: tuple[int, int]) -> bytes:
    """The same resources for a copy whose pixels are upright and edited: without previews of the unedited picture.

    orientation, size: as for `xmp_upright.upright`. From where they can't be followed, they stay as they are.
    """
    kept, place = [], 0
    while place < len(resources):
        found = _resource(resources, place)
        if found is None:
            kept.append(resources[place:])
            break
        number, start, end, following = found
        data = resources[start:end]
        changed = data if number not in PREVIEWS else None
        if number == RESOLUTION and (orientation or 1) >= SIDEWAYS and len(data) >= 16:
            changed = data[8:16] + data[:8] + data[16:]
        elif number in EXIF_BLOCKS and orientation is not None and data:
            changed = (exif.upright_block(data) or b"").removeprefix(
                b"" if data.startswith(exif.PREFIX) else exif.PREFIX
            )
        elif number == XMP:
            changed = for_copy(data, orientation, size)
        if changed == data:
            kept.append(resources[place:following])
        elif changed is not None:
            kept.append(
                resources[place : start - 4] + struct.pack(">I", len(changed)) + changed + bytes(len(changed) % 2)
            )
        place = following
    return b"".join(kept)


def _resource(resources: bytes, place: int) -> tuple[int, int, int, int] | None:
    """Of the resource at a place: number, start and end of its data, start of the next one. None: there is none."""
    if resources[place : place + 4] not in HEADERS or place + 12 > len(resources):
        return None
    (number,) = struct.unpack_from(">H", resources, place + 4)
    name = 1 + resources[place + 6]
    size_at = place + 6 + name + name % 2
    if size_at + 4 > len(resources):
        return None
    (size,) = struct.unpack_from(">I", resources, size_at)
    start, end = size_at + 4, size_at + 4 + size
    return (number, start, end, end + size % 2) if end <= len(resources) else None
