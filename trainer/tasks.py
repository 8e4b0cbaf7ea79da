# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent can be taught: to retouch photos, or faces; each task has its own slider table."""

from __future__ import annotations

from editor_ops import SLIDERS, Slider
from editor_ops.face_sliders import FACE_SLIDERS

TASKS: dict[str, tuple[Slider, ...]] = {"photos": SLIDERS, "faces": FACE_SLIDERS}
