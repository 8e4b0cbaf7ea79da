# SPDX-License-Identifier: GPL-3.0-or-later
"""From the menu to the layers: find the faces, let the user change what is done to each, put it above the photo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gi
from gi.repository import Gegl, Gimp

from models.faces.decision import FaceDecision

from . import names
from .agent import Agent, Settings, read_settings
from .face_agent import check_faces, face_parts
from .face_edit import FacesEdit
from .face_layers import Seen, apply_faces, check_hiding, earlier, read_record
from .layers import check_unlocked, from_srgb_matrix, is_selected, one_layer
from .messages import FACES_TITLE, PluginError, _, calling_error

if TYPE_CHECKING:
    from .face_dialog import FaceDialog


def enhance_faces(
    procedure: Gimp.Procedure,
    image: Gimp.Image,
    drawables: list[Gimp.Drawable],
    config: Gimp.ProcedureConfig,
    interactive: bool,
) -> dict[str, Any] | None:
    """Finds the faces and puts the edit above the layer; its JSON, or None where the user cancelled."""
    Gegl.init(None)
    layer, there = earlier(image, one_layer(image, drawables, FACES_TITLE))
    check_unlocked(layer.get_parent())  # the layer itself stays as it is
    settings = read_settings()
    agent = Agent(settings)  # it gets ready while the pixels are read
    seen = None
    try:
        if not interactive:  # with the dialog open, a progress bar would only offer to kill the plug-in
            Gimp.progress_init(FACES_TITLE)
        seen = Seen(image, layer)
        check_hiding(layer, there, seen)
        header, edit = request_header(layer, config, settings), FacesEdit(not layer.is_gray())
        edit.strength = config.get_property("strength")
        size = {"width": seen.width, "height": seen.height, "channels": seen.channels}
        asked = agent.ask(header | size, seen.take_data())

        def take(answer: Any) -> None:
            take_faces(image, layer, edit, seen, check_faces(answer))
            if interactive and there is not None:
                edit.resume(read_record(there))

        if interactive:
            styles = agent.ask({"list_faces": True, "styles": settings.face_styles})
            dialog = dialog_class()(procedure, config, agent, edit, header, take)
            if not dialog.run(asked, styles):
                return None
            Gimp.progress_init(FACES_TITLE)
        else:
            take(asked.result())
        parts = face_parts(agent, edit, from_srgb_matrix(image), lambda share: Gimp.progress_update(share / 2))
        check_there(layer)
        apply_faces(image, layer, there if there and there.is_valid() else None, seen, parts, edit.record())
    finally:
        agent.close()
        if seen is not None:
            seen.close()
    return edit.decision().to_json()


def request_header(layer: Gimp.Layer, config: Gimp.ProcedureConfig, settings: Settings) -> dict[str, Any]:
    """What the agent is told besides the pixels (models/helper.py)."""
    style = config.get_property("style") or names.DEFAULT_FACE_STYLE
    return {"faces": True, "style": style, "styles": settings.face_styles, "colour": not layer.is_gray()}


def take_faces(image: Gimp.Image, layer: Gimp.Layer, edit: FacesEdit, seen: Seen, decision: FaceDecision) -> None:
    """Those that can be seen, with their middle on the canvas and in the selection, if there is one. PluginError where
    there is none."""
    edit.take(decision, seen.can_be_seen)
    found = bool(edit.faces)
    edit.faces = [face for face in edit.faces if is_selected(image, layer, *face.middle)]
    if edit.faces:
        return
    if found:
        message = _("No face was found in the selection. Change it, or use Select > None.")
        if Gimp.Selection.is_empty(image):
            message = _("The faces of “{name}” lie outside of the canvas.").format(name=layer.get_name())
        raise PluginError(message)
    raise PluginError(_("No face was found in “{name}”.").format(name=layer.get_name()))


def check_there(layer: Gimp.Layer) -> None:
    if not layer.is_valid():
        raise calling_error(_("The layer was removed while the dialog was open."))


def dialog_class() -> type[FaceDialog]:
    """Imported only for an interactive run: loading GTK takes time, and a batch call needs no display."""
    gi.require_version("GimpUi", "3.0")
    from gi.repository import GimpUi

    GimpUi.init(names.FACES_PROCEDURE)
    from .face_dialog import FaceDialog

    return FaceDialog
