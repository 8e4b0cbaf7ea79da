# SPDX-License-Identifier: GPL-3.0-or-later
"""The line that the browser page copies for GIMP's Python console, in real GIMP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor_ops import SLIDERS, edit, filters
from editor_ops.sliders import table
from tools.gimp_roots import root
from tools.web_page import WEB

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

PHOTO = Path(__file__).parents[1] / "photos" / "otters.png"
SCRIPT = Path(__file__).with_name("scripts") / "web_line.py"
LINE = """
import { build } from "esbuild";
const { outputFiles } = await build({ entryPoints: ["src/gimp.ts"], bundle: true, format: "esm", write: false });
const gimp = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString("base64")}`);
const { sliders, values, side } = JSON.parse(process.argv[1]);
process.stdout.write(gimp.consoleLine(gimp.filters(sliders, values, side)));
"""
VALUES = {s.name: float(np.float32(s.values()[24 if s.name != "highlights" else 8])) for s in SLIDERS}


def line(side: int) -> str:
    """What the page would copy with every slider moved."""
    if not shutil.which("node") or not (WEB / "node_modules").is_dir():
        message = "NOT TESTED: node or the page's packages are missing; `make web` installs them or says how"
        pytest.fail(message, pytrace=False) if os.environ.get("CI") == "true" else pytest.skip(message)
    given = json.dumps({"sliders": table(), "values": list(VALUES.values()), "side": side})
    command = ["node", "--input-type=module", "-e", LINE, given]
    return subprocess.run(command, cwd=WEB, capture_output=True, text=True, timeout=60, check=True).stdout


def in_gimp(version: str) -> tuple[np.ndarray, list[str]]:
    """The photo with the line's filters, and their names."""
    with tempfile.TemporaryDirectory() as name, Image.open(PHOTO) as photo:
        folder = Path(name)
        shutil.copyfile(PHOTO, folder / "photo.png")
        (folder / "line").write_text(line(max(photo.size)), encoding="utf-8")
        root.gimp(version, SCRIPT, folder)
        return np.load(folder / "out.npy"), (folder / "done").read_text(encoding="utf-8").splitlines()


seen = at_once(in_gimp)


@pytest.mark.parametrize("version", root.VERSIONS)
def test_the_pasted_line_makes_the_edit(version: str) -> None:
    pixels, names = seen(version)
    photo = np.asarray(Image.open(PHOTO).convert("RGB"))
    difference = np.abs(pixels.astype(int) - edit(photo, VALUES))
    assert difference.max() <= 1 and difference.mean() < 0.01  # as test_chain.py
    height, width = photo.shape[:2]
    assert names == [each.label for each in filters(VALUES, width, height)]
