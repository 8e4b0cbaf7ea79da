# SPDX-License-Identifier: GPL-3.0-or-later
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from enhancer import ifd, photo, raw
from enhancer.ifd import Tag

PREVIEW = np.full((12, 16, 3), 90, np.uint8)


def number(code: int, *values: int, kind: int = 4) -> Tag:
    return Tag(code, kind, struct.pack(f"<{len(values)}{'H' if kind == 3 else 'I'}", *values))


def tiff(first: list[Tag], sub: list[Tag] | None = None, camera: bytes = b"", size: int = 0) -> bytes:
    """A TIFF with a small RGB picture first, and a directory that SubIFDs leads to."""
    pixels = PREVIEW.tobytes()
    tags = [number(256, 16), number(257, 12), number(258, 8, 8, 8, kind=3), number(259, 1), number(262, 2, kind=3),
            number(273, 8), number(277, 3, kind=3), number(278, 12), number(279, len(pixels)), *first]  # fmt: skip
    at = 8 + len(pixels)
    if sub is not None or camera:
        pointers = [number(330, 0)] if sub is not None else []
        pointers += [number(ifd.EXIF, 0)] if camera else []
        end = at + len(ifd.pack(tags + pointers, at))
        packed = ifd.pack(sub, end) if sub is not None else b""
        pointers = [number(330, end)] if sub is not None else []
        pointers += [number(ifd.EXIF, end + len(packed))] if camera else []
        body = ifd.pack(tags + pointers, at) + packed + camera
    else:
        body = ifd.pack(tags, at)
    return b"II*\0" + struct.pack("<I", at) + pixels + body + bytes(size)


MAKE = Tag(271, 2, b"Maker\0")
REDUCED = number(254, 1)
SENSOR = [number(254, 0), number(256, 3000), number(257, 2000), number(262, 32803, kind=3), number(273, 8)]
NOTES = ifd.pack([number(0xA002, 2464), number(0xA003, 1648), Tag(0x927C, 7, b"notes...")], 0)
RAWS = {
    "sensor data in a SubIFD": tiff([REDUCED, MAKE], SENSOR),
    "the same, not called reduced": tiff([MAKE], SENSOR),
    "a maker's compression": tiff([REDUCED], [number(259, 34713, kind=3), number(273, 8)]),
    "linear raw": tiff([REDUCED], [number(262, 34892, kind=3), number(273, 8)]),
    "DNG": tiff([Tag(50706, 1, b"\1\4\0\0")]),
    "sensor's pattern": tiff([REDUCED], [number(33421, 2, 2, kind=3), number(273, 8)]),
    "a preview, and all the rest in the maker's notes": tiff([MAKE], None, NOTES, 20_000),
    "Fujifilm": b"FUJIFILMCCD-RAW 0201" + bytes(99),
    "Panasonic": b"IIU\0\x18\0\0\0" + bytes(99),
    "Olympus": b"IIRO\x08\0\0\0" + bytes(99),
    "Olympus, older": b"IIRS\x08\0\0\0" + bytes(99),
    "Canon, CR3": b"\0\0\0\x18ftypcrx \0\0\0\1" + bytes(99),
    "Canon, CR2": b"II*\0\x10\0\0\0CR\2\0" + bytes(99),
    "Canon, CRW": b"II\x1a\0\0\0HEAPCCDR" + bytes(99),
    "Sigma": b"FOVb" + bytes(99),
    "Minolta": b"\0MRM" + bytes(99),
}
PICTURES = {
    "plain": tiff([]),
    "called reduced, with nothing else in the file": tiff([REDUCED]),
    "smaller copies of it": tiff([MAKE], [REDUCED, number(256, 8), number(257, 6), number(273, 8)]),
    "developed, its sensor's pattern still told": tiff([MAKE, number(33421, 2, 2, kind=3)]),
    "scaled down, its notes still there": tiff([MAKE], None, NOTES),
}


@pytest.mark.parametrize("name", RAWS)
@pytest.mark.parametrize("suffix", [".NEF", ".TIF", ".jpg"])
def test_a_raw_is_told_whatever_it_is_called(tmp_path: Path, name: str, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_bytes(RAWS[name])
    with pytest.raises(photo.PhotoError) as refusal:
        photo.read(tmp_path / f"a{suffix}")
    assert refusal.value.kind == "raw" and "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_no_raws(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.tif").write_bytes(PICTURES[name])
    assert np.array_equal(photo.read(tmp_path / "a.tif").samples, PREVIEW)


def test_a_preview_does_not_stand_for_another_picture(tmp_path: Path) -> None:
    whole = [number(254, 0), number(256, 3000), number(257, 2000), number(262, 2, kind=3), number(273, 8)]
    (tmp_path / "a.tif").write_bytes(tiff([REDUCED], whole))
    with pytest.raises(photo.PhotoError) as refusal:
        photo.read(tmp_path / "a.tif")
    assert refusal.value.kind == "unsupported"


def test_other_files_are_left_to_their_readers(tmp_path: Path) -> None:
    Image.fromarray(PREVIEW).save(tmp_path / "a.jpg")
    tifffile.imwrite(tmp_path / "a.tif", PREVIEW, bigtiff=True, photometric="rgb")
    (tmp_path / "short").write_bytes(b"II*\0")
    for name in ("a.jpg", "a.tif", "short"):
        raw.check(tmp_path / name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=300), st.sampled_from([b"", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0"]))
def test_any_bytes_are_a_file(tmp_path: Path, junk: bytes, start: bytes) -> None:
    (tmp_path / "a").write_bytes(start + junk + b"\0")
    try:
        raw.check(tmp_path / "a")
    except photo.PhotoError as error:
        assert error.kind in ("raw", "unsupported")
