# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in a GIMP root, beside GIMP: a screen of its own with GIMP on it, worked as a user does.

Menu items, buttons and sliders are found and moved through the accessibility bus (AT-SPI), as a screen reader does.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

DISPLAY = ":91"
SCREEN = (1600, 900)
os.environ.update(DISPLAY=DISPLAY, GTK_MODULES="gail:atk-bridge", NO_AT_BRIDGE="0")

import gi  # noqa: E402 (DISPLAY must be there first)

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

PLUG_IN = "python-fu-auto-enhance-rl"  # the dialog is an application of its own, of the procedure's name


def wait(what, find, seconds=30):
    """The first true thing that `find` returns."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            found = find()
        except Exception:  # the tree changes while it is walked
            found = None
        if found:
            return found
        time.sleep(0.02)
    subprocess.run(["import", "-window", "root", "/case/failed.png"], check=False)
    raise TimeoutError(f"{what}: not there after {seconds} s")


def xdotool(*words):
    done = subprocess.run(["xdotool", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout.split()


def managed():
    """Whether a window manager is at work; xdotool complains where none is."""
    return not subprocess.run(["xdotool", "get_desktop"], capture_output=True, check=False).stderr


def picture(name):
    time.sleep(1.5)  # until it is all drawn
    subprocess.run(["import", "-window", "root", f"/case/{name}.png"], check=True)


def ask(code):
    """Runs Python in GIMP (gui_server.py) and returns what it set `answer` to."""
    with open("/case/request.new", "w") as file:
        file.write(code)
    os.rename("/case/request.new", "/case/request")
    wait("an answer of GIMP", lambda: os.path.exists("/case/answer"), 120)
    with open("/case/answer") as file:
        answer = json.load(file)
    os.remove("/case/answer")
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["answer"]


STATE = """
import hashlib
image = Gimp.get_images()[0]
layer = image.get_layers()[0]
whole = Gegl.Rectangle.new(0, 0, layer.get_width(), layer.get_height())
def digest(drawable):
    return hashlib.sha256(drawable.get_buffer().get(whole, 1.0, None, Gegl.AbyssPolicy.NONE)).hexdigest()
def numbers(config):
    found = {p.name: config.get_property(p.name) for p in config.list_properties()}
    return {name: value for name, value in found.items() if isinstance(value, (int, float))}
def name_of(one):
    mode = one.get_blend_mode().value_nick
    return one.get_operation_name() + ("" if mode == "replace" else " " + mode)
copy = image.duplicate()  # and its filters: of one that it knows, libgimp keeps the values that it has seen
filters = list(reversed(copy.get_layers()[0].get_filters()))
answer = {
    "pixels": digest(layer), "selection": digest(image.get_selection()), "dirty": image.is_dirty(),
    "filters": [each.get_name() for each in filters],
    "values": {name_of(each): numbers(each.get_config()) | {"opacity": each.get_opacity()} for each in filters},
    "visible": [each.get_visible() for each in filters], "parasites": layer.get_parasite_list(),
}
answer["shown"] = digest(copy.flatten())  # last: GIMP crashes when asked about a filter that is gone
copy.delete()
"""


def application(name):
    desktop = Atspi.get_desktop(0)
    children = [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]
    return next((child for child in children if child and child.get_name() == name), None)


def walk(node):
    if node is not None:
        yield node
        for i in range(node.get_child_count()):
            yield from walk(node.get_child_at_index(i))


def find(where, roles, start):
    for node in walk(where):
        if node.get_role_name() in roles and (node.get_name() or "").startswith(start):
            return node
    return None


def history():
    """The steps that GIMP's Undo History lists; it must be open."""
    for node in walk(application("gimp")):
        if node.get_role_name() == "tree table":
            names = [cell.get_name() for cell in walk(node) if cell.get_role_name() == "table cell"]
            if "[ Base Image ]" in names:
                return [name for name in names if name]
    return None


def press(where, roles, start):
    node = wait(f"{roles[0]} {start!r}", lambda: find(application(where), roles, start))
    name = node.get_name()
    node.get_action_iface().do_action(0)
    return name


def set_value(where, name, value):
    node = wait(f"the slider {name!r}", lambda: find(application(where), ("spin button",), name))
    node.get_value_iface().set_current_value(value)


def choose(item):
    """Chooses an item of GIMP's menus, by the start of its name; its whole name."""
    return press("gimp", ("menu item",), item)


def start(version):
    log = open("/case/gui.log", "w")  # noqa: SIM115 (open as long as GIMP runs)
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    # -noreset: else it starts anew when the first asker, the last one connected, goes; nobody gets in meanwhile
    subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", size, "-noreset"], stdout=log, stderr=log)
    wait("the X server", lambda: xdotool("getdisplaygeometry"), 20)
    manager = subprocess.Popen(["openbox", "--sm-disable"], stdout=log, stderr=log)
    wait("the window manager", managed, 20)
    Atspi.init()
    server = 'exec(open("/case/gui_server.py").read())'
    batch = ["--batch-interpreter=python-fu-eval", "-b", server]
    gimp = subprocess.Popen([f"gimp-{version}", "-s", "-n", *batch, "/case/photo.jpg"], stdout=log, stderr=log)
    (window, *_) = wait("GIMP's window", lambda: xdotool("search", "--onlyvisible", "--name", "photo.*GIMP"), 120)
    xdotool("windowmove", window, 0, 0)
    xdotool("windowsize", window, SCREEN[0] - 10, SCREEN[1] - 30)
    xdotool("mousemove", SCREEN[0] // 2, SCREEN[1] - 2)
    ask("answer = len(Gimp.get_images())")
    if manager.poll() is not None or not managed():
        raise RuntimeError("the window manager has ended; the windows have no frames")
    return gimp.pid, window


def drawn(gimp):
    """Waits until GIMP has nothing to draw: until it does nothing for a second."""

    def ticks():
        with open(f"/proc/{gimp}/stat") as stat:
            return sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))

    def idle():
        before = ticks()
        time.sleep(1)
        return ticks() - before < 0.1 * os.sysconf("SC_CLK_TCK")  # a tenth of a core

    wait("GIMP's rest", idle, 120)


def point_at(roles, name):
    """Moves the pointer onto an item of an open menu, as a hand does, so that it stands out and its submenu opens."""

    def box_on_screen():
        box = find(application("gimp"), roles, name).get_extents(Atspi.CoordType.SCREEN)
        return box if box.x > 0 and box.y > 0 and box.width > 1 else None

    box = wait(f"{name!r} in the menu", box_on_screen)
    for step in (4, 2):  # in two moves: GTK opens a submenu where the pointer moves, not where it turns up
        xdotool("mousemove", box.x + box.width // step, box.y + box.height // 2)
        time.sleep(0.5)


def open_effects():
    """Clicks the fx sign of the first layer in the Layers dialog: the third cell of its row."""
    rows: dict[int, list[Any]] = {}
    for node in walk(application("gimp")):
        if node.get_role_name() == "table cell":
            box = node.get_extents(Atspi.CoordType.SCREEN)
            if 0 < box.x < SCREEN[0] and 0 < box.y < SCREEN[1] and box.width > 0 and box.height > 0:
                rows.setdefault(box.y, []).append((box, node.get_name()))
    (cells,) = [cells for cells in rows.values() if any(name == "photo.jpg" for _, name in cells)]
    box = sorted(cells, key=lambda cell: cell[0].x)[2][0]
    xdotool("mousemove", box.x + box.width // 2, box.y + box.height // 2, "click", 1)


def scenario(work, seen):
    """Runs `work` on the command line's words, and writes /case/gui.json: what was seen, and whether all of it was."""
    try:
        work(sys.argv[1], *map(int, sys.argv[2:]))
        seen["whole"] = True
    except Exception as error:
        seen["broke off"] = repr(error)
        subprocess.run(["import", "-window", "root", "/case/failed.png"], check=False)
        raise
    finally:
        with open("/case/gui.json", "w") as file:
            json.dump(seen, file)
