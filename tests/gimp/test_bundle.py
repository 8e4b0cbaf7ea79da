# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundle in real GIMP: `trainer install-plugin --bundle` and `trainer doctor` beside it, with pip's real wheels.

Debian's own NumPy and ONNX Runtime are hidden from GIMP, and the helper is nowhere, so that nothing but the bundle
can decide. The wheels come from pip's index, once for each version of Python; where there is no network the tests are
skipped with the reason, or fail where CI=true.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from enhancer import photo
from gimp_plugin import bundle
from models import Policy
from tools.gimp_roots import root
from tools.gimp_roots.plug_in import install_in

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

PROJECT = Path(__file__).parents[2]
SUCCESS = 3  # Gimp.PDBStatusType
PYTHONS = {"3.0": "3.13", "3.2": "3.14"}  # what Debian's GIMP runs plug-ins in
TRAINER = ["/case/venv/bin/python3", "-m", "trainer"]
# An empty folder over each: what Python then finds there is a package with nothing in it.
HIDE = """packages=/usr/lib/python3/dist-packages
mount -t tmpfs tmpfs $packages/numpy; mount -t tmpfs tmpfs $packages/onnxruntime; exec "$@" """


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels for every Python, as docs/trouble.md says to make one."""
    folder = tmp_path_factory.mktemp("wheels")
    for python in PYTHONS.values():
        target = bundle.Target(python, ["manylinux_2_28_x86_64", "manylinux2014_x86_64"])
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), *bundle.fitting(target)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode:
            reason = f"no wheels to be had: {done.stderr.strip()[-500:]}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason, pytrace=False)
            warnings.warn(f"NOT TESTED in real GIMP: {reason}", stacklevel=2)
            pytest.skip(reason)
    return folder


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Any:
    """version -> {what was done: what it said}, in one root for each version."""

    def run(version: str) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp(f"bundle-{version}")
        shutil.copyfile(PROJECT / "tests" / "photos" / "otters.png", folder / "photo.png")
        shutil.copytree(wheels, folder / "wheels")
        plug_in = install_in(folder, version)
        inside = f"/case/{plug_in.relative_to(folder)}"
        (folder / "bundle.json").write_text(json.dumps({"folder": inside}))

        def trainer(*arguments: str) -> str:
            # the repository is /project in the root; no network there, so pip need not try for long
            variables = {"PYTHONPATH": "/project", "PIP_RETRIES": "1", "PIP_TIMEOUT": "2"}
            return root.run(version, [*TRAINER, *arguments], folder, environment=variables).stdout

        def doctor() -> Any:
            said = trainer("doctor", "--json")
            return json.loads(said[said.index('{\n "ok"') :])  # before it, what Debian's ONNX Runtime says on stderr

        said: dict[str, Any] = {"no pip": trainer("install-plugin", "--bundle")}
        root.run(version, ["/case/venv/bin/python3", "-m", "ensurepip"], folder)  # as it says
        said["no network"] = trainer("install-plugin", "--bundle")
        other = next(python for each, python in PYTHONS.items() if each != version)
        trainer("install-plugin", "--bundle", "--gimp-python", other, "--wheels", "/case/wheels")
        said["other Python"] = doctor()
        said["installed"] = trainer("install-plugin", "--bundle", "--wheels", "/case/wheels")
        said["again"] = trainer("install-plugin", "--bundle", "--wheels", "/case/wheels")

        settings = json.loads((plug_in / "config.json").read_text()) | {"python": "/nowhere/python3"}
        (plug_in / "config.json").write_text(json.dumps(settings))
        script = Path(__file__).parent / "scripts" / "bundle.py"
        shutil.copyfile(script, folder / script.name)
        batch = f"exec(compile(open('/case/{script.name}').read(), '{script.name}', 'exec'))"
        gimp = [f"gimp-console-{version}", "-idf", "--batch-interpreter=python-fu-eval", "-b", batch, "--quit"]
        output = root.run(version, ["sh", "-euc", HIDE, "-", *gimp], folder).stdout
        if not (folder / "done").exists():
            raise RuntimeError(f"{script.name} did not finish in GIMP {version}:\n{output[-4000:]}")
        said |= json.loads((folder / "results.json").read_text())
        said["doctor"] = doctor()
        # A plug-in that GIMP starts in vain, as where its Python lacks something.
        entry = plug_in / "auto_enhance_rl.py"
        entry.write_text(entry.read_text().replace("import gi  # noqa", "import nowhere, gi  # noqa", 1))
        start = ["--batch-interpreter=python-fu-eval", "-b", "0", "--quit"]
        root.run(version, [f"gimp-console-{version}", "-idf", *start], folder)
        said["broken"] = doctor()
        said["removed"] = trainer("install-plugin", "--uninstall")
        said["left"] = [str(path) for path in (folder / "home").rglob("auto_enhance_rl*")]
        said["photo"] = folder / "photo.png"
        return said

    return at_once(run)


def _checks(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["name"].partition(" for ")[0].partition(" in ")[0]: each for each in said["checks"]}


def test_no_pip(seen: Any, version: str) -> None:
    """A virtual environment without pip; what is done about it is what the message says."""
    said = seen(version)["no pip"]
    assert "FAILED: /case/venv/bin/python3 has no pip: run `python3 -m ensurepip` with it" in said


def test_no_network(seen: Any, version: str) -> None:
    """Real pip on a machine without one."""
    said = seen(version)["no network"]
    assert "FAILED: the network can't be reached" in said and "--wheels wheels" in said


def test_gimp_is_asked_for_its_python(seen: Any, version: str) -> None:
    said = seen(version)
    assert f"bundle: made, for Python {PYTHONS[version]}, 1" in said["installed"]  # 130 MB and something
    assert f"bundle: already there, for Python {PYTHONS[version]}" in said["again"]
    assert "already up to date" in said["again"]


def test_the_bundle_decides_in_gimp(seen: Any, version: str) -> None:
    said = seen(version)
    status, error, decision = said["with"]
    assert (status, error) == (SUCCESS, "")
    read = photo.read(said["photo"])
    expected = Policy.load().decide(photo.srgb(read))
    assert {row["name"]: row["value"] for row in decision["sliders"]} == expected.values


def test_nothing_else_can(seen: Any, version: str) -> None:
    status, error, decision = seen(version)["without"]
    assert status != SUCCESS and decision is None and error


def test_doctor_beside_real_gimp(seen: Any, version: str) -> None:
    said = seen(version)["doctor"]
    checks = _checks(said)
    assert [name for name, each in checks.items() if not each["ok"]] == []
    assert checks["GIMP"]["detail"].startswith(f"{version}.")
    assert checks["menu item"]["detail"].startswith("registered")  # GIMP's own note of it
    assert f"for Python {PYTHONS[version]}; in it photo chose" in checks["bundle"]["detail"]


def test_doctor_on_a_plug_in_that_gimp_started_in_vain(seen: Any, version: str) -> None:
    """By GIMP's own note of what has registered."""
    failures = {name: each for name, each in _checks(seen(version)["broken"]).items() if not each["ok"]}
    assert set(failures) == {"files", "menu item"}
    assert "did not take the plug-in in" in failures["menu item"]["detail"]
    assert "start GIMP in a terminal" in failures["menu item"]["remedy"]


def test_doctor_on_wheels_of_another_python(seen: Any, version: str) -> None:
    said = seen(version)["other Python"]
    (failure,) = [each for each in said["checks"] if not each["ok"]]
    assert failure["detail"].endswith(f"this GIMP's is {PYTHONS[version]}")
    assert failure["remedy"] == "run `trainer install-plugin --bundle` again"


def test_uninstall_leaves_nothing(seen: Any, version: str) -> None:
    said = seen(version)
    assert ": removed" in said["removed"] and said["left"] == []
