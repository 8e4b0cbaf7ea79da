# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README says is so: its host, its commands."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from editor_ops import edit
from models import Policy

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_it_is_short_and_begins_with_its_picture():
    lines = README.splitlines()
    assert len(lines) <= 130
    assert any("](docs/pictures/" in line for line in lines[:12])


def test_the_example_host_edits_as_the_program_does(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    photo = ROOT / "tests/photos/valley.jpg"
    command = [sys.executable, "-c", code, str(photo), str(tmp_path / "enhanced.png")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    picture = np.asarray(Image.open(photo))
    expected = edit(picture, Policy.load().decide(picture).values).astype(int)
    assert np.abs(np.asarray(Image.open(tmp_path / "enhanced.png")) - expected).max() <= 1


def test_every_picture_and_file_that_it_names_is_there():
    for name in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / name).exists(), name


def test_its_commands_are_there():
    from trainer.cli import main

    for command in set(re.findall(r"`?trainer ([a-z-]+)", README)):
        assert command in main.commands, command
