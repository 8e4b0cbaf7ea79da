# SPDX-License-Identifier: GPL-3.0-or-later
"""Which GIMPs are found, and in which of their folders the plug-in is to go."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gimp_plugin import discovery

from .conftest import PYTHON, Program

LINUX = [".config/GIMP", ".var/app/org.gimp.GIMP/config/GIMP", "snap/gimp/current/.config/GIMP"]


@pytest.mark.parametrize(
    ("platform", "environment", "folders"),
    [
        ("linux", {}, LINUX),
        ("linux", {"XDG_CONFIG_HOME": "HOME/elsewhere"}, ["elsewhere/GIMP", *LINUX[1:]]),
        ("darwin", {}, ["Library/Application Support/GIMP"]),
        ("win32", {"APPDATA": "HOME/AppData/Roaming"}, ["AppData/Roaming/GIMP"]),
        ("win32", {}, ["AppData/Roaming/GIMP"]),
    ],
)
def test_where_gimp_keeps_its_folders(
    home: Path, platform: str, environment: dict[str, str], folders: list[str]
) -> None:
    environment = {name: value.replace("HOME", str(home)) for name, value in environment.items()}
    assert list(discovery.config_homes(platform, home, environment)) == [home / each for each in folders]
    for each in folders:
        for version in ("2.10", "3.0", "3.10", "3.2", "3.0-old"):
            (home / each / version).mkdir(parents=True)
    there = discovery.profiles(platform, home, environment, gimps=[])
    assert [each.folder for each in there] == [home / each / v for each in folders for v in ("3.0", "3.2", "3.10")]
    words = {"linux": ["system or AppImage", "Flatpak", "Snap"], "darwin": ["macOS"], "win32": ["Windows"]}[platform]
    assert list(dict.fromkeys(each.packaging for each in there)) == words


def test_the_microsoft_stores(home: Path) -> None:
    """As Windows documents it: what such a program writes to AppData/Roaming lies in its own folder."""
    own = home / "AppData/Local/Packages/GIMP.43237F745459_abc/LocalCache/Roaming/GIMP/3.0"
    own.mkdir(parents=True)
    (there,) = discovery.profiles("win32", home, {}, gimps=[])
    assert there.folder == own and there.name == "GIMP 3.0 (Microsoft Store)"


def test_gimps_own_variable_comes_first(home: Path) -> None:
    (own,) = discovery.profiles("linux", home, {"GIMP3_DIRECTORY": str(home / "own"), "PATH": ""})
    assert own.plug_ins == home / "own" / "plug-ins"


def test_system(profile: Path) -> None:
    (there,) = discovery.profiles()
    assert there.name == "GIMP 3.0 (system or AppImage)" and there.sandboxed is None
    assert [(gimp.packaging, gimp.version) for gimp in there.gimps] == [("system or AppImage", "3.0.4")]
    assert there.version == "3.0.4"


def test_an_appimage_shows_by_its_folder_alone(home: Path) -> None:
    folder = home / ".config" / "GIMP" / "3.2"
    folder.mkdir(parents=True)
    (folder / "gimprc").write_text('# GIMP gimprc\n\n(config-version "3.2.4")\n')
    (there,) = discovery.profiles()
    assert there.name == "GIMP 3.2 (system or AppImage)" and there.gimps == () and there.version == "3.2.4"


def test_flatpak_uses_the_folder_of_the_system(flatpak: Path, home: Path) -> None:
    """Its permission xdg-config/GIMP lays ~/.config/GIMP over the folder in ~/.var, where nothing is seen then."""
    (home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP" / "3.2").mkdir(parents=True)
    (there,) = discovery.profiles()
    assert there.folder == flatpak and there.name == "GIMP 3.2 (Flatpak)"
    assert there.sandboxed is not None and there.sandboxed.version == "3.2.4"


def test_flatpak_without_that_permission_has_its_own(flatpak: Path, home: Path) -> None:
    script = home / "bin" / "flatpak"
    script.write_text(script.read_text().replace("xdg-config/GIMP:create", "!xdg-config/GIMP"))
    own = home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP" / "3.2"
    own.mkdir(parents=True)
    names = {each.folder: each.name for each in discovery.profiles()}
    assert names == {flatpak: "GIMP 3.2 (system or AppImage)", own: "GIMP 3.2 (Flatpak)"}


def test_two_gimps_in_one_folder(flatpak: Path, program: Program) -> None:
    program("gimp-3.2", "echo 'GNU Image Manipulation Program version 3.2.6'\n")
    (there,) = discovery.profiles()
    assert there.name == "GIMP 3.2 (system or AppImage and Flatpak)" and len(there.gimps) == 2


def test_snap(snap: Path) -> None:
    (there,) = discovery.profiles()
    assert there.name == "GIMP 3.0 (Snap)" and there.folder == snap
    (gimp,) = there.gimps
    about = discovery.about_python(gimp)
    assert isinstance(about, dict) and about["version"] == "3.12"
    words = ["it's", "$HOME `x`", '"']  # the shell that leads into the snap leaves them as they are
    assert discovery.run(discovery.in_sandbox(gimp, "printf", "%s|", *words)) == b"it's|$HOME `x`|\"|"


def test_a_snap_in_path_is_no_gimp_of_the_systems(tmp_path: Path) -> None:
    program = tmp_path / "snap" / "bin" / "gimp"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho 'GNU Image Manipulation Program version 3.0.6'\n")
    program.chmod(0o755)
    assert discovery.installed("linux", tmp_path, {"PATH": str(program.parent)}) == []


@pytest.mark.parametrize(("platform", "programs", "python"), [
    ("darwin", "Applications/GIMP.app/Contents/MacOS/gimp", "python3"),
    ("win32", "Programs/GIMP 3/bin/gimp-console-3.exe", "python.exe"),
])  # fmt: skip
def test_macos_and_windows(home: Path, platform: str, programs: str, python: str) -> None:
    path = home / programs
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\necho 'GNU Image Manipulation Program version 3.0.4'\n")
    path.chmod(0o755)
    (gimp,) = discovery.installed(platform, home, {"LOCALAPPDATA": str(home)})
    assert gimp.version == "3.0.4" and discovery.python_of(gimp) == str(path.parent / python)


def test_python_is_asked_about_itself(profile: Path) -> None:
    (gimp,) = discovery.installed()
    assert discovery.about_python(gimp) == PYTHON
    said = discovery.run([sys.executable, "-c", discovery.ABOUT])
    assert isinstance(said, bytes) and f'"version": "3.{sys.version_info.minor}"'.encode() in said


def test_the_environment_of_this_program_is_not_gimps(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`trainer` mostly runs with its virtual environment first in PATH; GIMP's plug-ins don't."""
    (gimp,) = discovery.installed()
    gimps = discovery.python_of(gimp)
    own = profile / "venv" / "bin" / "python3"
    own.parent.mkdir(parents=True)
    own.symlink_to(gimps)
    monkeypatch.setenv("PATH", os.pathsep.join([str(own.parent), os.environ["PATH"]]))
    assert discovery.python_of(gimp) == str(own)
    monkeypatch.setattr(sys, "prefix", str(profile / "venv"))
    assert discovery.python_of(gimp) == gimps


def test_what_went_wrong_in_words(program: Program) -> None:
    assert discovery.run(["/nowhere/python3"]) == "can't be started (No such file or directory)"
    slow = program("slow", "exec sleep 20\n")
    assert discovery.run([str(slow)], limit=0.2) == "gave no answer in 0.2 seconds"
    failing = program("failing", "echo one >&2; echo two >&2; exit 3\n")
    assert discovery.run([str(failing)]) == "two"
    assert discovery.run([str(program("silent", "exit 3\n"))]) == "ended with 3"


def test_no_torch() -> None:
    script = "import sys, gimp_plugin.install, gimp_plugin.doctor; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
