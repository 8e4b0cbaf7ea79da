# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run on faces learns in: source faces to edit, and target faces that the critic compares the edits with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from torch import nn

from editor_ops.face_sliders import FACE_SLIDERS

from .. import distributed
from ..batches import Batch
from ..config import Config
from ..console import steps
from ..distribution import LevelDistribution
from ..environment import Environment
from ..init_weights import load_weights
from ..learner import Learner, assembled
from ..networks import Critic, make_policy
from ..tasks import TASKS
from ..validation import MOVING, SliderStatistics, slider_statistics, write_sheet
from . import edits
from . import judge as judges
from .crops import Faces
from .judge import EPOCHS, Judge, judged

SHOWN = 128
"""Source faces by which a run is validated: two seconds' work, and the mean stands to a tenth of the spread."""
ON_A_SHEET = 16


def face_environment(
    faces: tuple[Faces, Faces], out: Path, config: Config, device: torch.device, resume: bool, start: Path | None,
    printed: Console,
) -> Environment:  # fmt: skip
    """Of source and target faces. out: the run's folder, which gets judge.pt where the settings ask for a judge. start:
    a policy file or a run to begin with."""
    sources, targets = faces
    printed.print(
        f"{len(sources.names)} source faces, {len(targets.names)} target faces; {distributed.described(device)}"
    )
    torch.manual_seed(config.seed)  # the networks' first weights
    policy: nn.Module = make_policy(config).to(device)
    if start is not None and not resume:
        load_weights(policy, start, TASKS[config.task])
    learner = assembled(config, policy, Critic().to(device), torch.Generator().manual_seed(config.seed))
    if config.w_judge:
        learner.judge = judge_of_run(out, sources, targets, config.seed, resume, printed).to(device)
    masks = edits.Masks(sources)
    few = torch.linspace(0, len(sources.names) - 1, min(SHOWN, len(sources.names))).round().long().unique()

    def looked_at(rows: torch.Tensor) -> tuple[torch.Tensor, edits.Prepared]:
        pictures = sources.pictures(rows).to(device)
        return pictures, edits.prepare(pictures, sources.points[rows].to(device), masks.of(rows).to(device))

    def sample() -> Batch:
        rows, mirrored = learner.draws.faces(len(sources.names), config.batch * distributed.world_size())
        pictures, prepared = looked_at(rows)

        def edit(action: torch.Tensor, levels: torch.Tensor) -> torch.Tensor:
            return turned(edits.edit(prepared, values_at(levels, action)), mirrored)

        state = turned(pictures, mirrored).contiguous(memory_format=torch.channels_last)  # (B, 3, 64, 64)
        return Batch(state, state[:0], None, 0, edit)

    def compared(batch: Batch, edited: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        rows, mirrored = learner.draws.faces(len(targets.names), config.batch * distributed.world_size())
        return edited, turned(targets.pictures(rows).to(device), mirrored)

    def sheet(path: Path) -> None:
        state, prepared = looked_at(few[:ON_A_SHEET])
        action = LevelDistribution(learner.ema.module.eval()(state)[0]).mode()
        write_sheet([state, edits.edit(prepared, values_at(learner.levels, action[:, None]))[:, 0]], path)

    return Environment(
        learner, sample, compared, lambda: validate(config, learner, *looked_at(few)), torch.no_grad()(sheet)
    )


def judge_of_run(out: Path, sources: Faces, targets: Faces, seed: int, resume: bool, printed: Console) -> Judge:
    """A run's judge: before the first update it learns which of the two folders a face is from, 0 or 1, and then stands
    still. It sees faces as they are, while the critic follows the edits. Kept in judge.pt, from which a resumed run has
    it."""
    path = out / "judge.pt"
    if distributed.rank() == 0 and not (resume and path.exists()):
        labels = torch.cat([torch.zeros(len(sources.names)), torch.ones(len(targets.names))])
        crops = torch.cat([sources.crops, targets.crops])
        judges.write(judges.learn(crops, labels, seed, lambda text, n: steps(text, n, printed), EPOCHS), path)
    distributed.barrier()
    return judges.read(path)


def turned(pictures: torch.Tensor, mirrored: torch.Tensor) -> torch.Tensor:
    """Pictures (B, ..., 64, 64), of which some are mirrored, (B,). The sliders do the same to both sides of a face."""
    flags = mirrored.to(pictures.device).reshape(-1, *[1] * (pictures.ndim - 1))
    return torch.where(flags, pictures.flip(-1), pictures)


def values_at(levels: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
    """Values (B, A, K) of levels (B, A, K) by the table (K, L)."""
    return levels[torch.arange(len(levels), device=levels.device), action]


@dataclass(frozen=True)
class FaceValidation:
    """Of the critic and, where there is one, the judge: how much higher the mean opinion of the edits is than of the
    faces, and the share of faces whose edit is the better one."""

    gain: dict[str, float]
    better: dict[str, float]
    n: int
    sliders: SliderStatistics

    def metrics(self) -> dict[str, float]:
        found = {f"{who}_gain": gain for who, gain in self.gain.items()}
        return found | {f"{who}_better": share for who, share in self.better.items()} | self.sliders.metrics()

    def line(self, step: int, steps: int) -> str:
        said = ", ".join(
            f"the {who}'s opinion {self.gain[who]:+.3f}, better {self.better[who]:.0%}" for who in self.gain
        )
        moving = sum(spread >= MOVING for spread in self.sliders.spread.values())
        return f"update {step}/{steps}: {self.n} source faces: {said}; sliders that follow the face: {moving}"


@torch.no_grad()
def validate(config: Config, learner: Learner, state: torch.Tensor, prepared: edits.Prepared) -> FaceValidation:
    """What the most probable edits of faces (N, 3, 64, 64) are worth."""
    distribution = LevelDistribution(learner.ema.module.eval()(state)[0])
    chosen = distribution.mode()  # (N, K)
    edited = edits.edit(prepared, values_at(learner.levels, chosen[:, None]))[:, 0]
    asked: dict[str, nn.Module] = {"critic": learner.critic} if config.w_critic else {}
    if learner.judge:
        asked["judge"] = learner.judge
    rise = {who: judged(judge, edited) - judged(judge, state) for who, judge in asked.items()}
    return FaceValidation(
        {who: float(gains.mean()) for who, gains in rise.items()},
        {who: float((gains > 0).float().mean()) for who, gains in rise.items()},
        len(state),
        slider_statistics(distribution, chosen, FACE_SLIDERS),
    )
