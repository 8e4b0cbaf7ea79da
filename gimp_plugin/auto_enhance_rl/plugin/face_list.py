# SPDX-License-Identifier: GPL-3.0-or-later
"""The faces in a row: a little picture of each to choose it by, and whether it is edited."""

from __future__ import annotations

from collections.abc import Callable

from gi.repository import GdkPixbuf, Gtk

from .face_edit import Face
from .messages import _
from .widgets import SPACE

PICTURE = 56  # pixels of the longer side: four, with their buttons, are as wide as the large picture above
IN_A_ROW = 4
ROW_HEIGHT = 104  # pixels, of one row: kept free while the faces are looked for, so that the dialog doesn't jump
ROWS = 2  # more of them scroll


class FaceList:
    """chosen: is told which face's sliders to show; switched: that a face is to be edited, or not."""

    def __init__(self, chosen: Callable[[Face], None], switched: Callable[[Face, bool], None]) -> None:
        self._chosen, self._switched = chosen, switched
        self._images: dict[Face, Gtk.Image] = {}
        self._grid = Gtk.Grid(column_spacing=SPACE, row_spacing=SPACE)
        self.widget = Gtk.ScrolledWindow(
            hscrollbar_policy=Gtk.PolicyType.NEVER, min_content_height=ROW_HEIGHT, overlay_scrolling=False
        )
        self.widget.add(self._grid)

    def fill(self, faces: list[Face]) -> None:
        first: Gtk.RadioButton | None = None
        for place, face in enumerate(faces):
            name = _("Face {number}").format(number=place + 1)
            button = Gtk.RadioButton.new_from_widget(first)
            first = first or button
            button.set_mode(False)  # a button with a picture, no dot
            self._images[face] = Gtk.Image()
            self._images[face].set_size_request(PICTURE, PICTURE)
            button.add(self._images[face])
            button.set_tooltip_text(_("{name}: shows it, and its sliders").format(name=name))
            button.get_accessible().set_name(name)
            button.connect("toggled", lambda button, face: button.get_active() and self._chosen(face), face)
            switch = Gtk.CheckButton(label=name, active=face.on, halign=Gtk.Align.CENTER)
            switch.set_tooltip_text(_("Off: this face stays as it is"))
            switch.get_accessible().set_name(_("Edit face {number}").format(number=place + 1))
            switch.connect("toggled", lambda switch, face: self._switched(face, switch.get_active()), face)
            row, column = divmod(place, IN_A_ROW)
            self._grid.attach(button, column, 2 * row, 1, 1)
            self._grid.attach(switch, column, 2 * row + 1, 1, 1)
        rows = -(-len(faces) // IN_A_ROW)
        self.widget.set_min_content_height(min(rows, ROWS) * ROW_HEIGHT)
        self.widget.show_all()

    def set_picture(self, face: Face, pixbuf: GdkPixbuf.Pixbuf) -> None:
        self._images[face].set_from_pixbuf(fitted(pixbuf, PICTURE))


def fitted(pixbuf: GdkPixbuf.Pixbuf, side: int) -> GdkPixbuf.Pixbuf:
    """The picture with its longer side at `side` pixels."""
    width, height = pixbuf.get_width(), pixbuf.get_height()
    scale = side / max(width, height)
    size = (max(1, round(scale * width)), max(1, round(scale * height)))
    return pixbuf.scale_simple(*size, GdkPixbuf.InterpType.BILINEAR)
