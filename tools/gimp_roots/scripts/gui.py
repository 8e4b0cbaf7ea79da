# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a GIMP root, beside GIMP: works the plug-in as a user does, in a window on an X server of its own.

    dbus-run-session -- python3 gui.py VERSION [ROUNDS]

Writes /case/gui.json, what was seen at each step, and pictures of the whole screen: /case/menu.png, dialog.png,
layer-effects.png.
"""

import os
import sys
import time
from typing import Any

sys.path.insert(0, "/case")
import desktop
from desktop import SCREEN, application, ask, choose, find, history, picture, press, set_value, wait, walk, xdotool

PLUG_IN = "python-fu-auto-enhance-rl"  # the dialog is an application of its own, of the procedure's name
DIALOG = "Auto Enhance (RL)"
FILTERS = "answer = len(Gimp.get_images()[0].get_layers()[0].get_filters())"
seen: dict[str, Any] = {}


def state(found=None):
    """What there is; found: GIMP's part of it where that has just been asked for, which takes GIMP a while."""
    return {**(found or ask(desktop.STATE)), "history": history()}


def note(name, found=None):
    seen[name] = state(found)
    return seen[name]


def open_dialog():
    choose(DIALOG)
    dialog = wait("the dialog", lambda: find(application(PLUG_IN), ("dialog",), DIALOG))
    wait("the alternatives", lambda: find(dialog, ("radio button",), "Alternative 4"))
    return dialog


def close_dialog(button):
    press(PLUG_IN, ("button", "push button"), button)
    gone()


def gone():
    wait("the dialog's end", lambda: application(PLUG_IN) is None)


def settled(changed):
    """Waits until the canvas has followed, filter by filter: `changed` is what it must not be any more.

    Returns what there is then.
    """
    last = changed

    def still():
        nonlocal last
        before, last = last, ask(desktop.STATE)
        return last if before == last and last["shown"] != changed["shown"] else None

    return wait("the canvas", still, 20)


def undo():
    """By the keyboard, in GIMP's window: one step."""
    before = ask(desktop.STATE)
    (window, *_) = xdotool("search", "--onlyvisible", "--name", " GIMP$")
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "ctrl+z")
    return settled(before)


def how_fast(rest=lambda: None):
    """Seconds from the dialog to the alternatives; the rest stands in the log.

    Strength is moved while GIMP draws the first preview, and again when it has drawn. rest: waits until it has.
    """
    rest()
    times = {"menu": time.time()}  # the log has when the filters were there: GIMP may be too busy drawing to say so
    choose(DIALOG)
    wait("the preview", lambda: ask(FILTERS))
    dialog = wait("the dialog", lambda: find(application(PLUG_IN), ("dialog",), DIALOG))
    shown = time.monotonic()
    wait("the alternatives", lambda: find(dialog, ("radio button",), "Alternative 4"))
    times["alternatives"] = time.monotonic() - shown
    for percent, there in ((0, False), (100, True), (60, True), (0, False)):
        set_value(PLUG_IN, "Strength", percent)
        wait("the filters", lambda there=there: bool(ask(FILTERS)) == there)
        time.sleep(1)  # until the plug-in has written it into its log
        rest()
    close_dialog("Cancel")
    wait("the filters' end", lambda: not ask(FILTERS))
    seen.setdefault("seconds", []).append(times)


def steer():
    """Everything that the dialog has, live; then Cancel."""
    before = note("before")
    dialog = open_dialog()
    window = xdotool("search", "--onlyvisible", "--name", r"^Auto Enhance \(RL\)$")[-1]
    width = dialog.get_extents(desktop.Atspi.CoordType.SCREEN).width
    xdotool("windowmove", window, SCREEN[0] - width - 10, 60)
    settled(before)
    picture("dialog")
    live = note("live")

    set_value(PLUG_IN, "Strength", 50)
    half = note("half", settled(live))
    set_value(PLUG_IN, "Strength", 0)
    note("strength 0", settled(half))
    set_value(PLUG_IN, "Strength", 100)
    note("full again", settled(seen["strength 0"]))

    press(PLUG_IN, ("radio button",), "Alternative 2")
    other = note("alternative", settled(live))
    press(PLUG_IN, ("radio button",), "The agent's choice")
    note("chosen again", settled(other))

    press(PLUG_IN, ("check box",), "Saturation")
    off = note("switched off", settled(live))
    press(PLUG_IN, ("check box",), "Saturation")
    note("switched on", settled(off))

    set_value(PLUG_IN, "Saturation", 1.25)
    by_hand = note("by hand", settled(live))
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "alt+b")  # Show before, by its mnemonic
    note("show before", settled(by_hand))
    xdotool("key", "alt+b")
    note("show after", settled(seen["show before"]))
    press(PLUG_IN, ("button", "push button"), "Help")
    wait("the help's page", lambda: os.path.exists("/case/opened"))
    with open("/case/opened") as file:
        seen["help"] = file.read()
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "Escape")
    gone()
    note("cancelled")


def apply():
    """OK; undo, redo; a filter moved by hand in GIMP; saved and loaded again; a second run."""
    open_dialog()
    close_dialog("OK")
    note("enhanced")
    desktop.open_effects()
    picture("layer-effects")
    edit_filter()
    own = wait("the filter's own dialog", lambda: find(application("gimp"), ("dialog",), "Clarity"))
    spins = [node for node in walk(own) if node.get_role_name() == "spin button"]  # they have no names
    spins[1].get_value_iface().set_current_value(0.5)  # radius, amount, threshold
    time.sleep(0.5)
    find(own, ("button", "push button"), "OK").get_action_iface().do_action(0)
    wait("the moved filter", lambda: ask(desktop.STATE)["values"]["gegl:unsharp-mask"]["scale"] == 0.5)
    note("moved in GIMP")
    seen["saved"] = ask(
        """
from gi.repository import Gio
path = Gio.File.new_for_path("/case/saved.xcf")
Gimp.file_save(Gimp.RunMode.NONINTERACTIVE, Gimp.get_images()[0], path, None)
again = Gimp.file_load(Gimp.RunMode.NONINTERACTIVE, path)
layer = again.get_layers()[0]
filters = list(reversed(layer.get_filters()))
names = [each.get_name() for each in filters]
amount = filters[-1].get_config().get_property("scale")
import hashlib
whole = Gegl.Rectangle.new(0, 0, again.get_width(), again.get_height())
flat = again.flatten().get_buffer().get(whole, 1.0, None, Gegl.AbyssPolicy.NONE)
answer = {"filters": names, "amount": amount, "shown": hashlib.sha256(flat).hexdigest()}
again.delete()
"""
    )
    open_dialog()
    settled(seen["moved in GIMP"])  # hidden: the agent's choice is shown, without what was there
    close_dialog("OK")
    note("second run")
    seen["undo item"] = choose("Undo Auto")
    wait("undo", lambda: ask(desktop.STATE)["values"]["gegl:unsharp-mask"]["scale"] == 0.5)
    note("second run undone")
    open_dialog()
    close_dialog("Cancel")
    note("cancelled over an earlier run")
    for _ in seen["moved in GIMP"]["history"][1:]:  # the movement in GIMP, and ours
        there = undo()
    note("undone", there)
    seen["redo item"] = choose("Redo")
    wait("redo", lambda: ask(FILTERS))
    note("redone")
    undo()


def edit_filter():
    """Presses the button under the list of effects, which has a description and no name."""
    for node in walk(application("gimp")):
        if node.get_role_name() in ("button", "push button") and node.get_description() == "Edit the selected filter.":
            node.get_action_iface().do_action(0)
            return
    raise LookupError("no button to edit a filter")


def styles_and_merged():
    dialog = open_dialog()
    combos = [node for node in walk(dialog) if node.get_role_name() == "combo box"]
    (combo,) = [node for node in combos if find(node, ("menu item",), "photo")]  # in 3.0, "Apply as" is one too
    seen["styles"] = [node.get_name() for node in walk(combo) if node.get_role_name() == "menu item"]
    live = state()
    find(combo, ("menu item",), "film").get_action_iface().do_action(0)
    film = note("film", settled(live))
    set_value(PLUG_IN, "Strength", 50)
    settled(film)
    find(dialog, ("menu item", "radio button"), "Merged").get_action_iface().do_action(0)
    time.sleep(0.5)
    close_dialog("OK")
    note("merged")
    note("merged undone", undo())
    seen["last values"] = ask(LAST_VALUES)
    note("after last values")
    undo()
    ask(SELECT)
    note("selected")
    ask(LAST_VALUES)
    note("merged in a selection")
    note("merged in a selection undone", undo())

    os.remove("/case/styles/film.onnx")  # the style last used
    dialog = open_dialog()
    seen["complaint"] = wait("a complaint", lambda: find(dialog, ("label",), "No decision")).get_name()
    seen["styles left"] = [node.get_name() for node in walk(dialog) if node.get_role_name() == "combo box"]
    note("another style")
    close_dialog("Cancel")


LAST_VALUES = f"""
import json
image = Gimp.get_images()[0]
procedure = Gimp.get_pdb().lookup_procedure("{PLUG_IN}")
config = procedure.create_config()
config.set_property("run-mode", Gimp.RunMode.WITH_LAST_VALS)
config.set_property("image", image)
config.set_core_object_array("drawables", image.get_layers())
values = procedure.run(config)
decision = json.loads(values.index(1))
answer = [int(values.index(0)), decision["strength"], decision["model"]["name"]]
"""
SELECT = """
image = Gimp.get_images()[0]
image.select_ellipse(Gimp.ChannelOps.REPLACE, 100, 80, 300, 250)
Gimp.Selection.feather(image, 40)
answer = True
"""


def main(version, rounds=0):
    """The whole scenario; or, with rounds, only how fast it is, that often."""
    gimp, window = desktop.start(version)
    if rounds:
        for _ in range(rounds):
            how_fast(lambda: desktop.drawn(gimp))
        return
    choose("Undo History")
    wait("the Undo History", history)
    choose("Center Image in Window")
    how_fast()
    xdotool("windowactivate", "--sync", window)
    xdotool("key", "alt+c")
    desktop.point_at(("menu",), "Auto")
    desktop.point_at(("menu item",), DIALOG)
    picture("menu")
    xdotool("key", "Escape", "Escape", "Escape")
    xdotool("mousemove", SCREEN[0] // 2, SCREEN[1] - 2)
    steer()
    apply()
    styles_and_merged()


desktop.scenario(main, seen)
