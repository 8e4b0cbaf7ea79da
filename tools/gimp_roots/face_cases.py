# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases of faces for real GIMP: pixels moved in every kind of picture, and the skin's filters through a mask."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from editor_ops.face_frame import face_unit
from editor_ops.face_landmarks import mean_face
from editor_ops.face_sliders import skin_filters
from editor_ops.face_warp import displacement, warp
from editor_ops.faces import edit_face
from editor_ops.operations import as_float
from editor_ops.skin_mask import skin_mask
from tools.gimp_roots.operation_cases import pictures
from tools.gimp_roots.render import Case, Step

POINTS = (mean_face() * 25 + [36, 22]).astype(np.float32)
SHAPE: dict[str, float] = {
    "eye_size": 0.4, "jaw_width": -0.3, "nose_width": 0.4, "smile": 0.06, "brow_height": -0.1, "forehead": 0.1,
}  # fmt: skip
"""Beyond the agent's ranges: several pixels even in a small picture."""
SKIN: dict[str, float] = {
    "skin_smoothing": 0.6, "skin_brightness": 0.3, "skin_warmth": 7200.0, "skin_saturation": 1.3,
}  # fmt: skip
# Of 255. A float picture: float32 against float32. 16 bits: halves of a 65,535th, and what bilinear weights of GEGL's
# own float32 leave. 8 bits: GIMP's halves may go the other way.
WARP_LEVELS = {"float32": 0.05, "uint16": 0.05, "uint8": 1.0}
# GIMP holds the mask, and what the filters make, in the picture's own bits: each is rounded once more than here.
SKIN_LEVELS = {"float32": 0.05, "uint16": 0.05, "uint8": 1.0}
TYPES: Mapping[str, Any] = {"float32": np.float32, "uint16": np.uint16, "uint8": np.uint8}
KINDS = ("rgb", "rgb-alpha", "grey", "grey-alpha")


@functools.cache
def face_pictures() -> dict[str, np.ndarray]:
    """kind and type -> (height, width, 1 to 4)."""
    colour, alpha = pictures()["parrots"], pictures()["parrots-alpha"]
    grey = alpha[..., [1, 3]]
    made = {}
    for kind, values in (("rgb", colour), ("rgb-alpha", alpha), ("grey", grey[..., :1]), ("grey-alpha", grey)):
        for name, dtype in TYPES.items():
            white = 1.0 if name == "float32" else np.iinfo(dtype).max
            made[f"face {kind} {name}"] = np.floor(values * white + 0.5).astype(dtype) if white > 1 else values
    return made


@functools.cache
def arrays() -> dict[str, np.ndarray]:
    picture = face_pictures()["face rgb float32"]
    height, width, _ = picture.shape
    box = (0, 0, width, height)
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    return {
        "face": displacement(POINTS, SHAPE, box),
        # Far, and over the picture's edges.
        "wave": np.stack([7.3 * np.cos(x / 17 + y / 29), -6.1 * np.sin(x / 23 - y / 19 + 1)], axis=-1),
        # A mask that lets through much: the picture shows parrots.
        "mask": np.clip(skin_mask(picture, POINTS, box) + np.linspace(0, 1, width, dtype=np.float32), 0, 1),
    }


def warp_cases() -> list[Case]:
    return [Case(f"face {kind} {name}", (), ways=ways) for kind in KINDS for name in TYPES for ways in ("face", "wave")]


def skin_cases() -> list[Case]:
    steps = tuple(Step(f.operation, f.properties, f.mode, f.opacity) for f in skin_filters(SKIN, face_unit(POINTS)))
    return [Case(f"face rgb {name}", steps, ways=ways, mask="mask") for name in TYPES for ways in (None, "face")]


def warped(case: Case) -> np.ndarray:
    """What editor_ops makes of a warp case: (height, width, 1 to 4), floats from 0 to 1, and alpha as the last."""
    picture, ways = face_pictures()[case.picture], arrays()[str(case.ways)]
    if picture.shape[-1] > 2:
        return as_float(warp(picture, ways))
    grey = np.repeat(picture[..., :1], 3, axis=-1)
    made = as_float(warp(np.concatenate([grey, picture[..., 1:]], axis=-1), ways))
    return made[..., 2 : 2 + picture.shape[-1]]


def edited(case: Case) -> np.ndarray:
    """What editor_ops makes of a skin case: (height, width, 3), floats from 0 to 1."""
    picture = face_pictures()[case.picture]
    values = SKIN | (SHAPE if case.ways else {})
    box = (0, 0, picture.shape[1], picture.shape[0])
    mask = arrays()["mask"]
    if case.ways:
        picture, values = warp(picture, arrays()[case.ways]), SKIN
    return as_float(edit_face(picture, POINTS, values, box, mask))
