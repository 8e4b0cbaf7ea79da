# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

torch = pytest.importorskip("torch")

import json  # noqa: E402

from trainer.degradations import FAULTS, degrade  # noqa: E402
from trainer.fitted import (  # noqa: E402
    FittedError,
    energy_distance,
    fit_degradations,
    read_fitted,
    write_fitted,
)

from .conftest import crops  # noqa: E402
from .test_degradations import one  # noqa: E402


def test_the_same_cloud_is_no_distance_away_and_a_moved_one_is():
    cloud = torch.randn(400, 3, generator=torch.Generator().manual_seed(0))
    assert abs(float(energy_distance(cloud[:200], cloud[200:]))) < 0.05
    assert float(energy_distance(cloud[:200], cloud[200:] + 2)) > 1


@pytest.mark.parametrize(("fault", "amount"), [("haze", 0.35), ("exposure", -1.0)])
def test_a_known_fault_of_the_sources_is_found(folders, fault, amount):
    fitted, before, after = fit_degradations(
        crops(folders, 0, 64, 32), degrade(crops(folders, 1, 64, 32), one(fault, amount, 64))
    )
    assert after < 0.5 * before
    bright = [FAULTS.index(name) for name in ("exposure", "gamma")]
    if fault == "haze":
        assert 0.5 * amount < float(fitted[FAULTS.index("haze"), 0] + fitted[FAULTS.index("lift"), 0])
    else:
        assert float(fitted[bright[0], 0] - fitted[bright[1], 0]) < 0.5 * amount


def test_fitted_degradations_are_kept_in_a_file(tmp_path):
    fitted = torch.rand(len(FAULTS), 2)
    write_fitted(tmp_path / "fitted.json", fitted)
    assert torch.allclose(read_fitted(tmp_path / "fitted.json"), fitted)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps(dict.fromkeys(FAULTS, 1)),
        json.dumps({fault: [1] for fault in FAULTS}),
        json.dumps({fault: ["a" * 9000, 1] for fault in FAULTS}),
    ],
)
def test_a_file_that_holds_none_is_refused(tmp_path, text):
    (tmp_path / "fitted.json").write_text(text)
    with pytest.raises(FittedError) as raised:
        read_fitted(tmp_path / "fitted.json")
    assert raised.value.kind == "damaged" and len(str(raised.value)) < 400
