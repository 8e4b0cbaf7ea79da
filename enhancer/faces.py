# SPDX-License-Identifier: GPL-3.0-or-later
"""The faces of a photo: found, decided for by a face style, and edited, whatever the photo's profile."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.faces import edit_face
from editor_ops.operations import as_float, max_value, to_dtype
from models.faces.decide import decide as decide_for
from models.faces.decision import FaceDecision
from models.faces.styles import load

from . import photo
from .photo import Photo

NO_FACE = "no face was found in it, and none is edited"


def decide(original: Photo, style: Path, strength: float, threads: int) -> FaceDecision:
    """What a face style, a file, does to each face of a photo. threads: that may work on it."""
    return decide_for(photo.srgb(original), _loaded(style), strength, not original.grey, threads)


def edited(original: Photo, decision: FaceDecision) -> np.ndarray:
    """The photo's samples with its faces edited; like `photo.samples`, which stay as they are."""
    wanted = [face for face in decision.faces if face.on and min(face.box[2:]) >= 2]
    if not wanted:
        return original.samples
    samples = original.samples.copy()
    for face in wanted:
        x, y, width, height = face.box
        part = samples[y : y + height, x : x + width]
        points = np.array(face.points, np.float32) - np.array([x, y], np.float32)  # (468, 2), in the box
        seen = _to_srgb(part, original)
        made = edit_face(seen, points, face.sliders, (0, 0, width, height))
        if seen is not part:
            changed = (made != seen).any(axis=-1)[..., None]  # the rest stays as it is, to the last bit
            made = np.where(changed, _from_srgb(made, original), part)
        part[...] = made
    return samples


_loaded = functools.cache(load)
"""A worker does many photos with one style."""


def _to_srgb(part: np.ndarray, original: Photo) -> np.ndarray:
    """Samples as sRGB-encoded floats, unclipped; without a profile as they are."""
    curve, matrix = original.profile.curve, None if original.grey else original.profile.to_srgb
    if curve is None and matrix is None:
        return part
    linear = (curve.decode if curve else srgb_to_linear)(as_float(part))
    return linear_to_srgb(linear if matrix is None else linear @ matrix.T.astype(linear.dtype))


def _from_srgb(made: np.ndarray, original: Photo) -> np.ndarray:
    """The way back."""
    curve, matrix = original.profile.curve, None if original.grey else original.profile.to_srgb
    linear = srgb_to_linear(made)
    linear = linear if matrix is None else linear @ np.linalg.inv(matrix).T.astype(linear.dtype)
    stored = (curve.encode if curve else linear_to_srgb)(linear)
    return to_dtype(stored, original.samples.dtype, max_value(original.samples))
