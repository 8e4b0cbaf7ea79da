# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's look at what decides: GIMP's own Python, the bundle, the settings, the helper, and a real decision."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from editor_ops import filters
from models import Decision, styles
from models.decision import MALFORMED
from models.files import APPLICATION

from .. import bundle, discovery
from ..auto_enhance_rl.plugin import names
from ..auto_enhance_rl.plugin.names import CONFIG, PLUG_IN
from ..discovery import Gimp, Profile
from .check import INSTALL_AGAIN, INSTALL_BUNDLE, REINSTALL_PROGRAM, Check

SIZE = 64
"""Pixels a side of the picture for the trial decision: as many as the policy looks at."""
NEEDED = ("models.decide", "editor_ops", "array_api_compat", "numpy", "onnxruntime")
"""In this order: `models` tells ONNX Runtime to keep to itself before it is imported."""
LONGEST = 20.0
"""Seconds that the helper may take here: more than it ever needs, and short enough to wait for."""
IMPORTS = f"import {', '.join(NEEDED)}, platform; print(platform.python_version())"
LIST = "import os, sys; os.listdir(sys.argv[1])"
IN_PROCESS = "import sys; sys.path[:0] = sys.argv[1:]; from models import decide; sys.exit(decide.main())"
"""The helper's work in GIMP's own Python. sys.argv: the bundle's folder and lib/."""


def check(profile: Profile) -> list[Check]:
    """Every check of what decides, for the plug-in of one profile."""
    results = [_own_python(profile, gimp) for gimp in profile.gimps]
    folder = profile.plug_ins / PLUG_IN
    settings = _settings(folder / CONFIG)
    if isinstance(settings, str):
        return [*results, Check(f"settings for {profile.name}", False, settings, INSTALL_AGAIN)]
    python, timeout = settings
    if profile.sandboxed:
        results += _styles_in_sandbox(profile, profile.sandboxed)
    if (folder / names.BUNDLE).is_dir():
        bundled = _bundle(profile, folder)
        results.append(bundled)
        if bundled.ok and len(profile.gimps) == 1:
            return results  # the helper is for a GIMP whose own Python has nothing
    if profile.sandboxed:
        results.append(_reach(profile, profile.sandboxed, python, timeout))
        if not results[-1].ok or profile.gimps == (profile.sandboxed,):
            return results
    imports = _imports(profile, python, timeout)
    return [*results, imports, *([_decision(profile, python, timeout)] if imports.ok else [])]


def _own_python(profile: Profile, gimp: Gimp) -> Check:
    """It runs the plug-in, whoever decides."""
    name = f"Python of GIMP {gimp.version} ({gimp.packaging})"
    about = discovery.about_python(gimp)
    if isinstance(about, str):
        remedy = "install Python 3 beside GIMP, or GIMP again"
        return Check(name, False, f"{discovery.python_of(gimp)}: {about}", remedy)
    if about["problem"]:
        remedy = "on Debian and Ubuntu run `sudo apt install python3-gi gir1.2-gimp-3.0`; elsewhere install GIMP again"
        return Check(name, False, f"{discovery.python_of(gimp)} can't use GIMP: {about['problem']}", remedy)
    return Check(name, True, f"{discovery.python_of(gimp)}, Python {about['version']}")


def _settings(path: Path) -> tuple[str, float] | str:
    """(interpreter, time limit), or what is wrong."""
    try:
        settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(settings["styles"], str):
            return f"{path} names no folder of styles"
        return str(settings["python"]), min(float(settings["timeout"]), LONGEST)
    except (OSError, *MALFORMED) as error:
        return f"{path} is missing or broken ({error!r})"


def _bundle(profile: Profile, folder: Path) -> Check:
    """NumPy and ONNX Runtime beside the plug-in: do they fit this GIMP's Python, and do they decide?"""
    name = f"bundle for {profile.name}"
    path = folder / names.BUNDLE
    versions = bundle.python_versions(path)
    if len(versions) != 1:
        return Check(name, False, f"{path} is not whole", f"{INSTALL_BUNDLE} again")
    (version,) = versions
    gimp = profile.python_host
    if gimp is None:
        return Check(name, True, f"for Python {version}; this GIMP can't be asked for its own")
    about = discovery.about_python(gimp)
    if isinstance(about, str):
        return Check(name, False, f"GIMP's Python {about}", f"{INSTALL_BUNDLE} again")
    if about["version"] != version:
        return Check(
            name, False, f"for Python {version}, and this GIMP's is {about['version']}", f"{INSTALL_BUNDLE} again"
        )
    command = discovery.in_sandbox(gimp, discovery.python_of(gimp), "-c", IN_PROCESS, str(path), str(folder / "lib"))
    answer = discovery.run(command, _request(), LONGEST)
    chosen = answer if isinstance(answer, str) else _chosen(answer)
    if not isinstance(chosen, list):
        return Check(name, False, f"GIMP's Python {version} can't use it ({chosen})", f"{INSTALL_BUNDLE} again")
    return Check(name, True, f"for Python {version}; in it {chosen[0]} chose for a dim grey ramp: {chosen[1]}")


def _reach(profile: Profile, gimp: Gimp, python: str, timeout: float) -> Check:
    """Whether a GIMP in a sandbox can start the helper, tried in that sandbox."""
    name = f"helper in the sandbox of {profile.name}"
    command = discovery.in_sandbox(gimp, python, "-I", "-c", IMPORTS)
    answer = discovery.run(command, limit=max(timeout, discovery.TIMEOUT))
    if isinstance(answer, str):
        return Check(name, False, f"{python} can't be used from inside ({answer})", INSTALL_BUNDLE)
    return Check(name, True, f"{python}, Python {answer.decode().strip()}, can be used from inside")


def _styles_in_sandbox(profile: Profile, gimp: Gimp) -> list[Check]:
    """Whether a GIMP in a sandbox can read the user's styles. Nothing to say where there are none."""
    folder = styles.user_folder()
    if not folder.is_dir() or not any(folder.iterdir()):
        return []
    name = f"styles in the sandbox of {profile.name}"
    said = discovery.run(discovery.in_sandbox(gimp, discovery.python_of(gimp), "-c", LIST, str(folder)))
    if not isinstance(said, str):
        return [Check(name, True, f"{folder} can be read from inside")]
    remedy = f"run `flatpak override --user --filesystem=xdg-data/{APPLICATION} {discovery.FLATPAK_ID}`"
    if gimp.packaging == discovery.SNAP:
        remedy = "Snap keeps GIMP out of hidden folders, so use another package of GIMP, such as Flathub's"
    return [Check(name, False, f"{folder} can't be read from inside ({said})", remedy)]


def _imports(profile: Profile, python: str, timeout: float) -> Check:
    name = f"helper's Python for {profile.name}"
    if os.path.isabs(python) and not os.path.exists(python):
        detail = f"{python} is not there: the environment that the plug-in was installed from is gone"
        return Check(name, False, detail, REINSTALL_PROGRAM)
    answer = discovery.run([python, "-I", "-c", IMPORTS], limit=timeout)
    if isinstance(answer, str):
        return Check(name, False, f"{python}: {answer}", f"{INSTALL_AGAIN}, with the Python that auto-enhance-rl is in")
    return Check(name, True, f"{python}, Python {answer.decode().strip()}, imports {', '.join(NEEDED)}")


def _decision(profile: Profile, python: str, timeout: float) -> Check:
    name = f"decision for {profile.name}"
    answer = discovery.run([python, "-I", "-m", "models.helper"], _request(), timeout)
    chosen = answer if isinstance(answer, str) else _chosen(answer)
    if not isinstance(chosen, list):
        return Check(name, False, f"{python}: {chosen}", REINSTALL_PROGRAM)
    return Check(name, True, f"{chosen[0]} chose for a dim grey ramp: {chosen[1]}")


def _request() -> bytes:
    """A real request, as the plug-in makes it, of a dim ramp."""
    header = {"width": SIZE, "height": SIZE, "channels": 3, "strength": 1.0, "model": "", "colour": True}
    return json.dumps(header).encode() + b"\n" + bytes(x for _ in range(SIZE) for x in range(SIZE) for _ in range(3))


def _chosen(answer: bytes) -> list[str] | str:
    """[the model's name, the filters], or what is wrong."""
    try:
        decision = Decision.from_json(json.loads(answer))
        chosen = ", ".join(each.label for each in filters(decision.values, SIZE, SIZE)) or "nothing to change"
        return [decision.model, chosen]
    except MALFORMED as error:
        return f"not a Decision ({error!r})"
