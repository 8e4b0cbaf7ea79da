# SPDX-License-Identifier: GPL-3.0-or-later
"""The installer, on folders as GIMP makes them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from editor_ops import SLIDERS
from gimp_plugin import install


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def plug_ins(tmp_path: Path) -> Path:
    return tmp_path / "GIMP" / "3.0" / "plug-ins"


@pytest.mark.parametrize(
    ("platform", "environment", "folders"),
    [
        ("linux", {}, [".config/GIMP", ".var/app/org.gimp.GIMP/config/GIMP", "snap/gimp/current/.config/GIMP"]),
        ("linux", {"XDG_CONFIG_HOME": "HOME/elsewhere"},
         ["elsewhere/GIMP", ".var/app/org.gimp.GIMP/config/GIMP", "snap/gimp/current/.config/GIMP"]),
        ("darwin", {}, ["Library/Application Support/GIMP"]),
        ("win32", {"APPDATA": "HOME/AppData/Roaming"}, ["AppData/Roaming/GIMP"]),
        ("win32", {}, ["AppData/Roaming/GIMP"]),
    ],
)  # fmt: skip
def test_where_gimp_keeps_its_folders(
    tmp_path: Path, platform: str, environment: dict[str, str], folders: list[str]
) -> None:
    environment = {name: value.replace("HOME", str(tmp_path)) for name, value in environment.items()}
    assert install.config_homes(platform, tmp_path, environment) == [tmp_path / each for each in folders]
    for each in folders:
        for version in ("2.10", "3.0", "3.10", "3.2", "3.0-old"):
            (tmp_path / each / version).mkdir(parents=True)
    found = install.plugin_folders(platform, tmp_path, environment)
    assert found == [tmp_path / each / v / "plug-ins" for each in folders for v in ("3.0", "3.2", "3.10")]


def test_gimps_own_variable_comes_first(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    assert install.plugin_folders("linux", tmp_path, {"GIMP3_DIRECTORY": str(profile)}) == [profile / "plug-ins"]


def test_install(plug_ins: Path) -> None:
    report = install.install([plug_ins], python=sys.executable)
    folder = plug_ins / "auto_enhance_rl"
    assert report.ok and report.done == [folder] and str(report) == f"installed: {folder}"
    assert sorted(os.listdir(folder)) == ["auto_enhance_rl.py", "config.json", "lib"]
    entry = folder / "auto_enhance_rl.py"
    assert stat.S_IMODE(entry.stat().st_mode) == 0o755
    assert entry.read_bytes() == install.ENTRY.read_bytes()
    assert sorted(os.listdir(folder / "lib")) == ["array_api_compat", "editor_ops", "models"]
    assert "MIT" in (folder / "lib" / "array_api_compat" / "METADATA").read_text()
    assert not list(folder.rglob("__pycache__"))
    config = json.loads((folder / "config.json").read_text())
    assert config["python"] == os.path.abspath(sys.executable)
    assert config["operations"] == list(dict.fromkeys(slider.operation for slider in SLIDERS))
    assert all(operation.startswith("gegl:") for operation in config["operations"])
    assert os.listdir(plug_ins.parent) == ["plug-ins"] and os.listdir(plug_ins) == ["auto_enhance_rl"]


def test_lib_is_complete(plug_ins: Path) -> None:
    """A Python that sees nothing of this project but lib/ comes to a decision; torch is not wanted."""
    install.install([plug_ins])
    script = """
import sys
lib = sys.argv[1]
sys.path[:] = [lib] + [p for p in sys.path if not p.endswith("site-packages")] + [
    p for p in sys.path if p.endswith("site-packages")]
from models import decide
import array_api_compat, editor_ops, models
assert all(m.__file__.startswith(lib) for m in (array_api_compat, editor_ops, models))
answer = decide.decide({"width": 4, "height": 3, "channels": 3, "model": ""}, bytes(range(36)))
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
    assert install.install([plug_ins]).ok
    assert _contents(folder) == first
    (folder / "my policy.onnx").write_bytes(b"mine")
    (folder / "lib" / "stale.py").write_text("left by an older version")
    (folder / "auto_enhance_rl.py").write_text("# an older version: python-fu-auto-enhance-rl")
    assert install.install([plug_ins]).ok
    assert _contents(folder) == first | {"my policy.onnx": b"mine"}


def test_nothing_else_is_overwritten(plug_ins: Path) -> None:
    folder = plug_ins / "auto_enhance_rl"
    folder.mkdir(parents=True)
    (folder / "auto_enhance_rl.py").write_text("somebody else's plug-in of the same name")
    for action in (install.install, install.uninstall):
        report = action([plug_ins])
        assert not report.ok
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
    assert failed == blocked / "plug-ins" / "auto_enhance_rl" and "check who may write there" in reason


def test_a_failed_swap_leaves_the_old_one(plug_ins: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install.install([plug_ins])
    before = _contents(plug_ins)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(install.shutil, "copytree", full)
    report = install.install([plug_ins])
    assert "No space left on device" in str(report) and not report.ok
    assert _contents(plug_ins) == before
    assert os.listdir(plug_ins.parent) == ["plug-ins"]


def test_uninstall(plug_ins: Path) -> None:
    install.install([plug_ins])
    (plug_ins / "auto_enhance_rl" / "my policy.onnx").write_bytes(b"mine")
    assert install.uninstall([plug_ins]).ok
    assert _contents(plug_ins) == {"auto_enhance_rl/my policy.onnx": b"mine"}
    (plug_ins / "auto_enhance_rl" / "my policy.onnx").unlink()
    install.install([plug_ins])
    assert install.uninstall([plug_ins]).ok
    assert os.listdir(plug_ins) == []
    again = install.uninstall([plug_ins])
    assert not again.done and not again.failed and "nothing to remove" in str(again)


def test_no_gimp_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(install, "plugin_folders", lambda: [])
    report = install.install()
    assert not report.ok
    assert "Start GIMP 3 once" in str(report) and str(tmp_path / ".config" / "GIMP") in str(report)
