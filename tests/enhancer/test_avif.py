# SPDX-License-Identifier: GPL-3.0-or-later
"""AVIF in, AVIF out; what Pillow would hand over as something else is refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from enhancer import avif, photo

pytestmark = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
NCLX = b"colrnclx"


def save(path: Path, mode: str = "RGB", **options: object) -> np.ndarray:
    y, x = np.ogrid[:24, :32]
    grey = Image.fromarray((40 + 4 * y + 3 * x).astype(np.uint8))
    picture = grey.convert(mode)
    if mode[-1] == "A":
        picture.putalpha(grey)
    picture.save(path, quality=95, speed=9, **options)
    return np.asarray(picture)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_it_stays_what_it_is(tmp_path: Path, mode: str) -> None:
    pixels = save(tmp_path / "a.avif", mode, subsampling="4:0:0" if mode == "L" else "4:2:2")
    original = photo.read(tmp_path / "a.avif")
    photo.write(original, original.samples, tmp_path / "b.avif")
    copy = photo.read(tmp_path / "b.avif")
    assert copy.options == original.options and copy.grey == (mode == "L") and copy.format == "AVIF"
    assert copy.options["subsampling"] == ("4:0:0" if mode == "L" else "4:2:2")
    expected = pixels[..., :3] if pixels.ndim == 3 else pixels[..., None]
    assert np.abs(copy.samples.astype(int) - expected).max() <= 4
    assert (copy.alpha is not None) == (mode == "RGBA")
    if copy.alpha is not None:
        assert np.abs(copy.alpha.astype(int) - pixels[..., 3]).max() <= 4


@pytest.mark.filterwarnings("error")
def test_cut_exif_is_kept_without_a_word(tmp_path: Path) -> None:
    """Pillow reads what it writes, and warns."""
    whole = Image.Exif()
    whole[0x010F], whole[0x0110] = "camera", "model"
    original = photo.read(with_exif(tmp_path / "a.avif", whole.tobytes()[:-12]))
    photo.write(original, original.samples, tmp_path / "b.avif")
    assert photo.read(tmp_path / "b.avif").exif


def with_exif(path: Path, exif: bytes) -> Path:
    with warnings.catch_warnings(action="ignore"):
        save(path, exif=exif)
    return path


def test_turned_by_its_own_box_as_by_exif(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    save(tmp_path / "a.avif", exif=exif, icc_profile=profile)  # Pillow writes a box that turns it
    original = photo.read(tmp_path / "a.avif")
    assert (original.width, original.height) == (24, 32)
    photo.write(original, original.samples, tmp_path / "b.avif")
    with Image.open(tmp_path / "b.avif") as image:
        assert image.size == (24, 32) and image.getexif()[0x010F] == "camera"
        assert image.getexif().get(0x0112, 1) == 1 and image.info["icc_profile"] == profile


@pytest.mark.parametrize(
    ("primaries", "curve", "profile", "is_read"),
    [(1, 13, False, True), (2, 2, False, True), (12, 13, False, False), (9, 16, False, False), (12, 13, True, True)],
)
def test_wide_gamut_and_hdr_without_a_profile_are_refused(
    tmp_path: Path, primaries: int, curve: int, profile: bool, is_read: bool
) -> None:
    path = tmp_path / "a.avif"
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() if profile else None
    save(path, icc_profile=data)
    content = path.read_bytes()
    at = content.index(NCLX) + len(NCLX)
    path.write_bytes(content[:at] + bytes([0, primaries, 0, curve]) + content[at + 4 :])
    if is_read:
        assert photo.read(path).width == 32
        return
    with pytest.raises(photo.PhotoError) as error:
        photo.read(path)
    assert error.value.kind == "unsupported"


def test_how_deep_it_is_stands_in_a_box(tmp_path: Path) -> None:
    """Pillow writes 8 bits alone, and reads no file whose box and pixels differ."""
    save(tmp_path / "a.avif")
    content = (tmp_path / "a.avif").read_bytes()
    at = content.index(b"av1C") + 6
    for flag, bits in ((0, 8), (0x40, 10), (0x60, 12)):
        (tmp_path / "a.avif").write_bytes(content[:at] + bytes([content[at] | flag]) + content[at + 1 :])
        assert avif.read_coding(tmp_path / "a.avif") == avif.Coding(bits, "4:2:0", srgb=True)
