# SPDX-License-Identifier: GPL-3.0-or-later
"""NumPy's own functions do what array_api_compat's wrapper of them does."""

import numpy as np
import pytest

import editor_ops
from editor_ops import namespace

VALUES = {slider.name: slider.values()[20] for slider in editor_ops.SLIDERS}


@pytest.mark.skipif(not namespace.NUMPY_IS_STANDARD, reason="this NumPy is wrapped")
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_an_edit_is_the_same_with_the_wrapper(monkeypatch, dtype):
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    picture = picture if dtype == np.uint8 else (picture / np.float32(200)).astype(dtype)
    assert namespace.array_namespace(picture) is np
    plain = editor_ops.edit(picture, VALUES)
    monkeypatch.setattr(namespace, "NUMPY_IS_STANDARD", False)
    assert namespace.array_namespace(picture) is not np
    np.testing.assert_array_equal(editor_ops.edit(picture, VALUES), plain)


def test_torch_is_wrapped():
    torch = pytest.importorskip("torch")
    found = namespace.array_namespace(torch.zeros(1))
    assert found.clip(torch.tensor([3.0]), 0.0, None).tolist() == [3.0]
