# SPDX-License-Identifier: GPL-3.0-or-later
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from enhancer import photo, png_chunks

from .test_exif import ORIENTATION_6, block, colour_block
from .test_named_profile import ADOBE_CHRM
from .test_photo import ADOBE
from .test_png import RNG, chunk, deep_png
from .test_xmp import packet

PIXELS = RNG.integers(0, 256, (20, 30, 3), np.uint8)
XMP = packet(attributes='tiff:Orientation="6" tiff:ImageWidth="30" tiff:ImageLength="20"')
EXIF_6 = block(ORIENTATION_6)
NAMES = (b"iTXt", b"zTXt", b"tEXt", b"eXIf", b"gAMA", b"cHRM", b"cICP", b"iCCP", b"pHYs")


def png(path: Path, *chunks: tuple[bytes, bytes], behind: bool = False, deep: bool = False) -> Path:
    """A PNG with chunks before its samples, or behind them."""
    if deep:
        path.write_bytes(deep_png(PIXELS.astype(np.uint16) * 257))
    else:
        Image.fromarray(PIXELS).save(path)
    whole, more = path.read_bytes(), b"".join(chunk(*one) for one in chunks)
    path.write_bytes(whole[:-12] + more + whole[-12:] if behind else whole[:33] + more + whole[33:])
    return path


def copied(tmp_path: Path, path: Path) -> tuple[photo.Photo, list[tuple[bytes, bytes]]]:
    first = photo.read(path)
    photo.write(first, first.samples, tmp_path / "copy.png")
    kept = png_chunks.read(tmp_path / "copy.png")
    return first, [one for one in kept if one != (b"tEXt", b"Title\0late")]  # that deep_png adds


def raw_text(kind: bytes, data: bytes) -> bytes:
    lines = b"\n".join(data.hex().encode()[at : at + 72] for at in range(0, 2 * len(data), 72))
    return b"Raw profile type " + kind + b"\0\0" + zlib.compress(b"\n%s\n%8d\n%s\n" % (kind, len(data), lines))


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("behind", [False, True])
def test_texts_and_others_are_kept_as_they_are(tmp_path: Path, deep: bool, behind: bool) -> None:
    given_ = [
        (b"tEXt", b"Author\0J\xfcrgen"), (b"zTXt", b"Comment\0\0" + zlib.compress(b"long " * 99)),
        (b"iTXt", b"Title\0\0\0de\0Titel\0" + "\u00a9".encode()), (b"pHYs", struct.pack(">IIB", 3937, 7874, 1)),
        (b"tEXt", b"Author\0another"), (b"prVt", b"safe to copy"),
    ]  # fmt: skip
    first, kept = copied(tmp_path, png(tmp_path / "a.png", *given_, behind=behind, deep=deep))
    assert kept == given_ and first.notes == ()


def test_texts_and_profiles_above_a_megabyte(tmp_path: Path) -> None:
    long = bytes(3_000_000)
    profile = ADOBE + bytes(2_000_000)
    given_ = [
        (b"iTXt", b"workflow\0\1\0\0\0" + zlib.compress(long)), (b"zTXt", b"prompt\0\0" + zlib.compress(long)),
        (b"iCCP", b"x\0\0" + zlib.compress(profile)),
    ]  # fmt: skip
    first, kept = copied(tmp_path, png(tmp_path / "a.png", *given_))
    assert [one for one in kept if one[0] != b"iCCP"] == given_[:2] and first.profile.data == profile


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(
    "chunks",
    [[(b"gAMA", struct.pack(">I", 100_000))], [(b"cICP", bytes((12, 13, 0, 1)))], [(b"sRGB", b"\0")],
     [(b"gAMA", struct.pack(">I", 45455)), (b"cHRM", struct.pack(">8I", *ADOBE_CHRM))]],
)  # fmt: skip
def test_what_names_the_colours_is_honoured_and_kept(
    tmp_path: Path, chunks: list[tuple[bytes, bytes]], deep: bool
) -> None:
    first, kept = copied(tmp_path, png(tmp_path / "a.png", *chunks, deep=deep))
    assert kept == chunks and (first.profile.data is None) == (chunks[0][0] == b"sRGB")
    assert np.array_equal(photo.srgb(first), photo.srgb(photo.read(tmp_path / "copy.png")))
    seen = np.abs(photo.srgb(first).astype(int) - PIXELS).max()
    assert (seen == 0) == (chunks[0][0] == b"sRGB")


def test_which_of_several_names_counts(tmp_path: Path) -> None:
    linear, adobe = (b"gAMA", struct.pack(">I", 100_000)), (b"iCCP", b"x\0\0" + zlib.compress(ADOBE))
    p3, named = (b"cICP", bytes((12, 13, 0, 1))), (b"eXIf", colour_block(65535, b"R03\0"))
    for i, (chunks, expected) in enumerate([
        ([linear, (b"sRGB", b"\0")], None), ([linear, adobe], ADOBE), ([adobe, named], ADOBE),
        ([linear, named], "linear"), ([named], "named"), ([(b"sRGB", b"\0"), named], "named"), ([p3, adobe], "p3"),
    ]):  # fmt: skip
        path = png(tmp_path / f"{i}.png", *chunks)
        profile = photo.read(path).profile
        found = {"linear": profile.curve and profile.curve.numbers[0] == 1, "named": profile.to_srgb is not None,
                 "p3": profile.to_srgb is not None and profile.curve is None}  # fmt: skip
        assert found[expected] if isinstance(expected, str) else profile.data == expected, chunks
        assert profile.embedded == (expected in (None, ADOBE))


@pytest.mark.parametrize("exif", [(b"eXIf", EXIF_6), (b"zTXt", raw_text(b"exif", b"Exif\0\0" + EXIF_6)),
                                  (b"zTXt", raw_text(b"APP1", b"Exif\0\0" + EXIF_6))])  # fmt: skip
def test_turned_once(tmp_path: Path, exif: tuple[bytes, bytes]) -> None:
    physical = (b"pHYs", struct.pack(">IIB", 3937, 7874, 1))
    texts = [(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP), (b"zTXt", raw_text(b"xmp", XMP))]
    first, kept = copied(tmp_path, png(tmp_path / "a.png", exif, physical, *texts))
    assert first.samples.shape == (30, 20, 3)
    again = photo.read(tmp_path / "copy.png")
    assert np.array_equal(again.samples, first.samples) and len(kept) == 4
    assert dict(kept)[b"pHYs"] == struct.pack(">IIB", 7874, 3937, 1)
    assert dict(kept)[b"iTXt"].endswith(
        packet(attributes='tiff:Orientation="1" tiff:ImageWidth="20" tiff:ImageLength="30"')
    )


def test_by_xmp_alone_nothing_turns(tmp_path: Path) -> None:
    alone = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP)
    first, kept = copied(tmp_path, png(tmp_path / "a.png", alone))
    assert first.samples.shape == (20, 30, 3) and kept == [alone]


def test_what_would_not_be_true_is_left_out_with_a_word(tmp_path: Path) -> None:
    first, kept = copied(tmp_path, png(tmp_path / "a.png", (b"caBX", b"jumb"), (b"gdAT", b"x"), (b"tIME", bytes(7))))
    assert kept == [] and len(first.notes) == 2


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=60)), max_size=4), st.sampled_from([None, 1, 6]))
def test_any_chunks(chunks: list[tuple[bytes, bytes]], orientation: int | None) -> None:
    png_chunks.exif_block(chunks)
    png_chunks.profile(chunks, False)
    kept, _ = png_chunks.upright(chunks, orientation, (30, 20))
    assert len(kept) <= len(chunks)
