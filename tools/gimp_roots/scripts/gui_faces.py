# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a GIMP root, beside GIMP: works Auto Enhance Faces as a user does, in a window on an X server of its own.

    dbus-run-session -- python3 gui_faces.py VERSION [ROUNDS]

Writes /case/gui.json, what was seen at each step, and pictures of the whole screen: /case/faces-dialog.png,
faces-layers.png. With ROUNDS, it only opens the dialog and applies that often, and says how long it took.
"""

import os
import subprocess
import sys
import time
from typing import Any

sys.path.insert(0, "/case")
import desktop
from desktop import SCREEN, application, ask, choose, find, history, picture, press, set_value, wait, walk, xdotool

PLUG_IN = "python-fu-auto-enhance-faces-rl"  # the dialog is an application of its own, of the procedure's name
DIALOG = "Auto Enhance Faces (RL)"
# Images without a file are the plug-in's own.
STATE = """
import hashlib
image = next(each for each in Gimp.get_images() if each.get_file())
def whole(item):
    return Gegl.Rectangle.new(0, 0, item.get_width(), item.get_height())
def digest(item):
    return hashlib.sha256(item.get_buffer().get(whole(item), 1.0, None, Gegl.AbyssPolicy.NONE)).hexdigest()
def tree(items):
    return [[item.get_name(), item.get_visible(), tree(item.get_children()) if item.is_group() else []]
            for item in items]
layers = image.get_layers()
answer = {
    "layers": tree(layers), "photo": digest(layers[-1]), "dirty": image.is_dirty(),
    "selected": [each.get_name() for each in image.get_selected_layers()],
    "parasites": layers[-1].get_parasite_list(), "selection": digest(image.get_selection()),
}
copy = image.duplicate()
inner = copy.get_layers()[0].get_children() if copy.get_layers()[0].is_group() else []
answer["filters"] = [[f.get_name() for f in each.get_filters()] for each in inner]
answer["shown"] = digest(copy.flatten())
copy.delete()
"""
LAYERS = """
answer = len(next(each for each in Gimp.get_images() if each.get_file()).get_layers())
"""
seen: dict[str, Any] = {}


def note(name):
    seen[name] = {**ask(STATE), "history": history()}
    return seen[name]


def log():
    with open(next(path for path in paths() if os.path.exists(path))) as file:
        return file.read()


def paths():
    for version in ("3.0", "3.2"):
        yield f"/case/home/.config/GIMP/{version}/plug-ins/auto_enhance_rl/auto_enhance_rl.log"


def pictures():
    """How many pictures of the edited face the dialog has shown in all."""
    return log().count("DEBUG picture at")


def open_dialog():
    before = pictures() if any(map(os.path.exists, paths())) else 0
    choose(DIALOG)
    dialog = wait("the dialog", lambda: find(application(PLUG_IN), ("dialog",), DIALOG))
    wait("a face", lambda: find(dialog, ("radio button",), "Face 1"))
    wait("its picture", lambda: pictures() > before)
    return dialog


def close_dialog(button):
    press(PLUG_IN, ("button", "push button"), button)
    gone()


def gone():
    wait("the dialog's end", lambda: application(PLUG_IN) is None)


def value(name):
    node = wait(f"the slider {name!r}", lambda: find(application(PLUG_IN), ("spin button",), name))
    return node.get_value_iface().get_current_value()


def move(name, to):
    before = pictures()
    set_value(PLUG_IN, name, to)
    wait("another picture", lambda: pictures() > before)


def face_picture():
    """What the dialog shows of the face, as bytes of the screen."""
    box = wait("the picture", lambda: find(application(PLUG_IN), ("icon", "image"), "Face 1"))
    box = box.get_extents(desktop.Atspi.CoordType.SCREEN)
    crop = f"{box.width}x{box.height}+{box.x}+{box.y}"
    time.sleep(0.5)  # until it is drawn
    command = ["import", "-window", "root", "-crop", crop, "rgb:-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def steer():
    """Everything that the dialog has; then Cancel."""
    note("before")
    dialog = open_dialog()
    window = xdotool("search", "--onlyvisible", "--name", r"^Auto Enhance Faces \(RL\)$")[-1]
    box = dialog.get_extents(desktop.Atspi.CoordType.SCREEN)
    seen["size"] = [box.width, box.height]
    xdotool("windowmove", window, SCREEN[0] - box.width - 10, 60)
    seen["names"] = [
        [node.get_role_name(), node.get_name()] for node in walk(dialog)
        if node.get_role_name() in ("spin button", "check box", "radio button", "combo box", "toggle button")
    ]  # fmt: skip
    note("open")
    picture("faces-dialog")
    move("Jaw width", -12)
    move("Skin smoothing", 50)
    after = face_picture()
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "alt+b")  # Show before, by its mnemonic
    before = face_picture()
    xdotool("key", "alt+b")
    seen["pictures"] = [after != before, face_picture() == after]
    press(PLUG_IN, ("button", "push button"), "Reset face")
    wait("the style's value", lambda: value("Jaw width") != -12)
    move("Strength", 0)
    seen["strength 0"] = face_picture() == before
    press(PLUG_IN, ("button", "push button"), "Help")
    wait("the help's page", lambda: os.path.exists("/case/opened"))
    with open("/case/opened") as file:
        seen["help"] = file.read()
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "Escape")
    gone()
    note("cancelled")


def apply():
    """OK; a second run, which goes on from the first; undo and redo."""
    open_dialog()
    move("Jaw width", -4)
    close_dialog("OK")
    wait("the layers", lambda: ask(LAYERS) == 2)
    note("applied")
    # The docks' border, moved to the left, so that the layers' names are to be read.
    xdotool("mousemove", SCREEN[0] - 267, 470, "mousedown", 1, "mousemove", SCREEN[0] - 330, 470)
    xdotool("mousemove", SCREEN[0] - 430, 470, "mouseup", 1, "mousemove", SCREEN[0] // 2, SCREEN[1] - 2)
    picture("faces-layers")
    open_dialog()
    seen["resumed"] = value("Jaw width")
    move("Eye size", 15)
    close_dialog("OK")
    wait("the second run", lambda: len(history()) == 3)
    note("second run")
    open_dialog()
    close_dialog("Cancel")
    note("cancelled again")
    choose("Undo Auto")
    wait("undo", lambda: ask(STATE)["shown"] == seen["applied"]["shown"])
    note("second run undone")
    choose("Undo Auto")
    wait("undo", lambda: ask(LAYERS) == 1)
    note("undone")
    choose("Redo Auto")
    wait("redo", lambda: ask(LAYERS) == 2)
    note("redone")
    open_dialog()
    press(PLUG_IN, ("check box",), "Edit face 1")
    time.sleep(0.5)
    close_dialog("OK")
    wait("the layers' end", lambda: ask(LAYERS) == 1)
    note("switched off")


def how_fast(gimp):
    desktop.drawn(gimp)
    times = {"menu": time.time()}
    choose(DIALOG)
    dialog = wait("the dialog", lambda: find(application(PLUG_IN), ("dialog",), DIALOG))
    wait("a face", lambda: find(dialog, ("radio button",), "Face 1"))
    times["faces"] = time.time()
    desktop.drawn(gimp)
    times["OK"] = time.time()
    close_dialog("OK")
    times["applied"] = time.time()
    wait("the layers", lambda: ask(LAYERS) == 2)
    desktop.drawn(gimp)
    choose("Undo Auto")
    wait("undo", lambda: ask(LAYERS) == 1)
    seen.setdefault("seconds", []).append(times)


def main(version, rounds=0):
    gimp, _window = desktop.start(version)
    for _ in range(rounds):
        how_fast(gimp)
    if rounds:
        return
    choose("Undo History")
    wait("the Undo History", history)
    choose("Center Image in Window")
    steer()
    apply()


desktop.scenario(main, seen)
