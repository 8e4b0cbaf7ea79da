#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colors > Auto > Auto Enhance (RL), for GIMP 3.0 and later.

A learned agent looks at the layer and chooses values for GIMP's own colour tools; this plug-in puts them on the layer
as filters, which stay editable in the Layer Effects list.

This file registers the menu item and runs it; the files beside it do the work: layers.py (what can be worked on, and
what the agent is shown), agent.py (asking), edit.py (the values), filters.py (putting them on the layer), and for the
dialog preview.py and dialog.py. What the agent decides comes as a Decision (JSON) from `models.helper`. That needs
NumPy and ONNX Runtime, which the Python inside most GIMP packages lacks. So the installer leaves beside this file:

    lib/          editor_ops, models (with the shipped policy) and array_api_compat, all plain Python: the slider table
                  for every GIMP, the agent too for one whose own Python has NumPy and ONNX Runtime
    bundle/       on request, those two, for a GIMP that can start no other Python
    config.json   {"python": interpreter that has everything, "timeout": seconds it may take, "styles": folder of the
                  user's styles}

The pixels go to the agent as 8-bit sRGB, whatever the image's precision and profile: it was trained on that.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import gi

gi.require_version("Gimp", "3.0")  # the API's version: GIMP 3.2 has it too
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, GLib, GObject  # noqa: E402 (versions must be chosen first)
from plugin.messages import (  # noqa: E402
    DEFAULT_STYLE,
    DOMAIN,
    FOLDER,
    REINSTALL,
    TITLE,
    Refusal,
    _,
    begin_log,
    log,
    unexpected,
    wrong_call,
)  # fmt: skip

if TYPE_CHECKING:
    pass

PROCEDURE = "python-fu-auto-enhance-rl"


def enhance(
    procedure: Gimp.Procedure,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    interactive: bool,
) -> dict[str, Any] | None:
    """Has the agent decide, and applies it; the Decision, or None where the user cancelled."""
    # Here, not above: where one of these is missing or broken, the menu item is there all the same and says so.
    sys.path[:0] = [os.path.join(FOLDER, "bundle"), os.path.join(FOLDER, "lib")]
    from plugin.agent import Agent, check_decision, read_settings
    from plugin.edit import Edit, names
    from plugin.filters import apply
    from plugin.layers import check_drawables, check_merged, pixels, primaries

    layer = check_drawables(image, drawables)
    model, style = config.get_property("model"), config.get_property("style")
    if model and style not in ("", DEFAULT_STYLE):
        raise wrong_call(_("A policy file and the style “{name}” are both given. Give one of them.").format(name=style))
    Gegl.init(None)
    # Radii are for the layer, even if the agent sees a part of it.
    edit = Edit((layer.get_width(), layer.get_height()), not layer.is_gray(), primaries(image))
    edit.strength = config.get_property("strength")
    try:
        edit.left = names(config.get_property("leave-alone"))
    except ValueError as error:
        raise wrong_call(str(error)) from error
    settings = read_settings()
    agent = Agent(settings)  # it gets ready while the pixels are read
    try:
        if not interactive:  # with the dialog open, a progress bar would only offer to kill the plug-in
            Gimp.progress_init(TITLE)
        header = {
            "model": os.path.abspath(os.path.expanduser(model)) if model else "",
            "style": "" if model else style or DEFAULT_STYLE,
            "styles": settings.styles,
            "colour": not layer.is_gray(),
        }
        width, height, channels, data = pixels(image, layer)
        asked = agent.ask(header | {"width": width, "height": height, "channels": channels}, data)
        del data
        if interactive:
            styles = agent.ask({"list": True, "styles": settings.styles})
            # Only here: loading GTK takes time, and a batch call needs no display.
            gi.require_version("GimpUi", "3.0")
            from gi.repository import GimpUi

            GimpUi.init(PROCEDURE)
            from plugin.dialog import Dialog

            decision = Dialog(procedure, config, agent, edit, header, (width, height)).run(image, layer, asked, styles)
        else:
            answer = asked.result()
            edit.choose(check_decision(answer))
            decision = edit.decision(answer)
    finally:
        agent.close()
    if decision is not None:
        if not layer.is_valid():
            raise wrong_call(_("The layer was removed while the dialog was open."))
        merged = config.get_property("apply") == "merged"
        if merged:
            check_merged(layer)
            Gimp.progress_init(TITLE)  # some seconds for a large layer
        apply(image, layer, edit.filters(), merged)
    return decision


def failure(procedure: Gimp.Procedure, refusal: Refusal) -> Gimp.ValueArray:
    log.warning("%s", refusal)
    error = GLib.Error.new_literal(Gimp.PlugIn.error_quark(), str(refusal), 0)
    return procedure.new_return_values(refusal.status, error)


def run(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    data: None,
) -> Gimp.ValueArray:
    begin_log()
    try:
        decision = enhance(procedure, image, drawables, config, run_mode == Gimp.RunMode.INTERACTIVE)
    except Refusal as refusal:
        return failure(procedure, refusal)
    except ImportError as error:
        message = _("A part of the plug-in is missing or broken ({error}): {remedy}.")
        return failure(procedure, Refusal(message.format(error=error, remedy=REINSTALL)))
    except MemoryError:
        message = _("The layer doesn't fit into memory once more. Scale it, or close others.")
        return failure(procedure, Refusal(message))
    except Exception as error:
        return failure(procedure, unexpected(error))
    if decision is None:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    if run_mode != Gimp.RunMode.NONINTERACTIVE:  # flushing renders the filters, which a batch may have no use for
        Gimp.displays_flush()
    log.info("%s", ", ".join(each["label"] for each in decision["filters"]) or "nothing to change")
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, GObject.Value(GObject.TYPE_STRING, json.dumps(decision)))
    return values


class AutoEnhance(Gimp.PlugIn):
    # Registering looks at nothing but GIMP, so the menu item is there even if the rest of the installation
    # is broken, and can say what is wrong.

    def do_set_i18n(self, name: str) -> tuple[bool, str, str]:
        return True, DOMAIN, "locale"

    def do_query_procedures(self) -> list[str]:
        return [PROCEDURE]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        procedure.set_image_types("RGB*, GRAY*")
        procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
        procedure.set_menu_label(f"{TITLE}...")  # GIMP leaves the dots out of the undo step
        procedure.add_menu_path("<Image>/Colors/Auto")
        procedure.set_documentation(
            _("Let a learned agent choose exposure, white balance, contrast and colour"),
            _(
                "An agent looks at the layer and chooses values for GIMP's own colour tools. They are added as filters,"
                " which can be changed in the Layer Effects list. With a selection, the agent looks at the selected "
                "part, and only that is changed. Needs one selected RGB or grey layer. A style is a policy that was "
                "taught a taste: “photo” comes with the plug-in, and your own come from `trainer export RUN --as-style "
                "NAME` or `trainer styles --add FILE`; `trainer styles` lists them. On a layer that has filters of an "
                "earlier run, these are replaced."
            ),
            None,
        )
        procedure.set_attribution("auto-enhance-rl developers", "GPL-3.0-or-later", "2026")
        flags = GObject.ParamFlags.READWRITE
        procedure.add_double_argument(
            "strength", _("S_trength"), _("How far to go: 0 changes nothing, 1 is what the agent chose, 2 twice that"),
            0.0, 2.0, 1.0, flags,
        )  # fmt: skip
        choice = Gimp.Choice.new()
        choice.add("filters", 0, _("Editable filters"), _("Add filters to the layer; they stay editable"))
        choice.add("merged", 1, _("Merged into the layer"), _("Change the pixels; merges the layer's own filters too"))
        procedure.add_choice_argument(
            "apply", _("_Apply as"), _("As editable filters, or merged into the layer's pixels"), choice, "filters",
            flags,
        )  # fmt: skip
        procedure.add_string_argument(
            "style", _("St_yle"), _("Whose taste: a style by its name. `trainer styles` lists them; "
            "`trainer export RUN --as-style NAME` adds one"), DEFAULT_STYLE, flags,
        )  # fmt: skip
        procedure.add_string_argument(
            "leave-alone", _("_Leave alone"), _("Sliders that must not move, by name, separated by commas, such as "
            "“saturation, clarity”; `trainer sliders` lists them"), "", flags,
        )  # fmt: skip
        procedure.add_string_argument(
            "model", _("_Model"), _("For scripts: a policy file (.onnx) to use instead of a style"), "", flags
        )
        procedure.add_string_return_value(
            "decision", _("Decision"), _("What the agent chose, as JSON: sliders with values, and the filters"), "",
            flags,
        )  # fmt: skip
        return procedure


if __name__ == "__main__":
    Gimp.main(AutoEnhance.__gtype__, sys.argv)
