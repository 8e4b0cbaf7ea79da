# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in installed for a GIMP root, with a real virtual environment of the root's own Python as its helper."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import array_api_compat

import editor_ops
import gimp_plugin
import models
from gimp_plugin import install
from tools.gimp_roots import root

Seen = TypeVar("Seen")


def at_once(work: Callable[[str], Seen]) -> Callable[[str], Seen]:
    """Starts `work` for every GIMP version, side by side; version -> what it returned, or a skip as root.root's."""
    pool = ThreadPoolExecutor(len(root.VERSIONS))
    running = {version: pool.submit(work, version) for version in root.VERSIONS}

    def seen(version: str) -> Seen:
        root.root(version)
        return running[version].result()

    return seen


def install_in(folder: Path, version: str) -> Path:
    """Installs into folder/home, which is the home in the root; returns the plug-in's folder.

    NumPy and ONNX Runtime are Debian's; this project is copied into folder/venv as pip would.
    """
    made = root.run(version, ["python3", "-m", "venv", "--without-pip", "--system-site-packages", "venv"], folder)
    if made.returncode:
        raise RuntimeError(f"no virtual environment in the root: {made.stdout}")
    (site_packages,) = (folder / "venv" / "lib").glob("python3.*/site-packages")
    for package in (editor_ops, models, gimp_plugin, array_api_compat):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, site_packages / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    plug_ins = folder / "home" / ".config" / "GIMP" / version / "plug-ins"
    report = install.install([plug_ins], python="/case/venv/bin/python3")
    if not report.ok:
        raise RuntimeError(str(report))
    return report.done[0]
