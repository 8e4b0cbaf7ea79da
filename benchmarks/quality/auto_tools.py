# SPDX-License-Identifier: GPL-3.0-or-later
"""One-click enhancement by others: Pillow, aaphoto, and what GIMP has under Colors > Auto."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

PILLOW = "Pillow autocontrast"
AAPHOTO = "aaphoto -a"
# Row -> the name that auto_in_gimp.py gives its pictures.
GIMP = {
    "GIMP White Balance": "white-balance",
    "GIMP Stretch Contrast": "stretch-contrast",
    "GIMP Color Enhance": "color-enhance",
}
CUTOFF = 0.5
"""Percent of the pixels that autocontrast may clip at either end: what stretching tools commonly take; with Pillow's
own default of 0 a single white pixel keeps a picture as it is."""
PATIENCE = 30
"""Seconds that a program may take for one picture before it counts as hung; none needs one second."""
SCRIPT = Path(__file__).parents[1] / "in_gimp" / "auto_tools.py"


class ToolError(RuntimeError):
    """A program that is not there or that failed. One line: which, why, and what to do."""


def pillow_autocontrast(picture: np.ndarray) -> np.ndarray:
    """Each channel of a picture, uint8 (H, W, 3), stretched to the whole range."""
    return np.asarray(ImageOps.autocontrast(Image.fromarray(picture), cutoff=CUTOFF))


def find_aaphoto() -> str:
    """Its version; ToolError where it is not installed."""
    if not shutil.which("aaphoto"):
        raise ToolError("aaphoto is not installed; on Debian: apt-get install aaphoto")
    said = subprocess.run(["aaphoto", "--version"], capture_output=True, text=True, timeout=PATIENCE, check=False)
    found = re.search(r"version - (\S+)", said.stdout)
    return found[1] if found else "of unknown version"


def aaphoto(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What `aaphoto -a` makes of pictures, uint8 (H, W, 3), without loss in between."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / f"{i}.png" for i in range(len(pictures))]
        for file, picture in zip(files, pictures, strict=True):
            Image.fromarray(picture).save(file, compress_level=1)
        # --png: without loss; one thread: the benchmark itself runs on several processes
        command = ["aaphoto", "-a", "--png", "--silent", "--threads1", *(file.name for file in files)]
        said = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE * len(files), check=False
        )
        written = [file.with_stem(f"{file.stem}_new") for file in files]
        if not all(file.exists() for file in written):
            raise ToolError(f"aaphoto left pictures out: {' '.join((said.stdout + said.stderr).split())[-300:]}")
        return [_opened(file) for file in written]


def find_gimp(version: str, home: Path) -> str:
    """The exact version of the GIMP ("3.0" or "3.2") that `gimp_auto` runs, found by running it; ToolError if none.

    home: a folder that is not there yet, for `gimp_auto`: what GIMP keeps there of its first start, in which it asks
    every plug-in what it does, saves half a minute of each later one.
    """
    with tempfile.TemporaryDirectory() as name:
        found = _run_gimp(version, [np.zeros((2, 2, 3), np.uint8)], Path(name))
        shutil.copytree(Path(name) / "home", home, symlinks=True)
        return found


def gimp_auto(version: str, pictures: Sequence[np.ndarray], home: Path) -> dict[str, list[np.ndarray]]:
    """Row -> what that tool makes of pictures, uint8 (H, W, 3), in one GIMP process. home: as `find_gimp` left it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(home, folder / "home", symlinks=True)  # a copy: several processes may run at once
        _run_gimp(version, pictures, folder)
        return {row: [np.load(folder / f"{i}-{tool}.npy") for i in range(len(pictures))] for row, tool in GIMP.items()}


def _run_gimp(version: str, pictures: Sequence[np.ndarray], folder: Path) -> str:
    """On the PATH if it is there, else in the tests' root, which is made on first use."""
    for i, picture in enumerate(pictures):
        np.save(folder / f"{i}.npy", np.ascontiguousarray(picture))
    seconds = 60 + PATIENCE * len(pictures)  # a first start makes GIMP's own files
    console = shutil.which(f"gimp-console-{version}")
    if console:
        _on_the_path(console, folder, seconds)
    else:
        try:
            from tools.gimp_roots import root
        except ImportError as error:
            raise ToolError(f"no gimp-console-{version} on the PATH, and no {error.name} for the tests' one") from error
        try:
            root.find(version)
            root.gimp(version, SCRIPT, folder, seconds, {"AUTO_FOLDER": "/case"})
        except RuntimeError as error:
            raise ToolError(f"GIMP {version}: {' '.join(str(error).split())[-500:]}") from error
    return (folder / "done").read_text()


def _on_the_path(console: str, folder: Path, seconds: float) -> None:
    (folder / "home").mkdir(exist_ok=True)
    batch = f"exec(compile(open({str(SCRIPT)!r}).read(), 'auto_in_gimp.py', 'exec'))"
    command = [console, "-idf", "--batch-interpreter=python-fu-eval", "-b", batch, "--quit"]
    # a home of its own: neither the person's settings nor their plug-ins take part, and nothing of theirs is written
    environment = {**os.environ, "HOME": str(folder / "home"), "AUTO_FOLDER": str(folder)}
    environment = {key: value for key, value in environment.items() if not key.startswith(("XDG_", "PYTHON"))}
    try:
        said = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            env=environment, timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ToolError(f"{console}: did not end within {seconds:.0f} s") from error
    if not (folder / "done").exists():
        raise ToolError(f"{console}: {' '.join((said.stdout + said.stderr).split())[-500:]}")


def _opened(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))
