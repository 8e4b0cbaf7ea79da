# SPDX-License-Identifier: GPL-3.0-or-later
"""What the helper (models/helper.py) is asked about the faces of a picture. docs/faces.md has the requests."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from editor_ops.face_frame import Box, face_box
from editor_ops.face_warp import displacement, pulled
from editor_ops.faces import edit_face
from editor_ops.operations import to_dtype
from editor_ops.skin_mask import skin_mask

from ..decision import MALFORMED, malformed
from ..errors import UserError
from .decide import decide_faces
from .decision import FORMAT_VERSION, read_points, read_sliders
from .find import find_faces
from .landmarks import Face
from .pyramid import resized
from .styles import DEFAULT, FaceStyle, find, find_style

LARGEST_SIDE = 2048
"""Pixels of a face's picture, at most: a dialog shows some hundred."""


class FaceSession:
    """One picture, whose faces were found, and which is asked about again and again."""

    def __init__(self) -> None:
        self._image: np.ndarray | None = None  # uint8 (H, W, 3)
        self._faces: list[Face] = []
        self._loaded: tuple[tuple[str, str], FaceStyle] | None = None

    def show(self, image: np.ndarray) -> None:
        """A picture, uint8 (H, W, 3), sRGB, that is kept from now on."""
        self._faces = find_faces(image)
        self._image = image

    def decision(self, header: dict[str, Any]) -> dict[str, Any]:
        """What a style does to the picture's faces, as `FaceDecision.to_json` says it."""
        try:
            strength, colour = float(header.get("strength", 1.0)), bool(header.get("colour", True))
        except (TypeError, ValueError, OverflowError) as error:
            raise malformed(error) from error
        return decide_faces(self._shown(), self._faces, self._style(header), strength, colour).to_json()

    def about_face(self, header: dict[str, Any]) -> dict[str, Any]:
        """A picture of a face, the way of its pixels, or the mask of its skin."""
        image = self._shown()
        try:
            face = header["face"]
            points = np.array(read_points(face["points"], image.shape[1], image.shape[0]), np.float32)  # (468, 2)
            values = read_sliders(face["sliders"])
            side = int(header.get("side", 0))
        except MALFORMED as error:
            raise malformed(error) from error
        box = face_box(points, image.shape)
        if min(box[2:]) < 2:
            raise UserError("the face lies outside of the picture; choose another", "no face")
        wanted = header.get("want")
        if wanted == "picture" and 0 < side <= LARGEST_SIDE:
            return _picture(image, points, values, box, side)
        if wanted not in ("displacement", "mask"):
            raise UserError(f"nothing is known about {str(wanted)[:40]!r} of a face; reinstall the plug-in", "unknown")
        ways = displacement(points, values, box)  # (1, height, width, 2) or (height, width, 2)
        if wanted == "displacement":
            return _raw(box, ways.astype("<f4"))
        mask = skin_mask(image, points, box)  # (height, width)
        moved = pulled(mask[None, ..., None], ways[None])[0, ..., 0]
        return _raw(box, to_dtype(moved, np.uint8, 255))

    def _shown(self) -> np.ndarray:
        if self._image is None:
            raise UserError("no picture was shown; reinstall the plug-in", "no picture")
        return self._image

    def _style(self, header: dict[str, Any]) -> FaceStyle:
        key = str(header.get("style") or DEFAULT), str(header.get("styles") or "")
        if self._loaded is None or self._loaded[0] != key:
            self._loaded = key, find_style(key[0], Path(key[1]) if key[1] else None)
        return self._loaded[1]


def list_face_styles(header: dict[str, Any]) -> dict[str, Any]:
    """Every face style, as {"format", "default": name, "styles": [{name, path, own, description, problem}...]}."""
    folder = str(header.get("styles") or "")
    found = [style.to_json() for style in find(Path(folder) if folder else None)]
    return {"format": FORMAT_VERSION, "default": DEFAULT, "styles": found}


def _picture(image: np.ndarray, points: np.ndarray, values: dict[str, float], box: Box, side: int) -> dict[str, Any]:
    """The box, scaled down to `side` pixels at most and then edited: fast enough for sliders that are being moved."""
    x0, y0, width, height = box
    longest = min(side, max(width, height))
    small = to_dtype(resized(image[y0 : y0 + height, x0 : x0 + width], longest), np.uint8, 255)
    scale = np.array([small.shape[1] / width, small.shape[0] / height], np.float32)
    whole = (0, 0, small.shape[1], small.shape[0])
    edited = edit_face(small, (points - np.array([x0, y0], np.float32)) * scale, values, whole)
    picture = base64.b64encode(np.ascontiguousarray(edited).tobytes()).decode()
    return {"format": FORMAT_VERSION, "width": small.shape[1], "height": small.shape[0], "picture": picture}


def _raw(box: Box, numbers: np.ndarray) -> dict[str, Any]:
    """An answer with bytes, row by row: models/helper.py writes them behind its line."""
    return {"format": FORMAT_VERSION, "box": list(box), "data": np.ascontiguousarray(numbers).tobytes()}
