# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds of files by their names and by how they begin."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhancer import kinds, photo


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.NEF", "camera raw"), ("a.b.cr3", "camera raw"), ("a.heic", "HEIC"), ("A.MOV", "video"),
        ("a.xcf", "layered picture"), ("a.txt", "other"), ("jpg", "other"), ("a", "other"), ("a.jpg~", "other"),
    ],
)  # fmt: skip
def test_by_name(name: str, kind: str) -> None:
    assert not kinds.is_photo(name) and kinds.named(name) == kind


@pytest.mark.parametrize("name", ["a.jpg", "a.JPE", "a.jfif", "a.Tiff", "a.webp", "a.avif", "a.png"])
def test_photos_by_name(name: str) -> None:
    assert kinds.is_photo(name)


def family(*brands: bytes) -> bytes:
    return struct.pack(">I4s", 12 + 4 * len(brands), b"ftyp") + brands[0] + bytes(4) + b"".join(brands[1:])


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"II*\0", "TIFF"), (b"RIFF\1\0\0\0WEBPVP8 ", "WebP"), (b"RIFF\1\0\0\0WAVEfmt ", ""), (b"\xff\xd8\xff", ""),
        (family(b"avif", b"mif1"), "AVIF"), (family(b"mif1", b"miaf", b"avif"), "AVIF"),
        (family(b"heic", b"mif1"), "HEIC"), (family(b"mif1", b"heic"), "HEIC"),
        (family(b"isom", b"mp41"), ""), (family(b"crx ", b"isom"), ""),
        (struct.pack(">I", 16) + b"ftypmif1" + bytes(4) + b"avif", ""),
    ],
)  # fmt: skip
def test_by_start(start: bytes, kind: str) -> None:
    assert kinds.by_start(start) == kind


@given(st.binary(max_size=80))
def test_any_start_is_taken(start: bytes) -> None:
    assert kinds.by_start(start) in ("", "TIFF", "WebP", "AVIF", "HEIC")
    assert kinds.by_start(start[:4] + b"ftyp" + start[4:]) in ("", "TIFF", "AVIF", "HEIC")


def test_heic_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(family(b"heic", b"mif1") + bytes(100))
    with pytest.raises(photo.PhotoError) as error:
        photo.read(tmp_path / "a.jpg")
    assert error.value.kind == "HEIC"
