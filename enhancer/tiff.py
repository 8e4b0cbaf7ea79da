# SPDX-License-Identifier: GPL-3.0-or-later
"""TIFF files: 8-bit samples are read by Pillow, others by tifffile, or here where it can't; tifffile writes them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile
from PIL import Image

from . import ifd, named_profile, tiff_segments, tiff_tags
from .errors import PhotoError, check_size, one_line
from .ifd import Tag
from .stored import Stored, left_out
from .turn import SIDEWAYS, upright_pixels

REDUCED = 1  # NewSubfileType, bit 0: a preview of another picture in the file
ICC = tiff_tags.ICC
ASSOCIATED, ALPHA = 1, (1, 2)
"""ExtraSamples (TIFF 6.0, section 18): colours multiplied by alpha; and the kinds that are alpha. 0 is unnamed."""
MOST_OTHERS = 4
"""Channels beside colours and alpha: a scanner has one, for infrared, prints have some spot colours."""
GREY_OR_RGB = (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.MINISWHITE)
BITS = (1, 2, 4, 8, 16, 32, 64)

# Of float samples, where 1 is white: 16 stops over white, and below float16's end. NaN is not below it either.
LARGEST_SAMPLE = 65504.0


class TiffKindError(ValueError):
    """A TIFF file of a kind that is not read; the text says which and what to do."""


def read(path: Path) -> Stored:
    """A TIFF file, upright, and what its copy keeps. PhotoError for kinds that are not read, and damaged files."""
    try:
        page, options, notes = describe(path)
        check_size(path, page.imagewidth, page.imagelength)
        turned = tiff_tags.orientation(path, page.offset) or 1
        kinds = extra_channels(page)
        n_others = sum(kind not in ALPHA for kind in kinds)
        channels = read_eight(path, turned) if is_eight_bit(page) else read_deep(path, page, kinds, turned)
    except TiffKindError as error:
        raise PhotoError(f"{path}: {error}", "unsupported") from error
    except tifffile.TiffFileError as error:
        message = f"{path}: is damaged ({one_line(error)}): copy it again from where it came from"
        raise PhotoError(message, "damaged") from error
    if channels.dtype.kind == "f" and (bad := int(channels.size - (np.abs(channels) < LARGEST_SAMPLE).sum())):
        raise PhotoError(
            f"{path}: holds {bad} samples that are no brightness (NaN, infinity or beyond {LARGEST_SAMPLE:g}): "
            "open it in the program that made it, repair these pixels and save it again",
            "no numbers",
        )
    options["n_others"] = n_others
    profile = options.pop("icc")
    if options.pop("adobe_rgb") and not profile and channels.shape[-1] - n_others > 2:
        profile = named_profile.adobe_rgb()
    return Stored("TIFF", channels, profile, None, options, n_others=n_others, notes=notes)


def describe(path: Path) -> tuple[tifffile.TiffPage, dict[str, Any], tuple[str, ...]]:
    """First page of the file, its tags as `write` takes them, and notes on what the copy doesn't keep.

    TiffKindError for what cannot be edited as a photo.
    """
    with tifffile.TiffFile(path) as tiff:
        page = _first(tiff)
        others = [other for other in tiff.pages[1:] if not int(_tag(other, 254, 0)) & REDUCED]
        if others:
            raise TiffKindError(f"holds {len(others) + 1} pictures: save the wanted page as a file of its own")
        photometric = tifffile.PHOTOMETRIC(page.photometric).name
        if photometric not in ("MINISBLACK", "MINISWHITE", "RGB", "PALETTE", "YCBCR"):
            kind = {"SEPARATED": "CMYK", "CIELAB": "Lab"}.get(photometric, photometric)
            raise TiffKindError(f"holds {kind} colours: convert it to RGB first (GIMP's export does)")
        if page.bitspersample not in BITS:
            raise TiffKindError(f"holds samples of {page.bitspersample} bits: save it with 8 or 16 bits a channel")
        kept = tiff_tags.read(path, page.offset, (page.imagewidth, page.imagelength))
        sideways = (tiff_tags.orientation(path, page.offset) or 1) >= SIDEWAYS
        tags: dict[str, Any] = {
            "icc": bytes(_tag(page, ICC, b"")) or None,
            "compressed": page.compression != tifffile.COMPRESSION.NONE,
            "resolution": _resolution(page, sideways),
            "kept": kept.tags,
            "directories": kept.directories,
            "adobe_rgb": kept.adobe_rgb,
        }
        return page, tags, tuple(left_out(what) for what in kept.dropped)


def _first(tiff: tifffile.TiffFile) -> tifffile.TiffPage:
    page = tiff.pages[0]
    assert isinstance(page, tifffile.TiffPage)  # later ones may be frames that share its tags
    return page


def is_eight_bit(page: tifffile.TiffPage) -> bool:
    """Whether Pillow reads the page whole: at most 8 bits a sample, in any packing, no channel that has no name."""
    if page.dtype is None or page.dtype.name not in ("uint8", "bool"):
        return False
    in_planes = page.planarconfig == tifffile.PLANARCONFIG.SEPARATE
    grey_and_alpha = page.samplesperpixel == 2  # of which Pillow leaves alpha out where it is a plane of its own
    return all(kind in ALPHA for kind in extra_channels(page)) and not (in_planes and grey_and_alpha)


def extra_channels(page: tifffile.TiffPage) -> list[int]:
    """The kinds of the channels beside the colours, as ExtraSamples has them; unnamed ones are 0."""
    if page.photometric not in GREY_OR_RGB:
        return []
    n = page.samplesperpixel - (3 if page.photometric == tifffile.PHOTOMETRIC.RGB else 1)
    named = [int(kind) for kind in page.extrasamples[:n]]
    kinds = named + [0] * (n - len(named))
    alpha = next((i for i, kind in enumerate(kinds) if kind in ALPHA), None)  # of several the first counts
    kinds = [kind if i == alpha else 0 for i, kind in enumerate(kinds)]
    if kinds.count(0) > MOST_OTHERS:
        raise TiffKindError(f"holds {n} channels beside the colours: save it with fewer")
    return kinds


def read_eight(path: Path, orientation: int) -> np.ndarray:
    """uint8 (H, W, 1 to 4), upright, of a page for which `is_eight_bit`; palettes become RGB."""
    with Image.open(path, formats=["TIFF"]) as image:
        # Else Pillow turns the picture on loading, also by what XMP alone says.
        image.getexif()[tiff_tags.ORIENTATION] = 1
        image.load()
        mode = ("L" if image.mode in ("1", "L", "LA", "La") else "RGB") + ("A" if image.mode[-1] in "Aa" else "")
        converted = image.convert(mode)  # whose size is that of its pixels, as they are stored
        pixels = np.asarray(converted).reshape(converted.height, converted.width, len(mode))
        return upright_pixels(pixels, orientation)


def read_deep(path: Path, page: tifffile.TiffPage, kinds: list[int], orientation: int) -> np.ndarray:
    """(H, W, C), upright, in the file's own dtype: colours, not multiplied by alpha; alpha; other channels."""
    if page.dtype is None or page.dtype.name not in ("uint8", "uint16", "float16", "float32", "float64"):
        raise TiffKindError(f"holds samples of kind {page.dtype}: save it with 8 or 16 bits or 32-bit float a channel")
    if page.bitspersample != 8 * page.dtype.itemsize:
        raise TiffKindError(f"holds {page.bitspersample} bits a channel: open it in GIMP and export it with 16")
    if page.photometric not in GREY_OR_RGB:
        kind = tifffile.PHOTOMETRIC(page.photometric).name
        raise TiffKindError(f"holds {kind} colours of {page.dtype} samples: save it as RGB")
    pixels = _samples(path, page)
    colours = pixels.shape[-1] - len(kinds)
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        whole = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1
        pixels[..., :colours] = whole - pixels[..., :colours]
    alpha = [colours + i for i, kind in enumerate(kinds) if kind in ALPHA]
    others = [colours + i for i, kind in enumerate(kinds) if kind not in ALPHA]
    if alpha and others:
        pixels = pixels[..., [*range(colours), *alpha, *others]]
    if ASSOCIATED in kinds:
        _divide_by_alpha(pixels, colours)
    return upright_pixels(pixels, orientation)


def _samples(path: Path, page: tifffile.TiffPage) -> np.ndarray:
    """(H, W, C) as stored, in the machine's byte order."""
    try:
        with tifffile.TiffFile(path) as tiff:
            pixels = _first(tiff).asarray()
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        if page.compression not in tiff_segments.CODECS:
            name = tifffile.COMPRESSION(page.compression).name
            raise TiffKindError(f"is packed with {name}, which is not read: save it without compression") from error
        return tiff_segments.read(path, page)
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1:
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = pixels.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
    return np.require(pixels, pixels.dtype.newbyteorder("="), "W")


def write(stream: BinaryIO, pixels: np.ndarray, tags: dict[str, Any]) -> None:
    """(H, W, C), any of the dtypes read, as an upright TIFF of one page with the given tags."""
    channels, n_others = pixels.shape[-1], tags.get("n_others", 0)
    directories: dict[int, list[Tag]] = tags.get("directories", {})
    own = channels - n_others  # colours and alpha
    extra = (["unassalpha"] if own in (2, 4) else []) + ["unspecified"] * n_others
    # LONG; the places are known at the end. tifffile refuses these two tags, so they stand there under the free
    # numbers before their own until then.
    pointers = [(code - 1, 4, 1, 0) for code in directories if code in tiff_tags.POINTERS]
    icc = [(ICC, 7, len(tags["icc"]), tags["icc"])] if tags.get("icc") else []  # UNDEFINED
    integers = pixels.dtype.kind == "u"
    packing: dict[str, Any] = {}
    if tags.get("compressed"):
        packing = {"compression": "zlib", "predictor": True if integers else None}
    tifffile.imwrite(
        stream,
        pixels[..., 0] if channels == 1 else pixels,
        byteorder="<",
        photometric="rgb" if own >= 3 else "minisblack",
        extrasamples=extra or None,
        planarconfig="contig" if channels > 1 else None,
        **tags.get("resolution", {}),
        metadata=None,
        software=False,
        rowsperstrip=max(1, 2**20 // max(1, pixels[:1].nbytes)),  # strips of some 1 MB
        extratags=[
            *((code, kind, count, value, True) for code, kind, count, value in [*icc, *pointers]),
            *(_extratag(tag) for tag in tags.get("kept", [])),
        ],
        **packing,
    )
    if directories:
        _append_directories(stream, directories)


def _divide_by_alpha(pixels: np.ndarray, colours: int) -> None:
    """Colours divided by alpha, which stands behind them, in place."""
    whole = np.iinfo(pixels.dtype).max if pixels.dtype.kind == "u" else 1.0
    alpha = pixels[..., colours : colours + 1].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        divided = np.where(alpha > 0, pixels[..., :colours] * (whole / alpha), 0)
    if pixels.dtype.kind == "u":
        divided = np.rint(np.minimum(divided, whole))
    pixels[..., :colours] = divided.astype(pixels.dtype)


def _resolution(page: Any, sideways: bool) -> dict[str, Any]:
    """Resolution of the upright picture as tifffile writes it; nothing where the file has none that makes sense."""
    across, down, unit = _tag(page, 282, None), _tag(page, 283, None), _tag(page, 296, 2)
    for fraction in (across, down):
        if not (isinstance(fraction, tuple) and len(fraction) == 2 and fraction[0] > 0 and fraction[1] > 0):
            return {}
    if unit not in (1, 2, 3):  # none, inch, centimetre: TIFF 6.0, section 8
        return {}
    return {"resolution": (down, across) if sideways else (across, down), "resolutionunit": unit}


def _tag(page: Any, code: int, default: Any) -> Any:
    return page.tags[code].value if code in page.tags else default


def _extratag(tag: Tag) -> tuple[int, int, int, Any, bool]:
    """A tag as tifffile takes it."""
    n = len(tag.value) // ifd.SIZES[tag.kind]
    if tag.kind in ifd.RATIONALS:  # of whose bytes tifffile counts the halves
        word = ifd.RATIONALS[tag.kind]
        return tag.code, tag.kind, n, struct.unpack(f"<{2 * n}{word}", tag.value), True
    return tag.code, tag.kind, n, tag.value, True


def _append_directories(stream: BinaryIO, directories: dict[int, list[Tag]]) -> None:
    """EXIF and GPS directories behind the pixels, and their places into the tags that point to them."""
    stream.seek(0, 2)
    if stream.tell() % 2:  # TIFF 6.0: a directory begins on a word boundary
        stream.write(b"\0")
    packed, places = tiff_tags.pack_directories(directories, stream.tell())
    stream.write(packed)
    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        entries = {code: _first(tiff).tags[code - 1].offset for code in places}
    for code, place in places.items():
        stream.seek(entries[code])
        stream.write(struct.pack("<HHII", code, 4, 1, place))
