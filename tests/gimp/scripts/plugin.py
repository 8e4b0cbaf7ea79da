# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: calls the plug-in in every way there is and writes down what happened.

/case/plugin.json says where things are. /case/results.json is {case: what was seen}; test_plugin.py judges it.
"""

import json
import math
import os
import sys

import numpy as np
from gi.repository import Gegl, Gimp, Gio

with open("/case/plugin.json") as file:
    setup = json.load(file)
FOLDER = setup["folder"]  # the installed plug-in
CONFIG = f"{FOLDER}/config.json"
results = {}


def load(name):
    """A file; "float NAME" is the same in 32-bit linear light."""
    path = Gio.File.new_for_path(f"/case/{name.removeprefix('float ')}")
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, path)
    if name.startswith("float "):
        image.convert_precision(Gimp.Precision.FLOAT_LINEAR)
    return image


def make_adobe():
    """rgb8.png in another working space, as a camera or an editor may have left it."""
    image = load("rgb8.png")
    image.convert_color_profile(
        Gimp.ColorProfile.new_rgb_adobe(), Gimp.ColorRenderingIntent.RELATIVE_COLORIMETRIC, True
    )
    config = Gimp.get_pdb().lookup_procedure("file-png-export").create_config()
    for name, value in (("image", image), ("file", Gio.File.new_for_path("/case/adobe8.png"))):
        config.set_property(name, value)
    config.set_property("include-color-profile", True)
    Gimp.get_pdb().lookup_procedure("file-png-export").run(config)
    image.delete()


def call(image, drawables, mode=Gimp.RunMode.NONINTERACTIVE, **arguments):
    """Calls the procedure as any other plug-in would; (status, error message, Decision or None)."""
    procedure = Gimp.get_pdb().lookup_procedure("python-fu-auto-enhance-rl")
    config = procedure.create_config()
    config.set_property("run-mode", mode)
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    for name, value in arguments.items():
        config.set_property(name.replace("_", "-"), value)
    values = procedure.run(config)
    status = int(values.index(0))
    if status != int(Gimp.PDBStatusType.SUCCESS):
        return status, Gimp.get_pdb().get_last_error(), None
    return status, "", json.loads(values.index(1))


def raw(drawable):
    """The pixels as GIMP keeps them, before any filter."""
    whole = Gegl.Rectangle.new(0, 0, drawable.get_width(), drawable.get_height())
    return drawable.get_buffer().get(whole, 1.0, None, Gegl.AbyssPolicy.NONE)


def listed(layer):
    """The layer's filters, lowest first."""
    found = []
    for each in reversed(layer.get_filters()):
        config = each.get_config()
        numbers = {p.name: config.get_property(p.name) for p in config.list_properties()}
        numbers = {name: value for name, value in numbers.items() if isinstance(value, (int, float))}
        row = {"operation": each.get_operation_name(), "label": each.get_name(), "properties": numbers}
        mode = each.get_blend_mode().value_nick.replace("-legacy", "")
        found.append(row | {"mode": mode, "opacity": each.get_opacity()})
    return found


def shown(image, layer):
    """What the user sees of the layer, (height, width, 4) sRGB floats: rendered by GIMP on a copy of the image."""
    copy = image.duplicate()
    top = copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    size = (copy.get_width(), copy.get_height())
    data = top.get_buffer().get(Gegl.Rectangle.new(0, 0, *size), 1.0, "R'G'B'A float", Gegl.AbyssPolicy.NONE)
    copy.delete()
    return np.frombuffer(data, np.float32).reshape(size[1], size[0], 4)


def native(image):
    """What an exported file would hold, and alpha: (height, width, 2 or 4) in the image's own numbers and colours."""
    copy = image.duplicate()
    top = copy.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
    size, data = (copy.get_height(), copy.get_width()), raw(top)
    kinds = {Gimp.Precision.U8_NON_LINEAR: "u1", Gimp.Precision.U16_NON_LINEAR: "u2", Gimp.Precision.FLOAT_LINEAR: "f4"}
    kind = next(kind for precision, kind in kinds.items() if copy.get_precision() == precision)
    copy.delete()
    return np.frombuffer(data, kind).reshape(*size, -1)


def difference(first, second):
    """Largest difference in 8-bit levels, where anything is to be seen."""
    visible = (first[..., 3] > 0) | (second[..., 3] > 0)
    distance = np.abs(np.clip(first, 0, 1) - np.clip(second, 0, 1)).max(axis=-1) * 255
    return float(distance[visible].max())


def enhanced(name):
    """One photo, every slider moved: filters, values, pixels left alone, XCF and back."""
    image = load(name)
    layer = image.get_layers()[0]
    before = raw(layer)
    status, error, decision = call(image, [layer], model="/case/every.onnx")
    seen = {"status": status, "error": error, "decision": decision, "filters": listed(layer)}
    seen["precision"] = int(image.get_precision())
    seen["profile"] = (image.get_color_profile() or image.get_effective_color_profile()).get_label()
    seen["pixels kept"] = raw(layer) == before
    np.save(f"/case/{name}.shown.npy", shown(image, layer))
    # Not "float ...", which `load` would take for the other file's.
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path(f"/case/saved {name}.xcf"), None)
    again = load(f"saved {name}.xcf")
    other = again.get_layers()[0]
    seen["xcf filters"] = listed(other)
    seen["xcf difference"] = difference(shown(image, layer), shown(again, other))
    again.delete()
    image.delete()
    # The policy that looks at the picture, for what it saw of this one.
    image = load(name)
    seen["brighten"] = call(image, [image.get_layers()[0]], model="/case/brighten.onnx")[2]
    image.delete()
    image = load(name)
    seen["shipped"] = call(image, [image.get_layers()[0]])[2]
    np.save(f"/case/{name}.shipped.npy", native(image))
    image.delete()
    return seen


def saved(model, strength):
    """Filters and what is shown, before and after XCF."""
    image = load("rgb8.png")
    layer = image.get_layers()[0]
    status, error, decision = call(image, [layer], model=model, strength=strength)
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path("/case/saved.xcf"), None)
    again = load("saved.xcf")
    other = again.get_layers()[0]
    seen = {
        "status": status, "error": error, "decision": decision, "filters": listed(layer), "xcf filters": listed(other),
        "xcf difference": difference(shown(image, layer), shown(again, other)),
    }  # fmt: skip
    again.delete()
    image.delete()
    return seen


def plain(image, layer):
    pass


def moved(image, layer):
    layer.set_offsets(13, -7)


def masked(image, layer):
    image.select_ellipse(Gimp.ChannelOps.REPLACE, 20, 10, 120, 80)
    layer.add_mask(layer.create_mask(Gimp.AddMaskType.SELECTION))
    Gimp.Selection.none(image)


def filtered(image, layer):
    own = Gimp.DrawableFilter.new(layer, "gegl:exposure", "the user's own")
    own.get_config().set_property("exposure", -0.5)
    layer.append_filter(own)


def looked_at(prepare):
    """What the picture-dependent policy chose after `prepare`, and the filters that were made."""
    image = load("rgb8.png")
    layer = image.get_layers()[0]
    prepare(image, layer)
    status, error, decision = call(image, [layer], model="/case/brighten.onnx")
    seen = {"status": status, "error": error, "decision": decision, "filters": listed(layer)}
    image.delete()
    return seen


def top_half(image, layer):
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, image.get_width(), image.get_height() // 2)


def refused(none=False, **arguments):
    """A call that must fail: its message, and whether it left any trace. image_kinds.py has the kinds of layers."""
    image = load("rgb8.png")
    layer = image.get_layers()[0]
    drawables = [] if none else [layer]
    image.clean_all()
    before = [raw(layer), len(layer.get_filters()), len(image.get_layers())]
    status, error, _ = call(image, drawables, **arguments)
    after = [raw(layer), len(layer.get_filters()), len(image.get_layers())]
    seen = {"status": status, "error": error, "unchanged": before == after, "dirty": image.is_dirty()}
    image.delete()
    return seen


def grouped(image, layer):
    group = Gimp.GroupLayer.new(image, "group")
    image.insert_layer(group, None, 0)
    image.reorder_item(layer, group, 0)


def group_as_filters():
    image = load("rgb8.png")
    layer = image.get_layers()[0]
    grouped(image, layer)
    group = layer.get_parent()
    status, error, decision = call(image, [group], model="/case/brighten.onnx")
    seen = {"status": status, "error": error, "decision": decision, "filters": listed(group)}
    image.delete()
    return seen


def configured(in_process=False, **changes):
    """Puts the installed plug-in into a certain state; in_process: GIMP's own Python has all that the agent needs."""
    with open("/case/config.json") as file:
        settings = json.load(file)
    settings.update(changes)
    with open(CONFIG, "w") as file:
        json.dump(settings, file)
    if not os.path.isdir(f"{FOLDER}/lib"):
        os.rename("/case/lib", f"{FOLDER}/lib")
    hidden = f"{FOLDER}/lib/onnxruntime.py"
    if in_process and os.path.exists(hidden):
        os.remove(hidden)
    elif not in_process:
        with open(hidden, "w") as file:
            file.write("raise ImportError('as in most GIMPs')")


def helper_answering(text, code=0):
    """A helper that says `text`, whatever it is asked."""
    path = "/case/answering"
    with open("/case/answer", "w") as file:
        file.write(text)
    with open(path, "w") as file:
        stream = "2" if code else "1"
        # It answers in a line at once, and then listens on, as the real one does, or ends.
        after = f"exit {code}" if code else "cat >/dev/null"
        file.write(f"#!/bin/sh\n{{ cat /case/answer; echo; }} >&{stream}\n{after}\n")
    os.chmod(path, 0o755)
    return path


def answer(changes=None, **others):
    """A helper's answer: the Decision of a real call, with the first slider's row changed."""
    with open("/case/decision.json") as file:
        decision = json.load(file)
    decision["sliders"][0].update(changes or {})
    return json.dumps({**decision, **others})


def applied(*filters, apply="filters"):
    """The plug-in's own way of putting filters on a layer, with such as no Decision brings about."""
    if FOLDER not in sys.path:
        sys.path[:0] = [FOLDER, f"{FOLDER}/lib"]
    from plugin.filters import apply as apply_
    from plugin.messages import PluginError

    from editor_ops import Filter

    image = load("rgb8.png")
    layer = image.get_layers()[0]
    image.clean_all()
    before, error = raw(layer), ""
    try:
        apply_(image, layer, [Filter(name, name, properties) for name, properties in filters], apply == "merged")
    except PluginError as refused:
        error = str(refused)
    unchanged = raw(layer) == before and not layer.get_filters()
    seen = {"status": 0, "error": error, "unchanged": unchanged, "dirty": image.is_dirty()}
    image.delete()
    return seen


def again(name, prepare):
    """A second run, after an own filter of the user's on top: what is left, and what the agent was shown."""
    image = load(name)
    layer = image.get_layers()[0]
    prepare(image, layer)
    first = call(image, [layer], model="/case/brighten.onnx")[2]
    filtered(image, layer)
    second = call(image, [layer], model="/case/brighten.onnx")[2]
    seen = {"first": first, "second": second, "filters": listed(layer), "shown": None}
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, Gio.File.new_for_path("/case/again.xcf"), None)
    image.delete()
    image = load("again.xcf")
    layer = image.get_layers()[0]
    status, error, _ = call(image, [layer], model="/case/neutral.onnx")
    seen["reloaded"] = [status, error, [each["label"] for each in listed(layer)], layer.get_parasite_list()]
    image.delete()
    image = load(name)
    layer = image.get_layers()[0]
    filtered(image, layer)
    seen["alone"] = call(image, [layer], model="/case/brighten.onnx")[2]
    image.delete()
    return seen


def styled(style):
    image = load("rgb8.png")
    seen = call(image, [image.get_layers()[0]], style=style)
    image.delete()
    return seen


def everything():
    procedure = Gimp.get_pdb().lookup_procedure("python-fu-auto-enhance-rl")
    results["registered"] = {
        "label": procedure.get_menu_label(), "paths": procedure.get_menu_paths(),
        "types": procedure.get_image_types(), "lib": os.path.exists(f"{FOLDER}/lib"), "config": os.path.exists(CONFIG),
    }  # fmt: skip
    # As GIMP found it: the entry file alone, nothing else installed.
    results["no lib"] = refused()
    os.rename("/case/lib", f"{FOLDER}/lib")
    results["no config"] = refused()
    with open(CONFIG, "w") as file:
        file.write("{ this is not JSON")
    results["broken config"] = refused()

    configured()
    results["helper"] = enhanced("rgb8.png")
    results["style, helper"] = styled("film")
    configured(python="/nowhere/python3")
    results["no helper"] = refused()
    configured(python="/usr/bin/python3")  # there, but without the packages
    results["helper without packages"] = refused()
    configured(python=helper_answering("junk"))
    results["junk"] = refused()
    configured(python=helper_answering("the cause; the remedy", 1))
    results["helper error"] = refused()
    hanging = "/case/hanging"
    with open(hanging, "w") as file:
        file.write("#!/bin/sh\nexec sleep 100\n")
    os.chmod(hanging, 0o755)
    configured(python=hanging, timeout=1)
    results["hanging"] = refused()
    configured(in_process=True)
    image = load("rgb8.png")
    with open("/case/decision.json", "w") as file:
        json.dump(call(image, [image.get_layers()[0]])[2], file)
    image.delete()
    for name, text in {
        "not an object": "[]",
        "newer format": answer(format=3),
        "gimp operation": answer({"operation": "gimp:levels"}),
        "unknown slider": answer({"name": "speed"}),
        "infinite": answer({"value": math.inf}),
        "text for a number": answer({"value": "1"}),
        "out of range": answer({"value": 99.0}),
    }.items():
        configured(python=helper_answering(text))
        results[name] = refused()
    # What GIMP itself refuses takes the filters before it along.
    exposure = ("gegl:exposure", {"exposure": 1.0})
    results["no such property"] = applied(exposure, ("gegl:saturation", {"speed": 1.0}))
    for way in ("filters", "merged"):
        results[f"out of GIMP's range, {way}"] = applied(exposure, ("gegl:saturation", {"scale": 99.0}), apply=way)
    results["refused by GIMP"] = applied(exposure, ("gegl:soft-light", {}))

    # From here on in process: GIMP's Python has all that is needed, and the helper must not be asked.
    configured(in_process=True, python="/nowhere/python3")
    for name in setup["pictures"]:
        results[name] = enhanced(name)
    for prepare in (plain, top_half, filtered, moved, masked):
        results[f"looked at {prepare.__name__}"] = looked_at(prepare)
    results["group as filters"] = group_as_filters()
    results["again"] = again("rgb8.png", plain)

    image = load("rgb8.png")
    layer = image.get_layers()[0]
    image.clean_all()
    status, error, decision = call(image, [layer], model="/case/every.onnx", strength=0.0)
    results["strength 0"] = [status, decision["strength"], len(layer.get_filters()), image.is_dirty()]
    status, error, decision = call(image, [layer], model="/case/neutral.onnx")
    results["neutral"] = [status, len(layer.get_filters()), image.is_dirty()]
    status, error, decision = call(image, [layer], model="/case/brighten.onnx", strength=0.5)
    results["strength 0.5"] = [status, decision, listed(layer)]
    image.delete()
    image = load("rgb8.png")
    layer = image.get_layers()[0]
    status, error, decision = call(image, [layer], model="/case/every.onnx", leave_alone="saturation, clarity")
    results["left alone"] = [status, decision, listed(layer)]
    image.delete()
    results["strength 2"] = saved("/case/ends.onnx", 2.0)
    image = load("rgb8.png")
    layer = image.get_layers()[0]
    status, error, decision = call(image, [layer], mode=Gimp.RunMode.WITH_LAST_VALS)
    results["last values"] = [status, error, decision and decision["strength"], decision and decision["model"]["name"]]
    image.delete()

    results["none"] = refused(none=True)
    results["model is missing"] = refused(model="/case/no such.onnx")
    results["model is junk"] = refused(model="/case/junk.onnx")
    results["style, in process"] = styled("film")
    results["style is empty"] = styled("")
    results["no such style"] = refused(style="sepia")
    results["style is a path"] = refused(style="../styles/film")
    results["leaving what is not there"] = refused(leave_alone="speed")
    results["style and model"] = refused(style="film", model="/case/every.onnx")
    results["model is a folder"] = refused(model="/case")


make_adobe()
everything()
with open("/case/results.json", "w") as file:
    json.dump(results, file, default=str)
open("/case/done", "w").close()
