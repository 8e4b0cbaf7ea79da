# SPDX-License-Identifier: GPL-3.0-or-later
"""A slider's row in the dialog."""

from __future__ import annotations

import re
from collections.abc import Callable

from gi.repository import GimpUi, Gtk

from editor_ops import Slider
from models.decision import Choice

from .messages import _


class Row:
    """The switch, the slider with its name, value and unit as GIMP's own tools have it, and what is likely."""

    def __init__(
        self, slider: Slider, switched: Callable[[Slider, bool], None], moved: Callable[[Slider, float], None]
    ) -> None:
        text, label = _(slider.text), _(slider.label)
        percent = text.endswith("%}")  # an opacity, which GIMP has in percent
        self._factor = 100.0 if percent else 1.0
        unit = "%" if percent else re.sub(r"\{.*?\}", "", text).strip()
        digits = re.search(r"\.(\d+)f", text)
        step = self._factor * (slider.highest - slider.lowest) / 64  # about one level, of which the agent knows 33
        self._adjustment = Gtk.Adjustment(
            value=self._factor * slider.neutral,
            lower=self._factor * slider.scaled(slider.lowest, 2.0),  # as far as the values can come at strength 2
            upper=self._factor * slider.scaled(slider.highest, 2.0),
            step_increment=step,
            page_increment=4 * step,
        )
        self._switch = Gtk.CheckButton(tooltip_text=_("Off: leave this slider alone, in later photos too"))
        self._switch.get_accessible().set_name(label)
        name = f"{label} ({unit})" if unit else label
        self._scale = GimpUi.SpinScale.new(self._adjustment, name, int(digits[1]) if digits else 0)
        self._scale.set_hexpand(True)
        self._scale.set_tooltip_text(_("In GIMP: {menu}").format(menu=_(slider.menu)))
        self._scale.get_accessible().set_name(name)
        number = re.search(r"\{.*?\}", text)
        self._number = number[0] if number else "{}"  # without the unit, which the slider has
        self._interval = Gtk.Label(xalign=1)
        self._interval.set_tooltip_text(
            _("For four photos of five like this one, the agent expects the best value in this range")
        )
        self.widgets = [self._switch, self._scale, self._interval]
        self._switch.connect("toggled", lambda button: switched(slider, button.get_active()))
        self._adjustment.connect(
            "value-changed", lambda adjustment: moved(slider, adjustment.get_value() / self._factor)
        )

    def show(self, there: bool, on: bool, choice: Choice, movable: bool) -> None:
        for widget in self.widgets:
            widget.set_visible(there)
        self._switch.set_active(on)
        if on:
            self._adjustment.set_value(self._factor * choice.value)
        self._scale.set_sensitive(on and movable)
        self._interval.set_text(self._likely(choice))

    def _likely(self, choice: Choice) -> str:
        if choice.probability is None:
            return _("by hand")
        if choice.interval is None:  # left alone, or an agent of an earlier version
            return ""
        low, high = (self._number.format(end) for end in choice.interval)
        return _("{low} to {high}").format(low=low, high=high)
