# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole chain: `editor_ops.filters` put on a layer in real GIMP against `editor_ops.edit`."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import editor_ops
from tools.gimp_roots import root
from tools.gimp_roots.render import Case, random_values, render, steps

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

PHOTOS = Path(__file__).parents[1] / "photos"
SEED = 1912_07833
# Picture -> random edits of it. The large ones are worked in strips (editor_ops.full_size) and take GIMP a second each.
EDITS = {
    "parrots": 20,
    "colosseum": 20,
    "otters": 20,
    "otters-alpha": 20,
    "parrots-16": 20,
    "large": 4,
    "large-alpha": 4,
    "beyond": 20,
}
MAX, MEAN = 1, 0.01
"""Allowed differences on 8-bit pictures, in levels: one rounding may fall the other way, but rarely."""


@functools.cache
def pictures() -> dict[str, np.ndarray]:
    """The pictures of EDITS: 8-bit photos, some with alpha (height, width, 4), 16 bits, floats."""
    made = {}
    for name in ("parrots", "colosseum", "otters"):
        with Image.open(PHOTOS / f"{name}.png") as photo:
            made[name] = np.asarray(photo.convert("RGB"))
    with Image.open(PHOTOS / "parrots.png") as photo:
        made["large"] = np.asarray(photo.convert("RGB").resize((1301, 867), Image.Resampling.LANCZOS))
    for name in ("otters", "large"):
        height, width = made[name].shape[:2]
        fade = np.clip(np.linspace(-80, 335, width), 0, 255).astype(np.uint8)
        made[f"{name}-alpha"] = np.dstack([made[name], np.broadcast_to(fade, (height, width))])
    dither = np.random.default_rng(SEED).integers(-128, 129, made["parrots"].shape)
    made["parrots-16"] = np.clip(made["parrots"].astype(np.int64) * 257 + dither, 0, 65535).astype(np.uint16)
    made["beyond"] = np.random.default_rng(SEED).uniform(-0.2, 1.3, (60, 80, 3)).astype(np.float32)
    return made


def one_slider_at_an_end() -> list[dict[str, float]]:
    return [{s.name: end} for s in editor_ops.SLIDERS for end in (s.lowest, s.highest) if end != s.neutral]


@at_once
def rendered(version: str) -> list[tuple[str, dict[str, float], np.ndarray]]:
    """(picture, slider values, what GIMP makes of it) for each edit, all in one GIMP."""
    random = np.random.default_rng(SEED)
    edits = [(name, random_values(random)) for name, count in EDITS.items() for _ in range(count)]
    edits += [("parrots", values) for values in one_slider_at_an_end()]
    sizes = {name: pixels.shape[1::-1] for name, pixels in pictures().items()}
    cases = [Case(name, steps(values, *sizes[name], beyond=name == "beyond")) for name, values in edits]
    results, _ = render(version, pictures(), cases)
    return [(name, values, result) for (name, values), result in zip(edits, results, strict=True)]


@pytest.mark.parametrize("version", root.VERSIONS)
@pytest.mark.parametrize("picture", EDITS)
def test_chain_equals_gimps_filters(version: str, picture: str) -> None:
    pixels = pictures()[picture]
    level = {"uint8": 1.0, "uint16": 257.0, "float32": 1 / 255}[pixels.dtype.name]  # of 8 bits in this picture's own
    white, differences, moved = 255 * level, [], 0
    for name, values, result in rendered(version):
        if name != picture:
            continue
        alpha = pixels[..., 3] if pixels.shape[-1] == 4 else None
        ours = editor_ops.edit(np.ascontiguousarray(pixels[..., :3]), values, alpha=alpha)
        difference = np.abs(np.clip(ours, 0, white) - np.clip(result[..., :3].astype(np.float64), 0, white)) / level
        assert difference.max() <= MAX, f"{values}: {difference.max()} levels off"
        if alpha is not None:
            np.testing.assert_array_equal(result[..., 3], alpha)
        differences.append(difference)
        moved += bool((result != pixels).any())
    assert len(differences) >= EDITS[picture] and moved >= EDITS[picture] * 0.9  # an edit may be all neutral
    assert np.mean(differences) <= MEAN
    print(f"GIMP {version} {picture}: {len(differences)} edits, max {np.max(differences):.4f}, "
          f"mean {np.mean(differences):.6f} levels")  # fmt: skip
