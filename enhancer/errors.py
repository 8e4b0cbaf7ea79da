# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a photo file, and the checks that all formats share."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from models.errors import UserError

# Pillow's own limit against decompression bombs. 179 megapixels: more than the largest cameras have (150).
LARGEST = 2 * (Image.MAX_IMAGE_PIXELS or 89_478_485)
COLOURS = {"LAB": "Lab", "YCbCr": "YCbCr", "HSV": "HSV"}


class PhotoError(UserError):
    """A photo that cannot be read or written. The text is one line: file, cause, remedy."""


def too_large(path: Path, pixels: int | None) -> str:
    size = "has" if pixels is None else f"has {pixels / 1e6:.0f} megapixels,"
    return f"{path}: {size} more than the {LARGEST / 1e6:.0f} megapixels that are read: scale it down or crop it first"


def check_size(path: Path, width: int, height: int) -> None:
    if width * height > LARGEST:
        raise PhotoError(too_large(path, width * height), "too large")
    if width < 1 or height < 1:
        raise PhotoError(f"{path}: has no pixels: copy it again from where it came from", "no pixels")


def other_colours(path: Path, mode: str) -> PhotoError:
    """Of a picture in a mode of Pillow's that is not edited."""
    remedy = "open it in GIMP, which makes RGB of it, export it, and take that file"
    return PhotoError(f"{path}: holds {COLOURS.get(mode, mode)} colours: {remedy}", "other colours")


def one_line(error: Exception) -> str:
    """Whatever an error says, as a part of a sentence."""
    return " ".join(str(error).split())[:200] or type(error).__name__


def check_still(path: Path, image: Image.Image) -> None:
    """PhotoError for an animation that Pillow has opened."""
    if getattr(image, "is_animated", False):
        raise PhotoError(f"{path}: is an animation: save the wanted frame as a file of its own", "several pictures")
