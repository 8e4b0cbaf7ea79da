# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in speaks German in a German GIMP, and its translations use the words of GIMP's own."""

from __future__ import annotations

import gettext
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from editor_ops import SLIDERS, filters
from gimp_plugin import install
from models import Policy
from tools import policies
from tools.gimp_roots import root
from tools.gimp_roots.plug_in import install_in

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

DOMAIN = "auto_enhance_rl"
LOCALE = install.ENTRY.parent / "locale"
PHOTO = Path(__file__).parents[1] / "photos" / "otters.png"
LANGUAGES = sorted(path.stem for path in LOCALE.glob("*.po"))
IN_THE_DIALOG = ("S_trength", "St_yle", "_Apply as", "Show _before", "_Help")
# of GIMP's own buttons in the same dialog (libgimp/gimpproceduredialog.c)
GIMPS_BUTTONS = ("_OK", "_Cancel", "_Reset", "_Load Saved Settings", "_Save Settings")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """version -> what scripts/words.py saw in a German GIMP."""

    def run(version: str) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp(f"gimp-words-{version}")
        with Image.open(PHOTO) as photo:
            photo.convert("RGB").save(folder / "photo.png")
        policies.write(folder / "every.onnx", policies.EVERY_SLIDER)
        install_in(folder, version)
        script = Path(__file__).parent / "scripts" / "words.py"
        root.gimp(version, script, folder, environment={"LANGUAGE": "de"})
        return dict(json.loads((folder / "results.json").read_text()), policy=folder / "every.onnx")

    return at_once(run)


def german(text: str) -> str:
    translated = gettext.translation(DOMAIN, LOCALE, ["de"]).gettext(text)
    assert translated != text
    return translated


def gimps(version: str, language: str) -> dict[str, set[str]]:
    """GIMP's own translation: English -> what stands for it, in any of its catalogues."""
    found: dict[str, set[str]] = {}
    for path in (root.find(version) / "usr/share/locale" / language / "LC_MESSAGES").glob("g*.mo"):
        with path.open("rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        if path.name.startswith(("gimp30", "gegl")):
            for text, translated in catalog.items():
                if isinstance(text, str):
                    found.setdefault(text.split("\x04")[-1], set()).add(translated)
    return found


def plain(text: str) -> str:
    """A menu's text without the key and the dots."""
    return re.sub(r"\(_\w\)|_|\.\.\.|…", "", text).strip()


def test_the_menu_item(seen: Any, version: str) -> None:
    found = seen(version)
    assert found["label"] == "Auto Enhance (RL)..."
    assert found["blurb"] == german("Let a learned agent choose exposure, white balance, contrast and colour")
    assert found["strength"] == [
        german("S_trength"),
        german("How far to go: 0 changes nothing, 1 is what the agent chose, 2 twice that"),
    ]


def test_refusals(seen: Any, version: str) -> None:
    found = seen(version)
    names = ", ".join(slider.name for slider in SLIDERS)
    assert found["unknown slider"] == german("no slider “{name}”; there are {names}").format(name="speed", names=names)
    both = german("A policy file and the style “{name}” are both given. Give one of them.")
    assert found["style and model"] == both.format(name="film")
    indexed = german(
        "{plug_in} can't work on an indexed image: its palette has no room for new colours. "
        "Convert it first: Image > Mode > RGB."
    )
    assert found["indexed"] == indexed.format(plug_in="Auto Enhance (RL)")
    locked = german("The pixels of “{name}” are locked. Unlock them in the Layers dialog.")
    assert found["locked"] == locked.format(name=found["layer"])
    assert found["no model"].startswith("Keine Entscheidung: ") and "missing.onnx" in found["no model"]


def test_the_filters_names(seen: Any, version: str) -> None:
    found = seen(version)
    assert found["edit"] == ""
    with Image.open(PHOTO) as photo:
        decision = Policy.load(found["policy"]).decide(np.asarray(photo.convert("RGB")))
    word = gettext.translation(DOMAIN, LOCALE, ["de"]).gettext
    made = filters(decision.values, *photo.size, word=word)
    assert found["filters"] == [each.label for each in made]
    assert any("Sättigung" in each.label for each in made) and "Mitten" in made[0].label


def test_menus_as_gimp_calls_them(version: str, language: str) -> None:
    """What a tooltip says is where the user finds the tool."""
    there: dict[str, set[str]] = {}
    for text, translated in gimps(version, language).items():
        there.setdefault(plain(text), set()).update(map(plain, translated))
    word = gettext.translation(DOMAIN, LOCALE, [language]).gettext
    for menu in {slider.menu for slider in SLIDERS if " > " in slider.menu}:
        english, parts = menu.split(" > "), word(menu).split(" > ")
        assert len(parts) == len(english)
        for text, part in zip(english, parts, strict=True):
            assert text not in there or part in there[text], f"GIMP calls {text!r} {sorted(there[text])}"
    # 3.0's Japanese lacks some
    assert {"Colors", "Exposure", "Saturation", "Color Temperature"} <= there.keys()


def test_no_key_is_one_of_gimps_own_buttons(version: str, language: str) -> None:
    """Of buttons that GIMP itself adds to the dialog."""
    own = gimps(version, language)
    keys = {key.lower() for text in GIMPS_BUTTONS for said in own[text] for key in re.findall(r"_(\w)", said)}
    assert len(keys) >= len(GIMPS_BUTTONS)
    word = gettext.translation(DOMAIN, LOCALE, [language]).gettext
    ours = [key.lower() for text in IN_THE_DIALOG for key in re.findall(r"_(\w)", word(text))]
    assert len(ours) == len(IN_THE_DIALOG) and keys.isdisjoint(ours), (keys, ours)
