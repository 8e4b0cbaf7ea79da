# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/architecture.md names what is there: every path, and every function of its walks."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = "editor_ops|models|enhancer|trainer|gimp_plugin|tools|benchmarks"
PLUGIN = PROJECT / "gimp_plugin" / "auto_enhance_rl" / "plugin"


def defined(path: Path) -> set[str]:
    """Every class, function, method and constant of a file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


@pytest.mark.parametrize("name", sorted(set(re.findall(rf"`((?:{PACKAGES})(?:/[\w./+-]+)?)`", PAGE))))
def test_every_path_is_there(name: str) -> None:
    assert (PROJECT / name).exists()


@pytest.mark.parametrize("name", sorted(set(re.findall(rf"`((?:{PACKAGES})(?:\.\w+)+)`", PAGE))))
def test_every_function_is_there(name: str) -> None:
    """Such as `enhancer.photo.read` and `models.helper.Session.answer`."""
    parts = name.split(".")
    if len(parts) == 2 and not (PROJECT / parts[0] / f"{parts[1]}.py").exists():  # what the package itself offers
        assert f'"{parts[1]}"' in (PROJECT / parts[0] / "__init__.py").read_text(encoding="utf-8")
        return
    depth = max(n for n in range(1, len(parts) + 1) if PROJECT.joinpath(*parts[:n]).with_suffix(".py").exists())
    assert set(parts[depth:]) <= defined(PROJECT.joinpath(*parts[:depth]).with_suffix(".py"))


def test_every_function_of_the_plug_in_is_there() -> None:
    walk = PAGE.partition("## A layer from the menu")[2].partition("\n## ")[0]
    named = re.findall(r"`([a-z_]+)\.(\w+)(?:\.(\w+))?`", walk)
    named = [each for each in named if each[0] not in PACKAGES.split("|")]
    assert len(named) >= 8
    for module, *names in named:
        assert set(filter(None, names)) <= defined(PLUGIN / f"{module}.py"), module
