# SPDX-License-Identifier: GPL-3.0-or-later
"""TIFF files: 8-bit ones are read by Pillow, 16-bit and float ones by tifffile; tifffile writes them all."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile
from PIL import Image, TiffImagePlugin

from .errors import PhotoError, check_size, one_line
from .exif import upright_pixels, upright_xmp
from .stored import Stored

REDUCED = 1  # NewSubfileType, bit 0: a preview of another picture in the file
EXIF_IFD, GPS_IFD, INTEROP_IFD = 0x8769, 0x8825, 0xA005
ICC, ORIENTATION, XMP = 34675, 274, 700
# What tells about the picture and stays true of an edited copy: ImageDescription, Make, Model, Software, DateTime,
# Artist, Copyright, XMP, IPTC, Rating (TIFF 6.0 and its registered private tags).
KEPT = (270, 271, 272, 305, 306, 315, 33432, 700, 33723, 18246)
# Pillow's libtiff hands 16-bit samples over in the machine's order and unpacks their high byte; told that they lie
# the other way round, it unpacks the low one.
LOW_BYTES = {"RGB;16N": "RGB;16B", "RGBA;16N": "RGBA;16B", "RGBX;16N": "RGBX;16B"}


# Of float samples, where 1 is white: 16 stops over white, and below float16's end. NaN is not below it either.
LARGEST_SAMPLE = 65504.0


class TiffKindError(ValueError):
    """A TIFF file of a kind that is not read; the text says which and what to do."""


def read(path: Path) -> Stored:
    """A TIFF file, upright, and what its copy keeps. PhotoError for kinds that are not read, and damaged files."""
    try:
        page, options = describe(path)
        check_size(path, page.imagewidth, page.imagelength)
        channels = read_eight(path) if is_eight_bit(page) else read_deep(path, page)
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
    return Stored("TIFF", channels, options.pop("icc"), None, options)


def describe(path: Path) -> tuple[tifffile.TiffPage, dict[str, Any]]:
    """First page of the file and its tags as `write` takes them; TiffKindError for what cannot be edited as a photo."""
    with tifffile.TiffFile(path) as tiff:
        page = _first(tiff)
        others = [other for other in tiff.pages[1:] if not int(_tag(other, 254, 0)) & REDUCED]
        if others:
            raise TiffKindError(f"holds {len(others) + 1} pictures: save the wanted page as a file of its own")
        if 50706 in page.tags:  # DNGVersion
            raise TiffKindError("is a camera's raw picture: develop it (darktable, RawTherapee) and save a TIFF")
        photometric = tifffile.PHOTOMETRIC(page.photometric).name
        if photometric not in ("MINISBLACK", "MINISWHITE", "RGB", "PALETTE", "YCBCR"):
            kind = {"SEPARATED": "CMYK", "CIELAB": "Lab"}.get(photometric, photometric)
            raise TiffKindError(f"holds {kind} colours: convert it to RGB first (GIMP's export does)")
        tags: dict[str, Any] = {
            "icc": bytes(_tag(page, ICC, b"")) or None,
            "compressed": page.compression != tifffile.COMPRESSION.NONE,
            "resolution": [_tag(page, 282, None), _tag(page, 283, None), _tag(page, 296, 2)],
            "kept": [_kept(tag) for tag in page.tags if tag.code in KEPT],
            "exif": _directories(path, tiff, page),
        }
        return page, tags


def _first(tiff: tifffile.TiffFile) -> tifffile.TiffPage:
    page = tiff.pages[0]
    assert isinstance(page, tifffile.TiffPage)  # later ones may be frames that share its tags
    return page


def is_eight_bit(page: tifffile.TiffPage) -> bool:
    """Whether Pillow reads the page whole: at most 8 bits a sample, in any packing."""
    return page.dtype is not None and page.dtype.name in ("uint8", "bool")


def read_eight(path: Path) -> np.ndarray:
    """uint8 (H, W, 1 to 4), upright, of a page for which `is_eight_bit`; palettes become RGB."""
    with Image.open(path, formats=["TIFF"]) as image:
        image.load()
        mode = ("L" if image.mode in ("1", "L", "LA", "La") else "RGB") + ("A" if image.mode[-1] in "Aa" else "")
        pixels = np.asarray(image.convert(mode)).reshape(image.height, image.width, len(mode))
        return _upright(pixels, image)


def read_deep(path: Path, page: tifffile.TiffPage) -> np.ndarray:
    """(H, W, 1 to 4), upright, of a 16-bit or float page, in the file's own dtype; colours not multiplied by alpha."""
    extra = page.samplesperpixel - (3 if page.photometric == tifffile.PHOTOMETRIC.RGB else 1)
    if page.dtype is None or page.dtype.name not in ("uint16", "float16", "float32", "float64"):
        raise TiffKindError(f"holds samples of kind {page.dtype}: save it with 8 or 16 bits or 32-bit float a channel")
    if page.bitspersample != 8 * page.dtype.itemsize:
        raise TiffKindError(f"holds {page.bitspersample} bits a channel: open it in GIMP and export it with 16")
    if page.photometric not in (
        tifffile.PHOTOMETRIC.RGB,
        tifffile.PHOTOMETRIC.MINISBLACK,
        tifffile.PHOTOMETRIC.MINISWHITE,
    ):
        kind = tifffile.PHOTOMETRIC(page.photometric).name
        raise TiffKindError(f"holds {kind} colours of {page.dtype} samples: save it as RGB")
    if extra not in (0, 1):
        raise TiffKindError(f"holds {extra} channels beside the colours: save it with at most one, alpha")
    try:
        with tifffile.TiffFile(path) as tiff:
            pixels = _first(tiff).asarray()
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
        # LZW and the like: tifffile leaves them to a package of its own, Pillow's libtiff does them for 16 bits.
        return _without_alpha_in_colours(_two_passes(path, page), page)
    if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and page.samplesperpixel > 1:
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = pixels.reshape(page.imagelength, page.imagewidth, page.samplesperpixel)
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        pixels = (65535 if pixels.dtype == np.uint16 else 1) - pixels
    pixels = upright_pixels(pixels, int(_tag(page, ORIENTATION, 1)))
    return _without_alpha_in_colours(pixels.astype(pixels.dtype.newbyteorder("="), copy=False), page)


def write(stream: BinaryIO, pixels: np.ndarray, tags: dict[str, Any]) -> None:
    """(H, W, 1 to 4), any of the dtypes read, as an upright TIFF of one page with the given tags."""
    channels = pixels.shape[-1]
    exif: dict[int, dict[int, Any]] = tags.get("exif", {})
    # LONG; the places are known at the end. tifffile refuses these two tags, so they stand there under the free
    # numbers before their own until then.
    pointers = [(code - 1, 4, 1, 0) for code in exif]
    icc = [(ICC, 7, len(tags["icc"]), tags["icc"])] if tags.get("icc") else []  # UNDEFINED
    x, y, unit = tags.get("resolution") or (None, None, 2)
    integers = pixels.dtype.kind == "u"
    packing: dict[str, Any] = {}
    if tags.get("compressed"):
        packing = {"compression": "zlib", "predictor": True if integers else None}
    tifffile.imwrite(
        stream,
        pixels[..., 0] if channels == 1 else pixels,
        byteorder="<",
        photometric="rgb" if channels >= 3 else "minisblack",
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        planarconfig="contig" if channels > 1 else None,
        resolution=(x, y) if x and y else None,
        resolutionunit=unit if x and y else None,
        metadata=None,
        software=False,
        rowsperstrip=max(1, 2**20 // max(1, pixels[:1].nbytes)),  # strips of some 1 MB
        extratags=[
            (code, kind, count, value, True) for code, kind, count, value in [*tags.get("kept", []), *icc, *pointers]
        ],
        **packing,
    )
    if exif:
        _append_directories(stream, exif)


def _kept(tag: Any) -> tuple[int, int, int, Any]:
    value = upright_xmp(bytes(tag.value)) if tag.code == XMP else tag.value
    return tag.code, int(tag.dtype), tag.count, value


def _upright(pixels: np.ndarray, image: Image.Image) -> np.ndarray:
    """Pillow has turned the picture where its version does that on loading; then its tag says 1."""
    return upright_pixels(pixels, image.getexif().get(ORIENTATION, 1))


def _without_alpha_in_colours(pixels: np.ndarray, page: Any) -> np.ndarray:
    """Colours divided by alpha where the file has them multiplied (ExtraSamples 1)."""
    if tuple(int(kind) for kind in page.extrasamples[:1]) != (1,):
        return pixels
    whole = 65535 if pixels.dtype == np.uint16 else 1.0
    alpha = pixels[..., -1:].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        colours = np.where(alpha > 0, pixels[..., :-1] * (whole / alpha), 0)
    if pixels.dtype == np.uint16:
        colours = np.rint(np.minimum(colours, whole))
    return np.concatenate([colours.astype(pixels.dtype), pixels[..., -1:]], -1)


def _tag(page: Any, code: int, default: Any) -> Any:
    return page.tags[code].value if code in page.tags else default


def _directories(path: Path, tiff: tifffile.TiffFile, page: Any) -> dict[int, dict[int, Any]]:
    """EXIF and GPS directories as {tag: value}, read by Pillow, whose values it can also write again."""
    exif = Image.Exif()
    exif.endian, exif.bigtiff = tiff.byteorder, tiff.is_bigtiff
    try:
        with path.open("rb") as stream:
            exif.load_from_fp(stream, page.offset)
            found = {code: dict(exif.get_ifd(code)) for code in (EXIF_IFD, GPS_IFD) if code in exif}
            found.get(EXIF_IFD, {}).pop(INTEROP_IFD, None)  # a place in the old file
    except (OSError, ValueError, KeyError, struct.error):  # a broken directory is no reason to refuse the photo
        return {}
    return {code: tags for code, tags in found.items() if tags}


def _append_directories(stream: BinaryIO, exif: dict[int, dict[int, Any]]) -> None:
    """EXIF and GPS directories behind the pixels, and their places into the tags that point to them."""
    places = {}
    for code, tags in exif.items():
        directory = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II", group=code)
        for tag, value in tags.items():
            alone = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II", group=code)
            try:  # a value that Pillow could read but cannot write again is left out, the others stay
                alone[tag] = value
                alone.tobytes(0)
            except (TypeError, ValueError, KeyError, AttributeError, OverflowError, struct.error):
                continue
            directory[tag] = value
        stream.seek(0, 2)
        if stream.tell() % 2:  # TIFF 6.0: a directory begins on a word boundary
            stream.write(b"\0")
        places[code] = stream.tell()
        stream.write(directory.tobytes(places[code]))
    stream.seek(0)
    with tifffile.TiffFile(stream) as tiff:
        entries = {code: _first(tiff).tags[code - 1].offset for code in places}
    for code, place in places.items():
        stream.seek(entries[code])
        stream.write(struct.pack("<HHII", code, 4, 1, place))


def _two_passes(path: Path, page: tifffile.TiffPage) -> np.ndarray:
    """uint16 pixels by Pillow's libtiff: the high bytes, then the low ones."""
    if page.dtype is None or page.dtype.name != "uint16":
        name = tifffile.COMPRESSION(page.compression).name
        raise TiffKindError(f"is a float TIFF packed with {name}, which is not read: save it without compression")
    with Image.open(path, formats=["TIFF"]) as image:
        if image.mode.startswith("I;16"):
            return _upright(np.asarray(image).astype(np.uint16)[..., None], image)
        args = image.tile[0].args
        raw = args[0] if isinstance(args, tuple) else args
        if raw not in LOW_BYTES:
            raise TiffKindError(f"is packed in an unusual way ({raw}): save it without compression")
        high = np.asarray(image).astype(np.uint16)
    with Image.open(path, formats=["TIFF"]) as image:
        rest = args[1:] if isinstance(args, tuple) else ()
        image.tile = [tile._replace(args=(LOW_BYTES[raw], *rest)) for tile in image.tile]
        return _upright((high << 8) | np.asarray(image), image)
