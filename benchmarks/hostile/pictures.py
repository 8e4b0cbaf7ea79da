# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pictures of every format that is read, with all that photos carry, whole and then changed."""

from __future__ import annotations

import functools
import io
from random import Random
from typing import Any

import numpy as np
import tifffile
from PIL import Image, ImageCms, PngImagePlugin

from enhancer import png
from tools.gimp_roots import profiles

from .mutate import mutated

SIZE = (40, 32)
"""Width and height: small, since a reader's faults are in its headers and directories."""
XMP = (
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description '
    b'tiff:Orientation="6" crs:Exposure="1"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
SUFFIXES = {"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WEBP": ".webp", "AVIF": ".avif"}


def make(rng: Random) -> tuple[str, bytes]:
    """(a name, the bytes of a changed picture): changed in its EXIF block, profile or XMP, or anywhere."""
    format_ = rng.choices(("JPEG", "PNG", "TIFF", "WEBP", "AVIF"), (4, 3, 4, 2, 1))[0]
    if rng.random() < 0.3:
        data = _with_changed_metadata(format_, rng)
    else:
        data = mutated(rng.choice(whole()[format_]), rng, rng.choice(whole()[rng.choice(("JPEG", "PNG", "TIFF"))]))
    suffix = SUFFIXES[format_] if rng.random() < 0.95 else rng.choice(list(SUFFIXES.values()))
    return f"photo{suffix}", data


@functools.cache
def whole() -> dict[str, list[bytes]]:
    """Pictures as they should be, by format."""
    found: dict[str, list[bytes]] = {name: [] for name in SUFFIXES}
    for format_ in SUFFIXES:
        for mode in ("RGB", "L"):
            for metadata in (False, True):
                found[format_].append(_save(format_, mode, **(_metadata(format_) if metadata else {})))
    for mode in ("RGBA", "LA", "P", "1"):
        found["PNG"].append(_save("PNG", mode))
    for options in ({"progressive": True}, {"quality": 30, "subsampling": 2}, {"restart_marker_rows": 1}):
        found["JPEG"].append(_save("JPEG", "RGB", **options))
    found["JPEG"] += [_save("JPEG", "CMYK"), _save("JPEG", "RGB", comment=b"a comment" * 9), _several("MPO")]
    found["WEBP"] += [_save("WEBP", "RGBA"), _save("WEBP", "RGB", lossless=True), _several("WEBP")]
    found["TIFF"] += _tiffs()
    for channels in (1, 2, 3, 4):
        for bits in (np.uint16,):
            stream = io.BytesIO()
            png.write(stream, _samples(channels, bits), None, None, {"pnginfo": PngImagePlugin.PngInfo()})
            found["PNG"].append(stream.getvalue())
    return found


def exif_block() -> bytes:
    """With an orientation, a sub-directory, GPS, a maker note and texts."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8298], exif[0x0132] = 6, "camera", "\xa9 somebody", "2026:01:01 00:00:00"
    exif.get_ifd(0x8769).update({0xA002: SIZE[0], 0xA003: SIZE[1], 0x927C: bytes(range(200)), 0x829A: (1, 60)})
    exif.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.0)})
    return exif.tobytes()


@functools.cache
def colour_profiles() -> list[bytes]:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return [srgb, profiles.matrix("AdobeRGB"), profiles.matrix("ProPhoto", linear=True), profiles.tables(5)]


def _samples(channels: int, kind: Any) -> np.ndarray:
    """(H, W, C): a ramp with some grain, so that nothing packs it to nothing."""
    width, height = SIZE
    grain = np.random.default_rng(channels).integers(0, 40, (height, width, channels))
    ramp = np.linspace(0, 200, width)[None, :, None] + grain
    return (ramp * (1 if kind == np.uint8 else 257) / (1 if np.dtype(kind).kind == "u" else 65535)).astype(kind)


def _picture(mode: str) -> Image.Image:
    picture = Image.fromarray(_samples(3, np.uint8)).convert(mode)
    if mode in ("RGBA", "LA"):
        picture.putalpha(Image.fromarray(_samples(1, np.uint8)[..., 0]))
    return picture


def _save(format_: str, mode: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    if format_ == "AVIF":
        options["speed"] = 10
    _picture(mode).save(stream, format_, **options)
    return stream.getvalue()


def _several(format_: str) -> bytes:
    """Two pictures in one file: a stereo pair, an animation."""
    stream = io.BytesIO()
    _picture("RGB").save(stream, format_, save_all=True, append_images=[_picture("L").convert("RGB")])
    return stream.getvalue()


def _metadata(format_: str, rng: Random | None = None) -> dict[str, Any]:
    """Pillow's options for all that a photo carries; with rng one of it changed."""
    parts: dict[str, Any] = {"exif": exif_block(), "icc_profile": colour_profiles()[0], "xmp": XMP}
    if rng is not None:
        parts["icc_profile"] = rng.choice(colour_profiles())
        name = rng.choice(list(parts))
        parts[name] = mutated(parts[name], rng, rng.choice(colour_profiles()))
        if format_ == "JPEG":  # a segment holds 64 KB
            parts |= {name: parts[name][:60_000] for name in ("exif", "xmp")}
    if format_ == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", parts.pop("xmp").decode("latin-1"))
        text.add_text("Title", "a title", zip=True)
        parts |= {"pnginfo": text, "dpi": (300, 300)}
    if format_ == "TIFF":
        info = {700: parts.pop("xmp"), 33432: "(c) somebody", 270: "a picture"}
        parts |= {"tiffinfo": info, "compression": "tiff_lzw"}
        parts.pop("exif")  # Pillow would read it and write another
    return parts


def _with_changed_metadata(format_: str, rng: Random) -> bytes:
    for _ in range(20):
        try:
            return _save(format_, rng.choice(("RGB", "L")), **_metadata(format_, rng))
        except Exception:  # Pillow reads an EXIF block before it writes it, and refuses some
            continue
    return mutated(rng.choice(whole()[format_]), rng)


def _tiffs() -> list[bytes]:
    found = []
    for name in ("tiff_lzw", "packbits", "jpeg", "tiff_adobe_deflate"):
        found.append(_save("TIFF", "RGB", compression=name))
    found += [_save("TIFF", "1", compression="group4"), _save("TIFF", "P"), _save("TIFF", "CMYK")]
    for kind in (np.uint16, np.float32):
        for channels in (1, 3, 4):
            for compression in (None, "zlib"):
                stream = io.BytesIO()
                samples = _samples(channels, kind)
                tifffile.imwrite(
                    stream, samples[..., 0] if channels == 1 else samples, compression=compression,
                    photometric="rgb" if channels > 2 else "minisblack", bigtiff=channels == 4,
                    extrasamples=["unassalpha"] if channels == 4 else None, byteorder=">" if channels == 3 else "<",
                )  # fmt: skip
                found.append(stream.getvalue())
    found.append(_several("TIFF"))
    return found
