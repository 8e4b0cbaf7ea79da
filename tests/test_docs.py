# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages in docs/: links lead somewhere, tables are the code's, examples run; and the page that Help opens."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from PIL import Image

from editor_ops import SLIDERS, edit
from gimp_plugin import install
from models import Policy
from models.helper import Session
from tools.policies import with_filters
from trainer.cli import main

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
PHOTO = PROJECT / "tests" / "photos" / "valley.jpg"
# what the dialog calls its controls, and their keys
CONTROLS = ("St_yle", "S_trength", "Show _before", "_Help", "_Apply as")
FRAMES = ("Alternatives", "Sliders that the agent moved")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """What a link can end in: headings, as Python-Markdown names them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def table(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table after a heading, without its own two lines."""
    lines = text.split(f"{heading}\n", 1)[1].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_link_and_picture_leads_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?:", link):
            continue
        name, _, anchor = link.partition("#")
        target = DOCS / name if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_navigation_once() -> None:
    listed = re.findall(r": (\S+\.md)$", (PROJECT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == [path.name for path in PAGES]


@pytest.mark.slow
def test_the_site_builds_and_loads_nothing(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    pytest.importorskip("material")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(site)]
    built = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120)
    assert built.returncode == 0, built.stderr
    assert {path.stem for path in PAGES} | {"404"} == {path.stem for path in site.glob("*.html")}
    for path in site.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img|link|iframe)[^>]*?(?:src|href)="?(https?:[^" >]+)', path.read_text("utf-8")
        )
        assert loaded == [], path.name
    assert (site / "gimp_batch.py").exists() and not (site / "screenshots.py").exists()


def test_every_control_is_explained_with_its_key() -> None:
    translations = pytest.importorskip("tools.translations")
    texts = translations.template()
    controls = page("controls.md")
    for text in (*CONTROLS, *FRAMES):
        assert text in texts, f"the dialog says {text!r} no more"
        assert f"\n## {text.replace('_', '')}\n" in controls
        for key in re.findall(r"_(\w)", text):
            assert f"Alt+{key.upper()}" in controls


def test_the_helps_page_is_made_from_the_controls() -> None:
    help_page = pytest.importorskip("tools.help_page")
    written = help_page.HELP.read_text(encoding="utf-8")
    assert written == help_page.html(), "run `python -m tools.help_page`"
    assert install.ENTRY.parent / "help" / "index.html" == help_page.HELP  # where dialog.py looks


def test_the_helps_page_stands_alone() -> None:
    written = (install.ENTRY.parent / "help" / "index.html").read_text(encoding="utf-8")
    assert len(written) < 50_000 and not re.findall(r"src=|url\(|@import|<script|<link", written)
    links = re.findall(r'href="([^"]+)"', written)
    ids = re.findall(r'id="([^"]+)"', written)
    assert len(links) >= 8 and {link for link in links if link.lstrip("#") not in ids} == set()
    for slider in SLIDERS:
        assert f"<td>{slider.label}</td>" in written


def test_commands_and_their_options_are_there() -> None:
    seen = set()
    for path in PAGES:
        for line in re.findall(r"\btrainer (?:[a-z-]+)[^`\n]*", path.read_text(encoding="utf-8")):
            command = main.commands.get(line.split()[1].strip(".,:;)"))
            if command is None:  # prose: "the trainer", "the trainer's"
                continue
            seen.add(command.name)
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            for option in re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", line.split("#")[0]):
                assert option in known | {"--help"}, f"{path.name}: {line}"
    assert seen >= {"fit", "export", "enhance", "styles", "install-plugin", "doctor", "evaluate"}


def test_every_command_line_of_the_pages_is_a_command() -> None:
    """In code, not in prose: there the word after `trainer` is always one."""
    for path in PAGES:
        for code in re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8")):
            if code.startswith("trainer "):
                assert isinstance(main.commands.get(code.split()[1]), click.Command), f"{path.name}: {code}"


def _python(heading: str) -> str:
    return re.findall(r"```python\n(.*?)```", page("other-hosts.md").split(f"## {heading}\n", 1)[1], re.DOTALL)[0]


def test_the_host_chooses_what_the_policy_chooses() -> None:
    command = [sys.executable, "-c", _python("The policy file"), str(PHOTO)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, timeout=60)
    assert done.returncode == 0, done.stderr
    for choice in Policy.load().decide(np.asarray(Image.open(PHOTO))).choices:
        said = re.search(rf"^{choice.slider.label} +(\S+) ", done.stdout, re.MULTILINE)
        assert (said is None) == (choice.value == choice.slider.neutral)
        assert said is None or abs(float(said[1]) - choice.value) <= 1e-4 * max(1, abs(choice.value))


def test_the_whole_editors_host_edits_as_the_program_does(tmp_path: Path) -> None:
    """The page's lines, and the example, which sets a slider by hand."""
    photo = np.asarray(Image.open(PHOTO))
    policy = Policy.load()
    shutil.copyfile(PHOTO, tmp_path / "photo.jpg")
    code = _python("The whole editor").replace('"models/', f'"{PROJECT}/models/')
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 0, done.stderr
    expected = edit(photo, policy.decide(photo, strength=0.8).values).astype(int)
    assert np.abs(np.asarray(Image.open(tmp_path / "enhanced.png")) - expected).max() <= 1

    editor = PROJECT / "models" / "whole-editor" / "photo-editor.onnx"
    command = [sys.executable, "-I", str(PROJECT / "examples" / "whole_editor.py"), str(editor), "photo.jpg", "out.png"]
    done = subprocess.run([*command, "--set", "tint=1.25"], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 0 and re.search(r"^Tint +1.250 green +by hand$", done.stdout, re.MULTILINE), done.stderr
    expected = edit(photo, policy.decide(photo).values | {"tint": 1.25}).astype(int)
    assert np.abs(np.asarray(Image.open(tmp_path / "out.png")) - expected).max() <= 1
    assert subprocess.run(command, capture_output=True, cwd=tmp_path, timeout=60).returncode == 2  # it is there already


def test_the_example_in_python_runs(tmp_path: Path) -> None:
    shutil.copyfile(PHOTO, tmp_path / "photo.jpg")
    environment = os.environ | {"PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", _python("In Python")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    photo = np.asarray(Image.open(PHOTO))
    expected = edit(photo, Policy.load().decide(photo, strength=0.8).values)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "enhanced.png")), expected)


def test_the_helpers_requests() -> None:
    """Each row of the table, asked; every key of the answers is named."""
    photo = np.asarray(Image.open(PHOTO).convert("RGB").resize((96, 64)))
    headers = [cells[0] for cells in table(page("other-hosts.md"), "## The helper process")]
    session, answers = Session(), {}
    for header in headers:
        (text,) = re.findall(r"`(\{.*?\})`", header)
        asked = json.loads(text.replace("3 or 4", "3").replace(": W", ": 96").replace(": H", ": 64"))
        answers[next(iter(asked))] = session.answer(asked, photo.tobytes() if "width" in asked else b"")
    assert answers["again"] == answers["width"]
    named = set(re.findall(r"\w+", page("other-hosts.md").split("## The helper process")[1]))
    for answer in (*answers.values(), *answers["alternatives"]["alternatives"], *answers["list"]["styles"]):
        assert answer.keys() <= named


def test_the_procedures_arguments() -> None:
    tree = ast.parse(install.ENTRY.read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}

    def defined(name: str) -> set[str]:
        calls = [node for node in ast.walk(functions[name]) if isinstance(node, ast.Call)]
        return {
            str(call.args[0].value)
            for call in calls
            if isinstance(call.func, ast.Attribute) and re.fullmatch(r"add_\w+_argument", call.func.attr)
            if isinstance(call.args[0], ast.Constant)
        }

    both = defined("add_strength")
    text = page("other-hosts.md")
    written = [cells[0].strip("`") for cells in table(text, "## The procedure in GIMP")]
    assert sorted(written) == sorted(["image`, `drawables", *both, *defined("describe_photo")])
    sentence = text.split("`python-fu-auto-enhance-faces-rl`")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", sentence)) == {"image", "drawables", *both, *defined("describe_faces"), "mild"}


def test_the_decisions_keys() -> None:
    decision: dict[str, Any] = with_filters(Policy.load().decide(np.asarray(Image.open(PHOTO))), 640, 480)
    rows = {cells[0].strip("`"): " | ".join(cells[1:]) for cells in table(page("other-hosts.md"), "## The Decision")}
    assert list(rows) == list(decision)
    assert set(re.findall(r"`(\w+)`", rows["sliders"])) == decision["sliders"][0].keys()
    assert set(re.findall(r"`(\w+)`", rows["filters"])) == decision["filters"][0].keys()
    assert set(re.findall(r"`(\w+)`", rows["model"])) == decision["model"].keys()
