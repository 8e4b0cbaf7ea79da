# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of files that lie among photos: by their names, and by how they begin."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

START = 64
"""Bytes by which a file's kind is known."""
READ = {"JPEG": ".jpg .jpeg .jpe .jfif", "PNG": ".png", "TIFF": ".tif .tiff"} | {
    kind: suffix for kind, suffix, module in (("WebP", ".webp", "PIL._webp"), ("AVIF", ".avif", "PIL._avif"))
    if find_spec(module)
}  # fmt: skip
"""Kinds of photos that are read, with their suffixes. Not every Pillow reads the last two."""
SUFFIXES = {suffix for some in READ.values() for suffix in some.split()}
NOT_READ = {
    "camera raw": ".3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .fff .iiq .k25 .kdc .mef .mos .mrw .nef .nrw .orf .pef .raf "
    ".raw .rw2 .rwl .sr2 .srf .srw .x3f",
    "HEIC": ".heic .heics .heif .heifs .hif",
    "WebP": ".webp",
    "AVIF": ".avif",
    "JPEG XL": ".jxl",
    "JPEG 2000": ".jp2 .j2k .jpx .jpf",
    "GIF": ".gif",
    "BMP": ".bmp",
    "OpenEXR": ".exr",
    "layered picture": ".xcf .psd .psb .ora .kra",
    "video": ".mp4 .mov .m4v .avi .mkv .mts .m2ts .3gp .mpg .mpeg .webm .wmv",
}
OTHER = "other"
BY_SUFFIX = {suffix: kind for kind, some in NOT_READ.items() for suffix in some.split() if suffix not in SUFFIXES}
"""What a file that is not read is, by its suffix."""
# Brands: AV1 Image File Format 1.1, section 6; ISO/IEC 23008-12, annex B
BRANDS = {b"avif": "AVIF", b"avis": "AVIF"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "HEIC"
)


def is_photo(name: str) -> bool:
    """Whether a file is a photo that is read, by its name."""
    return Path(name).suffix.lower() in SUFFIXES


def named(name: str) -> str:
    """The kind of a file that is not read, by its name."""
    return BY_SUFFIX.get(Path(name).suffix.lower(), OTHER)


def by_start(start: bytes) -> str:
    """TIFF, WebP, AVIF or HEIC by a file's first `START` bytes; empty for any other."""
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "TIFF"
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "WebP"
    if start[4:8] == b"ftyp":  # ISO/IEC 14496-12, 4.3: the brand, a version, and other brands that it goes by
        size = min(int.from_bytes(start[:4]), len(start))
        brands = struct.iter_unpack("4s", start[8 : size - size % 4])
        return next((BRANDS[brand] for (brand,) in brands if brand in BRANDS), "")
    return ""
