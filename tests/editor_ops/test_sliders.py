# SPDX-License-Identifier: GPL-3.0-or-later
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import editor_ops
from editor_ops import LEVELS, NAMES, NEUTRAL_LEVEL, SLIDERS
from editor_ops.color import linear_to_srgb, srgb_to_linear
from editor_ops.operations import OPERATIONS
from editor_ops.sliders import table

each_slider = pytest.mark.parametrize("slider", SLIDERS, ids=NAMES)


@each_slider
def test_levels_run_from_lowest_over_neutral_to_highest(slider):
    values = slider.values()
    assert len(values) == LEVELS == 33
    assert values[NEUTRAL_LEVEL] == slider.neutral
    assert values[0] == pytest.approx(slider.lowest) and values[-1] == pytest.approx(slider.highest)
    assert list(values) == sorted(values)
    assert len(set(values)) == (17 if slider.lowest == slider.neutral else 33)
    assert all(slider.property_range[0] <= v <= slider.property_range[1] for v in values)


@each_slider
def test_gains_and_temperatures_step_evenly_on_their_own_scale(slider):
    values = slider.values()
    if slider.scale == "logarithmic":
        assert values[20] / values[19] == pytest.approx(values[30] / values[29])
    elif slider.scale == "mired":
        assert 1 / values[20] - 1 / values[19] == pytest.approx(1 / values[30] - 1 / values[29])
    elif slider.scale in ("perceptual", "mid-grey"):
        if slider.scale == "perceptual":
            seen = [np.sign(v) * linear_to_srgb(np.array(abs(v))) for v in values]
        else:
            seen = [editor_ops.edit(np.full((1, 1, 3), 0.5), {slider.name: v})[0, 0, 0] for v in values]
        for half in (np.diff(seen[:17]), np.diff(seen[16:])):
            assert np.ptp(half) < 1e-4
    else:
        assert values[20] - values[19] == pytest.approx(values[30] - values[29])


@given(level=st.integers(0, LEVELS - 1), strength=st.floats(0, 2))
def test_strength_moves_along_the_scale_and_stays_in_gimps_range(level, strength):
    for slider in SLIDERS:
        value = slider.values()[level]
        scaled = slider.scaled(value, strength)
        assert slider.property_range[0] <= scaled <= slider.property_range[1]
        assert slider.scaled(value, 0.0) == slider.neutral
        assert slider.scaled(value, 1.0) == value
        assert (scaled - slider.neutral) * (value - slider.neutral) >= 0  # never to the other side


def test_half_strength_of_a_gain_is_its_root():
    tint = SLIDERS[NAMES.index("tint")]
    assert tint.scaled(1.21, 0.5) == pytest.approx(1.1)


def test_black_levels_halve_on_the_srgb_curve():
    """What makes 40 of 255 black at full strength makes 20 of 255 black at half of it."""
    black = SLIDERS[NAMES.index("black_level")]
    whole, half = (float(srgb_to_linear(np.array(level / 255))) for level in (40, 20))
    assert black.scaled(whole, 0.5) == pytest.approx(half, rel=1e-3)
    assert black.scaled(-whole, 0.5) == pytest.approx(-half, rel=1e-3)


def test_the_table_names_each_slider_once_and_knows_its_operation():
    assert len(set(NAMES)) == len(NAMES)
    assert {s.operation for s in SLIDERS} <= set(OPERATIONS)
    # rows of one operation stand together: they make one filter
    operations = [s.operation for s in SLIDERS if not s.up]
    assert all(
        operations.index(o) + operations.count(o) - 1 == len(operations) - 1 - operations[::-1].index(o)
        for o in operations
    )


def test_the_table_is_plain_json():
    rows = json.loads(json.dumps(table()))
    assert [row["name"] for row in rows] == list(NAMES)
    assert all(len(row["levels"]) == LEVELS for row in rows)


def test_the_table_and_the_chain_need_no_numpy():
    """GIMP's own Python, which builds the filters anew when the user moves something, mostly has none."""
    script = """
import sys
sys.modules["numpy"] = sys.modules["array_api_compat"] = None
from editor_ops import NAMES, SLIDERS, filters
print(len(filters({slider.name: slider.highest for slider in SLIDERS}, 640, 480)))
"""
    project = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=project)
    assert (done.stdout.strip(), done.stderr) == ("8", "")
