# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PNG file tells beside its samples: which chunks an upright, edited copy keeps, and how they read there."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

from . import exif, named_profile, photoshop, xmp_upright
from .icc import Profile
from .turn import SIDEWAYS

SIGNATURE = 8
LARGEST = 2**26
"""Bytes of a chunk, and of what is packed in one, 64 MB: what Pillow takes for all texts together."""
ROOM = 2**27
"""Bytes of all chunks that are kept, 128 MB."""
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
COLOURS = (b"cICP", b"sRGB", b"gAMA", b"cHRM", b"mDCV", b"cLLI")
SIZES = (b"sCAL", b"oFFs")
LEFT_OUT = {
    b"caBX": "its content credentials (C2PA)",  # C2PA 2.1, A.3.2: they vouch for the unedited file
    b"gmAP": "its HDR gain map", b"gdAT": "its HDR gain map",
}  # fmt: skip
XMP_KEY = b"XML:com.adobe.xmp"
RAW = re.compile(rb"Raw profile type (exif|APP1|xmp|iptc|8bim)$")
"""ImageMagick's way to keep metadata: a name, the size in decimal, and the bytes in hexadecimal, in lines."""
XMP_IN_APP1 = b"http://ns.adobe.com/xap/1.0/\0"

Chunk = tuple[bytes, bytes]


class Text(NamedTuple):
    """A text chunk taken apart. head: what stands before its text. packed: whether the text is deflated."""

    name: bytes
    key: bytes
    head: bytes
    packed: bool
    text: bytes


def read(path: Path) -> list[Chunk]:
    """All chunks but the samples, each (name, data). Ends where the file ends, or is none any more."""
    found = []
    with path.open("rb") as stream:
        end = stream.seek(0, 2)
        place, room = SIGNATURE, ROOM
        while place + 12 <= end:
            stream.seek(place)
            size, name = struct.unpack(">I4s", stream.read(8))
            if name not in (b"IDAT", b"fdAT", b"PLTE", b"IHDR", b"IEND") and size <= min(LARGEST, room):
                found.append((name, stream.read(size)))
                room -= size
            place += 12 + size
    return [(name, data) for name, data in found if name.isalpha()]


def exif_block(chunks: list[Chunk]) -> bytes | None:
    """The EXIF block of a file, also where it stands as a text."""
    named = dict(reversed(chunks))
    if b"eXIf" in named:
        return named[b"eXIf"]
    for name, data in chunks:
        if name in TEXTS and (text := _parse(name, data)) and (raw := _raw(text)) and raw.startswith(exif.PREFIX):
            return raw
    return None


def profile(chunks: list[Chunk], grey: bool) -> tuple[Profile, str]:
    """The colours that the chunks name (PNG 3, 4.3: in this order), and a word where they can't be had wholly."""
    named = dict(reversed(chunks))
    word = ""
    if len(named.get(b"cICP", b"")) == 4:
        found, word = named_profile.from_cicp(named[b"cICP"], grey)
        if found.data:
            return found, word
    if b"iCCP" in named and (data := _unpacked(named[b"iCCP"].partition(b"\0")[2][1:])):
        return Profile.parse(data), word
    if b"sRGB" in named:
        return Profile(), word
    gamma, points = named.get(b"gAMA", b""), named.get(b"cHRM", b"")
    return named_profile.from_chunks(
        (struct.unpack(">I", gamma)[0] if len(gamma) == 4 else 0) or None,
        struct.unpack(">8I", points) if len(points) == 32 else None,
        grey,
    ), word  # fmt: skip


def upright(chunks: list[Chunk], orientation: int | None, size: tuple[int, int]) -> tuple[list[Chunk], list[str]]:
    """The chunks that a copy keeps whose pixels are upright and edited, and what is left out, in words.

    Without EXIF and the ICC profile. orientation, size: as for `xmp_upright.upright`.
    """
    kept, dropped = [], []
    turned = orientation or 1
    for name, data in chunks:
        if name in COLOURS or (name in SIZES and turned == 1) or (name[1:2].islower() and name[3:4].islower()):
            kept.append((name, data))  # the last: private, and safe to copy (PNG 3, 5.4)
        elif name == b"pHYs" and len(data) == 9:
            kept.append((name, data[4:8] + data[:4] + data[8:] if turned >= SIDEWAYS else data))
        elif name in TEXTS:
            kept.append((name, _upright_text(name, data, orientation, size)))
        elif name in LEFT_OUT:
            dropped.append(LEFT_OUT[name])
    # A private chunk of theirs is known by its name alone.
    return [(name, data) for name, data in kept if name not in LEFT_OUT], dropped


def text_chunk(text: Text) -> bytes:
    return text.head + (zlib.compress(text.text) if text.packed else text.text)


def _parse(name: bytes, data: bytes) -> Text | None:
    """A text chunk (PNG 3, 11.3.3), or None where it is none, or too long when unpacked."""
    key, _, rest = data.partition(b"\0")
    head, packed = len(key) + 1, name == b"zTXt"
    if name == b"zTXt":
        head += 1
    elif name == b"iTXt":
        packed = rest[:1] == b"\1"
        parts = rest[2:].split(b"\0", 2)  # language, translated key, text
        if len(rest) < 2 or len(parts) < 3:
            return None
        head = len(data) - len(parts[2])
    text = _unpacked(data[head:]) if packed else data[head:]
    return None if text is None else Text(name, key, data[:head], packed, text)


def _unpacked(data: bytes) -> bytes | None:
    """Deflated bytes; None where they are none, or more than 64 MB."""
    inflate = zlib.decompressobj()
    try:
        found = inflate.decompress(data, LARGEST)
    except zlib.error:
        return None
    return found if inflate.eof else None


def _raw(text: Text) -> bytes | None:
    """The bytes of a "Raw profile"; None where a text is none."""
    lines = text.text.split(b"\n", 3)  # an empty one, the name, the size, the bytes
    if not RAW.match(text.key) or len(lines) < 4:
        return None
    try:
        return bytes.fromhex(lines[3].decode("ascii"))
    except ValueError:
        return None


def _upright_text(name: bytes, data: bytes, orientation: int | None, size: tuple[int, int]) -> bytes:
    text = _parse(name, data)
    if text is None:
        return data

    if text.key == XMP_KEY:
        changed = xmp_upright.for_copy(text.text, orientation, size)
        return data if changed == text.text else text_chunk(text._replace(text=changed))
    raw = _raw(text)
    if raw is None:
        return data
    if raw.startswith(exif.PREFIX):
        changed = exif.upright_block(raw) or raw
    elif raw.startswith(XMP_IN_APP1):
        changed = XMP_IN_APP1 + xmp_upright.for_copy(raw[len(XMP_IN_APP1) :], orientation, size)
    elif text.key.endswith(b"xmp"):
        changed = xmp_upright.for_copy(raw, orientation, size)
    else:
        changed = photoshop.upright(raw, orientation, size)
    if changed == raw:
        return data
    kind = text.text.split(b"\n", 2)[1]
    digits = changed.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return text_chunk(text._replace(text=b"\n%s\n%8d\n%s\n" % (kind, len(changed), lines)))
