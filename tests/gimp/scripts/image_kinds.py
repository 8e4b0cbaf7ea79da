# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside GIMP: every kind of image and layer, edited by the plug-in's own code, as filters and merged.

/case/setup.json has the plug-in's folder and the slider values; /case/picture.npy the picture, uint8 (H, W, 3) in sRGB.
/case/results.json is {kind: what was seen}, /case/KIND-seen.npy what the agent was shown, /case/KIND-shown.npy what the
user sees with the filters, /case/KIND-selection.npy what was selected on the canvas; test_image_kinds.py judges them.
"""

import hashlib
import json
import sys
import time

import numpy as np
from gi.repository import Gegl, Gimp

with open("/case/setup.json") as file:
    setup = json.load(file)
sys.path[:0] = ["/case", setup["folder"], f"{setup['folder']}/lib"]
from kinds import KINDS, shown, whole  # noqa: E402
from plugin.edit import Edit  # noqa: E402 (the plug-in's own)
from plugin.filters import apply  # noqa: E402
from plugin.layers import check_drawables, check_merged, from_srgb_matrix, holds_beyond, pixels  # noqa: E402
from plugin.messages import PluginError  # noqa: E402

from models.decision import Choice  # noqa: E402

Gegl.init(None)


def surroundings(image, drawables):
    """All that neither way may change."""
    layer = drawables[0]
    how = []
    if isinstance(layer, Gimp.Layer) and not isinstance(layer, Gimp.LayerMask):
        how = [layer.get_opacity(), int(layer.get_mode()), layer.get_lock_alpha(), layer.get_mask() is not None]
    selection = image.get_selection().get_buffer().get(whole(image), 1.0, None, Gegl.AbyssPolicy.NONE)
    return {
        "selection": hashlib.sha256(selection).hexdigest(),
        "selected": [int(value) for value in Gimp.Selection.bounds(image)],
        "channels": [each.get_name() for each in image.get_channels()],
        "layers": [each.get_name() for each in image.get_layers()],
        "active": [each.get_name() for each in image.get_selected_drawables()],
        "precision": int(image.get_precision()),
        "place": [*layer.get_offsets()[1:], layer.get_width(), layer.get_height()],
        "how": [layer.get_visible(), *how],
        "profile": (image.get_effective_color_profile()).get_label(),
    }


def enhanced(name, make, merged):
    """The plug-in's way, from what is selected to the layer changed; (what was seen, what is shown after)."""
    image, drawables = make()
    image.clean_all()
    if isinstance(drawables[0], Gimp.Layer) and not isinstance(drawables[0], Gimp.LayerMask):
        image.set_selected_layers(drawables[:1])
    result = {"error": "", "before": surroundings(image, drawables), "number": len(drawables)}
    if not Gimp.Selection.is_empty(image):
        selected = image.get_selection().get_buffer().get(whole(image), 1.0, "Y u8", Gegl.AbyssPolicy.NONE)
        size = (image.get_height(), image.get_width())
        np.save(f"/case/{name}-selection.npy", np.frombuffer(selected, np.uint8).reshape(size))
    picture_before = shown(image, drawables) if len(drawables) == 1 else None
    own = len(drawables[0].get_filters())
    begin = time.perf_counter()
    try:
        layer = check_drawables(image, drawables)
        if merged:
            check_merged(layer)
        width, height, channels, data = pixels(image, layer)
        result["primaries"] = from_srgb_matrix(image)
        size = (layer.get_width(), layer.get_height())
        edit = Edit(size, not layer.is_gray(), result["primaries"], holds_beyond(image, layer))
        edit.choose(Choice(slider, setup["values"][slider.name], 1.0) for slider in edit.sliders)
        apply(image, layer, edit.filters(), merged)
    except PluginError as refusal:
        result["error"] = str(refusal)
    result["seconds"] = time.perf_counter() - begin
    result["after"] = surroundings(image, drawables)
    result["dirty"] = image.is_dirty()
    result["filters"] = len(drawables[0].get_filters()) - (0 if merged and not result["error"] else own)
    if result["error"]:
        image.delete()
        return result, None, None
    picture_after = shown(image, drawables)
    result["effect"] = difference(picture_before, picture_after)
    result["alpha"] = float(np.abs(picture_before[..., 3] - picture_after[..., 3]).max())
    image.delete()
    return result, np.frombuffer(data, np.uint8).reshape(height, width, channels), picture_after


def difference(first, second):
    """Largest difference in 8-bit levels, where anything is to be seen."""
    visible = (first[..., 3] > 0) | (second[..., 3] > 0)
    distance = np.abs(np.clip(first, 0, 1) - np.clip(second, 0, 1)).max(axis=-1) * 255
    return float(distance[visible].max(initial=0.0))


results = {}
for name, (make, how) in KINDS.items():
    if not hasattr(Gimp, how.get("since", "Image")):
        continue
    ways = results[name] = {}
    pictures = []
    for way in ("filters", "merged"):
        ways[way], seen, after = enhanced(name, make, way == "merged")
        if after is not None:
            pictures.append(after)
        if way == "filters" and after is not None:
            np.save(f"/case/{name}-seen.npy", seen)
            np.save(f"/case/{name}-shown.npy", after)
    if len(pictures) == 2:
        ways["merged"]["difference"] = difference(*pictures)
with open("/case/results.json", "w") as file:
    json.dump(results, file)
open("/case/done", "w").close()
