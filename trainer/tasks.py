# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent can be taught: to retouch photos, or faces; each task has its own slider table."""

from __future__ import annotations

from models.faces.styles import TASK as FACES
from models.policy import TASK as PHOTOS
from models.policy_file import Task

TASKS: dict[str, Task] = {task.name: task for task in (PHOTOS, FACES)}
