# SPDX-License-Identifier: GPL-3.0-or-later
"""The edit shown on the image itself while the dialog is open, without a trace in its history."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from gi.repository import Gimp

from editor_ops import SLIDERS, Filter

from .filters import append, delete, new_filters, set_values
from .own_filters import own_filters, read_tag, tag, write_tag

BLURS = {slider.operation for slider in SLIDERS if slider.radius_property}


@contextlib.contextmanager
def no_history(image: Gimp.Image) -> Iterator[None]:
    """A change that leaves no undo step, and an image that was saved still counts as saved.

    Only around single changes: were the history frozen as long as the dialog is open, a plug-in that dies would leave
    the user without Undo.
    """
    saved = not image.is_dirty()
    image.undo_freeze()
    try:
        yield
    finally:
        image.undo_thaw()
        if saved:
            image.clean_all()


def abort_render(image: Gimp.Image) -> None:
    """Has GIMP break off the drawing that is under way; the next flush goes on with it.

    While GIMP draws a large image it listens only now and then, after each piece, and then draws the next piece before
    it hears the next call: to set eight filters took up to 5 s on 24 megapixels, and with this the wait for one piece.
    No call of libgimp is for that; to merge a filter is one of those that do it first (gimpdrawable-filters.c).
    """
    scratch = Gimp.Layer.new(image, "", 1, 1, Gimp.ImageType.RGB_IMAGE, 100.0, Gimp.LayerMode.NORMAL)
    scratch.merge_filter(Gimp.DrawableFilter.new(scratch, "gegl:exposure", ""))
    scratch.delete()


def _tool(filter_: Filter) -> tuple[str, ...]:
    """Operation, mode and names of the properties: what a filter keeps while its values change."""
    return filter_.operation, filter_.mode, *filter_.properties


class Preview:
    """Filters on the layer for as long as the dialog is open, in place of those of an earlier run, which are hidden."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer) -> None:
        self._image, self._layer = image, layer
        self._filters: list[Filter] = []  # what is shown
        self._live: list[Gimp.DrawableFilter] = []  # by these
        self._shown = True
        self._tag = read_tag(layer)
        self._own = own_filters(layer)
        self._hidden = [each for each in self._own if each.get_visible()]
        with no_history(image):
            for each in self._hidden:
                each.set_visible(False)

    def show(self, filters: list[Filter]) -> None:
        """The edit as it is now. Where only values have changed, the filters stay and get them."""
        if filters == self._filters and self._all_there():
            return
        # the same properties too: one that is neutral now is left out, and must not keep its old value
        same_tools = list(map(_tool, filters)) == list(map(_tool, self._filters))
        with no_history(self._image):
            abort_render(self._image)
            if same_tools and self._all_there():
                for live, new, old in zip(self._live, filters, self._filters, strict=True):
                    if new[2:] != old[2:]:
                        set_values(live, new)
                        live.update()
            else:
                self._remove()
                self._live = new_filters(self._layer, filters)
                for each in self._live:
                    each.set_visible(False)
                append(self._layer, self._live)
                tag(self._layer, [*self._there(self._own), *self._live])  # a run after a crash will replace them
                self._show_live()
        self._filters = filters
        Gimp.displays_flush()

    def set_shown(self, shown: bool) -> None:
        """False shows the layer as it was before."""
        self._shown = shown
        with no_history(self._image):
            self._show_live()
        Gimp.displays_flush()

    def end(self) -> None:
        """Everything as it was when the preview was made."""
        if not self._layer.is_valid():  # the user has removed it meanwhile
            return
        with no_history(self._image):
            self._remove()
            write_tag(self._layer, self._tag)
            for each in self._there(self._hidden):
                each.set_visible(True)
        Gimp.displays_flush()

    def _there(self, filters: list[Gimp.DrawableFilter]) -> list[Gimp.DrawableFilter]:
        """Those that are on the layer still: the user has them in the Layer Effects list, and may remove some.

        GIMP is not to be asked anything about one that is gone: it crashes where no undo step keeps it.
        """
        there = {each.get_id() for each in self._layer.get_filters()}
        return [each for each in filters if each.get_id() in there]

    def _all_there(self) -> bool:
        return len(self._there(self._live)) == len(self._live)

    def _show_live(self) -> None:
        """Shows or hides the filters, the blurs last.

        As soon as GIMP is idle, be it between two calls, it draws the little picture of the layer anew, through all
        filters that are to be seen; with blurs that takes 5 s for 24 megapixels, and our next call waits as long.
        """
        for each in sorted(self._there(self._live), key=lambda each: each.get_operation_name() in BLURS):
            each.set_visible(self._shown)

    def _remove(self) -> None:
        delete(self._there(self._live))
        self._live, self._filters = [], []
