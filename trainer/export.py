# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's policy -> ONNX file that needs nothing but an ONNX runtime."""

from __future__ import annotations

import datetime
import json
import logging
import subprocess
import tempfile
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn

from editor_ops.sliders import table
from models import styles
from models.faces import styles as face_styles
from models.files import atomic_write
from models.policy_file import OUTPUTS, PHOTOS, Task
from models.thumbnail_rule import SIZE

from . import checkpoint
from .config import read_record
from .networks import make_policy
from .tasks import TASKS

OPSET = 18
"""ONNX operator set: old enough for onnxruntime 1.14, new enough for torch's exporter."""


class _Host(nn.Module):
    """The policy as a host sees it: logits (N, K, L), levels (N, K), sliders in GIMP's units (N, K), value (N)."""

    def __init__(self, policy: nn.Module, task: Task) -> None:
        super().__init__()
        self.policy = policy
        self.table = nn.Buffer(torch.tensor([s.values() for s in task.sliders], dtype=torch.float32))  # (K, L)

    def forward(self, pictures: torch.Tensor) -> tuple[torch.Tensor, ...]:
        logits, value = self.policy(pictures)
        levels = logits.argmax(dim=-1)  # (N, K)
        sliders = self.table[torch.arange(len(self.table)), levels]
        return logits, levels, sliders, value


def export_run(run: Path, out: Path, training_data: str = "", licence: str = "", description: str = "") -> Path:
    """Exports the averaged weights of a run's newest checkpoint. CheckpointError, ConfigError where there are none."""
    run = Path(run)
    record = read_record(run)
    folder = run / "checkpoints"
    policy = make_policy(record.config)
    weights, updates = checkpoint.read_weights(folder, "average")
    try:
        policy.load_state_dict(weights)
    except RuntimeError as error:
        message = f"{folder}: the newest checkpoint does not fit config.json; one of them is of another run"
        raise checkpoint.CheckpointError(message, "another network") from error
    notes = {
        "training_data": training_data or f"{Path(record.source).name}, {Path(record.target).name}",
        "licence": licence or "not stated",
        "updates": str(updates),
        "settings": json.dumps(asdict(record.config)),
    }
    if description:
        notes["description"] = description
    return export(policy, Path(out), notes, TASKS[record.config.task])


def export_style(run: Path, name: str, *notes: str) -> Path:
    """`export_run` among the user's styles, for photos or for faces; the file's path. PolicyError for a name that
    doesn't do or is taken."""
    if read_record(run).config.task == PHOTOS:
        return export_run(run, styles.new_path(name), *notes)
    with tempfile.TemporaryDirectory() as folder:
        return face_styles.add(export_run(run, Path(folder) / f"{styles.check_name(name)}.onnx", *notes), name)


def export(policy: nn.Module, out: Path, notes: dict[str, str] | None = None, task: Task = TASKS[PHOTOS]) -> Path:
    """Writes a policy with its metadata, atomically. notes: further metadata, such as training_data. task: its own."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it warns that torchvision, which we don't use, is missing
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.onnx"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the exporter about itself
            torch.onnx.export(
                _Host(policy, task).eval(),
                (torch.zeros(2, 3, SIZE, SIZE),),
                path,
                input_names=[task.picture],
                output_names=list(OUTPUTS),
                dynamic_shapes={"pictures": {0: torch.export.Dim("N", min=1)}},
                opset_version=OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
        model = onnx.load(path)
    # torch notes on every part where in whose files it came from; nobody needs that
    parts = [model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.input, *model.graph.output]
    for part in [*parts, *model.graph.initializer, *model.functions]:
        del part.metadata_props[:]
        part.doc_string = ""
    for key, value in _metadata(out.stem, notes or {}, task).items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(out) as file:
        file.write(model.SerializeToString())
    return out


def _metadata(name: str, notes: dict[str, Any], task: Task) -> dict[str, str]:
    named = {} if task.name == PHOTOS else {"task": task.name}
    return (
        notes
        | named
        | {
            "format_version": str(task.version),
            "name": name,
            "sliders": json.dumps(table(task.sliders)),
            task.picture: task.rule,
            "git_commit": _git_commit(),
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        }
    )


def _git_commit() -> str:
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return "unknown"
