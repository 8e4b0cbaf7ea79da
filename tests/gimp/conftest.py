# SPDX-License-Identifier: GPL-3.0-or-later
"""Every test in this folder runs in real GIMP, in both versions."""

from __future__ import annotations

import pytest

from tools.gimp_roots import root

from .real_gimp import needed


@pytest.fixture(params=list(root.VERSIONS))
def version(request: pytest.FixtureRequest) -> str:
    """A GIMP that can be had; else the test is skipped with the reason, or fails where CI=true."""
    needed(request.param)
    return str(request.param)
