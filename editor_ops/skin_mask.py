# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a face shows skin: inside its contour, outside eyes, brows, lips and nostrils, where the colour is its own.

Lashes, strands of hair, rings, glitter and folds are kept out too: detail that the rest of the skin doesn't have. The
mask is made on a grid over the contour, in the face's own frame, so that it is the same at any size.
"""

from __future__ import annotations

import math

from .color import Array, cast, linear_to_lab, srgb_to_linear
from .face_frame import Box, Frame, face_frame
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
from .operations import as_float
from .sampling import bilinear, enlarged, numbers, refined, shrunk, smooth_step
from .scalars import clip, namespace

GRID = 97
"""Lines of the grid each way: its cells are 1.6% of the eyes' distance, half the rim of a pair of glasses."""
COARSE = 4
"""Cells of the grid that the way to the contour is taken linearly over."""
FINEST = 160
"""Pixels of a box's short side, at most, that are looked at: about one for each cell. A larger box is shrunk."""
SEEN = 4
"""Pixels each way, at least, that each of the copy's is the mean of."""
# In the frame's units, the distance of the eyes' outer corners.
BORDER = 0.14
"""The mask rises within this from the contour inwards."""
LASHES = 0.085
"""So far do they reach beyond the lids: about the height of an open eye."""
FEATURES: tuple[tuple[tuple[int, ...], float], ...] = (
    (RIGHT_EYE, LASHES), (LEFT_EYE, LASHES), (RIGHT_BROW, 0.02), (LEFT_BROW, 0.02),
    (LIPS, 0.015), (RIGHT_NOSTRIL, 0.0), (LEFT_NOSTRIL, 0.0),
)  # fmt: skip
"""Lines around what is no skin, and how far beyond them the mask is still 0."""
RISE = 0.06
"""From there it rises within this."""
CHROMA, HUE, LEAST_TONE = 0.5, 0.28, 0.06
"""How far skin may be from its own colour, as standard deviations of a / (L + 16) and b / (L + 16), which light and
shade leave as they are: paler or more colourful, and across that, as shares of its own; and the least of both."""
SHADE, SHINE = 1.2, 1.4
"""The same of the logarithm of the luminance, towards the dark and towards the light."""
ROUGH = 0.35
"""Of the logarithm of the luminance among neighbours: strands of hair differ more."""
LEAST, WHOLE = 0.25, 0.75
"""Of the likeness around a place, what makes it no skin and all skin: small spots in the skin are skin too."""

DETAIL, ALL_DETAIL = 1.8, 3.0
"""Of the fine contrast, in terms of the skin's own: less is skin, more is none."""
OWN_SHARE = 0.75
"""Of the skin, what share has less contrast than its own: of freckled skin most has, and freckles then count as skin
everywhere, not where they happen to be few."""
LEAST_CONTRAST, MOST_CONTRAST = 0.025, 0.1
"""Between these is a skin's own, in the logarithm of the luminance: one and a half steps of 8 bits, and more than
strong freckles. Where most of the face lies behind hair, that of the hair would be more."""
AROUND = 2
"""Cells that what is no detail is narrowed by, before its border is blurred over as many."""


def skin_mask(image: Array, points: Array, box: Box) -> Array:
    """How much of each pixel of a box is this face's skin: (height, width), 0 to 1, float.

    image: (H, W, 3), sRGB-encoded: uint8, uint16 or floats; or (N, H, W, 3); alpha has no part. points: (468, 2),
    pixels, or (N, 468, 2). box: x0, y0, width, height within the picture.
    """
    many = image if len(image.shape) == 4 else image[None]
    faces = points if len(points.shape) == 3 else points[None]
    xp = namespace(many)
    x0, y0, width, height = box
    factor = max(1, min(width, height) // FINEST)
    thin = max(1, factor // SEEN)  # of a large box, every so manieth pixel is enough for the means
    factor = thin * SEEN if thin > 1 else factor
    part = many[:, y0 + thin // 2 : y0 + height : thin, x0 + thin // 2 : x0 + width : thin, :3]
    small = shrunk(as_float(part), factor // thin)[:, : height // factor, : width // factor]
    rows, columns = small.shape[1:3]
    frame = face_frame(faces)
    face = frame.to_face(faces)
    oval = face[:, list(OVAL)]
    first, last = xp.min(oval, axis=1), xp.max(oval, axis=1)
    step = clip((last - first) / (GRID - 1), 1e-6)  # of landmarks that all lie in one place too
    x, y = (first[:, k, None] + step[:, k, None] * numbers(GRID, face) for k in (0, 1))
    x, y = x[:, None, :], y[:, :, None]
    colour = _colour(small)
    nodes, cheeks = _places(frame, faces, x, y, (x0, y0), factor)
    made = _outline(face, x, y) * _likeness(colour, nodes, cheeks)
    made = made * _plain(colour[..., 2], nodes, made)
    # (N, GRID, GRID) to the pixels of the smaller copy, and to those of the box.
    across = numbers(columns, face) * factor + (x0 + factor / 2)
    down = (numbers(rows, face) * factor + (y0 + factor / 2))[:, None]
    centres = xp.stack([across + 0 * down, down + 0 * across], axis=-1)
    at = frame.to_face(xp.broadcast_to(centres[None], (faces.shape[0], rows, columns, 2)))
    at = (at - first[:, None, None]) / step[:, None, None]
    mask = enlarged(bilinear(made[..., None], at)[..., 0], height, width, factor)
    return mask if len(image.shape) == 4 else mask[0]


def _places(
    frame: Frame, points: Array, x: Array, y: Array, origin: tuple[int, int], factor: int
) -> tuple[Array, Array]:
    """Where the grid's nodes, (N, GRID, GRID, 2), and the cheeks, (N, C, 2), lie among the samples of the copy."""
    xp = namespace(points)
    nodes = frame.to_pixels(xp.stack([x + 0 * y, y + 0 * x], axis=-1))
    cheeks = points[:, list(CHEEKS)]
    made = [xp.stack([(each[..., k] - origin[k]) / factor - 0.5 for k in (0, 1)], axis=-1) for each in (nodes, cheeks)]
    return made[0], made[1]


def _outline(face: Array, x: Array, y: Array) -> Array:
    """(N, GRID, GRID): 1 inside the contour and outside the features, 0 at the grid's border. face: in its frame."""
    coarse = _depth(face[:, list(OVAL)], x[:, :, ::COARSE], y[:, ::COARSE])
    nearest = refined(refined(coarse, 1, COARSE), 2, COARSE) / BORDER
    for line, margin in FEATURES:
        _carve(nearest, face[:, list(line)], x, y, margin)
    line = numbers(GRID, face)
    inner = cast((line > 0) & (line < GRID - 1), face.dtype)
    return smooth_step(nearest) * inner * inner[:, None]


def _carve(nearest: Array, polygon: Array, x: Array, y: Array, margin: float) -> None:
    """Lowers what is `nearest` around a feature, in place: only within a window that holds it and where it counts."""
    xp = namespace(nearest)
    n, wide = nearest.shape[0], margin + RISE
    starts, counts = [], []
    for axis, lines in enumerate((x[:, 0], y[:, :, 0])):
        step = lines[:, 1] - lines[:, 0]
        low = xp.floor((xp.min(polygon[..., axis], axis=1) - wide - lines[:, 0]) / step)
        high = xp.ceil((xp.max(polygon[..., axis], axis=1) + wide - lines[:, 0]) / step)
        count = min(GRID, int(xp.max(high - low)) + 1)  # the same for all faces
        starts.append(cast(clip(low, 0.0, float(GRID - count)), xp.int64))
        counts.append(count)
    faces = cast(numbers(n, nearest), xp.int64)[:, None, None]
    column = starts[0][:, None, None] + cast(numbers(counts[0], nearest), xp.int64)
    row = starts[1][:, None, None] + cast(numbers(counts[1], nearest), xp.int64)[:, None]
    depth = _depth(polygon, x[faces[:, :, 0], 0, column[:, 0]][:, None], y[faces[:, :, 0], row[:, :, 0], 0][:, :, None])
    nearest[faces, row, column] = xp.minimum(nearest[faces, row, column], (-depth - margin) / RISE)


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


def _colour(image: Array) -> Array:
    """(N, rows, columns, 3), sRGB-encoded -> a and b as shares of L + 16, and the logarithm of the luminance."""
    xp = namespace(image)
    image = xp.where(xp.isfinite(image), image, xp.zeros_like(image))
    light, a, b = linear_to_lab(srgb_to_linear(clip(image, 0.0, 1.0)))
    light = light + 16
    return xp.stack([a / light, b / light, 3 * xp.log(light)], axis=-1)


def _plain(light: Array, nodes: Array, skin: Array) -> Array:
    """(N, GRID, GRID): 0 where there is detail that this skin doesn't have, 1 some cells away from it.

    light: (N, rows, columns), logarithm of the luminance. skin: (N, GRID, GRID), where the skin's own contrast is seen.
    """
    xp = namespace(light)
    fine = light - _blurred(light)  # shading, which goes on evenly, is gone
    # Among the cells, not the pixels: a small face's are large, and what lies beside its brows would count as they do.
    contrast = _blurred(bilinear((fine**2)[..., None], nodes)[..., 0])
    some = contrast[:, ::2, ::2]  # enough for a share of them, and four times faster to sort
    counted = skin[:, ::2, ::2] > 0.5
    seen = cast(counted, xp.int64).sum(axis=(1, 2))
    others_last = xp.where(counted, some, xp.full_like(some, math.inf))
    by_size = xp.sort(xp.reshape(others_last, (skin.shape[0], -1)), axis=1)
    own = by_size[cast(numbers(skin.shape[0], light), xp.int64), cast(seen * OWN_SHARE, xp.int64)]
    own = xp.where(seen > 0, own, xp.zeros_like(own))  # no skin, and nothing to keep
    times = xp.sqrt(contrast / clip(own, LEAST_CONTRAST**2, MOST_CONTRAST**2)[:, None, None])
    plain = 1 - smooth_step((times - DETAIL) / (ALL_DETAIL - DETAIL))
    for _ in range(AROUND):
        plain = _least(plain)
    for _ in range(AROUND):
        plain = _blurred(plain)
    return plain


def _likeness(colour: Array, nodes: Array, cheeks: Array) -> Array:
    """(N, GRID, GRID): 1 where the colour is that of the face's own cheeks, 0 where it is another."""
    xp = namespace(colour)
    by_size = xp.sort(bilinear(colour, cheeks), axis=1)  # each of the three by itself
    own = by_size[:, cheeks.shape[1] // 2][:, None, None]
    seen = bilinear(colour, nodes)
    light = seen[..., 2] - own[..., 2]
    # A gleam adds white: a and b stay, and their shares of L fall.
    lighter = xp.exp(clip(light, 0.0, 3.0) / 3)[..., None]
    tone = xp.minimum(_off_tone(seen[..., :2], own[..., :2]), _off_tone(seen[..., :2] * lighter, own[..., :2]))
    shade = xp.where(light < 0, light / SHADE, light / SHINE)
    rough = _blurred(seen[..., 2] ** 2) - _blurred(seen[..., 2]) ** 2
    far = tone + shade**2 + clip(rough, 0.0) / ROUGH**2
    like = _blurred(_blurred(xp.exp(-0.5 * clip(far - 1.0, 0.0))))
    return smooth_step((like - LEAST) / (WHOLE - LEAST))


def _off_tone(seen: Array, own: Array) -> Array:
    """How far colours are from a face's own, in squares of the standard deviations. (..., 2), a and b shares of L."""
    size = (own**2).sum(axis=-1) ** 0.5
    off = seen - own
    along = (off * own).sum(axis=-1) / clip(size, 1e-6)
    across = (off[..., 0] * own[..., 1] - off[..., 1] * own[..., 0]) / clip(size, 1e-6)
    return (along / clip(CHROMA * size, LEAST_TONE)) ** 2 + (across / clip(HUE * size, LEAST_TONE)) ** 2


def _blurred(values: Array) -> Array:
    """The mean of 3 x 3 neighbours, edges clamped. (N, rows, columns)."""
    (above, below), (left, right) = (_neighbours(n) for n in values.shape[1:])
    values = (values[:, above] + values + values[:, below]) / 3
    return (values[:, :, left] + values + values[:, :, right]) / 3


def _least(values: Array) -> Array:
    """The least of 3 x 3 neighbours. (N, rows, columns)."""
    xp = namespace(values)
    (above, below), (left, right) = (_neighbours(n) for n in values.shape[1:])
    values = xp.minimum(xp.minimum(values[:, above], values), values[:, below])
    return xp.minimum(xp.minimum(values[:, :, left], values), values[:, :, right])


def _neighbours(count: int) -> tuple[list[int], list[int]]:
    """The numbers of the line before and after each, edges clamped."""
    return [max(k - 1, 0) for k in range(count)], [min(k + 1, count - 1) for k in range(count)]
