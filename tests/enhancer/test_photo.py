# SPDX-License-Identifier: GPL-3.0-or-later
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, TiffImagePlugin

from enhancer import icc, photo
from models.thumbnail import thumbnail

RNG = np.random.default_rng(7)
SMALL = RNG.integers(0, 256, (20, 30, 3), np.uint8)
DEEP = RNG.integers(0, 65536, (20, 30, 3), np.uint16)


def profile(curve: bytes, primaries: str = "sRGB") -> bytes:
    """An sRGB profile with other tone curves: the three TRC tags of Pillow's are replaced by one."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile(primaries)).tobytes())
    place = len(made)
    made += curve
    (count,) = struct.unpack_from(">I", made, 128)
    for i in range(count):
        if made[132 + 12 * i : 136 + 12 * i] in (b"rTRC", b"gTRC", b"bTRC"):
            struct.pack_into(">II", made, 136 + 12 * i, place, len(curve))
    struct.pack_into(">I", made, 0, len(made))
    return bytes(made)


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(value * 256))


ADOBE = profile(gamma(563 / 256))


def again(path: Path, tmp_path: Path) -> tuple[photo.Photo, photo.Photo]:
    """A photo and its unedited copy."""
    first = photo.read(path)
    photo.write(first, first.samples, tmp_path / f"copy{path.suffix}")
    return first, photo.read(tmp_path / f"copy{path.suffix}")


def jpeg(path: Path, pixels: np.ndarray = SMALL, **options: object) -> Path:
    Image.fromarray(pixels).save(path, "JPEG", quality=90, **options)
    return path


def exif_block(orientation: int, byteorder: str = "<") -> bytes:
    """Orientation, maker, sizes in the EXIF directory, and a preview in IFD1."""
    order = {"<": b"II*\0", ">": b"MM\0*"}[byteorder]

    def entry(tag: int, kind: int, count: int, value: int) -> bytes:
        field = struct.pack(byteorder + "Hxx", value) if kind == 3 else struct.pack(byteorder + "I", value)
        return struct.pack(byteorder + "HHI", tag, kind, count) + field

    first = [entry(0x0112, 3, 1, orientation), entry(0x8769, 4, 1, 8 + 2 + 24 + 4)]
    inner = [entry(0xA002, 4, 1, 30), entry(0xA003, 3, 1, 20)]
    preview = [entry(0x0103, 3, 1, 6)]
    second = 38 + 2 + 24 + 4
    return (
        b"Exif\0\0" + order + struct.pack(byteorder + "I", 8)
        + struct.pack(byteorder + "H", 2) + b"".join(first) + struct.pack(byteorder + "I", second)
        + struct.pack(byteorder + "H", 2) + b"".join(inner) + struct.pack(byteorder + "I", 0)
        + struct.pack(byteorder + "H", 1) + b"".join(preview) + struct.pack(byteorder + "I", 0)
    )  # fmt: skip


def test_jpeg_keeps_subsampling_profile_resolution_and_comment(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(40), np.arange(60)).astype(np.uint8)[..., None].repeat(3, -1)
    path = jpeg(
        tmp_path / "a.jpg", smooth, subsampling=1, icc_profile=ADOBE, dpi=(240, 240), comment=b"mine", progressive=True
    )
    photo.write(first := photo.read(path), first.samples, tmp_path / "copy.jpg")
    with Image.open(tmp_path / "copy.jpg") as copy:
        from PIL import JpegImagePlugin

        assert JpegImagePlugin.get_sampling(copy) == 1
        assert copy.info["icc_profile"] == ADOBE
        assert copy.info["dpi"] == (240, 240)
        assert copy.info["comment"] == b"mine"
        assert copy.info["progressive"]
        original = np.asarray(Image.open(path)).astype(int)
        assert np.abs(np.asarray(copy).astype(int) - original).max() <= 2


def test_the_first_picture_of_a_phone_s_mpo_is_taken(tmp_path: Path) -> None:
    Image.fromarray(SMALL).save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[Image.new("RGB", (30, 20))])
    first, copy = again(tmp_path / "a.jpg", tmp_path)
    assert first.format == "JPEG" and copy.samples.shape == (20, 30, 3)
    assert first.samples.mean() > 50


def test_grey_jpeg_stays_grey(tmp_path: Path) -> None:
    path = jpeg(tmp_path / "a.jpg", SMALL[..., 0])
    first, copy = again(path, tmp_path)
    assert first.grey and copy.grey
    assert first.samples.shape == (20, 30, 3) and first.samples.strides[2] == 0
    assert Image.open(tmp_path / "copy.jpg").mode == "L"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("byteorder", "<>")
def test_orientation_is_applied_and_the_copy_says_upright(tmp_path: Path, orientation: int, byteorder: str) -> None:
    path = jpeg(tmp_path / "a.jpg", exif=exif_block(orientation, byteorder), subsampling=0)
    from PIL import ImageOps

    upright = np.asarray(ImageOps.exif_transpose(Image.open(path)))
    first, copy = again(path, tmp_path)
    assert np.array_equal(first.samples, upright)
    assert copy.samples.shape == upright.shape
    tags = Image.open(tmp_path / "copy.jpg").getexif()
    assert tags[ExifTags.Base.Orientation] == 1
    inner = tags.get_ifd(ExifTags.IFD.Exif)
    assert (inner[0xA002], inner[0xA003]) == ((20, 30) if orientation >= 5 else (30, 20))
    assert tags.get_ifd(ExifTags.IFD.IFD1) == {}, "the preview shows the unedited picture"


def test_exif_keeps_every_other_byte(tmp_path: Path) -> None:
    block = exif_block(1)
    path = jpeg(tmp_path / "a.jpg", exif=block)
    first, _ = again(path, tmp_path)
    assert first.exif is not None
    different = [i for i, (a, b) in enumerate(zip(block, first.exif, strict=True)) if a != b]
    assert all(6 + 34 <= i < 6 + 38 for i in different), "only the link to the preview"


def test_damaged_exif_is_kept_as_it_is(tmp_path: Path) -> None:
    for block in (b"Exif\0\0junk", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*" + b"\0" * 4):
        path = jpeg(tmp_path / "a.jpg", exif=block)
        first = photo.read(path)
        assert first.samples.shape == (20, 30, 3)
        assert first.exif == block or first.exif is not None


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_png_8_bit_comes_back_exactly(tmp_path: Path, mode: str) -> None:
    pixels = RNG.integers(0, 256, (9, 13, len(mode)), np.uint8)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "me")
    Image.fromarray(pixels[..., 0] if mode == "L" else pixels, mode).save(
        tmp_path / "a.png", icc_profile=ADOBE if "RGB" in mode else None, pnginfo=texts, exif=exif_block(1)
    )
    again(tmp_path / "a.png", tmp_path)
    with Image.open(tmp_path / "copy.png") as copy:
        assert copy.mode == mode
        assert np.array_equal(np.asarray(copy).reshape(pixels.shape), pixels)
        assert copy.text["Author"] == "me"
        assert copy.getexif()[ExifTags.Base.Orientation] == 1
        assert copy.info.get("icc_profile") == (ADOBE if "RGB" in mode else None)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 70)])
def test_png_16_bit_comes_back_exactly(tmp_path: Path, channels: int, size: tuple[int, int]) -> None:
    from enhancer import png

    pixels = RNG.integers(0, 65536, (*size, channels), np.uint16)
    with (tmp_path / "a.png").open("wb") as stream:
        png.write_deep(stream, pixels, [])
    first, copy = again(tmp_path / "a.png", tmp_path)
    colours = 1 if channels < 3 else 3
    for read in (first, copy):
        assert read.stored == np.uint16
        assert np.array_equal(read.samples[..., :colours], pixels[..., :colours])
        assert (read.alpha is None) == (channels in (1, 3))
        if read.alpha is not None:
            assert np.array_equal(read.alpha, pixels[..., -1])


def test_png_16_bit_is_understood_by_pillow(tmp_path: Path) -> None:
    from enhancer import png

    with (tmp_path / "a.png").open("wb") as stream:
        png.write_deep(stream, DEEP, [])
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), DEEP >> 8)


def test_png_16_bit_keeps_profile_exif_and_resolution(tmp_path: Path) -> None:
    from enhancer import png

    chunks = [
        (b"iCCP", b"x\0\0" + zlib.compress(ADOBE)),
        (b"pHYs", struct.pack(">IIB", 3937, 3937, 1)),
        (b"eXIf", exif_block(6)[6:]),
    ]
    with (tmp_path / "a.png").open("wb") as stream:
        png.write_deep(stream, DEEP, chunks)
    first, copy = again(tmp_path / "a.png", tmp_path)
    assert first.samples.shape == (30, 20, 3)
    assert copy.profile.data == ADOBE
    with Image.open(tmp_path / "copy.png") as image:
        assert image.getexif()[ExifTags.Base.Orientation] == 1
        assert image.info["dpi"][0] == pytest.approx(100, abs=0.1)


def test_palette_becomes_rgb_and_keeps_transparency(tmp_path: Path) -> None:
    palette = Image.fromarray(SMALL).quantize(16)
    palette.save(tmp_path / "a.png")
    palette.save(tmp_path / "b.png", transparency=3)
    first, _ = again(tmp_path / "a.png", tmp_path)
    assert np.array_equal(first.samples, np.asarray(palette.convert("RGB")))
    assert Image.open(tmp_path / "copy.png").mode == "RGB"
    clear = photo.read(tmp_path / "b.png")
    assert clear.alpha is not None
    assert np.array_equal(clear.alpha == 0, np.asarray(palette) == 3)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_tiff_8_bit(tmp_path: Path, compression: str | None) -> None:
    Image.fromarray(SMALL).save(tmp_path / "a.tif", compression=compression, icc_profile=ADOBE, dpi=(300, 300))
    first, copy = again(tmp_path / "a.tif", tmp_path)
    assert np.array_equal(first.samples, copy.samples)
    assert copy.profile.data == ADOBE
    with Image.open(tmp_path / "copy.tif") as image:
        assert image.mode == "RGB"
        assert image.info["dpi"] == (300, 300)
        assert (image.info["compression"] == "raw") == (compression is None)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("packed", [None, "zlib"])
def test_tiff_comes_back_exactly(tmp_path: Path, dtype: str, channels: int, packed: str | None) -> None:
    pixels = RNG.random((12, 17, channels))
    pixels = (pixels * np.iinfo(dtype).max).astype(dtype) if dtype.startswith("u") else (pixels * 2).astype(dtype)
    tifffile.imwrite(
        tmp_path / "a.tif",
        pixels[..., 0] if channels == 1 else pixels,
        photometric="rgb" if channels > 2 else "minisblack",
        extrasamples=["unassalpha"] if channels in (2, 4) else None,
        planarconfig="contig" if channels > 1 else None,
        compression=packed,
    )
    again(tmp_path / "a.tif", tmp_path)
    copy = tifffile.imread(tmp_path / "copy.tif").reshape(pixels.shape)
    assert copy.dtype == pixels.dtype
    if dtype == "float64":  # worked in float32
        assert np.abs(copy - pixels).max() < 1e-6
    else:
        assert np.array_equal(copy, pixels)


def test_tiff_16_bit_with_lzw_big_endian_and_planes(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "big.tif", DEEP, byteorder=">", photometric="rgb")
    assert np.array_equal(photo.read(tmp_path / "big.tif").samples, DEEP)
    tifffile.imwrite(tmp_path / "planes.tif", np.moveaxis(DEEP, -1, 0), planarconfig="separate", photometric="rgb")
    assert np.array_equal(photo.read(tmp_path / "planes.tif").samples, DEEP)
    tifffile.imwrite(tmp_path / "huge.tif", DEEP, bigtiff=True, photometric="rgb")
    assert np.array_equal(photo.read(tmp_path / "huge.tif").samples, DEEP)
    lzw_tiff(tmp_path / "lzw.tif", DEEP)
    assert np.array_equal(photo.read(tmp_path / "lzw.tif").samples, DEEP)


def lzw_tiff(path: Path, pixels: np.ndarray) -> None:
    """A 16-bit TIFF packed with LZW: Pillow packs the bytes as if they were twice as many 8-bit pixels."""
    height, width, _ = pixels.shape
    Image.fromarray(pixels.view(np.uint8).reshape(height, 2 * width, 3)).save(path, "TIFF", compression="tiff_lzw")
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages.first.tags[256].overwrite(width)
        tiff.pages.first.tags[258].overwrite((16, 16, 16))


def test_tiff_keeps_exif_description_and_turns_upright(tmp_path: Path) -> None:
    for dtype in (np.uint8, np.uint16):
        tags = TiffImagePlugin.ImageFileDirectory_v2()
        tags[ExifTags.Base.Make] = "Camera works"
        tags[ExifTags.Base.Orientation] = 6
        tags[ExifTags.IFD.Exif] = {ExifTags.Base.ExposureTime: 0.005, ExifTags.Base.LensModel: "50 mm"}
        tags[ExifTags.IFD.GPSInfo] = {1: "N"}
        path = tmp_path / f"{np.dtype(dtype).name}.tif"
        Image.fromarray(SMALL).save(path, tiffinfo=tags)
        if dtype == np.uint16:  # the same with 16-bit pixels, by our own writer
            eight = photo.read(path)
            deep = photo.Photo(path, "TIFF", DEEP, None, False, np.dtype(np.uint16), options=eight.options)
            path = tmp_path / "deep.tif"
            photo.write(deep, DEEP, path)
        first = photo.read(path)
        assert first.samples.shape == ((30, 20, 3) if dtype == np.uint8 else (20, 30, 3))
        photo.write(first, first.samples, tmp_path / f"copy-{path.name}")
        with tifffile.TiffFile(tmp_path / f"copy-{path.name}") as copy:
            found = copy.pages.first.tags
            assert found[271].value == "Camera works"
            assert 274 not in found or found[274].value == 1
            assert found[34665].value["LensModel"] == "50 mm"
            assert found[34665].value["ExposureTime"] == pytest.approx(0.005)
            assert found[34853].value["GPSLatitudeRef"] == "N"


def test_premultiplied_tiff_is_divided_by_alpha(tmp_path: Path) -> None:
    alpha = np.full((8, 8, 1), 32768, np.uint16)
    colours = np.full((8, 8, 3), 10000, np.uint16)
    tifffile.imwrite(
        tmp_path / "a.tif", np.concatenate([colours, alpha], -1), photometric="rgb", extrasamples=["assocalpha"]
    )
    assert np.abs(photo.read(tmp_path / "a.tif").samples.astype(int) - 20000).max() <= 1


def test_another_tone_curve_goes_there_and_back(tmp_path: Path) -> None:
    """AdobeRGB's gamma: samples are held as stored, decoded as that gamma says, and no level is lost by an edit that
    moves nothing."""
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, -1)
    Image.fromarray(ramp).save(tmp_path / "a.png", icc_profile=ADOBE)
    deep = (ramp.astype(np.uint16) * 257)[:, 5:]
    tifffile.imwrite(tmp_path / "a.tif", deep, photometric="rgb", extratags=[(34675, 7, len(ADOBE), ADOBE, True)])
    for name, samples in (("a.png", ramp), ("a.tif", deep)):
        read = photo.read(tmp_path / name)
        assert read.samples.dtype == samples.dtype and np.array_equal(read.samples, samples)
        assert read.profile.curve is not None
        assert float(read.profile.curve.decode(np.array(128 / 255))) == pytest.approx((128 / 255) ** (563 / 256))
        off = photo.edited(read, {"exposure": 1e-9}).astype(int) - samples
        assert np.abs(off).max() <= (0 if samples.dtype == np.uint8 else 1)


def test_curves_of_profiles() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert icc.tone_curve(srgb) is None
    assert icc.tone_curve(None) is None
    assert icc.tone_curve(b"junk" * 50) is None
    x = np.linspace(0, 1, 11)
    linear = icc.tone_curve(profile(b"curv\0\0\0\0" + struct.pack(">I", 0)))
    assert linear is not None and np.allclose(linear.decode(x), x) and np.allclose(linear.encode(2 * x), 2 * x)
    table = icc.tone_curve(profile(b"curv\0\0\0\0" + struct.pack(">I3H2x", 3, 0, 16384, 65535)))
    assert table is not None and table.decode(np.array([0.5]))[0] == pytest.approx(0.25, abs=1e-4)
    assert np.allclose(table.encode(table.decode(x)), x)
    for kind, numbers in ((0, [1.8]), (1, [2, 1.25, -0.25]), (3, [3, 1 / 1.16, 0.16 / 1.16, 0.11, 0.08]),
                          (4, [2, 1, 0, 0.1, 0.1, 0, 0])):  # fmt: skip
        fixed = [round(n * 65536) for n in numbers]
        found = icc.tone_curve(profile(b"para\0\0\0\0" + struct.pack(f">Hxx{len(fixed)}i", kind, *fixed)))
        assert found is not None
        y = found.decode(x)
        assert np.all(np.diff(y) >= 0) and y[-1] == pytest.approx(1, abs=1e-3)
        above = x[y > 0]
        assert np.allclose(found.encode(found.decode(above)), above, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [(0, [200]), (0, [0.01]), (3, [78, 32, 111, 121, 105])],
    ids=["2 to the 200 overflows", "and so does its inverse", "white is 121"],
)
def test_a_curve_that_no_edited_picture_can_be_stored_with_is_none(kind: int, numbers: list[float]) -> None:
    fixed = [round(n * 65536) for n in numbers]
    assert icc.tone_curve(profile(b"para\0\0\0\0" + struct.pack(f">Hxx{len(fixed)}i", kind, *fixed))) is None


def test_the_policy_is_shown_srgb(tmp_path: Path) -> None:
    """The same grey, stored with another curve, looks the same; the copy of a plain sRGB picture is untouched."""
    Image.new("RGB", (4, 4), (128, 128, 128)).save(tmp_path / "a.png", icc_profile=ADOBE)
    shown = photo.srgb(photo.read(tmp_path / "a.png"))
    wanted = icc.SRGB.encode(np.array((128 / 255) ** (563 / 256))) * 255
    assert photo.opacity(photo.read(tmp_path / "a.png")) is None
    assert np.abs(shown - wanted).max() < 1
    Image.fromarray(SMALL).save(tmp_path / "b.png")
    assert np.array_equal(photo.srgb(photo.read(tmp_path / "b.png")), SMALL)
    tifffile.imwrite(tmp_path / "c.tif", DEEP, photometric="rgb")
    assert np.array_equal(photo.srgb(photo.read(tmp_path / "c.tif")), np.rint(DEEP / 257))


def adobe() -> bytes:
    """AdobeRGB: its gamma and its primaries, adapted to D50 (Adobe RGB (1998), annex C)."""
    wide = bytearray(ADOBE)
    columns = {b"rXYZ": (0.60974, 0.31111, 0.01947), b"gXYZ": (0.20528, 0.62567, 0.06087),
               b"bXYZ": (0.14919, 0.06322, 0.74457)}  # fmt: skip
    (count,) = struct.unpack_from(">I", wide, 128)
    for i in range(count):
        name, place = struct.unpack_from(">4sI", wide, 132 + 12 * i)
        if name in columns:
            struct.pack_into(">3i", wide, place + 8, *(round(v * 65536) for v in columns[name]))
    return bytes(wide)


@pytest.mark.parametrize("alpha", [None, "some", "clear"])
@pytest.mark.parametrize("icc_profile", [None, "curve", "primaries", "grey"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("size", [(130, 77), (64, 64), (20, 200), (1, 1)])
def test_the_thumbnail_is_that_of_the_whole_in_srgb(
    size: tuple[int, int], dtype: str, icc_profile: str | None, alpha: str | None
) -> None:
    """Bit for bit: neither rounding to 8 bits nor the conversion of a row depends on its neighbours."""
    white = 1.0 if dtype == "float32" else np.iinfo(dtype).max
    samples = (RNG.random((*size, 3)) * white).astype(dtype)
    grey = icc_profile == "grey"
    if grey:
        samples = np.broadcast_to(samples[..., :1], samples.shape)
    data = {"curve": ADOBE, "primaries": adobe(), "grey": grey_profile(), None: None}[icc_profile]
    opacity = None if alpha is None else (RNG.random(size) * white * (alpha == "some")).astype(dtype)
    picture = photo.Photo(
        Path("a"), "TIFF", samples, opacity, grey, samples.dtype, icc.Profile.parse(data)
    )  # fmt: skip
    whole = thumbnail(photo.srgb(picture), photo.opacity(picture))
    assert np.array_equal(photo.thumbnail(picture), whole)
    if data and (convert := icc.srgb_conversion(data, grey)):
        shown = photo.srgb(picture)
        assert np.array_equal(shown[-1:], convert(photo._eight_bits(samples[-1:])))
        assert size == (1, 1) or not np.array_equal(shown, photo._eight_bits(samples)), "the profile counts"
    else:
        assert data is None


def grey_profile() -> bytes:
    """A grey profile, D50, with gamma 1.8."""
    tags = {b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061), b"kTRC": gamma(1.8)}
    body, table, place = b"", b"", 132 + 12 * len(tags)
    for name, tag in tags.items():
        table += struct.pack(">4sII", name, place + len(body), len(tag))
        body += tag
    head = bytearray(128)
    struct.pack_into(">I4xI4s4s4s", head, 0, place + len(body), 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head[36:40] = b"acsp"
    struct.pack_into(">3i", head, 68, 63190, 65536, 54061)
    return bytes(head) + struct.pack(">I", len(tags)) + table + body


def test_other_primaries_are_converted_for_the_policy(tmp_path: Path) -> None:
    """A red of wider primaries is redder than sRGB can say: the channels move, the stored pixels don't."""
    Image.new("RGB", (2, 2), (150, 100, 100)).save(tmp_path / "a.png", icc_profile=adobe())
    read = photo.read(tmp_path / "a.png")
    shown = photo.srgb(read)
    assert shown[0, 0, 0] > 160 and abs(int(shown[0, 0, 2]) - 100) < 4
    assert read.samples[0, 0].tolist() == [150, 100, 100]


def test_primaries_of_profiles() -> None:
    matrix = icc.to_srgb_matrix(adobe())
    assert matrix is not None
    # Linear AdobeRGB to linear sRGB; red to red is known to be 1.3984 (both D65, Lindbloom's matrices).
    assert matrix[0, 0] == pytest.approx(1.3984, abs=2e-3) and matrix[1] == pytest.approx([0, 1, 0], abs=2e-3)
    assert icc.to_srgb_matrix(ADOBE) is None, "sRGB's primaries"
    assert icc.to_srgb_matrix(None) is None and icc.to_srgb_matrix(b"junk" * 50) is None
    broken = bytearray(adobe())
    place = broken.index(b"rXYZ")
    (start,) = struct.unpack_from(">I", broken, place + 4)
    struct.pack_into(">3i", broken, start + 8, 0, 0, 0)
    assert icc.to_srgb_matrix(bytes(broken)) is None, "white would not be white"


def test_edited_in_its_own_primaries(tmp_path: Path) -> None:
    """Saturation keeps AdobeRGB's luminance, on AdobeRGB's curve; 0 makes it the grey of that luminance."""
    Image.new("RGB", (40, 40), (200, 60, 60)).save(tmp_path / "a.png", icc_profile=adobe())
    read = photo.read(tmp_path / "a.png")
    grey = photo.edited(read, {"saturation": 0.0})[0, 0]
    linear = (np.array([200, 60, 60]) / 255) ** (563 / 256)
    wanted = 255 * (linear @ [0.31111, 0.62567, 0.06322]) ** (256 / 563)
    assert np.abs(grey - wanted).max() < 1


BAD = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_bytes(b""),
    "folder": lambda path: path.mkdir(),
    "text": lambda path: path.write_text("not a picture"),
    "cmyk": lambda path: Image.new("CMYK", (9, 9)).save(path, "JPEG"),
    "cmyk tiff": lambda path: Image.new("CMYK", (9, 9)).save(path, "TIFF"),
    "lab tiff": lambda path: Image.new("LAB", (9, 9)).save(path, "TIFF"),
    "truncated jpeg": lambda path: path.write_bytes(data("JPEG")[:600]),
    "truncated jpeg header": lambda path: path.write_bytes(data("JPEG")[:30]),
    "truncated png": lambda path: path.write_bytes(data("PNG")[:900]),
    "truncated tiff": lambda path: path.write_bytes(data("TIFF")[:900]),
    "truncated 16-bit tiff": lambda path: path.write_bytes(deep_tiff()[:2000]),
    "tiff header only": lambda path: path.write_bytes(b"II*\0\x08\0\0\0"),
    "bomb png": lambda path: path.write_bytes(bomb(60000, 60000)),
    "bomb tiff": lambda path: huge_tiff(path),
    "nan": lambda path: float_tiff(path, np.nan),
    "infinity": lambda path: float_tiff(path, np.inf),
    "beyond": lambda path: float_tiff(path, 1e9),
    "pages": lambda path: tifffile.imwrite(path, np.zeros((3, 9, 9, 3), np.uint8), photometric="rgb"),
    "animation": lambda path: Image.new("RGB", (9, 9)).save(
        path, "PNG", save_all=True, append_images=[Image.new("RGB", (9, 9), "red")]
    ),
    "gif": lambda path: Image.new("RGB", (9, 9)).save(path, "GIF"),
    "32-bit integers": lambda path: tifffile.imwrite(path, np.zeros((9, 9, 3), np.uint32), photometric="rgb"),
    "16-bit palette": lambda path: tifffile.imwrite(
        path, np.zeros((9, 9), np.uint16), photometric="palette", colormap=np.zeros((3, 65536), np.uint16)
    ),
    "float in LERC": lambda path: lerc_float(path),
    "many channels": lambda path: tifffile.imwrite(path, np.zeros((9, 9, 9), np.uint16), photometric="rgb"),
    "raw": lambda path: tifffile.imwrite(
        path, np.zeros((9, 9, 3), np.uint8), photometric="rgb", extratags=[(50706, 1, 4, (1, 4, 0, 0), True)]
    ),
}


def data(format: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(SMALL).save(stream, format)
    return stream.getvalue()


def deep_tiff() -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, DEEP, photometric="rgb")
    return stream.getvalue()


def bomb(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def huge_tiff(path: Path) -> None:
    """A small file that says it has 60000 x 60000 16-bit pixels."""
    path.write_bytes(deep_tiff())
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages.first.tags[256].overwrite(60000)
        tiff.pages.first.tags[257].overwrite(60000)


def lerc_float(path: Path) -> None:
    """Says that it is packed in a way that needs a package of its own."""
    tifffile.imwrite(path, np.zeros((9, 9, 3), np.float32), photometric="rgb", compression="zlib")
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages[0].tags[259].overwrite(34887)  # LERC


def float_tiff(path: Path, value: float) -> None:
    pixels = np.zeros((9, 9, 3), np.float32)
    pixels[4, 4] = value
    tifffile.imwrite(path, pixels, photometric="rgb")


@pytest.mark.parametrize("kind", BAD)
def test_bad_files_are_one_line_with_the_file_and_a_remedy(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "photo.jpg"
    BAD[kind](path)
    with pytest.raises(photo.PhotoError) as refusal:
        photo.read(path)
    text = str(refusal.value)
    assert text.startswith(f"{path}: ")
    assert text.count(": ") >= 2, "file: cause: remedy"
    assert "\n" not in text and len(text) < 500
    expected = {
        "cmyk": "CMYK", "cmyk tiff": "CMYK", "lab tiff": "Lab", "nan": "NaN", "empty": "0 bytes", "folder": "folder",
        "bomb png": "megapixels", "bomb tiff": "megapixels", "pages": "3 pictures", "animation": "animation",
        "text": "not a JPEG", "gif": "not a JPEG", "raw": "raw", "32-bit integers": "uint32",
        "16-bit palette": "PALETTE", "float in LERC": "without compression",
        "many channels": "6 channels",
    }  # fmt: skip
    assert expected.get(kind, "") in text


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_thin_pictures_are_read_and_written(tmp_path: Path, size: tuple[int, int]) -> None:
    for suffix in (".jpg", ".png", ".tif"):
        path = tmp_path / f"a{suffix}"
        Image.new("RGB", size, (10, 200, 30)).save(path)
        first = photo.read(path)
        photo.write(first, first.samples, tmp_path / f"b{suffix}")
        assert photo.read(tmp_path / f"b{suffix}").samples.shape == (size[1], size[0], 3)


def test_nothing_is_overwritten_and_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = jpeg(tmp_path / "a.jpg")
    before = path.read_bytes()
    first = photo.read(path)
    with pytest.raises(photo.PhotoError) as raised:
        photo.write(first, first.samples, path)
    assert raised.value.kind == "taken" and path.read_bytes() == before

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(photo.PhotoError) as raised:
        photo.write(first, first.samples, tmp_path / "b.jpg")
    assert raised.value.kind == "not written" and os.strerror(28) in str(raised.value)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        photo.write(first, first.samples, tmp_path / "b.jpg")
    assert [p.name for p in tmp_path.iterdir()] == ["a.jpg"]


def test_random_damage_never_gives_a_traceback(tmp_path: Path) -> None:
    """Bytes changed at random in every kind of file: a photo or a PhotoError, nothing else."""
    stream = io.BytesIO()
    Image.fromarray(SMALL).save(stream, "JPEG", exif=exif_block(6), icc_profile=ADOBE)
    for original in (stream.getvalue(), data("PNG"), data("TIFF"), deep_tiff()):
        for _ in range(60):
            damaged = bytearray(original)
            for place in RNG.integers(0, min(len(damaged), 700), 4):
                damaged[place] = RNG.integers(0, 256)
            (tmp_path / "x").write_bytes(damaged)
            try:
                read = photo.read(tmp_path / "x")
                photo.srgb(read)
            except photo.PhotoError:
                pass
