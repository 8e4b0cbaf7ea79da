# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples of TIFF pages that tifffile leaves to a package that isn't needed here: Pillow's libtiff unpacks the bytes.

Each strip or tile is handed to it as a small TIFF of 8-bit samples, and what they are is made of the bytes here: 16-bit
and float samples in any number of channels, in LZW and the like, with any predictor.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from . import ifd
from .ifd import Tag

CODECS = {5, 8, 32773, 32946, 34925, 50000}
"""Compressions that pack bytes, whatever these mean: LZW, Deflate (two numbers), PackBits, LZMA, Zstandard."""
DIFFERENCES, FLOATING_POINT = 2, 3  # TIFF 6.0, section 14; Adobe's TIFF technical note 3


def read(path: Path, page: tifffile.TiffPage) -> np.ndarray:
    """(H, W, C) as stored, in the machine's byte order, of a page in one of CODECS. OSError, ValueError: damaged."""
    height, width, channels = page.imagelength, page.imagewidth, page.samplesperpixel
    assert page.dtype is not None
    dtype = page.dtype.newbyteorder(page.parent.byteorder)
    planes, inner = (1, channels) if page.planarconfig == tifffile.PLANARCONFIG.CONTIG else (channels, 1)
    tall, wide = (page.tilelength, page.tilewidth) if page.is_tiled else (min(page.rowsperstrip, height), width)
    if not 0 < wide * tall * inner * dtype.itemsize < 2**31:
        raise ValueError("tiles of an impossible size")
    places = [(plane, top, left) for plane in range(planes) for top in range(0, height, tall)
              for left in range(0, width, wide)]  # fmt: skip
    if len(page.dataoffsets) < len(places):
        raise ValueError("tiles are missing")
    result = np.empty((height, width, channels), page.dtype)
    with path.open("rb") as stream:
        for (plane, top, left), start, size in zip(places, page.dataoffsets, page.databytecounts, strict=False):
            rows = tall if page.is_tiled else min(tall, height - top)
            stream.seek(start)
            packed = stream.read(min(size, ifd.LARGEST_VALUE * 16))  # a hostile size is no reason to take the memory
            line = wide * inner * dtype.itemsize
            lines = np.frombuffer(_unpacked(packed, int(page.compression), rows, line), np.uint8).reshape(rows, line)
            part = _without_predictor(lines, dtype, inner, int(page.predictor))
            part = part[: height - top, : width - left]
            channel = slice(plane, plane + 1) if planes > 1 else slice(None)
            result[top : top + part.shape[0], left : left + part.shape[1], channel] = part
    return result


def _unpacked(packed: bytes, compression: int, rows: int, line: int) -> bytes:
    """rows x line bytes. Four bytes are called a pixel where that goes, since Pillow counts pixels against bombs."""
    n = 4 if line % 4 == 0 else 1
    words = [(256, line // n), (257, rows), (258, 8), (259, compression), (262, 2 if n == 4 else 1),
             (277, n), (278, rows), (279, len(packed))]  # fmt: skip
    tags = [Tag(code, ifd.LONG, struct.pack("<I", value)) for code, value in words if code != 258]
    tags.append(Tag(258, ifd.SHORT, struct.pack("<H", 8) * n))
    tags += [Tag(338, ifd.SHORT, b"\2\0")] if n == 4 else []  # RGBA, which Pillow leaves as it is
    size = len(ifd.pack([*tags, Tag(273, ifd.LONG, bytes(4))], 8))
    tags.append(Tag(273, ifd.LONG, struct.pack("<I", 8 + size)))
    made = io.BytesIO(b"II*\0" + struct.pack("<I", 8) + ifd.pack(tags, 8) + packed)
    with Image.open(made, formats=["TIFF"]) as image:
        return image.tobytes()


def _without_predictor(lines: np.ndarray, dtype: np.dtype, channels: int, predictor: int) -> np.ndarray:
    """Bytes uint8 (rows, line) -> samples (rows, columns, channels), in the machine's byte order."""
    rows, size = len(lines), dtype.itemsize
    native = dtype.newbyteorder("=")
    if predictor == FLOATING_POINT:
        # Differences of bytes, `channels` apart; then the first bytes of all samples, highest first, then the second
        # ones. cumsum wraps round as the writer did.
        sums = np.cumsum(lines.reshape(rows, -1, channels), axis=1, dtype=np.uint8)
        planes = sums.reshape(rows, size, -1).swapaxes(1, 2)  # (rows, columns * channels, size)
        return np.ascontiguousarray(planes).view(dtype.newbyteorder(">")).astype(native).reshape(rows, -1, channels)
    if predictor == DIFFERENCES:
        words = np.dtype(f"u{size}").newbyteorder(dtype.byteorder)
        numbers = lines.view(words).reshape(rows, -1, channels)
        return np.cumsum(numbers, axis=1, dtype=words.newbyteorder("=")).view(native)
    return lines.view(dtype).astype(native).reshape(rows, -1, channels)
