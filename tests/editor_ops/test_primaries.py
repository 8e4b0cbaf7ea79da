# SPDX-License-Identifier: GPL-3.0-or-later
"""The same look in other primaries: the filters, worked on a picture's own linear RGB, against the edit in sRGB."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import editor_ops
from editor_ops.color import RGB_TO_XYZ, srgb_to_linear
from editor_ops.editor import run
from editor_ops.primaries import in_primaries

# Columns are the XYZ of red, green and blue, adapted to D50: Adobe RGB (1998), annex C; SMPTE EG 432-1; ISO 22028-2.
SPACES = {
    "AdobeRGB": [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]],
    "Display P3": [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]],
    "ProPhoto": [[0.79767, 0.13519, 0.03135], [0.28804, 0.71187, 0.00009], [0.0, 0.0, 0.82491]],
}
COLOURS = np.random.default_rng(5).random((1, 40, 3))


def matrix(name: str) -> np.ndarray:
    """Linear sRGB to linear RGB of the space."""
    return np.linalg.inv(np.array(SPACES[name])) @ np.array(RGB_TO_XYZ)


def worked(values: dict[str, float], linear: np.ndarray, primaries: Any = None) -> np.ndarray:
    """What the filters make of linear RGB that GEGL takes as it is."""
    filters = editor_ops.filters(values, linear.shape[1], linear.shape[0], primaries)
    steps = [(f.operation, {k.replace("-", "_"): v for k, v in f.properties.items()}) for f in filters]
    return run(linear, steps)


def by_channel(space: str, values: dict[str, float], adapted: bool) -> float:
    """Largest distance, in linear sRGB, from the edit in sRGB."""
    m = matrix(space)
    there = worked(values, COLOURS @ m.T, m.ravel().tolist() if adapted else None)
    return float(np.abs(there @ np.linalg.inv(m).T - worked(values, COLOURS)).max())


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("level", [0, 8, 17, 32])
def test_temperature_and_tint_look_the_same(space: str, level: int) -> None:
    by_gains = ("gegl:color-temperature", "gegl:channel-mixer")
    sliders = {s.name: s.values() for s in editor_ops.SLIDERS if s.operation in by_gains}
    temperature, tint = sliders
    for values in (
        {temperature: sliders[temperature][level]},
        {tint: sliders[tint][32 - level]},
        {temperature: sliders[temperature][level], tint: sliders[tint][level], "exposure": 0.5, "clarity": 0.1},
    ):
        assert by_channel(space, values, adapted=True) < 1e-5  # the primaries are known to five digits
        assert by_channel(space, values, adapted=False) > 2e-3


@pytest.mark.parametrize("space", SPACES)
def test_what_needs_no_adapting_is_left_alone(space: str) -> None:
    values = {"exposure": 0.7, "black_level": 0.02, "shadows": 30.0, "contrast": 0.2, "saturation": 1.4, "clarity": 0.2}
    assert editor_ops.filters(values, 60, 40, matrix(space).ravel().tolist()) == editor_ops.filters(values, 60, 40)


def test_order_and_names() -> None:
    m = matrix("AdobeRGB").ravel().tolist()
    cold = editor_ops.filters({"exposure": 1.0, "temperature": 7000.0, "clarity": 0.1}, 60, 40, m)
    assert [f.operation for f in cold] == [
        "gegl:exposure", "gegl:color-temperature", "gegl:channel-mixer", "gegl:unsharp-mask",
    ]  # fmt: skip
    assert cold[1].properties == {"intended-temperature": 7000.0}
    assert [f.label for f in cold[1:3]] == ["Temperature 7000 K", "Tint 1.000 green, as in sRGB"]
    green = editor_ops.filters({"tint": 1.1, "saturation": 1.1}, 60, 40, m)
    assert [f.label for f in green] == ["Tint 1.100 green, as in sRGB", "Saturation 1.100"]
    assert sorted(green[0].properties) == sorted(f"{a}{b}-gain" for a in "rgb" for b in "rgb")


def test_srgbs_own_primaries_change_nothing() -> None:
    unit = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    values = {"temperature": 5200.0, "tint": 0.9}
    assert np.abs(worked(values, COLOURS, unit) - worked(values, COLOURS)).max() < 1e-12


def test_gains_stay_in_gimps_range() -> None:
    """Twice the tint's end would need 2.08 in ProPhoto; the sliders' own ends never meet the limit."""
    m = matrix("ProPhoto").ravel().tolist()
    (mixer,) = editor_ops.filters({"tint": 2.0}, 60, 40, m)
    assert max(mixer.properties.values()) == 2.0
    assert 0.3 < mixer.properties["rg-gain"] < 0.5
    for s in editor_ops.SLIDERS:
        for end in (s.lowest, s.highest):
            for f in editor_ops.filters({s.name: end}, 60, 40, m):
                if f.operation == "gegl:channel-mixer":
                    assert max(map(abs, f.properties.values())) < 2.0


BAD = [[], 7, "primaries", [None] * 9, [1.0] * 9, [0.0] * 9, [math.nan] * 9, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]


@pytest.mark.parametrize("bad", BAD)
def test_no_such_primaries(bad: Any) -> None:
    with pytest.raises(ValueError, match="nine numbers"):
        in_primaries([("gegl:color-temperature", {"intended_temperature": 7000.0})], bad)


def test_filters_need_no_numpy() -> None:
    code = (
        "import sys; sys.modules['numpy'] = sys.modules['array_api_compat'] = None; import editor_ops; "
        "print(len(editor_ops.filters({'temperature': 7000.0}, 60, 40, [1, 0, 0, 0, 1, 0.1, 0, 0, 1])))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "2", done.stderr


def test_editors_large_pictures_agree() -> None:
    """`edit_full_size` in other primaries is the filters on the picture's own linear RGB."""
    from editor_ops.full_size import edit_full_size

    m = matrix("AdobeRGB")
    picture = np.random.default_rng(6).random((40, 60, 3)).astype(np.float32)
    values = {"exposure": 0.3, "temperature": 5000.0, "tint": 1.1, "clarity": 0.2}  # `run` has sRGB's luminance and Lab
    ours = srgb_to_linear(edit_full_size(picture, values, None, np.linalg.inv(m)).astype(np.float64))
    theirs = worked(values, srgb_to_linear(picture.astype(np.float64)), m.ravel().tolist())
    assert np.abs(ours - theirs).max() < 1e-4
