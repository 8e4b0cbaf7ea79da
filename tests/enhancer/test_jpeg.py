# SPDX-License-Identifier: GPL-3.0-or-later
import hashlib
import io
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from enhancer import jpeg as files
from enhancer import jpeg_segments, jpeg_tail, photo, photoshop
from enhancer.ifd import Tag, pack
from enhancer.jpeg_segments import Segment

from .test_exif import ORIENTATION_6, block, colour_block
from .test_xmp import GAIN, PRIMARY, VIDEO, directory, packet

SMALL = np.add.outer(np.arange(20), np.arange(30)).astype(np.uint8)[..., None].repeat(3, -1) * 3
EXIF_6 = b"Exif\0\0" + block(ORIENTATION_6)


def jpeg(*segments: tuple[int, bytes], tail: bytes = b"", pixels: np.ndarray = SMALL, **options: object) -> bytes:
    """A JPEG with segments behind its first and data behind its end."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=90, **options)
    whole = stream.getvalue()
    more = b"".join(struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data for marker, data in segments)
    return whole[:20] + more + whole[20:] + tail


def copied(tmp_path: Path, contents: bytes) -> tuple[photo.Photo, list[Segment], bytes]:
    """A file as it was read, and its unedited copy: its segments, and what lies behind its picture."""
    (tmp_path / "a.jpg").write_bytes(contents)
    first = photo.read(tmp_path / "a.jpg")
    photo.write(first, first.samples, tmp_path / "b.jpg")
    copy = (tmp_path / "b.jpg").read_bytes()
    (tmp_path / "b.jpg").unlink()
    scan = jpeg_tail.first_scan(copy)
    assert scan
    return first, jpeg_segments.read(copy), copy[jpeg_tail.picture_end(copy, scan) :]


def resource(number: int, data: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)


CAPTION = resource(0x0404, b"\x1c\x02\x78\x00\x05Wharf")
XMP, MORE = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"


def test_captions_comments_and_others_segments_are_kept(tmp_path: Path) -> None:
    segments = [(0xED, b"Photoshop 3.0\0" + CAPTION), (0xEC, b"Ducky"), (0xFE, b"one"), (0xFE, b"two"), (0xE1, b"FLIR")]
    first, kept, _ = copied(tmp_path, jpeg(*segments))
    assert [s for s in kept if s.marker != 0xE0] == [Segment(*one) for one in segments] and first.notes == ()


def test_a_caption_longer_than_a_segment(tmp_path: Path) -> None:
    long = CAPTION + resource(0x0BB7, bytes(100_000))
    cut = [(0xED, b"Photoshop 3.0\0" + part) for part in (long[:60_000], long[60_000:])]
    _, kept, _ = copied(tmp_path, jpeg(*cut))
    assert b"".join(s.data[14:] for s in kept if s.marker == 0xED) == long


def test_photoshops_resources_are_those_of_an_upright_copy() -> None:
    resolution = struct.pack(">4H4H", 300, 0, 1, 2, 72, 0, 1, 2)
    given_ = resource(0x040C, b"preview") + resource(0x03ED, resolution) + resource(0x0422, EXIF_6[6:]) + CAPTION
    kept = photoshop.upright(given_, 6, (30, 20))
    assert kept.endswith(CAPTION) and b"preview" not in kept
    assert resource(0x03ED, resolution[8:] + resolution[:8]) in kept
    assert photoshop.upright(CAPTION + b"8BIMjunk", 6, (30, 20)) == CAPTION + b"8BIMjunk"


def extended(contents: bytes) -> list[tuple[int, bytes]]:
    digest = hashlib.md5(contents).hexdigest().upper().encode()
    parts = [(at, contents[at : at + 60_000]) for at in range(0, len(contents), 60_000)]
    whole = [(0xE1, MORE + digest + struct.pack(">II", len(contents), at) + part) for at, part in parts]
    note = f'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="{digest.decode()}"'
    return [(0xE1, XMP + packet(attributes=note)), *whole]


def test_extended_xmp_is_kept_and_changed_where_it_must_be(tmp_path: Path) -> None:
    long = packet(f"<xmp:Label>{'x' * 100_000}</xmp:Label>", 'exif:PixelXDimension="30" exif:PixelYDimension="20"')
    _, kept, _ = copied(tmp_path, jpeg(*extended(long)))
    assert [s for s in kept if s.marker != 0xE0] == [Segment(*one) for one in extended(long)]
    _, kept, _ = copied(tmp_path, jpeg(*extended(long), exif=EXIF_6))
    whole = jpeg_segments.extended_xmp(kept)
    assert whole and b'PixelXDimension="20" exif:PixelYDimension="30"' in whole
    digest = hashlib.md5(whole).hexdigest().upper().encode()
    assert b'HasExtendedXMP="%s"' % digest in jpeg_segments.xmp(kept)


def test_exif_longer_than_a_segment(tmp_path: Path) -> None:
    long = b"Exif\0\0" + block(ORIENTATION_6, behind=bytes(100_000))
    cut = [(0xE1, long[:60_000]), (0xE1, b"Exif\0\0" + long[60_000:])]
    first, kept, _ = copied(tmp_path, jpeg(*cut))
    assert first.exif and len(first.exif) == len(long)
    assert b"".join(s.data[6:] for s in kept if s.data.startswith(b"Exif")) == first.exif[6:]


@pytest.mark.parametrize("first", [0, 1])
def test_room_is_written_as_any_other_samples(first: int) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)
    room = files.room(30, 50)
    assert room.base is not None and room.base.shape == (30, 50, 4)
    room = room.base[..., first : first + 3]  # what begins elsewhere is no such room, and is written all the same
    room[...] = samples
    written = [io.BytesIO(), io.BytesIO()]
    for stream, channels in zip(written, (samples, room), strict=True):
        files.write(stream, channels, None, None, {"quality": files.QUALITY, "subsampling": 0})
    assert written[0].getvalue() == written[1].getvalue()


def test_density_is_kept_and_turned(tmp_path: Path) -> None:
    dense = bytearray(jpeg())
    dense[13:18] = struct.pack(">BHH", 2, 118, 236)  # in centimetres
    _, kept, _ = copied(tmp_path, bytes(dense))
    assert kept[0].data[7:12] == dense[13:18]
    _, kept, _ = copied(tmp_path, bytes(dense[:20]) + jpeg(exif=EXIF_6)[20:])
    assert kept[0].data[7:12] == struct.pack(">BHH", 2, 236, 118)


MP4 = struct.pack(">I", 24) + b"ftypmp42" + bytes(3000)
GAIN_MAP = jpeg((0xE1, XMP + packet(attributes='hdr:Version="1.0"')))
MPF = b"MPF\0"


def mpf(*kinds: int) -> bytes:
    entries = b"".join(struct.pack("<IIIHH", kind, 0, 0, 0, 0) for kind in kinds)
    return MPF + b"II*\0" + struct.pack("<I", 8) + pack([Tag(0xB002, 7, entries)], 8)


def test_a_motion_photos_video_is_kept(tmp_path: Path) -> None:
    both = packet(directory(PRIMARY, GAIN, VIDEO), 'cam:MotionPhoto="1" hdr:Version="1.0"')
    first, kept, tail = copied(tmp_path, jpeg((0xE1, XMP + both), (0xE2, mpf(0, 0)), tail=GAIN_MAP + MP4))
    assert tail == MP4 and len(first.notes) == 1 and "gain map" in first.notes[0]
    announced = jpeg_segments.xmp(kept)
    assert b"GainMap" not in announced and b'MotionPhoto="1"' in announced and b"hdr:V" not in announced
    assert not any(s.data.startswith(MPF) for s in kept), "its places are others now"


@pytest.mark.parametrize(
    "segments, tail, notes",
    [
        ([(0xE1, XMP + packet(directory(PRIMARY, GAIN), 'hdr:Version="1.0"'))], GAIN_MAP, ["gain map"]),
        (
            [(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")],
            jpeg((0xE2, b"urn:iso:std:iso:ts:21496:-1\0")),
            ["gain map"],
        ),
        ([(0xE2, mpf(0, 0x020002))], jpeg(), ["further picture"]),
        ([(0xE2, mpf(0, 0x010002))], jpeg(), []),
        ([(0xEB, b"JP\0\1junk")], b"", ["C2PA"]),
        ([], b"\0" * 500, []),
        ([], b"junk" * 50, ["200 bytes"]),
        ([(0xE1, XMP + packet(attributes='cam:MotionPhoto="1"'))], b"", []),
    ],
)
def test_what_would_not_be_true_is_left_out_with_a_word(
    tmp_path: Path, segments: list[tuple[int, bytes]], tail: bytes, notes: list[str]
) -> None:
    first, kept, left = copied(tmp_path, jpeg(*segments, tail=tail))
    assert left == b"" and len(first.notes) == len(notes)
    assert all(word in note for word, note in zip(notes, first.notes, strict=True))
    assert not re.search(b"GainMap|hdr:V|MotionPhoto=", b"".join(s.data for s in kept))


def samsung(block_: bytes) -> bytes:
    entries = struct.pack("<HHII", 0, 0x0A30, len(block_), len(block_))
    directory_ = b"SEFH" + struct.pack("<II", 107, 1) + entries
    return block_ + directory_ + struct.pack("<I", len(directory_)) + b"SEFT"


def test_samsungs_trailer_is_kept(tmp_path: Path) -> None:
    trailer = samsung(b"\0\0\x30\x0a\x10\0\0\0MotionPhoto_Data" + MP4)
    first, _, tail = copied(tmp_path, jpeg(tail=trailer))
    assert tail == trailer and first.notes == ()


@pytest.mark.parametrize("turned", [False, True])
def test_depth_maps_stay_where_the_pixels_do(tmp_path: Path, turned: bool) -> None:
    told = packet(directory(PRIMARY, ("image/jpeg", "Depth")), 'GDepth:Near="1"')
    contents = jpeg(
        (0xE1, XMP + told),
        tail=GAIN_MAP.replace(b"hdr-gain-map", b"nothing-more"),
        **({"exif": EXIF_6} if turned else {}),
    )
    first, kept, tail = copied(tmp_path, contents)
    announced = jpeg_segments.xmp(kept)
    assert bool(tail) is not turned and (b"GDepth:Near" in announced) is not turned
    assert len(first.notes) == turned and (b'Semantic="Depth"' in announced) is not turned


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}])
def test_without_an_end_marker(tmp_path: Path, options: dict[str, object]) -> None:
    whole = jpeg(pixels=np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8), **options)
    (tmp_path / "whole.jpg").write_bytes(whole)
    for cut in (whole[:-2], whole[:-2] + bytes(300), whole[:-1]):
        first, _, _ = copied(tmp_path, cut)
        assert np.array_equal(first.samples, photo.read(tmp_path / "whole.jpg").samples) and len(first.notes) == 1
    scans = [match.start() for match in re.finditer(rb"\xff\xda", whole)]
    for cut in (whole[:-30], whole[: -len(whole) // 3], whole[: scans[-1]]):
        (tmp_path / "a.jpg").write_bytes(cut)
        with pytest.raises(photo.PhotoError) as refusal:
            photo.read(tmp_path / "a.jpg")
        assert refusal.value.kind in ("damaged", "not a picture")  # the latter without any scan, in older Pillows


def test_adobe_rgb_by_exif_alone(tmp_path: Path) -> None:
    named = b"Exif\0\0" + colour_block(65535, b"R03\0")
    first, kept, _ = copied(tmp_path, jpeg(exif=named))
    assert first.profile.to_srgb is not None and not first.profile.embedded
    assert not any(s.data.startswith(b"ICC") for s in kept) and Segment(0xE1, named) in kept
    grey, _, _ = copied(tmp_path, jpeg(exif=named, pixels=SMALL[..., 0]))
    assert grey.profile.data is None, "as in GIMP"


def test_a_damaged_profile_is_said(tmp_path: Path) -> None:
    first, _, _ = copied(tmp_path, jpeg((0xE2, b"ICC_PROFILE\0\1\2half")))
    assert first.profile.data is None and len(first.notes) == 1


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", MP4[:40], GAIN_MAP[:80]]), st.booleans())
def test_any_bytes_may_lie_behind(junk: bytes, start: bytes, turned: bool) -> None:
    tail = jpeg_tail.sort(start + junk, ["GainMap"], False, turned)
    assert len(tail.kept) <= len(start + junk)
    photoshop.upright(junk, 6, (3, 2))
    photoshop.upright(CAPTION + junk, None, (3, 2))
    jpeg_tail.only_previews(MPF + junk)
    jpeg_segments.upright(jpeg_segments.read(b"\xff\xd8" + start + junk), 6, (3, 2), set())


def test_a_second_packet_is_kept_too(tmp_path: Path) -> None:
    both = [(0xE1, XMP + packet(attributes=f'xmp:Rating="{n}"')) for n in (1, 2)]
    _, kept, _ = copied(tmp_path, jpeg(*both))
    assert [s for s in kept if s.marker != 0xE0] == [Segment(*one) for one in both]
