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
    "face_detection_short_range": "343d15f9bbf70c5dd3ea5db9322400442cad8737a11e0f7db444276b3110cd7d",
    "face_landmark": "f06c214b54cfb3cce76e1ee3559bd3744d6c775e8060c7d8f128f4ab2cf8b427",
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


def load_all() -> None:
    """Both networks, so that threads find them loaded."""
    for name in SHA256:
        load(name)


def run(name: str, pictures: np.ndarray, outputs: list[str]) -> list[np.ndarray]:
    """What a network says of pictures float32 (N, size, size, 3)."""
    return runtime.run(load(name), outputs, {"picture": pictures}, LONGEST_RUN)
