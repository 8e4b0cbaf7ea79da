# SPDX-License-Identifier: GPL-3.0-or-later
"""Real GIMP in tests: both versions side by side, and what happens where there is none."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from tools.gimp_roots import root

Seen = TypeVar("Seen")


def needed(version: str) -> None:
    """Where this GIMP can't be had, the test is skipped with the reason, or fails where CI=true."""
    try:
        root.find(version)
    except root.RootError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        warnings.warn(f"NOT TESTED in real GIMP: {error}", stacklevel=2)
        pytest.skip(str(error))


def at_once(work: Callable[[str], Seen]) -> Callable[[str], Seen]:
    """Starts `work` for every GIMP version, side by side; version -> what it returned."""
    pool = ThreadPoolExecutor(len(root.VERSIONS))
    running = {version: pool.submit(work, version) for version in root.VERSIONS}

    def seen(version: str) -> Seen:
        needed(version)
        return running[version].result()

    return seen
