# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces in a picture, edited by their sliders: first the shape, then the skin, within the face's box."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from array_api_compat import is_numpy_array

from .chain import Filter
from .color import Array
from .face_frame import Box, face_box, face_unit
from .face_full_size import reshaped, retouched
from .face_sliders import FACE_SHAPE, moved, skin_filters
from .face_warp import Ways, pulled, warp, ways
from .skin import skin
from .skin_mask import skin_mask

FULL_SIZE_FROM = 100_000
"""Pixels of a box from which a NumPy picture is worked in strips: about where its planes leave the cache."""


def edit_face(
    image: Array, points: Array, values: Mapping[str, Any], box: Box | None = None, mask: Array | None = None
) -> Array:
    """Edits one face: the picture with its box changed; or N pictures of one face each.

    image: (H, W, 3), sRGB-encoded: uint8, uint16 or floats, NumPy or torch; the same type comes back. A fourth channel
    is alpha, and moves along. points: (468, 2), pixels. values: slider name -> value; left out is neutral, and with
    nothing moved the picture comes back unchanged.
    box: the pixels that may change, by default `face_box`. As in GIMP, where the shape and the skin are layers of the
    box's size, integers are rounded after the shape too, and the skin's filters see the box alone. Many at once: image
    (N, H, W, 3), points (N, 468, 2), values numbers or (N,), one box for all, by default the whole picture. mask: what
    `skin_mask` gives of the same box, where it is known already. ValueError for names and values that the table does
    not allow.
    """
    if not moved(values):
        return image
    many, faces = (image, points) if len(image.shape) == 4 else (image[None], points[None])
    if box is None:
        box = (0, 0, image.shape[2], image.shape[1]) if len(image.shape) == 4 else face_box(points, image.shape)
    x0, y0, width, height = box
    if width < 2 or height < 2:
        return image
    at = (slice(None), slice(y0, y0 + height), slice(x0, x0 + width))
    strips = is_numpy_array(many) and len(many) == 1 and width * height >= FULL_SIZE_FROM
    steps = skin_filters(values, face_unit(faces) if len(many) > 1 else float(face_unit(faces)[0]))
    if not steps:
        mask = None
    elif mask is None:  # of the face as it was: it moves with the shape
        mask = skin_mask(many, faces, box)
    elif len(image.shape) == 3:
        mask = mask[None]
    shape = ways(faces, values, box) if moved(values, FACE_SHAPE) else None
    edited = (_in_strips if strips else _at_once)(many[at], shape, mask, steps)
    if edited.shape == many.shape:
        return edited if len(image.shape) == 4 else edited[0]
    out = many + 0  # a copy
    out[at] = edited
    return out if len(image.shape) == 4 else out[0]


def edit_faces(image: Array, faces: Iterable[tuple[Array, Mapping[str, Any]]]) -> Array:
    """Edits the faces of one picture, one after the other. faces: points (468, 2) and values of each."""
    for points, values in faces:
        image = edit_face(image, points, values)
    return image


def _at_once(part: Array, shape: Ways | None, mask: Array | None, steps: Sequence[Filter]) -> Array:
    """N boxes edited. part: (N, height, width, 3 or 4). mask: (N, height, width)."""
    if shape is not None:
        each = shape.rows(0, part.shape[1])
        part = warp(part, each)
        mask = None if mask is None else pulled(mask[..., None], each)[..., 0]
    return part if mask is None else skin(part, mask, steps)


def _in_strips(part: Array, shape: Ways | None, mask: Array | None, steps: Sequence[Filter]) -> Array:
    """The same of one NumPy picture, in strips."""
    made, shown = part[0], None if mask is None else mask[0]
    if shape is not None:
        made, shown = reshaped(made, shape, shown)
    return (made if shown is None else retouched(made, shown, steps))[None]
