# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures with filters on them, rendered by real GIMP."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import editor_ops
from tools.gimp_roots import root

SCRIPT = Path(__file__).with_name("scripts") / "render.py"


class Step(NamedTuple):
    """One filter: GIMP's operation and its properties under GIMP's names, with dashes; blend mode; opacity up to 1."""

    operation: str
    properties: Mapping[str, Any]
    mode: str = "replace"
    opacity: float = 1.0


class Case(NamedTuple):
    """A picture by its name and the filters to put on it, first filter first.

    ways: the name of an array, (height, width, 2), that says how far each pixel looks; so pixels are moved before.
    mask: the name of one, (height, width), through which a copy with the filters is shown above.
    """

    picture: str
    steps: tuple[Step, ...]
    ways: str | None = None
    mask: str | None = None


def steps(values: Mapping[str, float], width: int, height: int, beyond: bool = False) -> tuple[Step, ...]:
    """What `editor_ops.filters` wants put on a picture of this size. beyond: it may hold values outside [0, 1]."""
    made = editor_ops.filters(values, width, height, beyond=beyond)
    return tuple(Step(each.operation, each.properties, each.mode, each.opacity) for each in made)


def random_values(random: np.random.Generator) -> dict[str, float]:
    """A level for each slider; some edits leave most of them neutral, as a policy may."""
    share = random.choice([0.3, 1.0])
    return {s.name: float(random.choice(s.values())) for s in editor_ops.SLIDERS if random.random() < share}


def render(
    version: str,
    pictures: Mapping[str, np.ndarray],
    cases: list[Case],
    timeout: float = 240,
    arrays: Mapping[str, np.ndarray] | None = None,
) -> tuple[list[np.ndarray], dict[str, dict[str, Any]]]:
    """What GIMP makes of each case, in one GIMP process, and the properties GIMP gives each operation.

    pictures: name -> (height, width, 1 to 4), uint8, uint16 or float32, sRGB-encoded; the results have the same type.
    A float picture is a float GIMP image: nothing is clipped or rounded. arrays: name -> what cases name as
    ways and mask, float32: pixels, x then y; and 0 to 1.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for picture, pixels in pictures.items():
            np.save(folder / f"{picture}.npy", np.ascontiguousarray(pixels))
        for each, numbers in (arrays or {}).items():
            np.save(folder / f"array-{each}.npy", np.ascontiguousarray(numbers, np.float32))
        order = sorted(range(len(cases)), key=lambda i: cases[i].picture)
        (folder / "cases.json").write_text(json.dumps([_task(cases[i], f"out-{i}.npy") for i in order]))
        root.gimp(version, SCRIPT, folder, timeout)
        results = [np.load(folder / f"out-{i}.npy") for i in range(len(cases))]
        return results, json.loads((folder / "properties.json").read_text())


def _task(case: Case, output: str) -> dict[str, Any]:
    filters = [step._asdict() | {"properties": dict(step.properties)} for step in case.steps]
    arrays = {key: f"array-{name}.npy" if name else None for key, name in (("ways", case.ways), ("mask", case.mask))}
    return {"input": f"{case.picture}.npy", "output": output, "filters": filters} | arrays
