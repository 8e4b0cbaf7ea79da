# SPDX-License-Identifier: GPL-3.0-or-later
"""JPEG files, by Pillow."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, JpegImagePlugin

from . import exif
from .errors import check_size, other_colours
from .stored import Stored

# JPEG quality of the copies: 95 is the highest that Pillow recommends; the steps above grow the file, not the picture.
QUALITY = 95
STRIP = 64
"""Rows that Pillow hands over at a time."""


def read(path: Path, image: Image.Image) -> Stored:
    """A JPEG that Pillow has opened, and what its copy keeps. PhotoError for CMYK and the like."""
    check_size(path, *image.size)
    if image.mode not in ("L", "RGB"):
        raise other_colours(path, image.mode)
    options: dict[str, Any] = {"quality": QUALITY}
    # -1: Pillow cannot tell; then nothing is thrown away (4:4:4)
    options["subsampling"] = max(0, JpegImagePlugin.get_sampling(image)) if image.mode == "RGB" else 0
    for name in ("dpi", "xmp", "comment", "progressive"):
        if image.info.get(name):
            options[name] = image.info[name]
    if "xmp" in options:
        options["xmp"] = exif.upright_xmp(options["xmp"])
    return Stored("JPEG", _pixels(image), image.info.get("icc_profile"), image.info.get("exif"), options)


def _pixels(image: Image.Image) -> np.ndarray:
    """As np.asarray, which has the picture twice more in memory meanwhile."""
    pixels = np.empty((image.height, image.width, 3) if image.mode == "RGB" else (image.height, image.width), np.uint8)
    for top in range(0, image.height, STRIP):
        strip = image.crop((0, top, image.width, min(top + STRIP, image.height)))
        pixels[top : top + STRIP] = np.asarray(strip)
    return pixels


def write(
    stream: BinaryIO, channels: np.ndarray, profile: bytes | None, exif_block: bytes | None, options: dict[str, Any]
) -> None:
    """uint8 (H, W, 1 or 3), with the quality and subsampling of the options."""
    image = Image.fromarray(channels[..., 0] if channels.shape[-1] == 1 else channels)
    image.save(stream, "JPEG", icc_profile=profile, exif=exif_block or b"", **options)
