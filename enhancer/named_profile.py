# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours that pictures name without embedding a profile: EXIF's AdobeRGB, PNG's gAMA, cHRM and cICP.

They are made as ICC profiles, so that all else knows one kind of profile; the copy keeps what names them.
"""

from __future__ import annotations

import functools
import struct

import numpy as np

from .icc import SRGB, Curve, Profile

Point = tuple[float, float]

D65: Point = (0.3127, 0.3290)
# CIE xy of white, red, green, blue: IEC 61966-2-1; Adobe RGB (1998) 4.3.1
SRGB_POINTS: tuple[Point, ...] = (D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE_POINTS: tuple[Point, ...] = (D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
ADOBE_GAMMA = 563 / 256

# H.273 (2021), table 2. 3, 23 and above are reserved; 2 is unspecified; 10 is CIE XYZ.
CICP_POINTS: dict[int, tuple[Point, ...]] = {
    1: SRGB_POINTS,
    4: ((0.310, 0.316), (0.67, 0.33), (0.21, 0.71), (0.14, 0.08)),
    5: (D65, (0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: (D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    7: (D65, (0.630, 0.340), (0.310, 0.595), (0.155, 0.070)),
    8: ((0.310, 0.316), (0.681, 0.319), (0.243, 0.692), (0.145, 0.049)),
    9: (D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    11: ((0.314, 0.351), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    12: (D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    22: (D65, (0.630, 0.340), (0.295, 0.605), (0.155, 0.077)),
}
BT709 = Curve((1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081, 0.0, 0.0))
"""Rec. ITU-R BT.709-6, item 1.2, from stored values to light."""
CICP_CURVES: dict[int, Curve] = {  # H.273 (2021), table 3
    1: BT709, 6: BT709, 14: BT709, 15: BT709, 13: SRGB,
    4: Curve((2.2, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    5: Curve((2.8, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    8: Curve((1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
}  # fmt: skip
HDR = {16: "PQ", 18: "HLG"}

D50 = (0.9642, 1.0, 0.8249)  # ICC.1:2022, 7.2.16
# Bradford's cone responses (ICC.1:2022, annex E)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def adobe_rgb() -> Profile:
    """What EXIF calls AdobeRGB."""
    return made(ADOBE_POINTS, Curve((ADOBE_GAMMA, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)))


def from_chunks(gamma: int | None, points: tuple[int, ...] | None, grey: bool) -> Profile:
    """The profile that PNG's gAMA and cHRM describe (PNG 3, 11.3.2.1 and 11.3.2.2), as GIMP makes one of them.

    gamma: of gAMA, 100,000 times the exponent from light to stored values. points: the eight numbers of cHRM, 100,000
    times x and y of white, red, green and blue. What is left out, is sRGB's. Points that make no sense are no profile.
    """
    if gamma is None and points is None:
        return Profile()
    xy = SRGB_POINTS
    if points is not None and not grey:
        x, y = (np.array(points[start::2]) / 100_000 for start in (0, 1))
        xy = tuple(zip(x.tolist(), y.tolist(), strict=True))
    curve = SRGB if gamma is None else Curve((100_000 / gamma, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    return made(xy, curve, grey)


def from_cicp(code: bytes, grey: bool) -> tuple[Profile, str]:
    """The profile that PNG's cICP names (PNG 3, 11.3.2.6); and a word where it can't be had wholly.

    Where the code is none of RGB in full range, it counts for nothing; HDR curves are taken for sRGB's.
    """
    primaries, transfer, matrix, full_range = code
    points = CICP_POINTS.get(primaries)
    if points is None or matrix != 0 or full_range != 1 or not (transfer in CICP_CURVES or transfer in HDR):
        return Profile(), ""
    word = ""
    if transfer in HDR:
        word = f"its samples are HDR ({HDR[transfer]}) and are edited as if they were not"
    return made(points, CICP_CURVES.get(transfer, SRGB), grey), word


@functools.lru_cache(64)
def made(points: tuple[Point, ...], curve: Curve, grey: bool = False) -> Profile:
    """A profile of CIE xy of white, red, green and blue, and a curve; without data where they make no sense."""
    white, *primaries = points
    if any(not 0 < y <= 1 for _, y in points) or not 0.1 < curve.numbers[0] < 10:
        return Profile()
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in primaries]).T
    white_xyz = np.array([white[0] / white[1], 1, (1 - white[0] - white[1]) / white[1]])
    if abs(np.linalg.det(columns)) < 1e-3:
        return Profile()
    to_xyz = columns * np.linalg.solve(columns, white_xyz)
    cones = BRADFORD @ np.array(D50) / (BRADFORD @ white_xyz)
    if not np.isfinite(cones).all() or (cones <= 0).any():
        return Profile()
    adapted = np.linalg.inv(BRADFORD) @ np.diag(cones) @ BRADFORD @ to_xyz
    if np.abs(adapted).max() > 4:  # far from any real colour
        return Profile()
    return Profile.parse(_icc(adapted, curve, grey), embedded=False)


def _icc(to_d50: np.ndarray, curve: Curve, grey: bool) -> bytes:
    """An ICC profile, version 4.4 (ICC.1:2022): three columns of XYZ at D50, or grey, and a curve of function 4."""

    def text(words: str) -> bytes:  # 10.15, one language
        return (
            b"mluc"
            + bytes(4)
            + struct.pack(">II2s2sII", 1, 12, b"en", b"US", 2 * len(words), 28)
            + words.encode("utf-16-be")
        )

    def xyz(values: np.ndarray | tuple[float, ...]) -> bytes:  # 10.31
        return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(float(v) * 65536) for v in values))

    tone = b"para" + bytes(4) + struct.pack(">HH7i", 4, 0, *(round(n * 65536) for n in curve.numbers))
    tags = {b"desc": text("as the file says"), b"cprt": text("none"), b"wtpt": xyz(D50)}
    if grey:
        tags[b"kTRC"] = tone
    else:
        tags |= {name: xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), to_d50.T, strict=True)}
        tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), tone)
    start, rows, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        rows += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(
        ">I4sI4s4s4s", start + len(body), bytes(4), 0x04400000, b"mntr", b"GRAY" if grey else b"RGB ", b"XYZ "
    )
    header += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)  # a date that is always the same
    header += struct.pack(">3i", *(round(v * 65536) for v in D50)) + bytes(48)
    return header + struct.pack(">I", len(tags)) + rows + body
