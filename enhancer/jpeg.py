# SPDX-License-Identifier: GPL-3.0-or-later
"""JPEG files: samples by Pillow; what stands before and behind them in the file, as it was."""

from __future__ import annotations

import io
import mmap
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, JpegImagePlugin

from . import exif, jpeg_segments, jpeg_tail, named_profile, xmp_attached
from .errors import check_size, other_colours
from .ifd import Data
from .stored import Stored, left_out
from .turn import SIDEWAYS

# JPEG quality of the copies: 95 is the highest that Pillow recommends; the steps above grow the file, not the picture.
QUALITY = 95
END = b"\xff\xd9"
FILLER = b"\x5a" * 4096
"""Samples that stand for nothing: a picture that is whole looks the same with them behind it."""
JFIF_DENSITY = 13
"""Where unit and density stand in a file that libjpeg begins (JFIF 1.02): behind two markers, length, name, version."""
STRIP = 64
"""Rows that Pillow hands over at a time."""


def read(path: Path, image: Image.Image) -> Stored:
    """A JPEG that Pillow has opened, and what its copy keeps. PhotoError for CMYK and the like."""
    check_size(path, *image.size)
    if image.mode not in ("L", "RGB"):
        raise other_colours(path, image.mode)
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        scan = jpeg_tail.first_scan(data)
        end = jpeg_tail.picture_end(data, scan) if scan is not None else None
        options, notes = _kept(data, bytes(data[end:]) if end else b"", image)
        if scan is not None and end is None:
            samples = _without_end(bytes(data), scan)
            notes.insert(0, "its end marker is missing, the picture is whole: copy it again where that is possible")
        else:
            samples = _pixels(image)
    options["quality"] = QUALITY
    # -1: Pillow cannot tell; then nothing is thrown away (4:4:4)
    options["subsampling"] = max(0, JpegImagePlugin.get_sampling(image)) if image.mode == "RGB" else 0
    for name in ("dpi", "progressive"):
        if image.info.get(name):
            options[name] = image.info[name]
    block, profile = image.info.get("exif"), image.info.get("icc_profile")
    if not profile and image.mode == "RGB" and exif.names_adobe_rgb(block):
        profile = named_profile.adobe_rgb()
    return Stored(
        "JPEG", samples, profile, exif.upright_block(block), options,
        orientation=exif.orientation(block), notes=tuple(notes),
    )  # fmt: skip


def _pixels(image: Image.Image) -> np.ndarray:
    """As np.asarray, which has the picture twice more in memory meanwhile."""
    pixels = np.empty((image.height, image.width, 3) if image.mode == "RGB" else (image.height, image.width), np.uint8)
    for top in range(0, image.height, STRIP):
        strip = image.crop((0, top, image.width, min(top + STRIP, image.height)))
        pixels[top : top + STRIP] = np.asarray(strip)
    return pixels


def room(height: int, width: int) -> np.ndarray:
    """Where an edited picture goes, uint8 (H, W, 3): a byte lies behind each pixel, as in Pillow's own pictures.

    Such an array becomes Pillow's without a copy, which would take half of the time of packing it, and 96 MB for 24
    megapixels.
    """
    return np.empty((height, width, 4), np.uint8)[..., :3]


def _image(channels: np.ndarray) -> Image.Image:
    """Pillow's picture of uint8 (H, W, 1 or 3)."""
    height, width, n = channels.shape
    whole = channels.base
    if whole is not None and whole.shape == (height, width, 4) and n == 3:
        same_start = whole.ctypes.data == channels.ctypes.data
        if same_start and channels.strides == (4 * width, 4, 1):  # as in `room`
            return Image.frombuffer("RGBX", (width, height), whole, "raw", "RGBX", 0, 1)
    return Image.fromarray(channels[..., 0] if n == 1 else channels)


def write(
    stream: BinaryIO, channels: np.ndarray, profile: bytes | None, exif_block: bytes | None, options: dict[str, Any]
) -> None:
    """uint8 (H, W, 1 or 3), with the quality and subsampling of the options."""
    image = _image(channels)
    for_pillow = {name: value for name, value in options.items() if name not in ("segments", "tail", "density")}
    block = (exif_block or b"").removeprefix(exif.PREFIX)
    segments = jpeg_segments.in_segments(jpeg_segments.APP1, exif.PREFIX, block) + options.get("segments", b"")
    image.save(stream, "JPEG", icc_profile=profile, extra=segments, **for_pillow)
    if density := options.get("density"):
        stream.seek(JFIF_DENSITY)
        stream.write(density)
        stream.seek(0, io.SEEK_END)
    stream.write(options.get("tail", b""))


def _kept(data: Data, rest: bytes, image: Image.Image) -> tuple[dict[str, Any], list[str]]:
    """What the copy keeps beside EXIF, profile and samples, and words about what it does not keep.

    rest: what lies behind the picture.
    """
    segments = jpeg_segments.read(data)
    orientation = exif.orientation_tag(image.info.get("exif"))
    turned = (orientation or 1) > 1
    packet = jpeg_segments.xmp(segments)
    more = jpeg_segments.extended_xmp(segments) or b""
    lists = [s.data for s in segments if s.marker == jpeg_segments.APP2 and s.data.startswith(jpeg_segments.MPF)]
    tail = jpeg_tail.sort(
        rest, xmp_attached.attached(packet),
        any(jpeg_tail.only_previews(one) for one in lists), turned,
    )  # fmt: skip
    kept, dropped = jpeg_segments.upright(segments, orientation, image.size, tail.kinds)
    if xmp_attached.tells_of(packet, xmp_attached.GAIN_MAP):
        dropped.append("its HDR gain map")
    if turned and any(xmp_attached.tells_of(one, xmp_attached.DEPTH) for one in (packet, more)):
        dropped.append("its depth map")
    options: dict[str, Any] = {"segments": kept, "tail": tail.kept}
    if density := _density(segments, orientation or 1):
        options["density"] = density
    words = dict.fromkeys(dropped + tail.dropped)  # each once
    notes = [left_out(what) for what in words]
    if any(data.startswith(jpeg_segments.ICC) for _, data in segments) and not image.info.get("icc_profile"):
        notes.append("its colour profile is damaged and is left out: its colours are taken for sRGB")
    return options, notes


def _density(segments: list[jpeg_segments.Segment], orientation: int) -> bytes | None:
    """Unit and density as the file's JFIF segment tells them, of the upright picture."""
    for marker, data in segments:
        if marker == jpeg_segments.APP0 and data.startswith(b"JFIF\0") and len(data) >= 12:
            unit, across, down = struct.unpack_from(">BHH", data, 7)
            across, down = (down, across) if orientation >= SIDEWAYS else (across, down)
            return struct.pack(">BHH", unit, across, down)
    return None


def _without_end(contents: bytes, scan: int) -> np.ndarray:
    """The samples of a JPEG without an end marker, if none are missing. OSError where some are."""
    contents = contents.rstrip(b"\xff")  # half a marker
    if not _all_scans(contents, scan):
        raise OSError("its last parts are missing")
    one, other = (np.asarray(Image.open(io.BytesIO(contents + more), formats=["JPEG"])) for more in (END, FILLER + END))
    if not np.array_equal(one, other):
        raise OSError("samples are missing at its end")
    return one


def _all_scans(contents: bytes, scan: int) -> bool:
    """Whether the scans hold all frequencies of all channels to the last bit (ITU-T T.81, B.2.3)."""
    done: dict[int, set[int]] = {}
    place = scan
    while match := jpeg_tail.MARKER.search(contents, place):
        start = match.end()
        if contents[start - 1] == jpeg_tail.SCAN and start + 3 <= len(contents):
            n = contents[start + 2]
            parameters = contents[start + 3 : start + 3 + 2 * n + 3]
            if len(parameters) < 2 * n + 3:
                return False
            first, last, bits = parameters[2 * n :]
            for channel in parameters[0 : 2 * n : 2]:
                done.setdefault(channel, set()).update(range(first, last + 1) if bits & 15 == 0 else ())
        if start + 2 > len(contents):
            break
        place = start + int.from_bytes(contents[start : start + 2], "big")
    return bool(done) and all(len(frequencies) == 64 for frequencies in done.values())
