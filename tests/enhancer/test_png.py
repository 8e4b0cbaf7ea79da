# SPDX-License-Identifier: GPL-3.0-or-later
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from enhancer import photo, png

RNG = np.random.default_rng(3)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def filtered(pixels: np.ndarray) -> bytes:
    """uint16 (H, W, C) as PNG's lines, each with one of the five filters (PNG specification, 9.2)."""
    step = 2 * pixels.shape[2]
    rows = np.ascontiguousarray(pixels, dtype=">u2").view(np.uint8).reshape(len(pixels), -1).astype(int)
    above, result = np.zeros_like(rows[0]), b""
    for row in rows:
        left, corner = (np.concatenate([np.zeros(step, int), side[:-step]]) for side in (row, above))
        guess = left + above - corner
        distances = np.abs(np.stack([left, above, corner]) - guess)
        paeth = np.choose(distances.argmin(axis=0), [left, above, corner])
        kind = int(RNG.integers(5))
        result += (
            bytes([kind])
            + ((row - [0 * row, left, above, (left + above) // 2, paeth][kind]) % 256).astype(np.uint8).tobytes()
        )
        above = row
    return result


def deep_png(pixels: np.ndarray, interlaced: bool = False, lines: bytes | None = None) -> bytes:
    """A 16-bit PNG with a text behind its samples, which lie in several chunks."""
    height, width, channels = pixels.shape
    if lines is None:
        parts = [pixels[top::down, left::right] for left, top, right, down in png.PASSES] if interlaced else [pixels]
        lines = b"".join(filtered(part) for part in parts if part.size)
    data = zlib.compress(lines)
    size = len(data) // 3 + 1
    head = struct.pack(">IIBBBBB", width, height, 16, png.COLOUR_TYPE[channels], 0, 0, interlaced)
    samples = b"".join(chunk(b"IDAT", data[start : start + size]) for start in range(0, len(data), size))
    text = chunk(b"tEXt", b"Title\0late")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + samples + text + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(37, 29), (1, 1), (2, 5), (9, 1)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("strip", [1, 1000, png.STRIP])
def test_every_filter_of_16_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strip: int, interlaced: bool, channels: int, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(png, "STRIP", strip)
    pixels = RNG.integers(0, 65536, (*size, channels), np.uint16)
    (tmp_path / "a.png").write_bytes(deep_png(pixels, interlaced))
    with Image.open(tmp_path / "a.png") as image:
        if channels > 2:  # the writer above is right: Pillow reads the same high bytes
            assert np.array_equal(np.asarray(image), pixels >> 8)
    read = photo.read(tmp_path / "a.png")
    colours = 3 if channels > 2 else 1
    assert np.array_equal(read.samples[..., :colours], pixels[..., :colours])
    assert (read.alpha is None) == (channels in (1, 3))
    assert read.alpha is None or np.array_equal(read.alpha, pixels[..., -1])
    assert read.options["chunks"] == [(b"tEXt", b"Title\0late")], "behind the samples"


def test_16_bits_are_inflated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = RNG.integers(0, 65536, (20, 30, 4), np.uint16)
    (tmp_path / "a.png").write_bytes(deep_png(pixels))
    opened = []
    real = Image.open
    monkeypatch.setattr(Image, "open", lambda file, **options: opened.append(file) or real(file, **options))
    photo.read(tmp_path / "a.png")
    assert [file for file in opened if isinstance(file, Path)] == [tmp_path / "a.png"]


@pytest.mark.parametrize("interlaced", [False, True])
def test_damaged_16_bits(tmp_path: Path, interlaced: bool) -> None:
    pixels = RNG.integers(0, 65536, (20, 30, 3), np.uint16)
    whole = deep_png(pixels, interlaced)
    lines = filtered(pixels)
    wrong = {
        "cut": whole[: len(whole) // 2],
        "too few rows": deep_png(pixels, interlaced, lines[:-200]),
        "no such filter": deep_png(pixels, interlaced, b"\x07" + lines[1:]),
        "no zlib stream": whole.replace(b"IDAT\x78", b"IDAT\x00", 1),
    }
    for name, contents in wrong.items():
        (tmp_path / "a.png").write_bytes(contents)
        with pytest.raises(photo.PhotoError) as caught:
            photo.read(tmp_path / "a.png")
        assert caught.value.kind == "damaged", name
