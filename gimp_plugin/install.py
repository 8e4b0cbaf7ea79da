# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the plug-in where GIMP looks, and takes it away again.

GIMP loads PLUG-INS/auto_enhance_rl/auto_enhance_rl.py: folder and file share a name, and the file has its run bit.
Beside it go `lib/` (what a GIMP whose own Python has NumPy and ONNX Runtime needs) and `config.json` (the
interpreter to ask otherwise); auto_enhance_rl.py says what they are for.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from editor_ops import SLIDERS
from models import styles

NAME = "auto_enhance_rl"
ENTRY = Path(__file__).parent / NAME / f"{NAME}.py"
PROCEDURE = "python-fu-auto-enhance-rl"
PACKAGES = ("editor_ops", "models", "array_api_compat")
OPERATIONS = list(dict.fromkeys(slider.operation for slider in SLIDERS))
"""All that the plug-in lets a Decision use."""
TIMEOUT = 60.0
"""Seconds the helper may take. It needs about one for 24 megapixels; a cold disk or a busy machine may need ten."""
OURS = (*(path.name for path in ENTRY.parent.iterdir()), "config.json", "lib", "__pycache__")


@dataclass
class Report:
    """What was done: the plug-in folders that were written (or removed), and where it failed and why."""

    done: list[Path] = field(default_factory=list)
    failed: list[tuple[Path, str]] = field(default_factory=list)
    searched: list[Path] = field(default_factory=list)
    verb: str = "installed"

    @property
    def ok(self) -> bool:
        return bool(self.done) and not self.failed

    def __str__(self) -> str:
        lines = [f"{self.verb}: {folder}" for folder in self.done]
        lines += [f"not {self.verb}: {folder}: {reason}" for folder, reason in self.failed]
        if not lines and self.verb == "installed":
            places = "\n".join(f"  {folder}" for folder in self.searched)
            lines = [f"No GIMP 3 folder found. Start GIMP 3 once, then install again. Searched for 3.x in:\n{places}"]
        return "\n".join(lines or ["The plug-in is not installed anywhere; nothing to remove."])


def config_homes(
    platform: str = sys.platform, home: Path | None = None, environment: Mapping[str, str] = os.environ
) -> list[Path]:
    """The folders in which GIMP may keep one for each of its versions ("3.0", "3.2"), whether they exist or not."""
    home = home or Path.home()
    if platform == "win32":
        return [Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "GIMP"]
    if platform == "darwin":
        return [home / "Library" / "Application Support" / "GIMP"]
    return [
        Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "GIMP",
        home / ".var" / "app" / "org.gimp.GIMP" / "config" / "GIMP",  # Flatpak
        home / "snap" / "gimp" / "current" / ".config" / "GIMP",
    ]


def plugin_folders(
    platform: str = sys.platform, home: Path | None = None, environment: Mapping[str, str] = os.environ
) -> list[Path]:
    """The plug-ins folder of every GIMP 3 that has been started by this user, oldest version first."""
    profiles = []
    if environment.get("GIMP3_DIRECTORY"):  # GIMP's own way to say where its folder is
        profiles.append(Path(environment["GIMP3_DIRECTORY"]))
    for folder in config_homes(platform, home, environment):
        versions = [each for each in folder.glob("3.*") if re.fullmatch(r"3\.\d+", each.name) and each.is_dir()]
        profiles += sorted(versions, key=lambda each: int(each.name[2:]))
    return [profile / "plug-ins" for profile in profiles]


def install(destinations: Iterable[str | Path] | None = None, python: str = sys.executable) -> Report:
    """Installs the plug-in, over an older one if there is one.

    destinations: GIMP's plug-ins folders (".../GIMP/3.0/plug-ins"); None is every one found.
    python: the interpreter that the plug-in asks where GIMP's own lacks NumPy and ONNX Runtime; this package has
    to be installed for it. Each plug-in is made aside and then renamed into place. Other files in its folder stay.
    """
    report = Report(searched=config_homes())
    for plug_ins in plugin_folders() if destinations is None else map(Path, destinations):
        _attempt(report, plug_ins / NAME, lambda folder: _install_one(folder, python))
    return report


def uninstall(destinations: Iterable[str | Path] | None = None) -> Report:
    """Removes the plug-in from GIMP's plug-ins folders (None: every one found). Other files in its folder stay."""
    report = Report(searched=config_homes(), verb="removed")
    for plug_ins in plugin_folders() if destinations is None else map(Path, destinations):
        if (plug_ins / NAME).exists():
            _attempt(report, plug_ins / NAME, _uninstall_one)
    return report


def config(python: str) -> dict[str, object]:
    """What the plug-in reads from config.json."""
    # No resolve(): a virtual environment's python is a link, and following it leaves the environment.
    interpreter = os.path.abspath(shutil.which(python) or python)
    # The user's folder as seen here: a packaged GIMP (Flatpak, snap) points its own programs elsewhere.
    return {
        "python": interpreter, "timeout": TIMEOUT, "operations": OPERATIONS, "styles": str(styles.user_folder()),
    }  # fmt: skip


def _attempt(report: Report, folder: Path, act: Callable[[Path], None]) -> None:
    try:
        _check_ours(folder)
        act(folder)
    except OSError as error:
        report.failed.append((folder, f"{error.strerror or error}; check who may write there"))
    except ValueError as error:
        report.failed.append((folder, str(error)))
    else:
        report.done.append(folder)


def _check_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ValueError("is a link or a file, not a folder; remove it yourself if it is not needed")
    if folder.exists() and any(folder.iterdir()):
        entry = folder / ENTRY.name
        if not entry.is_file() or PROCEDURE not in entry.read_text(encoding="utf-8", errors="replace"):
            raise ValueError("holds something else, not this plug-in; move it away first")


def _install_one(folder: Path, python: str) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the plug-ins folder, not in it: GIMP may be starting, and would look into it.
    with tempfile.TemporaryDirectory(prefix=f".{NAME}-", dir=folder.parent.resolve().parent) as aside:
        new, old = Path(aside, "new"), Path(aside, "old")
        _fill(new, python)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
        if old.exists():
            for other in _others(old):
                other.rename(folder / other.name)


def _fill(new: Path, python: str) -> None:
    shutil.copytree(ENTRY.parent, new, ignore=shutil.ignore_patterns("__pycache__"))
    (new / ENTRY.name).chmod(0o755)
    for package in PACKAGES:
        shutil.copytree(_source(package), new / "lib" / package, ignore=shutil.ignore_patterns("__pycache__"))
    _copy_licence("array-api-compat", new / "lib" / "array_api_compat")
    (new / "config.json").write_text(json.dumps(config(python), indent=1) + "\n", encoding="utf-8")
    for path in [new, *new.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)  # mkdtemp and an umask may have made it ours alone


def _source(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.origin:
        raise ValueError(f"the package {package} is missing here; install auto-enhance-rl with pip, then try again")
    return Path(spec.origin).parent


def _copy_licence(distribution: str, folder: Path) -> None:
    """A copy of somebody's code goes with the names of its authors and its licence, which pip keeps elsewhere."""
    try:
        files: Sequence[importlib.metadata.PackagePath] = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for file in files:
        if file.name == "METADATA" or file.name.startswith("LICENSE"):
            shutil.copyfile(str(file.locate()), folder / file.name)


def _uninstall_one(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name in OURS:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()


def _others(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name not in OURS]
