# SPDX-License-Identifier: GPL-3.0-or-later
"""Real GIMP in tests: both versions side by side, and what happens where there is none."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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
    """`work` for every GIMP version, side by side; version -> what it returned.

    It starts when the first test asks, and not when the module is imported: every process that shares the tests
    imports all modules, and so does a run that leaves these tests out.
    """
    pool = ThreadPoolExecutor(len(root.VERSIONS))
    running: dict[str, Future[Seen]] = {}

    def seen(version: str) -> Seen:
        needed(version)
        if not running:
            running.update({each: pool.submit(work, each) for each in root.VERSIONS})
        return running[version].result()

    return seen
