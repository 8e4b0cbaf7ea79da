# SPDX-License-Identifier: GPL-3.0-or-later
"""What both dialogs are built of."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, Gimp, GimpUi, GLib, Gtk  # noqa: E402 (versions must be chosen first)

from .messages import FOLDER, PluginError, _, unexpected  # noqa: E402

HELP = os.path.join(FOLDER, "help", "index.html")
POLL_MS = 20  # milliseconds between two polls of the agent's answer
DEBOUNCE_MS = 30  # milliseconds after a movement until it is shown: a slider that is dragged moves many times in them
SPACE = 6  # pixels, as GIMP's own dialogs
LONGEST_ROW = 60  # characters of a style in the list; its tooltip has the rest


def when_answered(asked: Future[Any], then: Callable[[Any], None], refuse: Callable[[PluginError], None]) -> None:
    """Calls `then` with the agent's answer when it is there, or `refuse` with what went wrong, `then` itself included.
    The dialog can be used meanwhile."""

    def poll() -> bool:
        if not asked.done():
            return True
        try:
            then(asked.result())
        except PluginError as error:
            refuse(error)
        except Exception as error:  # GTK would go on as if nothing had been
            refuse(unexpected(error))
        return False

    GLib.timeout_add(POLL_MS, poll)


def in_percent(dialog: GimpUi.ProcedureDialog, name: str) -> None:
    """Shows an argument that is a share as a slider in percent."""
    scale = dialog.get_spin_scale(name, 100.0)
    scale.set_label(f"{scale.get_label()} (%)")
    scale.set_digits(0)
    scale.get_accessible().set_name(scale.get_label().replace("_", ""))


def status_label() -> Gtk.Label:
    return Gtk.Label(xalign=0, wrap=True, max_width_chars=60)


def say(status: Gtk.Label, text: str) -> None:
    """What there is to say, in its line of the dialog; empty: the line goes."""
    status.set_text(text)
    status.set_visible(bool(text))


class StyleRow:
    """The list of styles: not GIMP's Choice, which knows only what was there when GIMP started."""

    def __init__(self, procedure: Gimp.Procedure, config: Gimp.ProcedureConfig) -> None:
        self._argument = procedure.find_argument("style")
        self._styles = Gtk.ListStore(str, str)
        self._box = GimpUi.prop_string_combo_box_new(config, "style", self._styles, 0, 1)
        label = Gtk.Label.new_with_mnemonic(self._argument.get_nick())
        label.set_mnemonic_widget(self._box)
        self.widget = Gtk.Box(spacing=2 * SPACE)
        self.widget.pack_start(label, False, False, 0)
        self.widget.pack_start(self._box, True, True, 0)
        self.widget.show_all()

    def fill(self, styles: list[tuple[str, str, str]], current: str) -> None:
        """styles: as agent.check_styles has them; one that can't be used is named in the tooltip."""
        hints = [self._argument.get_blurb()]
        self._styles.clear()
        for name, description, problem in styles:
            if problem:
                hints.append(_("Left out, {name}: {problem}").format(name=name, problem=problem))
                continue
            row = f"{name}: {description}" if description else name
            hints.append(row)
            self._styles.append([name, row if len(row) <= LONGEST_ROW else row[: LONGEST_ROW - 1] + "…"])
        self._box.set_tooltip_text("\n\n".join(hints))
        self._box.set_active(current)


def before_button(tooltip: str, show: Callable[[bool], None]) -> Gtk.ToggleButton:
    """show: is told whether the edit is to be seen."""
    before = Gtk.ToggleButton.new_with_mnemonic(_("Show _before"))
    before.set_tooltip_text(tooltip)
    before.connect("toggled", lambda button: show(not button.get_active()))
    return before


def help_button(window: Gtk.Window, say: Callable[[str], None], part: str = "") -> Gtk.Button:
    """Opens the page beside the plug-in, at one of its parts."""

    def open_help(_button: Gtk.Button) -> None:
        page = GLib.filename_to_uri(HELP) + (f"#{part}" if part else "")
        try:
            Gtk.show_uri_on_window(window, page, Gtk.get_current_event_time())
        except GLib.Error as error:
            say(_("No program opens {path} ({error}).").format(path=HELP, error=error.message))

    button = Gtk.Button.new_with_mnemonic(_("_Help"))
    button.connect("clicked", open_help)
    return button


def rgb_pixbuf(width: int, height: int, picture: bytes) -> GdkPixbuf.Pixbuf:
    """picture: width * height * 3 bytes, sRGB."""
    data = GLib.Bytes.new(picture)
    return GdkPixbuf.Pixbuf.new_from_bytes(data, GdkPixbuf.Colorspace.RGB, False, 8, width, height, 3 * width)
