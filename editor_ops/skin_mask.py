# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a face shows skin: inside its contour, outside eyes, brows, lips and nostrils, where the colour is its own."""

from __future__ import annotations

from typing import Any

from .color import Array, cast, linear_to_lab, srgb_to_linear
from .face_frame import Box, face_frame
from .face_landmarks import (
    CHEEKS,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_NOSTRIL,
    LIPS,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_NOSTRIL,
)
from .face_warp import GRID
from .operations import as_float
from .sampling import bilinear, enlarged, numbers, shrunk, smooth_step
from .scalars import clip, namespace

FINEST = 256
"""Pixels of a box's short side, at most, that the mask is made with; of larger boxes a smaller copy is looked at."""
# In the frame's units, the distance of the eyes' outer corners.
BORDER = 0.14
"""The mask rises within this from the contour inwards."""
FEATURES: tuple[tuple[tuple[int, ...], float], ...] = (
    (RIGHT_EYE, 0.025), (LEFT_EYE, 0.025), (RIGHT_BROW, 0.02), (LEFT_BROW, 0.02),
    (LIPS, 0.015), (RIGHT_NOSTRIL, 0.0), (LEFT_NOSTRIL, 0.0),
)  # fmt: skip
"""Lines around what is no skin, and how far beyond them the mask is still 0."""
RISE = 0.06
"""From there it rises within this."""
TONE, SHADE, SHINE = 0.085, 0.8, 0.7
"""How far skin may be from its own colour: a standard deviation of a / (L + 16) and b / (L + 16), which light and shade
leave as they are; and of the logarithm of the luminance, towards the dark and towards the light."""
DETAIL = 0.22
"""Of the logarithm of the luminance among neighbours: strands of hair differ more."""


def skin_mask(image: Array, points: Array, box: Box) -> Array:
    """How much of each pixel of a box is this face's skin: (height, width), 0 to 1, float.

    image: (H, W, 3), sRGB-encoded: uint8, uint16 or floats; or (N, H, W, 3). points: (468, 2), pixels, or (N, 468, 2).
    box: x0, y0, width, height within the picture. Pixels that are not finite are no skin.
    """
    many = image if len(image.shape) == 4 else image[None]
    faces = points if len(points.shape) == 3 else points[None]
    xp = namespace(many)
    x0, y0, width, height = box
    factor = max(1, min(width, height) // FINEST)
    part = as_float(many[:, y0 : y0 + height, x0 : x0 + width])
    small = shrunk(part, factor)
    rows, columns = small.shape[1:3]
    x = numbers(columns, points) * factor + (x0 + factor / 2)
    y = numbers(rows, points) * factor + (y0 + factor / 2)
    centres = xp.stack([x[None, :] + 0 * y[:, None], y[:, None] + 0 * x[None, :]], axis=-1)
    frame = face_frame(faces)
    places = frame.to_face(xp.broadcast_to(centres[None], (faces.shape[0], rows, columns, 2)))
    shown = _shape(frame.to_face(faces), places)
    cheeks = (faces[:, list(CHEEKS)] - (faces[:1, :1] * 0 + xp.stack([x[0], y[0]]))) / factor
    made = shown * _likeness(small, cheeks)
    made = enlarged(made, height, width, factor)
    return made if len(image.shape) == 4 else made[0]


def _shape(face: Array, places: Array) -> Array:
    """(N, rows, columns): inside the contour, outside the features. face: (N, 468, 2), in its frame.

    Looked up on a grid over the contour, so that it is the same at any size.
    """
    xp = namespace(face)
    oval = face[:, list(OVAL)]
    first, last = xp.min(oval, axis=1), xp.max(oval, axis=1)
    step = (last - first) / (GRID - 1)
    lines = numbers(GRID, face)
    x = (first[:, :1] + step[:, :1] * lines)[:, None, :]  # (N, 1, GRID)
    y = (first[:, 1:] + step[:, 1:] * lines)[:, :, None]
    nearest = _depth(oval, x, y) / BORDER
    for line, margin in FEATURES:
        nearest = xp.minimum(nearest, (-_depth(face[:, list(line)], x, y) - margin) / RISE)
    at = (places - first[:, None, None]) / step[:, None, None]
    inside = xp.all((at >= 0) & (at <= GRID - 1), axis=-1)
    return smooth_step(bilinear(nearest[..., None], at)[..., 0]) * cast(inside, face.dtype)


def _depth(polygon: Array, x: Array, y: Array) -> Array:
    """How far inside a closed line each place lies, (N, rows, columns); outside negative.

    polygon: (N, E, 2). x: (N, 1, columns). y: (N, rows, 1).
    """
    xp = namespace(polygon)
    nearest, odd = None, None
    count = polygon.shape[1]
    for k in range(count):
        ax, ay, bx, by = (polygon[:, i % count, axis][:, None, None] for i in (k, k + 1) for axis in (0, 1))
        ex, ey, wx, wy = bx - ax, by - ay, x - ax, y - ay
        along = clip((wx * ex + wy * ey) / (ex * ex + ey * ey + 1e-12), 0.0, 1.0)
        distance = (wx - ex * along) ** 2 + (wy - ey * along) ** 2
        nearest = distance if nearest is None else xp.minimum(nearest, distance)
        crosses = ((ay > y) != (by > y)) & ((ex * wy - ey * wx > 0) == (ey > 0))
        odd = crosses if odd is None else odd != crosses
    length = xp.sqrt(nearest)
    return xp.where(odd, length, -length)


def _likeness(image: Array, cheeks: Array) -> Array:
    """(N, rows, columns): 1 where the colour is that of the face's own cheeks. cheeks: (N, C, 2), pixels."""
    xp = namespace(image)
    finite = xp.all(xp.isfinite(image), axis=-1)
    image = xp.where(finite[..., None], image, xp.zeros_like(image))
    light, a, b = linear_to_lab(srgb_to_linear(clip(image, 0.0, 1.0)))
    light = light + 16
    colour = xp.stack([a / light, b / light, 3 * xp.log(light)], axis=-1)
    places = xp.stack([clip(cheeks[..., k], 0.0, image.shape[2 - k] - 1.0) for k in (0, 1)], axis=-1)
    taken = bilinear(colour, places)  # (N, C, 3)
    own = xp.sort(taken, axis=1)[:, taken.shape[1] // 2][:, None, None]  # the median
    off = colour - own
    shade = xp.where(off[..., 2] < 0, off[..., 2] / SHADE, off[..., 2] / SHINE)
    rough = _blurred(xp, colour[..., 2] ** 2) - _blurred(xp, colour[..., 2]) ** 2
    far = (off[..., 0] ** 2 + off[..., 1] ** 2) / TONE**2 + shade**2 + clip(rough, 0.0) / DETAIL**2
    like = xp.exp(-0.5 * clip(far - 1.0, 0.0))
    return _blurred(xp, like) * cast(finite, like.dtype)


def _blurred(xp: Any, values: Array) -> Array:
    """The mean of 3 x 3 neighbours, edges clamped. (N, rows, columns)."""
    for axis in (1, 2):
        n = values.shape[axis]
        first = values[:, :1] if axis == 1 else values[:, :, :1]
        last = values[:, n - 1 :] if axis == 1 else values[:, :, n - 1 :]
        wide = xp.concat([first, values, last], axis=axis)
        values = (
            (wide[:, :-2] + wide[:, 1:-1] + wide[:, 2:]) / 3
            if axis == 1
            else (wide[:, :, :-2] + wide[:, :, 1:-1] + wide[:, :, 2:]) / 3
        )
    return values
