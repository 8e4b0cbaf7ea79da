# SPDX-License-Identifier: GPL-3.0-or-later
"""The edit shown on the image itself while the dialog is open, without a trace in its history."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from filters import Filter, append, delete, set_properties
from gi.repository import Gimp
from ours import ours


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


class Preview:
    """Filters on the layer for as long as the dialog is open, in place of those of an earlier run, which are hidden."""

    def __init__(self, image: Gimp.Image, layer: Gimp.Layer) -> None:
        self._image, self._layer = image, layer
        self._filters: list[Filter] = []  # what is shown
        self._live: list[Gimp.DrawableFilter] = []  # by these
        self._shown = True
        self._earlier = [each for each in ours(layer) if each.get_visible()]
        with no_history(image):
            for each in self._earlier:
                each.set_visible(False)

    def show(self, filters: list[Filter]) -> None:
        """The edit as it is now. Where only values have changed, the filters stay and get them."""
        if filters == self._filters and self._all_there():
            return
        same_tools = [each[0] for each in filters] == [each[0] for each in self._filters]
        with no_history(self._image):
            if same_tools and self._all_there():
                for live, new, old in zip(self._live, filters, self._filters, strict=True):
                    if new[2] != old[2]:
                        set_properties(live.get_config(), new[0], new[2])
                        live.update()
            else:
                self._remove()
                self._live = append(self._layer, filters)
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
            for each in self._earlier:
                each.set_visible(True)
        Gimp.displays_flush()

    def _all_there(self) -> bool:
        """Whether the user has left them alone, who has them in the Layer Effects list like any others."""
        there = [each.get_id() for each in self._layer.get_filters()]
        return all(each.get_id() in there for each in self._live)

    def _show_live(self) -> None:
        for each in self._live:
            each.set_visible(self._shown)

    def _remove(self) -> None:
        there = [each.get_id() for each in self._layer.get_filters()]
        delete([each for each in self._live if each.get_id() in there])
        self._live, self._filters = [], []
