# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from editor_ops import color


@given(st.floats(-2, 4))
def test_the_srgb_curve_there_and_back(encoded):
    x = np.array([encoded])
    assert color.linear_to_srgb(color.srgb_to_linear(x))[0] == pytest.approx(encoded, abs=1e-5)


def test_known_values():
    assert color.srgb_to_linear(np.array([0.5]))[0] == pytest.approx(0.21404114, abs=1e-7)  # IEC 61966-2-1
    assert color.srgb_to_linear(np.array([-0.1]))[0] == pytest.approx(-0.1 / 12.92)
    l_, a, b = color.linear_to_lab(np.array([[[1.0, 1.0, 1.0]]]))
    assert (l_[0, 0], a[0, 0], b[0, 0]) == (
        pytest.approx(100, abs=1e-3),
        pytest.approx(0, abs=0.02),
        pytest.approx(0, abs=0.02),
    )
    # sRGB red in D50 CIE Lab (Lindbloom's calculator, Bradford): 54.29, 80.81, 69.89
    l_, a, b = color.linear_to_lab(np.array([[[1.0, 0.0, 0.0]]]))
    assert [float(v[0, 0]) for v in (l_, a, b)] == pytest.approx([54.29, 80.81, 69.89], abs=0.02)


@given(st.lists(st.floats(-0.2, 2.0), min_size=3, max_size=3))
def test_lab_there_and_back(rgb):
    linear = np.array([[rgb]])
    assert color.lab_to_linear(*color.linear_to_lab(linear)) == pytest.approx(linear, abs=1e-4)
