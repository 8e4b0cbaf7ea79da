# SPDX-License-Identifier: GPL-3.0-or-later
"""What merged mode costs GIMP, on 6 megapixels: benchmarks/merged_memory.py measures 24."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import merged_memory
from tools.gimp_roots import root

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

SIZE = (3000, 2000)
GIMP_ITSELF = 150e6  # bytes, with a JPEG just loaded
# Bytes a pixel: the picture, a float copy of it, and what GIMP needs for a blur of that. A stack of eight filters that
# GIMP merges itself takes 190.
MOST = {"no selection": 80, "feathered": 95}


@pytest.fixture(scope="module")
def measured() -> Any:
    return at_once(lambda version: {case: merged_memory.measure(version, case, size=SIZE) for case in MOST})


@pytest.mark.parametrize("version", root.VERSIONS)
@pytest.mark.parametrize("case", MOST)
def test_memory_grows_by_few_bytes_a_pixel(measured: Any, version: str, case: str) -> None:
    seen = measured(version)[case]
    assert seen["bytes"] < GIMP_ITSELF + MOST[case] * SIZE[0] * SIZE[1]
