# SPDX-License-Identifier: GPL-3.0-or-later
"""AVIF files, by Pillow, which hands over 8 bits of sRGB or of a profile's colours; others are told from these here."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from PIL import AvifImagePlugin, Image

from . import exif, xmp_upright
from .errors import PhotoError, check_size, check_still
from .stored import Stored

FORMAT = AvifImagePlugin.AvifImageFile.format
QUALITY = 95  # as of a JPEG copy
SPEED = 8  # of 10: half the time of the usual 6, and a sixth more bytes
LARGEST_DESCRIPTION = 2**22
"""Bytes at the file's beginning in which the box `meta` is looked for; it mostly has a few hundred."""
# ITU-T H.273: what sRGB is called, and 2, "unspecified". BT.709 and BT.601 curves are shown as sRGB's by everyone.
SRGB_PRIMARIES, SRGB_CURVES = {1, 2}, {1, 2, 6, 13}


class Coding(NamedTuple):
    """How the picture is stored. subsampling: as Pillow calls it; srgb: what the file says in place of a profile."""

    bits: int
    subsampling: str
    srgb: bool


def read(path: Path) -> Stored:
    """An AVIF file and what its copy keeps. PhotoError for sequences, and for more than 8 bits or sRGB's colours."""
    with Image.open(path, formats=[FORMAT]) as image:
        check_size(path, *image.size)
        check_still(path, image)
        coding = read_coding(path)
        remedy = "open it in the program that made it, and save it as a 16-bit PNG or TIFF"
        if coding.bits > 8:
            message = f"{path}: holds {coding.bits} bits a channel, and of AVIF 8 are read: {remedy}"
            raise PhotoError(message, "unsupported")
        profile = image.info.get("icc_profile")
        if not coding.srgb and not profile:
            message = f"{path}: holds other colours than sRGB's (wide gamut or HDR) without a profile: {remedy}"
            raise PhotoError(message, "unsupported")
        options: dict[str, Any] = {"quality": QUALITY, "speed": SPEED, "subsampling": coding.subsampling}
        block = image.info.get("exif")
        if image.info.get("xmp"):
            options["xmp"] = xmp_upright.for_copy(image.info["xmp"], exif.orientation_tag(block), image.size)
        return Stored(
            "AVIF", np.asarray(image), profile, exif.upright_block(block), options, exif.orientation(block)
        )  # fmt: skip


def write(
    stream: BinaryIO, channels: np.ndarray, profile: bytes | None, exif_block: bytes | None, options: dict[str, Any]
) -> None:
    """uint8 (H, W, 1, 3 or 4)."""
    image = Image.fromarray(channels[..., 0] if channels.shape[-1] == 1 else channels)
    image.save(stream, FORMAT, icc_profile=profile, exif=exif_block or b"", **options)


def read_coding(path: Path) -> Coding:
    """From the boxes in meta/iprp/ipco. ValueError, struct.error: damaged.

    Of alpha, which has boxes of its own there, the bits count too.
    """
    with path.open("rb") as stream:
        head = stream.read(LARGEST_DESCRIPTION)
    bits, subsampling, srgb = 8, "4:0:0", True
    meta = next((data for name, data in _boxes(head) if name == b"meta"), b"")[4:]  # behind version and flags
    for way in (b"iprp", b"ipco"):
        meta = next((data for name, data in _boxes(meta) if name == way), b"")
    for name, data in _boxes(meta):
        if name == b"av1C":  # AV1 in ISO base media, 2.3.3
            flags = data[2]
            bits = max(bits, 12 if flags & 0x20 else 10 if flags & 0x40 else 8)
            if not flags & 0x10:  # else it is grey
                subsampling = {0: "4:4:4", 2: "4:2:2", 3: "4:2:0"}[flags >> 2 & 3]
        if name == b"colr" and data[:4] == b"nclx":  # ISO/IEC 14496-12, 12.1.5
            primaries, curve = struct.unpack_from(">HH", data, 4)
            srgb = srgb and primaries in SRGB_PRIMARIES and curve in SRGB_CURVES
    return Coding(bits, subsampling, srgb)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and contents; what is cut off ends the last."""
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        begin = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, begin)
            begin += 8
        end = at + size if size else len(data)  # 0: to the end
        if end < begin:
            raise ValueError("a box is shorter than its head")
        yield name, data[begin:end]
        at = end
