# SPDX-License-Identifier: GPL-3.0-or-later
"""GIMP with its windows, worked as a user does: scripts/gui.py or gui_faces.py in a root, and what it saw."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from gimp_plugin.auto_enhance_rl.plugin.names import LOG
from tools import policies
from tools.gimp_roots import root
from tools.gimp_roots.plug_in import install_in

SCRIPTS = Path(__file__).parent / "scripts"
# The exact release in the Debian suite: where gimprc names it, GIMP shows no welcome to a new version.
RELEASES = {"3.0": "3.0.4", "3.2": "3.2.6"}


def work(
    version: str, photo: Path, folder: Path, timeout: float = 300, rounds: int = 0, in_process: bool = True,
    script: str = "gui.py",
) -> dict[str, Any]:  # fmt: skip
    """Runs the whole scenario on a photo; pictures of the screen are left in `folder`. RuntimeError: it broke off.

    script: gui.py, for the whole photo, or gui_faces.py. rounds: how often to measure the dialog's speed, and then
    nothing else. in_process: False is as in most GIMPs, whose own Python has no ONNX Runtime.
    """
    plug_in = install_in(folder, version)
    config = plug_in / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"styles": "/case/styles"}))
    (folder / "styles").mkdir()
    policies.write(folder / "styles" / "film.onnx", policies.BRIGHTEN, description="a style of the user's own")
    (folder / "styles" / "junk.onnx").write_bytes(b"not a network")
    if not in_process:
        (plug_in / "lib" / "onnxruntime.py").write_text("raise ImportError('as in most GIMPs')\n")
    profile = plug_in.parents[1]
    (profile / "gimprc").write_text(f'(config-version "{RELEASES[version]}")\n(show-welcome-dialog no)\n')
    shutil.copyfile(photo, folder / "photo.jpg")
    _open_pages_with(profile.parents[2], "/case/browser")
    (folder / "browser").write_text('#!/bin/sh\nprintf %s "$1" > /case/opened.new; mv /case/opened.new /case/opened\n')
    (folder / "browser").chmod(0o755)
    for name in (script, "desktop.py", "gui_server.py"):
        shutil.copyfile(SCRIPTS / name, folder / name)
    command = ["dbus-run-session", "--", "python3", script, version, *([str(rounds)] if rounds else [])]
    done = root.run(version, command, folder, timeout, {"AUTO_ENHANCE_RL_LOG": "debug"})
    seen: dict[str, Any] = json.loads((folder / "gui.json").read_text()) if (folder / "gui.json").exists() else {}
    log = plug_in / LOG
    seen["log"] = log.read_text() if log.exists() else ""
    if "whole" not in seen:
        raise RuntimeError(f"the scenario broke off in GIMP {version}:\n{done.stdout[-4000:]}")
    return seen


def _open_pages_with(home: Path, program: str) -> None:
    """Makes a program the user's browser."""
    applications = home / ".local" / "share" / "applications"
    applications.mkdir(parents=True)
    (applications / "browser.desktop").write_text(
        f"[Desktop Entry]\nType=Application\nName=Browser\nExec={program} %u\nMimeType=text/html;\n"
    )
    (applications / "mimeapps.list").write_text("[Default Applications]\ntext/html=browser.desktop\n")
