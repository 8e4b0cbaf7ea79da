# SPDX-License-Identifier: GPL-3.0-or-later
"""Which GIMPs there are on this machine, how they are packaged, where each looks for plug-ins, and its Python."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from models.files import home_folder

SYSTEM, FLATPAK, SNAP = "system or AppImage", "Flatpak", "Snap"
WINDOWS, STORE, MACOS = "Windows", "Microsoft Store", "macOS"
GIMP3_DIRECTORY = "GIMP3_DIRECTORY"
SANDBOXED = (FLATPAK, SNAP)
FLATPAK_ID = "org.gimp.GIMP"
TIMEOUT = 15.0
"""Seconds that a program may take to tell its version: a Flatpak or Snap on a cold disk needs some."""

ABOUT = """
import json, platform, sys, sysconfig
try:
    import gi
    gi.require_version("Gimp", "3.0")
    problem = ""
except Exception as error:
    problem = str(error)
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2], "platform": sysconfig.get_platform(),
    "libc": platform.libc_ver(), "implementation": sys.implementation.name, "problem": problem,
}))
"""


class Gimp(NamedTuple):
    """A GIMP that is installed. version: "3.0.4"; program: what starts it; shared: reads ~/.config from a sandbox."""

    packaging: str
    version: str
    program: str
    shared: bool = False

    @property
    def is_gimp3(self) -> bool:
        """Whether it is a GIMP 3, which the plug-in needs."""
        return self.version.startswith("3.")

    @property
    def series(self) -> str:
        """The name of its folder: "3.0" for 3.0.4."""
        return ".".join(self.version.split(".")[:2])


class Profile(NamedTuple):
    """A folder that GIMP keeps for a user and a version, such as ~/.config/GIMP/3.0, and who uses it.

    gimps: those of the installed GIMPs that do; none where only the folder shows that there is one (an AppImage).
    given: the folder for plug-ins, where a user has named one, which may be called anything.
    """

    folder: Path
    packaging: str
    gimps: tuple[Gimp, ...] = ()
    given: Path | None = None

    @property
    def plug_ins(self) -> Path:
        return self.given or self.folder / "plug-ins"

    @property
    def name(self) -> str:
        """Such as "GIMP 3.0 (Flatpak)"."""
        return self._named(self.folder.name if re.fullmatch(r"3\.\d+", self.folder.name) else "")

    @property
    def name_with_version(self) -> str:
        """Such as "GIMP 3.0.4 (Flatpak)", where the version is known."""
        return self._named(self.version) if self.version else self.name

    def _named(self, version: str) -> str:
        return f"GIMP {version} ({self.packaging})" if version else f"GIMP ({self.packaging})"

    @property
    def sandboxed(self) -> Gimp | None:
        """The GIMP in a sandbox, which can't start every program."""
        return next((gimp for gimp in self.gimps if gimp.packaging in SANDBOXED), None)

    @property
    def python_host(self) -> Gimp | None:
        """The GIMP whose Python a bundle has to fit: the one in a sandbox, which can't do without, else the first."""
        return self.sandboxed or (self.gimps[0] if self.gimps else None)

    @property
    def version(self) -> str:
        """The version of the GIMP that uses the folder: its own answer, else what gimprc says, else ""."""
        if self.gimps:
            return self.gimps[0].version
        try:
            text = (self.folder / "gimprc").read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        noted = re.search(r'^\(config-version "([\d.]+)', text, re.MULTILINE)
        return noted[1] if noted else ""


def run(command: Sequence[str], data: bytes = b"", limit: float = TIMEOUT) -> bytes | str:
    """A program's stdout (bytes), or what went wrong (str). data: for its stdin; limit: seconds."""
    try:
        answer = subprocess.run(list(command), input=data, capture_output=True, timeout=limit)
    except OSError as error:
        return f"can't be started ({error.strerror})"
    except subprocess.TimeoutExpired:
        return f"gave no answer in {limit:g} seconds"
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").strip().splitlines()
        return said[-1] if said else f"ended with {answer.returncode}"
    return answer.stdout


def config_homes(
    platform: str = sys.platform, home: Path | None = None, environment: Mapping[str, str] = os.environ
) -> dict[Path, str]:
    """Folders in which GIMP may keep one for each version ("3.0", "3.2"), there or not -> the packaging in a word."""
    home = home or home_folder()
    if platform == "win32":
        roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
        local = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
        # Windows redirects what a program from the Store writes to APPDATA into a private folder.
        private = sorted((local / "Packages").glob("GIMP.*/LocalCache/Roaming/GIMP"))
        return {roaming / "GIMP": WINDOWS, **dict.fromkeys(private, STORE)}
    if platform == "darwin":
        return {home / "Library" / "Application Support" / "GIMP": MACOS}
    return {
        Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP": SYSTEM,
        home / ".var" / "app" / FLATPAK_ID / "config" / "GIMP": FLATPAK,
        home / "snap" / "gimp" / "current" / ".config" / "GIMP": SNAP,
    }


def profiles(
    platform: str = sys.platform,
    home: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    gimps: Sequence[Gimp] | None = None,
) -> list[Profile]:
    """The folder of every GIMP 3 that this user has started, oldest version first. gimps: as from `installed`."""
    gimps = installed(platform, home, environment) if gimps is None else gimps
    shared = any(gimp.shared for gimp in gimps)
    found = []
    if environment.get(GIMP3_DIRECTORY):  # GIMP's own way to say where its folder is
        users = [gimp for gimp in gimps if gimp.is_gimp3][:1]
        found.append(Profile(Path(environment[GIMP3_DIRECTORY]), GIMP3_DIRECTORY, tuple(users)))
    for folder, packaging in config_homes(platform, home, environment).items():
        if packaging == FLATPAK and shared:
            continue  # Flatpak mounts ~/.config/GIMP over it: files that are put here are not seen
        versions = [each for each in folder.glob("3.*") if re.fullmatch(r"3\.\d+", each.name) and each.is_dir()]
        for each in sorted(versions, key=lambda version: int(version.name[2:])):
            users = [gimp for gimp in gimps if gimp.series == each.name]
            users = [gimp for gimp in users if gimp.packaging == packaging or (gimp.shared and packaging == SYSTEM)]
            found.append(Profile(each, _packaging(packaging, users), tuple(users)))
    return found


def _packaging(usual: str, users: list[Gimp]) -> str:
    return " and ".join(dict.fromkeys(user.packaging for user in users)) or usual


def profile_of(plug_ins: Path, among: Sequence[Profile]) -> Profile:
    """The profile of this plug-ins folder; one without a GIMP where the folder is unknown."""
    for profile in among:
        if os.path.realpath(profile.plug_ins) == os.path.realpath(plug_ins):
            return profile
    return Profile(plug_ins.parent, "as given", given=plug_ins)


def installed(
    platform: str = sys.platform, home: Path | None = None, environment: Mapping[str, str] = os.environ
) -> list[Gimp]:
    """Every GIMP that can be asked for its version, old ones too, the newest of each packaging first."""
    home = home or home_folder()
    path = environment.get("PATH", os.defpath)
    if platform == "win32":
        roots = (environment.get("PROGRAMFILES"), os.path.join(environment.get("LOCALAPPDATA", ""), "Programs"))
        programs = [os.path.join(root, "GIMP 3", "bin", "gimp-console-3.exe") for root in roots if root]
        return _versions(WINDOWS, programs)
    if platform == "darwin":
        apps = (Path("/Applications"), home / "Applications")
        return _versions(MACOS, [str(app / "GIMP.app" / "Contents" / "MacOS" / "gimp") for app in apps])
    names = ("gimp-3.2", "gimp-3.0", "gimp-3", "gimp")
    programs = [found for found in (shutil.which(name, path=path) for name in names) if found]
    ours = [program for program in programs if "snap" not in Path(program).parts]
    return [*_versions(SYSTEM, ours), *_flatpak(path), *_snap(path)]


def _versions(packaging: str, programs: list[str]) -> list[Gimp]:
    found: dict[str, Gimp] = {}
    for program in programs:
        version = _version(run([program, "--version"])) if os.path.exists(program) else ""
        if version:
            found.setdefault(version, Gimp(packaging, version, program))
    return list(found.values())


def _version(said: bytes | str) -> str:
    match = re.search(rb"\b\d+\.\d+\.\d+", said) if isinstance(said, bytes) else None
    return match[0].decode() if match else ""


def _flatpak(path: str) -> list[Gimp]:
    program = shutil.which("flatpak", path=path)
    if program is None:
        return []
    about = run([program, "info", FLATPAK_ID])
    rights = run([program, "info", "--show-permissions", FLATPAK_ID])
    line = re.search(rb"^\s*Version:.*$", about, re.MULTILINE) if isinstance(about, bytes) else None
    version = _version(line[0]) if line else ""
    opened = re.search(rb"^filesystems=(.*)$", rights, re.MULTILINE) if isinstance(rights, bytes) else None
    # "xdg-config/GIMP:create" is how Flathub's GIMP uses ~/.config/GIMP; an override may take it back with a "!".
    shared = opened is not None and any(each.startswith(b"xdg-config/GIMP") for each in opened[1].split(b";"))
    return [Gimp(FLATPAK, version, program, shared)] if version else []


def _snap(path: str) -> list[Gimp]:
    program = shutil.which("snap", path=path)
    listed = run([program, "list", "gimp"]) if program else ""
    line = re.search(rb"^gimp\s.*$", listed, re.MULTILINE) if isinstance(listed, bytes) else None
    version = _version(line[0]) if line else ""
    return [Gimp(SNAP, version, program or "")] if version else []


def in_sandbox(gimp: Gimp, program: str, *arguments: str) -> list[str]:
    """The command line that runs a program where GIMP's plug-ins run: in its sandbox, where it has one."""
    if gimp.packaging == FLATPAK:
        return [gimp.program, "run", f"--command={program}", FLATPAK_ID, *arguments]
    if gimp.packaging == SNAP:  # the only way into a snap is its shell; the arguments are passed unchanged
        return [gimp.program, "run", "--shell", "gimp", "-c", 'exec "$@"', "gimp", program, *arguments]
    return [program, *arguments]


def python_of(gimp: Gimp, environment: Mapping[str, str] = os.environ) -> str:
    """The interpreter that runs this GIMP's Python plug-ins."""
    if gimp.packaging in SANDBOXED:
        return "python3"
    beside = Path(gimp.program).parent
    if gimp.packaging in (WINDOWS, MACOS):
        return str(beside / ("python.exe" if gimp.packaging == WINDOWS else "python3"))
    # A plug-in begins with "#!/usr/bin/env python3". The environment that this program runs in is not GIMP's.
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    here = os.path.abspath(os.path.join(sys.prefix, "bin")) if sys.prefix != sys.base_prefix else None
    folders = [folder for folder in folders if os.path.abspath(folder) != here]
    return shutil.which("python3", path=os.pathsep.join(folders)) or "python3"


def about_python(gimp: Gimp) -> dict[str, Any] | str:
    """What GIMP's own Python reports (see ABOUT), or as text why it can't be asked."""
    said = run(in_sandbox(gimp, python_of(gimp), "-c", ABOUT))
    if isinstance(said, str):
        return said
    try:
        about = json.loads(said)
        return {key: about[key] for key in ("version", "platform", "libc", "implementation", "problem")}
    except (ValueError, KeyError, TypeError):
        return "gave an answer that can't be used"
