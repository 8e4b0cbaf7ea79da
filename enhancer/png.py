# SPDX-License-Identifier: GPL-3.0-or-later
"""PNG files: 8-bit ones by Pillow, 16-bit ones, which it reads and writes at 8 bits only, by two passes and here."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from . import exif
from .errors import PhotoError, check_size, other_colours
from .stored import Stored

# PNG specification, 11.2.2: colour type by number of channels
COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
# Pillow unpacks 16-bit samples by taking their high byte ("B", as PNG stores them) or, where it is told that they are
# little-endian, the other one. Both passes together give all 16 bits.
LOW_BYTES = {"RGB;16B": "RGB;16L", "RGBA;16B": "RGBA;16L"}


def read(path: Path, image: PngImagePlugin.PngImageFile) -> Stored:
    """A PNG that Pillow has opened and not yet loaded, and what its copy keeps. PhotoError for animations."""
    check_size(path, *image.size)
    if getattr(image, "is_animated", False):
        raise PhotoError(f"{path}: is an animation: save the wanted frame as a file of its own", "several pictures")
    if is_deep(image):
        channels = read_deep(path)
        image.load()
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
    options: dict[str, Any] = {"pnginfo": _texts(image)}
    if image.info.get("dpi"):
        options["dpi"] = image.info["dpi"]
    return Stored("PNG", channels, image.info.get("icc_profile"), image.info.get("exif"), options)


def write(
    stream: BinaryIO, channels: np.ndarray, profile: bytes | None, exif_block: bytes | None, options: dict[str, Any]
) -> None:
    """uint8 or uint16 (H, W, 1 to 4)."""
    if channels.dtype == np.uint16:
        write_deep(stream, channels, _chunks(profile, exif_block, options))
        return
    image = Image.fromarray(channels[..., 0] if channels.shape[-1] == 1 else channels)
    image.save(stream, "PNG", icc_profile=profile, exif=exif_block or b"", **options)


def is_deep(image: PngImagePlugin.PngImageFile) -> bool:
    """Whether a PNG that Pillow has opened and not yet loaded holds 16 bits a channel."""
    return any(str(tile.args).endswith(";16B") for tile in image.tile)


def read_deep(path: Path) -> np.ndarray:
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


def write_deep(stream: BinaryIO, pixels: np.ndarray, chunks: list[tuple[bytes, bytes]]) -> None:
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


def _texts(image: PngImagePlugin.PngImageFile) -> PngImagePlugin.PngInfo:
    """Text chunks (title, author, XMP) as they were."""
    kept = PngImagePlugin.PngInfo()
    for key, value in image.text.items():
        if key == "XML:com.adobe.xmp":
            kept.add_itxt(key, exif.upright_xmp(value.encode()).decode())
        elif isinstance(value, PngImagePlugin.iTXt):
            kept.add_itxt(key, value, value.lang or "", value.tkey or "")
        else:
            kept.add_text(key, value)
    return kept


def _chunks(profile: bytes | None, exif_block: bytes | None, options: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """What Pillow would write beside the pixels, for the 16-bit writer."""
    chunks = []
    if profile:
        chunks.append((b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile)))
    if dpi := options.get("dpi"):
        per_metre = [round(value / 0.0254) for value in dpi]
        chunks.append((b"pHYs", struct.pack(">IIB", *per_metre, 1)))
    if exif_block:
        chunks.append((b"eXIf", exif_block.removeprefix(b"Exif\0\0")))
    return chunks + [(chunk[0], chunk[1]) for chunk in options["pnginfo"].chunks]
