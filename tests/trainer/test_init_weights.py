# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from models import PolicyError  # noqa: E402
from trainer import checkpoint  # noqa: E402
from trainer.export import export  # noqa: E402
from trainer.init_weights import StartError, load_weights  # noqa: E402
from trainer.networks import PaperPolicy, Policy  # noqa: E402


def learned(make=Policy):
    policy = make()
    if isinstance(policy, Policy):
        policy.standardise(torch.rand(16, 3, 64, 64))
        for weight in policy.parameters():  # equal ones, such as biases at 0, would be one in the file
            torch.nn.init.normal_(weight, std=0.1)
    return policy.eval()


def test_a_run_begins_with_a_policy_file(tmp_path):
    teacher, pupil = learned(), Policy().eval()
    load_weights(pupil, export(teacher, tmp_path / "teacher.onnx"))
    pictures = torch.rand(4, 3, 64, 64)
    assert all(torch.equal(a, b) for a, b in zip(pupil(pictures), teacher(pictures), strict=True))


def test_a_run_begins_with_another_run(tmp_path):
    teacher, pupil = learned(), Policy()
    checkpoint.write(tmp_path / "checkpoints", 7, {"average": teacher})
    load_weights(pupil, tmp_path)
    assert torch.equal(pupil.head.weight, teacher.head.weight)


def test_what_can_t_be_begun_with_is_refused(tmp_path):
    pupil = Policy()
    untouched = pupil.body[0].weight.clone()
    (tmp_path / "no.onnx").write_bytes(b"no policy")
    with pytest.raises(PolicyError, match=r"no\.onnx"):
        load_weights(pupil, tmp_path / "no.onnx")
    with pytest.raises(checkpoint.CheckpointError, match="no checkpoint"):
        load_weights(pupil, tmp_path)
    with pytest.raises(StartError, match="another network"):
        load_weights(pupil, export(learned(PaperPolicy), tmp_path / "paper.onnx"))
    assert torch.equal(pupil.body[0].weight, untouched)
