# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Enhance (RL) on a folder of photos, by GIMP without a window. docs/batch.md says how to start it.

Settings are environment variables:

    PHOTOS    folder of the photos, with the folders in it. Needed.
    OUT       folder for what is made; folders in PHOTOS are kept. Needed.
    SAVE      xcf (GIMP files whose filters can be changed), same (files of the photos' own kinds), both.  [xcf]
    STRENGTH  how far to go, 0 to 2.  [1]
    STYLE     whose taste, see `trainer styles`.  [photo]

Nothing is overwritten: what is there already is left as it is, so the same command goes on where it was stopped.
A line a photo goes to standard output. GIMP's exit status is 0 when all went well.
"""

import json
import os
import time
from pathlib import Path

from gi.repository import Gimp, Gio

KINDS = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".tif": "tiff", ".tiff": "tiff"}
# Where a script doesn't ask, GIMP leaves these out of the file.
KEPT = ("include-exif", "include-iptc", "include-xmp", "include-color-profile")
# As `trainer enhance` writes: a JPEG's quality of 95; a PNG at zlib's own level, since GIMP's 9 takes much longer.
OPTIONS: dict[str, dict[str, object]] = {"jpeg": {"quality": 0.95}, "png": {"compression": 6}, "tiff": {}}


def settings():
    """(photos, out, save, strength, style), checked."""
    values = {name: os.environ.get(name, "") for name in ("PHOTOS", "OUT", "SAVE", "STRENGTH", "STYLE")}
    for name in ("PHOTOS", "OUT"):
        if not values[name]:
            raise SystemExit(f"{name} is not set: put {name}=some/folder before the command")
    photos, out = Path(values["PHOTOS"]), Path(values["OUT"])
    if not photos.is_dir():
        raise SystemExit(f"{photos}: is not a folder: set PHOTOS to a folder of photos")
    save = values["SAVE"] or "xcf"
    if save not in ("xcf", "same", "both"):
        raise SystemExit(f"SAVE is {save}: set it to xcf, same or both")
    try:
        strength = float(values["STRENGTH"] or 1.0)
    except ValueError:
        strength = -1.0
    if not 0.0 <= strength <= 2.0:
        raise SystemExit(f"STRENGTH is {values['STRENGTH']}: set it to a number from 0 to 2")
    return photos, out, save, strength, values["STYLE"] or "photo"


def find(photos, out):
    """The photos in a folder and the folders in it. Not what is hidden, nor what lies in the folder for the results."""
    found = []
    for here, folders, files in os.walk(photos):
        there = out.exists()
        folders[:] = [n for n in folders if n[0] != "." and not (there and out.samefile(Path(here, n)))]
        found += [Path(here, n) for n in files if n[0] != "." and Path(n).suffix.lower() in KINDS]
    return sorted(found)


def check(done, what):
    if not done:
        raise RuntimeError(f"{what}: {Gimp.get_pdb().get_last_error()}")


def call(name, **arguments):
    """Calls a procedure; its values."""
    procedure = Gimp.get_pdb().lookup_procedure(name)
    if procedure is None:
        raise RuntimeError(f"GIMP has no procedure {name}: is the plug-in installed? `trainer doctor` checks it")
    config = procedure.create_config()
    for argument, value in arguments.items():
        if isinstance(value, list):
            config.set_core_object_array(argument, value)
        else:
            config.set_property(argument.replace("_", "-"), value)
    values = procedure.run(config)
    check(values.index(0) == Gimp.PDBStatusType.SUCCESS, name)
    return values


def load(path):
    image = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, Gio.File.new_for_path(str(path)))
    check(image, "can't be opened")
    return image


def write(image, path):
    """Writes a temporary file, which is renamed when it is complete."""
    aside = path.with_name(f".part-{path.name}")
    file = Gio.File.new_for_path(str(aside))
    if path.suffix == ".xcf":
        check(Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, image, file, None), "can't be saved")
    else:
        kind = KINDS[path.suffix.lower()]
        options: dict[str, object] = {**dict.fromkeys(KEPT, True), **OPTIONS[kind], "include-thumbnail": False}
        call(f"file-{kind}-export", image=image, file=file, **options)
    os.rename(aside, path)


def enhance(path, wanted, strength, style):
    """One photo to the files that are wanted; what was chosen, in words."""
    image = load(path)
    try:
        image.policy_rotate(False)  # upright, as a camera's EXIF says, or as the user's Preferences say
        layers = image.get_layers()
        if len(layers) != 1:
            raise RuntimeError(f"has {len(layers)} pages: save the wanted one as a file of its own")
        # For a file without filters, merging filter by filter takes a third of the time of rendering all at once.
        editable = any(target.suffix == ".xcf" for target in wanted)
        values = call(
            "python-fu-auto-enhance-rl", image=image, drawables=layers, strength=strength, style=style,
            apply="filters" if editable else "merged",
        )  # fmt: skip
        for target in sorted(wanted, key=lambda target: target.suffix != ".xcf"):
            target.parent.mkdir(parents=True, exist_ok=True)
            if editable and target.suffix != ".xcf":  # else the filters are rendered twice while it is exported
                image.merge_visible_layers(Gimp.MergeType.CLIP_TO_IMAGE)
            write(image, target)
        sliders = json.loads(values.index(1))["sliders"]
        moved = [f"{each['label']} {each['text']}" for each in sliders if each["value"] != each["neutral"]]
        return ", ".join(moved) or "nothing to do"
    finally:
        image.delete()


def main():
    photos, out, save, strength, style = settings()
    found = find(photos, out)
    left = failed = 0
    started = time.monotonic()
    for i, path in enumerate(found):
        same = out / path.relative_to(photos)
        targets = {"xcf": [same.with_name(same.name + ".xcf")], "same": [same]}
        wanted = [t for t in targets.get(save) or targets["xcf"] + targets["same"] if not os.path.lexists(t)]
        if not wanted:
            left += 1
            continue
        try:
            said = enhance(path, wanted, strength, style)
        except Exception as error:  # whatever it is, the other photos are done
            failed += 1
            said = f"FAILED: {' '.join(str(error).split())}"
        done = i + 1 - left
        minutes = (time.monotonic() - started) / done * (len(found) - i - 1) / 60
        print(f"[{i + 1}/{len(found)}, {minutes:.0f} min left] {path}: {said}", flush=True)
    summary = (
        f"{len(found) - left - failed} of {len(found)} photos enhanced, {left} were there already, {failed} failed"
    )
    print(f"{summary}; they are in {out}", flush=True)
    if failed or not found:
        raise SystemExit(f"{failed} of {len(found)} photos failed, see above" if found else f"{photos}: has no photos")


try:
    main()
except SystemExit as end:  # to GIMP it would look like a crash of its Python; an error it reports, as exit status
    print(end, flush=True)
    raise RuntimeError(str(end)) from None
