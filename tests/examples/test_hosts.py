# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts in other languages edit as the program does. The one in Python is in tests/test_docs.py."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor_ops import edit
from models import Policy
from tests.gimp.real_gimp import needed
from tools.gimp_roots import root

PROJECT = Path(__file__).parents[2]
EDITOR = PROJECT / "models" / "whole-editor" / "photo-editor.onnx"
NODE = PROJECT / "examples" / "node"
STRENGTH = 0.7


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.open(PROJECT / "tests" / "photos" / "church.jpg").convert("RGB").save(tmp_path / "photo.ppm")
    shutil.copyfile(EDITOR, tmp_path / "photo-editor.onnx")
    return tmp_path


def holds(folder: Path, said: str) -> None:
    """The picture is the program's within a level, and the values that were said are the policy's."""
    photo = np.asarray(Image.open(folder / "photo.ppm"))
    values = Policy.load().decide(photo, STRENGTH).values
    off = np.asarray(Image.open(folder / "enhanced.ppm")).astype(int) - edit(photo, values)
    assert np.abs(off).max() <= 1
    line = next(line for line in said.splitlines() if line.startswith("sliders "))
    assert [float(word) for word in line.split()[1:]] == pytest.approx(list(values.values()), rel=1e-4, abs=1e-5)


def test_the_host_in_node(folder: Path) -> None:
    if not shutil.which("node") or not (NODE / "node_modules" / "onnxruntime-node").is_dir():
        message = "Node.js or onnxruntime-node is missing: make examples/node/node_modules/ready"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    command = ["node", str(NODE / "whole_editor.mjs"), "photo-editor.onnx", "photo.ppm", "enhanced.ppm"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], capture_output=True, text=True, cwd=folder, timeout=60)

    done = run(str(STRENGTH))
    assert done.returncode == 0, done.stderr
    holds(folder, done.stdout)
    again = run()
    assert again.returncode == 1 and again.stderr.startswith("enhanced.ppm: is there already")


@pytest.mark.gimp
def test_the_host_in_cpp(folder: Path) -> None:
    """Compiled against Debian's ONNX Runtime, which writes many lines of its own on stderr."""
    needed("3.0")  # the root that has the compiler
    shutil.copyfile(PROJECT / "examples" / "cpp" / "whole_editor.cpp", folder / "whole_editor.cpp")
    compile_ = "g++ -std=c++17 -Wall -Wextra -Werror whole_editor.cpp -o host -I/usr/include/onnxruntime -lonnxruntime"
    run = f"./host photo-editor.onnx photo.ppm enhanced.ppm {STRENGTH} 2>said"
    done = root.run(
        "3.0", ["sh", "-c", f"{compile_} && {run} && ! ./host photo-editor.onnx photo.ppm enhanced.ppm"], folder
    )
    assert done.returncode == 0, done.stdout
    holds(folder, done.stdout)
    assert "enhanced.ppm: is there already" in done.stdout
