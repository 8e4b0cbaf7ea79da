# SPDX-License-Identifier: GPL-3.0-or-later
"""A slider in the dialogs, and its row in that of the whole photo."""

from __future__ import annotations

import re
from collections.abc import Callable

from gi.repository import GimpUi, Gtk

from editor_ops import Slider
from models.decision import Choice

from .messages import _


class ValueScale:
    """A slider with its name, value and unit as GIMP's own tools have it. moved: is told the value, in GIMP's unit."""

    def __init__(self, slider: Slider, moved: Callable[[float], None]) -> None:
        text, label = _(slider.text), _(slider.label)
        percent = text.endswith("%}")  # an opacity or another share, which GIMP has in percent
        self._factor = 100.0 if percent else 1.0
        unit = "%" if percent else re.sub(r"\{.*?\}", "", text).strip()
        digits = re.search(r"\.(\d+)[f%]", text)
        step = self._factor * (slider.highest - slider.lowest) / 64  # about one level, of which the agent knows 33
        self._adjustment = Gtk.Adjustment(
            value=self._factor * slider.neutral,
            lower=self._factor * slider.scaled(slider.lowest, 2.0),  # as far as the values can come at strength 2
            upper=self._factor * slider.scaled(slider.highest, 2.0),
            step_increment=step,
            page_increment=4 * step,
        )
        name = f"{label} ({unit})" if unit else label
        self.widget = GimpUi.SpinScale.new(self._adjustment, name, int(digits[1]) if digits else 0)
        self.widget.set_hexpand(True)
        self.widget.get_accessible().set_name(name)
        self._adjustment.connect("value-changed", lambda adjustment: moved(adjustment.get_value() / self._factor))

    def show(self, value: float) -> None:
        self._adjustment.set_value(self._factor * value)


class Row:
    """The switch, the slider with its name, value and unit as GIMP's own tools have it, and what is likely."""

    def __init__(
        self, slider: Slider, switched: Callable[[Slider, bool], None], moved: Callable[[Slider, float], None]
    ) -> None:
        self._switch = Gtk.CheckButton(tooltip_text=_("Off: leave this slider alone, in later photos too"))
        self._switch.get_accessible().set_name(_(slider.label))
        self._scale = ValueScale(slider, lambda value: moved(slider, value))
        self._scale.widget.set_tooltip_text(_("In GIMP: {menu}").format(menu=_(slider.menu)))
        number = re.search(r"\{.*?\}", _(slider.text))
        self._number = number[0] if number else "{}"  # without the unit, which the slider has
        self._interval = Gtk.Label(xalign=1)
        self._interval.set_tooltip_text(
            _("For four photos of five like this one, the agent expects the best value in this range")
        )
        self.widgets = [self._switch, self._scale.widget, self._interval]
        self._switch.connect("toggled", lambda button: switched(slider, button.get_active()))

    def show(self, there: bool, on: bool, choice: Choice, movable: bool) -> None:
        for widget in self.widgets:
            widget.set_visible(there)
        self._switch.set_active(on)
        if on:
            self._scale.show(choice.value)
        self._scale.widget.set_sensitive(on and movable)
        self._interval.set_text(self._likely(choice))

    def _likely(self, choice: Choice) -> str:
        if choice.probability is None:
            return _("by hand")
        if choice.interval is None:  # left alone, or an agent of an earlier version
            return ""
        low, high = (self._number.format(end) for end in choice.interval)
        return _("{low} to {high}").format(low=low, high=high)
