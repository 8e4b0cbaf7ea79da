# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operation, with every property GIMP gives it, against real GIMP on float pictures."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import editor_ops
from editor_ops.blend import MODES
from editor_ops.face_sliders import SKIN
from editor_ops.operations import OPERATIONS, as_float
from tools import reference_pixels
from tools.gimp_roots import face_cases, root
from tools.gimp_roots.operation_cases import RANGES, blended, group, off, ours, pictures, settings
from tools.gimp_roots.render import Case, Step, render

from .real_gimp import at_once

SMOOTHS_ALPHA = "gegl:domain-transform"
LAST_BIT = 1e-4
"""What 1 level may be more, in float32."""
BLEND_MODES = [mode for mode in MODES if mode != "replace"]
pytestmark = pytest.mark.gimp


@at_once
def rendered(version: str) -> tuple[dict[str, list[tuple[Case, np.ndarray]]], dict[str, dict[str, Any]]]:
    """Operation -> its cases and what GIMP made of them, and the properties of each operation; all in one GIMP."""
    steps = [Step(operation, values) for operation in RANGES for values in settings(operation)]
    steps += [step for mode in BLEND_MODES for step in blended(mode)]
    cases = [Case(picture, (step,)) for step in steps for picture in pictures()]
    faces = {"warp": face_cases.warp_cases(), "skin": face_cases.skin_cases()}
    every = [*cases, *faces["warp"], *faces["skin"]]
    inputs = {**pictures(), **face_cases.face_pictures()}
    results, properties = render(version, inputs, every, arrays=face_cases.arrays())
    by_operation: dict[str, list[tuple[Case, np.ndarray]]] = {name: [] for name in (*RANGES, *BLEND_MODES, *faces)}
    names = [*(group(case.steps[0]) for case in cases), *(name for name, some in faces.items() for _ in some)]
    for name, case, result in zip(names, every, results, strict=True):
        by_operation[name].append((case, result))
    return by_operation, properties


@pytest.mark.parametrize("version", root.VERSIONS)
@pytest.mark.parametrize("operation", [*RANGES, *BLEND_MODES])
def test_operation_equals_gimp(version: str, operation: str) -> None:
    by_operation, _ = rendered(version)
    assert len(by_operation[operation]) >= (12 if len(RANGES.get(operation, ())) == 0 else 20) * len(pictures())
    worst, beyond, moved = 0.0, 0.0, 0.0
    for case, result in by_operation[operation]:
        picture = pictures()[case.picture]
        theirs = result[..., :3].astype(np.float64)
        difference, beyond_limit = np.abs(ours(case, picture) - theirs) * 255, off(case, picture, theirs)
        at = np.unravel_index(np.argmax(beyond_limit), difference.shape)
        assert beyond_limit[at] <= 0, (
            f"{case}: {difference[at]:.3f} levels off at {tuple(map(int, at))}, where GIMP has {theirs[at]:.4f}"
        )
        if result.shape[-1] == 4 and operation != SMOOTHS_ALPHA:
            np.testing.assert_array_equal(result[..., 3], picture[..., 3])
        shown = float(difference[np.abs(theirs) <= 1].max(initial=0))
        worst, beyond = (worst, max(beyond, shown)) if case.picture == "beyond" else (max(worst, shown), beyond)
        moved = max(moved, float(np.abs(theirs - picture[..., :3]).max()))
    cases = len(by_operation[operation])
    print(f"GIMP {version} {operation}: {cases} cases, worst {worst:.4f} levels, {beyond:.4f} beyond black and white")
    assert moved > 0.1  # GIMP did apply something


@pytest.mark.parametrize("version", root.VERSIONS)
def test_a_face_is_moved_as_gimp_moves_it(version: str) -> None:
    """gegl:map-relative, in every kind of picture."""
    by_operation, _ = rendered(version)
    worst: dict[str, float] = {}
    for case, result in by_operation["warp"]:
        expected, kind = face_cases.warped(case), result.dtype.name
        difference = np.abs(as_float(result) - expected) * 255
        if result.shape[-1] in (2, 4):  # the less there is of a pixel, the less its colour is known
            worst[f"{kind} alpha"] = max(worst.get(f"{kind} alpha", 0.0), float(difference[..., -1].max()))
            difference = difference[..., :-1] * expected[..., -1:]
        worst[kind] = max(worst.get(kind, 0.0), float(difference.max()))
        assert np.abs(expected - as_float(face_cases.face_pictures()[case.picture])).max() > 0.2
    print(f"GIMP {version} gegl:map-relative: worst {worst} levels")
    for kind, level in worst.items():
        assert level <= face_cases.WARP_LEVELS[kind.split()[0]] + LAST_BIT, kind


@pytest.mark.parametrize("version", root.VERSIONS)
def test_a_skin_layer_shows_what_gimp_shows(version: str) -> None:
    """The copy of a moved layer, with filters and a mask, above it."""
    by_operation, _ = rendered(version)
    for case, result in by_operation["skin"]:
        difference = np.abs(as_float(result)[..., :3] - face_cases.edited(case)) * 255
        print(f"GIMP {version} {case.picture} {case.ways}: worst {difference.max():.4f} levels")
        assert difference.max() <= face_cases.SKIN_LEVELS[result.dtype.name] + LAST_BIT, case


@pytest.mark.parametrize("version", root.VERSIONS)
@pytest.mark.parametrize("operation", RANGES)
def test_operation_has_gimps_properties(version: str, operation: str) -> None:
    _, properties = rendered(version)
    assert properties[operation].keys() == RANGES[operation].keys()
    parameters = inspect.signature(OPERATIONS[operation]).parameters
    assert {name.replace("_", "-") for name in parameters} - {"linear", "alpha"} == RANGES[operation].keys()
    for name, known in properties[operation].items():
        assert parameters[name.replace("-", "_")].default == known["default"], name


def test_every_operation_of_the_chain_is_tested() -> None:
    assert RANGES.keys() == OPERATIONS.keys() >= {slider.operation for slider in (*editor_ops.SLIDERS, *SKIN)}


@pytest.mark.parametrize("version", root.VERSIONS)
def test_sliders_stay_within_gimps_ranges(version: str) -> None:
    _, properties = rendered(version)
    for slider in (*editor_ops.SLIDERS, *SKIN):
        if slider.up:
            assert slider.property_range == (-1.0 if slider.down else 0.0, 1.0)
            continue
        known = properties[slider.operation][slider.property]
        low, high = known["limits"]
        assert low <= slider.property_range[0] <= slider.lowest <= slider.highest <= slider.property_range[1] <= high
        if slider.property != "scale" or slider.neutral:  # the unsharp mask's default of 0.5 is not neutral
            assert known["default"] == slider.neutral, slider.name


@pytest.mark.parametrize("version", root.VERSIONS)
def test_gimp_still_makes_the_stored_reference_pixels(version: str) -> None:
    """Those that editor_ops is held to where there is no GIMP."""
    by_operation, _ = rendered(version)
    made = {(case.picture, str(case.steps[0])): result
            for results in by_operation.values() for case, result in results if case.steps}  # fmt: skip
    for reference in reference_pixels.load():
        step = reference.case.steps[0]
        result = made[reference.case.picture, str(step)]
        stored = reference.pixels[version]
        # GIMP shares a picture out among threads, and where it is cut a last bit may differ: no more than ours may.
        beyond_limit = off(
            reference.case, reference.picture, stored.astype(np.float64), reference.places, result[..., :3]
        )
        assert beyond_limit.max() <= 0, (version, reference.case)
