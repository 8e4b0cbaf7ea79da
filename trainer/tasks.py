# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent can be taught: to retouch photos, or faces; each task has its own slider table."""

from __future__ import annotations

from editor_ops.face_sliders import FACE_SLIDERS
from models.policy import TASK as PHOTO_TASK
from models.policy_file import Task

FACE_TASK = Task("faces", FACE_SLIDERS, 1, "face", "aligned crop 1")
TASKS: dict[str, Task] = {task.name: task for task in (PHOTO_TASK, FACE_TASK)}
