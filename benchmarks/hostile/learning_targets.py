# SPDX-License-Identifier: GPL-3.0-or-later
"""What `trainer fit` reads: settings, checkpoints, the cache, and policy files to begin with."""

from __future__ import annotations

import dataclasses
import functools
import io
import json
import warnings
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from torch import nn

from models.errors import UserError
from trainer import cache, checkpoint, fitted, run_folder, style_shift
from trainer.config import Config
from trainer.degradations import FAULTS
from trainer.init_weights import load_weights
from trainer.networks import make_policy

from . import policy_files
from .mutate import mutated, mutated_json
from .targets import Target, must, refused, whole_picture

NAMES = ("config.json", "fitted.json", "look.json")
"""Of a run's folder: its settings, its fitted degradations and its style shift."""


def make_record(rng: Random) -> tuple[str, bytes]:
    from editor_ops import NAMES as SLIDERS

    which = rng.choice(NAMES)
    records: dict[str, Any] = {
        "config.json": {"source": "a", "target": "b", "settings": dataclasses.asdict(Config())},
        "fitted.json": {name: [0.1, 0.2] for name in FAULTS},
        "look.json": dict.fromkeys(SLIDERS, 0.25),
    }
    return which, mutated_json(records[which], rng)


def take_record(name: str, data: bytes, folder: Path) -> str:
    (folder / name).write_bytes(data)
    try:
        if name == "config.json":
            config = run_folder.read_run(folder).config
            kinds = {field.name: type(field.default) for field in dataclasses.fields(Config)}
            must(all(_fits(getattr(config, key), kind) for key, kind in kinds.items()), "a setting of another type")
        elif name == "fitted.json":
            must(bool(fitted.read_fitted(folder / name).isfinite().all()), "a degradation that is no number")
        else:
            must(bool(style_shift.read_style_shift(folder / name).isfinite().all()), "a shift that is no number")
    except UserError as error:
        return refused(error)
    return "taken"


def _fits(value: Any, kind: type) -> bool:
    return type(value) is kind or (kind is float and type(value) is int)


@functools.cache
def whole_checkpoint() -> bytes:
    stream = io.BytesIO()
    state = {"step": 3, "format": 2} | {name: _state(item) for name, item in _items().items()}
    torch.save(state, stream)
    return stream.getvalue()


def _items() -> dict[str, Any]:
    """Of each kind that a checkpoint holds: a network, an optimizer, a generator of random numbers."""
    torch.manual_seed(1)
    network = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.ones(2, 4)).sum().backward()
    optimizer.step()
    return {"policy": network, "policy_optimiser": optimizer, "generator": torch.Generator().manual_seed(1)}


def _state(item: Any) -> Any:
    return item.get_state() if isinstance(item, torch.Generator) else item.state_dict()


def make_checkpoint(rng: Random) -> tuple[str, bytes]:
    if rng.random() < 0.6:
        return "step-000003.pt", mutated(whole_checkpoint(), rng)
    state = torch.load(io.BytesIO(whole_checkpoint()), weights_only=True)
    name = rng.choice([*state, "policy"])
    others: tuple[Any, ...] = (None, 7, "x", {}, [], torch.zeros(2), torch.full((3, 4), torch.nan), 2**70)
    if isinstance(state[name], dict) and rng.random() < 0.6:
        inner = rng.choice(list(state[name]))
        state[name] = {**state[name], inner: rng.choice(others)}
    elif rng.random() < 0.3:
        del state[name]
    else:
        state[name] = rng.choice(others)
    stream = io.BytesIO()
    torch.save(state, stream)
    return "step-000003.pt", stream.getvalue()


def take_checkpoint(name: str, data: bytes, folder: Path) -> str:
    """With an older one beside it that is whole."""
    (folder / name).write_bytes(data)
    (folder / "step-000002.pt").write_bytes(whole_checkpoint())
    try:
        with warnings.catch_warnings(action="ignore"):
            checkpoint.restore_newest(folder, _items())
    except UserError as error:
        return refused(error)
    return "restored"


def make_cached(rng: Random) -> tuple[str, bytes]:
    """The changes, made to what the cache has of a photo: its miniature, or its index."""
    return rng.choice(("objects", "index")), str(rng.getrandbits(32)).encode()


def take_cached(name: str, data: bytes, folder: Path) -> str:
    rng = Random(int(data))
    photos, place = folder / "photos", folder / "cache"
    photos.mkdir()
    path = photos / "a.png"
    path.write_bytes(whole_picture())
    with warnings.catch_warnings(action="ignore"):
        entry = cache.fill(photos, [path], cache.open_cache(place), quiet=True)["a.png"]
        must(entry.key is not None, "a whole photo is refused")
        before = cache.miniature(place, str(entry.key), path)
        (changed,) = [
            each for each in place.rglob("*") if each.is_file() and (each.parent == place) == (name == "index")
        ]
        content = changed.read_bytes()
        changed.write_bytes(mutated_json(json.loads(content), rng) if name == "index" else mutated(content, rng))
        try:
            entry = cache.fill(photos, [path], cache.open_cache(place), quiet=True)["a.png"]
            if entry.key is None:
                return "known as unreadable"  # as an index may truly say
            after = cache.miniature(place, entry.key, path)
        except UserError as error:
            return refused(error)
    must(np.array_equal(before, after), "another miniature")
    must(path.read_bytes() == whole_picture(), "the photo was changed")
    return "as before"


@functools.cache
def _network() -> nn.Module:
    return make_policy(Config())


def take_start(name: str, data: bytes, folder: Path) -> str:
    """A policy file that a run is to begin with."""
    (folder / name).write_bytes(data)
    try:
        load_weights(_network(), folder / name)
    except UserError as error:
        return refused(error)
    return "begun with"


TARGETS = {
    "record": Target(3, make_record, take_record),
    "checkpoint": Target(3, make_checkpoint, take_checkpoint),
    "cache": Target(3, make_cached, take_cached),
    "start": Target(1, policy_files.make, take_start),
}
