# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases for every operation with every property, and how near `editor_ops` must come to GIMP: what the tests in real
GIMP and the stored reference pixels go by."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import editor_ops
from tools.gimp_roots.render import Case, Step

PHOTOS = Path(__file__).parents[2] / "tests" / "photos"
SEED = 1912_07833
SETTINGS = 24
"""Random settings of each operation, besides those at the ends of the ranges."""

# Operation -> property -> the values to draw from: GIMP's own slider range, or the choices.
RANGES: dict[str, dict[str, tuple[Any, ...]]] = {
    "gegl:exposure": {"exposure": (-10.0, 10.0), "black-level": (-0.1, 0.1)},
    "gegl:color-temperature": {"original-temperature": (1000.0, 12000.0), "intended-temperature": (1000.0, 12000.0)},
    "gegl:channel-mixer": {
        "preserve-luminosity": (False, True),
        **{f"{output}{source}-gain": (-2.0, 2.0) for output in "rgb" for source in "rgb"},
    },
    "gegl:shadows-highlights": {
        "shadows": (-100.0, 100.0),
        "highlights": (-100.0, 100.0),
        "whitepoint": (-10.0, 10.0),
        "radius": (0.1, 200.0),
        "compress": (0.0, 100.0),
        "shadows-ccorrect": (0.0, 100.0),
        "highlights-ccorrect": (0.0, 100.0),
    },
    "gegl:brightness-contrast": {"contrast": (0.0, 2.0), "brightness": (-1.0, 1.0)},
    "gegl:levels": dict.fromkeys(("in-low", "in-high", "out-low", "out-high"), (0.0, 1.0)),
    "gegl:saturation": {"scale": (0.0, 2.0), "colorspace": ("Native", "CIE-Lab")},
    "gegl:unsharp-mask": {"std-dev": (0.0, 40.0), "scale": (0.0, 10.0), "threshold": (0.0, 1.0)},
    "gegl:rgb-clip": {
        "clip-low": (False, True), "low-limit": (-0.3, 0.4), "clip-high": (False, True), "high-limit": (0.5, 1.5),
    },
    "gegl:invert-gamma": {},
    "gegl:domain-transform": {
        "n-iterations": (1, 2, 3, 4, 5), "spatial-factor": (0.0, 200.0), "edge-preservation": (0.0, 1.0),
    },
}  # fmt: skip
BLENDS: dict[str, dict[str, Any]] = {"gegl:rgb-clip": {}, "gegl:invert-gamma": {}, "gegl:exposure": {"exposure": 0.5}}
"""Operations whose results are blended in every mode that the sliders use."""
OPACITIES = (0.1, 0.35, 0.6, 1.0)

# Settings at the ends of what GIMP accepts, and where an operation changes its ways.
ENDS: dict[str, list[dict[str, Any]]] = {
    "gegl:exposure": [{"exposure": 10.0, "black-level": 0.1}, {"exposure": -10.0, "black-level": -0.1}],
    "gegl:color-temperature": [
        {"original-temperature": 1000.0, "intended-temperature": 12000.0},
        {"original-temperature": 12000.0, "intended-temperature": 1000.0},
    ],
    "gegl:channel-mixer": [
        {"rr-gain": 1.0, "rg-gain": -1.0, "preserve-luminosity": True},  # the row's sum is 0
        {f"{output}{source}-gain": 2.0 for output in "rgb" for source in "rgb"},
    ],
    "gegl:shadows-highlights": [
        {"shadows": 100.0},
        {"shadows": -100.0},
        {"highlights": 100.0},
        {"highlights": -100.0},
        {"shadows": 50.0, "highlights": -50.0, "compress": 100.0},
        {"shadows": 50.0, "highlights": -50.0, "compress": 0.0, "radius": 0.1},
        {"shadows": 30.0, "radius": 0.99},
        {"shadows": 30.0, "radius": 1.0},
        {"shadows": 30.0, "radius": 1500.0},
        {"whitepoint": 10.0},
        {"whitepoint": -10.0},
    ],
    "gegl:brightness-contrast": [{"contrast": 5.0, "brightness": -3.0}, {"contrast": -5.0, "brightness": 3.0}],
    "gegl:levels": [{"in-low": 0.5, "in-high": 0.5}, {"in-low": 0.6, "in-high": 0.4, "out-low": 0.9, "out-high": 0.1}],
    "gegl:saturation": [
        {"scale": scale, "colorspace": colorspace} for scale in (0.0, 10.0) for colorspace in ("Native", "CIE-Lab")
    ],
    "gegl:unsharp-mask": [
        *({"std-dev": std_dev, "scale": 2.0} for std_dev in (0.0, 1e-5, 0.1, 0.3, 0.5, 0.75, 0.99, 1.0, 2.5, 1500.0)),
        {"std-dev": 1.5, "scale": 300.0},
        {"std-dev": 0.6, "scale": 2.0, "threshold": 0.2},
        {"std-dev": 4.0, "scale": 2.0, "threshold": 0.0001},  # still without a threshold
        {"std-dev": 4.0, "scale": 2.0, "threshold": 0.001},
        {"std-dev": 4.0, "scale": 2.0, "threshold": 1.0},
    ],
    "gegl:rgb-clip": [{}, {"clip-low": False}],
    "gegl:invert-gamma": [{}],
    "gegl:domain-transform": [
        {},
        {"spatial-factor": 0.0},
        {"spatial-factor": 1000.0, "edge-preservation": 0.5},
        {"edge-preservation": 0.0},
        {"edge-preservation": 1.0},
        {"n-iterations": 1, "spatial-factor": 4.0},
        {"n-iterations": 5, "spatial-factor": 4.0},
    ],
}


def blended(mode: str) -> list[Step]:
    """Filters in a blend mode, at several opacities."""
    return [Step(operation, values, mode, opacity) for operation, values in BLENDS.items() for opacity in OPACITIES]


def group(step: Step) -> str:
    """The name under which a filter is tested: its operation, or its blend mode."""
    return step.operation if step.mode == "replace" else step.mode


def settings(operation: str) -> list[dict[str, Any]]:
    """Random settings of all the properties together, then those at the ends."""
    random = np.random.default_rng([SEED, *operation.encode()])
    return [
        {name: _draw(random, name, choices) for name, choices in RANGES[operation].items()} for _ in range(SETTINGS)
    ] + ENDS[operation]


def _draw(random: np.random.Generator, name: str, choices: tuple[Any, ...]) -> Any:
    if not isinstance(choices[0], float):
        return choices[int(random.integers(len(choices)))]
    low, high = choices
    if name in ("radius", "std-dev", "scale", "threshold") and random.random() < 0.5:
        high = low + (high - low) / 20  # the small values are the usual ones
    return float(random.uniform(low, high))


@functools.cache
def pictures() -> dict[str, np.ndarray]:
    """Small float pictures (height, width, 3), and two with alpha (height, width, 4)."""
    random = np.random.default_rng(SEED)
    made: dict[str, np.ndarray] = {}
    for name, left, top in (("parrots", 96, 30), ("colosseum", 90, 40), ("otters", 60, 20)):
        with Image.open(PHOTOS / f"{name}.png") as photo:
            made[name] = np.asarray(photo.crop((left, top, left + 72, top + 50)), np.float32) / 255
    made["noise"] = random.random((37, 53, 3), np.float32)
    # What a filter may be handed by the one before it: nothing is clipped between filters.
    made["beyond"] = random.uniform(-0.4, 1.8, (37, 53, 3)).astype(np.float32)
    fade = np.clip(np.linspace(-0.3, 1.3, 72, dtype=np.float32), 0, 1)
    for name in ("parrots", "otters"):
        alpha = np.broadcast_to(fade[None, :, None], (50, 72, 1)).copy()
        alpha[20:30, 40:50] = 0
        alpha[5:15] *= random.random((10, 72, 1), np.float32)
        made[f"{name}-alpha"] = np.concatenate([made[name], alpha], axis=-1)
    return made


# Largest difference allowed, in 8-bit levels.
LEVEL = 0.05
# CIE Lab at ten times the saturation, or far outside what a picture can hold: cubes of float32 differences.
LAB_LEVEL = 1.0
# babl's quick roots (sse2-float.c) leave sRGB-encoded values above this up to 0.9 % off; all are shown as white.
WHITE, ABOVE_WHITE = 1.5, 0.01
# Where an operation magnifies the last bit of float32 (exposure by 2^10, sharpness by 300), this many such bits:
# about as many roundings in a row as the longest operation has for one value.
LAST_BITS = 8


def ours(case: Case, pixels: np.ndarray) -> np.ndarray:
    """What editor_ops makes of a case, with `pixels` in place of its picture: (height, width, 3)."""
    alpha = pixels[..., 3] if pixels.shape[-1] == 4 else None
    operation, properties, mode, opacity = case.steps[0]
    keywords = {name.replace("-", "_"): value for name, value in properties.items()}
    return editor_ops.apply(operation, pixels[..., :3], alpha=alpha, mode=mode, opacity=opacity, **keywords)


def allowed(case: Case, theirs: np.ndarray) -> np.ndarray:
    """The largest difference allowed for each value, in levels."""
    operation, properties = case.steps[0][:2]
    lab = properties.get("colorspace") == "CIE-Lab" or (
        operation == "gegl:shadows-highlights" and case.picture == "beyond"
    )
    return (LAB_LEVEL if lab else LEVEL) + np.where(np.abs(theirs) > WHITE, ABOVE_WHITE * np.abs(theirs) * 255, 0)


def magnified(case: Case) -> np.ndarray:
    """How much a change in the last bit of a float32 picture changes the result, in levels, (height, width, 1)."""
    pixels = pictures()[case.picture].astype(np.float64)
    exact, random = ours(case, pixels), np.random.default_rng(SEED)
    change = np.zeros_like(exact)
    for _ in range(4):  # directions tried; one alone may cancel out between neighbours
        moved = pixels.copy()
        moved[..., :3] *= 1 + random.choice([-1, 1], exact.shape) * 2.0**-23
        change = np.maximum(change, np.abs(ours(case, moved) - exact) * 255)
    return change.max(axis=-1, keepdims=True)


def off(
    case: Case, picture: np.ndarray, theirs: np.ndarray, places: np.ndarray | slice = slice(None),
    made: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """How far `editor_ops` is from GIMP's result beyond what is allowed, in levels; at most 0 where it is near enough.

    picture: the case's, (height, width, 3 or 4). theirs: (..., 3) float64, of the whole picture or of some places of
    its pixels in a row. made: what `editor_ops` makes of it by torch, say; by NumPy where it is left out.
    """
    result = (ours(case, picture) if made is None else made).reshape(-1, 3)[places].reshape(theirs.shape)
    difference = np.abs(result - theirs) * 255
    limit = allowed(case, theirs)
    if (difference > limit).any():
        wide = np.broadcast_to(magnified(case), (*picture.shape[:2], 3))
        limit = limit + LAST_BITS * wide.reshape(-1, 3)[places].reshape(theirs.shape)
    return np.asarray(difference - limit)
