#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colors > Auto > Auto Enhance (RL) and Filters > Enhance > Auto Enhance Faces (RL), for GIMP 3.0 and later.

A learned agent looks at the layer and chooses values for GIMP's own colour tools; this plug-in puts them on the layer
as filters, which stay editable in the Layer Effects list. Of faces, it finds them and puts layers with the edited ones
above the layer.

This file registers the procedures, python-fu-auto-enhance-rl and python-fu-auto-enhance-faces-rl, and runs them; the
package `plugin` beside it does the work, from plugin/enhance.py and plugin/faces.py on. What the agent decides comes
from `models.helper`. That needs NumPy and ONNX Runtime, which the Python inside most GIMP packages lacks. So the
installer leaves beside this file:

    lib/          editor_ops, models (with the shipped policy) and array_api_compat, all plain Python: the slider table
                  for every GIMP, the agent too for one whose own Python has NumPy and ONNX Runtime
    bundle/       on request, those two, for a GIMP that can start no other Python
    config.json   {"python": interpreter that has everything, "timeout": seconds it may take, "styles" and
                  "face_styles": folders of the user's styles}

The pixels go to the agent as 8-bit sRGB, whatever the image's precision and profile: it was trained on that.
"""

from __future__ import annotations

import json
import logging
import os
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
PLUG_IN = os.path.basename(FOLDER)
# These stand in the package too. They are here so that the menu items are there even where the package is damaged.
PROCEDURE = "python-fu-auto-enhance-rl"
FACES_PROCEDURE = "python-fu-auto-enhance-faces-rl"
TITLE = "Auto Enhance (RL)"
FACES_TITLE = "Auto Enhance Faces (RL)"
DEFAULT_STYLE = "photo"
DEFAULT_FACE_STYLE = "mild"
DAMAGE = ""
"""What is wrong with the package's files, if anything."""


def damage(error: Exception) -> str:
    """Of a file of the package that is missing, cut short or of another version, in whatever way."""
    logging.getLogger(PLUG_IN).exception("damaged")
    return f"{type(error).__name__}: {error}"


try:
    from plugin import log, names

    log.begin(FOLDER)  # before the rest is imported, so that it has an error of the rest
    sys.path[:0] = [os.path.join(FOLDER, names.BUNDLE), os.path.join(FOLDER, "lib")]
except Exception as error:
    DAMAGE = damage(error)

import gi  # noqa: E402

gi.require_version("Gimp", "3.0")  # the API's version: GIMP 3.2 has it too
gi.require_version("Gegl", "0.4")
from gi.repository import Gimp, GLib, GObject  # noqa: E402 (versions must be chosen first)

try:
    from plugin.messages import REINSTALL, PluginError, _, unexpected
except Exception as error:
    DAMAGE = DAMAGE or damage(error)

    def _(text: str) -> str:
        return text


FLAGS = GObject.ParamFlags.READWRITE
"""Of an argument."""


def run(
    procedure: Gimp.Procedure,
    run_mode: Gimp.RunMode,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    data: None,
) -> Gimp.ValueArray:
    """GIMP calls it. Every error ends as one line for the user."""
    if DAMAGE:  # in English: nothing of the package can be relied on
        message = f"The plug-in's files are damaged ({DAMAGE}): run `trainer install-plugin`, which puts them back."
        return failure(procedure, message, Gimp.PDBStatusType.EXECUTION_ERROR)
    try:
        # Here, not above: where a part is missing or broken, the menu item is there all the same and says so.
        if procedure.get_name() == FACES_PROCEDURE:
            from plugin.faces import enhance_faces as enhance
        else:
            from plugin.enhance import enhance

        decision = enhance(procedure, image, drawables, config, run_mode == Gimp.RunMode.INTERACTIVE)
    except PluginError as error:
        return failure(procedure, str(error), error.status)
    except ImportError as error:
        message = _("A part of the plug-in is missing or broken ({error}): {remedy}.")
        return failure(procedure, message.format(error=error, remedy=REINSTALL), Gimp.PDBStatusType.EXECUTION_ERROR)
    except MemoryError:
        message = _("The layer doesn't fit into memory once more. Scale it, or close others.")
        return failure(procedure, message, Gimp.PDBStatusType.EXECUTION_ERROR)
    except Exception as error:
        return failure(procedure, str(unexpected(error)), Gimp.PDBStatusType.EXECUTION_ERROR)
    if decision is None:
        return procedure.new_return_values(Gimp.PDBStatusType.CANCEL, None)
    if run_mode != Gimp.RunMode.NONINTERACTIVE:  # flushing renders the filters, which a batch may have no use for
        Gimp.displays_flush()
    done = [each["label"] for each in decision.get("filters", [])]
    done += [f"a face, {each['sliders']}" for each in decision.get("faces", []) if each["on"]]
    logging.getLogger(PLUG_IN).info("%s", ", ".join(done) or "nothing to change")
    values = procedure.new_return_values(Gimp.PDBStatusType.SUCCESS, None)
    values.remove(1)
    values.insert(1, GObject.Value(GObject.TYPE_STRING, json.dumps(decision)))
    return values


def failure(procedure: Gimp.Procedure, message: str, status: Gimp.PDBStatusType) -> Gimp.ValueArray:
    logging.getLogger(PLUG_IN).warning("%s", message)
    return procedure.new_return_values(status, GLib.Error.new_literal(Gimp.PlugIn.error_quark(), message, 0))


class AutoEnhance(Gimp.PlugIn):
    """The menu items and their procedures. Registering needs this file and GIMP alone, so that the menu items are there
    even if the rest of the installation is damaged, and say what is wrong."""

    def do_set_i18n(self, name: str) -> tuple[bool, str, str]:
        return True, PLUG_IN, "locale"

    def do_query_procedures(self) -> list[str]:
        return [PROCEDURE, FACES_PROCEDURE]

    def do_create_procedure(self, name: str) -> Gimp.Procedure:
        procedure = Gimp.ImageProcedure.new(self, name, Gimp.PDBProcType.PLUGIN, run, None)
        procedure.set_image_types("RGB*, GRAY*")
        procedure.set_sensitivity_mask(Gimp.ProcedureSensitivityMask.DRAWABLE)
        procedure.set_attribution("auto-enhance-rl developers", "GPL-3.0-or-later", "2026")
        (describe_faces if name == FACES_PROCEDURE else describe_photo)(procedure)
        return procedure


def describe_photo(procedure: Gimp.Procedure) -> None:
    procedure.set_menu_label(f"{_(TITLE)}...")  # GIMP leaves the dots out of the undo step
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
    add_strength(procedure, _("How far to go: 0 changes nothing, 1 is what the agent chose, 2 twice that"))
    choice = Gimp.Choice.new()
    choice.add("filters", 0, _("Editable filters"), _("Add filters to the layer; they stay editable"))
    choice.add("merged", 1, _("Merged into the layer"), _("Change the pixels; merges the layer's own filters too"))
    procedure.add_choice_argument(
        "apply", _("_Apply as"), _("As editable filters, or merged into the layer's pixels"), choice, "filters",
        FLAGS,
    )  # fmt: skip
    procedure.add_string_argument(
        "style", _("St_yle"), _("Whose taste: a style by its name. `trainer styles` lists them; "
        "`trainer export RUN --as-style NAME` adds one"), DEFAULT_STYLE, FLAGS,
    )  # fmt: skip
    procedure.add_string_argument(
        "leave-alone", _("_Leave alone"), _("Sliders that must not move, by name, separated by commas, such as "
        "“saturation, clarity”; `trainer sliders` lists them"), "", FLAGS,
    )  # fmt: skip
    procedure.add_string_argument(
        "model", _("_Model"), _("For scripts: a policy file (.onnx) to use instead of a style"), "", FLAGS
    )
    procedure.add_string_return_value(
        "decision", _("Decision"), _("What the agent chose, as JSON: sliders with values, and the filters"), "",
        FLAGS,
    )  # fmt: skip


def describe_faces(procedure: Gimp.Procedure) -> None:
    procedure.set_menu_label(f"{_(FACES_TITLE)}...")
    # Where GIMP has what else is for portraits (Red Eye Removal) and what moves pixels; Colors changes colours alone.
    procedure.add_menu_path("<Image>/Filters/Enhance")
    procedure.set_documentation(
        _("Find faces, and let a style change their shape and skin a little"),
        _(
            "Each face that is found is shown, with sliders for its shape and its skin. The edit becomes layers above "
            "the selected one, which stays as it is: a copy with the shapes changed, and for each face a masked one "
            "with filters for the skin, which can be changed in the Layer Effects list. With a selection, only faces "
            "with their middle in it are edited. Needs one selected RGB or grey layer. Run again on the layer, or on "
            "what it made of it, it goes on from the sliders of the earlier run, and replaces its layers."
        ),
        None,
    )
    add_strength(procedure, _("How far to go: 0 changes nothing, 1 is what the style chose, 2 twice that"))
    procedure.add_string_argument(
        "style", _("St_yle"), _("Which changes: a style for faces by its name. “mild” comes with the plug-in"),
        DEFAULT_FACE_STYLE, FLAGS,
    )  # fmt: skip
    procedure.add_string_return_value(
        "decision", _("Decision"), _("What was done to each face, as JSON: where it is, and its sliders with values"),
        "", FLAGS,
    )  # fmt: skip


def add_strength(procedure: Gimp.Procedure, help_: str) -> None:
    procedure.add_double_argument("strength", _("S_trength"), help_, 0.0, 2.0, 1.0, FLAGS)


if __name__ == "__main__":
    Gimp.main(AutoEnhance.__gtype__, sys.argv)
