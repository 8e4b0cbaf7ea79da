# SPDX-License-Identifier: GPL-3.0-or-later
import os
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")

from trainer import checkpoint  # noqa: E402


def parts(number):
    layer = torch.nn.Linear(2, 2)
    torch.nn.init.constant_(layer.weight, number)
    return {"layer": layer, "generator": torch.Generator().manual_seed(int(number))}


def test_the_newest_comes_back_and_three_are_kept(tmp_path):
    for step in (1, 2, 3, 4):
        checkpoint.write(tmp_path, step, parts(step))
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"step-{s:06d}.pt" for s in (2, 3, 4)]
    restored = parts(0)
    assert checkpoint.restore_newest(tmp_path, restored) == 4
    assert restored["layer"].weight[0, 0] == 4
    assert torch.equal(torch.rand(3, generator=restored["generator"]), torch.rand(3, generator=parts(4)["generator"]))


def test_a_damaged_one_is_passed_over(tmp_path):
    for step in (1, 2):
        checkpoint.write(tmp_path, step, parts(step))
    (tmp_path / "step-000002.pt").write_bytes((tmp_path / "step-000002.pt").read_bytes()[:100])
    with pytest.warns(UserWarning, match="step-000002.pt"):
        assert checkpoint.restore_newest(tmp_path, parts(0)) == 1
    (tmp_path / "step-000001.pt").write_bytes(b"")
    with pytest.warns(UserWarning, match="step-000001.pt"), pytest.raises(checkpoint.CheckpointError) as raised:
        checkpoint.read_newest(tmp_path)
    assert raised.value.kind == "missing" and str(tmp_path) in str(raised.value)


@pytest.mark.parametrize("changes", [{"layer": None}, {"layer": {"weight": 7}}, {"generator": 3}, {"step": None}])
def test_one_that_does_not_fit_is_passed_over(tmp_path, changes):
    for step in (1, 2):
        checkpoint.write(tmp_path, step, parts(step))
    newest = tmp_path / "step-000002.pt"
    torch.save(checkpoint.read_file(newest) | changes, newest)
    restored = parts(0)
    with pytest.warns(UserWarning, match="step-000002.pt"):
        assert checkpoint.restore_newest(tmp_path, restored) == 1
    assert restored["layer"].weight[0, 0] == 1
    newest.unlink()
    torch.save(
        checkpoint.read_file(tmp_path / "step-000001.pt") | {"layer": {"weight": 7}}, tmp_path / "step-000001.pt"
    )
    with pytest.raises(checkpoint.CheckpointError) as raised:
        checkpoint.read_weights(tmp_path, "layer")
    assert raised.value.kind == "damaged"


def test_pickled_code_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/sprung",)

    torch.save({"step": 1, "layer": Trap()}, tmp_path / "step-000001.pt")
    with pytest.warns(UserWarning, match="step-000001.pt"), pytest.raises(checkpoint.CheckpointError):
        checkpoint.read_newest(tmp_path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.slow
def test_a_full_disk_leaves_the_checkpoint_before(tmp_path):
    """The disk is full for this process at 100 kB a file; the checkpoint has 4 MB."""
    checkpoint.write(tmp_path, 1, parts(1))
    code = (
        "import resource, sys, torch; from pathlib import Path; from trainer import checkpoint;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try: checkpoint.write(Path(sys.argv[1]), 2, {'layer': torch.nn.Linear(1000, 1000)})\n"
        "except checkpoint.CheckpointError as error: print(error.kind)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.strip() == "not written"
    assert [p.name for p in tmp_path.iterdir()] == ["step-000001.pt"]
    assert checkpoint.read_newest(tmp_path)["step"] == 1
