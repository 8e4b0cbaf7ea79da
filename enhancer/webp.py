# SPDX-License-Identifier: GPL-3.0-or-later
"""WebP files, by Pillow: a packed one stays packed, a lossless one lossless."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, WebPImagePlugin

from . import exif, xmp_upright
from .errors import check_size, check_still
from .stored import Stored

FORMAT = WebPImagePlugin.WebPImageFile.format
QUALITY = 95  # as of a JPEG copy
CHUNKS_AT = 12  # RIFF's name and size, and WEBP
LOSSLESS = b"VP8L"


def read(path: Path) -> Stored:
    """A WebP file and what its copy keeps. PhotoError for animations."""
    with Image.open(path, formats=[FORMAT]) as image:
        check_size(path, *image.size)
        check_still(path, image)
        options: dict[str, Any] = {"quality": QUALITY}
        if _is_lossless(path):
            options = {"lossless": True, "exact": True}  # exact: colours under full transparency stay
        block = image.info.get("exif")
        if image.info.get("xmp"):
            options["xmp"] = xmp_upright.for_copy(image.info["xmp"], exif.orientation_tag(block), image.size)
        return Stored(
            "WebP", np.asarray(image), image.info.get("icc_profile"), exif.upright_block(block), options,
            exif.orientation(block),
        )  # fmt: skip


def write(
    stream: BinaryIO, channels: np.ndarray, profile: bytes | None, exif_block: bytes | None, options: dict[str, Any]
) -> None:
    """uint8 (H, W, 3 or 4)."""
    Image.fromarray(channels).save(stream, FORMAT, icc_profile=profile, exif=exif_block or b"", **options)


def _is_lossless(path: Path) -> bool:
    """By the name of the chunk that holds the picture (RFC 9649, 2.3 to 2.6)."""
    with path.open("rb") as stream:
        stream.seek(CHUNKS_AT)
        while len(head := stream.read(8)) == 8:
            if head[:4] in (LOSSLESS, b"VP8 "):
                return head[:4] == LOSSLESS
            size = int.from_bytes(head[4:], "little")
            stream.seek(size + size % 2, 1)
    return False
