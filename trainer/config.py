# SPDX-License-Identifier: GPL-3.0-or-later
"""Every setting of a training run, each with its meaning and the reason for its number."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from models.decision import MALFORMED
from models.errors import UserError
from models.thumbnail_rule import SIZE

from .tasks import TASKS

NORMS = ("max_grad_norm", "critic_max_grad_norm")
RENAMED = {
    "w_lost": "w_clipping", "look": "style_shift", "focus": "inverse_temperature", "learning_rate_falls": "anneal_lr",
    "average": "ema_decay", "clip": "max_grad_norm", "critic_clip": "critic_max_grad_norm",
}  # fmt: skip
"""Names of settings in runs and command lines of earlier versions -> names now."""


class ConfigError(UserError):
    """A setting that there is not, or that makes no sense. The message says which and what to do."""


def setting(default: Any, help: str, common: bool = False) -> Any:
    """A field with the text that --help shows for it. common: one of the few that `trainer fit --help` shows."""
    return field(default=default, metadata={"help": help, "common": common})


@dataclass(frozen=True)
class Config:
    """The default recipe. `recipe("paper")` gives the paper's."""

    task: str = setting("photos", "photos or faces: which sliders are learned, and on what", common=True)

    # Where the reward comes from. The hindsight pairs give the agent its craft; the critic knows the real
    # sources and the taste of the target folder, but alone it is unstable on a few hundred photos.
    w_hindsight: float = setting(1.0, "weight of closeness to the finished photo, on degraded photos")
    w_chroma: float = setting(0.5, "of that closeness, weight of the colours apart from their lightness")
    w_clipping: float = setting(3.0, "weight of newly clipped highlights and shadows")
    w_faded: float = setting(2.0, "on degraded photos, weight of blacks and whites greyer than the finished photo's")
    w_greyed: float = setting(3.0, "on source photos, weight of blacks and whites greyer than the photo's own")
    w_critic: float = setting(0.2, "weight of the critic's opinion of the edited photo", common=True)
    w_judge: float = setting(
        0.0, "of faces, weight of a judge's opinion, which learned to tell the folders apart before the first update"
    )
    content: float = setting(0.0, "weight of the squared change of the photo (the paper's alpha)")
    hindsight_share: float = setting(
        0.8, "share of a batch made of degraded finished photos; the rest are source photos", common=True
    )
    made_share: float = setting(0.12, "share of the finished photos that are made: pages, things on white, nights")
    fitted_share: float = setting(
        0.1, "share of the degradations that are fitted to the source photos; the rest are of known kinds", common=True
    )
    style_shift: bool = setting(False, "with --from: the finished photos' style is found first, and learned in full")

    # The policy gradient.
    steps: int = setting(1200, "updates of the policy", common=True)
    batch: int = setting(48, "photos in an update; under torchrun, of each process", common=True)
    by_slider: bool = setting(True, "judge each slider by an edit that differs in it alone; else all of them together")
    actions: int = setting(1, "edits tried on each photo of an update; by_slider, each with one more for every slider")
    inverse_temperature: float = setting(4.0, "factor of the logits in sampling; 4 halves the spread")
    learning_rate: float = setting(
        2e-3, "of the policy; with anneal_lr it falls on a cosine to a hundredth", common=True
    )
    anneal_lr: bool = setting(True, "let the learning rate fall on a cosine")
    beta1: float = setting(0.9, "Adam's beta1")
    network: str = setting(
        "statistics",
        "of the policy: statistics reads colour statistics; pixels, of faces, pixels; paper is the paper's",
    )
    width: float = setting(4.0, "levels: spread around neutral that the policy begins with, but the paper's")
    imitation: float = setting(1.0, "weight at the start of the levels that undo the degradations; falls to 0")
    imitation_alone: float = setting(0.4, "share of the updates that only imitate, before edits are tried at all")
    imitation_until: float = setting(1.0, "share of the updates after which nothing is imitated")
    entropy: float = setting(0.02, "weight of the entropy bonus; falls with the learning rate")
    normalise_advantage: bool = setting(True, "divide advantages by their spread, by_slider each slider's by its own")
    dropout: float = setting(0.6, "dropout rate on the input features")
    ema_decay: float = setting(0.995, "decay of the averaged weights that are exported; 0 exports the last ones")
    max_grad_norm: float = setting(1.0, "largest norm of the policy's gradient")

    # The critic: WGAN-GP, the paper's numbers.
    critic: str = setting(
        "statistics", "statistics judges colour statistics beside the photo's own; paper is the paper's"
    )
    critic_updates: int = setting(3, "critic updates for each policy update (the paper's U)")
    critic_learning_rate: float = setting(5e-4, "of the critic")
    critic_beta1: float = setting(0.5, "Adam's beta1 for the critic")
    critic_max_grad_norm: float = setting(40.0, "largest norm of the critic's gradient")
    gradient_penalty: float = setting(10.0, "weight of the gradient penalty")
    replay: int = setting(1000, "past edits and finished photos that later critic updates draw from")

    # Photos.
    edit_size: int = setting(16, "side of the pictures that edits are tried on; the paper's critic needs 64")
    smallest_crop: float = setting(
        0.5, "smallest side of the random crops that are learned from, as a share of the photo's; 1: whole photos only"
    )
    holdout: float = setting(
        0.1, "share of the finished photos that is held out for the run's own validation", common=True
    )
    low_score: float = setting(2.6, "with --dataset scut: faces with a score below this are the source")
    high_score: float = setting(3.6, "with --dataset scut: faces with this score and above are the target")

    # The run.
    seed: int = setting(0, "of everything random", common=True)
    device: str = setting("auto", "cpu, cuda, or auto: a GPU where there is one", common=True)
    evaluate_every: int = setting(500, "updates between validations, sample sheets and checkpoints", common=True)

    def __post_init__(self) -> None:
        """ConfigError for numbers that are out of range or contradict each other."""
        for name in ("steps", "batch", "actions", "critic_updates", "replay", "evaluate_every"):
            self._require(getattr(self, name) >= 1, f"{name} is {getattr(self, name)}; it must be 1 or more")
        rewards = ("w_hindsight", "w_chroma", "w_clipping", "w_faded", "w_greyed", "w_critic", "w_judge", "content")
        for name in (*rewards, "imitation", "entropy", "gradient_penalty"):
            self._require(getattr(self, name) >= 0, f"{name} is {getattr(self, name)}; it can't be negative")
        shares = ("hindsight_share", "fitted_share", "made_share", "imitation_alone", "imitation_until")
        for name in (*shares, "dropout", "holdout", "ema_decay"):
            self._require(0 <= getattr(self, name) <= 1, f"{name} is {getattr(self, name)}; it goes from 0 to 1")
        for name in ("width", "inverse_temperature", "learning_rate", "critic_learning_rate", *NORMS):
            self._require(getattr(self, name) > 0, f"{name} is {getattr(self, name)}; it must be above 0")
        crop = self.smallest_crop
        self._require(0 < crop <= 1, f"smallest_crop is {crop}; it is above 0, and 1 at most")
        for name, values in (
            ("task", tuple(TASKS)),
            ("network", ("statistics", "pixels", "paper")),
            ("critic", ("statistics", "paper")),
            ("device", ("auto", "cpu", "cuda")),
        ):
            value = getattr(self, name)
            self._require(value in values, f"{name} is {value!r}; use {', '.join(values)}", "unknown value")
        low, high = self.low_score, self.high_score
        self._require(low <= high, f"low_score is {low:g}, above high_score, {high:g}", "contradiction")
        if self.task == "faces":
            self._check_faces()
        else:
            self._check_rewards()

    def _check_faces(self) -> None:
        """That no setting is given that faces don't have, and that something teaches."""
        for name, value in NOT_FACES.items():
            given = getattr(self, name)
            self._require(given == value, f"{name} is {given}; with faces it is {value}", "contradiction")
        self._require(self.network != "statistics", "network is statistics; with faces it is pixels or paper",
                      "contradiction")  # fmt: skip
        self._require(self.w_critic > 0 or self.w_judge > 0,
                      "w_critic and w_judge are both 0: nothing teaches; raise one", "contradiction")  # fmt: skip

    def _check_rewards(self) -> None:
        """That every part of a batch teaches something, and that each part finds what it needs."""
        critic, pairs = self.w_critic > 0, self.hindsight_share > 0
        pixels = critic and self.critic == "paper"
        for fits, message in (
            (critic or self.w_hindsight > 0, "w_hindsight and w_critic are both 0: nothing teaches; raise one"),
            (self.w_hindsight > 0 or not pairs, "hindsight_share is above 0 and w_hindsight 0: pairs teach nothing"),
            (critic or self.hindsight_share == 1, "hindsight_share is below 1 and w_critic 0: the sources in "
             "a batch teach nothing; give hindsight_share=1"),
            (pairs or self.imitation == 0, "imitation is above 0 and hindsight_share 0: nothing to imitate"),
            (self.edit_size in ((SIZE,) if pixels else (16, 32, SIZE)), f"edit_size is {self.edit_size}; with "
             f"the paper's critic it is {SIZE}, else 16, 32 or {SIZE}"),
            (pairs or pixels or not critic, "hindsight_share is 0: the critic of statistics needs degraded photos; "
             "raise it, or give critic=paper"),
            (self.network != "pixels", "network is pixels; with photos it is statistics or paper"),
            (self.w_judge == 0, f"w_judge is {self.w_judge:g}; with photos it is 0"),
            (self.dropout < 1 and not (self.dropout and self.network == "paper"), f"dropout is {self.dropout}; it is "
             "below 1, and 0 with the paper's network"),
        ):  # fmt: skip
            self._require(fits, message, "contradiction")

    @staticmethod
    def _require(fits: bool, message: str, kind: str = "out of range") -> None:
        if not fits:
            raise ConfigError(message, kind)


# Kosugi and Yamasaki (2020), section 4.1, and their official code at commit d78374f where the paper is silent:
# 16 processes x 6,000 updates of 20 edits; no averaged weights, a constant rate, one action a photo and the
# value network as the only baseline; gradients clipped at norm 40; every finished photo is learned from.
PAPER = {
    "fitted_share": 0.0,
    "w_hindsight": 0.0,
    "w_chroma": 0.0,
    "w_clipping": 0.0,
    "w_faded": 0.0,
    "w_greyed": 0.0,
    "w_critic": 1.0,
    "made_share": 0.0,
    "content": 100.0,
    "hindsight_share": 0.0,
    "steps": 96_000,
    "batch": 20,
    "by_slider": False,
    "actions": 1,
    "inverse_temperature": 1.0,
    "learning_rate": 1e-4,
    "anneal_lr": False,
    "beta1": 0.5,
    "network": "paper",
    "critic": "paper",
    "imitation": 0.0,
    "imitation_alone": 0.0,
    "dropout": 0.0,
    "entropy": 0.001,
    "normalise_advantage": False,
    "ema_decay": 0.0,
    "max_grad_norm": 40.0,
    "critic_updates": 5,
    "critic_learning_rate": 1e-4,
    "gradient_penalty": 10.0,
    "replay": 1000,
    "edit_size": SIZE,
    "smallest_crop": 1.0,
    "holdout": 0.0,
    "evaluate_every": 4800,
}
NOT_FACES: dict[str, Any] = {
    "w_hindsight": 0.0, "w_chroma": 0.0, "w_clipping": 0.0, "w_faded": 0.0, "w_greyed": 0.0, "hindsight_share": 0.0,
    "made_share": 0.0, "fitted_share": 0.0, "style_shift": False, "imitation": 0.0, "imitation_alone": 0.0,
    "dropout": 0.0, "critic": "paper", "edit_size": SIZE, "smallest_crop": 1.0, "holdout": 0.0,
}  # fmt: skip
"""What is about photos alone, as it is where faces are learned."""
# The paper's critic, and a policy that learns from it in minutes instead of days: several edits of each face, each
# other's baseline; a Gaussian for each slider, so that a level teaches its neighbours; a larger rate, which falls, and
# averaged weights. docs/faces.md has the figures.
FACES = PAPER | NOT_FACES | {
    "task": "faces",
    "steps": 100,
    "batch": 12,
    "actions": 6,
    "learning_rate": 2e-4,
    "anneal_lr": True,
    "beta1": 0.9,
    "network": "pixels",
    "entropy": 0.04,
    "normalise_advantage": True,
    "ema_decay": 0.97,
    "max_grad_norm": 1.0,
    "critic_updates": 4,
    "critic_learning_rate": 3e-4,
    "evaluate_every": 25,
}  # fmt: skip
# From a policy that knows its craft to a taste of one's own: fewer and smaller updates, and every photo is learned
# from, since there may be only 50.
TASTE = {"style_shift": True, "fitted_share": 0.0, "steps": 1000, "learning_rate": 1e-3, "holdout": 0.0}
BOOLEANS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
RECIPES: dict[str, dict[str, Any]] = {"default": {}, "paper": PAPER, "taste": TASTE, "faces": FACES}


def recipe(name: str, **changes: Any) -> Config:
    """The settings of a recipe with some of them changed. ConfigError for names and numbers that don't fit."""
    if name not in RECIPES:
        raise ConfigError(f"no recipe {name!r}; there are {', '.join(RECIPES)}", "unknown recipe")
    known = [f.name for f in fields(Config)]
    changes = {RENAMED.get(name, name): value for name, value in changes.items()}
    if unknown := sorted(set(changes) - set(known)):
        near = get_close_matches(unknown[0], known, 1)
        remedy = f"did you mean {near[0]}?" if near else "`trainer fit --settings` lists them"
        raise ConfigError(f"no setting {unknown[0]!r}; {remedy}", "unknown setting")
    return replace(Config(), **(RECIPES[name] | changes))


EARLIER: dict[str, Any] = {
    "w_faded": 0.0,
    "w_greyed": 0.0,
    "made_share": 0.0,
    "fitted_share": 0.0,
    "imitation_alone": 0.0,
    "critic": "paper",
}
"""What runs of earlier versions did, before these were settings."""


def from_record(settings: dict[str, Any]) -> Config:
    """The settings that a run's config.json holds, also those of an earlier version. TypeError for others."""
    config = Config(**EARLIER | {RENAMED.get(name, name): value for name, value in settings.items()})
    for field_ in fields(Config):
        value, kind = getattr(config, field_.name), type(field_.default)
        if type(value) is not kind and not (kind is float and type(value) is int):
            raise TypeError(f"{field_.name} is {str(value)[:40]!r}, not of kind {kind.__name__}")
    return config


class Record(NamedTuple):
    """A run's config.json: its settings, where its source and finished photos were, and what it began with, "" for
    chance or a run of an earlier version."""

    config: Config
    source: str
    target: str
    start: str = ""


def read_record(run: Path) -> Record:
    """ConfigError where there is none, or one of something else."""
    path = run / "config.json"
    try:
        record = json.loads(path.read_text())
        source, target, start = (str(record.get(name, "")) for name in ("source", "target", "start"))
        return Record(from_record(record["settings"]), source, target, start)
    except (OSError, *MALFORMED) as error:
        message = f"{path}: holds no settings of a run ({str(error)[:200]}); give the folder of a run"
        raise ConfigError(message, "missing") from error


def parse(assignment: str) -> tuple[str, Any]:
    """ "NAME=VALUE" -> the setting's name and its value, of its type. ConfigError for what is none."""
    name, equals, text = assignment.partition("=")
    name = RENAMED.get(name.strip().replace("-", "_"), name.strip().replace("-", "_"))
    if not equals:
        raise ConfigError(f"--set {assignment}: give NAME=VALUE, such as dropout=0.4", "no value")
    kinds: dict[str, type] = {f.name: type(f.default) for f in fields(Config)}
    kind, text = kinds.get(name, str), text.strip()
    if kind is bool:
        if text.lower() not in BOOLEANS:
            raise ConfigError(f"--set {assignment}: {name} is yes or no", "wrong type")
        return name, BOOLEANS[text.lower()]
    try:
        return name, kind(text)
    except ValueError as error:
        kind_of_number = "a whole number" if kind is int else "a number"
        raise ConfigError(f"--set {assignment}: {name} is {kind_of_number}", "wrong type") from error
