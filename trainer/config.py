# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting of a training run, each with its meaning and the reason for its number."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

from models.thumbnail import SIZE


def setting(default: Any, help: str) -> Any:
    """A field with the text that --help shows for it."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Config:
    """The default recipe. `recipe("paper")` gives the paper's."""

    # Where the reward comes from. The wrong-way pairs give the agent its craft; the critic knows the real
    # sources and the taste of the target folder, but alone it is unstable on a few hundred photos.
    w_hindsight: float = setting(1.0, "weight of closeness to the finished photo, on photos edited the wrong way")
    w_chroma: float = setting(0.5, "of that closeness, weight of the colours apart from their lightness")
    w_lost: float = setting(1.0, "weight of what burns out or drowns in the edit, and not in the photo or the answer")
    w_critic: float = setting(0.0, "weight of the critic's opinion of the edited photo")
    content: float = setting(0.0, "weight of the squared change of the photo (the paper's alpha)")
    hindsight_share: float = setting(1.0, "share of a batch made of wrong-way pairs; the rest are source photos")
    look: bool = setting(False, "with --from: finished photos' common look is found first, and learned in full")

    # The policy gradient.
    steps: int = setting(2500, "updates of the policy")
    batch: int = setting(48, "photos in an update; under torchrun, of each process")
    by_slider: bool = setting(True, "judge each slider by an edit that differs in it alone; else all of them together")
    actions: int = setting(1, "edits tried on each photo of an update; by_slider, each with one more for every slider")
    focus: float = setting(4.0, "factor of the logits for the edits that are tried: 4 halves the width of the bells")
    learning_rate: float = setting(2e-3, "of the policy; falls on a cosine to a hundredth where learning_rate_falls")
    learning_rate_falls: bool = setting(True, "let the learning rate fall")
    beta1: float = setting(0.9, "Adam's beta1")
    network: str = setting("statistics", "of the policy: statistics reads colour statistics; paper is the paper's")
    width: float = setting(4.0, "levels: width of the bells around neutral that the statistics network begins with")
    imitation: float = setting(1.0, "weight at the start of the levels that undo the faults; falls to 0, see below")
    imitation_until: float = setting(1.0, "share of the updates after which nothing is imitated any more")
    entropy: float = setting(0.02, "weight of the entropy bonus; falls with the learning rate")
    normalise_advantage: bool = setting(True, "divide advantages by their spread, by_slider each slider's by its own")
    dropout: float = setting(0.6, "share of the colour statistics that the policy is not shown, other ones each time")
    average: float = setting(0.995, "decay of the averaged weights that are exported; 0 exports the last weights")
    clip: float = setting(1.0, "largest norm of the policy's gradient")

    # The critic: WGAN-GP, the paper's numbers.
    critic_updates: int = setting(5, "critic updates for each policy update (the paper's U)")
    critic_learning_rate: float = setting(1e-4, "of the critic")
    critic_beta1: float = setting(0.5, "Adam's beta1 for the critic")
    critic_clip: float = setting(40.0, "largest norm of the critic's gradient")
    gradient_penalty: float = setting(10.0, "weight of the gradient penalty")
    replay: int = setting(1000, "past edits and finished photos that later critic updates draw from")

    # Photos.
    edit_size: int = setting(32, "side of the pictures that edits are tried on; the critic needs 64")
    smallest_crop: float = setting(
        0.5, "smallest side of the random crops that are learned from, as a share of the photo's; 1: whole photos only"
    )
    holdout: float = setting(0.1, "share of the finished photos that is kept for the run's own examination")

    # The run.
    seed: int = setting(0, "of everything random")
    device: str = setting("auto", "cpu, cuda, or auto: a GPU where there is one")
    evaluate_every: int = setting(500, "updates between examinations, sample sheets and checkpoints")

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "actions", "critic_updates", "replay", "evaluate_every"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        rewards = ("w_hindsight", "w_chroma", "w_lost", "w_critic", "content")
        for name in (*rewards, "imitation", "entropy", "gradient_penalty"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it can't be negative")
        for name in ("hindsight_share", "imitation_until", "dropout", "holdout", "average"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it goes from 0 to 1")
        for name in ("width", "focus", "learning_rate", "critic_learning_rate", "clip", "critic_clip"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        if not 0 < self.smallest_crop <= 1:
            raise ValueError(f"smallest_crop is {self.smallest_crop}; it is above 0, and 1 at most")
        if self.w_hindsight == 0 and self.w_critic == 0:
            raise ValueError("w_hindsight and w_critic are both 0: nothing is left to learn from; raise one")
        if self.w_hindsight == 0 and self.hindsight_share > 0:
            raise ValueError("hindsight_share is above 0 while w_hindsight is 0: such pairs would teach nothing")
        if self.edit_size not in (32, SIZE) or (self.w_critic > 0 and self.edit_size != SIZE):
            raise ValueError(f"edit_size is {self.edit_size}; it is {SIZE}, or without a critic, 32")
        if self.w_critic == 0 and self.hindsight_share < 1:
            raise ValueError("hindsight_share is below 1 while w_critic is 0: source photos would teach nothing")
        if self.network not in ("statistics", "paper"):
            raise ValueError(f"network is {self.network!r}; use statistics or paper")
        if self.dropout == 1 or (self.dropout > 0 and self.network == "paper"):
            raise ValueError(f"dropout is {self.dropout}; below 1, and the paper's network has none")
        if self.imitation > 0 and self.hindsight_share == 0:
            raise ValueError("imitation is above 0 while hindsight_share is 0: source photos have nothing to imitate")
        if self.device not in ("auto", "cpu", "cuda"):
            raise ValueError(f"device is {self.device!r}; use auto, cpu or cuda")


# Kosugi and Yamasaki (2020), section 4.1, and their official code at commit d78374f where the paper is silent:
# 16 processes x 6,000 updates of 20 edits; no averaged weights, a constant rate, one action a photo and the
# value network as the only baseline; gradients clipped at norm 40; every finished photo is learned from.
PAPER = {
    "w_hindsight": 0.0,
    "w_chroma": 0.0,
    "w_lost": 0.0,
    "w_critic": 1.0,
    "content": 100.0,
    "hindsight_share": 0.0,
    "steps": 96_000,
    "batch": 20,
    "by_slider": False,
    "actions": 1,
    "focus": 1.0,
    "learning_rate": 1e-4,
    "learning_rate_falls": False,
    "beta1": 0.5,
    "network": "paper",
    "imitation": 0.0,
    "dropout": 0.0,
    "entropy": 0.001,
    "normalise_advantage": False,
    "average": 0.0,
    "clip": 40.0,
    "critic_updates": 5,
    "critic_learning_rate": 1e-4,
    "gradient_penalty": 10.0,
    "replay": 1000,
    "edit_size": SIZE,
    "smallest_crop": 1.0,
    "holdout": 0.0,
    "evaluate_every": 4800,
}
# From a policy that knows its craft to a taste of one's own: fewer and smaller updates, and every photo is learned
# from, since there may be only 50.
TASTE = {"look": True, "steps": 1000, "learning_rate": 1e-3, "holdout": 0.0}
RECIPES: dict[str, dict[str, Any]] = {"default": {}, "paper": PAPER, "taste": TASTE}


def recipe(name: str, **changes: Any) -> Config:
    """The settings of a recipe with some of them changed. ValueError for names and numbers that don't fit."""
    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    unknown = sorted(set(changes) - {f.name for f in fields(Config)})
    if unknown:
        raise ValueError(f"no setting {unknown[0]!r}")
    return replace(Config(), **(RECIPES[name] | changes))
