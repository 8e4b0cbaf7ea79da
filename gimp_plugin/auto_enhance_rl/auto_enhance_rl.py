#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colors > Auto > Auto Enhance (RL), for GIMP 3.0 and later.

A learned agent looks at the layer and chooses values for GIMP's own colour tools; this plug-in appends them to
the layer as filters, which stay editable in the Layer Effects list.

What the agent decides comes as a Decision (JSON) from `models.decide`. That needs NumPy and ONNX Runtime, which
the Python inside most GIMP packages lacks. So the installer leaves two things beside this file:

    lib/          editor_ops, models (with the shipped policy) and array_api_compat, all plain Python, for
                  a GIMP whose own Python has NumPy and ONNX Runtime
    config.json   {"python": interpreter that has everything, "timeout": seconds it may take,
                  "operations": the GEGL operations a Decision may use, "styles": folder of the user's styles}

The pixels go to the agent as 8-bit sRGB, whatever the image's precision and profile: it was trained on that.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import gi

gi.require_version("Gimp", "3.0")  # the API's version: GIMP 3.2 has it too
gi.require_version("Gegl", "0.4")
from agent import ask, check_decision, check_styles, read_settings  # noqa: E402 (versions must be chosen first)
from filters import append  # noqa: E402
from gi.repository import Gegl, Gimp, GLib, GObject  # noqa: E402
from layers import check_drawables, check_merged, pixels, primaries  # noqa: E402
from merged import merge  # noqa: E402
from words import REINSTALL, TITLE, Refusal, wrong_call  # noqa: E402

PROCEDURE = "python-fu-auto-enhance-rl"
DEFAULT_STYLE = "photo"  # must not be looked up: registering looks at nothing but GIMP

LONGEST_ROW = 60  # characters of a style in the dialog's list; its tooltip has the rest

# What GIMP calls


def ask_user(procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, settings: dict[str, Any]) -> bool:
    """The dialog; False when the user cancels."""
    from concurrent.futures import ThreadPoolExecutor

    # Asked while GTK is loaded: the helper needs as long as that.
    with ThreadPoolExecutor(1) as beside:
        answer = beside.submit(ask, {"list": True, "styles": settings["styles"]}, b"", settings)
        # Only here: loading GTK takes time, and a batch call needs no display.
        gi.require_version("GimpUi", "3.0")
        from gi.repository import GimpUi

        GimpUi.init(PROCEDURE)
    styles = check_styles(answer.result())
    dialog = GimpUi.ProcedureDialog.new(procedure, config, TITLE)
    dialog.get_scale_entry("strength", 1.0)
    rows = dialog.fill_box("rows", ["strength", "apply"])
    chooser = style_chooser(procedure, config, styles)
    rows.pack_start(chooser, False, False, 0)
    rows.reorder_child(chooser, 0)
    dialog.fill(["rows"])
    agreed = dialog.run()
    dialog.destroy()
    return agreed


def style_chooser(
    procedure: Gimp.Procedure, config: Gimp.ProcedureConfig, styles: list[tuple[str, str, str]]
) -> GObject.Object:
    """The dialog's list of the styles that can be used, set to the one last used while it is there."""
    from gi.repository import GimpUi, Gtk

    usable = {name: description for name, description, problem in styles if not problem}
    if not usable:
        raise Refusal(f"No style can be used: {'; '.join(problem for _, _, problem in styles)}. {REINSTALL}.")
    if config.get_property("style") not in usable:
        config.set_property("style", DEFAULT_STYLE if DEFAULT_STYLE in usable else next(iter(usable)))
    store = Gtk.ListStore(str, str)  # GTK, not GIMP's Choice: GIMP itself knows only what was there when it started
    for name, description in usable.items():
        row = f"{name}: {description}" if description else name
        store.append([name, row if len(row) <= LONGEST_ROW else row[: LONGEST_ROW - 1] + "…"])
    chooser = GimpUi.prop_string_combo_box_new(config, "style", store, 0, 1)
    argument = procedure.find_argument("style")
    label = Gtk.Label.new_with_mnemonic(argument.nick)
    label.set_mnemonic_widget(chooser)
    row = Gtk.Box(spacing=12)
    row.pack_start(label, False, False, 0)
    row.pack_start(chooser, True, True, 0)
    hints = [argument.blurb, *(f"{name}: {description}" for name, description in usable.items())]
    hints += [f"Left out, {name}: {problem}" for name, _, problem in styles if problem]
    row.set_tooltip_text("\n\n".join(hints))
    row.show_all()
    return row


def enhance(
    image: Gimp.Image, layer: Gimp.Layer, config: Gimp.ProcedureConfig, settings: dict[str, Any]
) -> tuple[dict[str, Any], int]:
    """Asks for a Decision and applies it; returns it and the number of filters."""
    model, style = config.get_property("model"), config.get_property("style")
    if model and style not in ("", DEFAULT_STYLE):
        raise wrong_call(f"A policy file and the style “{style}” are both given. Give one of them.")
    merged = config.get_property("apply") == "merged"
    if merged:
        check_merged(layer)
    Gimp.progress_init(TITLE)
    width, height, channels, data = pixels(image, layer)
    header = {
        "width": width,
        "height": height,
        "channels": channels,
        "layer_width": layer.get_width(),  # radii are for the layer, even if the agent sees a part of it
        "layer_height": layer.get_height(),
        "strength": config.get_property("strength"),
        "model": os.path.abspath(os.path.expanduser(model)) if model else "",
        "style": "" if model else style,
        "styles": settings["styles"],
        "colour": not layer.is_gray(),
        "primaries": primaries(image),
    }
    decision, filters = check_decision(ask(header, data, settings), settings["operations"])
    if filters:
        change = merge if merged else append
        change(image, layer, filters)
    return decision, len(filters)


def failure(procedure: Gimp.Procedure, refusal: Refusal) -> Gimp.ValueArray:
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
    try:
        layer = check_drawables(image, drawables)
        settings = read_settings()
        interactive = run_mode == Gimp.RunMode.INTERACTIVE
        if interactive and not ask_user(procedure, config, settings):
            return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
        Gegl.init(None)
        decision, count = enhance(image, layer, config, settings)
        if interactive and count == 0:
            Gimp.message(f"{TITLE}: nothing to change.")
    except Refusal as refusal:
        return failure(procedure, refusal)
    except MemoryError:
        return failure(procedure, Refusal("The layer doesn't fit into memory once more. Scale it, or close others."))
    if run_mode != Gimp.RunMode.NONINTERACTIVE:  # flushing renders the filters, which a batch may have no use for
        Gimp.displays_flush()
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, GObject.Value(GObject.TYPE_STRING, json.dumps(decision)))
    return values


class AutoEnhance(Gimp.PlugIn):
    # Registering looks at nothing but GIMP, so the menu item is there even if the rest of the installation
    # is broken, and can say what is wrong.

    def do_set_i18n(self, name: str) -> bool:
        return False

    def do_query_procedures(self) -> list[str]:
        return [PROCEDURE]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        procedure.set_image_types("RGB*, GRAY*")
        procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
        procedure.set_menu_label(TITLE)
        procedure.add_menu_path("<Image>/Colors/Auto")
        procedure.set_documentation(
            "Let a learned agent choose exposure, white balance, contrast and colour",
            "An agent looks at the layer and chooses values for GIMP's own colour tools. They are added as filters, "
            "which can be changed in the Layer Effects list. With a selection, the agent looks at the selected "
            "part, and only that is changed. Needs one selected RGB or grey layer. A style is a policy that was "
            "taught a taste: “photo” comes with the plug-in, and your own come from `trainer export RUN --as-style "
            "NAME` or `trainer styles --add FILE`; `trainer styles` lists them.",
            name,
        )
        procedure.set_attribution("auto-enhance-rl developers", "GPL-3.0-or-later", "2026")
        flags = GObject.ParamFlags.READWRITE
        procedure.add_double_argument(
            "strength", "S_trength", "How far to go: 0 changes nothing, 1 is what the agent chose, 2 twice that",
            0.0, 2.0, 1.0, flags,
        )  # fmt: skip
        choice = Gimp.Choice.new()
        choice.add("filters", 0, "Editable filters", "Add filters to the layer; they stay editable")
        choice.add("merged", 1, "Merged into the layer", "Change the pixels; merges the layer's own filters too")
        procedure.add_choice_argument(
            "apply", "_Apply as", "As editable filters, or merged into the layer's pixels", choice, "filters", flags
        )
        procedure.add_string_argument(
            "style", "St_yle", "Whose taste: a style by its name. `trainer styles` lists them; "
            "`trainer export RUN --as-style NAME` adds one", DEFAULT_STYLE, flags,
        )  # fmt: skip
        procedure.add_string_argument(
            "model", "_Model", "For scripts: a policy file (.onnx) to use instead of a style", "", flags
        )
        procedure.add_string_return_value(
            "decision", "Decision", "What the agent chose, as JSON: sliders with values, and the filters", "", flags
        )
        return procedure


if __name__ == "__main__":
    Gimp.main(AutoEnhance.__gtype__, sys.argv)
