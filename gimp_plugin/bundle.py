# SPDX-License-Identifier: GPL-3.0-or-later
"""NumPy and ONNX Runtime for GIMP's own Python, in `bundle/` beside the plug-in.

For a GIMP that can't start the helper, because it lives in a sandbox (Flatpak, Snap). The wheels have to fit *that*
GIMP's Python, so it is asked for its version, or the user says it.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from models import NO_TELEMETRY
from models.errors import UserError

from . import discovery
from .auto_enhance_rl.plugin.names import BUNDLE
from .discovery import Gimp, Profile

TEMPORARY_PREFIX = ".auto_enhance_rl-"
"""Prefix of the temporary folders in the plug-in's folder; the next installation removes leftovers of killed ones."""
PACKAGES = ("numpy", "onnxruntime")
"""All that a session needs. What onnxruntime asks for besides (flatbuffers, protobuf, packaging) serves its tools."""
SIZE = 173
"""MB: two wheels (43 for NumPy 2.5 and ONNX Runtime 1.32) and what comes out of them (130)."""
ROOM = 400
"""MB that must be free: twice SIZE and a margin for larger future versions."""
GLIBC = 28
"""Minor version of glibc (2.28) that is taken where GIMP's Python can't be asked: ONNX Runtime's wheels need it, and
every GIMP 3 is newer."""
OLDEST = (3, 11)
"""What lib/ is written for, as pyproject.toml says."""
IMPORTS = (
    f"import os, sys; os.environ.update({NO_TELEMETRY}); sys.path.insert(0, sys.argv[1]); "
    "import onnxruntime, numpy; print(onnxruntime.__file__)"
)
PIP = (sys.executable, "-m", "pip")
BY_HAND = "look in GIMP under Filters > Development > Python-Fu > Python Console, whose first lines say which, and add"


class BundleError(UserError):
    """Why no bundle was made: the cause and the remedy."""


class Request(NamedTuple):
    """What the user asked for. version: GIMP's Python as said by hand; wheels: folder of wheels downloaded before."""

    version: str = ""
    wheels: Path | None = None
    pip: Sequence[str] = PIP
    progress: Callable[[float], None] = lambda megabytes: None


class Target(NamedTuple):
    """The Python that the wheels have to fit, such as ("3.13", ["manylinux_2_28_x86_64", ...])."""

    version: str
    platforms: list[str]


def install(folder: Path, profile: Profile, request: Request) -> str:
    """Makes the bundle in the plug-in's folder; what was done, as a sentence. BundleError: nothing was changed."""
    gimp = profile.python_host
    target = find_target(gimp, profile, request.version)
    if python_versions(folder / BUNDLE) == {target.version} and not import_test(gimp, folder / BUNDLE, request.version):
        return f"already there, for Python {target.version}"
    free = shutil.disk_usage(folder).free / 1e6
    if free < ROOM:
        raise BundleError(f"{folder} has room for {free:.0f} MB, and {ROOM} MB are needed: make room, then try again")
    with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=folder) as temporary:
        new, old = Path(temporary, "new"), Path(temporary, "old")
        _run_pip(pip_command(new, target, request), Path(temporary), target, request)
        if python_versions(new) != {target.version}:
            raise BundleError(f"pip left no NumPy and ONNX Runtime for Python {target.version}: update pip, try again")
        problem = import_test(gimp, new, request.version)
        if problem:
            raise BundleError(f"GIMP's Python can't use the wheels ({problem}): {_asked_again(request.version)}")
        if (folder / BUNDLE).exists():
            (folder / BUNDLE).rename(old)
        try:
            new.rename(folder / BUNDLE)
        except BaseException:  # Ctrl-C too
            if old.exists():
                old.rename(folder / BUNDLE)
            raise
    return f"made, for Python {target.version}, {_megabytes(folder / BUNDLE):.0f} MB"


def _asked_again(version: str) -> str:
    return "leave --gimp-python out, so that GIMP is asked" if version else "run `trainer doctor`, report what it says"


def find_target(gimp: Gimp | None, profile: Profile, version: str = "") -> Target:
    """The Python to fit: GIMP's own answer, or the version said by hand with this machine's kind of system."""
    if version:
        about: dict[str, Any] | str = {
            "version": version, "platform": sysconfig.get_platform(), "libc": ["glibc", f"2.{GLIBC}"],
            "implementation": "cpython",
        }  # fmt: skip
    elif gimp is None:
        raise BundleError(
            f"{profile.name} can't be asked for its Python: {BY_HAND} it, such as "
            "`trainer install-plugin --bundle --gimp-python 3.13`"
        )
    else:
        about = discovery.about_python(gimp)
    if isinstance(about, str):
        raise BundleError(
            f"{profile.name} could not be asked for its Python, since it {about}: {BY_HAND} it, such as "
            "`trainer install-plugin --bundle --gimp-python 3.13`"
        )
    if tuple(map(int, about["version"].split("."))) < OLDEST:
        raise BundleError(f"GIMP's Python is {about['version']}, and the agent needs 3.11: use a newer GIMP")
    return Target(about["version"], pip_platforms(about))


def pip_platforms(about: dict[str, Any]) -> list[str]:
    """pip's names for the systems whose wheels this Python takes, the best first. about: as from discovery.ABOUT."""
    name, _, machine = about["platform"].partition("-")
    if name.startswith("mingw"):
        raise BundleError(
            "GIMP for Windows has MSYS2's Python, for which nobody makes wheels; it is in no sandbox and can start the "
            "helper: run `trainer install-plugin` without --bundle"
        )
    if about["implementation"] != "cpython":
        raise BundleError(f"GIMP's Python is {about['implementation']}, which has no wheels: use another GIMP")
    if name == "linux":
        libc, version = about["libc"]
        if libc != "glibc":
            raise BundleError(
                "GIMP's system has no glibc (Alpine's, perhaps), and ONNX Runtime no wheels for it: use Flatpak's GIMP"
            )
        newest = int(version.split(".")[1])
        return [f"manylinux_2_{minor}_{machine}" for minor in range(newest, 16, -1)] + [f"manylinux2014_{machine}"]
    if name == "macosx":
        system = (platform.mac_ver()[0] or "14").split(".")[0]  # pip goes down from there
        return [f"macosx_{system}_0_{machine.partition('-')[2]}"]
    return [about["platform"].replace("-", "_").replace(".", "_")]  # win_amd64


def pip_command(new: Path, target: Target, request: Request) -> list[str]:
    command = [*request.pip, "install", "--target", str(new), "--no-user", "--no-compile", "--progress-bar", "off"]
    command += ["--disable-pip-version-check", "--no-input"]
    if request.wheels is not None:
        command += ["--no-index", "--find-links", str(request.wheels)]
    return command + fitting(target)


def fitting(target: Target) -> list[str]:
    """Which wheels: pip's options, and the packages."""
    options = ["--no-deps", "--only-binary=:all:", "--implementation", "cp", "--python-version", target.version]
    for each in target.platforms:
        options += ["--platform", each]
    return [*options, *PACKAGES]


def _run_pip(command: list[str], temporary: Path, target: Target, request: Request) -> None:
    if request.wheels is not None and not request.wheels.is_dir():
        raise BundleError(f"{request.wheels} is no folder: give --wheels the folder of the wheels")
    said = temporary / "said"
    (temporary / "tmp").mkdir()
    # pip unpacks in the temporary folder first, which may be small; here it only has to rename.
    environment = {**os.environ, "TMPDIR": str(temporary / "tmp")}
    with said.open("wb") as file:
        try:
            pip = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, env=environment
            )
        except OSError as error:
            raise BundleError(
                f"{command[0]} can't be started ({error.strerror}): install auto-enhance-rl again"
            ) from error
        most = 0.0  # a bar does not go back, even when pip removes the wheels in the end
        try:
            while pip.poll() is None:
                most = max(most, _megabytes(temporary))
                request.progress(most)
                time.sleep(0.2)  # often enough for a bar to move
        finally:  # Ctrl-C ends pip too
            pip.kill()
            pip.wait()
    if pip.returncode:
        raise BundleError(_explain(said.read_text(errors="replace"), target, request))
    request.progress(SIZE)


def _explain(said: str, target: Target, request: Request) -> str:
    """One sentence for pip's many."""
    # of some thirty names for Linux these two are the ones that wheels have
    names = [each for each in target.platforms if f"_2_{GLIBC}_" in each or "2014" in each] or target.platforms
    by_hand = "python3 -m pip download --dest wheels " + " ".join(fitting(Target(target.version, names)))
    if "No module named pip" in said:
        return f"{sys.executable} has no pip: run `python3 -m ensurepip` with it, then try again"
    if "No space left" in said:
        return f"there is no room: free {ROOM} MB, then try again"
    unreachable = ("NewConnectionError", "Temporary failure", "ProxyError", "unreachable", "timed out", "refused")
    if request.wheels is None and any(words in said for words in unreachable):
        return (
            "the network can't be reached: try again later, or on a machine that has one run "
            f"`{by_hand}`, bring the folder here and run `trainer install-plugin --bundle --wheels wheels`"
        )
    if "No matching distribution" in said:
        if request.wheels is not None:
            return f"{request.wheels} has no wheels for Python {target.version}: make it with `{by_hand}`"
        return (
            f"pip finds no NumPy and ONNX Runtime for Python {target.version} ({target.platforms[0]}): its index can't "
            "be reached, or this Python is too new or rare, so use another package of GIMP, such as Flathub's"
        )
    errors = [line for line in said.splitlines() if line.startswith("ERROR")] or said.splitlines() or ["nothing"]
    return f"pip failed ({errors[-1].removeprefix('ERROR: ')[:300]}): try again, or update pip"


def import_test(gimp: Gimp | None, folder: Path, version: str = "") -> str:
    """Imports the bundle in GIMP's own Python. What went wrong; "" for success, or for a GIMP that can't be asked."""
    if gimp is None or version:
        return ""
    said = discovery.run(discovery.in_sandbox(gimp, discovery.python_of(gimp), "-c", IMPORTS, str(folder)))
    if isinstance(said, str):
        return said
    return "" if str(folder) in os.fsdecode(said) else "it has others, which come first"


def python_versions(folder: Path) -> set[str]:
    """The Pythons that the compiled files in a bundle are for, such as {"3.13"}; empty where one of them is missing."""
    versions = []
    for stem in ("numpy/_core/_multiarray_umath", "onnxruntime/capi/onnxruntime_pybind11_state"):
        files = [path.name for path in folder.glob(f"{stem}.*") if path.suffix in (".so", ".pyd")]
        tags = [match for name in files if (match := re.search(r"\.(?:cpython-|cp)3(\d+)", name))]
        versions.append({f"3.{tag[1]}" for tag in tags})
    return versions[0] | versions[1] if all(versions) else set()


def _megabytes(folder: Path) -> float:
    """What lies in a folder, while files come and go."""
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size
            except OSError:
                continue
    return total / 1e6
