# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run may begin instead of at chance: a policy file, or another run."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn

from models.errors import UserError
from models.policy import TASK as PHOTOS
from models.policy_file import PolicyFile, Task

from . import checkpoint

PREFIX = "policy."
"""Of the policy's weights in a file: the name that trainer/export.py's host has for it."""


class StartError(UserError):
    """A policy that a run can't begin with. The message says why and what to do."""


def load_weights(policy: nn.Module, start: Path, task: Task = PHOTOS) -> None:
    """Gives a policy the weights of a policy file (.onnx), or the averaged ones of a run's newest checkpoint. task: the
    policy's.

    PolicyError, CheckpointError or StartError where that can't be: a file that is no policy, a run without
    checkpoints, another network. The policy is unchanged then.
    """
    found = checkpoint.read_weights(start / "checkpoints", "average")[0] if start.is_dir() else _of_file(start, task)
    wanted = policy.state_dict()
    off = sorted(name for name in wanted if name not in found or found[name].shape != wanted[name].shape)
    if off:
        raise StartError(
            f"{start}: has another network than this run's (no fitting {off[0]}); "
            "begin with a policy of the default recipe, such as a shipped one",
            "another network",
        )
    policy.load_state_dict({name: found[name] for name in wanted})


def _of_file(path: Path, task: Task) -> dict[str, torch.Tensor]:
    PolicyFile(path, task)  # says what is wrong with a file that is no policy of this program
    weights = onnx.load(path, load_external_data=False).graph.initializer
    return {
        weight.name.removeprefix(PREFIX): torch.from_numpy(numpy_helper.to_array(weight).copy())
        for weight in weights
        if weight.name.startswith(PREFIX)
    }
