# SPDX-License-Identifier: GPL-3.0-or-later
"""The two networks that come with the program: loaded once, and only as they were shipped."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from .. import runtime
from ..errors import UserError

FOLDER = Path(__file__).parent
SHA256 = {
    "face_detection_short_range": "79e1d3854b2fa522d9249a64378b8535a27a6a8c6ffa02422c6512354268bc32",
    "face_landmark": "2563acd95ad41182e9687b8ba8b9526d3135c23ee9fe56cb5b29b0cd5bd2998c",
}
"""Of the files, which tools/face_models.py makes."""
LONGEST_RUN = 10.0
"""Seconds. A face takes 12 ms; a machine that is this slow does something else."""


@functools.cache
def load(name: str) -> Any:
    """A network by its name in SHA256. UserError where its file is missing or is not the one that was shipped."""
    path = FOLDER / f"{name}.onnx"
    try:
        contents = path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path}: can't be read ({error.strerror}); install auto-enhance-rl again", "missing"
        ) from error
    if hashlib.sha256(contents).hexdigest() != SHA256[name]:
        raise UserError(f"{path}: is not the file that was installed; install auto-enhance-rl again", "damaged")
    return runtime.session(contents)


def run(name: str, pictures: np.ndarray, outputs: list[str]) -> list[np.ndarray]:
    """What a network says of a picture float32 (1, size, size, 3)."""
    session = load(name)
    return runtime.run(session, outputs, {session.get_inputs()[0].name: pictures}, LONGEST_RUN)
