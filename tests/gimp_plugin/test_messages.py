# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in's texts in other languages: complete, fitting their English, and compiled."""

from __future__ import annotations

import gettext
import re
import string

import pytest

from editor_ops import SLIDERS, filters

pytest.importorskip("babel")
from babel.messages.mofile import read_mo

from tools import translations

LANGUAGES = sorted(path.stem for path in translations.LOCALE.glob("*.po"))
UPDATE = "run `python -m tools.translations`"
# The same in every language: commands and kinds of files
LITERAL = re.compile(r"`[^`]*`|\.onnx\b|\bJSON\b")


def letters(text: str) -> list[str]:
    """The keys that a text can be reached by."""
    return [key.lower() for key in re.findall(r"_(\w)", re.sub(r"\{.*?\}", "", text))]


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def texts(language: str) -> dict[str, str]:
    """English -> translation."""
    catalog = translations.read(translations.LOCALE / f"{language}.po", language)
    return {str(message.id): str(message.string) for message in catalog if message.id}


def test_the_template_has_what_the_code_says() -> None:
    assert translations.contents(translations.read(translations.TEMPLATE)) == translations.contents(
        translations.template()
    ), UPDATE


def test_the_languages() -> None:
    assert {"de", "ja", "zh_CN"} <= set(LANGUAGES)


def test_every_kind_of_text_is_found() -> None:
    """From the dialog, a refusal, a procedure's argument, and each of the slider table's columns."""
    found = translations.template()
    tint = next(slider for slider in SLIDERS if slider.name == "tint")
    for text in ("Show _before", "No decision: {reason}. {doctor}", "S_trength", tint.label, tint.text, tint.menu):
        assert text in found
    assert "{:.3f}" not in found  # nothing to translate in a value alone


def test_a_language_has_every_text(language: str) -> None:
    path = translations.LOCALE / f"{language}.po"
    there = translations.read(path, language)
    updated = translations.updated(translations.read(path, language), translations.template())
    assert translations.contents(there) == translations.contents(updated), UPDATE
    assert [message.id for message in there if message.id and (message.fuzzy or not message.string)] == []


def test_placeholders_and_commands_are_kept(texts: dict[str, str]) -> None:
    for text, translated in texts.items():
        assert translations.placeholders(translated) == translations.placeholders(text), text
        assert sorted(LITERAL.findall(translated)) == sorted(LITERAL.findall(text)), text
        names = [name for _, name, _, _ in string.Formatter().parse(translated) if name]
        assert translated.format(*[1.0], **dict.fromkeys(names, 1.0))


def test_values_are_written_as_the_table_says(texts: dict[str, str]) -> None:
    """The dialog's rows take the unit and the digits from the text."""
    for slider in SLIDERS:
        translated = texts.get(slider.text, slider.text)
        assert slider.format(1.25).split()[0] in translated.format(1.25)


def test_mnemonics(texts: dict[str, str]) -> None:
    keys: dict[str, str] = {}
    for text, translated in texts.items():
        assert len(letters(translated)) == len(letters(text)) <= 1, text
    for text, translated in texts.items():
        for key in letters(translated):
            assert keys.setdefault(key, text) == text, f"{key} is the key of {keys[key]!r} and of {text!r}"
    assert len(keys) >= 5  # strength, style, apply, before, help


def test_what_is_compiled_is_what_is_written(language: str, texts: dict[str, str]) -> None:
    with translations.compiled_file(language).open("rb") as file:
        compiled = {message.id: message.string for message in read_mo(file) if message.id}
    assert compiled == texts, UPDATE
    with translations.compiled_file(language).open("rb") as file:
        word = gettext.GNUTranslations(file).gettext  # as the plug-in reads it
    assert {text: word(text) for text in texts} == texts


def test_python_finds_it_by_the_environment(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", language)
    word = gettext.translation(translations.DOMAIN, translations.LOCALE).gettext
    (made,) = filters({"saturation": 1.25}, 640, 480, word=word)
    assert made.label == f"{word('Saturation')} 1.250" != "Saturation 1.250"


def test_a_text_that_comes_back_has_its_translation(language: str) -> None:
    """So that a text taken out and put in again, in whichever order branches are merged, is not lost."""
    path = translations.LOCALE / f"{language}.po"
    all_texts, fewer = translations.template(), translations.template()
    text = "Show _before"
    fewer.delete(text)
    without = translations.updated(translations.read(path, language), fewer)
    assert text not in without and text in without.obsolete
    again = translations.updated(without, all_texts)
    assert again.get(text).string == translations.read(path, language).get(text).string and not again.get(text).fuzzy


def test_a_changed_text_is_to_be_looked_at(language: str) -> None:
    texts = translations.template()
    texts.delete("Shows the layer without the edit")
    texts.add("Shows the layer without any edit")
    old = translations.read(translations.LOCALE / f"{language}.po", language)
    changed = translations.updated(old, texts).get("Shows the layer without any edit")
    assert changed.fuzzy and changed.string
