# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in's files outside GIMP: GIMP's modules are stood in for, only so that they can be imported."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest

from gimp_plugin import install

PARTS = [path.stem for path in sorted(install.ENTRY.parent.glob("*.py"))]


@pytest.fixture(scope="session")
def part(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """name -> one of the plug-in's modules, imported as where GIMP runs the entry: its folder comes first."""
    repository = mock.MagicMock()
    repository.Gimp.PlugIn = type("PlugIn", (), {})
    stand_ins: dict[str, Any] = {
        "gi": types.SimpleNamespace(require_version=lambda *_: None, repository=repository),
        "gi.repository": repository,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(install.ENTRY.parent))
        for name, module in stand_ins.items():
            patch.setitem(sys.modules, name, module)
        yield importlib.import_module
        for name in PARTS:
            sys.modules.pop(name, None)


