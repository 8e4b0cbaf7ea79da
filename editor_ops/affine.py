# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that are a matrix and an offset in linear light: several in a row are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .color import Matrix
from .operations import OPERATIONS

AFFINE = frozenset(
    f"gegl:{name}"
    for name in (
        "exposure", "color-temperature", "channel-mixer", "saturation",
    )
)  # fmt: skip
"""Operations that are a matrix and an offset in linear light, as the chain uses them; several in a row are one."""


@dataclass(frozen=True)
class Affine:
    """Linear RGB -> matrix (3, 3) times RGB plus offset (3,)."""

    matrix: np.ndarray
    offset: np.ndarray

    @classmethod
    def of(cls, matrix: Matrix | np.ndarray) -> Affine:
        return cls(np.asarray(matrix, np.float64), np.zeros(3))

    def then(self, other: Affine) -> Affine:
        return Affine(other.matrix @ self.matrix, other.matrix @ self.offset + other.offset)

    def is_diagonal(self) -> bool:
        return bool((self.matrix == np.diag(np.diag(self.matrix))).all())

    def __call__(self, linear: np.ndarray) -> np.ndarray:
        """(3, ...) -> the same, float32."""
        mixed = self.matrix.astype(np.float32) @ linear.reshape(3, -1)
        if self.offset.any():
            mixed += self.offset.astype(np.float32)[:, None]
        return mixed.reshape(linear.shape)


def affine(operation: str, properties: dict[str, Any]) -> Affine:
    """An operation of AFFINE, which is known by what it does to black and to the three primaries."""
    corners = np.vstack([np.zeros(3), np.eye(3)])[None]  # (1, 4, 3)
    seen = OPERATIONS[operation](corners, **properties)[0]
    return Affine((seen[1:] - seen[0]).T, seen[0])
