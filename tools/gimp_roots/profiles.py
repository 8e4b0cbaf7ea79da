# SPDX-License-Identifier: GPL-3.0-or-later
"""Colour profiles for tests: sRGB's with other primaries or in linear light, and one made of lookup tables."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from PIL import ImageCms

# Columns are the XYZ of red, green and blue, adapted to D50: Adobe RGB (1998), annex C; SMPTE EG 432-1; ISO 22028-2.
PRIMARIES = {
    "AdobeRGB": ((0.60974, 0.20528, 0.14919), (0.31111, 0.62567, 0.06322), (0.01947, 0.06087, 0.74457)),
    "Display P3": ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407)),
    "ProPhoto": ((0.79767, 0.13519, 0.03135), (0.28804, 0.71187, 0.00009), (0.0, 0.0, 0.82491)),
}
WHITE = (0.9642, 1.0, 0.8249)  # D50, ICC.1:2022, 7.2.16
IN_TABLES = 2.2
"""Gamma of the profile of lookup tables, whose primaries are AdobeRGB's."""


def matrix(name: str, linear: bool = False) -> bytes:
    """A profile with these primaries, on sRGB's curve or in linear light."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    columns = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), zip(*PRIMARIES[name], strict=True), strict=True))
    (count,) = struct.unpack_from(">I", profile, 128)
    for i in range(count):
        tag, place = struct.unpack_from(">4sI", profile, 132 + 12 * i)
        if tag in columns:
            struct.pack_into(">3i", profile, place + 8, *(round(v * 65536) for v in columns[tag]))
        if linear and tag in (b"rTRC", b"gTRC", b"bTRC"):
            profile[place : place + 12] = b"curv" + bytes(8)  # no samples: the identity
    return bytes(profile)


def tables(points: int = 17) -> bytes:
    """A profile that knows the way to CIE Lab by a table alone (ICC.1:2001-04, 6.5.7)."""
    steps = np.linspace(0, 1, points)
    rgb = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    xyz = rgb**IN_TABLES @ np.array(PRIMARIES["AdobeRGB"]).T / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    lab = np.stack([(116 * f[:, 1] - 16) / 100 * 0xFF00, *(
        (scale * (f[:, i] - f[:, j]) + 128) * 256 for scale, i, j in ((500, 0, 1), (200, 1, 2))
    )], -1)  # fmt: skip
    ends = struct.pack(">2H", 0, 65535) * 3
    lut = b"mft2" + bytes(4) + bytes([3, 3, points, 0]) + struct.pack(">9i", *(65536 * np.eye(3, dtype=int)).ravel())
    lut += struct.pack(">2H", 2, 2) + ends + lab.clip(0, 65535).round().astype(">u2").tobytes() + ends
    contents = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 7) + b"tables\0" + bytes(78),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in WHITE)),
        b"A2B0": lut,
    }
    start, rows, body = 132 + 12 * len(contents), b"", b""
    for tag, data in contents.items():
        rows += struct.pack(">4sII", tag, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4sI4s4s4s6H4s", start + len(body), bytes(4), 0x02400000, b"mntr", b"RGB ", b"Lab ",
                         2026, 1, 1, 0, 0, 0, b"acsp") + bytes(28)  # fmt: skip
    header += struct.pack(">3i", *(round(v * 65536) for v in WHITE)) + bytes(48)
    return header + struct.pack(">I", len(contents)) + rows + body


def write_all(folder: Path) -> None:
    """Each of the primaries, NAME.icc, AdobeRGB in linear light and a profile of tables."""
    for name in PRIMARIES:
        (folder / f"{name}.icc").write_bytes(matrix(name))
    (folder / "Linear AdobeRGB.icc").write_bytes(matrix("AdobeRGB", linear=True))
    (folder / "tables.icc").write_bytes(tables())
