# SPDX-License-Identifier: GPL-3.0-or-later
"""Retouches a photo with the whole editor's file: a host that needs onnxruntime and Pillow, and nothing of this project

python whole_editor.py photo-editor.onnx photo.jpg enhanced.jpg
python whole_editor.py photo-editor.onnx photo.jpg enhanced.jpg --strength 0.7 --set saturation=1 --set exposure=0.3
"""

import argparse
import json
import os

import numpy as np  # comes with onnxruntime
from PIL import Image, ImageOps

# Before it is imported: ONNX Runtime 1.29 and later tell their maker of their use unless the environment says this.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("editor", help="photo-editor.onnx")
parser.add_argument("photo")
parser.add_argument("out")
parser.add_argument("--strength", type=float, default=1.0, help="0 nothing, 1 as the policy chooses, 2 twice as far")
parser.add_argument("--set", action="append", default=[], metavar="SLIDER=VALUE", help="in GIMP's units")
arguments = parser.parse_args()
if os.path.lexists(arguments.out):
    parser.error(f"{arguments.out} is there already; give another name")

session = onnxruntime.InferenceSession(arguments.editor, providers=["CPUExecutionProvider"])
sliders = json.loads(session.get_modelmeta().custom_metadata_map["sliders"])
names = [slider["name"] for slider in sliders]
own = np.full(len(names), np.nan, np.float32)  # NaN: as the policy chooses
for name, _, value in (each.partition("=") for each in arguments.set):
    if name not in names:
        parser.error(f"no slider {name!r}; there are {', '.join(names)}")
    own[names.index(name)] = float(value)

with Image.open(arguments.photo) as photo:
    upright = ImageOps.exif_transpose(photo).convert("RGB")  # an sRGB photo; others are to be converted first
edited, values, probabilities = session.run(
    ["edited", "sliders", "probabilities"],
    {"image": np.asarray(upright), "strength": np.array(arguments.strength, np.float32), "set_sliders": own},
)
for slider, value, probability, set_to in zip(sliders, values, probabilities, own, strict=True):
    how = f"{probability:.0%}" if np.isnan(set_to) else "by hand"
    print(f"{slider['label']:12} {slider['text'].format(value):>14}  {how}")
Image.fromarray(edited).save(arguments.out, quality=95)
