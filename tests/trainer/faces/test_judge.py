# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from trainer.faces import judge  # noqa: E402

from .conftest import drawn  # noqa: E402


def learned(seed=0):
    faces = drawn(64, 3)
    scores = faces.pictures()[:, :, 34:60].mean((1, 2, 3))  # how light the lower face is
    return judge.learn(faces.crops, 10 * scores, seed, lambda text, n: iter(range(n)), epochs=6), 10 * scores


@pytest.fixture(scope="module")
def light():
    return learned()


def test_a_judge_learns_what_the_scores_go_by(light):
    made, _ = light
    others = drawn(40, 4)
    wanted = 10 * others.pictures()[:, :, 34:60].mean((1, 2, 3))
    said = judge.judged(made, others.pictures())
    assert judge.pearson(said, wanted) > 0.6
    assert abs(said.mean() - wanted.mean()) < 1  # in the scores' own units


def test_a_seed_gives_the_same_judge_and_leaves_other_random_numbers_alone(light):
    state = torch.get_rng_state()
    again, _ = learned()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(
        torch.equal(a, b) for a, b in zip(again.state_dict().values(), light[0].state_dict().values(), strict=True)
    )


def test_variation_keeps_faces_and_repeats_with_its_generator():
    pictures = drawn(8, 6).pictures()
    one, two = (judge.varied(pictures, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(one, two) and one.shape == pictures.shape
    assert 0.01 < (one - pictures).abs().mean() < 0.4


def test_a_judge_is_kept_in_a_file(light, tmp_path):
    judge.write(light[0], tmp_path / "judge.pt")
    pictures = drawn(4, 7).pictures()
    assert torch.equal(judge.judged(judge.read(tmp_path / "judge.pt"), pictures), judge.judged(light[0], pictures))
    (tmp_path / "judge.pt").write_bytes(b"no judge")
    with pytest.raises(judge.JudgeError) as raised:
        judge.read(tmp_path / "judge.pt")
    assert raised.value.kind == "damaged"
