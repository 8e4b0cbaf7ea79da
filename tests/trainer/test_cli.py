# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line itself: help, exit codes, one-line errors, and that each command reaches what it names."""

import dataclasses
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from editor_ops import SLIDERS
from models import styles
from tools import policies
from trainer.cli import main
from trainer.config import PAPER, Config, recipe

VALUES = {slider.name: slider.values() for slider in SLIDERS}
PHOTOS = Path(__file__).parents[1] / "photos"
COMMANDS = ("fit", "export", "evaluate", "enhance", "sliders", "styles", "install-plugin", "doctor")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_help_names_every_command() -> None:
    text = run("--help").output
    assert set(main.commands) == set(COMMANDS)
    assert all(f"  {command} " in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples_that_its_parser_accepts(command: str) -> None:
    result = run(command, "-h")
    assert result.exit_code == 0
    lines = result.output.partition("Example")[2].partition("\nOptions")[0].splitlines()
    examples = [line.strip().partition(" > ")[0] for line in lines if " trainer " in f" {line.strip()}"]
    names = []
    for example in examples:
        words = shlex.split(example)
        name, *arguments = words[words.index("trainer") + 1 :]
        main.commands[name].make_context(name, arguments)  # UsageError where the parser refuses it
        names.append(name)
    assert command in names


@pytest.mark.parametrize("arguments", [["polish"], ["enhance"], ["enhance", "a.jpg"], ["fit", "a"], ["sliders", "x"]])
def test_wrong_use_exits_with_2(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and "Usage" in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["enhance", "", "--out", "x"], ["enhance", "a.jpg", "--out", ""], ["fit", "", "b", "--out", "x"],
        ["enhance", "a.jpg", "--out", "x", "--model", ""], ["enhance", "a.jpg", "--out", "x", "--style", ""],
        ["fit", "a", "b", "--out", ""], ["fit", "--dataset", "fivek", "", "--out", "x"],
        ["fit", "a", "b", "--out", "x", "--cache", ""], ["evaluate", "a", ""], ["export", "", "--out", "x"],
        ["export", "run", "--as-style", ""], ["styles", "--add", ""],
        ["install-plugin", "--into", ""], ["install-plugin", "--bundle", "--wheels", ""],
    ],
)  # fmt: skip
def test_an_empty_argument_is_wrong_use(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2 and "Traceback" not in result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_names_that_the_terminal_has_no_letters_for(tmp_path: Path, brighten: Path, encoding: str) -> None:
    """Printed as numbers; control characters reach no terminal, in refusals neither."""
    for name in ("\u6d77.png", "caf\udce9.png", "red\x1b[31m.png"):
        Image.new("RGB", (64, 64), (90, 40, 30)).save(tmp_path / name)
    command = [sys.executable, "-m", "trainer", "enhance", "--model", str(brighten), "--jobs", "1", "--out"]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [*command, "out", *sorted(os.listdir(tmp_path))], cwd=tmp_path, env=environment, capture_output=True
    )
    assert done.returncode == 0 and len(list((tmp_path / "out").iterdir())) == 3
    assert b"3 of 3" in done.stdout and b"\\u6d77.png" in done.stderr and b"\x1b" not in done.stderr
    refused = subprocess.run([*command, "out", "--style", "x\x1b"], cwd=tmp_path, env=environment, capture_output=True)
    assert refused.returncode == 2 and b"\x1b" not in refused.stderr


NOBODY = """
import os
del os.environ["HOME"]
os.environ.pop("XDG_DATA_HOME", None)
import pwd
def unknown(_): raise KeyError("uid not found")
pwd.getpwuid = unknown
from trainer.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no such list of users")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["enhance", str(PHOTOS / "otters.png"), "--out", "out"], 0),
        (["styles"], 0),
        (["install-plugin"], 2),
        (["doctor"], 2),
    ],
)
def test_no_home_and_no_user_name(tmp_path: Path, arguments: list[str], code: int) -> None:
    """What needs neither works; the rest says in a line what it needs."""
    done = subprocess.run([sys.executable, "-c", NOBODY, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") <= 1 and (code == 0 or "HOME" in done.stderr)


def test_version() -> None:
    assert run("--version").output.strip().endswith("0.1.0")


def test_sliders() -> None:
    text = run("sliders").output
    rows = json.loads(run("sliders", "--json").output)
    assert [row["name"] for row in rows] == [slider.name for slider in SLIDERS]
    for slider, row in zip(SLIDERS, rows, strict=True):
        assert slider.label in text and slider.operation in text and slider.format(slider.highest) in text
        assert tuple(row["levels"]) == slider.values()


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What `trainer fit` hands over; nothing is learned and nothing exported."""
    fit, export = pytest.importorskip("trainer.fit"), pytest.importorskip("trainer.export")
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(fit, "fit", lambda *arguments: bool(calls.append(arguments)) or True)
    monkeypatch.setattr(export, "export_run", lambda *arguments: calls.append(arguments))
    return calls


def test_fit_hands_over_its_settings_and_exports(fits: list[tuple[Any, ...]], tmp_path: Path) -> None:
    """What is left out keeps the recipe's number."""
    assert run("fit", "a", "b", "--out", tmp_path, "--steps", 7, "--set", "anneal_lr=no", "--seed", 3).exit_code == 0
    (source, target, out, config, resume, quiet, cache, files, start), exported = fits
    assert (source, target, out) == (Path("a"), Path("b"), tmp_path)
    assert (resume, quiet, cache, files, start) == (False, False, None, None, None)
    assert config == dataclasses.replace(Config(), steps=7, anneal_lr=False, seed=3)
    assert exported == (tmp_path, tmp_path / "policy.onnx")
    run("fit", "a", "b", "--out", tmp_path, "--recipe", "paper", "--batch", 4, "--resume")
    assert fits[2][3] == dataclasses.replace(Config(), **(PAPER | {"batch": 4})) and fits[2][4]


def test_every_setting_is_an_option_and_the_common_ones_are_shown(fits: list[tuple[Any, ...]]) -> None:
    for field in dataclasses.fields(Config):
        flag, value = "--" + field.name.replace("_", "-"), getattr(Config(), field.name)
        given = (flag,) if value is True else (f"--no-{flag[2:]}",) if value is False else (flag, value)
        for assignment in (given, ("--set", f"{field.name}={value}")):
            assert run("fit", "a", "b", "--out", "run", *assignment).exit_code == 0, assignment
            assert fits[-2][3] == Config()
    shown = {option.name for option in main.commands["fit"].params if not getattr(option, "hidden", False)}
    common = {field.name for field in dataclasses.fields(Config)} & shown
    assert common == {
        "w_critic", "hindsight_share", "fitted_share", "steps", "batch", "learning_rate", "holdout", "seed", "device",
        "evaluate_every", "task",
    }  # fmt: skip
    help_ = run("fit", "--help").output
    assert "--learning-rate" in help_ and "--w-chroma" not in help_ and "--set NAME=VALUE" in help_


@pytest.mark.parametrize(
    ("before", "setting", "value"),
    [
        (("--w-lost", "0.5"), "w_clipping", 0.5),
        (("--focus", "2"), "inverse_temperature", 2.0),
        (("--no-learning-rate-falls",), "anneal_lr", False),
        (("--average", "0.9"), "ema_decay", 0.9),
        (("--clip", "3"), "max_grad_norm", 3.0),
        (("--critic-clip", "3"), "critic_max_grad_norm", 3.0),
        (("--no-look",), "style_shift", False),
    ],
)
def test_options_of_earlier_versions_keep_working(
    fits: list[tuple[Any, ...]], before: tuple[str, ...], setting: str, value: object
) -> None:
    done = run("fit", "a", "b", "--out", "run", *before)
    assert done.exit_code == 0, done.output
    assert fits[0][3] == dataclasses.replace(Config(), **{setting: value})


@pytest.mark.parametrize(
    ("assignment", "named"),
    [("learning_rat=1e-3", "learning_rate"), ("steps=many", "steps"), ("steps=0", "steps"), ("steps", "NAME=VALUE")],
)
def test_settings_that_are_none_are_refused(fits: list[tuple[Any, ...]], assignment: str, named: str) -> None:
    refused = run("fit", "a", "b", "--out", "run", "--set", assignment)
    assert refused.exit_code == 2 and named in refused.stderr and not fits


def test_settings_are_listed() -> None:
    rows = run("fit", "--settings")
    assert rows.exit_code == 0
    for field in dataclasses.fields(Config):
        (row,) = [line for line in rows.output.splitlines() if line.split()[1:2] == [field.name]]
        numbers = [cell.strip() for cell in row.split("│")][2:4]
        assert numbers == [str(getattr(recipe(name), field.name)) for name in ("default", "paper")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fit", "nowhere", "nowhere", "--out", "run"], "nowhere: is not a folder"),
        (["fit", ".", ".", "--out", "run"], "has no photos"),
        (["fit", ".", ".", "--out", "run", "--steps", "0"], "steps is 0"),
        (["fit", ".", ".", "--out", "run", "--device", "abacus"], "abacus"),
        (["fit", ".", ".", "--out", "run", "--steps", "many"], "many"),
        (["export", "nowhere", "--out", "a.onnx"], "nowhere"),
        (["enhance", "a.jpg", "--out", "out", "--model", "nowhere.onnx"], "nowhere.onnx"),
    ],
)
def test_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert message in result.stderr and "Traceback" not in result.stderr
    assert len([line for line in result.stderr.splitlines() if line.startswith("Error")]) == 1


def test_fit_that_was_stopped_exports_and_exits_with_130(
    monkeypatch: pytest.MonkeyPatch, fits: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    monkeypatch.setattr(pytest.importorskip("trainer.fit"), "fit", lambda *_: False)
    assert run("fit", "a", "b", "--out", tmp_path).exit_code == 130
    assert fits == [(tmp_path, tmp_path / "policy.onnx")]


def test_export_hands_over_what_it_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    export = pytest.importorskip("trainer.export")
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(export, "export_run", lambda *arguments: calls.append(arguments) or arguments[1])
    said = ("--training-data", "mine", "--licence", "CC0", "--description", "warm")
    result = run("export", "run", "--out", tmp_path / "a.onnx", *said)
    assert result.exit_code == 0 and str(tmp_path / "a.onnx") in result.output
    mine = tmp_path / "run"
    mine.mkdir()
    (mine / "config.json").write_text(json.dumps({"settings": dataclasses.asdict(Config())}))
    result = run("export", mine, "--as-style", "mine")
    assert result.exit_code == 0, result.output
    style = styles.user_folder() / "mine.onnx"
    assert calls == [
        (Path("run"), tmp_path / "a.onnx", "mine", "CC0", "warm"),
        (mine, style, "", "", ""),
    ]
    for name in ("photo", "../mine"):  # the program's own, and a path
        refused = run("export", mine, "--as-style", name)
        assert refused.exit_code == 2 and name in refused.stderr
    for arguments in ([], ["--out", "a.onnx", "--as-style", "mine"]):
        assert run("export", "run", *arguments).exit_code == 2
    assert len(calls) == 2


@pytest.fixture
def own_styles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The user's folder of styles, with one that lifts the exposure by two levels."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = styles.user_folder(platform="linux")
    monkeypatch.setattr(styles, "user_folder", lambda: folder)
    folder.mkdir(parents=True)
    policies.write(folder / "film.onnx", {"exposure": 18}, description="soft [red]and[/red] warm")
    return folder


def test_styles_are_listed_and_added(own_styles: Path, tmp_path: Path) -> None:
    (own_styles / "junk.onnx").write_bytes(b"junk")
    text = run("styles").output
    for words in ("photo", "film", "soft [red]and[/red] warm", "not used", "junk", str(own_styles)):
        assert words in text
    policies.write(tmp_path / "other.onnx", {})
    added = run("styles", "--add", tmp_path / "other.onnx", "--name", "plain", "--json")
    assert added.exit_code == 0, added.output
    rows = json.loads(added.stdout)
    assert rows["folder"] == str(own_styles)
    assert [row["name"] for row in rows["styles"]] == ["photo", "film", "junk", "plain"]
    assert run("styles", "--add", tmp_path / "other.onnx", "--name", "plain").exit_code == 2  # nothing is replaced
    assert run("styles", "--name", "plain").exit_code == 2


def test_style_or_model(own_styles: Path, tmp_path: Path) -> None:
    photo = PHOTOS / "valley.jpg"
    for arguments in (["--style", "film"], ["--model", own_styles / "film.onnx"]):
        done = run("enhance", photo, "--out", tmp_path / str(arguments[0]), "--json", *arguments)
        assert done.exit_code == 0, done.output
        rows = {row["name"]: row["value"] for row in json.loads(done.stdout)["sliders"]}
        assert rows.pop("exposure") == VALUES["exposure"][18]
        assert rows == {slider.name: slider.neutral for slider in SLIDERS if slider.name != "exposure"}
    both = run("enhance", photo, "--out", tmp_path, "--style", "film", "--model", own_styles / "film.onnx")
    assert both.exit_code == 2 and "--model" in both.stderr and "--style" in both.stderr
    unknown = run("enhance", photo, "--out", tmp_path, "--style", "sepia")
    assert unknown.exit_code == 2 and all(name in unknown.stderr for name in ("sepia", "photo", "film"))


def test_evaluate_takes_a_style(own_styles: Path, tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    (tmp_path / "pairs").mkdir()
    with Image.open(PHOTOS / "valley.jpg") as opened:
        opened.resize((96, 64)).save(tmp_path / "pairs" / "a.png")
    pairs = tmp_path / "pairs"
    done = run("evaluate", pairs, pairs, "--style", "film", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["model"] == "film"
    assert run("evaluate", pairs, pairs, "--style", "film", "--model", own_styles / "film.onnx").exit_code == 2


def test_install_plugin_and_uninstall(tmp_path: Path) -> None:
    plug_ins = tmp_path / "GIMP" / "3.0" / "plug-ins"
    plug_ins.mkdir(parents=True)
    installed = run("install-plugin", "--into", plug_ins)
    assert installed.exit_code == 0, installed.output
    entry = plug_ins / "auto_enhance_rl" / "auto_enhance_rl.py"
    assert entry.is_file() and str(entry.parent) in installed.output
    removed = run("install-plugin", "--uninstall", "--into", plug_ins)
    assert removed.exit_code == 0 and not entry.exists()


def test_install_plugin_into_a_folder_of_any_name(tmp_path: Path) -> None:
    assert run("install-plugin", "--into", tmp_path / "mine").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine" / "auto_enhance_rl" / "auto_enhance_rl.py").is_file()


def test_install_plugin_into_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = run("install-plugin", "--into", tmp_path / "file" / "plug-ins")
    assert result.exit_code == 1 and str(tmp_path / "file") in result.output and "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--uninstall", "--bundle"], "--uninstall"),
        (["--wheels", "wheels"], "--bundle"),
        (["--gimp-python", "3.13"], "--bundle"),
        (["--bundle", "--gimp-python", "3.13; rm"], "'3.13; rm'"),
    ],
)
def test_install_plugin_used_wrong(arguments: list[str], words: str) -> None:
    result = run("install-plugin", *arguments)
    assert result.exit_code == 2 and words in result.output


def test_install_plugin_says_why_there_is_no_bundle(tmp_path: Path) -> None:
    plug_ins = tmp_path / "GIMP" / "3.0" / "plug-ins"
    options = ["--bundle", "--gimp-python", "3.13", "--wheels", tmp_path / "none"]
    result = run("install-plugin", "--into", plug_ins, *options)
    assert result.exit_code == 1 and str(tmp_path / "none") in result.output
    assert (plug_ins / "auto_enhance_rl" / "auto_enhance_rl.py").is_file()


def test_doctor_prints_every_check_and_tells_by_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    from gimp_plugin import doctor

    good, bad = doctor.Check("Python", True, "3.11"), doctor.Check("GIMP", False, "not there", "install GIMP 3")
    for checks, code in (([good], 0), ([good, bad], 1)):
        monkeypatch.setattr(doctor, "checks", lambda checks=checks: checks)
        result = run("doctor")
        assert result.exit_code == code
        assert all(str(check) in result.output for check in checks)
