# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of the whole chain: each broken link is named, with what to do about it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gimp_plugin import doctor, install


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which GIMP 3.0 has been started, and a gimp program that tells its version."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("GIMP3_DIRECTORY", raising=False)
    program = tmp_path / "bin" / "gimp"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'GNU Image Manipulation Program version 3.0.4'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    folder = tmp_path / ".config" / "GIMP" / "3.0"
    folder.mkdir(parents=True)
    return folder


def _failures() -> list[doctor.Check]:
    results = doctor.checks()
    for each in results:
        assert each.ok == (each.remedy == "")
        assert each.detail and each.name in str(each)
    return [each for each in results if not each.ok]


def test_all_is_well(profile: Path) -> None:
    install.install()
    results = doctor.checks()
    assert [each.name for each in results if not each.ok] == []
    assert [each.name for each in results] == [
        "GIMP", "shipped policy", "plug-in for GIMP 3.0", "helper's Python for GIMP 3.0", "decision for GIMP 3.0",
    ]  # fmt: skip
    assert results[0].detail.startswith("3.0.4")
    assert sys.executable in results[3].detail


def test_not_installed(profile: Path) -> None:
    (failure,) = _failures()
    assert failure.name == "plug-in for GIMP 3.0" and failure.remedy == "run `trainer install-plugin`"


def test_gimp_never_started(profile: Path) -> None:
    profile.rmdir()
    (failure,) = _failures()
    assert failure.name == "GIMP's folder" and "start GIMP 3 once" in failure.remedy


def test_only_gimp_2(profile: Path, tmp_path: Path) -> None:
    profile.rmdir()
    (tmp_path / "bin" / "gimp").write_text("#!/bin/sh\necho 'GNU Image Manipulation Program version 2.10.34'\n")
    assert "2.10.34" in _failures()[0].detail
    (tmp_path / "bin" / "gimp").unlink()
    assert _failures()[0].detail == "no gimp on PATH, and no folder of it"


def test_run_bit(profile: Path) -> None:
    (folder,) = install.install().done
    (folder / "auto_enhance_rl.py").chmod(0o644)
    (failure,) = _failures()
    assert "no run bit" in failure.detail


def test_other_version(profile: Path) -> None:
    (folder,) = install.install().done
    with (folder / "auto_enhance_rl.py").open("a") as file:
        file.write("# changed\n")
    (failure,) = _failures()
    assert "another version" in failure.detail and "again" in failure.remedy


@pytest.mark.parametrize("text", ["", "{", "[]", '{"python": 1}'])
def test_broken_settings(profile: Path, text: str) -> None:
    (folder,) = install.install().done
    (folder / "config.json").write_text(text)
    (failure,) = _failures()
    assert failure.name == "settings for GIMP 3.0" and "missing or broken" in failure.detail


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        (None, "can't be started (No such file or directory)"),
        ("#!/bin/sh\necho 'ModuleNotFoundError: no numpy' >&2; exit 1\n", "ModuleNotFoundError: no numpy"),
        ("#!/bin/sh\nexec sleep 20\n", "gave no answer in 0.5 seconds"),
    ],
)
def test_broken_interpreter(profile: Path, tmp_path: Path, script: str | None, seen: str) -> None:
    python = tmp_path / "python3"
    if script:
        python.write_text(script)
        python.chmod(0o755)
    (folder,) = install.install(python=str(python)).done
    settings = json.loads((folder / "config.json").read_text()) | {"timeout": 0.5}
    (folder / "config.json").write_text(json.dumps(settings))
    (failure,) = _failures()
    assert failure.name == "helper's Python for GIMP 3.0" and seen in failure.detail


def test_no_model(profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install.install()
    monkeypatch.setattr("models.policy.SHIPPED", tmp_path / "gone.onnx")
    (failure,) = _failures()
    assert failure.name == "shipped policy" and "gone.onnx" in failure.detail


def test_no_torch() -> None:
    script = "import sys, gimp_plugin.install, gimp_plugin.doctor; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
