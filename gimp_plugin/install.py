# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the plug-in where GIMP looks, and takes it away again.

GIMP loads PLUG-INS/auto_enhance_rl/auto_enhance_rl.py: folder and file share a name, and the file has its run bit.
Beside it go the plug-in's other files, `lib/` (what a GIMP whose own Python has NumPy and ONNX Runtime needs),
`config.json` (the interpreter to ask otherwise) and, when asked for, `bundle/` (see bundle.py).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from models import styles
from models.decision import MALFORMED
from models.faces import styles as face_styles

from . import bundle, discovery
from .auto_enhance_rl.plugin.names import BUNDLE, CONFIG, LOG, PLUG_IN, PROCEDURE
from .discovery import Gimp, Profile
from .report import Entry, Report, explain

ENTRY = Path(__file__).parent / PLUG_IN / f"{PLUG_IN}.py"
PACKAGES = ("editor_ops", "models", "array_api_compat")
TIMEOUT = 60.0
"""Seconds the helper may take. It needs about one for 24 megapixels; a cold disk or a busy machine may need ten."""
FLAT_FILES = tuple(
    f"{name}.py"
    for name in ("agent", "dialog", "edit", "filters", "layers", "merged", "ours", "preview", "row", "words")
)
"""Beside the entry file in versions before the package `plugin`; config.json noted them, which may be damaged."""
MADE_LATER = (BUNDLE, LOG, f"{LOG}.1")
"""The plug-in's too, but of no version: an update keeps them."""


def install(
    destinations: Iterable[str | Path] | None = None,
    python: str = sys.executable,
    wanted: bundle.Request | None = None,
) -> Report:
    """Installs the plug-in, over an older one if there is one.

    destinations: GIMP's plug-ins folders (".../GIMP/3.0/plug-ins"); None is every one found.
    python: the interpreter that the plug-in asks where GIMP's own lacks NumPy and ONNX Runtime; this package has
    to be installed for it. wanted: also put a bundle beside it; without destinations, where a GIMP is in a sandbox, or
    beside all where none is. New files are written to a temporary folder and then renamed into place. The bundle, the
    log and files that are not the plug-in's stay.
    """
    gimps = discovery.installed()
    profiles = _profiles(destinations, gimps)
    report = Report(searched=list(discovery.config_homes()))
    if destinations is None:
        report.others = [gimp for gimp in gimps if not any(gimp in profile.gimps for profile in profiles)]
    sandboxed_only = destinations is None and any(profile.sandboxed for profile in profiles)
    for profile in profiles:
        entry = Entry(profile.plug_ins / PLUG_IN, profile.name_with_version, "not installed")
        report.entries.append(entry)
        try:
            _check_ours(entry.folder)
            entry.state = _install_one(entry.folder, python)
            entry.notes.append(f"helper: {config(python)['python']}")
            if wanted is not None and (profile.sandboxed or not sandboxed_only):
                entry.notes.append(f"bundle: {bundle.install(entry.folder, profile, wanted)}")
            elif profile.sandboxed and not (entry.folder / BUNDLE).exists():
                entry.notes.append(
                    f"This GIMP is in a sandbox ({profile.sandboxed.packaging}), mostly out of the helper's reach: "
                    "run `trainer install-plugin --bundle`"
                )
        except OSError as error:
            entry.problem = explain(error)
        except ValueError as error:
            entry.problem = str(error)
    return report


def uninstall(destinations: Iterable[str | Path] | None = None) -> Report:
    """Removes the plug-in from GIMP's plug-ins folders (None: every one found). Other files in its folder stay."""
    report = Report(removes=True, searched=list(discovery.config_homes()))
    for profile in _profiles(destinations, []):  # whoever uses a folder now: an earlier GIMP may have been another
        entry = Entry(profile.plug_ins / PLUG_IN, profile.name, "not removed")
        if not os.path.lexists(entry.folder):
            continue
        report.entries.append(entry)
        try:
            _check_ours(entry.folder)
            names = ours(entry.folder)
            for path in list(entry.folder.iterdir()):
                if path.name in names or path.name.startswith(bundle.TEMPORARY_PREFIX):
                    _remove(path)
            left = sorted(path.name for path in entry.folder.iterdir())
            if left:
                entry.notes.append(f"left, since it is not the plug-in's: {', '.join(left)}")
            else:
                entry.folder.rmdir()
            entry.state = "removed"
        except OSError as error:
            entry.problem = explain(error)
        except ValueError as error:
            entry.problem = str(error)
    return report


def _profiles(destinations: Iterable[str | Path] | None, gimps: list[Gimp]) -> list[Profile]:
    there = discovery.profiles(gimps=gimps)
    if destinations is None:
        return there
    return [discovery.profile_of(Path(folder), there) for folder in destinations]


def config(python: str) -> dict[str, object]:
    """What the plug-in reads from config.json."""
    # No resolve(): a virtual environment's python is a link, and following it leaves the environment.
    interpreter = os.path.abspath(shutil.which(python) or python)
    # The user's folder as seen here: a packaged GIMP (Flatpak, snap) points its own programs elsewhere.
    folders = {"styles": str(styles.user_folder()), "face_styles": str(face_styles.user_folder())}
    return {"python": interpreter, "timeout": TIMEOUT, **folders}


def program_files() -> dict[str, Path]:
    """Every file of this version that goes into the folder, by its path in there -> what it is a copy of."""
    files = {str(path.relative_to(ENTRY.parent)): path for path in _tree(ENTRY.parent)}
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.origin:
            raise ValueError(f"the package {package} is missing here; install auto-enhance-rl again, then try again")
        source = Path(spec.origin).parent
        files |= {os.path.join("lib", package, path.relative_to(source)): path for path in _tree(source)}
    for path in _licence("array-api-compat"):
        files[os.path.join("lib", "array_api_compat", path.name)] = path
    return files


def _tree(folder: Path) -> list[Path]:
    """The files in a folder, but for what Python and the plug-in leave there when they run."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if "__pycache__" not in path.parts and not path.name.startswith((".", LOG))]


def _licence(distribution: str) -> list[Path]:
    """A copy of somebody's code goes with the names of its authors and its licence, which pip keeps elsewhere."""
    try:
        files: Sequence[importlib.metadata.PackagePath] = importlib.metadata.files(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Path(str(file.locate())) for file in files if file.name == "METADATA" or file.name.startswith("LICENSE")]


def differences(folder: Path) -> list[str]:
    """Paths in a plug-in folder that are missing, changed, or left from another version; settings are not looked at."""
    wanted = program_files()
    wrong = []
    for path, source in wanted.items():
        there = folder / path
        if not there.is_file() or there.read_bytes() != source.read_bytes():
            wrong.append(path)
    versioned = ours(folder) - {CONFIG, *MADE_LATER}
    present = [path.relative_to(folder) for path in _tree(folder)]
    return wrong + sorted(str(path) for path in present if path.parts[0] in versioned and str(path) not in wanted)


def ours(folder: Path) -> set[str]:
    """The names right in a plug-in folder that are the plug-in's: this version's, and what another one noted."""
    try:
        noted = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["files"]
        noted = {name for name in noted if isinstance(name, str) and Path(name).name == name != ".."}
    except (OSError, *MALFORMED):
        noted = set()
    return noted | _names() | {"__pycache__", *MADE_LATER, *FLAT_FILES}


def _names() -> set[str]:
    return {Path(path).parts[0] for path in program_files()} | {CONFIG}


def _check_ours(folder: Path) -> None:
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise ValueError("is a link or a file, not a folder; remove it yourself if it is not needed")
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()
    scripts = [*folder.glob("*.py"), *folder.glob("plugin/*.py")]
    if any(PROCEDURE in path.read_text(encoding="utf-8", errors="replace") for path in scripts):
        return
    if there & _names():
        raise ValueError("holds something else, not this plug-in; move it away first")


def _install_one(folder: Path, python: str) -> str:
    """What it came to: "installed", "updated" or "already up to date"."""
    there = (folder / ENTRY.name).exists()
    settings = json.dumps({**config(python), "files": sorted(_names())}, indent=1) + "\n"
    for left in folder.glob(f"{bundle.TEMPORARY_PREFIX}*"):  # of an installation that was killed
        _remove(left)
    if there and not differences(folder) and os.access(folder / ENTRY.name, os.X_OK):
        try:
            if (folder / CONFIG).read_text(encoding="utf-8") == settings:
                return "already up to date"
        except (OSError, ValueError):
            pass  # a damaged one is written anew
    old_names = ours(folder) - set(MADE_LATER)
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # In the folder itself: GIMP looks at nothing in it but the entry, and the user's own files need not move.
        with tempfile.TemporaryDirectory(prefix=bundle.TEMPORARY_PREFIX, dir=folder) as temporary:
            new, old = Path(temporary, "new"), Path(temporary, "old")
            _fill(new, settings)
            old.mkdir()
            _swap(folder, new, old, old_names)
    except BaseException:
        if made and not any(folder.iterdir()):
            folder.rmdir()
        raise
    return "updated" if there else "installed"


def _fill(new: Path, settings: str) -> None:
    new.mkdir()
    for path, source in program_files().items():
        (new / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, new / path)
    (new / ENTRY.name).chmod(0o755)
    (new / CONFIG).write_text(settings, encoding="utf-8")
    for each in [new, *new.rglob("*")]:
        if each.is_dir():
            each.chmod(0o755)  # an umask may have made it ours alone


def _swap(folder: Path, new: Path, old: Path, old_names: set[str]) -> None:
    """Old files out, new ones in, the entry last; back again where one fails or Ctrl-C comes in between."""
    moved: list[tuple[Path, Path]] = []

    def move(source: Path, target: Path) -> None:
        source.rename(target)
        moved.append((source, target))

    try:
        for name in sorted(old_names):
            if os.path.lexists(folder / name):
                move(folder / name, old / name)
        for path in sorted(new.iterdir(), key=lambda path: path.name == ENTRY.name):
            move(path, folder / path.name)
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        raise


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
