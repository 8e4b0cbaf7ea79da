# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of the whole chain: each broken link is named, with what to do about it."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from gimp_plugin import doctor, install
from gimp_plugin.doctor import files as doctor_files
from models import styles
from tools import policies

from .conftest import Program, answering

pytestmark = pytest.mark.slow  # the plug-in's helper is started for each

PROJECT = Path(__file__).parents[2]
WHERE = "GIMP 3.0 (system or AppImage)"


def _failures() -> list[doctor.Check]:
    results = doctor.checks()
    for each in results:
        assert each.ok == (each.remedy == "")
        assert each.detail and each.name in str(each) and each.remedy in str(each)
    return [each for each in results if not each.ok]


@pytest.fixture
def folder(profile: Path) -> Path:
    """The plug-in installed for GIMP 3.0.4, everything well."""
    (done,) = install.install().done
    return done


def _processor_seconds() -> float:
    """Of this process and of those that it started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def test_all_is_well(folder: Path) -> None:
    used = _processor_seconds()
    results = doctor.checks()
    assert _processor_seconds() - used < 5  # not by the clock: other tests run beside this one
    assert [each.name for each in results if not each.ok] == []
    assert [each.name.removesuffix(f" {WHERE}") for each in results] == [
        "GIMP", "shipped policy", "styles", "plug-in for", "search path of", "files for", "right to run for",
        "menu item in", "Python of GIMP 3.0.4 (system or AppImage)", "helper's Python for", "decision for", "log of",
    ]  # fmt: skip
    assert results[0].detail.startswith("3.0.4")
    assert sys.executable in results[9].detail
    assert "Exposure" in results[10].detail


# Each failure: what is done to a chain that was well, the check that finds it, words of its cause and of its remedy.
Spoil = Callable[[Path], object]


def _loose_copy(folder: Path) -> None:
    shutil.copy(folder / "auto_enhance_rl.py", folder.parent)


def _other_name(folder: Path) -> None:
    folder.rename(folder.parent / "auto-enhance-rl-main")


def _settings(**changes: object) -> Spoil:
    def spoil(folder: Path) -> None:
        settings = json.loads((folder / "config.json").read_text()) | changes
        (folder / "config.json").write_text(json.dumps(settings))

    return spoil


def _helper(script: str) -> Spoil:
    def spoil(folder: Path) -> None:
        python = folder.parents[4] / "python3.11"
        python.write_text(f"#!/bin/sh\n{script}")
        python.chmod(0o755)
        _settings(python=str(python), timeout=0.5)(folder)

    return spoil


def _gimprc(text: str) -> Spoil:
    return lambda folder: (folder.parents[1] / "gimprc").write_text(text)


def _started_without(folder: Path) -> None:
    """As GIMP leaves it when it has started the plug-in and got no answer."""
    pluginrc = folder.parents[1] / "pluginrc"
    pluginrc.write_text('(plug-in-def "${gimp_dir}/plug-ins/other/other.py" 1795406417\n    (proc-def "other" 1))\n')
    later = time.time() + 10
    os.utime(pluginrc, (later, later))


def _gimp(script: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder.parents[4] / "bin" / "gimp").write_text(f"#!/bin/sh\n{script}")

    return spoil


def _gimps_python(script: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder.parents[4] / "bin" / "python3").write_text(f"#!/bin/sh\n{script}")

    return spoil


def _style(write: Callable[[Path], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        styles.user_folder().parent.mkdir(parents=True, exist_ok=True)
        write(styles.user_folder())

    return spoil


def _junk_style(folder: Path) -> None:
    folder.mkdir()
    (folder / "film.onnx").write_bytes(b"not a network")


FAILURES: dict[str, tuple[Spoil, str, str, str]] = {
    "not installed": (shutil.rmtree, "plug-in for", "is not there", "`trainer install-plugin`"),
    "a file in its place": (
        lambda folder: (shutil.rmtree(folder), folder.write_text("")), "plug-in for", "is not a folder", "move it away",
    ),
    "folder of another name": (_other_name, "plug-in for", "in a folder of another name", "delete that folder"),
    "loose copy": (_loose_copy, "loose copy for", "must be installed in subdirectories", "delete that file"),
    "no run bit": (
        lambda folder: (folder / "auto_enhance_rl.py").chmod(0o644), "right to run for", "no run bit",
        "`trainer install-plugin` again",
    ),
    "other version": (
        lambda folder: (folder / "auto_enhance_rl.py").write_text("# python-fu-auto-enhance-rl"), "files for",
        "auto_enhance_rl.py of another version", "`trainer install-plugin` again",
    ),
    "a file is missing": (
        lambda folder: (folder / "lib" / "models" / "photo.onnx").unlink(), "files for", "lib/models/photo.onnx of",
        "`trainer install-plugin` again",
    ),
    "left from an older version": (
        lambda folder: (folder / "lib" / "models" / "old.py").touch(), "files for", "lib/models/old.py of",
        "`trainer install-plugin` again",
    ),
    "GIMP looks elsewhere": (
        _gimprc('(plug-in-path "/opt/plug-ins:${gimp_plug_in_dir}/plug-ins")\n'), "search path of",
        "does not look in", "Edit > Preferences > Folders > Plug-ins",
    ),
    "GIMP took it not in": (
        _started_without, "menu item in", "did not take the plug-in in", "start GIMP in a terminal",
    ),
    "only GIMP 2": (
        lambda folder: (shutil.rmtree(folder.parents[1]),
                        _gimp("echo 'GNU Image Manipulation Program version 2.10.34'\n")(folder)),
        "GIMP", "2.10.34", "install GIMP 3",
    ),
    "GIMP 3 never started": (
        lambda folder: shutil.rmtree(folder.parents[1]), "GIMP's folder", "no 3.x in", "start GIMP 3 once",
    ),
    "a newer GIMP never started": (
        _gimp("echo 'GNU Image Manipulation Program version 3.2.6'\n"), "GIMP's folder", "3.2.6", "start GIMP 3 once",
    ),
    "GIMP's Python is without gi": (
        _gimps_python(answering(problem="No module named 'gi'")), "Python of GIMP 3.0.4 (system or AppImage)",
        "No module named 'gi'", "sudo apt install python3-gi gir1.2-gimp-3.0",
    ),
    "GIMP's Python is gone": (
        _gimps_python("exit 127\n"), "Python of GIMP 3.0.4 (system or AppImage)", "ended with 127", "install Python 3",
    ),
    "settings are junk": (
        lambda folder: (folder / "config.json").write_text("{"), "settings for", "missing or broken",
        "`trainer install-plugin` again",
    ),
    "the environment is gone": (
        _settings(python="/nowhere/venv/bin/python"), "helper's Python for", "/nowhere/venv/bin/python is not there",
        "install auto-enhance-rl again",
    ),
    "a package is missing": (
        _helper("echo \"ModuleNotFoundError: No module named 'onnxruntime'\" >&2; exit 1\n"), "helper's Python for",
        "No module named 'onnxruntime'", "with the Python that auto-enhance-rl is in",
    ),
    "the helper hangs": (
        _helper("exec sleep 20\n"), "helper's Python for", "gave no answer in 0.5 seconds", "`trainer install-plugin`",
    ),
    "the helper answers junk": (
        _helper("case \"$*\" in *-c*) echo 3.11.2 ;; *) cat >/dev/null; echo junk ;; esac\n"), "decision for",
        "not a Decision", "install auto-enhance-rl again",
    ),
    "a style is junk": (
        _style(_junk_style), "styles", "'film' can't be used", "`trainer styles`",
    ),
    "styles can't be read": (
        _style(Path.touch), "styles", "can't be read (Not a directory)", "move it away",
    ),
}  # fmt: skip


@pytest.mark.parametrize("failure", FAILURES)
def test_failure(folder: Path, failure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each failure is found by one check, which names the cause and the remedy; nothing else is complained about."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    _settings(styles=str(styles.user_folder()))(folder)
    spoil, name, cause, remedy = FAILURES[failure]
    spoil(folder)
    failures = _failures()
    if failure == "only GIMP 2":  # there is no folder of GIMP 3 either, and the doctor says so
        failures = failures[:1]
    (found_,) = failures
    assert found_.name in (name, f"{name} {WHERE}")
    assert cause in found_.detail and remedy in found_.remedy


def test_no_gimp_at_all(home: Path) -> None:
    assert _failures()[0].detail == "no gimp on PATH, and no folder of it"


def test_no_model(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.policy.SHIPPED", tmp_path / "gone.onnx")
    (failure,) = _failures()
    assert failure.name == "shipped policy" and "gone.onnx" in failure.detail
    assert failure.remedy.startswith("install auto-enhance-rl again")


def test_styles_of_the_users(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    styles.user_folder().mkdir(parents=True)
    for name in ("film", "photo"):  # the second in place of the shipped one, which is no failure
        policies.write(styles.user_folder() / f"{name}.onnx", policies.BRIGHTEN)
    (check,) = [each for each in doctor.checks() if each.name == "styles"]
    assert check.ok and check.detail.startswith("2 of your own in")


def test_noexec(folder: Path, tmp_path: Path) -> None:
    """GIMP's folder on a disk from which nothing may be started: a real one, in a mount namespace of its own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        assert os.environ.get("CI") != "true"
        warnings.warn("NOT TESTED: only root can mount a disk", stacklevel=1)
        pytest.skip("only root can mount a disk")
    script = """mount -t tmpfs -o noexec tmpfs "$1"; cp -a "$2" "$1/3.0"; GIMP3_DIRECTORY=$1/3.0 exec "$3" -m trainer \
doctor --json"""
    (tmp_path / "disk").mkdir()
    command = ["unshare", "--mount", "sh", "-euc", script, "-", str(tmp_path / "disk"), str(folder.parents[1])]
    done = subprocess.run([*command, sys.executable], capture_output=True, text=True, cwd=PROJECT)
    said = json.loads(done.stdout)
    (failure,) = [each for each in said["checks"] if not each["ok"]]
    assert done.returncode == 1 and not said["ok"]
    assert failure["name"] == "right to run for GIMP 3.0 (GIMP3_DIRECTORY)" and "mounted noexec" in failure["detail"]
    assert "mount it without noexec" in failure["remedy"] and "`trainer install-plugin --into`" in failure["remedy"]


def test_quarantine(folder: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = folder / "auto_enhance_rl.py"
    program("xattr", f'[ "$1" = "{entry}" ] && echo com.apple.quarantine\n')
    assert doctor_files.quarantined(entry, "darwin")
    assert not doctor_files.quarantined(folder / "config.json", "darwin")
    assert not doctor_files.quarantined(entry, "linux")
    on_macos = functools.partial(doctor_files.quarantined, platform="darwin")
    monkeypatch.setattr(doctor_files, "quarantined", on_macos)
    (failure,) = _failures()
    assert "quarantine" in failure.detail and f"`xattr -dr com.apple.quarantine` on {folder}" in failure.remedy


@pytest.mark.parametrize("value", ["${gimp_dir}/plug-ins", "/opt/plug-ins:FOLDER/", "~/.config/GIMP/3.0/plug-ins"])
def test_search_path_that_has_it(folder: Path, value: str) -> None:
    value = value.replace("FOLDER", str(folder.parent))
    _gimprc(f'# (plug-in-path "/commented/out")\n(plug-in-path "{value}")\n')(folder)
    assert _failures() == []


def test_registered(folder: Path) -> None:
    """pluginrc as GIMP 3.0 and 3.2 write it, with the file's time in seconds."""
    entry = folder / "auto_enhance_rl.py"
    pluginrc = folder.parents[1] / "pluginrc"
    noted = f'(plug-in-def "${{gimp_dir}}/plug-ins/auto_enhance_rl/auto_enhance_rl.py" {int(entry.stat().st_mtime)}\n'
    pluginrc.write_bytes(noted.encode() + b'    (proc-def "python-fu-auto-enhance-rl" 1 "\x89PNG"))\n')
    (check,) = [each for each in doctor.checks() if each.name.startswith("menu item")]
    assert check.ok and check.detail.startswith("registered")
    os.utime(entry, (1, 1))  # another file than GIMP has seen
    later = time.time() + 10
    os.utime(pluginrc, (later, later))
    assert [each.name.split(" in ")[0] for each in _failures()] == ["menu item"]


def test_log(folder: Path) -> None:
    lines = [f"2026-11-23 10:00:0{second} WARNING no decision, number {second}" for second in range(5)]
    lines.insert(4, "2026-11-23 10:00:04 INFO all is well")
    (folder / "auto_enhance_rl.log").write_text("\n".join(lines))
    check = doctor.checks()[-1]
    assert check.ok and check.name == f"log of {WHERE}"
    assert check.detail.startswith(f"{folder / 'auto_enhance_rl.log'}, 5 warnings and errors")
    assert [line.strip() for line in check.detail.splitlines()[1:]] == [lines[2], lines[3], lines[5]]


def test_versions_that_were_not_tried(folder: Path) -> None:
    (folder.parents[1]).rename(folder.parents[2] / "3.4")
    _gimp("echo 'GNU Image Manipulation Program version 3.4.0'\n")(folder)
    assert doctor.checks()[0].detail.endswith("tested with 3.0 and 3.2 only")
    assert _failures() == []


# Flatpak


def test_flatpak_out_of_reach(flatpak: Path) -> None:
    install.install()
    (failure,) = _failures()
    assert failure.name == "helper in the sandbox of GIMP 3.2 (Flatpak)"
    assert f"bwrap: execvp {sys.executable}: No such file or directory" in failure.detail
    assert failure.remedy == "run `trainer install-plugin --bundle`"


def test_flatpak_in_reach(flatpak: Path, program: Program) -> None:
    """A helper that can be used from inside, such as a Python in the home folder that brings all it needs."""
    install.install()
    program("inside", f'[ "$1" = python3 ] || exec "$@"\n{answering()}')
    assert _failures() == []


@pytest.fixture
def own_style(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A style of the user's; returns what Python says first where a sandbox hides it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    styles.user_folder().mkdir(parents=True)
    policies.write(styles.user_folder() / "film.onnx", policies.BRIGHTEN)
    return f'case "$*" in *listdir*) echo "PermissionError: {styles.user_folder()}" >&2; exit 1 ;; esac\n'


def test_styles_that_flatpak_hides(flatpak: Path, program: Program, own_style: str) -> None:
    install.install()
    program("inside", f'[ "$1" = python3 ] || exec "$@"\n{own_style}{answering()}')
    (failure,) = _failures()
    assert failure.name == "styles in the sandbox of GIMP 3.2 (Flatpak)" and "PermissionError" in failure.detail
    assert failure.remedy == "run `flatpak override --user --filesystem=xdg-data/auto-enhance-rl org.gimp.GIMP`"
    program("inside", f'[ "$1" = python3 ] || exec "$@"\n{answering()}')
    assert _failures() == []


def test_styles_that_snap_hides(snap: Path, program: Program, own_style: str) -> None:
    install.install()
    program("snap-bin/python3", own_style + answering(version="3.12"))
    (failure,) = _failures()  # the helper is in reach of this snap, which is a shell of this machine
    assert failure.name == "styles in the sandbox of GIMP 3.0 (Snap)" and "hidden folders" in failure.remedy


def test_flatpak_that_has_not_been_started(flatpak: Path) -> None:
    flatpak.rmdir()
    assert [each.name for each in _failures()] == ["GIMP's folder"]


def test_json(folder: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "trainer", "doctor", "--json"], capture_output=True, cwd=PROJECT)
    said = json.loads(done.stdout)
    assert done.returncode == 0 and said["ok"] is True
    assert len(said["checks"]) == 12 and set(said["checks"][0]) == {"name", "ok", "detail", "remedy"}
