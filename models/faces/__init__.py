# SPDX-License-Identifier: GPL-3.0-or-later
"""Faces in a picture: where they are, 468 landmarks of each, what a style does to them. No torch.

decision.py is plain Python, for GIMP's own; the rest is imported when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .crop import FaceCrop, face_crop
    from .find import find_faces
    from .landmarks import Face

__all__ = ["Face", "FaceCrop", "face_crop", "find_faces"]
_MODULES = {"Face": "landmarks", "FaceCrop": "crop", "face_crop": "crop", "find_faces": "find"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        import importlib

        return getattr(importlib.import_module(f".{_MODULES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
