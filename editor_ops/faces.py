# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces in a picture, edited by their sliders: first the shape, then the skin, within the face's box."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .blend import blend
from .color import Array, linear_to_srgb, srgb_to_linear
from .face_frame import Box, face_box, face_unit
from .face_sliders import FACE_SHAPE, SKIN, moved, skin_filters
from .face_warp import displacement, pulled
from .operations import OPERATIONS, as_float, max_value, to_dtype
from .scalars import namespace
from .skin_mask import skin_mask


def edit_face(image: Array, points: Array, values: Mapping[str, Any], box: Box | None = None) -> Array:
    """Edits one face: the picture with its box changed; or N pictures of one face each.

    image: (H, W, 3), sRGB-encoded: uint8, uint16 or floats, NumPy or torch; the same type comes back. points: (468, 2),
    pixels. values: slider name -> value; left out is neutral, and with nothing moved the picture comes back unchanged.
    box: the pixels that may change, by default `face_box`. The skin's filters see the box alone, as in GIMP a layer of
    the box's size. Many at once: image (N, H, W, 3), points (N, 468, 2), values numbers or (N,), one box for all, by
    default the whole picture. ValueError for names and values that the table does not allow.
    """
    if not moved(values):
        return image
    many, faces = (image, points) if len(image.shape) == 4 else (image[None], points[None])
    if box is None:
        box = (0, 0, image.shape[2], image.shape[1]) if len(image.shape) == 4 else face_box(points, image.shape)
    x0, y0, width, height = box
    if width < 2 or height < 2:
        return image
    xp = namespace(image)
    part = many[:, y0 : y0 + height, x0 : x0 + width]
    edited = _edited(part, many, faces, values, box)
    edited = to_dtype(edited, image.dtype, max_value(image))
    if len(image.shape) == 4 and part.shape == many.shape:
        return edited
    out = many.clone() if hasattr(many, "clone") else xp.array(many)
    out[:, y0 : y0 + height, x0 : x0 + width] = edited
    return out if len(image.shape) == 4 else out[0]


def edit_faces(image: Array, faces: Iterable[tuple[Array, Mapping[str, Any]]]) -> Array:
    """Edits the faces of one picture, one after the other. faces: points (468, 2) and values of each."""
    for points, values in faces:
        image = edit_face(image, points, values)
    return image


def _edited(part: Array, image: Array, points: Array, values: Mapping[str, Any], box: Box) -> Array:
    """The box's pixels, edited: (N, height, width, 3), sRGB-encoded floats."""
    xp = namespace(part)
    given = as_float(part)
    linear = srgb_to_linear(given)
    mask = skin_mask(image, points, box) if moved(values, SKIN) else None
    changed = None if mask is None else mask > 0
    if moved(values, FACE_SHAPE):
        ways = displacement(points, values, box)
        linear = pulled(linear, ways)
        mask = None if mask is None else pulled(mask[..., None], ways)[..., 0]
        moving = xp.any(ways != 0, axis=-1)
        changed = moving if mask is None else moving | (mask > 0)
    if mask is not None:
        linear = skin(linear, mask, values, face_unit(points))
    # What is not touched stays as it is, to the last bit.
    return given if changed is None else xp.where(changed[..., None], linear_to_srgb(linear), given)


def skin(linear: Array, mask: Array, values: Mapping[str, Any], unit: Any) -> Array:
    """The skin's filters through a mask. linear: (N, height, width, 3), linear light. mask: (N, height, width)."""
    xp = namespace(linear)
    finite = xp.all(xp.isfinite(linear), axis=-1)[..., None]
    filtered = clean = xp.where(finite, linear, xp.zeros_like(linear))  # one pixel would spread along its whole row
    for step in skin_filters(values, unit):
        properties = {name.replace("-", "_"): value for name, value in step.properties.items()}
        filtered = blend(filtered, OPERATIONS[step.operation](filtered, **properties), step.mode, step.opacity)
    return xp.where(finite, clean + (filtered - clean) * mask[..., None], linear)
