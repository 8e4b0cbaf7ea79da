# SPDX-License-Identifier: GPL-3.0-or-later
"""MIT-Adobe FiveK as the paper's official code lays it out: original/, expertC/ and three lists of names.

README.md beside the lists says where they come from.
"""

from __future__ import annotations

from pathlib import Path

from enhancer import files
from models.errors import UserError

LISTS = Path(__file__).parent / "fivek_lists"
SOURCE, TARGET = "original", "expertC"
TRAIN_SOURCE, TRAIN_TARGET, TEST = "trainSource.txt", "trainTarget.txt", "test.txt"


class FiveKError(UserError):
    """A folder that is not laid out so. The message says what is missing and what to do."""


def training_files(folder: Path, lists: Path | None = None) -> tuple[list[Path], list[Path]]:
    """The photos to edit and the finished ones to learn from. FiveKError where some are missing."""
    return _listed(folder, SOURCE, TRAIN_SOURCE, lists), _listed(folder, TARGET, TRAIN_TARGET, lists)


def test_names(folder: Path, lists: Path | None = None) -> list[str]:
    """Names, without suffix, of the pairs to measure by. FiveKError where some are missing in one of the folders."""
    for side in (SOURCE, TARGET):
        files = _listed(folder, side, TEST, lists)
    return [_stem(path.name) for path in files]


def _listed(folder: Path, side: str, name: str, lists: Path | None) -> list[Path]:
    """The files of a list in a folder. Only the stems must agree, so that JPEG or PNG copies do as well as TIFF."""
    here = Path(folder) / side
    if not here.is_dir():
        raise FiveKError(
            f"{here}: is not a folder. {folder} must have {SOURCE}/ with FiveK's photos as they come and {TARGET}/ "
            "with those that expert C retouched, 512 pixels on the long side",
            "missing folder",
        )
    found = {_stem(path.relative_to(here).as_posix()): path for path in files.find(here)}
    names = (LISTS if lists is None else lists).joinpath(name).read_text(encoding="utf-8").splitlines()
    missing = [listed for listed in names if _stem(listed) not in found]
    if missing:
        raise FiveKError(
            f"{here}: {len(missing)} of the {len(names)} photos in the list {name} are missing, such as "
            f"{', '.join(missing[:3])}: put them there, as TIFF, JPEG or PNG; "
            "https://data.csail.mit.edu/graphics/fivek/ has them",
            "missing photos",
        )
    return [found[_stem(listed)] for listed in names]


def _stem(name: str) -> str:
    return name.rpartition(".")[0]
