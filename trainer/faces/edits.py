# SPDX-License-Identifier: GPL-3.0-or-later
"""The face editor on batches of crops: many edits of each face at once, as `editor_ops.faces.edit_face` makes them.

What does not depend on the sliders is worked out once for each face: how every pixel moves for each of them, and where
the skin is.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.face_field import basis, unfolded
from editor_ops.face_frame import face_frame
from editor_ops.face_sliders import FACE_SHAPE, FACE_SLIDERS, skin_filters
from editor_ops.face_warp import pulled
from editor_ops.skin import skin
from editor_ops.skin_mask import skin_mask
from models.thumbnail_rule import SIZE

from ..inverse_edit import quantised
from .crops import Faces

MOST_AT_ONCE = 128
"""Edits that are made at once: the pictures between the steps stay below 100 MB."""


class Masks:
    """Where faces' crops show skin, worked out when it is first asked for: it takes as long as ten edits."""

    def __init__(self, faces: Faces) -> None:
        self._faces = faces
        self._known = torch.zeros(len(faces.names), dtype=torch.bool)
        self._masks = torch.zeros(len(faces.names), SIZE, SIZE, dtype=torch.float16)

    def of(self, rows: torch.Tensor) -> torch.Tensor:
        """float32 (n, 64, 64), 0 to 1."""
        unknown = rows[~self._known[rows]].unique()
        for row in unknown.split(MOST_AT_ONCE) if len(unknown) else ():
            pictures = self._faces.pictures(row).movedim(1, -1)
            self._masks[row] = skin_mask(pictures, self._faces.points[row], (0, 0, SIZE, SIZE)).half()
            self._known[row] = True
        return self._masks[rows].float()


@dataclass(frozen=True)
class Prepared:
    """B faces. linear: (B, 64, 64, 3), linear light. mask: (B, 64, 64). ways: (B, S, 64, 64, 2), pixels from where each
    pixel comes for a value of 1 of each of the S sliders of the shape. unit: (B,), pixels, by which radii go. points:
    (B, 468, 2)."""

    linear: torch.Tensor
    mask: torch.Tensor
    ways: torch.Tensor
    unit: torch.Tensor
    points: torch.Tensor


def prepare(pictures: torch.Tensor, points: torch.Tensor, mask: torch.Tensor) -> Prepared:
    """Of crops (B, 3, 64, 64), sRGB in [0, 1], and their landmarks (B, 468, 2): their eyes are level, so that the
    frame's axes are the crop's."""
    frame = face_frame(points)
    centres = torch.arange(SIZE, device=points.device) + 0.5
    x, y = ((centres - frame.origin[:, axis, None]) / frame.unit[:, None] for axis in (0, 1))  # (B, 64) each
    ways = -basis(frame.to_face(points), x, y) * frame.unit[:, None, None, None, None]
    return Prepared(srgb_to_linear(pictures.movedim(1, -1)), mask, ways, frame.unit, points)


def edit(prepared: Prepared, values: torch.Tensor) -> torch.Tensor:
    """Edits of each face by values (B, A, K) in the sliders' units: (B, A, 3, 64, 64), sRGB, 8-bit values."""
    faces = max(1, MOST_AT_ONCE // values.shape[1])
    parts = zip(*(each.split(faces) for each in (*vars(prepared).values(), values)), strict=True)
    return torch.cat([_edit(Prepared(*part[:-1]), part[-1]) for part in parts])


def moved(prepared: Prepared, values: torch.Tensor) -> torch.Tensor:
    """How far edits by values (B, K) move the landmarks on the mean, in shares of the eyes' distance: (B,)."""
    ways = _ways(prepared, values[:, None])  # (B, 64, 64, 2)
    places = (prepared.points - 0.5).round().long().clamp(0, SIZE - 1)  # (B, 468, 2), the pixels that they lie in
    rows = torch.arange(len(places), device=places.device)[:, None]
    return ways[rows, places[..., 1], places[..., 0]].norm(dim=-1).mean(-1) / prepared.unit


def _ways(prepared: Prepared, values: torch.Tensor) -> torch.Tensor:
    """From where each pixel comes, in pixels, for values (B, A, K): (B A, 64, 64, 2), without a fold."""
    ways = torch.einsum("bas,bsn->ban", values[..., : len(FACE_SHAPE)], prepared.ways.flatten(2))
    ways = ways.reshape(-1, SIZE, SIZE, 2)
    return unfolded(ways, ways.new_ones(len(ways), 2))


def _edit(prepared: Prepared, values: torch.Tensor) -> torch.Tensor:
    b, a, _ = values.shape
    ways, rest = _ways(prepared, values), values.flatten(0, 1)
    flat = torch.cat([prepared.linear, prepared.mask[..., None]], -1).repeat_interleave(a, 0)  # (B A, 64, 64, 4)
    linear, mask = pulled(flat, ways).split([3, 1], -1)
    named = {slider.name: rest[:, k] for k, slider in enumerate(FACE_SLIDERS)}
    edited = skin(linear_to_srgb(linear), mask[..., 0], skin_filters(named, prepared.unit.repeat_interleave(a)))
    return quantised(edited).movedim(-1, 1).reshape(b, a, 3, SIZE, SIZE)
