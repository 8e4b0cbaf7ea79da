# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer, on folders as GIMP makes them."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from editor_ops import SLIDERS
from gimp_plugin import bundle, install

from .conftest import INSTALLED, Program


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def plug_ins(tmp_path: Path) -> Path:
    return tmp_path / "GIMP" / "3.0" / "plug-ins"


def test_install(plug_ins: Path) -> None:
    report = install.install([plug_ins], python=sys.executable)
    folder = plug_ins / "auto_enhance_rl"
    assert report.ok and report.done == [folder]
    assert str(report).splitlines() == [
        "GIMP 3.0 (as given): installed",
        f"  folder: {folder}",
        f"  helper: {sys.executable}",
        "Restart GIMP: Colors > Auto > Auto Enhance (RL). `trainer doctor` checks every step.",
    ]
    assert sorted(os.listdir(folder)) == INSTALLED
    entry = folder / "auto_enhance_rl.py"
    assert stat.S_IMODE(entry.stat().st_mode) == 0o755
    assert entry.read_bytes() == install.ENTRY.read_bytes()
    assert sorted(os.listdir(folder / "lib")) == ["array_api_compat", "editor_ops", "models"]
    assert "MIT" in (folder / "lib" / "array_api_compat" / "METADATA").read_text()
    assert not list(folder.rglob("__pycache__"))
    config = json.loads((folder / "config.json").read_text())
    assert config["python"] == os.path.abspath(sys.executable)
    assert config["files"] == INSTALLED
    assert os.listdir(plug_ins.parent) == ["plug-ins"] and os.listdir(plug_ins) == ["auto_enhance_rl"]


def test_lib_is_complete(plug_ins: Path) -> None:
    """A Python that sees nothing of this project but lib/ comes to a decision; torch is not wanted."""
    install.install([plug_ins])
    script = """
import sys
lib = sys.argv[1]
sys.path[:] = [lib] + [p for p in sys.path if not p.endswith("site-packages")] + [
    p for p in sys.path if p.endswith("site-packages")]
from models import helper
import array_api_compat, editor_ops, models
assert all(m.__file__.startswith(lib) for m in (array_api_compat, editor_ops, models))
answer = helper.Session().answer({"width": 4, "height": 3, "channels": 3, "model": ""}, bytes(range(36)))
assert "torch" not in sys.modules
print(len(answer["sliders"]))
"""
    lib = plug_ins / "auto_enhance_rl" / "lib"
    done = subprocess.run([sys.executable, "-I", "-c", script, str(lib)], capture_output=True, text=True, cwd="/")
    assert (done.stdout.strip(), done.returncode) == (str(len(SLIDERS)), 0), done.stderr


def test_again_gives_the_same_and_keeps_what_the_user_added(plug_ins: Path) -> None:
    install.install([plug_ins])
    folder = plug_ins / "auto_enhance_rl"
    first = _contents(folder)
    touched = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert "already up to date" in str(install.install([plug_ins]))
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == touched
    (folder / "my policy.onnx").write_bytes(b"mine")
    (folder / "lib" / "stale.py").write_text("left by an older version")
    (folder / "auto_enhance_rl.py").write_text("# an older version: python-fu-auto-enhance-rl")
    report = install.install([plug_ins])
    assert report.ok and "GIMP 3.0 (as given): updated" in str(report)
    assert _contents(folder) == first | {"my policy.onnx": b"mine"}


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "auto_enhance_rl.py").chmod(0o644),
        lambda folder: (folder / "lib" / "models" / "helper.py").unlink(),
        lambda folder: (folder / "config.json").write_text("{"),
        lambda folder: (folder / "lib" / "stale.py").write_text("left by an older version"),
    ],
)
def test_again_mends(plug_ins: Path, damage: Callable[[Path], object]) -> None:
    (folder,) = install.install([plug_ins]).done
    whole = _contents(folder)
    damage(folder)
    assert "updated" in str(install.install([plug_ins]))
    assert _contents(folder) == whole
    assert stat.S_IMODE((folder / "auto_enhance_rl.py").stat().st_mode) == 0o755
    assert "already up to date" in str(install.install([plug_ins]))


@pytest.fixture
def several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package folder as one of several files, with translations and help; returns it."""
    package = tmp_path / "package" / "auto_enhance_rl"
    shutil.copytree(install.ENTRY.parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("extra.py", "locale/de/LC_MESSAGES/auto_enhance_rl.mo", "help/index.html", "__pycache__/extra.pyc"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(name)
    monkeypatch.setattr(install, "ENTRY", package / "auto_enhance_rl.py")
    return package


def test_every_file_of_the_package_goes_in_and_old_ones_out(plug_ins: Path, several_files: Path) -> None:
    (folder,) = install.install([plug_ins]).done
    there = _contents(folder)
    for name in ("extra.py", "locale/de/LC_MESSAGES/auto_enhance_rl.mo", "help/index.html"):
        assert there[name] == name.encode()
        assert not os.access(folder / name, os.X_OK) or os.geteuid() == 0
        assert stat.S_IMODE((folder / name).stat().st_mode) & 0o111 == 0
    assert not [name for name in there if name.endswith(".pyc")]
    # A later version has a file less.
    (several_files / "extra.py").unlink()
    assert "updated" in str(install.install([plug_ins]))
    assert _contents(folder).keys() == there.keys() - {"extra.py"}


@pytest.mark.parametrize("damaged", [False, True])
def test_an_earlier_version_of_flat_files_goes(plug_ins: Path, damaged: bool) -> None:
    """Before the package `plugin`, its modules lay beside the entry file; config.json noted them."""
    folder = plug_ins / "auto_enhance_rl"
    flat = ["agent.py", "dialog.py", "edit.py", "filters.py", "layers.py", "merged.py", "ours.py", "row.py", "words.py"]
    (folder / "lib" / "models").mkdir(parents=True)
    (folder / "auto_enhance_rl.py").write_text('PROCEDURE = "python-fu-auto-enhance-rl"')
    for name in (*flat, "lib/models/decide.py", "mine.txt"):
        (folder / name).write_text("older")
    settings = {
        "python": "/x",
        "timeout": 60.0,
        "styles": "",
        "files": [*flat, "auto_enhance_rl.py", "config.json", "lib"],
    }
    (folder / "config.json").write_text("{" if damaged else json.dumps(settings))
    assert "updated" in str(install.install([plug_ins]))
    assert {path.name for path in folder.iterdir()} == {*INSTALLED, "mine.txt"}
    assert "already up to date" in str(install.install([plug_ins]))


def test_a_wheel_carries_every_file_of_the_package(several_files: Path) -> None:
    with (Path(__file__).parents[2] / "pyproject.toml").open("rb") as file:
        setuptools = tomllib.load(file)["tool"]["setuptools"]
    packages = {"gimp_plugin.auto_enhance_rl", "gimp_plugin.auto_enhance_rl.plugin"}  # their .py files
    assert packages <= set(setuptools["packages"])
    patterns = ["*.py", "plugin/*.py", *setuptools["package-data"]["gimp_plugin.auto_enhance_rl"]]
    carried = {path for pattern in patterns for path in several_files.glob(pattern)}
    installed = {several_files / path for path in install.program_files() if not path.startswith("lib")}
    assert len(installed) >= 4 and installed <= carried


def test_a_new_version_leaves_bundle_and_log(plug_ins: Path) -> None:
    (folder,) = install.install([plug_ins]).done
    (folder / "bundle" / "numpy").mkdir(parents=True)
    (folder / "auto_enhance_rl.log").write_text("2026-11-23 10:00:00 WARNING no decision")
    (folder / "auto_enhance_rl.py").write_text("# an older version: python-fu-auto-enhance-rl")
    assert "updated" in str(install.install([plug_ins]))
    assert (folder / "bundle" / "numpy").is_dir() and "no decision" in (folder / "auto_enhance_rl.log").read_text()


def test_settings_that_name_other_files_harm_nothing(plug_ins: Path) -> None:
    """config.json notes what an installation put in, and anybody may have written into it."""
    (folder,) = install.install([plug_ins]).done
    (plug_ins / "other.txt").write_text("the user's")
    settings = json.loads((folder / "config.json").read_text())
    settings["files"] += ["../other.txt", str(plug_ins / "other.txt"), "..", 3]
    (folder / "config.json").write_text(json.dumps(settings))
    assert install.install([plug_ins]).ok
    assert install.uninstall([plug_ins]).ok
    assert _contents(plug_ins) == {"other.txt": b"the user's"}


def test_nothing_else_is_overwritten(plug_ins: Path) -> None:
    folder = plug_ins / "auto_enhance_rl"
    folder.mkdir(parents=True)
    (folder / "auto_enhance_rl.py").write_text("somebody else's plug-in of the same name")
    for action in (install.install, install.uninstall):
        report = action([plug_ins])
        assert not report.ok and report.done == []
        assert "holds something else, not this plug-in; move it away first" in str(report)
        assert _contents(folder) == {"auto_enhance_rl.py": b"somebody else's plug-in of the same name"}


def test_a_link_is_left_alone(plug_ins: Path, tmp_path: Path) -> None:
    plug_ins.mkdir(parents=True)
    (tmp_path / "checkout").mkdir()
    (plug_ins / "auto_enhance_rl").symlink_to(tmp_path / "checkout")
    assert "is a link" in str(install.install([plug_ins]))
    assert os.listdir(tmp_path / "checkout") == []


def test_one_failure_does_not_stop_the_others(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    good = tmp_path / "3.2" / "plug-ins"
    report = install.install([blocked / "plug-ins", good])
    assert not report.ok
    assert report.done == [good / "auto_enhance_rl"]
    ((failed, reason),) = report.failed
    assert failed == blocked / "plug-ins" / "auto_enhance_rl" and "who may write there" in reason


def test_what_a_killed_installation_left_goes_with_the_next(tmp_path: Path) -> None:
    """Killed when all was in place, and only the older files were still to be removed."""
    install.install([tmp_path])
    folder = tmp_path / install.PLUG_IN
    left = folder / f"{bundle.TEMPORARY_PREFIX}x" / "old"
    left.mkdir(parents=True)
    (left / "config.json").write_text("{}")
    (report,) = install.install([tmp_path]).entries
    assert report.state == "already up to date" and not left.parent.exists()


@pytest.mark.parametrize(
    ("number", "remedy"), [(errno.ENOSPC, "make room"), (errno.EROFS, "--into"), (errno.EACCES, "close GIMP")]
)
@pytest.mark.parametrize("at", [0, 40])
def test_a_failure_leaves_the_old_one(
    plug_ins: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str, at: int
) -> None:
    (folder,) = install.install([plug_ins]).done
    (folder / "lib" / "models" / "helper.py").write_text("older")
    before = _contents(plug_ins)
    copies = iter(range(100))

    def full(source: Path, target: Path) -> None:
        if next(copies) == at:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(install.shutil, "copyfile", full)
    report = install.install([plug_ins])
    assert not report.ok and os.strerror(number) in str(report) and remedy in str(report)
    assert _contents(plug_ins) == before
    assert os.listdir(plug_ins.parent) == ["plug-ins"]


@pytest.mark.parametrize("failing", range(6))
@pytest.mark.parametrize("failure", [OSError(13, "Permission denied"), KeyboardInterrupt()])
def test_a_swap_that_stops_midway_is_undone(
    plug_ins: Path, monkeypatch: pytest.MonkeyPatch, failing: int, failure: BaseException
) -> None:
    (folder,) = install.install([plug_ins]).done
    (folder / "auto_enhance_rl.py").write_text("# an older version: python-fu-auto-enhance-rl")
    before = _contents(plug_ins)
    rename, count = Path.rename, iter(range(100))

    def stops(self: Path, target: Path) -> Path:
        if next(count) == failing:
            raise failure
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", stops)
    if isinstance(failure, OSError):
        assert "Permission denied" in str(install.install([plug_ins]))
    else:
        with pytest.raises(KeyboardInterrupt):
            install.install([plug_ins])
    assert next(count) > failing  # it came so far
    assert _contents(plug_ins) == before


def test_what_a_killed_installation_left_goes(plug_ins: Path) -> None:
    left = plug_ins / "auto_enhance_rl" / ".auto_enhance_rl-abc" / "new"
    left.mkdir(parents=True)
    assert install.install([plug_ins]).ok
    assert sorted(os.listdir(plug_ins / "auto_enhance_rl")) == INSTALLED


def test_uninstall(plug_ins: Path, several_files: Path) -> None:
    (folder,) = install.install([plug_ins]).done
    (folder / "my policy.onnx").write_bytes(b"mine")
    (folder / "bundle" / "numpy").mkdir(parents=True)
    (folder / "bundle" / "numpy" / "__init__.py").touch()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "extra.cpython-313.pyc").touch()
    for name in ("auto_enhance_rl.log", "auto_enhance_rl.log.1"):
        (folder / name).touch()
    report = install.uninstall([plug_ins])
    assert report.ok and "left, since it is not the plug-in's: my policy.onnx" in str(report)
    assert _contents(plug_ins) == {"auto_enhance_rl/my policy.onnx": b"mine"}
    assert install.install([plug_ins]).ok  # beside the user's file
    (folder / "my policy.onnx").unlink()
    assert install.uninstall([plug_ins]).ok
    assert os.listdir(plug_ins) == []
    again = install.uninstall([plug_ins])
    assert not again.done and not again.failed and "nothing to remove" in str(again)


def test_every_gimp_that_is_found(profile: Path, flatpak: Path, home: Path) -> None:
    """One from the system, one from Flatpak: named, with their packaging, and the sandboxed one with its remedy."""
    report = install.install()
    assert report.ok
    folders = [version / "plug-ins" / "auto_enhance_rl" for version in (profile, flatpak)]
    assert report.done == folders
    assert str(report).splitlines() == [
        "GIMP 3.0.4 (system or AppImage): installed",
        f"  folder: {folders[0]}",
        f"  helper: {sys.executable}",
        "GIMP 3.2.4 (Flatpak): installed",
        f"  folder: {folders[1]}",
        f"  helper: {sys.executable}",
        "  This GIMP is in a sandbox (Flatpak), mostly out of the helper's reach: "
        "run `trainer install-plugin --bundle`",
        "Restart GIMP: Colors > Auto > Auto Enhance (RL). `trainer doctor` checks every step.",
    ]
    assert install.uninstall().done == folders
    assert not [path for path in home.rglob("*") if "auto_enhance_rl" in path.name]


def test_uninstall_looks_where_no_gimp_looks_any_more(flatpak: Path, home: Path) -> None:
    unused = home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP" / "3.0" / "plug-ins"
    assert install.install([unused]).ok and (unused / "auto_enhance_rl").exists()
    assert install.uninstall().done == [unused / "auto_enhance_rl"]
    assert os.listdir(unused) == []


def test_gimps_without_a_folder_are_named(profile: Path, flatpak: Path, program: Program) -> None:
    flatpak.rmdir()
    program("gimp-3", "echo 'GNU Image Manipulation Program version 2.10.38'\n")
    said = str(install.install())
    assert "GIMP 3.0.4 (system or AppImage): installed" in said
    assert "GIMP 3.2.4 (Flatpak): never started; start it once, then install again" in said
    assert "GIMP 2.10.38 (system or AppImage): too old" in said


def test_no_gimp_found(home: Path) -> None:
    report = install.install()
    assert not report.ok
    for words in ("Start GIMP 3 once", str(home / ".config" / "GIMP"), str(home / "snap"), "--into FOLDER"):
        assert words in str(report)
