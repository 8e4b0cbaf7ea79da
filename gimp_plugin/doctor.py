# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the whole chain, from GIMP to a real decision, and says what to do about what is broken."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from models import Policy, PolicyError

from . import install

SIZE = 64
"""Pixels a side of the picture for the trial decision: as many as the policy looks at."""
NEEDED = ("numpy", "onnxruntime", "array_api_compat", "editor_ops", "models.decide")
INSTALL = "run `trainer install-plugin`"


class Check(NamedTuple):
    """One link of the chain. remedy is empty where ok."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""

    def __str__(self) -> str:
        line = f"{'ok  ' if self.ok else 'FAIL'}  {self.name}: {self.detail}"
        return line if self.ok else f"{line}\n      -> {self.remedy}"


def checks() -> list[Check]:
    """Every check, in the order in which the chain runs. Takes some seconds; changes nothing."""
    folders = install.plugin_folders()
    results = [_gimp(folders), _model()]
    if not folders:
        searched = ", ".join(str(folder) for folder in install.config_homes())
        remedy = "start GIMP 3 once, so that it makes its folder, then " + INSTALL
        results.append(Check("GIMP's folder", False, f"no 3.x in {searched}", remedy))
    for folder in folders:
        results += check_folder(folder / install.NAME)
    return results


def check_folder(folder: Path) -> list[Check]:
    """The checks of one installed plug-in: GIMP/3.x/plug-ins/auto_enhance_rl."""
    where = f"{folder.parent.parent.name}"
    entry = folder / f"{install.NAME}.py"
    if not entry.is_file():
        return [Check(f"plug-in for GIMP {where}", False, f"{entry} is not there", INSTALL)]
    results = [_entry(where, entry)]
    settings = _settings(folder / "config.json")
    if isinstance(settings, str):
        return [*results, Check(f"settings for GIMP {where}", False, settings, INSTALL + " again")]
    python, timeout = settings
    imports = _imports(where, python, timeout)
    results.append(imports)
    if imports.ok:
        results.append(_decision(where, python, timeout))
    return results


def _gimp(folders: list[Path]) -> Check:
    """GIMP itself, asked for its version; or, where it is not on PATH (Flatpak, snap, AppImage), the folder it made."""
    found = [(version, program) for program in _programs() if (version := _version(program))]
    for version, program in found:
        if version.startswith("3."):
            return Check("GIMP", True, f"{version} ({program})")
    if folders:
        return Check("GIMP", True, f"not on PATH, but {folders[-1].parent} shows that it has run")
    if found:
        return Check("GIMP", False, f"{found[0][0]} ({found[0][1]})", "install GIMP 3; GIMP 2 is not supported")
    return Check("GIMP", False, "no gimp on PATH, and no folder of it", "install GIMP 3 and start it once")


def _version(program: str) -> str:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\b\d+\.\d+\.\d+", said)
    return match[0] if match else ""


def _programs() -> list[str]:
    names = ("gimp-3.2", "gimp-3.0", "gimp-3", "gimp")
    programs = [path for path in map(shutil.which, names) if path]
    if sys.platform == "darwin":
        programs.append("/Applications/GIMP.app/Contents/MacOS/gimp")
    if sys.platform == "win32":
        roots = (os.environ.get("PROGRAMFILES"), os.path.join(os.environ.get("LOCALAPPDATA", ""), "Programs"))
        programs += [os.path.join(root, "GIMP 3", "bin", "gimp-console-3.exe") for root in roots if root]
    return programs


def _model() -> Check:
    try:
        policy = Policy.load()
    except PolicyError as error:
        return Check("shipped policy", False, str(error), "install auto-enhance-rl again")
    return Check("shipped policy", True, f"{policy.name}, sha256 {policy.sha256[:12]}…, {policy.path}")


def _entry(where: str, entry: Path) -> Check:
    name = f"plug-in for GIMP {where}"
    if not os.access(entry, os.X_OK):
        return Check(name, False, f"{entry} has no run bit, so GIMP passes it by", f"{INSTALL} again")
    if entry.read_bytes() != install.ENTRY.read_bytes():
        return Check(name, False, f"{entry} is of another version than this program", f"{INSTALL} again")
    return Check(name, True, str(entry))


def _settings(path: Path) -> tuple[str, float] | str:
    """(interpreter, time limit), or what is wrong."""
    try:
        settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if settings["operations"] != install.OPERATIONS:
            return f"{path} is of another version than this program"
        if not isinstance(settings["styles"], str):
            return f"{path} names no folder of styles"
        return str(settings["python"]), float(settings["timeout"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{path} is missing or broken ({error!r})"


def _imports(where: str, python: str, timeout: float) -> Check:
    name = f"helper's Python for GIMP {where}"
    script = f"import {', '.join(NEEDED)}, platform; print(platform.python_version())"
    answer = _run([python, "-I", "-c", script], b"", timeout)
    if isinstance(answer, str):
        return Check(name, False, f"{python}: {answer}", f"{INSTALL} again, with the Python that auto-enhance-rl is in")
    return Check(name, True, f"{python}, Python {answer.decode().strip()}, imports {', '.join(NEEDED)}")


def _decision(where: str, python: str, timeout: float) -> Check:
    """A real request, as the plug-in makes it, of a dim ramp."""
    name = f"decision for GIMP {where}"
    header = {"width": SIZE, "height": SIZE, "channels": 3, "strength": 1.0, "model": "", "colour": True}
    ramp = bytes(x for _ in range(SIZE) for x in range(SIZE) for _ in range(3))
    answer = _run([python, "-I", "-m", "models.decide"], json.dumps(header).encode() + b"\n" + ramp, timeout)
    if isinstance(answer, str):
        return Check(name, False, answer, "install auto-enhance-rl again, then " + INSTALL)
    try:
        decision = json.loads(answer)
        chosen = ", ".join(each["label"] for each in decision["filters"]) or "nothing to change"
        return Check(name, True, f"{decision['model']['name']} chose for a dim grey ramp: {chosen}")
    except (ValueError, KeyError, TypeError) as error:
        return Check(name, False, f"not a Decision ({error!r})", "install auto-enhance-rl again, then " + INSTALL)


def _run(command: list[str], data: bytes, timeout: float) -> bytes | str:
    """stdout, or in words what went wrong."""
    try:
        answer = subprocess.run(command, input=data, capture_output=True, timeout=timeout)
    except OSError as error:
        return f"can't be started ({error.strerror})"
    except subprocess.TimeoutExpired:
        return f"gave no answer in {timeout:g} seconds"
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").strip().splitlines()
        return said[-1] if said else f"ended with {answer.returncode}"
    return answer.stdout
