# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain in strips against the plain chain, and the wide blur against GEGL's recursion at every pixel."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor_ops import SLIDERS, chain, edit
from editor_ops.affine import AFFINE, affine
from editor_ops.blur import recurse
from editor_ops.color import RGB_TO_XYZ, linear_to_srgb, srgb_to_linear
from editor_ops.editor import run
from editor_ops.full_size import edit_full_size
from editor_ops.operations import as_float
from editor_ops.spatial import SPATIAL
from editor_ops.wide_blur import Blurred, between_columns, blur_down, node_step

PHOTO = Path(__file__).parents[1] / "photos" / "colosseum.png"
EVERY = {
    "mid_tones": 0.3, "contrast": -0.4, "exposure": 0.5, "black_level": 0.01, "temperature": 7000.0, "tint": 0.95,
    "shadows": 30.0, "highlights": -20.0, "saturation": 1.2, "clarity": 0.4,
}  # fmt: skip
SOME = [EVERY, {"exposure": 1.0}, {"mid_tones": -0.7}, {"contrast": 0.8, "exposure": 0.3},
        {"shadows": 40.0}, {"highlights": -40.0, "saturation": 0.5}, {"clarity": 0.6},
        {"temperature": 5000.0, "clarity": 0.3}, {"shadows": -50.0, "highlights": 50.0, "clarity": 0.6}]  # fmt: skip


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """uint8 (700, 1000, 3): sharp enough edges at the borders to show what happens there."""
    with Image.open(PHOTO) as photo:
        return np.asarray(photo.convert("RGB").resize((1000, 700), Image.Resampling.BICUBIC))


def plain(image: np.ndarray, values: dict[str, float], alpha: np.ndarray | None = None) -> np.ndarray:
    """The chain over the whole picture at once, float, unclipped."""
    weight = None if alpha is None else as_float(alpha)
    linear = srgb_to_linear(as_float(image))
    return linear_to_srgb(run(linear, chain(values, image.shape[1], image.shape[0]), weight))


def test_every_operation_of_the_table_is_known() -> None:
    assert {slider.operation for slider in SLIDERS if not slider.up} == AFFINE | set(SPATIAL)
    amounts = [bool(slider.up) for slider in SLIDERS]
    assert amounts == sorted(amounts, reverse=True)  # they come first, or they would be no part of the tone curve


@pytest.mark.parametrize("operation", sorted(AFFINE))
def test_affine_operations_are_affine(operation: str) -> None:
    """At colours in and beyond the range, for the properties that the chain sets."""
    ((_, properties),) = [step for step in chain(EVERY, 100, 100) if step[0] == operation]
    colours = np.random.default_rng(6).random((5, 7, 3)) * 3 - 1
    expected = apply_linear(operation, colours, properties)
    first = np.ascontiguousarray(np.moveaxis(colours, -1, 0), np.float32)
    found = affine(operation, properties)(first)
    assert np.abs(np.moveaxis(found, 0, -1) - expected).max() < 1e-5


def apply_linear(operation: str, linear: np.ndarray, properties: dict[str, float]) -> np.ndarray:
    return run(linear, [(operation, properties)])


@pytest.mark.parametrize("values", SOME, ids=lambda values: "+".join(values) if len(values) < 9 else "every")
def test_equals_the_plain_chain(picture: np.ndarray, values: dict[str, float]) -> None:
    expected = plain(picture, values)
    result = edit_full_size(picture.astype(np.float32) / 255, values)
    assert result.dtype == np.float32
    assert np.abs(result - expected).max() < 1e-4
    rounded = np.floor(np.clip(expected, 0, 1) * 255 + 0.5)
    result8 = edit_full_size(picture, values)
    assert result8.dtype == np.uint8
    off = np.abs(result8 - rounded)
    assert off.max() <= 1 and off.mean() < 1e-3
    sixteen = picture.astype(np.uint16) * 257
    result16 = edit_full_size(sixteen, values)
    assert result16.dtype == np.uint16
    assert np.abs(result16 / 65535 - np.clip(expected, 0, 1)).max() < 1e-4


def test_noise_beyond_the_range(picture: np.ndarray) -> None:
    noise = np.random.default_rng(3).random((613, 401, 3), dtype=np.float32) * 1.4 - 0.2
    assert np.abs(edit_full_size(noise, EVERY) - plain(noise, EVERY)).max() < 1e-4


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (40, 40), (7, 1200), (1100, 6), (257, 300)])
def test_odd_shapes(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(4).random((*shape, 3), dtype=np.float32)
    assert np.abs(edit_full_size(noise, EVERY) - plain(noise, EVERY)).max() < 1e-4


def test_alpha_weights_the_blur_where_anything_can_be_seen(picture: np.ndarray) -> None:
    alpha = np.zeros(picture.shape[:2], np.uint8)
    alpha[100:400, 300:800] = 255
    alpha[500:600, 50:90] = 77
    alpha[650, 900] = 255  # one pixel alone
    expected = plain(picture, EVERY, alpha)
    visible = alpha > 0
    result = edit_full_size(picture.astype(np.float32) / 255, EVERY, alpha)
    assert np.isfinite(result).all()
    assert np.abs(result - expected)[visible].max() < 1e-4
    assert np.abs(result - plain(picture, EVERY))[visible].max() > 0.01, "the weight does something"


def test_grey_view_and_strides(picture: np.ndarray) -> None:
    grey = np.broadcast_to(picture[..., :1], picture.shape)
    assert np.array_equal(edit_full_size(grey, EVERY), edit_full_size(np.ascontiguousarray(grey), EVERY))
    turned = picture.swapaxes(0, 1)
    assert np.array_equal(edit_full_size(turned, EVERY), edit_full_size(np.ascontiguousarray(turned), EVERY))


def test_the_result_goes_where_it_is_wanted(picture: np.ndarray) -> None:
    room = np.zeros((700, 1000, 4), np.uint8)
    values = {"exposure": 0.5, "saturation": 1.2}
    assert edit_full_size(picture, values, out=room[..., :3]).base is room
    assert np.array_equal(room[..., :3], edit_full_size(picture, values))
    assert not room[..., 3].any()


def test_edit_takes_this_way_from_200_000_pixels_on(monkeypatch: pytest.MonkeyPatch) -> None:
    import editor_ops.full_size

    sizes = []
    monkeypatch.setattr(editor_ops.editor, "edit_full_size", lambda image, *_: sizes.append(image.shape) or image)
    edit(np.zeros((399, 500, 3), np.uint8), EVERY)
    edit(np.zeros((400, 500, 3), np.uint8), EVERY)
    assert sizes == [(400, 500, 3)]


@pytest.mark.parametrize(
    ("std_dev", "n"),
    [(1.0, 50), (1.92, 64), (2.4, 200), (9.0, 7), (30.0, 990), (30.0, 1), (30.0, 30), (180.0, 5940), (180.0, 500)],
)
def test_wide_blur_is_gegls_recursion(std_dev: float, n: int) -> None:
    """Exact at the nodes, and 1e-5 between them, up to both ends."""
    rng = np.random.default_rng(5)
    lines = rng.random((n, 3), dtype=np.float32)
    lines[: n // 2, 0] = 0
    lines[:, 1] = 1
    expected = lines.astype(np.float64)
    recurse(expected, std_dev)
    step = node_step(std_dev)
    nodes = blur_down(lambda rows: lines[None, rows], n, std_dev, 100)[0]
    places = (np.arange(len(nodes)) - 1) * step
    inside = (places >= 0) & (places < n)
    assert np.abs(nodes[inside] - expected[places[inside]]).max() < 1e-6
    down = Blurred(nodes[None], step, False)
    assert np.abs(down.tile(slice(0, n), slice(0, 3))[0] - expected).max() < 1e-5
    some = slice(n // 3, n // 3 + n // 2 + 1)
    assert np.abs(down.tile(some, slice(1, 2))[0] - expected[some, 1:2]).max() < 1e-5
    assert np.abs(between_columns(nodes.T[None], step, n)[0] - expected.T).max() < 1e-5


@pytest.mark.parametrize("size", [(3, 5), (20, 30), (1, 1), (1, 33)])
def test_pictures_too_small_for_a_recursion(size: tuple[int, int]) -> None:
    """Below a deviation of one pixel GEGL convolves."""
    noise = np.random.default_rng(8).random((*size, 3), dtype=np.float32)
    assert np.abs(edit_full_size(noise, EVERY) - plain(noise, EVERY)).max() < 1e-4


# AdobeRGB's primaries, adapted to D50: columns are the XYZ of red, green and blue (Adobe RGB (1998), annex C).
ADOBE = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])


def test_other_primaries(picture: np.ndarray) -> None:
    """Edited in its own primaries, a picture keeps its luminance where saturation changes, and its greys stay grey."""
    to_srgb = np.linalg.inv(RGB_TO_XYZ) @ ADOBE
    image = picture.astype(np.float32) / 255
    result = edit_full_size(image, {"saturation": 1.5}, None, to_srgb)
    before, after = (srgb_to_linear(x.astype(np.float64)) @ ADOBE[1] for x in (image, result))
    assert np.abs(before - after).max() < 1e-5
    assert np.abs(result - edit_full_size(image, {"saturation": 1.5})).max() > 0.01
    grey = np.repeat(image[..., :1], 3, -1)
    assert np.ptp(edit_full_size(grey, {"shadows": 40.0, "saturation": 1.5}, None, to_srgb), axis=-1).max() < 1e-3
    alike = {"contrast": 0.2, "exposure": 0.5, "clarity": 0.3}  # the same for all channels
    assert np.abs(edit_full_size(image, alike, None, to_srgb) - edit_full_size(image, alike)).max() < 1e-4
    warm = {"temperature": 8000.0, "tint": 0.9}  # by sRGB's channels
    there, back = srgb_to_linear(edit_full_size(image, warm, None, to_srgb)), srgb_to_linear(image) @ to_srgb.T
    gains = srgb_to_linear(edit_full_size(np.ones((1, 1, 3), np.float32), warm))
    assert np.abs(there @ to_srgb.T - back * gains).max() < 1e-4


def test_srgb_as_other_primaries_changes_nothing(picture: np.ndarray) -> None:
    image = picture.astype(np.float32) / 255
    assert np.abs(edit_full_size(image, EVERY, None, np.eye(3)) - edit_full_size(image, EVERY)).max() < 1e-5


BIG = """
import numpy as np
from editor_ops import edit
def peak():  # not getrusage's, which begins with the size of the process that started this one
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith("VmHWM"))
image = np.zeros((4000, 6000, 3), np.uint8)
image[:, ::3] = 130
before = peak()
edit(image, {values})
print(before, peak())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_memory_of_24_megapixels() -> None:
    """Every slider moved: the whole process stays under 0.4 GB, of which both pictures take 0.14."""
    code = BIG.format(values=EVERY)
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    before, peak = (int(number) * 1024 for number in output.split())
    assert before < peak < 0.4e9


def test_an_error_in_a_strip_comes_out(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="no slider"):
        edit_full_size(picture, {"brilliance": 1.0})
    with pytest.raises(ValueError, match="GIMP takes"):
        edit_full_size(picture, {"exposure": float("nan")})


def test_three_blurs_in_a_row(picture: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the table asks for today: each blur sees what the one before it left."""
    import editor_ops.full_size

    steps = chain({"clarity": 0.4, "shadows": 30.0}, picture.shape[1], picture.shape[0])
    steps = [*steps, ("gegl:exposure", {"exposure": 0.3}), *steps]
    monkeypatch.setattr(editor_ops.full_size, "chain", lambda *_: steps)
    image = picture.astype(np.float32) / 255
    assert np.abs(edit_full_size(image, {}) - linear_to_srgb(run(srgb_to_linear(image), steps))).max() < 1e-4
