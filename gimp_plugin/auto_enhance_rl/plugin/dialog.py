# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialog: the edit live on the canvas, and everything about it under the user's hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import gi

gi.require_version("GimpUi", "3.0")
gi.require_version("Gtk", "3.0")
from gi.repository import GdkPixbuf, Gimp, GimpUi, GLib, Gtk  # noqa: E402

from editor_ops import Slider  # noqa: E402
from models.decision import Choice, Decision  # noqa: E402

from .agent import Agent, check_alternatives, check_decision, check_styles  # noqa: E402 (versions must be chosen first)
from .edit import Edit, excluded_names  # noqa: E402
from .messages import TITLE, PluginError, _, log, unexpected  # noqa: E402
from .names import DEFAULT_STYLE  # noqa: E402
from .preview import Preview  # noqa: E402
from .slider_row import Row  # noqa: E402
from .widgets import (  # noqa: E402
    DEBOUNCE_MS,
    SPACE,
    StyleRow,
    before_button,
    help_button,
    in_percent,
    rgb_pixbuf,
    say,
    status_label,
    when_answered,
)

ALTERNATIVES = 4  # beside the agent's own choice; five little pictures in a row fit on a laptop's screen
PICTURE = 88  # pixels of their longer side: the dialog leaves room for the photo beside it


class Dialog:
    """One dialog, from the request that is under way to the edit that the user accepts."""

    def __init__(
        self,
        procedure: Gimp.Procedure,
        config: Gimp.ProcedureConfig,
        agent: Agent,
        edit: Edit,
        header: dict[str, Any],
        size: tuple[int, int],
    ) -> None:
        """header: of requests, as enhance.request_header has it. size: of the part of the layer that the agent sees."""
        self._procedure, self._config, self._agent, self._edit = procedure, config, agent, edit
        self._header, self._size = header, size
        self._preview: Preview
        self._decision: Decision | None = None  # the agent's, for the style that is shown
        self._style = header["style"]  # of the edit that is shown
        self._refusal: PluginError | None = None
        self._complaint = ""  # about the style last used
        self._updating = False  # while the widgets are set to the edit, and not the edit to the widgets
        self._due = 0  # GLib's number of the preview that is due
        self._moved = 0.0  # when that became due
        self._opened = time.monotonic()

        self._dialog = GimpUi.ProcedureDialog.new(procedure, config, TITLE)
        in_percent(self._dialog, "strength")
        rows = self._dialog.fill_box("rows", ["strength", "apply"])
        rows.set_spacing(SPACE)
        self._styles = StyleRow(procedure, config)
        self._status = status_label()
        self._pictures = Gtk.Box(spacing=SPACE, homogeneous=True)
        self._rows = {slider.name: Row(slider, self._on_switched, self._on_moved) for slider in edit.sliders}
        for place, widget in enumerate(
            [self._styles.widget, self._status, self._picture_frame(), self._slider_grid(), self._buttons()]
        ):
            rows.pack_start(widget, False, False, 0)
            # "strength" comes after the style, "apply" at the end
            rows.reorder_child(widget, place if place == 0 else place + 1)
        self._dialog.fill(["rows"])
        self._dialog.set_response_sensitive(Gtk.ResponseType.OK, False)
        config.connect("notify::strength", lambda *_: self._take_strength())
        config.connect("notify::style", lambda *_: self._take_style())
        config.connect("notify::leave-alone", lambda *_: self._take_excluded())

    # Asking

    def run(self, image: Gimp.Image, layer: Gimp.Layer, decision: Future[Any], styles: Future[Any]) -> Decision | None:
        """Shows the edit when the agent has decided; the Decision as accepted, or None when the user cancels."""
        self._preview = Preview(image, layer)
        self._say(_("The agent looks at the photo…"))
        self._wait(decision, self._take_decision)
        self._wait(styles, self._take_styles)
        try:
            agreed = self._dialog.run()
            if self._due:
                GLib.source_remove(self._due)
        finally:
            self._preview.end()
            self._dialog.destroy()
        if self._refusal is not None:
            raise self._refusal
        if not agreed or self._decision is None:
            return None
        return self._edit.decision(self._decision)

    def _wait(self, asked: Future[Any], then: Callable[[Any], None]) -> None:
        when_answered(asked, then, self._refuse)

    def _refuse(self, error: PluginError) -> None:
        """Says what went wrong. Without any edit there is nothing to do here: the dialog ends, and GIMP says it.

        But the style that was last used may be gone by now, and then there is another to begin with.
        """
        log.warning("%s", error)
        if self._decision is None and self._style in ("", DEFAULT_STYLE):
            self._refusal = error
            self._dialog.response(Gtk.ResponseType.CANCEL)
            return
        self._say(str(error))
        if self._decision is None:
            self._complaint, self._style = str(error), DEFAULT_STYLE
        self._header["style"] = self._style
        self._config.set_property("style", self._style)
        if self._decision is None:
            self._wait(self._agent.ask(self._asking()), self._take_decision)

    def _say(self, text: str) -> None:
        say(self._status, text)

    # What the agent answers

    def _take_decision(self, answer: Any) -> None:
        self._decision, self._style = check_decision(answer), self._header["style"]
        self._edit.choose(self._decision.choices)
        self._show_edit()
        self._dialog.set_response_sensitive(Gtk.ResponseType.OK, True)
        log.info("preview after %.2f s", time.monotonic() - self._opened)
        log.debug("preview at %.3f", time.time())
        still = "" if self._edit.moved else _("Nothing to change: the agent would leave this photo as it is.")
        self._say(self._complaint or still)
        self._complaint = ""
        for each in self._pictures.get_children():
            each.destroy()
        self._wait(self._agent.ask(self._asking() | {"alternatives": ALTERNATIVES}), self._take_alternatives)

    def _take_alternatives(self, answer: Any) -> None:
        side, found = check_alternatives(answer)
        first: Gtk.RadioButton | None = None
        for number, (choices, picture) in enumerate(found):
            button = Gtk.RadioButton.new_from_widget(first)
            first = first or button
            name = _("The agent's choice") if number == 0 else _("Alternative {number}").format(number=number)
            button.set_mode(False)  # a button with a picture, no dot
            button.add(Gtk.Image.new_from_pixbuf(self._pixbuf(side, picture)))
            button.set_tooltip_text(f"{name}\n\n{self._described(choices)}")
            button.get_accessible().set_name(name)
            button.connect("toggled", self._on_chosen, choices)
            self._pictures.pack_start(button, False, False, 0)
        self._pictures.show_all()
        log.info("alternatives after %.2f s", time.monotonic() - self._opened)

    def _take_styles(self, answer: Any) -> None:
        self._styles.fill(check_styles(answer), self._style)

    def _asking(self) -> dict[str, Any]:
        """A request about the picture that the agent has seen already."""
        return self._header | {"again": True}

    # What the user does

    def _take_strength(self) -> None:
        self._edit.strength = self._config.get_property("strength")
        self._show_soon()

    def _take_excluded(self) -> None:
        """When settings are loaded or reset; the rows' switches have set the edit already."""
        excluded = excluded_names(self._config.get_property("leave-alone"))
        if excluded != self._edit.excluded:
            self._edit.excluded = excluded
            self._show_soon()

    def _take_style(self) -> None:
        style = self._config.get_property("style")
        if style and style != self._style and not self._updating:
            self._header["style"] = style
            self._say(_("The agent looks at the photo…"))
            self._wait(self._agent.ask(self._asking()), self._take_decision)

    def _on_chosen(self, button: Gtk.RadioButton, choices: tuple[Choice, ...]) -> None:
        if button.get_active():
            self._edit.choose(choices)
            self._show_soon()

    def _on_switched(self, slider: Slider, on: bool) -> None:
        if not self._updating:
            (self._edit.excluded.discard if on else self._edit.excluded.add)(slider.name)
            self._config.set_property("leave-alone", ", ".join(sorted(self._edit.excluded)))
            self._show_soon()

    def _on_moved(self, slider: Slider, value: float) -> None:
        if not self._updating:
            self._edit.set_value(slider, value)
            self._show_soon()

    def _show_soon(self) -> None:
        if not self._due:
            self._moved = time.monotonic()
            self._due = GLib.timeout_add(DEBOUNCE_MS, self._show_due)

    def _show_due(self) -> bool:
        self._due = 0
        try:
            self._show_edit()
            log.debug("values set %.3f s after the movement", time.monotonic() - self._moved)
        except PluginError as error:
            self._say(str(error))
        except Exception as error:
            self._say(str(unexpected(error)))
        return False

    def _show_edit(self) -> None:
        """The edit as it is, on the canvas and in the rows."""
        self._updating = True
        for slider in self._edit.sliders:
            name = slider.name
            self._rows[name].show(
                name in self._edit.moved, name not in self._edit.excluded, self._edit.choice(slider),
                self._edit.strength > 0,
            )  # fmt: skip
        self._updating = False
        self._preview.show(self._edit.filters())

    # Widgets

    def _picture_frame(self) -> Gtk.Widget:
        frame = GimpUi.Frame.new(_("Alternatives"))
        frame.add(self._pictures)
        frame.show_all()
        return frame

    def _slider_grid(self) -> Gtk.Widget:
        grid = Gtk.Grid(column_spacing=SPACE, row_spacing=SPACE // 2)
        for line, row in enumerate(self._rows.values()):
            for column, widget in enumerate(row.widgets):
                grid.attach(widget, column, line, 1, 1)
        frame = GimpUi.Frame.new(_("Sliders that the agent moved"))
        frame.add(grid)
        frame.show()
        grid.show()
        return frame

    def _buttons(self) -> Gtk.Widget:
        before = before_button(_("Shows the layer without the edit"), lambda shown: self._preview.set_shown(shown))
        row = Gtk.Box(spacing=SPACE)
        row.pack_start(before, False, False, 0)
        row.pack_end(help_button(self._dialog, self._say), False, False, 0)
        row.show_all()
        return row

    def _pixbuf(self, side: int, picture: bytes) -> GdkPixbuf.Pixbuf:
        """A little picture, which comes squashed to a square, in the shape of the photo."""
        square = rgb_pixbuf(side, side, picture)
        width, height = self._size
        scale = PICTURE / max(width, height)
        size = (max(1, round(scale * width)), max(1, round(scale * height)))
        return square.scale_simple(*size, GdkPixbuf.InterpType.BILINEAR)

    def _described(self, choices: tuple[Choice, ...]) -> str:
        """The sliders that it moves, a line each."""
        moved = [c for c in choices if c.slider in self._edit.sliders and c.value != c.slider.neutral]
        return "\n".join(f"{_(c.slider.label)} {_(c.slider.text).format(c.value)}" for c in moved)
