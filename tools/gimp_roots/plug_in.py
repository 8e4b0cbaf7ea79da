# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in installed for a GIMP root, with a real virtual environment of the root's own Python as its helper."""

from __future__ import annotations

import shutil
from pathlib import Path

import array_api_compat

import editor_ops
import gimp_plugin
import models
from gimp_plugin import install
from tools.gimp_roots import root


def install_in(folder: Path, version: str) -> Path:
    """Installs into folder/home, which is the home in the root; returns the plug-in's folder.

    NumPy and ONNX Runtime are Debian's; this project is copied into folder/venv as pip would.
    """
    # HOME first: the plug-in goes into a profile in which GIMP has been started
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
