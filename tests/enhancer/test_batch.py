# SPDX-License-Identifier: GPL-3.0-or-later
"""`trainer enhance` on folders: what is taken, what is left alone, and that it can be killed at any time."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from editor_ops import SLIDERS
from enhancer import batch, files, kinds, photo, sidecar
from trainer.cli import main

ROOT = Path(__file__).parents[2]
PHOTOS = sorted((ROOT / "tests" / "photos").glob("*.png"))
TRAINER = [sys.executable, "-c", "from trainer.cli import main; main()", "enhance"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four small photos, each its own, in three folders."""
    names = ("a.png", "b.jpg", "sub/a.png", "sub/deep er/c.tif")
    return filled(tmp_path / "photos", *names)


def filled(folder: Path, *names: str, size: tuple[int, int] = (48, 36)) -> Path:
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(PHOTOS[i % len(PHOTOS)]) as picture:
            shift = 2 * (i // len(PHOTOS))
            picture.convert("RGB").resize(size, box=(shift, 0, 80 + shift, 60)).save(path)
    return folder


def run(*arguments: object, jobs: int = 1) -> Result:
    return CliRunner().invoke(main, ["enhance", "--jobs", str(jobs), *map(str, arguments)])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below, hidden ones too."""
    found = (Path(here, name) for here, _, names in os.walk(folder) for name in names)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def pictures(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(folder).items() if not name.endswith(".json")}


def identities(folder: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of every file: another one where it was written again."""
    stats = {name: (folder / name).stat() for name in contents(folder)}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def test_a_folders_contents_keep_their_folders(folder: Path, tmp_path: Path, brighten: Path) -> None:
    before = contents(folder)
    result = run(folder, "--out", tmp_path / "out", "--model", brighten)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"4 of 4 photos enhanced, in {tmp_path / 'out'}\n"
    copies = ["a.png", "b.jpg", "sub/a.png", "sub/deep er/c.tif"]
    assert sorted(contents(tmp_path / "out")) == sorted([*copies, *(f"{name}.json" for name in copies)])
    assert contents(folder) == before
    single = run(folder / "sub" / "a.png", "--out", tmp_path / "single", "--model", brighten)
    assert single.exit_code == 0
    assert (tmp_path / "single" / "a.png").read_bytes() == (tmp_path / "out" / "sub" / "a.png").read_bytes()
    assert list(contents(tmp_path / "single")) == ["a.png"]  # a photo by its name has no sidecar


def test_the_sidecar_is_the_decision(folder: Path, tmp_path: Path, brighten: Path) -> None:
    result = run(folder, "--out", tmp_path / "out", "--model", brighten, "--strength", 0.5, "--json")
    lines = {line["output"]: line for line in map(json.loads, result.stdout.splitlines())}
    assert len(lines) == 4
    for output, line in lines.items():
        record = json.loads(Path(output + ".json").read_text())
        made = record.pop("made")
        assert (record["photo"], record["output"]) == (line["photo"], Path(output).name)
        assert line.pop("skipped") is False
        assert record | {"photo": line["photo"], "output": output} == line
        assert record["strength"] == 0.5 and record["filters"] and made["settings"]["model"] == line["model"]["sha256"]
        stat = Path(line["photo"]).stat()
        assert made["photo"] == {"size": stat.st_size, "modified_ns": stat.st_mtime_ns}
        assert made["files"] == {Path(output).name: sidecar.fingerprint(Path(output))}


def test_what_is_done_is_skipped(folder: Path, tmp_path: Path, every: Path) -> None:
    out = tmp_path / "out"
    first = run(folder, "--out", out, "--model", every, "--json")
    before = identities(out)
    filled(folder, "new.png")
    again = run(folder, "--out", out, "--model", every)
    assert again.exit_code == 0
    assert again.stdout == f"1 of 5 photos enhanced, 4 done before, in {out}\n"
    assert before.items() <= identities(out).items() and len(identities(out)) == len(before) + 2
    lines = [json.loads(line) for line in run(folder, "--out", out, "--model", every, "--json").stdout.splitlines()]
    assert [line.pop("skipped") for line in lines] == [True] * 5
    assert all({**json.loads(line), "skipped": True} in [{**done, "skipped": True} for done in lines]
               for line in first.stdout.splitlines())  # fmt: skip


def test_a_copied_folder_of_copies_is_done_too(folder: Path, tmp_path: Path, every: Path) -> None:
    """Copying changes the times of the copies; their contents tell."""
    run(folder, "--out", tmp_path / "out", "--model", every)
    shutil.copytree(tmp_path / "out", tmp_path / "moved", copy_function=shutil.copyfile)
    for path in (tmp_path / "moved").rglob("*.*"):
        os.utime(path, (1, 1))
    result = run(folder, "--out", tmp_path / "moved", "--model", every)
    assert "4 done before" in result.stdout, result.output


def test_a_removed_copy_is_made_again(folder: Path, tmp_path: Path, every: Path) -> None:
    out = tmp_path / "out"
    run(folder, "--out", out, "--model", every, "--before-after")
    before = contents(out)
    (out / "a.png").unlink()
    (out / "b-before-after.jpg").unlink()  # not wanted by somebody: that is no reason to make all of it again
    kept = identities(out)
    result = run(folder, "--out", out, "--model", every, "--before-after")
    assert "1 of 4 photos enhanced, 3 done before" in result.stdout, result.output
    assert pictures(out) == {n: data for n, data in before.items() if "json" not in n and n != "b-before-after.jpg"}
    changed = {name for name, identity in identities(out).items() if kept.get(name) != identity}
    assert changed == {"a.png", "a.png.json", "a-before-after.jpg"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["--strength", "0.5"], "other settings (strength)"),
        (["--before-after"], "other settings (before_after)"),
        (["--leave", "saturation"], "other settings (leave)"),
        (["--model", "brighten"], "other settings (model)"),
        (["touch"], "from another photo"),
    ],
)
def test_a_copy_made_otherwise_is_left_and_named(
    folder: Path, tmp_path: Path, every: Path, brighten: Path, change: list[str], words: str
) -> None:
    out = tmp_path / "out"
    run(folder, "--out", out, "--model", every)
    before = identities(out)
    if change == ["touch"]:
        filled(folder, "x.png", "a.png")  # another picture under a's name
        (folder / "x.png").unlink()
        change = []
    options = [str(brighten) if each == "brighten" else each for each in change]
    result = run(folder, "--out", out, *(["--model", every] if "--model" not in options else []), *options)
    assert result.exit_code == 1
    assert identities(out) == before
    problems = [line for line in result.stderr.splitlines() if line.startswith(str(out))]
    assert len(problems) == (4 if change else 1)
    assert all(words in line and "remove it to have it made again" in line for line in problems), problems


def test_other_peoples_files_are_left_and_named(folder: Path, tmp_path: Path, every: Path) -> None:
    out = tmp_path / "out"
    run(folder, "--out", out, "--model", every)
    (out / "a.png").write_bytes((out / "a.png").read_bytes() + b"edited since")
    (out / "b.jpg.json").write_text('{"made": {"by": "somebody else"}}')
    (out / "sub" / "a.png.json").unlink()
    (out / "sub" / "deep er" / "c.tif").unlink()
    (out / "sub" / "deep er" / "c.tif").symlink_to(folder / "a.png")
    (out / ".a.png.notes").write_text("a hidden file of the user's")
    before = contents(out)
    result = run(folder, "--out", out, "--model", every)
    assert result.exit_code == 1 and "4 of 4 photos failed" in result.stderr
    for name in ("a.png: is not as this command made it", "b.jpg.json: is there already, and is no decision",
                 "sub/a.png: is there already, and was not made", "c.tif: is not as this command made it"):  # fmt: skip
        assert sum(name in line and "choose another folder" in line for line in result.stderr.splitlines()) == 1, name
    assert contents(out) == before


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", '{"made": 1}', '{"made": {"files": {}}}', "[" * 100_000,
             '{"made": {"by": "trainer enhance", "files": {"a.png": {"size": "1"}}, "photo": {}, "settings": {}}}'],
)  # fmt: skip
def test_a_damaged_sidecar_is_somebody_elses(tmp_path: Path, every: Path, text: str) -> None:
    filled(tmp_path / "photos", "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png.json").write_text(text)
    result = run(tmp_path / "photos", "--out", tmp_path / "out", "--model", every)
    assert result.exit_code == 1 and "is no decision of this command" in result.stderr
    assert (tmp_path / "out" / "a.png.json").read_text() == text


def test_a_sidecar_without_its_copys_time_goes_by_the_contents(tmp_path: Path, every: Path) -> None:
    filled(tmp_path / "photos", "a.png")
    ask = (tmp_path / "photos", "--out", tmp_path / "out", "--model", every)
    assert run(*ask).exit_code == 0
    path = tmp_path / "out" / "a.png.json"
    record = json.loads(path.read_text())
    del record["made"]["files"]["a.png"]["modified_ns"]
    path.write_text(json.dumps(record))
    before = contents(tmp_path / "out")
    assert run(*ask).exit_code == 0 and contents(tmp_path / "out") == before


@pytest.mark.slow
def test_dry_run_writes_nothing(folder: Path, tmp_path: Path, every: Path) -> None:
    before = contents(tmp_path)
    result = run(folder, "--out", tmp_path / "out", "--model", every, "--dry-run", jobs=2)
    assert result.exit_code == 0, result.output
    assert not (tmp_path / "out").exists() and contents(tmp_path) == before
    assert result.stdout == f"4 of 4 photos would be enhanced, in {tmp_path / 'out'}\n"
    for name in ("a.png", "sub/a.png"):
        line = f"{folder / name} -> {tmp_path / 'out' / name}: {SLIDERS[0].label} "
        assert sum(said.startswith(line) for said in result.stderr.splitlines()) == 1
    run(folder, "--out", tmp_path / "out", "--model", every)
    (tmp_path / "out" / "a.png").unlink()  # unfinished: its sidecar is there
    (tmp_path / "out" / ".b.jpg.1.part").write_bytes(b"left by a killed run")
    before = contents(tmp_path)
    lines = run(folder, "--out", tmp_path / "out", "--model", every, "--dry-run", "--json").stdout.splitlines()
    said = [json.loads(line) for line in lines]
    assert sorted((line["skipped"], line.get("dry_run", False)) for line in said) == [(False, True)] + 3 * [
        (True, False)
    ]
    one = run(folder / "a.png", "--out", tmp_path / "one", "--model", every, "--dry-run")
    assert f"would be written: {tmp_path / 'one' / 'a.png'}" in one.stdout and "Exposure" in one.stdout
    assert contents(tmp_path) == before


def test_photos_and_folders_mixed(folder: Path, tmp_path: Path, every: Path) -> None:
    filled(tmp_path, "single.png", "other/a.png")
    result = run(folder, tmp_path / "single.png", tmp_path / "other", "--out", tmp_path / "out", "--model", every)
    assert result.exit_code == 0, result.output
    assert sorted(pictures(tmp_path / "out")) == [
        "other/a.png", "photos/a.png", "photos/b.jpg", "photos/sub/a.png", "photos/sub/deep er/c.tif", "single.png",
    ]  # fmt: skip
    assert "single.png.json" in contents(tmp_path / "out")


def test_what_is_taken_from_a_folder(
    folder: Path, tmp_path: Path, every: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder, ".hidden.png", ".trash/a.png", "strong/z.png")
    (folder / "notes.txt").write_text("no photo")
    for name in ("raw.cr2", "sub/RAW.NEF", "phone.heic", ".hidden.heic"):
        (folder / name).write_bytes(b"no photo that is read")
    (folder / "empty.JPG").write_bytes(b"")
    (folder / "a folder.png").mkdir()
    (folder / "link.png").symlink_to(folder / "a.png")
    (folder / "round").symlink_to(folder)
    (folder / "broken.png").symlink_to(folder / "nowhere")
    monkeypatch.chdir(folder)
    result = run(".", "--out", "sub/enhanced", "--model", every)
    taken = ["a.png", "b.jpg", "link.png", "strong/z.png", "sub/a.png", "sub/deep er/c.tif"]
    assert sorted(pictures(folder / "sub" / "enhanced")) == taken
    assert not (folder / "sub" / "enhanced" / "link.png").is_symlink()
    assert result.exit_code == 1
    assert "broken.png: cannot be read" in result.stderr and "empty.JPG: is empty" in result.stderr
    assert "2 of 8 photos failed" in result.stderr
    assert "left out: 2 camera raw, 1 HEIC, 1 other file\n" in result.stderr
    again = run(".", "--out", "sub/enhanced", "--model", every)  # the copies lie in the folder, and are no photos
    assert "0 of 8 photos enhanced, 6 done before" in again.stdout
    other = run(".", "--out", "sub/softer", "--model", every, "--strength", 0.5)  # nor are they for another output
    assert "left out: 6 photos that this command has made" in other.stderr
    assert "left out: 2 camera raw, 1 HEIC, 1 other file\n" in other.stderr  # the decisions go with their copies
    assert sorted(pictures(folder / "sub" / "softer")) == taken
    edited = folder / "sub" / "enhanced" / "a.png"  # but one that was worked on since is somebody's photo
    edited.write_bytes(filled(folder / ".new", "n.png").joinpath("n.png").read_bytes())
    third = run(".", "--out", "third", "--model", every, "--dry-run")
    assert f"{Path('sub/enhanced/a.png')} -> " in third.stderr


def test_two_photos_for_one_copy_are_refused(folder: Path, tmp_path: Path, every: Path) -> None:
    for inputs, options in (
        ([folder / "a.png", folder / "sub" / "a.png"], []),
        ([folder / "a.png", folder / "a.png"], []),
        ([filled(tmp_path / "1", "x/a.png") / "x", filled(tmp_path / "2", "x/a.png") / "x"], []),
        ([filled(tmp_path / "3", "a.png", "a.jpg")], ["--before-after"]),
    ):
        result = run(*inputs, "--out", tmp_path / "out", "--model", every, *options)
        assert result.exit_code == 2 and not (tmp_path / "out").exists()
        (line,) = result.stderr.splitlines()
        assert line.count("a.png") + line.count("a.jpg") >= 2 and "would both be written to" in line
    itself = run(folder, "--out", folder, "--model", every)
    assert itself.exit_code == 2 and "is the folder of the photos itself" in itself.stderr


def test_folders_without_photos_and_unknown_inputs_are_problems(folder: Path, tmp_path: Path, every: Path) -> None:
    (tmp_path / "empty").mkdir()
    inputs = [tmp_path / "empty", folder, tmp_path / "nowhere"]
    result = run(*inputs, "--out", tmp_path / "out", "--model", every)
    assert result.exit_code == 1 and "4 of 6 photos enhanced" in result.stdout
    assert f"{tmp_path / 'empty'}: has no photos" in result.stderr
    assert f"{tmp_path / 'nowhere'}: cannot be read (No such file" in result.stderr


def test_odd_names(tmp_path: Path, every: Path) -> None:
    names = ["a b  c.png", "ü日本.png", "100%d %s.png", "[red]x[/red].png", ":smile:.png", "-out.png", "it's \"q\".png",
             "*.png", 251 * "l" + ".png", "new\nline\x1b[31m.png", os.fsdecode(b"\xff.png")]  # fmt: skip
    filled(tmp_path / "photos [x]", *names)
    result = run(tmp_path / "photos [x]", "--out", tmp_path / "out %s", "--model", every)
    assert result.exit_code == 0, result.output
    assert sorted(pictures(tmp_path / "out %s")) == sorted(names)
    lines = result.stderr.splitlines()
    assert len(lines) == len(names)
    for name in names[:-2]:
        assert sum(line.startswith(f"{tmp_path / 'out %s' / name}: {SLIDERS[0].label}") for line in lines) == 1, name
    assert "\x1b" not in result.stderr
    again = run(tmp_path / "photos [x]", "--out", tmp_path / "out %s", "--model", every, "--json")
    assert {json.loads(line)["output"] for line in again.stdout.splitlines()} == {
        str(tmp_path / "out %s" / name) for name in names
    }


@pytest.mark.slow
def test_jobs_make_the_same_bytes(tmp_path: Path, brighten: Path) -> None:
    """Large enough that the editor works in strips and on all cores in one process."""
    filled(tmp_path / "photos", *(f"{i}.png" for i in range(4)), "5.jpg", size=(900, 700))
    for jobs in (1, 2):
        result = run(tmp_path / "photos", "--out", tmp_path / str(jobs), "--model", brighten, jobs=jobs)
        assert result.exit_code == 0, result.output
    assert pictures(tmp_path / "1") == pictures(tmp_path / "2") and len(pictures(tmp_path / "1")) == 5


@pytest.mark.slow
def test_bad_photos_among_good_ones(folder: Path, tmp_path: Path, every: Path) -> None:
    (folder / "cut.png").write_bytes(PHOTOS[0].read_bytes()[:5000])
    (folder / "sub" / "text.jpg").write_text("no picture")
    (tmp_path / "out" / "sub").mkdir(parents=True)
    (tmp_path / "out" / "sub" / "deep er").write_text("a file where a folder should be")
    result = run(folder, "--out", tmp_path / "out", "--model", every, jobs=2)
    assert result.exit_code == 1 and "3 of 6 photos failed" in result.stderr and "Traceback" not in result.output
    assert sorted(pictures(tmp_path / "out")) == ["a.png", "b.jpg", "sub/a.png", "sub/deep er"]
    for path, words in (
        (folder / "cut.png", "is damaged"), (folder / "sub" / "text.jpg", "is not a JPEG"),
        (tmp_path / "out" / "sub" / "deep er" / "c.tif", "cannot be written"),
    ):  # fmt: skip
        assert sum(line.startswith(f"{path}: {words}") for line in result.stderr.splitlines()) == 1, path


def test_sidecars_for_photos_by_name(folder: Path, tmp_path: Path, every: Path) -> None:
    """What a shell made of *.png is skipped and gone on with too, where it is asked for."""
    photos = [folder / "a.png", folder / "b.jpg"]
    first = run(*photos, "--out", tmp_path / "out", "--model", every, "--sidecar")
    assert first.exit_code == 0 and len(contents(tmp_path / "out")) == 4
    again = run(*photos, "--out", tmp_path / "out", "--model", every, "--sidecar")
    assert again.exit_code == 0 and "0 of 2 photos enhanced, 2 done before" in again.stdout
    plain = run(*photos, "--out", tmp_path / "out", "--model", every)
    assert plain.exit_code == 1 and plain.stderr.count("is there already and is not overwritten") == 2


def test_another_run_in_the_folder_is_refused(
    folder: Path, tmp_path: Path, every: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LOCK_TIMEOUT", 0.2)
    (tmp_path / "out").mkdir()
    lock = os.open(tmp_path / "out", os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        result = run(folder, "--out", tmp_path / "out", "--model", every)
        assert result.exit_code == 2 and "another run is writing to it" in result.stderr
        assert contents(tmp_path / "out") == {}
    finally:
        os.close(lock)
    assert run(folder, "--out", tmp_path / "out", "--model", every).exit_code == 0


def test_default_of_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "cores", lambda: 16)
    for gigabytes, jobs in ((1, 1), (8, 4), (64, 16)):
        monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": gigabytes * 2**18, "SC_PAGE_SIZE": 4096}.__getitem__)
        assert batch.usual_jobs() == jobs


# Killed and stopped

# Kills its own process at the nth call of os.replace, before it or after it, or of os.fsync, when a file is half there.
KILL = """
import os, signal, sys
when, n = sys.argv.pop(1), int(sys.argv.pop(1))
name = when.split()[-1]
real, calls = getattr(os, name), []
def deadly(*arguments):
    calls.append(1)
    if len(calls) == n and when.startswith("before"):
        os.kill(os.getpid(), signal.SIGKILL)
    real(*arguments)
    if len(calls) == n and when.startswith("after"):
        os.kill(os.getpid(), signal.SIGKILL)
setattr(os, name, deadly)
from trainer.cli import main; main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before replace", "after replace", "before fsync"])
@pytest.mark.parametrize("n", range(1, 7))  # two photos of three files each
def test_killed_at_each_instant(tmp_path: Path, every: Path, when: str, n: int) -> None:
    filled(tmp_path / "photos", "a.png", "b.jpg")
    out = tmp_path / "out"
    options = [tmp_path / "photos", "--model", every, "--before-after"]
    killed = [sys.executable, "-c", KILL, when, str(n), "enhance", "--jobs", "1", *map(str, options), "--out", str(out)]
    process = subprocess.run(killed, capture_output=True, cwd=ROOT, timeout=120)
    assert process.returncode == -signal.SIGKILL, process.stderr
    for path in out.iterdir():
        if path.suffix in kinds.SUFFIXES:
            photo.read(path)  # whole
    done = {name: identity for name, identity in identities(out).items() if (out / f"{name}.json").exists()}
    assert len(done) == (n - (when != "after replace")) // 3  # the copy comes last of its three files
    result = run(*options, "--out", out)
    assert result.exit_code == 0, result.output
    assert f"{2 - len(done)} of 2 photos enhanced" in result.stdout
    assert done.items() <= identities(out).items()
    run(*options, "--out", tmp_path / "undisturbed")
    assert pictures(out) == pictures(tmp_path / "undisturbed")
    assert set(contents(out)) == set(contents(tmp_path / "undisturbed"))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, every: Path) -> tuple[Path, Path]:
    """36 photos that take some time, and their copies by an undisturbed run."""
    folder = tmp_path_factory.mktemp("many")
    filled(folder / "photos", *(f"{i % 3}/{i:02d}{('.png', '.jpg')[i % 2]}" for i in range(36)), size=(480, 360))
    assert run(folder / "photos", "--out", folder / "undisturbed", "--model", every).exit_code == 0
    return folder / "photos", folder / "undisturbed"


@contextlib.contextmanager
def started(*arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A real run with two jobs, in a process group of its own, which ends with the test."""
    command = [*TRAINER, *map(str, arguments), "--jobs", "2"]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, start_new_session=True, env={**os.environ, **environment}, **pipes) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(out: Path, copies: int) -> None:
    """Until so many copies are there."""
    deadline = time.monotonic() + 60
    while len(list(out.rglob("*/[0-9]*.[jp][pn]g"))) < copies:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.slow
@pytest.mark.parametrize("moments", [(0, 1, 2), (3, 11, 30), (7, 20, 33)])
def test_killed_in_the_middle_and_started_again(
    tmp_path: Path, every: Path, many: tuple[Path, Path], moments: tuple[int, ...]
) -> None:
    """SIGKILL for the parent alone, three times: nothing is done twice, and in the end all is as if undisturbed."""
    photos, undisturbed = many
    out = tmp_path / "out"
    done: dict[str, tuple[int, int]] = {}
    for copies in moments:
        with started(photos, "--out", out, "--model", every) as process:
            wait_for(out, copies)
            time.sleep(0.013 * copies % 0.1)  # not always in the same part of a photo
            process.kill()
            process.wait()
            # as soon as that: the killed run's workers may not have noticed yet
            done |= {name: i for name, i in identities(out).items() if name in pictures(undisturbed)} if copies else {}
    assert len(done) >= moments[-1]
    result = run(photos, "--out", out, "--model", every, jobs=2)
    assert result.exit_code == 0, result.output
    counts = re.fullmatch(r"(\d+) of 36 photos enhanced, (\d+) done before, in .*\n", result.stdout)
    assert counts and int(counts[1]) + int(counts[2]) == 36 and int(counts[2]) >= len(done)
    assert done.items() <= identities(out).items()
    assert pictures(out) == pictures(undisturbed)
    assert set(contents(out)) == set(contents(undisturbed))


@pytest.mark.slow
@pytest.mark.parametrize("copies", [0, 8])
def test_ctrl_c_at_a_terminal_stops_all_processes(
    tmp_path: Path, every: Path, many: tuple[Path, Path], copies: int
) -> None:
    photos, undisturbed = many
    out = tmp_path / "out"
    with started(photos, "--out", out, "--model", every) as process:
        wait_for(out, copies)
        while not out.exists():
            time.sleep(0.005)
        time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the group
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert said.splitlines()[-1].endswith(
        " of 36 photos done, nothing half written; the same command goes on with the rest"
    )
    assert "Traceback" not in said and "KeyboardInterrupt" not in said
    there = contents(out)
    assert not [name for name in there if name.endswith(".part")]
    assert pictures(out).items() <= pictures(undisturbed).items() and copies <= len(pictures(out)) < 36
    result = run(photos, "--out", out, "--model", every, jobs=2)
    assert result.exit_code == 0 and pictures(out) == pictures(undisturbed)


# Put into every Python that is started: a worker that writes "deadly" is killed, as by a system short of memory.
DEADLY = """
import multiprocessing, os, signal
real = os.fsync
def fsync(descriptor):
    name = os.readlink(f"/proc/self/fd/{descriptor}")
    if multiprocessing.parent_process() and "deadly" in name and not os.path.exists(os.environ["SPARED"]):
        if os.environ["ONCE"]:
            open(os.environ["SPARED"], "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)
os.fsync = fsync
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to know which file is written")
@pytest.mark.parametrize("once", ["", "once"])
@pytest.mark.parametrize("options", [[], ["by name"]])
def test_a_worker_that_is_killed(tmp_path: Path, every: Path, once: str, options: list[str]) -> None:
    """Its photo is tried again alone, and if that kills it too, fails with a sentence. The rest goes on."""
    names = [f"{i}.png" for i in range(7)]
    filled(tmp_path / "photos", *names, "3 deadly.png")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(DEADLY)
    inputs = sorted((tmp_path / "photos").iterdir()) if options else [tmp_path / "photos"]
    variables = {"PYTHONPATH": str(tmp_path / "site"), "ONCE": once, "SPARED": str(tmp_path / "spared")}
    with started(*inputs, "--out", tmp_path / "out", "--model", every, **variables) as process:
        out, said = process.communicate(timeout=120)
    assert "Traceback" not in said
    if once:
        assert process.returncode == 0, said
        assert "8 of 8 photos enhanced" in out
        assert sorted(pictures(tmp_path / "out")) == sorted([*names, "3 deadly.png"])
    else:
        assert process.returncode == 1, said
        assert "7 of 8 photos enhanced" in out and "1 of 8 photos failed" in said
        (line,) = [line for line in said.splitlines() if line.startswith(f"{tmp_path / 'photos' / '3 deadly.png'}: ")]
        assert "was killed, most likely for want of memory: close other programs" in line
        assert sorted(pictures(tmp_path / "out")) == names
    assert len(contents(tmp_path / "out")) == len(pictures(tmp_path / "out")) * (1 if options else 2)
