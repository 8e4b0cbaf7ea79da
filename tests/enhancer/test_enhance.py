# SPDX-License-Identifier: GPL-3.0-or-later
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner, Result
from PIL import Image

from editor_ops import SLIDERS, edit
from enhancer import enhance, photo
from models import Policy
from models.decision import FORMAT_VERSION
from models.thumbnail import thumbnail
from tools import policies
from trainer.cli import main

PHOTOS = sorted((Path(__file__).parents[1] / "photos").glob("*.png"))


def run(*arguments: object) -> Result:
    """In this process, in the order given; test_batch.py has the rest."""
    return CliRunner().invoke(main, ["enhance", "--jobs", "1", *map(str, arguments)])


def decided(result: Result) -> list[dict[str, float]]:
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return [{row["name"]: row["value"] for row in line["sliders"]} for line in lines]


def test_the_copy_is_the_edit_of_the_decision(tmp_path: Path, every: Path) -> None:
    result = run(*PHOTOS, "--out", tmp_path / "out", "--model", every, "--json")
    assert result.exit_code == 0, result.output
    for path, line in zip(PHOTOS, result.stdout.splitlines(), strict=True):
        decision = json.loads(line)
        assert (
            decision["photo"] == str(path)
            and decision["format"] == FORMAT_VERSION
            and decision["model"]["name"] == "every"
        )
        values = {row["name"]: row["value"] for row in decision["sliders"]}
        assert values == {s.name: s.values()[policies.EVERY_SLIDER[s.name]] for s in SLIDERS}
        assert decision["filters"][0]["operation"] == SLIDERS[0].operation
        with Image.open(path) as original, Image.open(decision["output"]) as copy:
            assert np.array_equal(np.asarray(copy), edit(np.asarray(original.convert("RGB")), values))


def test_before_and_after_side_by_side(tmp_path: Path, every: Path) -> None:
    result = run(PHOTOS[0], "--out", tmp_path, "--model", every, "--before-after")
    comparison = tmp_path / f"{PHOTOS[0].stem}-before-after.jpg"
    assert result.exit_code == 0 and str(comparison) in result.output.replace("\n", "")
    with (
        Image.open(PHOTOS[0]) as before,
        Image.open(tmp_path / PHOTOS[0].name) as after,
        Image.open(comparison) as both,
    ):
        width, height = before.size
        assert both.size == (2 * width, height)
        pixels = np.asarray(both).astype(int)
        for half, picture in ((pixels[:, :width], before), (pixels[:, width:], after)):
            assert np.abs(half - np.asarray(picture.convert("RGB"))).mean() < 8  # JPEG, of noisy little pictures
    again = run(PHOTOS[1], PHOTOS[0], "--out", tmp_path, "--model", every, "--before-after")
    assert again.exit_code == 1 and "not overwritten" in again.output


def test_strength(tmp_path: Path, every: Path) -> None:
    result = run(PHOTOS[0], "--out", tmp_path / "none", "--model", every, "--strength", 0, "--json")
    assert decided(result) == [{s.name: s.neutral for s in SLIDERS}]
    with Image.open(PHOTOS[0]) as original, Image.open(tmp_path / "none" / PHOTOS[0].name) as copy:
        assert np.array_equal(np.asarray(copy), np.asarray(original))
    half = decided(run(PHOTOS[0], "--out", tmp_path / "half", "--model", every, "--strength", 0.5, "--json"))[0]
    full = decided(run(PHOTOS[0], "--out", tmp_path / "full", "--model", every, "--json"))[0]
    assert half["exposure"] == pytest.approx(full["exposure"] / 2)
    for wrong in ("-0.1", "2.1", "much"):
        refused = run(PHOTOS[0], "--out", tmp_path / "x", "--model", every, "--strength", wrong)
        assert refused.exit_code == 2 and not (tmp_path / "x").exists()


def test_the_same_scene_in_other_files_gets_the_same_sliders(tmp_path: Path, brighten: Path) -> None:
    """8 and 16 bits, float, a palette's worth of alpha, another profile: one decision."""
    from enhancer import icc
    from tests.enhancer.test_photo import ADOBE

    picture = np.asarray(Image.open(PHOTOS[0]).convert("RGB"))
    Image.fromarray(picture).save(tmp_path / "plain.png")
    alpha = np.full(picture.shape[:2], 255, np.uint8)
    Image.fromarray(np.dstack([picture, alpha])).save(tmp_path / "alpha.png")
    tifffile.imwrite(tmp_path / "deep.tif", picture.astype(np.uint16) * 257, photometric="rgb")
    tifffile.imwrite(tmp_path / "float.tif", picture.astype(np.float32) / 255, photometric="rgb")
    curve = icc.tone_curve(ADOBE)
    assert curve is not None
    other = np.rint(curve.encode(icc.SRGB.decode(picture / 255)) * 255).astype(np.uint8)
    Image.fromarray(other).save(tmp_path / "adobe.png", icc_profile=ADOBE)
    files = sorted(tmp_path.glob("*.*"))
    result = run(*files, "--out", tmp_path / "out", "--model", brighten, "--json")
    assert result.exit_code == 0, result.output
    decisions = decided(result)
    assert len(decisions) == 5 and all(one == decisions[0] for one in decisions)
    assert decisions[0]["exposure"] > 0
    shown = {path.name: photo.srgb(photo.read(path)).astype(int) for path in (tmp_path / "out").iterdir()}
    for name, pixels in shown.items():
        assert np.abs(pixels - shown["plain.png"]).mean() < 1.5, name
    assert tifffile.imread(tmp_path / "out" / "deep.tif").dtype == np.uint16
    assert tifffile.imread(tmp_path / "out" / "float.tif").dtype == np.float32
    with Image.open(tmp_path / "out" / "alpha.png") as copy:
        assert np.array_equal(np.asarray(copy)[..., 3], alpha)


def test_orientation_counts_for_the_decision(tmp_path: Path, every: Path) -> None:
    """A photo stored on its side: the policy sees it upright, and the copy is upright."""
    from tests.enhancer.test_photo import exif_block

    picture = Image.open(PHOTOS[0]).convert("RGB")
    picture.transpose(Image.Transpose.ROTATE_90).save(
        tmp_path / "a.jpg", exif=exif_block(6), quality=100, subsampling=0
    )
    seen = []

    class Looking(Policy):
        def decide_thumbnail(self, thumbnail_, *arguments, **options):  # type: ignore[no-untyped-def]
            seen.append(thumbnail_)
            return super().decide_thumbnail(thumbnail_, *arguments, **options)

    loaded = Policy.load(every)
    looking = Looking(loaded.file)
    (tmp_path / "out").mkdir()
    task = enhance.Task(tmp_path / "a.jpg", tmp_path / "out" / "a.jpg")
    done = enhance.enhance(task, looking, enhance.Settings(strength=0.0))
    assert (done.width, done.height) == picture.size
    assert np.abs(seen[0] - thumbnail(np.asarray(picture))).mean() < 2 / 255
    with Image.open(tmp_path / "out" / "a.jpg") as copy:
        assert copy.size == picture.size


def test_grey_photos_keep_the_colour_sliders_still(tmp_path: Path, every: Path) -> None:
    Image.open(PHOTOS[0]).convert("L").save(tmp_path / "a.png")
    result = run(tmp_path / "a.png", "--out", tmp_path / "out", "--model", every, "--json")
    values = decided(result)[0]
    for slider in SLIDERS:
        assert (values[slider.name] == slider.neutral) == slider.colour, slider.name
    with Image.open(tmp_path / "out" / "a.png") as copy:
        assert copy.mode == "L"


def test_transparent_pixels_do_not_count(tmp_path: Path, brighten: Path) -> None:
    """A grey disc on transparent white decides as a grey picture, not as a nearly white one."""
    pixels = np.full((80, 80, 4), 255, np.uint8)
    pixels[..., 3] = 0
    pixels[20:60, 20:60] = (64, 64, 64, 255)
    Image.fromarray(pixels).save(tmp_path / "disc.png")
    Image.new("RGB", (80, 80), (64, 64, 64)).save(tmp_path / "grey.png")
    result = run(tmp_path / "disc.png", tmp_path / "grey.png", "--out", tmp_path / "out", "--model", brighten, "--json")
    disc, grey = decided(result)
    assert disc == grey


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_thin_pictures(tmp_path: Path, every: Path, size: tuple[int, int], suffix: str) -> None:
    Image.new("RGB", size, (90, 60, 40)).save(tmp_path / f"a{suffix}")
    result = run(tmp_path / f"a{suffix}", "--out", tmp_path / "out", "--model", every)
    assert result.exit_code == 0, result.output
    assert photo.read(tmp_path / "out" / f"a{suffix}").samples.shape == (size[1], size[0], 3)


def test_what_a_copy_does_not_keep_is_said_once(tmp_path: Path, every: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        Image.new("RGB", (30, 20)).save(tmp_path / name)
    with (tmp_path / "b.jpg").open("ab") as stream:
        stream.write(b"something" * 9)
    both = tmp_path / "a.jpg", tmp_path / "b.jpg"
    result = run(*both, "--out", tmp_path / "out", "--model", every, "--json", "--sidecar")
    assert result.exit_code == 0
    assert [line for line in result.stderr.splitlines() if line.startswith(str(tmp_path))] == result.stderr.splitlines()
    assert len(result.stderr.splitlines()) == 1 and result.stderr.startswith(f"{both[1]}: ")
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert "notes" not in first and len(second["notes"]) == 1 and "81 bytes" in second["notes"][0]
    assert json.loads((tmp_path / "out" / "b.jpg.json").read_text())["notes"] == second["notes"]


@pytest.mark.skipif(os.name != "posix", reason="makes a pipe")
def test_goes_on_after_bad_files_and_says_so(tmp_path: Path, every: Path) -> None:
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "cut.png").write_bytes(PHOTOS[0].read_bytes()[:5000])
    Image.new("CMYK", (9, 9)).save(tmp_path / "print.jpg")
    good = tmp_path / "good.png"
    good.write_bytes(PHOTOS[1].read_bytes())
    os.mkfifo(tmp_path / "pipe.jpg")
    names = ("empty.jpg", "pipe.jpg", "nowhere.jpg", "cut.png", "print.jpg")
    bad = [tmp_path / name for name in names]
    result = run(*bad[:3], good, *bad[3:], "--out", tmp_path / "out", "--model", every)
    assert result.exit_code == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["good.png"]
    for path in bad:
        assert sum(line.startswith(f"{path}: ") for line in result.stderr.splitlines()) == 1, path
    assert "5 of 6 photos failed" in result.stderr
    assert "1 of 6 photos enhanced" in result.stdout
    assert "Traceback" not in result.output


def test_nothing_is_overwritten(tmp_path: Path, every: Path) -> None:
    copy = tmp_path / PHOTOS[0].name
    copy.write_bytes(PHOTOS[0].read_bytes())
    result = run(copy, "--out", tmp_path, "--model", every)  # its own folder: the photo itself would be written
    assert result.exit_code == 1 and "not overwritten" in result.stderr
    assert copy.read_bytes() == PHOTOS[0].read_bytes()


def test_a_full_disk_is_a_problem_of_that_photo(tmp_path: Path, every: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run(*PHOTOS[:2], "--out", tmp_path / "out", "--model", every, "--before-after")
    assert result.exit_code == 1 and "2 of 2 photos failed" in result.stderr
    assert result.stderr.count("No space left on device") == 2
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("where", ["file/below", "file", "/proc/here"])
def test_a_folder_that_cannot_be_written_to_is_one_line(tmp_path: Path, every: Path, where: str) -> None:
    if where.startswith("/proc") and not Path("/proc").is_dir():
        pytest.skip("no /proc, which nobody can write to, on this system")
    (tmp_path / "file").write_text("x")
    result = run(PHOTOS[0], "--out", where if where.startswith("/") else tmp_path / where, "--model", every)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1 and "choose another folder" in result.stderr


@pytest.mark.parametrize("contents", [b"", b"not a model", None])
def test_a_bad_model_is_one_line(tmp_path: Path, contents: bytes | None) -> None:
    if contents is not None:
        (tmp_path / "bad.onnx").write_bytes(contents)
    result = run(PHOTOS[0], "--out", tmp_path / "out", "--model", tmp_path / "bad.onnx")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1 and "bad.onnx" in result.stderr
    assert not (tmp_path / "out").exists()


def test_one_photo_gets_a_table_and_several_a_line_each(tmp_path: Path, every: Path) -> None:
    one = run(PHOTOS[0], "--out", tmp_path / "one", "--model", every).stdout
    for slider in SLIDERS:
        assert slider.label in one and slider.format(slider.values()[policies.EVERY_SLIDER[slider.name]]) in one
        assert slider.menu in one
    several = run(*PHOTOS, "--out", tmp_path / "several", "--model", every)
    assert several.stdout.splitlines() == [f"{len(PHOTOS)} of {len(PHOTOS)} photos enhanced, in {tmp_path / 'several'}"]
    assert sum("Exposure +0.38 stops" in line for line in several.stderr.splitlines()) == len(PHOTOS)


def test_torch_is_never_imported(tmp_path: Path, every: Path) -> None:
    """The packages and `trainer enhance`, in a process of its own; and the packages that only training needs."""
    code = (
        "import sys, editor_ops, models, trainer, trainer.cli, enhancer.photo, enhancer.enhance, trainer.console\n"
        "import gimp_plugin, gimp_plugin.install, gimp_plugin.doctor\n"
        "from trainer.cli import main\n"
        "try:\n"
        f"    main(['enhance', {str(PHOTOS[0])!r}, '--out', {str(tmp_path / 'out')!r}, '--model', {str(every)!r}])\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "heavy = {'torch', 'onnx', 'tensorboard', 'skimage', 'scipy'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=120)
    assert (tmp_path / "out" / PHOTOS[0].name).is_file()


def test_it_works_where_torch_is_not_installed(tmp_path: Path, every: Path) -> None:
    """With torch hidden, `enhance` works and `fit` says in one line what is missing."""
    code = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.partition('.')[0] == 'torch':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from trainer.cli import main; main()"
    )
    command = [sys.executable, "-c", code]
    options = ["enhance", str(PHOTOS[0]), "--out", str(tmp_path / "out"), "--model", str(every)]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=120)
    fit = subprocess.run([*command, "fit", "a", "b", "--out", "c"], capture_output=True, text=True, timeout=120)
    assert fit.returncode == 2
    assert "torch is not installed: pip install 'auto-enhance-rl[train]'" in fit.stderr
    assert len(fit.stderr.splitlines()) == 1


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_progress_is_on_the_terminal_and_results_are_not(tmp_path: Path, every: Path) -> None:
    """`trainer enhance ... --json > file` at a terminal: the bar with the time left there, pure JSON in the file."""
    import pty

    ours, theirs = pty.openpty()
    command = [
        sys.executable,
        "-c",
        "from trainer.cli import main; main()",
        "enhance",
        *map(str, PHOTOS),
        "--json",
        "--jobs",
        "1",
    ]
    with (tmp_path / "decisions").open("wb") as stdout:
        process = subprocess.Popen(
            [*command, "--out", str(tmp_path / "out"), "--model", str(every)], stdout=stdout, stderr=theirs
        )
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while piece := os.read(ours, 65536):
                seen += piece
        os.close(ours)
        assert process.wait(timeout=120) == 0
    lines = (tmp_path / "decisions").read_text().splitlines()
    assert [json.loads(line)["photo"] for line in lines] == list(map(str, PHOTOS))
    assert b"Enhancing" in seen and f"{len(PHOTOS)}".encode() in seen and b'"format"' not in seen


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT")
def test_ctrl_c_leaves_no_half_file(tmp_path: Path, every: Path) -> None:
    """Interrupted in the middle of a stack of larger photos: whole files only, what was done is said, exit code 130."""
    big = Image.open(PHOTOS[0]).convert("RGB").resize((3000, 2000))
    big.save(tmp_path / "0.png", compress_level=1)
    files = [tmp_path / f"{i}.png" for i in range(12)]
    for path in files[1:]:
        os.link(files[0], path)
    out = tmp_path / "out"
    command = [sys.executable, "-c", "from trainer.cli import main; main()", "enhance", *map(str, files), "--jobs", "1"]
    process = subprocess.Popen(
        [*command, "--out", str(out), "--model", str(every)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 90
    while not (out / "1.png").exists() and time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    done = sorted(out.iterdir())
    assert 2 <= len(done) < 12 and all(path.suffix == ".png" for path in done), done
    for path in done:
        with Image.open(path) as copy:
            copy.load()
    # A photo may be whole and not yet counted.
    assert any(f"stopped: {count} of 12 photos done" in said for count in (len(done), len(done) - 1)), said
    assert "Traceback" not in said
