# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundle for a GIMP in a sandbox: which wheels are asked for, and what is said where there are none.

pip is a script here, which leaves files as pip does; tests/gimp/test_bundle.py has the real one, in real GIMP.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy
import onnxruntime
import pytest

from editor_ops import SLIDERS
from gimp_plugin import bundle, doctor, install

from .conftest import INSTALLED, PYTHON, Program, answering

# What pip leaves: the compiled files whose names say the Python. "$@" has --target DIR and --python-version X.Y.
PIP = """
while [ $# -gt 0 ]; do
  case "$1" in --target) target=$2 ;; --python-version) python=$2 ;; esac; shift
done
tag=cpython-$(echo "$python" | tr -d .)-x86_64-linux-gnu
mkdir -p "$target/numpy/_core" "$target/onnxruntime/capi"
touch "$target/numpy/_core/_multiarray_umath.$tag.so" "$target/onnxruntime/capi/onnxruntime_pybind11_state.$tag.so"
"""
# GIMP's own Python, which imports whatever it is told to
IMPORTING = f"""case "$*" in
*multiarray*|*"import onnxruntime"*) for last; do :; done; echo "$last/onnxruntime/__init__.py" ;;
*) {answering()} ;;
esac
"""


@pytest.fixture
def folder(profile: Path, program: Program) -> Path:
    """The plug-in's folder in GIMP 3.0.4."""
    program("python3", IMPORTING)
    (done,) = install.install().done
    return done


def _request(program: Program, script: str = PIP, **changes: object) -> bundle.Request:
    return bundle.Request(pip=(str(program("pip", script)),))._replace(**changes)


def _fails(request: bundle.Request, folder: Path) -> str:
    """The sentence with which the installer fails; nothing is left behind, and the plug-in itself is there."""
    before = sorted(os.listdir(folder)) if folder.exists() else None
    report = install.install(wanted=request)
    (failure,) = report.failed
    assert before is None or sorted(os.listdir(folder)) == before
    assert (failure[0] / "auto_enhance_rl.py").exists() and f"FAILED: {failure[1]}" in str(report)
    return failure[1]


def test_made_for_the_python_that_gimp_has(folder: Path, program: Program) -> None:
    seen: list[float] = []
    report = install.install(wanted=_request(program, progress=seen.append))
    assert report.ok and "bundle: made, for Python 3.13, 0 MB" in str(report)
    assert bundle.python_versions(folder / "bundle") == {"3.13"}
    assert sorted(os.listdir(folder)) == sorted([*INSTALLED, "bundle"])
    assert seen[-1] == bundle.SIZE and seen == sorted(seen)
    again = install.install(wanted=_request(program, "exit 1\n"))
    assert again.ok and "bundle: already there, for Python 3.13" in str(again)


def test_anew_for_a_new_python(folder: Path, program: Program) -> None:
    assert install.install(wanted=_request(program)).ok
    (folder / "bundle" / "old").touch()
    program("python3", IMPORTING.replace('"3.13"', '"3.14"'))
    assert "made, for Python 3.14" in str(install.install(wanted=_request(program)))
    assert sorted(os.listdir(folder / "bundle")) == ["numpy", "onnxruntime"]


def test_pip_is_asked_for_wheels_that_fit(folder: Path, program: Program, home: Path) -> None:
    install.install(wanted=_request(program, f'printf "%s\\n" "$@" >{home}/asked\n{PIP}'))
    asked = (home / "asked").read_text().splitlines()
    assert asked[:2] == ["install", "--target"] and asked[-2:] == ["numpy", "onnxruntime"]
    for words in (["--only-binary=:all:"], ["--no-deps"], ["--implementation", "cp"], ["--python-version", "3.13"]):
        assert any(asked[at : at + len(words)] == words for at in range(len(asked))), words
    platforms = [asked[at + 1] for at, word in enumerate(asked) if word == "--platform"]
    assert platforms[0] == "manylinux_2_41_x86_64" and len(platforms) == 41 - 17 + 1 + 1
    assert platforms[-2:] == ["manylinux_2_17_x86_64", "manylinux2014_x86_64"]
    assert "--no-index" not in asked


def test_wheels_that_are_there_need_no_network(folder: Path, program: Program, home: Path) -> None:
    (home / "wheels").mkdir()
    script = f'printf "%s\\n" "$@" >{home}/asked\n{PIP}'
    install.install(wanted=_request(program, script, wheels=home / "wheels"))
    asked = (home / "asked").read_text().splitlines()
    assert asked[asked.index("--no-index") + 1 :][:2] == ["--find-links", str(home / "wheels")]


@pytest.mark.parametrize(
    ("about", "platforms"),
    [
        ({"platform": "linux-aarch64", "libc": ["glibc", "2.18"]},
         ["manylinux_2_18_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64"]),
        ({"platform": "macosx-11.0-arm64"}, ["macosx_14_0_arm64"]),
        ({"platform": "win-amd64"}, ["win_amd64"]),
    ],
)  # fmt: skip
def test_pips_names_for_systems(
    about: dict[str, object], platforms: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle.platform, "mac_ver", lambda: ("14.5", ("", "", ""), "arm64"))
    assert bundle.pip_platforms(PYTHON | about) == platforms


def test_flatpak_is_asked_inside(flatpak: Path, program: Program) -> None:
    program("inside", f'[ "$1" = python3 ] || exit 1\n{IMPORTING}')
    report = install.install(wanted=_request(program))
    assert report.ok and "bundle: made, for Python 3.13" in str(report) and "sandbox" not in str(report)


def test_only_the_one_in_a_sandbox_gets_a_bundle(profile: Path, flatpak: Path, program: Program) -> None:
    program("inside", f'[ "$1" = python3 ] || exit 1\n{IMPORTING}')
    report = install.install(wanted=_request(program))
    assert report.ok and [(folder / "bundle").exists() for folder in report.done] == [False, True]
    # the other one, asked for by name
    program("python3", IMPORTING)
    report = install.install([profile / "plug-ins"], wanted=_request(program))
    assert report.ok and (report.done[0] / "bundle").exists()


def test_said_by_hand(home: Path, program: Program) -> None:
    """An AppImage can't be asked."""
    (home / ".config" / "GIMP" / "3.2").mkdir(parents=True)
    said = _fails(_request(program), home / ".config" / "GIMP" / "3.2" / "plug-ins" / "auto_enhance_rl")
    assert "can't be asked for its Python" in said and "Python Console" in said and "--gimp-python 3.13" in said
    report = install.install(wanted=_request(program, version="3.12"))
    assert report.ok and "made, for Python 3.12" in str(report)


# name -> what GIMP's Python says of itself, words of the cause, and of the remedy
PYTHONS: dict[str, tuple[dict[str, object], str, str]] = {
    "Windows": ({"platform": "mingw_x86_64_ucrt"}, "MSYS2's Python", "without --bundle"),
    "Alpine": ({"libc": ["", ""]}, "no glibc", "use Flatpak's GIMP"),
    "PyPy": ({"implementation": "pypy"}, "is pypy", "use another GIMP"),
    "old": ({"version": "3.10"}, "is 3.10, and the agent needs 3.11", "use a newer GIMP"),
}


@pytest.mark.parametrize("name", PYTHONS)
def test_a_python_for_which_there_is_none(folder: Path, program: Program, name: str) -> None:
    changes, cause, remedy = PYTHONS[name]
    program("python3", answering(**changes))
    said = _fails(_request(program), folder)
    assert cause in said and remedy in said


# name -> what pip does, words of the cause, and of the remedy
PIPS: dict[str, tuple[str, str, str]] = {
    "no pip": ("echo '/usr/bin/python3: No module named pip'; exit 1\n", "has no pip", "`python3 -m ensurepip`"),
    "no network": (
        "echo 'WARNING: Retrying: NewConnectionError(...)'; echo 'ERROR: No matching distribution found'; exit 1\n",
        "network can't be reached",
        "download --dest wheels --no-deps --only-binary=:all: --implementation cp --python-version 3.13",
    ),
    "no wheel": (
        "echo 'ERROR: No matching distribution found for onnxruntime'; exit 1\n", "pip finds no NumPy and ONNX Runtime",
        "use another package of GIMP",
    ),
    "no room": ("echo 'ERROR: [Errno 28] No space left on device'; exit 1\n", "there is no room", "free 400 MB"),
    "other": ("echo 'ERROR: the index is on fire'; exit 1\n", "the index is on fire", "update pip"),
    "silent": ("exit 1\n", "pip failed (nothing)", "try again"),
    "nothing made": ("exit 0\n", "left no NumPy", "update pip"),
    "another Python's": (f"set -- \"$@\" --python-version 3.9\n{PIP}", "left no NumPy", "update pip"),
}  # fmt: skip


@pytest.mark.parametrize("name", PIPS)
def test_what_pip_fails_with_in_one_sentence(folder: Path, program: Program, name: str) -> None:
    script, cause, remedy = PIPS[name]
    said = _fails(_request(program, script), folder)
    assert cause in said and remedy in said and "\n" not in said


def test_a_failure_leaves_the_bundle_that_is_there(folder: Path, program: Program) -> None:
    assert install.install(wanted=_request(program)).ok
    program("python3", IMPORTING.replace('"3.13"', '"3.14"'))
    assert "no room" in _fails(_request(program, PIPS["no room"][0]), folder)
    assert bundle.python_versions(folder / "bundle") == {"3.13"}


def test_wheels_that_do_not_fit(folder: Path, program: Program, home: Path) -> None:
    request = _request(program, PIPS["no wheel"][0], wheels=home)
    said = _fails(request, folder)
    assert f"{home} has no wheels for Python 3.13" in said and "python3 -m pip download --dest wheels" in said
    assert "is no folder" in _fails(request._replace(wheels=home / "nowhere"), folder)


def test_little_room(folder: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = bundle.shutil.disk_usage(folder)
    monkeypatch.setattr(bundle.shutil, "disk_usage", lambda path: usage._replace(free=12_000_000))
    assert "has room for 12 MB, and 400 MB are needed: make room" in _fails(_request(program), folder)


def test_pip_that_can_not_be_started(folder: Path) -> None:
    said = _fails(bundle.Request(pip=("/nowhere/python",)), folder)
    assert "/nowhere/python can't be started (No such file or directory)" in said and "install auto-enhance-rl" in said


def test_wheels_that_gimp_can_not_import(folder: Path, program: Program) -> None:
    """They are tried in GIMP's own Python before they are put in place."""
    broken = IMPORTING.replace("for last; do :; done; echo", "echo 'ImportError: libgomp.so.1' >&2; exit 1; echo")
    program("python3", broken)
    said = _fails(_request(program), folder)
    assert "ImportError: libgomp.so.1" in said and "`trainer doctor`" in said


def test_ctrl_c_ends_pip_and_leaves_nothing(folder: Path, home: Path, program: Program) -> None:
    pip = program("pip", f"echo $$ >{home}/pid\nexec sleep 60\n")
    script = (
        "import sys\nfrom gimp_plugin import bundle, install\n"
        "install.install(wanted=bundle.Request(pip=(sys.argv[1],)))"
    )
    running = subprocess.Popen([sys.executable, "-c", script, str(pip)], cwd=Path(__file__).parents[2])
    until = time.monotonic() + 30
    while not ((home / "pid").exists() and (home / "pid").read_text().endswith("\n")):
        assert time.monotonic() < until
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    assert running.wait(20) != 0
    with pytest.raises(ProcessLookupError):
        os.kill(int((home / "pid").read_text()), 0)
    assert sorted(os.listdir(folder)) == INSTALLED


def test_compiled_files_say_their_python(tmp_path: Path) -> None:
    stems = "numpy/_core/_multiarray_umath", "onnxruntime/capi/onnxruntime_pybind11_state"
    for ending in ("cp312-win_amd64.pyd", "cpython-312-darwin.so"):
        for stem in stems:
            (tmp_path / ending / stem).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / ending / f"{stem}.{ending}").touch()
        assert bundle.python_versions(tmp_path / ending) == {"3.12"}
    (tmp_path / ending / f"{stems[1]}.{ending}").unlink()
    assert bundle.python_versions(tmp_path / ending) == set()


# The doctor's look at it


def _failure() -> doctor.Check:
    (failure,) = [each for each in doctor.checks() if not each.ok]
    return failure


def test_doctor_on_a_bundle_of_another_python(folder: Path, program: Program) -> None:
    install.install(wanted=_request(program, version="3.12"))
    failure = _failure()
    assert failure.name == "bundle for GIMP 3.0 (system or AppImage)"
    assert failure.detail == "for Python 3.12, and this GIMP's is 3.13"
    assert failure.remedy == "run `trainer install-plugin --bundle` again"


def test_doctor_on_a_damaged_bundle(folder: Path, program: Program) -> None:
    install.install(wanted=_request(program))
    next((folder / "bundle").rglob("onnxruntime_pybind11_state*")).unlink()
    assert "is not whole" in _failure().detail and "--bundle` again" in _failure().remedy


def test_doctor_on_a_bundle_that_decides_nothing(folder: Path, program: Program) -> None:
    install.install(wanted=_request(program))
    program("python3", f'case "$*" in *models*) echo "ImportError: libgomp.so.1" >&2; exit 1 ;; esac\n{answering()}')
    assert "GIMP's Python 3.13 can't use it (ImportError: libgomp.so.1)" in _failure().detail


def test_doctor_on_a_bundle_that_decides(flatpak: Path, program: Program) -> None:
    """In a sandbox, whose Python is this one here; with its bundle it needs no helper, and a real decision comes."""
    version = f"3.{sys.version_info.minor}"
    inside = f'case "$*" in *sysconfig*) {answering(version=version)} ;; *) shift; exec {sys.executable} "$@" ;; esac\n'
    program("inside", f'[ "$1" = python3 ] || exit 1\n{inside}')
    real = {package.__name__: Path(str(package.__file__)).parent for package in (numpy, onnxruntime)}
    links = "".join(f'ln -s "{source}" "$target/{name}"\n' for name, source in real.items())
    pip = 'while [ "$1" != --target ]; do shift; done; target=$2; mkdir -p "$target"\n' + links
    assert install.install(wanted=_request(program, pip)).ok
    results = doctor.checks()
    assert [each for each in results if not each.ok] == []
    (check,) = [each for each in results if each.name == "bundle for GIMP 3.2 (Flatpak)"]
    assert check.detail.startswith(f"for Python {version}; in it photo chose for a dim grey ramp: {SLIDERS[0].label}")
    assert not [each for each in results if "helper" in each.name]
