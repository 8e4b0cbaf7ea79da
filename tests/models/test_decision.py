# SPDX-License-Identifier: GPL-3.0-or-later
"""The Decision's JSON is read as it is written, and anything else is refused."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from editor_ops import SLIDERS
from models.decision import Choice, Decision, DecisionError, read_choices

FROM_0_TO_1 = st.floats(0.0, 1.0)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.lists(
        st.tuples(FROM_0_TO_1, st.none() | FROM_0_TO_1, st.booleans()), min_size=len(SLIDERS), max_size=len(SLIDERS)
    ),
    st.floats(0, 2),
)
def test_what_is_written_is_read(shares, strength):
    choices = [
        Choice(slider, min(max(low + share * (high - low), low), high), probability, (low, high) if known else None)
        for slider, (share, probability, known) in zip(SLIDERS, shares, strict=True)
        for low, high in [slider.property_range]
    ]
    decision = Decision("photo", "0" * 64, strength, tuple(choices))
    assert Decision.from_json(json.loads(json.dumps(decision.to_json()))) == decision


def test_an_answer_of_an_earlier_version_has_no_intervals():
    rows = [{"name": s.name, "value": s.neutral, "probability": 0.5} for s in SLIDERS]
    assert [choice.interval for choice in read_choices(rows)] == [None] * len(SLIDERS)


@pytest.mark.parametrize("interval", [[0.0], [0.0, 1e9], [float("nan"), 0.0], "ab", {"low": 0}, 3])
def test_an_interval_that_is_none_is_refused(interval):
    rows = [{"name": s.name, "value": s.neutral, "probability": 0.5, "interval": interval} for s in SLIDERS]
    with pytest.raises(DecisionError):
        read_choices(rows)


@pytest.mark.slow
@given(JSON)
def test_anything_else_is_refused(junk):
    for read in (Decision.from_json, read_choices):
        with pytest.raises(DecisionError) as error:
            read(junk)
        assert error.value.kind == "malformed" and len(str(error.value)) <= 300


def test_a_hostile_word_in_it_is_told_in_a_printable_line():
    choices = tuple(Choice(slider, slider.neutral, None) for slider in SLIDERS)
    answer = Decision("photo", "0" * 64, 1.0, choices).to_json()
    answer["sliders"][0]["operation"] = "gegl:\x7f\x1b[31m\nlevels"
    with pytest.raises(DecisionError) as error:
        Decision.from_json(answer)
    assert str(error.value).isprintable()


def test_it_needs_neither_numpy_nor_onnxruntime():
    """GIMP's own Python mostly has neither."""
    code = (
        "import sys; sys.modules['numpy'] = sys.modules['onnxruntime'] = None\n"
        "from models import Decision; import models.decision, models.errors, models.files, editor_ops.chain"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
