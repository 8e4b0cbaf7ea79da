# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README says is so: its host, its commands."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from models import Policy

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_it_is_short_and_begins_with_its_picture():
    lines = README.splitlines()
    assert len(lines) <= 130
    assert any("](docs/pictures/" in line for line in lines[:12])


def test_the_example_host_chooses_what_the_policy_chooses():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    photo = ROOT / "tests/photos/valley.jpg"
    command = [sys.executable, "-c", code, str(photo)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0, done.stderr
    decision = Policy.load().decide(np.asarray(Image.open(photo)))
    for choice in decision.choices:
        said = re.search(rf"^{choice.slider.label} +(\S+) ", done.stdout, re.MULTILINE)
        if choice.value == choice.slider.neutral:
            assert said is None
        else:
            assert said is not None
            assert abs(float(said[1]) - choice.value) <= 1e-4 * max(1, abs(choice.value))


def test_every_picture_and_file_that_it_names_is_there():
    for name in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / name).exists(), name


def test_its_commands_are_there():
    from trainer.cli import main

    for command in set(re.findall(r"`?trainer ([a-z-]+)", README)):
        assert command in main.commands, command
