# SPDX-License-Identifier: GPL-3.0-or-later
"""What an edit is paid: the critic's opinion and closeness to the photo (paper, section 3.1), and on hindsight pairs
closeness to the finished photo, less what it makes grey and what it clips."""

from __future__ import annotations

import torch
from torch import nn

from .config import Config
from .features import lightness
from .networks import Critic
from .statistics_critic import StatisticsCritic

CLOSENESS_FLOOR = 0.05
"""Mean difference, added before the logarithm: about as much as two retouchers differ by. With 0.01 the agent is paid
so much for being exactly right that it leaves dull photos alone, since some finished photos look like them."""


def rewards(
    config: Config, critic: Critic | StatisticsCritic, state: torch.Tensor, edited: torch.Tensor,
    finished: torch.Tensor, judge: nn.Module | None = None,
) -> torch.Tensor:  # fmt: skip
    """Rewards (B, A) of edits (B, A, 3, size, size) of photos (B, 3, size, size).

    The first P photos of the batch are degraded ones of finished photos (P, 3, size, size), P may be 0. judge: of
    faces.
    """
    reward = torch.zeros(edited.shape[:2], device=edited.device)
    if config.task == "faces":
        for weight, network in ((config.w_critic, critic), (config.w_judge, judge)):
            if weight and network:
                reward += weight * gain(network, state, edited)
    elif config.w_critic > 0:
        reward += config.w_critic * critic.judge(edited, state)
    if config.content > 0:
        reward -= config.content * (edited - state[:, None]).square().mean(dim=(2, 3, 4))
    n_pairs = len(finished)
    if n_pairs:
        reward[:n_pairs] += config.w_hindsight * closeness(edited[:n_pairs], finished[:, None], config.w_chroma)
    if config.w_faded and n_pairs:
        reward[:n_pairs] -= config.w_faded * faded(edited[:n_pairs], finished[:, None])
    if config.w_greyed and n_pairs < len(state):
        reward[n_pairs:] -= config.w_greyed * faded(edited[n_pairs:], state[n_pairs:, None])
    if config.w_clipping:
        allowed = clipping(state[:, None])  # (B, 1)
        allowed[:n_pairs] = torch.maximum(allowed[:n_pairs], clipping(finished[:, None]))
        reward -= config.w_clipping * (clipping(edited) - allowed).clamp(min=0)
    return reward


def gain(network: nn.Module, state: torch.Tensor, edited: torch.Tensor) -> torch.Tensor:
    """How much higher a network thinks of edits (B, A, 3, 64, 64) than of what they were made of: (B, A).

    A critic's opinion has no zero and drifts, beyond what a value head can follow; what an edit adds stays.
    """
    return network(edited.flatten(0, 1)).reshape(edited.shape[:2]) - network(state)[:, None]


def closeness(edited: torch.Tensor, finished: torch.Tensor, w_chroma: float) -> torch.Tensor:
    """How near edits (P, A, 3, size, size) come to finished photos (P, 1, 3, size, size): (P, A).

    -log of the mean difference, so that halving it counts nearly the same on a photo that is far off and on one that
    is nearly right. And w_chroma times the same of what is left of the difference without its mean over the channels:
    a wrong white balance hardly shows in a mean difference, but to the eye.
    """
    difference = edited - finished
    near = -torch.log(difference.abs().mean(dim=(2, 3, 4)) + CLOSENESS_FLOOR)
    if not w_chroma:
        return near
    chroma = difference - difference.mean(2, keepdim=True)
    return near - w_chroma * torch.log(chroma.abs().mean(dim=(2, 3, 4)) + CLOSENESS_FLOOR)


def faded(edited: torch.Tensor, finished: torch.Tensor) -> torch.Tensor:
    """How much lighter the darkest thirtieth of edits (P, A, 3, size, size) is, and how much darker the lightest, than
    of finished photos (P, 1, 3, size, size): (P, A), in shares of the sRGB range.

    Where black lies is uncertain, and the mean of all that seems possible is grey; a person decides.
    """
    (black, white), (wanted_black, wanted_white) = (_ends(pictures) for pictures in (edited, finished))
    return (black - wanted_black).clamp(min=0) + (wanted_white - white).clamp(min=0)


def _ends(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean luma of the darkest and of the lightest thirtieth: (P, A) each."""
    luma = lightness(pictures.flatten(0, 1).flatten(2))  # (P A, pixels)
    count = max(1, luma.shape[1] // 32)
    black, white = (luma.topk(count, 1, largest=largest, sorted=False).values.mean(1) for largest in (False, True))
    return black.reshape(pictures.shape[:2]), white.reshape(pictures.shape[:2])


def clipping(pictures: torch.Tensor) -> torch.Tensor:
    """How much of pictures (P, A, 3, size, size) is blown out or crushed: (P, A), 0 to 1.

    Counted from a thirtieth below white in any channel and from a sixtieth above black in all of them: small pictures
    are means of many pixels, so that clipped spots show as nearly white or black ones.
    """
    highest = pictures.amax(2)  # (P, A, size, size)
    blown = (30 * highest - 29).clamp(min=0)
    crushed = (1 - 60 * highest).clamp(min=0)
    return (blown + crushed).mean(dim=(2, 3))
