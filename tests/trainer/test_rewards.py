# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from trainer.config import recipe  # noqa: E402
from trainer.rewards import CLOSENESS_FLOOR, clipping, faded, rewards  # noqa: E402


class Brightness:
    def judge(self, edited, state):
        return edited.mean((2, 3, 4))


def test_the_reward_is_what_the_recipe_says():
    state = torch.full((2, 3, 32, 32), 0.5)
    answer = torch.full((1, 3, 32, 32), 0.6)  # the first photo of the two is a pair
    edited = torch.stack([torch.full((2, 3, 32, 32), 0.6), torch.full((2, 3, 32, 32), 0.9)], dim=1)  # (B, A, ...)
    near = CLOSENESS_FLOOR
    alone = {"w_critic": 0.0, "hindsight_share": 1.0, "w_faded": 0.0, "w_greyed": 0.0, "w_clipping": 0.0}
    config = recipe("default", **alone, w_hindsight=2.0, w_chroma=0.0)
    hindsight = rewards(config, None, state, edited, answer)
    assert hindsight[0].tolist() == pytest.approx([-2 * np.log(near), -2 * np.log(0.3 + near)], rel=1e-4)
    assert hindsight[1].tolist() == [0, 0]
    changed = rewards(recipe("default", **alone, content=100.0), None, state, edited, answer[:0])
    assert changed[1].tolist() == pytest.approx([-100 * 0.01, -100 * 0.16], rel=1e-4)
    judged = rewards(recipe("paper"), Brightness(), state, edited, answer[:0])
    assert judged[0].tolist() == pytest.approx([0.6 - 100 * 0.01, 0.9 - 100 * 0.16], rel=1e-4)


def test_greyer_ends_than_the_finished_photo_s_are_faded_and_deeper_ones_are_not():
    finished = torch.linspace(0.1, 0.9, 256).reshape(1, 1, 1, 16, 16).expand(1, 1, 3, 16, 16)
    flat, deep = 0.5 + 0.5 * (finished - 0.5), (0.5 + 1.2 * (finished - 0.5)).clamp(0, 1)
    assert float(faded(flat, finished)) == pytest.approx(2 * 0.5 * (0.4 - 0.8 * 3.5 / 255), abs=2e-3)
    assert float(faded(deep, finished)) == float(faded(finished, finished)) == 0


def test_a_source_photo_s_own_blacks_and_whites_are_not_made_grey():
    state = torch.linspace(0.1, 0.9, 256).reshape(1, 1, 16, 16).expand(2, 3, 16, 16)
    flat = 0.5 + 0.5 * (state[:, None] - 0.5)  # (B, 1, 3, 16, 16)
    alone = {"w_critic": 0.0, "hindsight_share": 1.0, "w_hindsight": 1e-9, "w_faded": 0.0, "w_clipping": 0.0}
    config = recipe("default", **alone, w_greyed=3.0)
    pair, source = rewards(config, None, state, flat, state[:1])[:, 0].tolist()
    assert pair == pytest.approx(0, abs=1e-6)  # its price is w_faded's
    assert source == pytest.approx(-3 * float(faded(flat[1:], state[1:, None])), rel=1e-6) and source < -0.5
    assert rewards(config, None, state, state[:, None], state[:1])[1, 0] == 0


def test_clipping_counts_what_is_nearly_white_or_black():
    grey, white, black = (torch.full((1, 1, 3, 8, 8), value) for value in (0.5, 1.0, 0.0))
    assert [float(clipping(picture)) for picture in (grey, white, black)] == [0, 1, 1]
    red = torch.zeros(1, 1, 3, 8, 8)
    red[:, :, 0] = 0.5
    assert float(clipping(red)) == 0  # two channels at 0 are only a pure colour
