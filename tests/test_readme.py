# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README says is so: its table of sliders, its host, its commands."""

import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

from editor_ops import SLIDERS
from models import Policy

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def row(slider):
    """A slider's line in the README."""
    low, high = slider.format(slider.lowest), slider.format(slider.highest)
    neutral = slider.format(slider.neutral)
    radius = f", `{slider.radius_property}` {slider.radius_share:.0%} of the long side" if slider.radius_share else ""
    return f"| {slider.label} | `{slider.operation}` `{slider.property}`{radius} | {neutral} | {low} to {high} |"


def test_the_table_of_sliders_is_the_table():
    for slider in SLIDERS:
        assert row(slider) in README, f"put this line into the README: {row(slider)}"


def test_the_example_host_chooses_what_the_policy_chooses(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    # 640x448: whole multiples of 64, so that Pillow's box is the thumbnail rule to a rounding
    photo = Image.open(ROOT / "tests/photos/valley.jpg").crop((0, 0, 640, 448))
    photo.save(tmp_path / "photo.png")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "photo.png")], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.returncode == 0, done.stderr
    import numpy as np

    decision = Policy.load().decide(np.asarray(photo))
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
