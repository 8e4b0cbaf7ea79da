# SPDX-License-Identifier: GPL-3.0-or-later
"""From the menu to the filters: look at the layer, ask the agent, let the user change the edit, apply it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import gi
from gi.repository import Gegl, Gimp

from . import names
from .agent import Agent, Settings, check_decision, read_settings
from .edit import Edit, excluded_names
from .filters import apply
from .layers import check_drawables, check_merged, from_srgb_matrix, holds_beyond, pixels
from .messages import TITLE, _, calling_error

if TYPE_CHECKING:
    from .dialog import Dialog


def enhance(
    procedure: Gimp.Procedure,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    interactive: bool,
) -> dict[str, Any] | None:
    """Has the agent decide, and applies it; the Decision JSON, or None where the user cancelled."""
    Gegl.init(None)
    layer = check_drawables(image, drawables)
    settings = read_settings()
    header, edit = request_header(layer, config, settings), begin_edit(image, layer, config)
    agent = Agent(settings)  # it gets ready while the pixels are read
    try:
        if not interactive:  # with the dialog open, a progress bar would only offer to kill the plug-in
            Gimp.progress_init(TITLE)
        width, height, channels, data = pixels(image, layer)
        asked = agent.ask(header | {"width": width, "height": height, "channels": channels}, data)
        del data
        if interactive:
            styles = agent.ask({"list": True, "styles": settings.styles})
            dialog = dialog_class()(procedure, config, agent, edit, header, (width, height))
            decision = dialog.run(image, layer, asked, styles)
        else:
            chosen = check_decision(asked.result())
            edit.choose(chosen.choices)
            decision = edit.decision(chosen)
    finally:
        agent.close()
    if decision is None:
        return None
    apply_edit(image, layer, edit, config.get_property("apply") == "merged")
    return decision.to_json(edit.filters())


def request_header(layer: Gimp.Layer, config: Gimp.ProcedureConfig, settings: Settings) -> dict[str, Any]:
    """What the agent is told besides the pixels (models/helper.py)."""
    model, style = config.get_property("model"), config.get_property("style")
    if model and style not in ("", names.DEFAULT_STYLE):
        raise calling_error(
            _("A policy file and the style “{name}” are both given. Give one of them.").format(name=style)
        )
    return {
        "model": os.path.abspath(os.path.expanduser(model)) if model else "",
        "style": "" if model else style or names.DEFAULT_STYLE,
        "styles": settings.styles,
        "colour": not layer.is_gray(),
    }


def begin_edit(image: Gimp.Image, layer: Gimp.Layer, config: Gimp.ProcedureConfig) -> Edit:
    """The edit before the agent has chosen. Radii are for the layer, even if the agent sees a part of it."""
    edit = Edit(
        (layer.get_width(), layer.get_height()),
        not layer.is_gray(),
        from_srgb_matrix(image),
        holds_beyond(image, layer),
    )
    edit.strength = config.get_property("strength")
    try:
        edit.excluded = excluded_names(config.get_property("leave-alone"))
    except ValueError as error:
        raise calling_error(str(error)) from error
    return edit


def dialog_class() -> type[Dialog]:
    """Imported only for an interactive run: loading GTK takes time, and a batch call needs no display."""
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi

    GimpUi.init(names.PROCEDURE)
    from .dialog import Dialog

    return Dialog


def apply_edit(image: Gimp.Image, layer: Gimp.Layer, edit: Edit, merged: bool) -> None:
    if not layer.is_valid():
        raise calling_error(_("The layer was removed while the dialog was open."))
    if merged:
        check_merged(layer)
        Gimp.progress_init(TITLE)  # some seconds for a large layer
    apply(image, layer, edit.filters(), merged)
