# SPDX-License-Identifier: GPL-3.0-or-later
"""Photo files: JPEG, PNG, TIFF, WebP, AVIF in, the same kind out, with everything kept that is true of the edited copy.

Pixels are what a viewer shows: EXIF's orientation is applied on reading, and the copy is written upright and says so.
Samples stay as they are stored, in the picture's own primaries and on its own tone curve, and an edit looks the same in
any (enhancer/icc.py says when that cannot be had). `srgb` is what a viewer shows.
"""

from __future__ import annotations

import contextlib
import os
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from editor_ops import edit
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.editor import FULL_SIZE_FROM
from editor_ops.full_size import MOST_THREADS, edit_full_size
from editor_ops.operations import as_float, to_dtype
from models.files import atomic_write
from models.thumbnail import thumbnail_of_rows
from models.thumbnail_rule import SIZE

from . import icc, jpeg, kinds, png, quiet, raw
from .errors import PhotoError, one_line, too_large
from .icc import Profile
from .stored import Stored
from .turn import upright_pixels

UNWRITABLE = (ValueError, TypeError, KeyError, IndexError, ArithmeticError, AttributeError, struct.error)
"""What the writers may make of metadata that a file from anywhere brought along, such as more than a JPEG can hold."""
STRIP = 512
"""Rows converted at a time, so that a large picture needs no second copy in floats or in Pillow."""


@dataclass(frozen=True)
class Photo:
    """An upright picture and what its copy must keep.

    path     the file
    format   "JPEG", "PNG", "TIFF", "WebP" or "AVIF": the copy's, too
    samples  uint8, uint16 or float32 (H, W, 3), as stored; three equal channels (a view of one) where grey
    alpha    (H, W) of the same kind as the file's samples, 0 transparent; None where the file has none
    grey     whether the file has one channel beside alpha, as the copy has
    stored   dtype of the file's samples: float16 and float64 are held as float32
    profile  its colour profile; without data where it has none, which is taken for sRGB
    exif     its EXIF block as the upright copy gets it; None where it has none, and in TIFF, where options hold it
    options  what else the format's own writer keeps, such as resolution, text, XMP; TIFF's tags; a JPEG's subsampling
    others   (H, W, n): channels that are neither colours nor alpha, such as a scanner's infrared; they stay as they are
    notes    what is left out of a copy, or odd about the file, each a part of a sentence that begins with the file
    """

    path: Path
    format: str
    samples: np.ndarray
    alpha: np.ndarray | None
    grey: bool
    stored: np.dtype
    profile: Profile = field(default_factory=Profile)
    exif: bytes | None = None
    options: dict[str, Any] = field(default_factory=dict)
    others: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return int(self.samples.shape[1])

    @property
    def height(self) -> int:
        return int(self.samples.shape[0])


def read(path: Path | str) -> Photo:
    """The photo in a JPEG, PNG, TIFF, WebP or AVIF file.

    8 and 16 bits a channel, TIFF also float; grey, RGB or palette (which becomes RGB), with or without alpha.
    PhotoError: not there, a folder, empty, cut short, not a picture of these kinds, a camera's raw picture, CMYK or
    Lab, several pages, more than 179 megapixels, samples that are not numbers.
    """
    path = Path(path)
    _check_file(path)
    with _plain_errors(path):
        raw.check(path)
        with path.open("rb") as stream:
            kind = kinds.by_start(stream.read(kinds.START))
        if kind and kind not in kinds.READ:
            raise PhotoError(f"{path}: is a {kind} picture, which is not read: save it as a JPEG or PNG first", kind)
        if kind:
            with quiet.no_stderr() if kind == "TIFF" else contextlib.nullcontext():
                stored = _rarer(kind).read(path)
            return _photo(path, stored)
        with Image.open(path, formats=["JPEG", "PNG"]) as image:
            if isinstance(image, PngImagePlugin.PngImageFile):
                return _photo(path, png.read(path, image))
            return _photo(path, jpeg.read(path, image))


def _rarer(kind: str) -> ModuleType:
    """The module for a kind of file that is not JPEG or PNG, as most photos are: each takes its time to import."""
    if kind == "TIFF":
        from . import tiff

        return tiff
    if kind == "WebP":
        from . import webp

        return webp
    from . import avif

    return avif


def srgb(photo: Photo) -> np.ndarray:
    """What a viewer shows: uint8 sRGB (H, W, 3) by the file's profile."""
    to_srgb = icc.srgb_conversion(photo.profile.data, photo.grey)
    if photo.samples.dtype == np.uint8 and to_srgb is None:
        return photo.samples
    result = np.empty(photo.samples.shape, np.uint8)
    for top in range(0, photo.height, STRIP):
        strip = _eight_bits(photo.samples[top : top + STRIP])
        result[top : top + STRIP] = to_srgb(strip) if to_srgb else strip
    return result


def thumbnail(photo: Photo, size: int = SIZE) -> np.ndarray:
    """What the policy is shown: the thumbnail of `srgb` and `opacity`, float32 (3, size, size), without these copies.

    From 8 bits whatever the file has, as the GIMP plug-in sends them, so that both come to the same decision.
    """
    to_srgb = icc.srgb_conversion(photo.profile.data, photo.grey)

    def rows(some: slice) -> tuple[np.ndarray, np.ndarray | None]:
        band = _eight_bits(photo.samples[some])
        return to_srgb(band) if to_srgb else band, None if photo.alpha is None else _eight_bits(photo.alpha[some])

    return thumbnail_of_rows(rows, photo.height, photo.width, size)


def opacity(photo: Photo) -> np.ndarray | None:
    """Alpha as the policy is told of it: uint8 (H, W), or None."""
    return None if photo.alpha is None else _eight_bits(photo.alpha)


def edited(photo: Photo, values: Mapping[str, float], threads: int = MOST_THREADS) -> np.ndarray:
    """The photo's samples edited by slider values, with the same look whatever its profile; like `photo.samples`."""
    curve, matrix = photo.profile.curve, None if photo.grey else photo.profile.to_srgb
    if curve is None and matrix is None and photo.width * photo.height < FULL_SIZE_FROM:
        return edit(photo.samples, values, photo.alpha)
    decode, encode = (srgb_to_linear, linear_to_srgb) if curve is None else (curve.decode, curve.encode)
    out = jpeg.room(photo.height, photo.width) if photo.format == "JPEG" else None
    return edit_full_size(photo.samples, values, photo.alpha, matrix, decode, encode, threads, out)


def write(
    photo: Photo, samples: np.ndarray, path: Path | str, on_complete: Callable[[Path], None] | None = None
) -> None:
    """Edited samples, like `photo.samples`, to a new file of the photo's kind.

    JPEG and AVIF with quality 95 and the subsampling of the photo; PNG and TIFF with its bits, TIFF packed where it was
    packed; WebP with quality 95, lossless where it was lossless.
    Kept: colour profile or what names it, EXIF (upright, without its preview), XMP, IPTC, resolution, alpha and other
    channels; `photo.notes` says what is not. The file appears under its name only when it is whole. on_complete: as for
    `models.files.atomic_write`. PhotoError: the name is taken, or the file cannot be written.
    """
    path = Path(path)
    if samples.shape != photo.samples.shape or samples.dtype != photo.samples.dtype:
        raise ValueError(
            f"samples are {samples.dtype} {samples.shape}, the photo's {photo.samples.dtype} {photo.samples.shape}"
        )
    check_free(path)
    channels = _all_channels(photo, samples.astype(photo.stored, copy=False))
    profile = photo.profile.data if photo.profile.embedded else None
    with new_file(path, on_complete) as stream:
        format_ = {"JPEG": jpeg, "PNG": png}.get(photo.format) or _rarer(photo.format)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow reads the EXIF that it writes, which may be odd
            if photo.format == "TIFF":
                format_.write(stream, channels, {**photo.options, "icc": profile})
            else:
                format_.write(stream, channels, profile, photo.exif, photo.options)


def _check_file(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        message = f"{path}: cannot be read ({error.strerror}): check the name and the rights"
        raise PhotoError(message, "unreadable") from error
    if path.is_dir():
        raise PhotoError(f"{path}: is a folder: give the photos in it, such as {path / '*.jpg'}", "a folder")
    if not path.is_file():
        raise PhotoError(f"{path}: is not a plain file: give a photo", "not a file")
    if size == 0:
        raise PhotoError(f"{path}: is empty (0 bytes): copy it again from where it came from", "empty")


def check_free(*paths: Path) -> None:
    """PhotoError where a file that is to be made is there already."""
    for path in paths:
        if os.path.lexists(path):
            message = f"{path}: is there already and is not overwritten: choose another folder or move it away"
            raise PhotoError(message, "taken")


@contextlib.contextmanager
def new_file(path: Path, on_complete: Callable[[Path], None] | None = None) -> Iterator[BinaryIO]:
    """`models.files.atomic_write`, with PhotoError where the file cannot be written."""
    try:
        with atomic_write(path, on_complete) as stream:
            yield stream
    except PhotoError:  # of another file, which on_complete could not write
        raise
    except (OSError, *UNWRITABLE) as error:
        cause = getattr(error, "strerror", None) or one_line(error)
        message = f"{path}: cannot be written ({cause}): choose another folder or make room"
        raise PhotoError(message, "not written") from error


@contextlib.contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Whatever the readers make of a hostile file becomes one line for a person."""
    damaged = f"{path}: is damaged or cut short (%s): copy it again from where it came from"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd metadata; sizes are checked below and by Pillow's error
            yield
    except PhotoError:
        raise
    except Image.DecompressionBombError as error:
        raise PhotoError(too_large(path, None), "too large") from error
    except UnidentifiedImageError as error:
        message = f"{path}: is not a JPEG, PNG, TIFF, WebP or AVIF picture: save it as one of these first"
        raise PhotoError(message, "not a picture") from error
    except MemoryError as error:
        message = f"{path}: needs more memory than there is: scale it down or crop it first"
        raise PhotoError(message, "memory") from error
    except OSError as error:
        if error.errno is not None:
            message = f"{path}: cannot be read ({error.strerror}): check the name and the rights"
            raise PhotoError(message, "unreadable") from error
        raise PhotoError(damaged % one_line(error), "damaged") from error
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, SyntaxError) as error:
        raise PhotoError(damaged % one_line(error), "damaged") from error
    except (struct.error, zlib.error, EOFError, RuntimeError, AssertionError) as error:
        raise PhotoError(damaged % one_line(error), "damaged") from error


def _photo(path: Path, stored: Stored) -> Photo:
    """What a file holds to an upright Photo."""
    channels = stored.channels
    if channels.ndim == 2:
        channels = channels[..., None]
    channels = upright_pixels(channels, stored.orientation)
    n = channels.shape[-1] - stored.n_others
    channels, others = channels[..., :n], channels[..., n:]
    grey = n < 3
    colours = 1 if grey else 3
    alpha = np.ascontiguousarray(channels[..., colours]) if channels.shape[-1] > colours else None
    samples = np.ascontiguousarray(channels[..., :colours])
    if channels.dtype.kind == "f":
        samples = samples.astype(np.float32, copy=False)
    if grey:
        samples = np.broadcast_to(samples, (*samples.shape[:2], 3))
    profile = stored.profile if isinstance(stored.profile, Profile) else Profile.parse(stored.profile)
    return Photo(
        path, stored.format, samples, alpha, grey, channels.dtype, profile, stored.exif, stored.options,
        np.ascontiguousarray(others) if stored.n_others else None, stored.notes,
    )  # fmt: skip


def _eight_bits(stored: np.ndarray) -> np.ndarray:
    """Any stored samples as uint8, rounded to the nearest."""
    if stored.dtype == np.uint16:  # the nearest of 65535 / 255 = 257 steps, in a tenth of the time of floats
        return ((stored.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return stored if stored.dtype == np.uint8 else to_dtype(as_float(stored), np.uint8, 255)


def _all_channels(photo: Photo, stored: np.ndarray) -> np.ndarray:
    """Edited colours and all that stands beside them: (H, W, 1 or more)."""
    parts = [stored[..., :1] if photo.grey else stored]
    parts += [] if photo.alpha is None else [photo.alpha[..., None]]
    parts += [] if photo.others is None else [photo.others]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, -1)
