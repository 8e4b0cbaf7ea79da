# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation against stored pixels of real GIMP 3.0 and 3.2, in a second, on any machine."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest

import editor_ops
from editor_ops.blend import MODES
from editor_ops.operations import OPERATIONS
from tools import reference_pixels
from tools.gimp_roots.operation_cases import group, off

GROUPS = [*OPERATIONS, *(mode for mode in MODES if mode != "replace")]
REFERENCES: dict[str, list[reference_pixels.Reference]] = defaultdict(list)
for each in reference_pixels.load():
    REFERENCES[group(each.case.steps[0])].append(each)


@pytest.mark.parametrize("version", ["3.0", "3.2"])
@pytest.mark.parametrize("operation", GROUPS)
def test_operation_equals_gimps_pixels(operation: str, version: str) -> None:
    """Within the limits that hold in real GIMP (tools/gimp_roots/operation_cases.py)."""
    assert len(REFERENCES[operation]) >= (1 if operation == "gegl:invert-gamma" else 8) * len(reference_pixels.PICTURES)
    moved = 0.0
    for reference in REFERENCES[operation]:
        theirs = reference.pixels[version].astype(np.float64)
        beyond_limit = off(reference.case, reference.picture, theirs, reference.places)
        assert beyond_limit.max() <= 0, (reference.case, float(beyond_limit.max()))
        moved = max(moved, float(np.abs(theirs - reference.picture[..., :3].reshape(-1, 3)[reference.places]).max()))
    assert moved > 0.1  # GIMP did apply something


@pytest.mark.parametrize("operation", GROUPS)
def test_torch_equals_gimps_pixels_as_well(operation: str) -> None:
    torch = pytest.importorskip("torch")
    for reference in REFERENCES[operation][::3]:
        picture = torch.from_numpy(reference.picture.copy())
        alpha = picture[..., 3] if picture.shape[-1] == 4 else None
        step = reference.case.steps[0]
        keywords = {name.replace("-", "_"): value for name, value in step.properties.items()}
        made = editor_ops.apply(
            step.operation, picture[..., :3], alpha=alpha, mode=step.mode, opacity=step.opacity, **keywords
        ).numpy()
        theirs = reference.pixels["3.2"].astype(np.float64)
        assert off(reference.case, reference.picture, theirs, reference.places, made).max() <= 0, reference.case


def test_it_is_told_how_they_were_made() -> None:
    with np.load(reference_pixels.FILE, allow_pickle=False) as stored:
        provenance = json.loads(str(stored["provenance"]))
    assert provenance["versions"]["3.0"]["gimp"].startswith("3.0.4")
    assert provenance["versions"]["3.2"]["gimp"].startswith("3.2.")
    assert reference_pixels.FILE.stat().st_size < 1.5e6
