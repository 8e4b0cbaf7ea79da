# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that teach and measure a policy."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .config import RECIPES, RENAMED, Config
from .options import CACHE, DATASET, JSON, MODEL, PATH, STOPPED, STYLE, load_policy, one_line_errors

SCORES = ("low_score", "high_score")
"""Settings of one data set alone."""


def _setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for every field of Config; left out, the recipe's number holds. --help shows the common ones alone;
    the rest, and names of earlier versions, are for command lines that have them."""
    earlier = {now: before for before, now in RENAMED.items()}
    for field in reversed(dataclasses.fields(Config)):
        flags = ["--" + name.replace("_", "-") for name in (field.name, earlier.get(field.name)) if name]
        kind: dict[str, Any] = {"type": type(field.default)}
        if isinstance(field.default, bool):
            flags, kind = [f"{flag}/--no-{flag[2:]}" for flag in flags], {}
        text = f"{field.metadata['help']}  [default recipe: {field.default}]"
        hidden = not field.metadata["common"]
        command = click.option(*flags, field.name, default=None, help=text, hidden=hidden, **kind)(command)
    return command


def _print_settings(context: click.Context, option: click.Parameter, wanted: bool) -> None:
    """For --settings, which needs nothing else on the command line."""
    if wanted and not context.resilient_parsing:
        from . import console

        console.settings_table()
        context.exit()


@click.command()
@click.argument("folders", metavar="[SOURCE_DIR TARGET_DIR]", nargs=-1, type=PATH)
@click.option("--out", type=PATH, required=True, help="Folder of the run; made where it is not there.")
@click.option(
    "--recipe",
    type=click.Choice(list(RECIPES)),
    help="[default: default; with --dataset fivek, paper; with --from, taste; with --task faces, faces]",
)
@click.option("--from", "start", type=PATH, metavar="POLICY", help="Begin with a policy file (.onnx) or another run.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out, under the settings it was started with.")
@DATASET
@CACHE
@click.option("--quiet", is_flag=True, help="No progress.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE",
              help="Any other setting; may be given several times.")  # fmt: skip
@click.option("--settings", is_flag=True, is_eager=True, expose_value=False, callback=_print_settings,
              help="List all settings with their defaults and what the paper has, and exit.")  # fmt: skip
@_setting_options
def fit(
    folders: tuple[Path, ...], out: Path, recipe: str | None, start: Path | None, resume: bool,
    dataset: tuple[str, Path] | None, cache: Path | None, quiet: bool, assignments: tuple[str, ...], **settings: Any,
) -> None:  # fmt: skip
    """Teach a policy from two plain folders.

    SOURCE_DIR has photos as they come, TARGET_DIR photos that you like. They need not show the same scenes. The run's
    folder gets config.json, metrics.jsonl, TensorBoard events, checkpoints, sample sheets and, at the end, policy.onnx.
    Photos are decoded once; later starts find them in the cache.

    With --task faces the folders have photos of faces, of which the largest in each counts: SOURCE_DIR faces to edit,
    TARGET_DIR faces as they should look.

    \b
    Examples:
      trainer fit snapshots/ favourites/ --out runs/mine
      trainer fit snapshots/ favourites/ --out runs/mine --resume
      trainer fit snapshots/ favourites/ --out runs/mine --from models/photo.onnx
      trainer fit snapshots/ favourites/ --out runs/mine --steps 5000 --set dropout=0.4
      trainer fit snapshots/ favourites/ --out runs/paper --recipe paper --device cuda
      trainer fit --dataset fivek fivek_dataset/ --out runs/reproduced
      trainer fit --task faces mine/ liked/ --out runs/faces
      trainer fit --dataset scut SCUT-FBP5500_v2/ --out runs/scut
      torchrun --nproc-per-node 2 -m trainer fit snapshots/ favourites/ --out runs/mine
    """
    if len(folders) != (0 if dataset else 2):
        raise click.UsageError("give SOURCE_DIR and TARGET_DIR, or --dataset NAME DIR alone")
    # Before torch is loaded: its waiting threads must not spin. On a busy two-core machine that took 15 times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with one_line_errors():
        from . import config
        from . import fit as learning

        changes = {name: value for name, value in settings.items() if value is not None}
        changes |= dict(config.parse(assignment) for assignment in assignments)
        scut = dataset is not None and dataset[0] == "scut"
        if scut:
            changes.setdefault("task", "faces")
        elif stray := [name for name in SCORES if changes.get(name, getattr(Config, name)) != getattr(Config, name)]:
            raise click.UsageError(f"{stray[0]} goes with --dataset scut")
        usual = "faces" if changes.get("task") == "faces" else "paper" if dataset else "taste" if start else "default"
        chosen = config.recipe(recipe or usual, **changes)
        if dataset and scut != (chosen.task == "faces"):
            raise click.UsageError(
                f"--dataset {dataset[0]} has {'faces' if scut else 'photos'}; change --task or --recipe"
            )
        source, target, files = _dataset_files(*dataset, chosen) if dataset else (folders[0], folders[1], None)
        finished = learning.fit(source, target, out, chosen, resume, quiet, cache, files, start)
        _export_of_first_process(out)
    if not finished:
        sys.exit(STOPPED)


def _dataset_files(name: str, folder: Path, config: Config) -> tuple[Path, Path, tuple[list[Path], list[Path]]]:
    """Of a known data set: the folders of the source and of the target, and the files of both to learn from."""
    if name == "scut":
        from .faces import scut

        here, low, high = scut.training_files(folder, config.low_score, config.high_score)
        return here, here, (low, high)
    from . import fivek

    return folder / fivek.SOURCE, folder / fivek.TARGET, fivek.training_files(folder)


def _export_of_first_process(run: Path) -> None:
    from . import distributed

    if distributed.rank() == 0:
        from .export import export_run  # needs onnx, which only the end of a run needs

        export_run(run, run / "policy.onnx")


@click.command()
@click.argument("run", type=PATH)
@click.option("--out", type=PATH, help="The policy file to write, such as mine.onnx.")
@click.option("--as-style", metavar="NAME", help="Or: make it a style of yours, which GIMP's dialog then lists.")
@click.option("--description", default="", help="One line that says what it does, for the lists of styles.")
@click.option("--training-data", default="", help="What it was taught with, for the file's metadata.")
@click.option("--licence", default="", help="Of the training data, for the file's metadata.")
@click.option("--whole-editor", is_flag=True,
              help="Write thumbnail, policy and editor as one ONNX file, picture in and picture out; RUN may then be a "
              "policy file.")  # fmt: skip
def export(
    run: Path, out: Path | None, as_style: str | None, description: str, training_data: str, licence: str,
    whole_editor: bool,
) -> None:  # fmt: skip
    """Write the policy of a run as an ONNX file, or among your styles.

    \b
    Examples:
      trainer export runs/mine --as-style mine --description "warm and soft, as I like my portraits"
      trainer export runs/mine --out mine.onnx --training-data "my own photos" --licence "all mine"
      trainer export runs/mine --whole-editor --out mine-editor.onnx
      trainer export mine.onnx --whole-editor --out mine-editor.onnx
    """
    if (out is None) == (as_style is None):
        raise click.UsageError("give --out FILE or --as-style NAME, one of them")
    notes = (training_data, licence, description)
    if whole_editor and out is None:
        raise click.UsageError("--whole-editor goes with --out FILE: a style is a policy alone")
    if whole_editor and run.is_file() and any(notes):
        raise click.UsageError("a policy file has its description, training data and licence already; leave them out")
    with one_line_errors():
        if whole_editor and out is not None:
            from .whole_editor import export_whole_editor

            click.echo(f"written: {export_whole_editor(run, out, *notes)}")
            return
        from . import export as exporting

        path = exporting.export_run(run, out, *notes) if out else exporting.export_style(run, as_style or "", *notes)
        click.echo(f"written: {path}")


@click.command()
@click.argument("folders", metavar="[INPUT_DIR ANSWER_DIR]", nargs=-1, type=PATH)
@STYLE
@MODEL
@click.option("--degraded", "--wrong-way", "degraded", is_flag=True,
              help="Take one folder of finished photos; the inputs are these, degraded.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True,
              help="Of the degradations with --degraded, or of the judges with --task faces.")  # fmt: skip
@click.option("--only", type=PATH, metavar="LIST",
              help="With --degraded: only photos that a text file names, such as a run's held-out.txt.")  # fmt: skip
@DATASET
@click.option("--task", type=click.Choice(["photos", "faces"]), help="[default: photos; with --dataset scut, faces]")
@click.option(
    "--judges", type=PATH, metavar="DIR", help="With --task faces: where the judges are kept for the next time."
)
@click.option("--below", type=float, metavar="SCORE", help="With --dataset scut: edit the faces below.  [default: 2.6]")
@CACHE
@JSON
def evaluate(
    folders: tuple[Path, ...], style: str | None, model: Path | None, degraded: bool, seed: int, only: Path | None,
    dataset: tuple[str, Path] | None, task: str | None, judges: Path | None, below: float | None, cache: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Measure how near a policy comes to known answers.

    Photos pair by their names. Beside the policy stand the input itself and the best constant action: the one set of
    slider values, sought on these very pairs, that helps all of them most.

    With --task faces no answer is known. Give the folder of faces to edit and one of faces as they should look; judges,
    each of which learned from other faces of these folders, then say how much nearer the edits come.

    \b
    Examples:
      trainer evaluate pairs/input pairs/answer
      trainer evaluate --degraded finished/ --model mine.onnx --json
      trainer evaluate --degraded favourites/ --only runs/mine/held-out.txt --model runs/mine/policy.onnx
      trainer evaluate --dataset fivek fivek_dataset/ --model runs/reproduced/policy.onnx
      trainer evaluate --task faces mine/ liked/ --style mild
      trainer evaluate --dataset scut SCUT-FBP5500_v2/ --model runs/scut/policy.onnx --judges judges/
    """
    scut = dataset is not None and dataset[0] == "scut"
    if scut or task == "faces":
        if degraded or only or (dataset and not scut) or task == "photos" or len(folders) != (0 if dataset else 2):
            raise click.UsageError("with faces, give two folders of faces or --dataset scut DIR")
        if below is not None and not scut:
            raise click.UsageError("--below goes with --dataset scut")
        _evaluate_faces(folders, dataset, style, model, seed, judges, below, cache, as_json)
        return
    if judges or cache or below is not None:
        raise click.UsageError("--judges, --below and --cache go with --task faces")
    if len(folders) != (0 if dataset else 1 if degraded else 2) or (dataset and degraded):
        raise click.UsageError("give INPUT_DIR and ANSWER_DIR, or --degraded and one folder, or --dataset alone")
    if only and not degraded:
        raise click.UsageError("--only goes with --degraded")
    with one_line_errors():
        from . import console, fivek
        from . import evaluate as evaluation

        policy = load_policy(model, style)
        if dataset:
            sides = dataset[1] / fivek.SOURCE, dataset[1] / fivek.TARGET
            pairs = evaluation.folder_pairs(*sides, only=fivek.test_names(dataset[1]))
        elif degraded:
            pairs = evaluation.degraded_pairs(folders[0], seed, only)
        else:
            pairs = evaluation.folder_pairs(folders[0], folders[1])
        result = evaluation.evaluate(pairs, policy, console.steps)
    sys.exit(console.evaluation(result, as_json))


def _evaluate_faces(
    folders: tuple[Path, ...], dataset: tuple[str, Path] | None, style: str | None, model: Path | None, seed: int,
    judges: Path | None, below: float | None, cache: Path | None, as_json: bool,
) -> None:  # fmt: skip
    if model is not None and style is not None:
        raise click.UsageError("--model and --style are both given; give one of them")
    with one_line_errors():
        from models.faces import styles

        from . import console
        from .faces import evaluate as evaluation

        chosen = styles.load(model) if model else styles.find_style(style or styles.DEFAULT)
        if dataset:
            low = Config.low_score if below is None else below
            faces, scores, wanted = evaluation.scut_faces(dataset[1], low, cache)
        else:
            faces, scores, wanted = evaluation.faces_of_folders(folders[0], folders[1], cache)
        result = evaluation.evaluate(faces, scores, wanted, chosen, seed, judges, console.steps)
    console.face_evaluation(result, as_json)
