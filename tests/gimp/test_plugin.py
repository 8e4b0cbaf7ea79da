# SPDX-License-Identifier: GPL-3.0-or-later
"""The plug-in in real GIMP: scripts/plugin.py calls it in every way, in one GIMP process a version; judged here."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner
from PIL import Image

import editor_ops
from enhancer import icc, photo
from models import Policy
from tools import policies
from tools.gimp_roots import root
from tools.gimp_roots.plug_in import install_in
from tools.policies import with_filters
from trainer.cli import main

from .real_gimp import at_once

pytestmark = pytest.mark.gimp

PROJECT = Path(__file__).parents[2]
# "float NAME" is the same file, in GIMP in 32-bit linear light. adobe8.png is made by GIMP, in AdobeRGB.
PICTURES = ["rgb8.png", "rgba8.png", "grey8.png", "rgb16.tif", "float rgb16.tif", "adobe8.png"]
ENDS = {slider.name: 32 for slider in editor_ops.SLIDERS}  # every slider at its highest level
SUCCESS, EXECUTION_ERROR, CALLING_ERROR = 3, 0, 1  # Gimp.PDBStatusType


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """version -> (what the script saw, GIMP's output, the folder): GIMP runs once for each version."""

    def run(version: str) -> tuple[dict[str, Any], str, Path]:
        folder = tmp_path_factory.mktemp(f"gimp-{version}")
        _write_pictures(folder)
        for name, levels in (
            ("every", policies.EVERY_SLIDER),
            ("brighten", policies.BRIGHTEN),
            ("neutral", {}),
            ("ends", ENDS),
        ):
            policies.write(folder / f"{name}.onnx", levels)
        (folder / "junk.onnx").write_bytes(b"not a network")
        (folder / "styles").mkdir()
        policies.write(folder / "styles" / "film.onnx", policies.BRIGHTEN)
        plug_in = install_in(folder, version)
        # GIMP is to start with nothing but the entry file; the script puts the rest in place when it needs it.
        settings = json.loads((plug_in / "config.json").read_text()) | {"styles": "/case/styles"}
        (plug_in / "config.json").unlink()
        (folder / "config.json").write_text(json.dumps(settings))
        (plug_in / "lib").rename(folder / "lib")
        inside = f"/case/{plug_in.relative_to(folder)}"
        (folder / "plugin.json").write_text(json.dumps({"folder": inside, "pictures": PICTURES}))
        output = root.gimp(version, Path(__file__).parent / "scripts" / "plugin.py", folder)
        return json.loads((folder / "results.json").read_text()), output, folder

    return at_once(run)


def _write_pictures(folder: Path) -> None:
    """One photo as 8 and 16-bit files, with alpha, and grey."""
    with Image.open(PROJECT / "tests" / "photos" / "otters.png") as opened:
        rgb = opened.convert("RGB")
    rgb.save(folder / "rgb8.png")
    rgb.convert("L").save(folder / "grey8.png")
    ramp = np.clip(np.linspace(-100, 350, rgb.width), 0, 255).astype(np.uint8)  # clear at the left, solid at the right
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(np.tile(ramp, (rgb.height, 1))))
    rgba.save(folder / "rgba8.png")
    noise = np.random.default_rng(3).integers(0, 257, (rgb.height, rgb.width, 3), dtype=np.uint16)
    tifffile.imwrite(
        folder / "rgb16.tif", np.asarray(rgb).astype(np.uint16) * 256 + noise.clip(0, 255), photometric="rgb"
    )


def _expected(folder: Path, name: str, policy: Policy) -> dict[str, Any]:
    """The Decision that the command line's way of reading the same file leads to."""
    read = photo.read(folder / name.removeprefix("float "))
    decision = policy.decide(photo.srgb(read), alpha=photo.opacity(read), colour=not read.grey)
    to_srgb = icc.to_srgb_matrix(read.profile.data)
    primaries = None if to_srgb is None or read.grey else np.linalg.inv(to_srgb).ravel().tolist()
    beyond = name.startswith("float ")
    made = editor_ops.filters(decision.values, read.width, read.height, primaries, beyond=beyond)
    return decision.to_json(made)


def _sliders(decision: dict[str, Any]) -> dict[str, float]:
    return {row["name"]: row["value"] for row in decision["sliders"]}


def _holds(listed: list[dict[str, Any]], filters: list[dict[str, Any]], apart: float = 0.0) -> None:
    """The filters on the layer are the Decision's: order, operation, name and every value, a profile's `apart`."""
    assert [(f["operation"], f["label"]) for f in listed] == [(f["operation"], f["label"]) for f in filters]
    for there, wanted in zip(listed, filters, strict=True):
        assert (there["mode"], there["opacity"]) == (wanted["mode"], pytest.approx(wanted["opacity"], abs=1e-6))
        for name, value in wanted["properties"].items():
            # The plug-in sets what XCF can keep: 32-bit floats.
            assert math.isclose(there["properties"][name], value, rel_tol=1e-6, abs_tol=apart), (there, wanted)


def test_registered_with_nothing_but_the_entry_file(seen: Any, version: str) -> None:
    registered = seen(version)[0]["registered"]
    assert registered == {
        "label": "Auto Enhance (RL)...",
        "paths": ["<Image>/Colors/Auto"],
        "types": "RGB*, GRAY*",
        "lib": False,
        "config": False,
    }


def test_gimp_has_nothing_to_complain_about(seen: Any, version: str) -> None:
    output = seen(version)[1]
    for complaint in ("Traceback", "must be installed in subdirectories"):
        assert complaint not in output


@pytest.mark.parametrize("name", [*PICTURES, "helper"])
def test_filters_of_every_tool(seen: Any, version: str, name: str) -> None:
    results, _, folder = seen(version)
    result = results[name]
    assert (result["status"], result["error"]) == (SUCCESS, ""), result
    file = "rgb8.png" if name == "helper" else name
    expected = _expected(folder, file, Policy.load(folder / "every.onnx"))
    apart = 1e-4 if name == "adobe8.png" else 0.0  # GIMP and the command line read the profile each on its own
    _holds(result["decision"]["filters"], expected["filters"], apart)
    assert result["decision"] | {"filters": []} == expected | {"filters": []}
    assert len(expected["filters"]) == (5 if name == "grey8.png" else 8) + name.startswith("float ")
    _holds(result["filters"], expected["filters"], apart)
    assert result["pixels kept"]


@pytest.mark.parametrize("name", [*PICTURES, "helper"])
def test_same_sliders_as_the_command_line(seen: Any, version: str, name: str) -> None:
    results, _, folder = seen(version)
    file = "rgb8.png" if name == "helper" else name
    brighten = _expected(folder, file, Policy.load(folder / "brighten.onnx"))
    assert _sliders(results[name]["brighten"]) == _sliders(brighten)
    assert _sliders(brighten)["exposure"] > 0
    shipped = _expected(folder, file, Policy.load())
    assert _sliders(results[name]["shipped"]) == _sliders(shipped)
    assert results[name]["shipped"]["model"] == shipped["model"]


def test_pictures_are_of_the_kinds_meant(seen: Any, version: str) -> None:
    results = seen(version)[0]
    # Gimp.Precision: 8 and 16-bit non-linear, float linear
    assert [results[name]["precision"] for name in PICTURES] == [150, 150, 150, 250, 600, 150]
    assert "Adobe" in results["adobe8.png"]["profile"]
    assert "Adobe" not in results["rgb8.png"]["profile"]


@pytest.mark.parametrize("name", [*PICTURES, "helper"])
def test_xcf_keeps_filters_and_looks(seen: Any, version: str, name: str) -> None:
    result = seen(version)[0][name]
    _holds(result["xcf filters"], result["decision"]["filters"])
    assert result["xcf difference"] == 0.0


@pytest.mark.parametrize("name", ["rgb8.png", "float rgb16.tif"])
def test_shown_is_what_the_editor_makes(seen: Any, version: str, name: str) -> None:
    results, _, folder = seen(version)
    shown = np.load(folder / f"{name}.shown.npy")[..., :3]
    read = photo.read(folder / name.removeprefix("float "))
    edited = editor_ops.edit(read.samples, _sliders(results[name]["decision"]))
    difference = np.abs(np.clip(shown, 0, 1) - edited / np.float32(np.iinfo(edited.dtype).max)) * 255
    assert difference.max() <= 1.001  # one 8-bit level
    assert difference.mean() <= 0.02  # AdobeRGB in 8 bits rounds twice


@pytest.mark.parametrize("name", ["rgb8.png", "rgba8.png", "grey8.png", "rgb16.tif", "adobe8.png"])
def test_trainer_enhance_makes_the_same_picture(seen: Any, version: str, name: str, tmp_path: Path) -> None:
    """The shipped policy on the same file: GIMP's export against the command line's."""
    folder = seen(version)[2]
    done = CliRunner().invoke(main, ["enhance", str(folder / name), "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (written,) = [path for path in tmp_path.rglob("*") if path.suffix in (".png", ".tif")]
    if name.endswith(".tif"):
        ours = tifffile.imread(written)
    else:
        with Image.open(written) as picture:
            ours = np.asarray(picture)
    gimps = np.load(folder / f"{name}.shipped.npy")
    ours = ours.reshape(*gimps.shape[:2], -1)
    seen_at_all = gimps[..., -1] > 0  # what is fully clear has no colour
    level = 257 if gimps.dtype == np.uint16 else 1
    difference = np.abs(gimps[..., : ours.shape[-1]].astype(float) - ours)[seen_at_all] / level
    assert difference.max() <= 1
    assert difference.mean() <= 0.02  # AdobeRGB in 8 bits rounds twice


def test_agent_looks_at_what_is_seen(seen: Any, version: str) -> None:
    """A selection, a layer's own filters: both change what the agent looks at. A mask and an offset don't."""
    results, _, folder = seen(version)
    policy = Policy.load(folder / "brighten.onnx")
    picture = photo.read(folder / "rgb8.png").samples
    half = picture[: picture.shape[0] // 2]
    dimmed = editor_ops.edit(picture, {"exposure": -0.5})
    for case, looked_at in (
        ("plain", picture), ("top_half", half), ("filtered", dimmed), ("moved", picture), ("masked", picture),
    ):  # fmt: skip
        expected = policy.decide(looked_at).values["exposure"]
        assert _sliders(results[f"looked at {case}"]["decision"])["exposure"] == expected, case
    assert policy.decide(half).values != policy.decide(picture).values != policy.decide(dimmed).values
    kept, added = results["looked at filtered"]["filters"]
    assert kept["label"] == "the user's own" and kept["properties"]["exposure"] == -0.5
    assert added["operation"] == "gegl:exposure"


def test_group_takes_filters(seen: Any, version: str) -> None:
    result = seen(version)[0]["group as filters"]
    assert result["status"] == SUCCESS
    _holds(result["filters"], result["decision"]["filters"])
    assert len(result["filters"]) == 1


def test_strength(seen: Any, version: str) -> None:
    results, _, folder = seen(version)
    assert results["strength 0"] == [SUCCESS, 0.0, 0, False]
    assert results["neutral"] == [SUCCESS, 0, False]
    status, decision, filters = results["strength 0.5"]
    full = Policy.load(folder / "brighten.onnx").decide(photo.read(folder / "rgb8.png").samples)
    assert status == SUCCESS
    assert _sliders(decision)["exposure"] == full.values["exposure"] / 2
    assert filters[0]["properties"]["exposure"] == full.values["exposure"] / 2


def test_ends_of_the_ranges_survive_xcf(seen: Any, version: str) -> None:
    """Strength 2 takes values to the ends of GIMP's ranges, e.g. black level 0.1, which is no 32-bit float."""
    result = seen(version)[0]["strength 2"]
    assert (result["status"], result["error"]) == (SUCCESS, ""), result
    assert _sliders(result["decision"])["black_level"] == 0.1
    _holds(result["filters"], result["decision"]["filters"])
    _holds(result["xcf filters"], result["decision"]["filters"])
    assert result["xcf difference"] == 0.0


def test_a_style_of_the_users(seen: Any, version: str) -> None:
    results, _, folder = seen(version)
    for way in ("helper", "in process"):
        status, error, decision = results[f"style, {way}"]
        assert (status, error) == (SUCCESS, "")
        expected = _expected(folder, "rgb8.png", Policy.load(folder / "styles" / "film.onnx"))
        assert decision == expected
        assert decision["model"]["name"] == "film"
    assert results["style is empty"][2]["model"]["name"] == "photo"


def test_last_values(seen: Any, version: str) -> None:
    # GIMP remembers the values of dialogs alone; where there was none, last values are the defaults.
    assert seen(version)[0]["last values"] == [SUCCESS, "", 1.0, Policy.load().name]


# case -> status, words of the cause, words of the remedy
REFUSED = {
    "no lib": (EXECUTION_ERROR, "A part of the plug-in is missing or broken", "trainer install-plugin"),
    "no config": (EXECUTION_ERROR, "config.json is missing or broken", "trainer install-plugin"),
    "broken config": (EXECUTION_ERROR, "config.json is missing or broken", "trainer install-plugin"),
    "no helper": (EXECUTION_ERROR, "/nowhere/python3, can't be started (No such file", "trainer install-plugin"),
    "helper without packages": (EXECUTION_ERROR, "No module named 'models'", "trainer doctor"),
    "junk": (EXECUTION_ERROR, "The agent's answer can't be used", "trainer install-plugin"),
    "helper error": (EXECUTION_ERROR, "the cause", "the remedy"),
    "hanging": (EXECUTION_ERROR, "gave no answer in 1 seconds", "trainer doctor"),
    "not an object": (EXECUTION_ERROR, "can't be used", "trainer install-plugin"),
    "newer format": (EXECUTION_ERROR, "format 3", "trainer install-plugin"),
    "gimp operation": (EXECUTION_ERROR, "mid_tones sets gimp:levels", "trainer install-plugin"),
    "unknown slider": (EXECUTION_ERROR, "slider 'speed' in place of 'mid_tones'", "trainer install-plugin"),
    "infinite": (EXECUTION_ERROR, "mid_tones is inf", "trainer install-plugin"),
    "text for a number": (EXECUTION_ERROR, "mid_tones is '1', not a number", "trainer install-plugin"),
    "out of range": (EXECUTION_ERROR, "mid_tones is 99.0", "trainer install-plugin"),
    "no such property": (EXECUTION_ERROR, "gegl:saturation has no number speed", "trainer install-plugin"),
    "out of GIMP's range, filters": (EXECUTION_ERROR, "doesn't take scale = 99.0", "trainer install-plugin"),
    "out of GIMP's range, merged": (EXECUTION_ERROR, "doesn't take scale = 99.0", "trainer install-plugin"),
    "refused by GIMP": (EXECUTION_ERROR, "gegl:soft-light", "trainer install-plugin"),
    "none": (CALLING_ERROR, "0 are selected", "Select one"),
    "model is missing": (EXECUTION_ERROR, "/case/no such.onnx", "check the path"),
    "model is junk": (EXECUTION_ERROR, "/case/junk.onnx", "trainer export"),
    "no such style": (EXECUTION_ERROR, "no style 'sepia'; there are: photo, film", "trainer styles"),
    "style is a path": (EXECUTION_ERROR, "can't be a style's name", "use up to"),
    "leaving what is not there": (CALLING_ERROR, "no slider “speed”", "there are mid_tones, "),
    "style and model": (CALLING_ERROR, "are both given", "Give one"),
    "model is a folder": (EXECUTION_ERROR, "/case: is a folder", "give a policy file"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_cause_and_remedy_and_nothing_changed(seen: Any, version: str, case: str) -> None:
    results = seen(version)[0]
    status, cause, remedy = REFUSED[case]
    result = results[case]
    assert result["status"] == status, result
    assert cause in result["error"] and remedy in result["error"], result["error"]
    assert result["unchanged"]
    # What GIMP refuses only on appending has been on the layer for a moment: undo has a step that does nothing.
    assert not result["dirty"] or "GIMP" in case


def test_a_second_run_replaces_the_first_and_leaves_the_users_own(seen: Any, version: str) -> None:
    """Also after saving and reloading; the agent looks at the layer with the user's filter and without its own."""
    again = seen(version)[0]["again"]
    users, added = again["filters"]
    assert users["label"] == "the user's own"
    _holds([added], again["second"]["filters"])
    assert again["second"] == again["alone"] != again["first"]
    assert again["reloaded"] == [SUCCESS, "", ["the user's own"], []]


def test_sliders_left_alone(seen: Any, version: str) -> None:
    results, _, folder = seen(version)
    status, decision, filters = results["left alone"]
    read = photo.read(folder / "rgb8.png")
    left = ("saturation", "clarity")
    expected = with_filters(
        Policy.load(folder / "every.onnx").decide(read.samples, leave=left), read.width, read.height
    )
    assert (status, decision) == (SUCCESS, expected)
    _holds(filters, expected["filters"])
    assert len(filters) == 6
