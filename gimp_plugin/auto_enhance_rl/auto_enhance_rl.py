#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colors > Auto > Auto Enhance (RL), for GIMP 3.0 and later.

A learned agent looks at the layer and chooses values for GIMP's own colour tools; this plug-in appends them to
the layer as filters, which stay editable in the Layer Effects list.

What the agent decides comes as a Decision (JSON) from `models.decide`. That needs NumPy and ONNX Runtime, which
the Python inside most GIMP packages lacks. So the installer leaves these beside this file:

    lib/          editor_ops, models (with the shipped policy) and array_api_compat, all plain Python, for
                  a GIMP whose own Python has NumPy and ONNX Runtime
    bundle/       where the user asked for it, those two for GIMP's own Python
    config.json   {"python": interpreter that has everything, "timeout": seconds it may take,
                  "operations": the GEGL operations a Decision may use, "styles": folder of the user's styles}

The pixels go to the agent as 8-bit sRGB, whatever the image's precision and profile: it was trained on that.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import gi

gi.require_version("Gimp", "3.0")  # the API's version: GIMP 3.2 has it too
gi.require_version("Gegl", "0.4")
from gi.repository import Gegl, Gimp, GLib, GObject  # noqa: E402 (versions must be chosen first)

PROCEDURE = "python-fu-auto-enhance-rl"
TITLE = "Auto Enhance (RL)"
FOLDER = os.path.dirname(os.path.abspath(__file__))
DEFAULT_STYLE = "photo"  # must not be looked up: registering looks at nothing but GIMP
REINSTALL = "run `trainer install-plugin` again (`trainer doctor` checks every step)"

LONGEST_ROW = 60  # characters of a style in the dialog's list; its tooltip has the rest

LARGEST = 3.4e38  # about the largest 32-bit float, which is how XCF keeps a filter's values

# Variables with which GIMP, or the package it came in, points its own Python and libraries at its own files.
# Another interpreter must not follow them.
GIMPS_OWN = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "GI_TYPELIB_PATH", "DYLD_LIBRARY_PATH")

Filter = tuple[str, str, dict[str, float]]  # operation, name in the Layer Effects list, properties


class Refusal(Exception):
    """Why nothing was done, in words for the user: cause and remedy. `status` is what the PDB reports."""

    def __init__(self, message: str, status: Gimp.PDBStatusType = Gimp.PDBStatusType.EXECUTION_ERROR) -> None:
        super().__init__(message)
        self.status = status


def wrong_call(message: str) -> Refusal:
    return Refusal(message, Gimp.PDBStatusType.CALLING_ERROR)


# What the user selected


def check_drawables(image: Gimp.Image, drawables: list[Gimp.Drawable]) -> Gimp.Layer:
    """The one layer to work on. GIMP greys out the menu item for most of these, but checks nothing in batch calls."""
    if len(drawables) != 1:
        raise wrong_call(f"{TITLE} works on one layer, and {len(drawables)} are selected. Select one.")
    layer = drawables[0]
    if not isinstance(layer, Gimp.Layer):
        raise wrong_call(
            f"{TITLE} works on a layer, and “{layer.get_name()}” is a mask or channel. "
            "Select the layer itself: click its picture in the Layers dialog."
        )
    if image.get_base_type() == Gimp.ImageBaseType.INDEXED:
        raise wrong_call(
            f"{TITLE} can't work on an indexed image: its palette has no room for new colours. "
            "Convert it first: Image > Mode > RGB."
        )
    if layer.is_floating_sel():
        raise wrong_call(f"{TITLE} can't work on a floating selection. Anchor it first: Layer > Anchor Layer.")
    item = layer
    while item is not None:  # GIMP lets a filter through on a locked layer, so the lock is kept here
        if item.get_lock_content():
            raise wrong_call(f"The pixels of “{item.get_name()}” are locked. Unlock them in the Layers dialog.")
        item = item.get_parent()
    return layer


def check_merged(layer: Gimp.Layer) -> None:
    if layer.is_group():
        raise wrong_call(
            f"“{layer.get_name()}” is a group, and filters can't be merged into one. "
            "Apply as filters instead, or select a layer in it."
        )
    # Since 3.2: text, vector and link layers, whose pixels GIMP draws again whenever their source changes.
    rasterizable = getattr(Gimp, "Rasterizable", None)
    if rasterizable and isinstance(layer, rasterizable) and not layer.is_rasterized():
        raise wrong_call(
            f"“{layer.get_name()}” has no pixels of its own to merge filters into. "
            "Apply as filters instead, or rasterize it first: Layer > Rasterize."
        )


# What the agent is shown


def pixels(image: Gimp.Image, layer: Gimp.Layer) -> tuple[int, int, int, bytes]:
    """(width, height, channels, bytes): the selected part of the layer as it shows, own filters included, in sRGB."""
    there, x, y, width, height = layer.mask_intersect()
    if not there:
        raise wrong_call(f"The selection lies outside “{layer.get_name()}”. Change it, or use Select > None.")
    channels, babl_format = (4, "R'G'B'A u8") if layer.has_alpha() else (3, "R'G'B' u8")
    rectangle = Gegl.Rectangle.new(x, y, width, height)
    scratch = None
    if layer.get_filters():  # a layer's buffer is its pixels before its filters: render those on a copy
        scratch = scratch_image(image, layer)
        layer = scratch.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    try:
        data = layer.get_buffer().get(rectangle, 1.0, babl_format, Gegl.AbyssPolicy.NONE)
    finally:
        if scratch is not None:
            scratch.delete()
    return width, height, channels, data


def scratch_image(image: Gimp.Image, layer: Gimp.Layer) -> Gimp.Image:
    """A throw-away image with a copy of the layer, its filters included, and nothing else."""
    scratch = Gimp.Image.new_with_precision(
        layer.get_width(), layer.get_height(), image.get_base_type(), image.get_precision()
    )
    scratch.undo_disable()
    profile = image.get_color_profile()
    if profile is not None:  # GEGL works in the profile's primaries, so without it the filters would do other things
        scratch.set_color_profile(profile)
    copy = Gimp.Layer.new_from_drawable(layer, scratch)
    scratch.insert_layer(copy, None, 0)
    copy.set_offsets(0, 0)
    # Only the layer's own pixels count, not how it is laid over others.
    copy.set_visible(True)
    copy.set_opacity(100.0)
    copy.set_mode(Gimp.LayerMode.NORMAL)
    if copy.get_mask() is not None:
        copy.remove_mask(Gimp.MaskApplyMode.DISCARD)
    return scratch


# What the agent answers


def read_settings() -> dict[str, Any]:
    path = os.path.join(FOLDER, "config.json")
    try:
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
        settings["python"], settings["operations"], settings["timeout"], settings["styles"] = (
            str(settings["python"]), frozenset(settings["operations"]), float(settings["timeout"]),
            str(settings["styles"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{path} is missing or broken ({error!r}): {REINSTALL}.") from error
    return settings


def ask(header: dict[str, Any], data: bytes, settings: dict[str, Any]) -> str | dict[str, Any]:
    """The answer to a request for a Decision for these pixels, or for the styles, as the text or object it came as."""
    for name in ("lib", "bundle"):  # the bundle is there for a GIMP in a sandbox alone; it comes before GIMP's own
        folder = os.path.join(FOLDER, name)
        if os.path.isdir(folder) and folder not in sys.path:
            sys.path.insert(0, folder)
    try:
        import onnxruntime  # noqa: F401

        from models import decide as agent
    except Exception:  # absent, or there but broken in any way: the helper has its own
        return ask_helper(header, data, settings)
    try:
        return agent.answer(header, data)
    except Exception as error:  # whatever a policy file can bring about
        raise Refusal(f"No decision: {error}. `trainer doctor` checks every step.") from error


def ask_helper(header: dict[str, Any], data: bytes, settings: dict[str, Any]) -> str:
    """One run of the installing interpreter: a header line and the pixels in, the Decision out."""
    python, timeout = settings["python"], settings["timeout"]
    environment = {name: value for name, value in os.environ.items() if name not in GIMPS_OWN}
    try:
        answer = subprocess.run(
            [python, "-I", "-m", "models.decide"],
            input=json.dumps(header).encode() + b"\n" + data,
            capture_output=True,
            env=environment,
            timeout=timeout,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no console window flashing up
        )
    except OSError as error:
        raise Refusal(f"The helper's Python, {python}, can't be started ({error.strerror}): {REINSTALL}.") from error
    except subprocess.TimeoutExpired as error:
        raise Refusal(f"The helper, {python}, gave no answer in {timeout:g} seconds: {REINSTALL}.") from error
    if answer.returncode != 0:
        said = answer.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1][:1000] if said else f"{python} ended with {answer.returncode}"
        raise Refusal(f"No decision: {reason}. `trainer doctor` checks every step.")
    return answer.stdout.decode(errors="replace")


def check_styles(answer: Any) -> list[tuple[str, str, str]]:
    """(name, description, problem) of each style, every one text."""
    try:
        if isinstance(answer, str):
            answer = json.loads(answer)
        if answer["format"] != 1:
            raise ValueError(f"format {answer['format']!r}, and this plug-in knows 1")
        styles = [(each["name"], each["description"], each["problem"]) for each in answer["styles"]]
        if not all(isinstance(text, str) for style in styles for text in style):
            raise ValueError("a style's name or description is not text")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        raise Refusal(f"The list of styles makes no sense ({reason}): {REINSTALL}.") from error
    return styles


def check_decision(decision: Any, operations: frozenset[str]) -> tuple[dict[str, Any], list[Filter]]:
    """(Decision, its filters), every filter checked: a name, an allowed operation, finite numbers.

    Only "gegl:" operations pass, whatever `operations` says: configuring a "gimp:" one crashes GIMP 3.0.4.
    """
    try:
        if isinstance(decision, str):
            decision = json.loads(decision)
        if decision["format"] != 1:
            raise ValueError(f"format {decision['format']!r}, and this plug-in knows 1")
        filters = [(each["operation"], each["label"], dict(each["properties"])) for each in decision["filters"]]
        for operation, label, properties in filters:
            if operation not in operations or not operation.startswith("gegl:"):
                raise ValueError(f"operation {operation!r} is not allowed")
            if not isinstance(label, str):
                raise ValueError(f"label {label!r} is not text")
            for name, value in properties.items():
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= LARGEST:
                    raise ValueError(f"{operation} {name} is {value!r}, not a finite number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"[:300]
        raise Refusal(f"The agent's answer makes no sense ({reason}): {REINSTALL}.") from error
    return decision, filters


# What becomes of the layer


def new_filters(layer: Gimp.Layer, filters: list[Filter]) -> list[Gimp.DrawableFilter]:
    """Filters with their values set, not on the layer yet. All or none: one left unused would stay in GIMP."""
    made: list[Gimp.DrawableFilter] = []
    try:
        for operation, label, properties in filters:
            try:
                made.append(Gimp.DrawableFilter.new(layer, operation, label))
            except TypeError as error:  # "constructor returned NULL"
                reason = Gimp.get_pdb().get_last_error()
                raise Refusal(f"This GIMP refuses {operation} ({reason}): {REINSTALL}.") from error
            set_properties(made[-1].get_config(), operation, properties)
    except Exception:
        delete(made)
        raise
    return made


def set_properties(config: Gimp.DrawableFilterConfig, operation: str, properties: dict[str, float]) -> None:
    for name, value in properties.items():
        for candidate in neighbours(value):
            try:
                config.set_property(name, candidate)
                kept = config.get_property(name)
            except TypeError as error:
                raise Refusal(f"This GIMP's {operation} has no number {name}: {REINSTALL}.") from error
            # GIMP keeps the old value where the new one is out of range, and says so on stderr alone.
            if kept == candidate:
                break
        else:
            raise Refusal(f"This GIMP's {operation} doesn't take {name} = {value!r}: {REINSTALL}.")


def neighbours(value: float) -> list[float]:
    """`value` as a 32-bit float, and where it isn't one, the next one on its other side too, the nearest first.

    XCF keeps filter values in 32 bits. With such a value a reopened file renders bit for bit the same; and one that
    is the end of a range, such as 0.1, doesn't come back as 0.10000000149, out of range, and so as GIMP's default.
    """
    (nearest,) = struct.unpack("<f", struct.pack("<f", value))
    if nearest == value:
        return [nearest]
    (bits,) = struct.unpack("<i", struct.pack("<f", value))
    bits += 1 if abs(nearest) < abs(value) else -1  # a float's bits, without the sign, are in order of its size
    return [nearest, *struct.unpack("<f", struct.pack("<i", bits))]


def delete(filters: list[Gimp.DrawableFilter]) -> None:
    for filter_ in reversed(filters):
        filter_.delete()


@contextlib.contextmanager
def one_undo_step(image: Gimp.Image) -> Iterator[None]:
    """Only around what changes the image: even an empty group leaves a step in the history."""
    image.undo_group_start()
    try:
        yield
    finally:
        image.undo_group_end()


def append(image: Gimp.Image, layer: Gimp.Layer, filters: list[Filter], merged: bool = False) -> None:
    """Appends the filters, the first at the bottom, where it works first. All or none."""
    made = new_filters(layer, filters)
    count = len(layer.get_filters())
    with one_undo_step(image):
        try:
            for filter_, (operation, _, _) in zip(made, filters, strict=True):
                layer.append_filter(filter_)
                reason = Gimp.get_pdb().get_last_error()  # of this very call; the next one forgets it
                count += 1
                if len(layer.get_filters()) != count:  # the only other sign that GIMP has refused
                    raise Refusal(f"This GIMP refuses {operation} ({reason}): {REINSTALL}.")
        except Exception:
            delete(made)
            raise
        if merged:
            layer.merge_filters()


def merge(image: Gimp.Image, layer: Gimp.Layer, filters: list[Filter]) -> None:
    """Writes the filters' result into the layer's pixels: the same picture as `append` shows."""
    if layer.get_filters() or not Gimp.Selection.is_empty(image):
        # The new filters come after the layer's own and stop at the selection; only GIMP itself blends that
        # the same way, so the whole stack is merged.
        append(image, layer, filters, merged=True)
        return
    # Filter by filter on a float copy: half the time and a quarter of the memory of merging a tall stack
    # (8 s and 1.3 GB against 15 s and 4.7 GB for 24 megapixels), and as exact, for nothing is rounded in between.
    scratch = scratch_image(image, layer)
    try:
        scratch.convert_precision(Gimp.Precision.FLOAT_LINEAR)  # makes the profile linear with it
        copy = scratch.get_layers()[0]
        for filter_ in new_filters(copy, filters):
            copy.merge_filter(filter_)
        whole = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
        shadow = layer.get_shadow_buffer()
        copy.get_buffer().copy(whole, Gegl.AbyssPolicy.NONE, shadow, whole)
        shadow.flush()
        with one_undo_step(image):
            layer.merge_shadow(True)
            layer.update(0, 0, layer.get_width(), layer.get_height())
    finally:
        scratch.delete()


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
