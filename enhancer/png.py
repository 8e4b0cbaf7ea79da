# SPDX-License-Identifier: GPL-3.0-or-later
"""16-bit PNG files, which Pillow reads and writes at 8 bits a channel only (grey without alpha excepted)."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

# PNG specification, 11.2.2: colour type by number of channels
COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
# Pillow unpacks 16-bit samples by taking their high byte ("B", as PNG stores them) or, where it is told that they are
# little-endian, the other one. Both passes together give all 16 bits.
LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}


def is_deep(image: PngImagePlugin.PngImageFile) -> bool:
    """Whether a PNG that Pillow has opened and not yet loaded holds 16 bits a channel."""
    return any(str(tile.args).endswith(";16B") for tile in image.tile)


def read(path: Path) -> np.ndarray:
    """uint16 (H, W, 1 to 4) of a 16-bit PNG: grey, grey and alpha, RGB, or RGB and alpha."""
    with Image.open(path, formats=["PNG"]) as image:
        raw = str(image.tile[0].args)
        if raw == "I;16B":
            return np.asarray(image).astype(np.uint16)[..., None]
        if raw == "LA;16B":  # four bytes a pixel, in the order of the file
            image.tile = [tile._replace(args="RGBA") for tile in image.tile]
            return np.ascontiguousarray(np.asarray(image)).view(">u2").astype(np.uint16)
        pixels = np.asarray(image).astype(np.uint16) << 8
    with Image.open(path, formats=["PNG"]) as image:
        image.tile = [tile._replace(args=LOW_BYTES[raw]) for tile in image.tile]
        pixels |= np.asarray(image)
    return pixels


def write(stream: BinaryIO, pixels: np.ndarray, chunks: list[tuple[bytes, bytes]]) -> None:
    """uint16 (H, W, 1 to 4) and further chunks (name, data) as a PNG file."""
    height, width, channels = pixels.shape
    stream.write(b"\x89PNG\r\n\x1a\n")
    _chunk(stream, b"IHDR", struct.pack(">IIBBBBB", width, height, 16, COLOUR_TYPE[channels], 0, 0, 0))
    for name, data in chunks:
        _chunk(stream, name, data)
    pack = zlib.compressobj(6)
    above = np.zeros((1, width * channels * 2), np.uint8)
    strip = max(1, 2**22 // above.shape[1])  # some 4 MB at a time
    for top in range(0, height, strip):
        rows = np.ascontiguousarray(pixels[top : top + strip], dtype=">u2").view(np.uint8).reshape(-1, above.shape[1])
        # Filter 2, "Up" (PNG specification, 9.2): on photos it saves most of what the best filter a row would.
        filtered = rows - np.vstack([above, rows[:-1]])
        lines = np.hstack([np.full((len(rows), 1), 2, np.uint8), filtered])
        if data := pack.compress(lines.tobytes()):
            _chunk(stream, b"IDAT", data)
        above = rows[-1:]
    _chunk(stream, b"IDAT", pack.flush())
    _chunk(stream, b"IEND", b"")


def _chunk(stream: BinaryIO, name: bytes, data: bytes) -> None:
    stream.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
