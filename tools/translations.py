# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the plug-in's translations up to date with what it says.

    python -m tools.translations          after a text was changed, and after a .po file was translated
    python -m tools.translations fr       begins a language

The texts are those in _() in the plug-in's files, those in word() in editor_ops, and the slider table's. They go into
gimp_plugin/auto_enhance_rl/locale/auto_enhance_rl.pot and from there into each LANGUAGE.po, whose translations stay;
where only the English has changed a little, the translation is marked as fuzzy, to be looked at. Each .po is compiled
into LANGUAGE/LC_MESSAGES/auto_enhance_rl.mo, which is what the plug-in reads.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from editor_ops import SLIDERS
from editor_ops.chain import MODE_WORDS
from editor_ops.face_sliders import FACE_SHAPE, FACE_SLIDERS
from models.files import atomic_write

PROJECT = Path(__file__).parents[1]
PLUG_IN = PROJECT / "gimp_plugin" / "auto_enhance_rl"
LOCALE = PLUG_IN / "locale"
DOMAIN = "auto_enhance_rl"
TEMPLATE = LOCALE / f"{DOMAIN}.pot"
KEYWORDS = {"_": None, "word": None}  # word: editor_ops.filters has GIMP's names of filters translated by its caller
NOTE = "Translators:"  # begins a comment above a text that is meant for them
HEADER = "# What the plug-in Auto Enhance (RL) says.\n# SPDX-License-Identifier: GPL-3.0-or-later"
NO_LINE: Any = None  # the files name no lines, which move with every change
WIDTH = 110  # of a line in the files


def placeholders(text: str) -> list[str]:
    """What is filled in: "{name}" and "{:+.2f}". A translation has the same."""
    return sorted(re.findall(r"\{.*?\}", text))


def table_texts() -> Iterator[tuple[str, str]]:
    """(text, note for translators) of the slider table."""
    for slider in SLIDERS + FACE_SLIDERS:
        yield slider.label, "a slider"
        if re.sub(r"\{.*?\}", "", slider.text).strip():  # there is a word in it, not the value alone
            yield slider.text, f"a value of {slider.label}; what is left without the braces is its unit in the dialog"
        if slider not in FACE_SHAPE:  # GIMP has no such tool
            yield slider.menu, "where a tool is in GIMP's menus: as GIMP's own translation has it"
    for mode in MODE_WORDS.values():
        yield mode, "a blend mode: as GIMP's own translation has it"


def begun(language: str | None = None) -> Catalog:
    found = Catalog(language, DOMAIN, HEADER, charset="utf-8", fuzzy=False)
    # Left out, or given as empty texts, these become EMAIL@ADDRESS and the like.
    found.project, found.version, found.language_team = DOMAIN, "", language or ""
    found.msgid_bugs_address, found.last_translator = "", ""
    return found


def template() -> Catalog:
    """Every text, as the code has it now."""
    found = begun()
    for path in sorted(PLUG_IN.rglob("*.py")) + sorted((PROJECT / "editor_ops").glob("*.py")):
        for _line, text, notes, _context in extract_from_file(
            "python", path, KEYWORDS, (NOTE,), strip_comment_tags=True
        ):
            found.add(text, locations=[(path.relative_to(PROJECT).as_posix(), NO_LINE)], auto_comments=notes)
    for text, note in table_texts():
        found.add(text, locations=[("editor_ops/sliders.py", NO_LINE)], auto_comments=[note])
    return without_percent(found)


def without_percent(catalog: Catalog) -> Catalog:
    """No text is for the % operator, even if Babel takes the sign of "% sure" for one."""
    for message in catalog:
        message.flags.discard("python-format")
    return catalog


def read(path: Path, language: str | None = None) -> Catalog:
    with path.open("rb") as file:
        return without_percent(read_po(file, locale=language, domain=DOMAIN))


def updated(old: Catalog, texts: Catalog) -> Catalog:
    """A language with the texts as they are now. Where a text comes back, so does its translation."""
    for message in [message for message in old.obsolete.values() if message.id in texts]:
        old.add(message.id, message.string, flags=message.flags)
        del old.obsolete[str(message.id)]
    old.update(texts, update_header_comment=False, update_creation_date=False)
    return without_percent(old)


def contents(catalog: Catalog) -> list[object]:
    """All but the header, which has dates and Babel's version."""
    listed = [
        (message.id, message.string or "", message.fuzzy, message.locations, message.auto_comments)
        for message in catalog
        if message.id
    ]
    return [*listed, sorted((message.id, message.string or "") for message in catalog.obsolete.values())]


def compiled_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.mo"


def write(catalog: Catalog, path: Path) -> None:
    with atomic_write(path) as file:
        write_po(file, catalog, width=WIDTH, include_lineno=False)


def compile_to(catalog: Catalog, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as file:
        write_mo(file, catalog)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("new", nargs="*", metavar="LANGUAGE", help="begin this language, such as fr or pt_BR")
    chosen = parser.parse_args()
    texts = template()
    # Files that say the same are left as they are: only their dates would change.
    if not TEMPLATE.exists() or contents(read(TEMPLATE)) != contents(texts):
        write(texts, TEMPLATE)
    there = [path.stem for path in LOCALE.glob("*.po")]
    for language in sorted({*there, *chosen.new}):
        path = LOCALE / f"{language}.po"
        old = read(path, language) if path.exists() else begun(language)
        new = updated(old, texts)
        if not path.exists() or contents(new) != contents(read(path, language)):
            write(new, path)
        compile_to(new, compiled_file(language))
        missing = [message.id for message in new if message.id and (message.fuzzy or not message.string)]
        print(f"{language}: {len(new) - len(missing)} of {len(new)} texts", *missing, sep="\n    still to do: ")


if __name__ == "__main__":
    main()
