# SPDX-License-Identifier: GPL-3.0-or-later
import io
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from enhancer import ifd, photo, tiff_tags
from enhancer.ifd import Reader, Tag
from enhancer.turn import upright_pixels

from .test_jpeg import CAPTION, resource
from .test_xmp import packet

RNG = np.random.default_rng(5)
SMALL = RNG.integers(0, 256, (21, 33, 3), np.uint8)


def tiff(path: Path, *tags: tuple[int, int, bytes], pixels: np.ndarray = SMALL, **options: object) -> Path:
    """A TIFF with further tags (code, kind, value with the low byte of each number first)."""
    options = {"photometric": "rgb", "metadata": None, "software": False, **options}
    tifffile.imwrite(path, pixels, extratags=[(code, kind, 0, value, True) for code, kind, value in tags], **options)
    return path


def copied(tmp_path: Path, path: Path) -> tuple[photo.Photo, dict[int, bytes]]:
    """A file as it was read, and the tags of its unedited copy."""
    first = photo.read(path)
    (tmp_path / "copy.tif").unlink(missing_ok=True)
    photo.write(first, first.samples, tmp_path / "copy.tif")
    reader = Reader((tmp_path / "copy.tif").read_bytes())
    return first, {e.tag: reader.little_endian(e) for e in reader.directory(reader.first).entries}


TEXTS = [(33432, 2, "\u00a9 J\u00fcrgen M\u00fcller\0".encode()), (315, 2, b"J\xfcrgen\0"), (269, 2, b"page\0"),
         (700, 1, packet(attributes='xmp:Rating="5"')), (33723, 7, b"\x1c\x02\x78\0\5Wharf"),
         (34377, 1, CAPTION), (65000, 3, struct.pack("<3H", 1, 2, 3)), (40091, 1, b"T\0i\0")]  # fmt: skip


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_texts_and_others_are_kept_byte_for_byte(tmp_path: Path, dtype: str) -> None:
    first, kept = copied(tmp_path, tiff(tmp_path / "a.tif", *TEXTS, pixels=SMALL.astype(dtype)))
    assert first.notes == () and all(kept[code] == value for code, _, value in TEXTS)


def test_big_endian_and_bigtiff(tmp_path: Path) -> None:
    more = [(65001, "2I", 2, (1, 2, 3, 4), True), (65002, "H", 3, (1, 2, 3), True)]  # two rationals, three numbers
    for options in ({"byteorder": ">"}, {"bigtiff": True}):
        tifffile.imwrite(tmp_path / "a.tif", SMALL, photometric="rgb", extratags=more, **options)
        _, kept = copied(tmp_path, tmp_path / "a.tif")
        assert kept[65001] == struct.pack("<4I", 1, 2, 3, 4) and kept[65002] == struct.pack("<3H", 1, 2, 3)


def with_directories(path: Path, orientation: int) -> Path:
    """A TIFF with EXIF, GPS and interoperability, as our own writer makes it, and an orientation."""
    directories = {
        ifd.EXIF: [Tag(0xA001, 3, b"\xff\xff"),
                   Tag(0xA002, 4, struct.pack("<I", 33)), Tag(0xA003, 4, struct.pack("<I", 21)),
                   Tag(0x927C, 7, b"maker's notes"), Tag(0x9286, 7, b"ASCII\0\0\0\xa9"), Tag(0xA434, 2, b"50\xa0mm\0")],
        ifd.GPS: [Tag(1, 2, b"N\0")],
        ifd.INTEROP: [Tag(1, 2, b"R03\0")],
    }  # fmt: skip
    faces = packet(attributes='tiff:Orientation="6" exif:PixelXDimension="33" exif:PixelYDimension="21"')
    options = {"directories": directories, "kept": [Tag(700, 1, faces), Tag(33550, 12, bytes(24))]}
    made = photo.Photo(path, "TIFF", SMALL, None, False, np.dtype(np.uint8), options=options)
    photo.write(made, SMALL, path)
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages.first.tags[296].overwrite(2)
        entry = file.pages.first.tags[296].offset
    with path.open("r+b") as stream:  # ResolutionUnit becomes Orientation
        stream.seek(entry)
        stream.write(struct.pack("<HHIHxx", 274, 3, 1, orientation))
    return path


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_exif_gps_and_xmp_of_an_upright_copy(tmp_path: Path, orientation: int) -> None:
    path = with_directories(tmp_path / "a.tif", orientation)
    first, kept = copied(tmp_path, path)
    assert np.array_equal(first.samples, upright_pixels(SMALL, orientation))
    with path.open("rb") as before, (tmp_path / "copy.tif").open("rb") as after:
        readers = [Reader(stream.read()) for stream in (before, after)]
    trees = [tiff_tags._tree(reader, reader.directory(reader.first)) for reader in readers]
    sideways = orientation == 6
    assert trees[1][ifd.GPS] == trees[0][ifd.GPS] and trees[1][ifd.INTEROP] == trees[0][ifd.INTEROP]
    sizes = {0xA002: 21 if sideways else 33, 0xA003: 33 if sideways else 21}
    assert trees[1][ifd.EXIF] == [
        tag._replace(value=struct.pack("<I", sizes[tag.code])) if tag.code in sizes else tag
        for tag in trees[0][ifd.EXIF]
    ]
    assert 274 not in kept and b'Orientation="1"' in kept[700]
    assert (b'PixelXDimension="21"' in kept[700]) == sideways
    assert (33550 in kept) == (orientation == 1) == (first.notes == ()), "the place on the map"
    assert first.profile.to_srgb is not None and not first.profile.embedded, "AdobeRGB by EXIF, as in GIMP"


def test_by_xmp_alone_nothing_turns(tmp_path: Path) -> None:
    alone = packet(attributes='tiff:Orientation="6"')
    for compression in (None, "zlib"):
        first, kept = copied(tmp_path, tiff(tmp_path / "a.tif", (700, 1, alone), compression=compression))
        assert np.array_equal(first.samples, SMALL) and kept[700] == alone


def test_what_would_not_be_true_is_left_out_with_a_word(tmp_path: Path) -> None:
    preview = resource(0x040C, b"preview")
    first, kept = copied(tmp_path, tiff(tmp_path / "a.tif", (37724, 7, b"layers"), (34377, 1, preview + CAPTION)))
    assert 37724 not in kept and len(first.notes) == 1 and kept[34377] == CAPTION


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("kinds", [["unspecified"], ["unassalpha", "unspecified"], ["unspecified", "unassalpha"], []])
@pytest.mark.parametrize("grey", [False, True])
def test_channels_without_a_name_are_no_transparency(tmp_path: Path, dtype: str, kinds: list[str], grey: bool) -> None:
    n = (1 if grey else 3) + (len(kinds) or 1)
    pixels = RNG.integers(0, 256, (12, 17, n), np.uint8).astype(dtype)
    names = {"extrasamples": kinds} if kinds else {}
    path = tiff(tmp_path / "a.tif", pixels=pixels, photometric="minisblack" if grey else "rgb", planarconfig="contig",
                compression="zlib", **names)  # fmt: skip
    if not kinds:  # tifffile names them; ExtraSamples becomes a tag of nobody's
        with tifffile.TiffFile(path) as file:
            entry = file.pages.first.tags[338].offset
        with path.open("r+b") as stream:
            stream.seek(entry)
            stream.write(struct.pack("<H", 337))
    first, _ = copied(tmp_path, path)
    assert first.others is not None and (first.alpha is None) == ("unassalpha" not in kinds)
    start = 1 if grey else 3
    unnamed = start + kinds.index("unspecified") if kinds else start
    assert np.array_equal(first.others[..., 0], pixels[..., unnamed])
    again = photo.read(tmp_path / "copy.tif")
    assert np.array_equal(again.others, first.others) and np.array_equal(again.samples, first.samples)
    assert photo.opacity(first) is None or np.array_equal(again.alpha, first.alpha)
    edited = photo.edited(first, {"exposure": 0.5})
    assert edited.shape == first.samples.shape


def packed(pixels: np.ndarray, predictor: int, order: str, planar: bool) -> bytes:
    """A TIFF in strips of ten rows packed with LZW by Pillow, as a picture of bytes, with any predictor."""
    height, width, channels = pixels.shape
    size = pixels.dtype.itemsize
    strips = []
    for plane in np.split(pixels, channels, -1) if planar else [pixels]:
        for top in range(0, height, 10):
            rows = np.ascontiguousarray(plane[top : top + 10])
            if predictor == 3:
                step = plane.shape[-1]
                high_first = rows.astype(rows.dtype.newbyteorder(">")).view(np.uint8).reshape(len(rows), -1, size)
                rows = high_first.swapaxes(1, 2).reshape(len(rows), -1).copy()
                rows[:, step:] -= rows[:, :-step].copy()
            elif predictor == 2:
                rows = rows.view(f"u{size}").copy()
                rows[:, 1:] -= rows[:, :-1].copy()
            rows = rows.astype(rows.dtype.newbyteorder(order)).view(np.uint8).reshape(len(rows), -1)
            stream = io.BytesIO()
            Image.fromarray(rows).save(stream, "TIFF", compression="tiff_lzw")
            with Image.open(stream) as one:
                (start,), (length,) = one.tag_v2[273], one.tag_v2[279]
            strips.append(stream.getvalue()[start : start + length])
    starts = [8 + sum(map(len, strips[:i])) for i in range(len(strips))]
    kind = 3 if pixels.dtype.kind == "f" else 1
    shorts = {256: [width], 257: [height], 258: [8 * size] * channels, 259: [5], 262: [2 if channels > 2 else 1],
              277: [channels], 278: [10], 284: [1 + planar], 317: [predictor], 339: [kind] * channels}  # fmt: skip
    if channels > 3:
        shorts[338] = [2]
    tags = [Tag(code, 3, struct.pack(f"<{len(v)}H", *v)) for code, v in shorts.items()]
    tags += [Tag(273, 4, struct.pack(f"<{len(starts)}I", *starts))]
    tags += [Tag(279, 4, struct.pack(f"<{len(starts)}I", *map(len, strips)))]
    body = b"".join(strips)
    at = 8 + len(body)
    if order == "<":
        return b"II*\0" + struct.pack("<I", at) + body + ifd.pack(tags, at)
    whole, tail = bytearray(b"MM\0*" + struct.pack(">I", at) + body), b""
    whole += struct.pack(">H", len(tags))
    end = at + 2 + 12 * len(tags) + 4
    for code, kind, value in sorted(tags):
        unit = ifd.SIZES[kind]
        value = b"".join(value[i : i + unit][::-1] for i in range(0, len(value), unit))
        field = value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(">I", end + len(tail))
        tail += value if len(value) > 4 else b""
        whole += struct.pack(">HHI", code, kind, len(value) // unit) + field
    return bytes(whole) + bytes(4) + tail


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("planar", [False, True])
def test_lzw_with_every_predictor(tmp_path: Path, dtype: str, channels: int, order: str, planar: bool) -> None:
    """What darktable and RawTherapee write: floats in LZW or Deflate with predictor 3."""
    pixels = RNG.random((17, 13, channels))
    pixels = (pixels * np.iinfo(dtype).max).astype(dtype) if dtype.startswith("u") else pixels.astype(dtype)
    for predictor in (1, 2) if dtype.startswith("u") else (1, 2, 3):
        (tmp_path / "a.tif").write_bytes(packed(pixels, predictor, order, planar))
        read = photo.read(tmp_path / "a.tif")
        colours = min(channels, 3)
        assert np.array_equal(read.samples[..., :colours], pixels[..., :colours].astype(read.samples.dtype))
        assert channels < 4 or (read.alpha is not None and np.array_equal(read.alpha, pixels[..., 3]))


def test_strips_that_are_cut_or_impossible(tmp_path: Path) -> None:
    whole = packed(RNG.random((17, 13, 3)).astype("float32"), 3, "<", False)
    for cut in (
        whole.replace(whole[8:400], bytes(392)),
        whole.replace(struct.pack("<HHIH", 278, 3, 1, 10), struct.pack("<HHIH", 278, 3, 1, 1)),
    ):
        (tmp_path / "a.tif").write_bytes(cut)
        with pytest.raises(photo.PhotoError) as refusal:
            photo.read(tmp_path / "a.tif")
        assert refusal.value.kind == "damaged"


def test_twelve_bits_are_said(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", pixels=np.zeros((8, 8), np.uint16), photometric="minisblack")
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages.first.tags[258].overwrite(12)
    with pytest.raises(photo.PhotoError) as refusal:
        photo.read(path)
    assert refusal.value.kind == "unsupported" and "12 bits" in str(refusal.value)


def test_many_tags_that_show_one_large_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiff_tags, "ROOM", 1000)
    large = [(65000 + i, 7, bytes(300)) for i in range(5)]
    first, kept = copied(tmp_path, tiff(tmp_path / "a.tif", *large))
    assert [code in kept for code, _, _ in large] == [True] * 3 + [False] * 2 and len(first.notes) == 2
