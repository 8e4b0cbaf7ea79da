# SPDX-License-Identifier: GPL-3.0-or-later
"""WebP in, WebP out: what it holds stays, turned upright."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from enhancer import photo

pytestmark = pytest.mark.skipif(not features.check("webp"), reason="this Pillow has no WebP")
TURNED = 6  # the first row is the right side


def picture(height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    """Smooth, so that packing changes little."""
    y, x, c = np.ogrid[:height, :width, :channels]
    return (40 + 4 * y + 3 * x + 10 * c).astype(np.uint8)


def rewritten(path: Path, samples: np.ndarray | None = None) -> photo.Photo:
    """What is read of a copy of a photo."""
    original = photo.read(path)
    copy = path.with_name(f"copy{path.suffix}")
    photo.write(original, original.samples if samples is None else samples, copy)
    with Image.open(copy) as image:
        assert image.format == original.format.upper()
    return photo.read(copy)


@pytest.mark.parametrize("lossless", [False, True])
def test_it_stays_what_it_is(tmp_path: Path, lossless: bool) -> None:
    exif, path = Image.Exif(), tmp_path / "a.webp"
    exif[0x0112], exif[0x010F] = TURNED, "camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    Image.fromarray(picture()).save(path, lossless=lossless, quality=95, exif=exif, icc_profile=profile, xmp=xmp)
    original, copy = photo.read(path), rewritten(path)
    assert (original.width, original.height) == (24, 32) == (copy.width, copy.height)
    assert copy.profile.data == profile and b'Orientation="1"' in copy.options["xmp"]
    with Image.open(tmp_path / "copy.webp") as image:
        assert dict(image.getexif()) == {0x0112: 1, 0x010F: "camera"}
    difference = np.abs(copy.samples.astype(int) - original.samples)
    assert difference.max() <= (0 if lossless else 4) and copy.options.get("lossless", False) == lossless


def test_alpha_stays_and_colours_below_it(tmp_path: Path) -> None:
    pixels = picture(channels=4)
    pixels[..., 3] = np.arange(32) * 8
    Image.fromarray(pixels).save(tmp_path / "a.webp", lossless=True, exact=True)
    copy = rewritten(tmp_path / "a.webp")
    assert copy.alpha is not None and (copy.alpha == pixels[..., 3]).all() and (copy.samples == pixels[..., :3]).all()


def test_an_animation_is_refused(tmp_path: Path) -> None:
    frames = [Image.fromarray(picture() + shade) for shade in (np.uint8(0), np.uint8(9))]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    with pytest.raises(photo.PhotoError) as error:
        photo.read(tmp_path / "a.webp")
    assert error.value.kind == "several pictures"


def test_one_that_is_cut_short_is_damaged(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.webp")
    data = (tmp_path / "a.webp").read_bytes()
    for length in (13, 30, len(data) // 2, len(data) - 9):
        (tmp_path / "a.webp").write_bytes(data[:length])
        with pytest.raises(photo.PhotoError) as error:
            photo.read(tmp_path / "a.webp")
        assert error.value.kind in ("damaged", "not a picture")
