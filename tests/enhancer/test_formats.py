# SPDX-License-Identifier: GPL-3.0-or-later
"""A decision for other programs: what they read, and by how much it differs from the edit itself."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result
from PIL import Image

from editor_ops import SLIDERS, edit, filters
from editor_ops.chain import MODE_WORDS
from enhancer.format_names import FORMATS, NODES
from enhancer.formats import BLENDED, cube, gegl_chain, left_out
from models import Decision
from tools import policies
from trainer.cli import main

PHOTO = Path(__file__).parents[1] / "photos" / "parrots.png"
POINT_WISE = [slider for slider in SLIDERS if not slider.radius_property]
MAX, MEAN = 4, 0.3
"""Of a LUT of NODES nodes against the exact edit without what a LUT can't hold, in levels."""


def ffmpeg() -> str:
    """The program, from the system or from the package imageio-ffmpeg."""
    if found := shutil.which("ffmpeg"):
        return found
    packaged = pytest.importorskip("imageio_ffmpeg", reason="there is no ffmpeg")
    return str(packaged.get_ffmpeg_exe())


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["enhance", "--jobs", "1", *map(str, arguments)])


def looks() -> list[dict[str, float]]:
    """Edits of usual size: all sliders at once, and one at a time."""
    random = np.random.default_rng(0)
    together = [{s.name: s.values()[int(random.integers(12, 20))] for s in POINT_WISE} for _ in range(4)]
    return together + [{s.name: s.values()[level]} for s in POINT_WISE for level in (12, 19)]


def lattice(text: str) -> np.ndarray:
    """(nodes blue, nodes green, nodes red, 3) of a .cube file, read as its specification says."""
    rows = [line for line in text.splitlines() if line and (line[0].isdigit() or line[0] == "-")]
    nodes = round(len(rows) ** (1 / 3))
    assert f"LUT_3D_SIZE {nodes}" in text.splitlines() and len(rows) == nodes**3
    return np.array([[float(x) for x in row.split()] for row in rows]).reshape(nodes, nodes, nodes, 3)


def test_red_changes_fastest_and_nodes_are_exact() -> None:
    values = {"exposure": 0.5, "tint": 1.1, "saturation": 1.2}
    table = lattice(cube(values, 17))
    for red, green, blue in ((0, 0, 0), (16, 16, 16), (5, 9, 13)):
        exact = edit(np.array([[[red, green, blue]]]) / 16, values)[0, 0]
        assert table[blue, green, red] == pytest.approx(exact, abs=1e-5)


def test_what_a_lut_cant_hold_is_named_and_left_out() -> None:
    values = {"contrast": 0.4, "shadows": 20.0, "clarity": 0.1}
    assert [slider.name for slider in left_out(values)] == ["shadows", "clarity"]
    text = cube(values, 17, 'a "name"\nwith lines')
    assert np.array_equal(lattice(text), lattice(cube({"contrast": 0.4}, 17)))
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert len(comments) == 3 and "Shadows" in comments[1] and "Clarity" in comments[2]


def test_ffmpeg_reads_the_lut(tmp_path: Path) -> None:
    """By its own filter lut3d, on a real photo; in one process, a look after the other."""
    with Image.open(PHOTO) as photo:
        pixels = np.asarray(photo.convert("RGB"))
    tifffile.imwrite(tmp_path / "in.tif", pixels.astype(np.uint16) * 257, photometric="rgb")  # ffmpeg makes 255 65280
    command = [ffmpeg(), "-v", "error", "-i", "in.tif"]
    branches = []
    for i, values in enumerate(looks()):
        (tmp_path / f"{i}.cube").write_text(cube(values))
        branches.append(f"[s{i}]format=gbrp16,lut3d=file={i}.cube:interp=tetrahedral,format=rgb48le[o{i}]")
    splits = "".join(f"[s{i}]" for i in range(len(branches)))
    command += ["-filter_complex", f"[0]split={len(branches)}{splits};{';'.join(branches)}"]
    for i in range(len(branches)):
        command += ["-map", f"[o{i}]", "-frames:v", "1", "-compression_algo", "raw", f"{i}.tif"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    for i, values in enumerate(looks()):
        exact = 255 * np.clip(edit(pixels.astype(np.float32) / 255, values), 0, 1)
        difference = np.abs(tifffile.imread(tmp_path / f"{i}.tif") / 257 - exact)
        assert difference.max() <= MAX and difference.mean() <= MEAN, values


def test_every_blend_mode_of_the_sliders_has_its_chain() -> None:
    ways = {way for slider in SLIDERS for way in (slider.up, slider.down) if way}
    assert ways == set(BLENDED) and {mode for _, mode in ways} == set(MODE_WORDS)
    made = filters({s.name: s.highest for s in SLIDERS}, 300, 200)
    text = gegl_chain(made)
    assert len(text.splitlines()) == len(made)
    assert [line.split()[0] for line in text.splitlines()][2:] == [each.operation for each in made][2:]
    assert "radius=9" in text and gegl_chain([]) == ""


def test_the_command_writes_them_beside_the_copy(tmp_path: Path, every: Path) -> None:
    out = tmp_path / "out"
    formats = [argument for name in FORMATS for argument in ("--as", name)]
    dry = run(PHOTO, "--out", out, "--model", every, *formats, "--dry-run")
    assert dry.exit_code == 0 and not out.exists()
    done = run(PHOTO, "--out", out, "--model", every, *formats)
    assert done.exit_code == 0, done.output
    assert {path.name for path in out.iterdir()} == {PHOTO.name, *(PHOTO.name + end for end in FORMATS.values())}
    values = {s.name: s.values()[policies.EVERY_SLIDER[s.name]] for s in SLIDERS}
    decision = Decision.from_json(json.loads((out / f"{PHOTO.name}.decision.json").read_bytes()))
    assert decision.values == values
    with Image.open(PHOTO) as photo:
        assert (out / f"{PHOTO.name}.gegl").read_text() == gegl_chain(filters(values, *photo.size))
    table = lattice((out / f"{PHOTO.name}.cube").read_text())
    assert table.shape == (NODES, NODES, NODES, 3)
    assert all(slider.label in done.stdout for slider in left_out(values))
    again = run(PHOTO, "--out", out, "--model", every, "--as", "cube")
    assert again.exit_code == 1
    other = run(PHOTO, "--out", tmp_path / "other", "--model", every, "--as", "cube", "--nodes", 17)
    assert other.exit_code == 0 and len(lattice((tmp_path / "other" / f"{PHOTO.name}.cube").read_text())) == 17
    for wrong in (["--as", "tga"], ["--nodes", 17], ["--as", "cube", "--nodes", 16]):
        assert run(PHOTO, "--out", tmp_path / "x", "--model", every, *wrong).exit_code == 2
    assert not (tmp_path / "x").exists()


def test_with_sidecars_they_are_part_of_what_is_done(tmp_path: Path, every: Path) -> None:
    out, arguments = tmp_path / "out", ["--model", every, "--sidecar", "--as", "gegl"]
    assert run(PHOTO, "--out", out, *arguments).exit_code == 0
    made = {path: path.stat().st_mtime_ns for path in out.iterdir()}
    assert run(PHOTO, "--out", out, *arguments).exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in out.iterdir()} == made
    assert run(PHOTO, "--out", out, "--model", every, "--sidecar").exit_code == 1  # other settings
    chain = out / f"{PHOTO.name}.gegl"
    chain.write_text("my own")
    assert run(PHOTO, "--out", out, *arguments).exit_code == 1 and chain.read_text() == "my own"
    chain.unlink()
    (out / PHOTO.name).unlink()  # a copy that was removed is made again, and what belongs to it
    assert run(PHOTO, "--out", out, *arguments).exit_code == 0 and "gegl:" in chain.read_text()


def test_beside_copies_they_are_no_files_that_are_left_out(tmp_path: Path, every: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / PHOTO.name).write_bytes(PHOTO.read_bytes())
    every_format = [argument for name in FORMATS for argument in ("--as", name)]
    assert run(photos, "--out", photos / "out", "--model", every, *every_format).exit_code == 0
    (photos / "mine.cube").write_text("a look of my own")
    again = run(photos, "--out", tmp_path / "other", "--model", every)
    assert again.exit_code == 0 and "left out: 1 other file\n" in again.stderr
