# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: Auto Enhance Faces on every kind of image and layer, run again, saved, through the PDB.

/case/setup.json has the plug-in's folder; /case/picture.npy a portrait. /case/results.json is what was seen, and
/case/NAME.npy what the user sees after; test_faces.py judges them.
"""

import hashlib
import json
import os
import sys

import numpy as np
from gi.repository import Gegl, Gimp, Gio

with open("/case/setup.json") as file:
    setup = json.load(file)
sys.path[:0] = ["/case", setup["folder"], f"{setup['folder']}/lib"]
from kinds import KINDS, PICTURE, merged_pixels, picture, whole  # noqa: E402
from plugin.face_layers import PARASITE  # noqa: E402 (the plug-in's own)
from plugin.faces import enhance_faces  # noqa: E402
from plugin.messages import PluginError  # noqa: E402

Gegl.init(None)
PROCEDURE = Gimp.get_pdb().lookup_procedure("python-fu-auto-enhance-faces-rl")
results = {}
LEFT_OUT = ("Panorama of 10000 x 100",)  # 72 faces: too long for a test, and nothing new
RUN_AGAIN = ("RGB, 8 bits", "Grey", "Transparency", "AdobeRGB", "Feathered selection", "Layer mask",
             "Larger than the canvas", "Layer group", "Pass-through group", "Layer in a group", "Invisible layer",
             "Opacity and blend mode", "Filters of your own and a selection")  # fmt: skip


def edit(image, drawables, **arguments):
    """The plug-in's own way of a run without a dialog, in this process: (decision, what went wrong)."""
    config = PROCEDURE.create_config()
    for name, value in arguments.items():
        config.set_property(name, value)
    try:
        return enhance_faces(PROCEDURE, image, drawables, config, False), ""
    except PluginError as refusal:
        return None, str(refusal)


def call(image, drawables, **arguments):
    """The procedure, as a script calls it."""
    config = PROCEDURE.create_config()
    config.set_property("image", image)
    config.set_core_object_array("drawables", drawables)
    for name, value in arguments.items():
        config.set_property(name, value)
    values = PROCEDURE.run(config)
    if values.index(0) != Gimp.PDBStatusType.SUCCESS:
        return None, Gimp.get_pdb().get_last_error()
    return json.loads(values.index(1)), ""


def tree(items):
    """Name and children of each layer, and how it is laid over the others."""
    found = []
    for item in items:
        row = {
            "name": item.get_name(), "visible": item.get_visible(), "opacity": item.get_opacity(),
            "mode": int(item.get_mode()), "place": [*item.get_offsets()[1:], item.get_width(), item.get_height()],
            "mask": item.get_mask() is not None, "filters": [each.get_name() for each in item.get_filters()],
            "operations": [each.get_operation_name() for each in item.get_filters()],
        }  # fmt: skip
        found.append(row | {"children": tree(item.get_children()) if item.is_group() else []})
    return found


def raw(drawable):
    return hashlib.sha256(drawable.get_buffer().get(whole(drawable), 1.0, None, Gegl.AbyssPolicy.NONE)).hexdigest()


def visible(image):
    """What the user sees of all that the layers hold, (height, width, 4) sRGB floats; of the topmost, if of none."""
    copy = image.duplicate()
    if not any(each.get_visible() for each in copy.get_layers()):
        copy.get_layers()[0].set_visible(True)
    return merged_pixels(copy)


def surroundings(image):
    """What no run may change."""
    selection = image.get_selection().get_buffer().get(whole(image), 1.0, None, Gegl.AbyssPolicy.NONE)
    return [
        hashlib.sha256(selection).hexdigest(), [each.get_name() for each in image.get_channels()],
        int(image.get_precision()), image.get_effective_color_profile().get_label(), image.get_width(),
    ]  # fmt: skip


def one_kind(name, make):
    image, drawables = make()
    layer = drawables[0]
    image.clean_all()
    before, around, layers = visible(image), surroundings(image), tree(image.get_layers())
    pixels = raw(layer)
    decision, error = edit(image, drawables)
    seen = {
        "error": error, "decision": decision, "before": layers, "after": tree(image.get_layers()),
        "kept": raw(layer) == pixels, "around kept": surroundings(image) == around, "dirty": image.is_dirty(),
        "selected": [each.get_name() for each in image.get_selected_layers()],
    }  # fmt: skip
    np.save(f"/case/{name}-before.npy", before)
    if decision is not None:
        after = visible(image)
        np.save(f"/case/{name}-after.npy", after)
        if name in RUN_AGAIN:
            error = edit(image, drawables)[1]
            same = np.array_equal(visible(image), after)
            seen["again"] = [error, tree(image.get_layers()) == seen["after"], bool(same)]
    image.delete()
    return seen


def group_of(image):
    return next(each for each in image.get_layers() if each.is_group())


def runs_again():
    """On the group, on a layer in it, in a file that was saved, in a copy of the image; then at strength 0."""
    image, (layer,) = picture()
    edit(image, [layer])
    once, pictures = tree(image.get_layers()), [visible(image)]
    ways = {}
    ways["group"] = edit(image, [group_of(image)])[1], tree(image.get_layers()) == once
    pictures.append(visible(image))
    ways["layer in it"] = edit(image, [group_of(image).get_children()[0]])[1], tree(image.get_layers()) == once
    pictures.append(visible(image))
    path = Gio.File.new_for_path("/case/saved.xcf")
    Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, path, None)
    loaded = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, path)
    pictures.append(visible(loaded))
    saved = tree(loaded.get_layers()) == once
    ways["saved"] = edit(loaded, loaded.get_layers()[-1:])[1], tree(loaded.get_layers()) == once and saved
    pictures.append(visible(loaded))
    loaded.delete()
    copy = image.duplicate()
    ways["duplicated"] = edit(copy, [group_of(copy)])[1], tree(copy.get_layers()) == once
    pictures.append(visible(copy))
    copy.delete()
    half = edit(image, [layer], strength=0.5)[0]
    ways["half"] = [half["strength"], half["faces"][0]["sliders"]]
    np.save("/case/half.npy", visible(image))
    none = edit(image, [layer], strength=0.0)[0]
    ways["none"] = [none["strength"], tree(image.get_layers())]
    image.clean_all()
    edit(image, [layer], strength=0.0)
    ways["nothing to do"] = image.is_dirty()
    image.delete()
    ways["same"] = [float(np.abs(each - pictures[0]).max()) for each in pictures]
    return ways


def source_is_gone():
    """The photo's layer is removed: what was made of it is a photo like any other."""
    image, (layer,) = picture()
    edit(image, [layer])
    image.remove_layer(layer)
    error = edit(image, [group_of(image)])[1]
    names = [each["name"] for each in tree(image.get_layers())]
    image.delete()
    return [error, names]


def strange_record(data):
    image, (layer,) = picture()
    edit(image, [layer])
    group_of(image).attach_parasite(Gimp.Parasite.new(PARASITE, 3, list(data)))
    error = edit(image, [layer])[1]
    names = [each["name"] for each in tree(image.get_layers())]
    image.delete()
    return [error, names]


def two_faces():
    image, (layer,) = picture(data=np.ascontiguousarray(np.concatenate([PICTURE, PICTURE[:, ::-1]], 1)))
    decision, error = edit(image, [layer])
    seen = {"error": error, "decision": decision, "after": tree(image.get_layers())}
    np.save("/case/two-after.npy", visible(image))
    image.select_rectangle(Gimp.ChannelOps.REPLACE, 0, 0, PICTURE.shape[1], PICTURE.shape[0])
    one, _ = edit(image, [layer])
    seen["one"] = [len(one["faces"]), tree(image.get_layers())]
    np.save("/case/one-after.npy", visible(image))
    image.delete()
    return seen


def everything():
    for name, (make, how) in KINDS.items():
        if hasattr(Gimp, how.get("since", "Image")) and name not in LEFT_OUT:
            results[name] = one_kind(name, make)
    results["again"] = runs_again()
    results["source is gone"] = source_is_gone()
    results["strange records"] = [strange_record(data) for data in (b"junk", b"[]", b"{}", [-1], b"[" * 9999)]
    results["two faces"] = two_faces()
    image, (layer,) = picture()
    results["called"] = call(image, [layer], strength=0.5)
    results["called, no such style"] = call(image, [layer], style="no such")
    os.rename(f"{setup['folder']}/lib/onnxruntime.off", f"{setup['folder']}/lib/onnxruntime.py")
    results["called, helper"] = call(image, [layer])
    image.delete()


everything()
with open("/case/results.json", "w") as file:
    json.dump(results, file)
open("/case/done", "w").close()
