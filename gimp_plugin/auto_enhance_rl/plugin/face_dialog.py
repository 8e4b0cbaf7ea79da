# SPDX-License-Identifier: GPL-3.0-or-later
"""The dialog for faces: a picture of each, its sliders live, and the image untouched until OK."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from gi.repository import Gimp, GimpUi, GLib, Gtk

from editor_ops import Slider
from editor_ops.face_sliders import FACE_SHAPE, SKIN

from .agent import Agent
from .face_agent import Picture, check_face_styles, check_faces, check_picture, picture_request
from .face_edit import Face, FacesEdit
from .face_list import FaceList, fitted
from .messages import FACES_TITLE, PluginError, _, log, unexpected
from .names import DEFAULT_FACE_STYLE
from .slider_row import ValueScale
from .widgets import (
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

PICTURE = 300  # pixels of the longer side: with the sliders beside it, it fits on a screen 1024 pixels wide
SLIDERS_WIDTH = 270  # pixels: room for the longest name beside its value
SLIDERS_HEIGHT = 440  # pixels: with all else it fits on a screen 768 pixels high; the sliders scroll


class FaceDialog:
    """One dialog, from the search for faces that is under way to the edit that the user accepts."""

    def __init__(
        self,
        procedure: Gimp.Procedure,
        config: Gimp.ProcedureConfig,
        agent: Agent,
        edit: FacesEdit,
        header: dict[str, Any],
        take: Callable[[Any], None],
    ) -> None:
        """header: of requests, as faces.request_header has it. take: puts the first answer into the edit."""
        self._config, self._agent, self._edit, self._header, self._take = config, agent, edit, header, take
        self._refusal: PluginError | None = None
        self._complaint = ""  # about the style last used
        self._face: Face | None = None  # the one that is shown
        self._before: dict[Face, Picture] = {}
        self._after: Picture | None = None  # of the face that is shown
        self._asking = False  # for a picture: one at a time, so that none is made that nobody waits for
        self._stale = False  # whether `_after` is of other values than are set
        self._edit_shown = True  # and not the face before it
        self._updating = False  # while the widgets are set to the edit, and not the edit to the widgets
        self._due = 0  # GLib's number of the picture that is due
        self._opened = time.monotonic()

        self._dialog = GimpUi.ProcedureDialog.new(procedure, config, FACES_TITLE)
        in_percent(self._dialog, "strength")
        rows = self._dialog.fill_box("rows", ["strength"])
        rows.set_spacing(SPACE)
        self._styles = StyleRow(procedure, config)
        self._status = status_label()
        self._image = Gtk.Image()
        self._faces = FaceList(self._on_chosen, self._on_switched)
        self._scales = {
            slider: ValueScale(slider, functools.partial(self._on_moved, slider)) for slider in edit.sliders
        }
        sides = Gtk.Box(spacing=2 * SPACE)
        sides.pack_start(self._faces_side(), False, False, 0)
        sides.pack_start(self._sliders_side(), True, True, 0)
        sides.show()
        rows.pack_start(self._styles.widget, False, False, 0)
        rows.reorder_child(self._styles.widget, 0)
        rows.pack_start(self._status, False, False, 0)
        rows.pack_start(sides, True, True, 0)
        self._dialog.fill(["rows"])
        self._dialog.set_response_sensitive(Gtk.ResponseType.OK, False)
        config.connect("notify::strength", lambda *_: self._take_strength())
        config.connect("notify::style", lambda *_: self._take_style())

    def run(self, faces: Future[Any], styles: Future[Any]) -> bool:
        """Shows the faces when they are found; whether the user agreed to the edit. PluginError where there is none."""
        self._say(_("Looking for faces…"))
        self._wait(faces, self._take_faces)
        self._wait(
            styles, lambda answer: self._styles.fill(check_face_styles(answer), self._config.get_property("style"))
        )
        try:
            agreed = self._dialog.run()
            if self._due:
                GLib.source_remove(self._due)
        finally:
            self._dialog.destroy()
        if self._refusal is not None:
            raise self._refusal
        return bool(agreed and self._edit.faces)

    # What the agent answers

    def _wait(self, asked: Future[Any], then: Callable[[Any], None]) -> None:
        when_answered(asked, then, self._refuse)

    def _refuse(self, error: PluginError) -> None:
        """Says what went wrong. Without any face there is nothing to do here: the dialog ends, and GIMP says it."""
        self._asking = False
        if self._edit.faces:
            log.warning("%s", error)
            self._say(str(error))
            if self._config.get_property("style") != self._edit.style:
                self._config.set_property("style", self._edit.style)  # the one that is shown
        elif self._header["style"] not in ("", DEFAULT_FACE_STYLE):  # it may be gone by now, and another be there
            log.warning("%s", error)
            self._complaint = str(error)
            self._header["style"] = DEFAULT_FACE_STYLE
            self._config.set_property("style", DEFAULT_FACE_STYLE)
            self._wait(self._agent.ask(self._header | {"again": True}), self._take_faces)
        else:
            self._refusal = error
            self._dialog.response(Gtk.ResponseType.CANCEL)

    def _say(self, text: str) -> None:
        say(self._status, text)

    def _take_faces(self, answer: Any) -> None:
        self._take(answer)
        self._say(self._complaint)
        self._updating = True
        self._config.set_property("strength", self._edit.strength)  # of an earlier run
        self._config.set_property("style", self._edit.style)
        self._faces.fill(self._edit.faces)
        self._updating = False
        self._dialog.set_response_sensitive(Gtk.ResponseType.OK, True)
        self._on_chosen(self._edit.faces[0])
        log.info("faces after %.2f s", time.monotonic() - self._opened)

    def _take_another_style(self, answer: Any) -> None:
        self._edit.restyle(check_faces(answer))
        self._say("")
        self._show()

    def _ask_picture(self) -> None:
        """For the next picture that is wanted: of the face that is shown, before and after, then of the others."""
        if self._asking or self._face is None:
            return
        waiting = [face for face in (self._face, *self._edit.faces) if face not in self._before]
        if self._face in self._before and self._stale:
            face, values, self._stale = self._face, self._edit.values(self._face), False
        elif waiting:
            face, values = waiting[0], None
        else:
            return
        self._asking = True
        asked = self._agent.ask(picture_request(face, values or {}, PICTURE))
        self._wait(asked, lambda answer: self._take_picture(face, values is not None, check_picture(answer, PICTURE)))

    def _take_picture(self, face: Face, edited: bool, picture: Picture) -> None:
        self._asking = False
        if not edited:
            self._before[face] = picture
            self._faces.set_picture(face, rgb_pixbuf(*picture))
        elif face is self._face:
            self._after = picture
            log.debug("picture at %.3f", time.time())
        self._show_picture()
        self._ask_picture()

    def _show_picture(self) -> None:
        if self._face in self._before:
            picture = self._after if self._edit_shown and self._after is not None else self._before[self._face]
            self._image.set_from_pixbuf(fitted(rgb_pixbuf(*picture), PICTURE))

    # What the user does

    def _on_chosen(self, face: Face) -> None:
        self._face, self._after = face, None
        name = _("Face {number}").format(number=self._edit.faces.index(face) + 1)
        self._image.get_accessible().set_name(name)
        self._show()

    def _on_switched(self, face: Face, on: bool) -> None:
        face.on = on
        self._show()

    def _on_moved(self, slider: Slider, value: float) -> None:
        if not self._updating and self._face is not None:
            self._edit.set_value(self._face, slider, value)
            self._show_soon()

    def _on_reset(self, _button: Gtk.Button) -> None:
        if self._face is not None:
            self._edit.reset(self._face)
            self._show()

    def _take_strength(self) -> None:
        if not self._updating:
            self._edit.strength = self._config.get_property("strength")
            self._show_soon()

    def _take_style(self) -> None:
        style = self._config.get_property("style")
        if style and style != self._edit.style and not self._updating and self._edit.faces:
            self._header["style"] = style
            self._wait(self._agent.ask(self._header | {"again": True}), self._take_another_style)

    def _show_soon(self) -> None:
        if not self._due:
            self._due = GLib.timeout_add(DEBOUNCE_MS, self._show_due)

    def _show_due(self) -> bool:
        self._due = 0
        try:
            self._show()
        except Exception as error:
            self._say(str(unexpected(error)))
        return False

    def _show(self) -> None:
        """The edit of the face that is chosen, in the sliders and, when it is made, in its picture."""
        if self._face is None:
            return
        self._updating = True
        movable = self._face.on and self._edit.strength > 0
        for slider, scale in self._scales.items():
            scale.show(self._edit.value(self._face, slider))
            scale.widget.set_sensitive(movable)
        self._updating = False
        self._stale = True
        self._show_picture()
        self._ask_picture()

    def _set_shown(self, shown: bool) -> None:
        self._edit_shown = shown
        self._show_picture()

    # Widgets

    def _faces_side(self) -> Gtk.Widget:
        side = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE)
        self._image.set_size_request(PICTURE, PICTURE)
        before = before_button(_("Shows the face without the edit"), self._set_shown)
        reset = Gtk.Button(label=_("Reset face"))
        reset.set_tooltip_text(_("Sets this face's sliders back to what the style chose"))
        reset.connect("clicked", self._on_reset)
        buttons = Gtk.Box(spacing=SPACE)
        buttons.pack_start(before, False, False, 0)
        buttons.pack_start(reset, False, False, 0)
        buttons.pack_end(help_button(self._dialog, self._say, "faces"), False, False, 0)
        for widget in (self._image, buttons, self._faces.widget):
            side.pack_start(widget, False, False, 0)
        side.show_all()
        return side

    def _sliders_side(self) -> Gtk.Widget:
        column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=2 * SPACE, margin_end=2 * SPACE)
        for title, rows in ((_("Skin"), SKIN), (_("Shape"), FACE_SHAPE)):
            inner = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=SPACE // 2)
            for slider in rows:
                if slider in self._scales:  # on a grey layer, those of colours are not
                    inner.pack_start(self._scales[slider].widget, False, False, 0)
            frame = GimpUi.Frame.new(title)
            frame.add(inner)
            column.pack_start(frame, False, False, 0)
        scrolled = Gtk.ScrolledWindow(
            hscrollbar_policy=Gtk.PolicyType.NEVER,
            min_content_height=SLIDERS_HEIGHT,
            overlay_scrolling=False,  # always there to be seen: there is more below
        )
        column.set_size_request(SLIDERS_WIDTH, -1)
        scrolled.add(column)
        scrolled.show_all()
        return scrolled
