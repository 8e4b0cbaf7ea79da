# SPDX-License-Identifier: GPL-3.0-or-later
"""A hostile photo is answered by one line: the libraries that read it say nothing themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from enhancer import photo, quiet

READ = """
import sys
from enhancer import photo
for path in sys.argv[1:]:
    try:
        photo.read(path)
        print("read")
    except photo.PhotoError as error:
        print(error.kind)
sys.stderr.write("heard")
"""


def damaged(folder: Path) -> list[Path]:
    """What libtiff, tifffile and Pillow have something to say about."""
    pixels = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
    found = []
    for compression in ("tiff_lzw", "tiff_adobe_deflate"):
        path = folder / f"{compression}.tif"
        Image.fromarray(pixels).save(path, compression=compression)
        content = bytearray(path.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 40] = b"\xff" * 40
        path.write_bytes(content)
        found.append(path)
    path = folder / "tags.tif"
    tifffile.imwrite(path, pixels, metadata=None, software="some")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages.first.tags["Software"].offset
    content[at + 2] = 99  # a type that there is not, which tifffile logs
    path.write_bytes(content)
    return [*found, path]


def test_nothing_on_stderr(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", READ, *damaged(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stderr == "heard"
    assert done.stdout.split() == ["damaged", "damaged", "read"]


def test_stderr_is_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError), quiet.no_stderr():
        os.write(quiet.STDERR, b"unheard")
        raise ValueError
    os.write(quiet.STDERR, b"heard")
    assert capfd.readouterr().err == "heard"


def test_twelve_bits_are_named(tmp_path: Path) -> None:
    """A file that says so of itself: nobody here writes such."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((4, 4), np.uint16), metadata=None, photometric="minisblack")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        at = tiff.pages.first.tags["BitsPerSample"].valueoffset
    content[at] = 12
    path.write_bytes(content)
    with pytest.raises(photo.PhotoError) as error:
        photo.read(path)
    assert error.value.kind == "unsupported" and "12 bits" in str(error.value)
