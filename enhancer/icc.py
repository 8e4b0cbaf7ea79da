# SPDX-License-Identifier: GPL-3.0-or-later
"""ICC profiles: the tone curve the pixels are stored with, and the way to sRGB that the policy's thumbnail takes."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

from editor_ops.color import RGB_TO_XYZ

BRIGHTEST = 2.0**10
"""Linear light that an edit stays below: ten stops over white. A curve that can't store it belongs to no picture."""


@dataclass(frozen=True)
class Curve:
    """Tone curve of a profile: stored value in [0, 1] to linear light.

    Either seven numbers (g, a, b, c, d, e, f) of ICC.1:2022, 10.18, function 4: (a x + b)^g + e from d on, c x + f
    below; or samples, evenly spaced over [0, 1] and joined by lines.
    """

    numbers: tuple[float, ...] = ()
    samples: tuple[float, ...] = ()

    def decode(self, stored: np.ndarray) -> np.ndarray:
        """Stored values to linear light, any shape. Sampled curves end at 0 and 1, the others go on."""
        if self.samples:
            return np.interp(stored, np.linspace(0, 1, len(self.samples)), self.samples)
        g, a, b, c, d, e, f = self.numbers
        return np.where(stored >= d, np.maximum(a * stored + b, 0) ** g + e, c * stored + f)

    def encode(self, linear: np.ndarray) -> np.ndarray:
        """Linear light to stored values: the inverse of decode."""
        if self.samples:
            return np.interp(linear, self.samples, np.linspace(0, 1, len(self.samples)))
        g, a, b, c, d, e, f = self.numbers
        below = (linear - f) / c if c else np.zeros_like(linear)
        edge = max(a * d + b, 0.0) ** g + e
        return np.where(linear >= edge, (np.maximum(linear - e, 0) ** (1 / g) - b) / a, below)


SRGB = Curve((2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0))  # IEC 61966-2-1


@dataclass(frozen=True)
class Profile:
    """A file's colour profile, parsed once.

    embedded: whether the copy embeds it; not where something else that the copy keeps names it, such as PNG's gAMA.
    curve: None where samples are stored with sRGB's tone curve. to_srgb: (3, 3), linear RGB to linear sRGB; None where
    the primaries are sRGB's, or can't be had.
    """

    data: bytes | None = None
    curve: Curve | None = None
    to_srgb: np.ndarray | None = None
    embedded: bool = True

    @classmethod
    def parse(cls, data: bytes | None, embedded: bool = True) -> Profile:
        return cls(data, tone_curve(data), to_srgb_matrix(data), embedded)


def tone_curve(profile: bytes | None) -> Curve | None:
    """Tone curve of an RGB or grey profile; None where it is sRGB's, or where it cannot be had.

    It cannot be had from a broken profile, one made of lookup tables alone, or one whose three curves differ: such a
    picture is edited as if its tones were stored with sRGB's curve.
    """
    try:
        tags = _tags(profile or b"")
        channels = [tags[name] for name in ((b"rTRC", b"gTRC", b"bTRC") if b"rTRC" in tags else (b"kTRC",))]
        found = _parse(channels[0])
    except (struct.error, KeyError, ValueError):
        return None
    if any(channel != channels[0] for channel in channels):
        return None
    x = np.linspace(0, 1, 256)
    with np.errstate(all="ignore"):
        linear = found.decode(x)
        bright = np.array([BRIGHTEST])
        ends = found.encode(np.append(linear, bright)), found.decode(SRGB.encode(bright))
        finite = all(np.isfinite(end.astype(np.float32)).all() for end in ends)
        usable = bool(np.all(np.diff(linear) >= 0) and 0.5 < linear[-1] < 2 and finite)
    # Half an 8-bit level: profiles hold sRGB's curve rounded, or as a table.
    same = usable and np.abs(SRGB.encode(linear) - x).max() < 0.5 / 255
    return found if usable and not same else None


def to_srgb_matrix(profile: bytes | None) -> np.ndarray | None:
    """(3, 3) from the profile's linear RGB to linear sRGB; None where they are the same, or where it cannot be had.

    It cannot be had from broken and grey profiles, those made of lookup tables alone, and those whose white is not D50.
    """
    try:
        tags = _tags(profile or b"")
        rows = [struct.unpack_from(">3i", tags[name], 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]  # ICC.1:2022, 10.31
    except (struct.error, KeyError, ValueError):
        return None
    own = np.array(rows, np.float64).T / 65536
    matrix = np.linalg.inv(np.array(RGB_TO_XYZ)) @ own
    # White to white within half a level, or the rest makes no sense; primaries that are sRGB's as far as can be seen.
    if np.abs(matrix.sum(axis=1) - 1).max() > 0.5 / 255 or np.abs(matrix - np.eye(3)).max() < 0.5 / 255:
        return None
    return matrix if abs(np.linalg.det(matrix)) > 1e-3 else None


def srgb_conversion(profile: bytes | None, grey: bool) -> Callable[[np.ndarray], np.ndarray] | None:
    """What turns uint8 (H, W, 3) in the profile's colours into uint8 sRGB, relative colorimetric as in GIMP.

    Each pixel by itself. Of a grey picture the first channel counts. None, and the pixels are right as they are:
    without a profile, with a broken one, or with one that is sRGB within one level.
    """
    if not profile:
        return None
    mode = "L" if grey else "RGB"
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None

    def convert(pixels: np.ndarray) -> np.ndarray:
        image = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if grey else pixels))
        converted = ImageCms.applyTransform(image, transform)
        assert converted is not None  # it is, unless inPlace
        return np.asarray(converted)

    steps = np.arange(0, 256, 15, dtype=np.uint8)  # 18 values an axis, 0 and 255 among them
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    cube = np.stack([cube[..., 0]] * 3, -1) if grey else cube
    return None if np.abs(convert(cube).astype(int) - cube).max() <= 1 else convert


def _tags(profile: bytes) -> dict[bytes, bytes]:
    """{signature: data} of the tag table (ICC.1:2022, 7.3)."""
    (count,) = struct.unpack_from(">I", profile, 128)
    if count > 1000:  # real profiles have some 20: a hostile one is not followed
        raise ValueError("tag table too long")
    rows = [struct.unpack_from(">4sII", profile, 132 + 12 * i) for i in range(count)]
    return {name: profile[start : start + size] for name, start, size in rows}


def _parse(tag: bytes) -> Curve:
    """A curveType (10.6) or parametricCurveType (10.18) tag."""
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        if count == 0:
            return Curve((1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
        if count == 1:
            return Curve((struct.unpack_from(">H", tag, 12)[0] / 256, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
        return Curve(samples=tuple(np.frombuffer(tag, ">u2", count, 12) / 65535))
    if tag[:4] != b"para":
        raise ValueError("unknown kind of curve")
    (kind,) = struct.unpack_from(">H", tag, 8)
    if kind > 4:
        raise ValueError("unknown function")
    n = [value / 65536 for value in struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)]
    if kind == 0:
        return Curve((n[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    g, a, b = n[:3]
    if a == 0 or g <= 0:
        raise ValueError("curve without slope")
    if kind == 1:
        return Curve((g, a, b, 0.0, -b / a, 0.0, 0.0))
    if kind == 2:
        return Curve((g, a, b, 0.0, -b / a, n[3], n[3]))
    if kind == 3:
        return Curve((g, a, b, n[3], n[4], 0.0, 0.0))
    return Curve((g, a, b, *n[3:7]))
