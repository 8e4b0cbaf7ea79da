# SPDX-License-Identifier: GPL-3.0-or-later
"""PNG files: 8-bit samples by Pillow; 16-bit ones, which it reads and writes at 8 bits only, here."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, ImageFile, PngImagePlugin

from . import exif, named_profile, png_chunks
from .errors import check_size, check_still, other_colours
from .stored import Stored, left_out

# PNG specification, 11.2.2: colour type by number of channels
COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
# Its passes over an interlaced picture (Adam7, 8.2): first column and row, step of columns and of rows
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
# Channels by what Pillow calls the samples of a 16-bit PNG.
CHANNELS = {"I;16B": 1, "LA;16B": 2, "RGB;16B": 3, "RGBA;16B": 4}
DECODER = "png-16-bit"
# Pillow refuses pictures with longer texts and profiles, against decompression bombs; the limit of all texts together,
# 64 MB, stays. Programs write workflows and histories of several MB.
PngImagePlugin.MAX_TEXT_CHUNK = png_chunks.LARGEST
HEADER = 33
"""Bytes of the signature and the first chunk, behind which the others may come."""
STRIP = 2**22
"""Bytes that are unpacked at a time: few beside the picture, and many beside what a strip costs."""


def read(path: Path, image: PngImagePlugin.PngImageFile) -> Stored:
    """A PNG that Pillow has opened and not yet loaded, and what its copy keeps. PhotoError for animations."""
    check_size(path, *image.size)
    check_still(path, image)
    if is_deep(image):
        channels = read_deep(image)
        if (clear := image.info.get("transparency")) is not None and channels.shape[-1] in (1, 3):
            alpha = np.where((channels == np.asarray(clear)).all(-1, keepdims=True), 0, 65535).astype(np.uint16)
            channels = np.concatenate([channels, alpha], -1)
    else:
        image.load()
        if image.mode not in ("1", "L", "LA", "P", "PA", "RGB", "RGBA"):
            raise other_colours(path, image.mode)
        grey = image.mode in ("1", "L", "LA")
        mode = ("L" if grey else "RGB") + ("A" if image.has_transparency_data else "")
        channels = np.asarray(image.convert(mode))
    chunks = png_chunks.read(path)
    block = png_chunks.exif_block(chunks)
    colours = channels.shape[-1] if channels.ndim == 3 else 1
    profile, word = png_chunks.profile(chunks, colours < 3)
    if profile.data is None and colours >= 3 and exif.names_adobe_rgb(block):
        profile = named_profile.adobe_rgb()
    kept, dropped = png_chunks.upright(chunks, exif.orientation_tag(block), image.size)
    notes = [left_out(what) for what in dict.fromkeys(dropped)]
    stands_alone = any(name == b"eXIf" for name, _ in chunks)  # else it is one of the texts
    return Stored(
        "PNG", channels, profile, exif.upright_block(block) if stands_alone else None, {"chunks": kept},
        exif.orientation(block), notes=tuple([word, *notes] if word else notes),
    )  # fmt: skip


def write(
    stream: BinaryIO, channels: np.ndarray, profile: bytes | None, exif_block: bytes | None, options: dict[str, Any]
) -> None:
    """uint8 or uint16 (H, W, 1 to 4)."""
    chunks = list(options.get("chunks", []))
    if profile:
        chunks.insert(0, (b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)))
    if exif_block:
        chunks.append((b"eXIf", exif_block.removeprefix(exif.PREFIX)))
    if channels.dtype == np.uint16:
        write_deep(stream, channels, chunks)
        return
    picture = io.BytesIO()
    Image.fromarray(channels[..., 0] if channels.shape[-1] == 1 else channels).save(picture, "PNG")
    stream.write(picture.getbuffer()[:HEADER])
    for name, data in chunks:
        _chunk(stream, name, data)
    stream.write(picture.getbuffer()[HEADER:])


def is_deep(image: PngImagePlugin.PngImageFile) -> bool:
    """Whether a PNG that Pillow has opened and not yet loaded holds 16 bits a channel."""
    return any(str(tile.args).endswith(";16B") for tile in image.tile)


def read_deep(image: PngImagePlugin.PngImageFile) -> np.ndarray:
    """uint16 (H, W, 1 to 4) of a 16-bit PNG that Pillow has opened and not yet loaded. OSError, zlib.error: damaged.

    It is loaded then, as far as what stands behind the samples goes; its own pixels are left black.
    """
    pixels = np.empty((image.height, image.width, CHANNELS[str(image.tile[0].args)]), np.uint16)
    image.tile = [image.tile[0]._replace(codec_name=DECODER, args=(pixels,))]
    image.load()
    return pixels


class _Samples(ImageFile.PyDecoder):
    """Pillow's decoder for tiles whose args are the array (H, W, C) to be filled: it is handed the IDAT chunks."""

    def init(self, args: tuple[Any, ...]) -> None:
        pixels, *interlaced = args  # Pillow adds the 1
        starts = PASSES if interlaced else ((0, 0, 1, 1),)
        parts = [pixels[top::down, left::right] for left, top, right, down in starts]
        self._parts = [part for part in parts if part.size]  # still to be filled, the first from row _top on
        self._top = 0
        self._inflate = zlib.decompressobj()
        self._lines = bytearray()  # inflated, still filtered: a byte that names the filter, then the samples

    def decode(self, buffer: Any) -> tuple[int, int]:
        """Takes a whole buffer; (-1, 0) when the picture is filled."""
        self._lines += self._inflate.decompress(buffer)
        while self._parts:
            part = self._parts[0]
            line = 1 + part[0].nbytes
            n = min(len(part) - self._top, max(1, STRIP // line))
            if len(self._lines) < n * line:
                return len(buffer), 0
            lines = np.frombuffer(bytes(self._lines[: n * line]), np.uint8).reshape(n, line)
            above = part[self._top - 1] if self._top else np.zeros_like(part[0])
            part[self._top : self._top + n] = _unfiltered(lines, above)
            del self._lines[: n * line]
            self._top += n
            if self._top == len(part):
                self._parts.pop(0)
                self._top = 0
        return -1, 0


Image.register_decoder(DECODER, _Samples)


def _unfiltered(lines: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Filtered lines uint8 (n, 1 + 2 W C) below a row uint16 (W, C) -> uint16 (n, W, C). OSError: an unknown filter.

    PNG's filters work on bytes, each beside its like in the pixel to the left (9.2). So the high bytes are a picture of
    8 bits with these filters, and so are the low ones. Pillow reads both as one, with a first row, without a filter,
    over each.
    """
    n, (width, channels) = len(lines), above.shape
    both = np.zeros((2, 1 + n, 1 + width * channels), np.uint8)
    for half, first in zip(both, (above >> 8, above & 255), strict=True):
        half[0, 1:] = first.reshape(-1)
        half[1:, 0] = lines[:, 0]
    both[0, 1:, 1:], both[1, 1:, 1:] = lines[:, 1::2], lines[:, 2::2]
    stream = io.BytesIO()
    _start(stream, width, 2 * (1 + n), 8, channels)
    _chunk(stream, b"IDAT", zlib.compress(both.tobytes(), 0))
    _chunk(stream, b"IEND", b"")
    with Image.open(stream, formats=["PNG"]) as image:
        high, low = np.asarray(image).reshape(2, 1 + n, width, channels)[:, 1:]
    return (high.astype(np.uint16) << 8) | low


def write_deep(stream: BinaryIO, pixels: np.ndarray, chunks: list[tuple[bytes, bytes]]) -> None:
    """uint16 (H, W, 1 to 4) and further chunks (name, data) as a PNG file."""
    height, width, channels = pixels.shape
    _start(stream, width, height, 16, channels)
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


def _start(stream: BinaryIO, width: int, height: int, bits: int, channels: int) -> None:
    stream.write(b"\x89PNG\r\n\x1a\n")
    _chunk(stream, b"IHDR", struct.pack(">IIBBBBB", width, height, bits, COLOUR_TYPE[channels], 0, 0, 0))


def _chunk(stream: BinaryIO, name: bytes, data: bytes) -> None:
    stream.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)))
