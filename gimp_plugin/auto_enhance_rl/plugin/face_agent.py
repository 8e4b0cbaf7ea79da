# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent is asked about faces, and whether what it answers makes sense (models/helper.py has the requests)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from editor_ops import Filter
from editor_ops.face_sliders import FACE_SHAPE, SKIN, skin_filters
from editor_ops.primaries import TEMPERATURE, in_primaries
from models.decision import MALFORMED
from models.faces.decision import FORMAT_VERSION, FaceDecision

from .agent import Agent, malformed_answer, read_styles
from .face_edit import Face, FacesEdit
from .face_layers import FacePart
from .messages import _

BYTES_A_VECTOR = 8  # two 32-bit floats


class Picture(NamedTuple):
    """data: width * height * 3 bytes, sRGB."""

    width: int
    height: int
    data: bytes


def check_faces(answer: Any) -> FaceDecision:
    try:
        return FaceDecision.from_json(answer)
    except MALFORMED as error:
        raise malformed_answer(error) from error


def check_face_styles(answer: Any) -> list[tuple[str, str, str]]:
    """(name, description, problem) of each style for faces, every one text."""
    try:
        if answer["format"] != FORMAT_VERSION:
            raise ValueError(f"format {answer['format']!r}, and this version knows {FORMAT_VERSION}")
        return read_styles(answer)
    except MALFORMED as error:
        raise malformed_answer(error) from error


def about(face: Face, values: Mapping[str, float], want: str) -> dict[str, Any]:
    """A request for something of a face of the picture that the agent has seen, edited with these values."""
    return {"face": {"points": face.found.points, "sliders": dict(values)}, "want": want}


def picture_request(face: Face, values: Mapping[str, float], side: int) -> dict[str, Any]:
    return about(face, values, "picture") | {"side": side}


def check_picture(answer: Any, side: int) -> Picture:
    """A little picture, neither side of it longer than asked for."""
    try:
        width, height = answer["width"], answer["height"]
        if not all(isinstance(length, int) and 1 <= length <= side for length in (width, height)):
            raise ValueError(f"a picture of {width!r} x {height!r} pixels")
        data = base64.b64decode(answer["picture"], validate=True)
        if len(data) != width * height * 3:
            raise ValueError(f"a picture of {len(data)} bytes")
    except MALFORMED as error:
        raise malformed_answer(error) from error
    return Picture(width, height, data)


def face_parts(
    agent: Agent,
    edit: FacesEdit,
    primaries: list[float] | None = None,
    progress: Callable[[float], object] = lambda share: None,
) -> list[FacePart]:
    """What the edit does to each face that it changes: asks the agent for displacements and masks, and waits.

    primaries: from linear sRGB to the image's linear RGB, as layers.from_srgb_matrix has it. progress: is told how much
    of it is done.
    """
    parts = []
    for number, face in enumerate(edit.faces):
        progress(number / len(edit.faces))
        values = edit.values(face)
        shape = {slider.name: values[slider.name] for slider in FACE_SHAPE if slider.name in values}
        skin = {slider.name: values[slider.name] for slider in SKIN if slider.name in values}
        if not values:
            continue
        pixels = face.found.box[2] * face.found.box[3]
        displacement = mask = b""
        if shape:
            displacement = _data(agent, about(face, values, "displacement"), BYTES_A_VECTOR * pixels)
        if skin:
            mask = _data(agent, about(face, values, "mask"), pixels)
        filters = as_in_srgb(skin_filters(skin, face.found.unit, _), primaries)
        parts.append(FacePart(face.found.box, displacement, mask, filters))
    return parts


def as_in_srgb(filters: list[Filter], primaries: list[float] | None) -> list[Filter]:
    """With what the temperature's filter needs behind it to look as in sRGB where the image has other primaries."""
    made = []
    for each in filters:
        made.append(each)
        if primaries is not None and each.operation == TEMPERATURE:
            step = (each.operation, {name.replace("-", "_"): value for name, value in each.properties.items()})
            _same, (operation, gains) = in_primaries([step], primaries)
            properties = {name.replace("_", "-"): value for name, value in gains.items()}
            made.append(Filter(operation, f"{each.label}, {_('as in sRGB')}", properties))
    return made


def _data(agent: Agent, header: dict[str, Any], raw: int) -> bytes:
    data: bytes = agent.ask(header, raw=raw).result()["data"]
    return data
