# SPDX-License-Identifier: GPL-3.0-or-later
"""Every benchmark says what it is and how it is called, without measuring anything."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = ("quality", "hostile")
PROGRAMS = [*PACKAGES, *(path.stem for path in sorted((PROJECT / "benchmarks").glob("*.py")))]


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_help(name: str) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--help"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith("usage: ")
    path = PROJECT / "benchmarks" / (f"{name}/run.py" if name in PACKAGES else f"{name}.py")
    assert f"python -m benchmarks.{name}" in path.read_text(encoding="utf-8")
