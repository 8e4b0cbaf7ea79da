# SPDX-License-Identifier: GPL-3.0-or-later
"""A decision for other programs: a 3D LUT, a chain of GEGL's operations, and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from editor_ops import SLIDERS, Filter, edit, filters
from editor_ops.sliders import Slider
from models.files import with_ending

from .format_names import FORMATS, NODES
from .task import Enhanced


def path_for(format_: str, output: Path) -> Path:
    """The file's path for a copy's."""
    return output.with_name(with_ending(output.name, FORMATS[format_]))


def text(format_: str, one: Enhanced, nodes: int = NODES) -> str:
    """The file's contents for a photo that was decided for. nodes: of a cube's side."""
    assert one.decision
    if format_ == "cube":
        return cube(one.decision.values, nodes, f"{one.decision.model}, strength {one.decision.strength:g}")
    made = filters(one.decision.values, one.width, one.height, beyond=one.beyond)
    if format_ == "gegl":
        return gegl_chain(made)
    return json.dumps(one.decision.to_json(made), indent=1, allow_nan=False) + "\n"


def left_out(values: dict[str, float]) -> list[Slider]:
    """The moved sliders that a LUT can't hold: what they do to a pixel depends on its surroundings."""
    return [s for s in SLIDERS if s.radius_property and values.get(s.name, s.neutral) != s.neutral]


def cube(values: dict[str, float], nodes: int = NODES, title: str = "") -> str:
    """A .cube file, version 1.0 by Adobe: sRGB-encoded in, sRGB-encoded out, red changing fastest.

    values: slider name -> value; those that `left_out` names are left out, as a comment says. Nodes beyond black and
    white stay there: programs clip what they interpolate, and a clipped node would bend what lies before it.
    """
    names = {slider.name for slider in left_out(values)}
    side = np.linspace(0, 1, nodes)
    blue, green, red = np.meshgrid(side, side, side, indexing="ij")
    lattice = np.stack([red, green, blue], axis=-1).reshape(nodes * nodes, nodes, 3)
    looks = edit(lattice, {name: value for name, value in values.items() if name not in names})
    lines = ["# Auto Enhance (RL). For sRGB-encoded pictures."]
    lines += [f"# Left out, since a LUT can't hold it: {s.label} {s.format(values[s.name])}" for s in left_out(values)]
    words = "".join(c if c.isprintable() and c != '"' else " " for c in title)
    lines += [f'TITLE "{words}"', f"LUT_3D_SIZE {nodes}", "DOMAIN_MIN 0 0 0", "DOMAIN_MAX 1 1 1"]
    lines += ["{:.6f} {:.6f} {:.6f}".format(*look) for look in looks.reshape(-1, 3).tolist()]
    return "\n".join(lines) + "\n"


# GEGL has no operation for GIMP's blend modes, which are GIMP's own. Its arithmetic works in linear light; to work on
# sRGB-encoded values, as most of the modes do, these are declared linear for a while.
ENCODED = """gegl:cast-format input-format="R'G'B'A float" output-format="RGBA float\""""
LINEAR = """gegl:cast-format input-format="RGBA float" output-format="R'G'B'A float\""""
RGB = """gegl:cast-format input-format="RGBA float" output-format="RGBA float\""""
AFTER = {"gegl:shadows-highlights": RGB}
"""Operation -> what follows it: its result is in CIE Lab, in which gegl:saturation would work then."""
BLENDED: dict[tuple[str, str], Callable[[str], str]] = {
    # 1 - (1 - x)^2
    ("gegl:rgb-clip", "screen"): lambda x: (
        f"{ENCODED} gegl:multiply value=-1 gegl:add value=1 id={x} gegl:multiply aux=[ ref={x} ] "
        f"gegl:multiply value=-1 gegl:add value=1 {LINEAR}"
    ),
    # x^2 of linear light
    ("gegl:rgb-clip", "multiply"): lambda x: f"gegl:nop id={x} gegl:multiply aux=[ ref={x} ]",
    # x^2 (3 - 2x)
    ("gegl:rgb-clip", "softlight"): lambda x: (
        f"{ENCODED} id={x} gegl:multiply value=-2 gegl:add value=3 gegl:multiply aux=[ ref={x} ] "
        f"gegl:multiply aux=[ ref={x} ] {LINEAR}"
    ),
    # x ((2x - 3) x + 2)
    ("gegl:invert-gamma", "softlight"): lambda x: (
        f"{ENCODED} id={x} gegl:multiply value=2 gegl:add value=-3 gegl:multiply aux=[ ref={x} ] gegl:add value=2 "
        f"gegl:multiply aux=[ ref={x} ] {LINEAR}"
    ),
}
"""(operation, blend mode) -> what a filter of GIMP's makes of x, the name of a node, at full opacity."""


def gegl_chain(made: list[Filter]) -> str:
    """GIMP's filters as text for the command `gegl` and for GIMP's GEGL Graph, one filter a line.

    KeyError for a blend mode that BLENDED does not know.
    """
    lines = []
    for number, each in enumerate(made):
        if each.mode == "replace":
            properties = " ".join(f"{name}={_number(value)}" for name, value in each.properties.items())
            lines.append(f"{each.operation} {properties} {AFTER.get(each.operation, '')}".rstrip())
            continue
        before, blended = f"before{number}", BLENDED[each.operation, each.mode](f"x{number}")
        mix = f"gegl:mix ratio={_number(1 - each.opacity)} aux=[ ref={before} ]"
        # Without the last operation GIMP's GEGL Graph takes what was declared for what it was before.
        lines.append(f"{RGB} id={before} {blended} {mix} gegl:nop")
    return "".join(f"{line}\n" for line in lines)


def _number(value: Any) -> str:
    return f"{float(value):.9g}"
