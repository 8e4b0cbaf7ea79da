# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry file registers and answers even where the package beside it is damaged."""

from __future__ import annotations

import importlib.util
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gimp_plugin import install
from gimp_plugin.auto_enhance_rl.plugin import names
from gimp_plugin.doctor import check
from models import styles
from models.faces import styles as face_styles

Load = Callable[[], Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The plug-in as installed, without lib/."""
    copied = tmp_path / names.PLUG_IN
    shutil.copytree(install.ENTRY.parent, copied, ignore=shutil.ignore_patterns("__pycache__", "*.log*"))
    return copied


@pytest.fixture
def load(part: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Imports the entry file of the folder as GIMP runs it, with `part`'s stand-ins for GIMP's modules."""
    log = logging.getLogger(names.PLUG_IN)
    handlers = list(log.handlers)
    log.handlers.clear()
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])

    def load() -> Any:
        spec = importlib.util.spec_from_file_location("entry", folder / install.ENTRY.name)
        assert spec is not None and spec.loader is not None
        entry = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(entry)
        return entry

    yield load
    for handler in log.handlers:
        handler.close()
    log.handlers[:] = handlers
    for name in [name for name in sys.modules if name.partition(".")[0] == "plugin"]:
        del sys.modules[name]


def test_facts_that_stand_in_the_entry_file_too(part: Any, load: Load) -> None:
    entry, messages = load(), part("messages")
    assert entry.DAMAGE == ""
    assert (entry.PLUG_IN, entry.PROCEDURE) == (names.PLUG_IN, names.PROCEDURE)
    assert entry.FACES_PROCEDURE == names.FACES_PROCEDURE
    assert entry.TITLE == "Auto Enhance (RL)" and messages._(entry.TITLE) == messages.TITLE
    assert entry.FACES_TITLE == "Auto Enhance Faces (RL)" and messages._(entry.FACES_TITLE) == messages.FACES_TITLE
    assert entry.DEFAULT_STYLE == names.DEFAULT_STYLE == styles.DEFAULT
    assert entry.DEFAULT_FACE_STYLE == names.DEFAULT_FACE_STYLE == face_styles.DEFAULT


def test_the_plug_ins_remedies_are_the_doctors(part: Any) -> None:
    """In English: the plug-in's are translated, and so can't be the same texts."""
    messages = part("messages")
    english = {"REINSTALL": check.INSTALL_AGAIN, "INSTALL_BUNDLE": check.INSTALL_BUNDLE}
    source = Path(messages.__file__).read_text(encoding="utf-8")
    for name, command in english.items():
        assert f'{name} = _("{command}' in source


@pytest.mark.parametrize("damage", ["missing", "empty", "cut short", "another version"])
@pytest.mark.parametrize("name", ["names.py", "log.py", "messages.py"])
def test_a_damaged_package_keeps_the_menu_item_and_says_what_to_do(
    folder: Path, load: Load, name: str, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "plugin" / name
    if damage == "missing":
        path.unlink()
    else:
        path.write_text({"empty": "", "cut short": "def log(", "another version": "raise RuntimeError(1)"}[damage])
    entry = load()
    assert entry.DAMAGE
    item = entry.AutoEnhance()
    assert item.do_query_procedures() == [names.PROCEDURE, names.FACES_PROCEDURE]
    for procedure_name, path, label in (
        (names.FACES_PROCEDURE, "<Image>/Filters/Enhance", "Auto Enhance Faces (RL)..."),
        (names.PROCEDURE, "<Image>/Colors/Auto", "Auto Enhance (RL)..."),
    ):
        entry.Gimp.ImageProcedure.new.reset_mock()
        procedure = item.do_create_procedure(procedure_name)
        (call,) = entry.Gimp.ImageProcedure.new.call_args_list
        assert call.args[1] == procedure_name and call.args[3] is entry.run
        procedure.add_menu_path.assert_called_with(path)
        procedure.set_menu_label.assert_called_with(label)

    monkeypatch.setattr(entry.Gimp.PlugIn, "error_quark", lambda: 0, raising=False)
    entry.run(procedure, entry.Gimp.RunMode.INTERACTIVE, None, [], None, None)
    status, error = procedure.new_return_values.call_args.args
    assert status is entry.Gimp.PDBStatusType.EXECUTION_ERROR and error is entry.GLib.Error.new_literal.return_value
    message = entry.GLib.Error.new_literal.call_args.args[1]
    assert check.INSTALL in message and entry.DAMAGE in message and "\n" not in message
