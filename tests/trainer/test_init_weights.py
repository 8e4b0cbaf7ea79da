# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

from models import SHIPPED, PolicyError  # noqa: E402
from models.decision import FORMAT_VERSION  # noqa: E402
from trainer import checkpoint  # noqa: E402
from trainer.export import export  # noqa: E402
from trainer.init_weights import StartError, load_weights  # noqa: E402
from trainer.networks import PaperPolicy, Policy, current_names  # noqa: E402


def learned(make=Policy):
    policy = make()
    if isinstance(policy, Policy):
        policy.standardise(torch.rand(16, 3, 64, 64))
        for weight in policy.parameters():  # equal ones, such as biases at 0, would be one in the file
            torch.nn.init.normal_(weight, std=0.1)
    return policy.eval()


@pytest.mark.slow
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


def test_weights_of_an_earlier_version_have_other_names(tmp_path):
    """bells.* of the default network and levels.* of the paper's are head.* now, in checkpoints and policy files."""
    for make, before in ((Policy, "bells"), (PaperPolicy, "levels")):
        teacher, pupil = learned(make), make()
        earlier = {name.replace("head.", f"{before}.", 1): value for name, value in teacher.state_dict().items()}
        assert any(name.startswith(f"{before}.") for name in earlier)
        assert current_names(earlier).keys() == teacher.state_dict().keys()
        (tmp_path / before / "checkpoints").mkdir(parents=True)
        torch.save(
            {"step": 1, "format": FORMAT_VERSION, "average": earlier},
            tmp_path / before / "checkpoints" / "step-000001.pt",
        )
        load_weights(pupil, tmp_path / before)
        assert all(torch.equal(value, teacher.state_dict()[name]) for name, value in pupil.state_dict().items())
    load_weights(Policy(), SHIPPED)


@pytest.mark.slow
def test_what_can_t_be_begun_with_is_refused(tmp_path):
    pupil = Policy()
    untouched = pupil.body[0].weight.clone()
    (tmp_path / "no.onnx").write_bytes(b"no policy")
    paper = export(learned(PaperPolicy), tmp_path / "paper.onnx")
    for start, error, kind in (
        (tmp_path / "no.onnx", PolicyError, "damaged"),
        (tmp_path, checkpoint.CheckpointError, "missing"),
        (paper, StartError, "another network"),
    ):
        with pytest.raises(error) as raised:
            load_weights(pupil, start)
        assert raised.value.kind == kind and str(start) in str(raised.value)
    assert torch.equal(pupil.body[0].weight, untouched)
