# SPDX-License-Identifier: GPL-3.0-or-later
import struct

import numpy as np
import pytest

from enhancer import icc, named_profile
from enhancer.icc import Profile

ADOBE_CHRM = (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000)
PROPHOTO_CHRM = (34570, 35850, 73470, 26530, 15960, 84040, 3660, 10)
# XYZ of red, green and blue in the profiles that real GIMP 3.0 and 3.2 make of such files, in 65536ths.
GIMP_SRGB = ((28576, 14581, 912), (25239, 46983, 6361), (9375, 3972, 46787))
GIMP_ADOBE = ((39960, 20389, 1276), (13453, 41004, 3989), (9777, 4143, 48795))
GIMP_PROPHOTO = ((52279, 18878, 0), (8858, 46653, 1), (2053, 5, 54060))


def columns(profile: Profile) -> tuple[tuple[int, ...], ...]:
    tags = icc._tags(profile.data or b"")
    return tuple(struct.unpack_from(">3i", tags[name], 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ"))


@pytest.mark.parametrize(
    "profile, gimp, gamma",
    [
        (named_profile.adobe_rgb(), GIMP_ADOBE, 563 / 256),
        (named_profile.from_chunks(100_000, None, False), GIMP_SRGB, 1),
        (named_profile.from_chunks(45455, None, False), GIMP_SRGB, 100_000 / 45455),
        (named_profile.from_chunks(45455, ADOBE_CHRM, False), GIMP_ADOBE, 100_000 / 45455),
        (named_profile.from_chunks(None, ADOBE_CHRM, False), GIMP_ADOBE, None),
        (named_profile.from_chunks(55556, PROPHOTO_CHRM, False), GIMP_PROPHOTO, 1.8),
    ],
)  # fmt: skip
def test_the_profiles_are_gimps(profile: Profile, gimp: tuple[tuple[int, ...], ...], gamma: float | None) -> None:
    assert np.abs(np.array(columns(profile)) - gimp).max() <= 1 and not profile.embedded
    if gamma is None:
        assert profile.curve is None, "sRGB's"
    else:
        assert profile.curve and profile.curve.numbers[0] == pytest.approx(gamma, abs=2e-5)


def test_littlecms_reads_them() -> None:
    pixels = np.array([[[200, 60, 40], [60, 180, 70]]], np.uint8)
    to_srgb = icc.srgb_conversion(named_profile.from_chunks(45455, ADOBE_CHRM, False).data, False)
    assert to_srgb and np.abs(to_srgb(pixels)[0].astype(int) - [[231, 57, 34], [0, 181, 57]]).max() <= 1, "GIMP's"
    grey = named_profile.from_chunks(100_000, ADOBE_CHRM, True)
    to_srgb = icc.srgb_conversion(grey.data, True)
    assert to_srgb and to_srgb(np.full((1, 1, 3), 60, np.uint8))[0, 0, 0] == 133 and grey.to_srgb is None


@pytest.mark.parametrize(
    "points", [(0,) * 8, (31270, 32900) * 4, (31270, 32900, 64000, 0, 30000, 60000, 15000, 6000), (2**32 - 1,) * 8]
)
@pytest.mark.parametrize("gamma", [None, 45455, 1, 2**32 - 1])
def test_numbers_that_make_no_sense_are_no_profile(points: tuple[int, ...], gamma: int | None) -> None:
    assert named_profile.from_chunks(gamma, points, False).data is None


def test_cicp() -> None:
    p3, word = named_profile.from_cicp(bytes((12, 13, 0, 1)), False)
    assert word == "" and p3.curve is None and p3.to_srgb is not None
    assert p3.to_srgb[0] == pytest.approx([1.2249, -0.2249, 0], abs=1e-3)
    assert named_profile.from_cicp(bytes((1, 13, 0, 1)), False)[0].to_srgb is None, "sRGB"
    linear = named_profile.from_cicp(bytes((1, 8, 0, 1)), False)[0].curve
    assert linear and linear.decode(np.array(0.25)) == pytest.approx(0.25)
    television = named_profile.from_cicp(bytes((9, 14, 0, 1)), False)[0].curve
    assert television and television.decode(np.array([0.081, 0.5, 1.0])) == pytest.approx([0.018, 0.2597, 1], abs=1e-3)
    for hdr in (16, 18):
        found, word = named_profile.from_cicp(bytes((9, hdr, 0, 1)), False)
        assert "HDR" in word and found.curve is None and found.to_srgb is not None
    for other in ((2, 2, 0, 1), (12, 13, 1, 1), (12, 13, 0, 0), (99, 13, 0, 1), (12, 99, 0, 1)):
        assert named_profile.from_cicp(bytes(other), False) == (Profile(), "")
