# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `trainer`. No logic: each command reads its options, calls one function, and prints.

Exit codes: 0 done, 1 some inputs failed (each named, the others done), 2 wrong use, 130 stopped by Ctrl-C. Imports are
in the commands so that `trainer enhance` starts fast and works where torch is not installed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from editor_ops import NAMES

from .config import RECIPES, Config

if TYPE_CHECKING:
    from models import Policy

FAILED, WRONG_USE, STOPPED = 1, 2, 130
PATH = click.Path(path_type=Path)
MODEL = click.option("--model", type=PATH, help="Policy file (.onnx), instead of a style.")
STYLE = click.option("--style", metavar="NAME", help="A policy by its name, see 'trainer styles'.  [default: photo]")
CACHE = click.option("--cache", type=PATH, metavar="DIR",
                     help="Where decoded photos are kept.  [default: the user's cache folder]")  # fmt: skip
DATASET = click.option("--dataset", type=(click.Choice(["fivek"]), PATH), metavar="fivek DIR",
                       help="A known data set in place of plain folders: MIT-Adobe FiveK, in DIR/original and "
                       "DIR/expertC, divided by the paper's own lists.")  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Refusal(click.ClickException):
    """One line on stderr and exit code 2."""

    exit_code = WRONG_USE


@contextlib.contextmanager
def one_line_errors() -> Iterator[None]:
    """Errors that a person can act on, and Ctrl-C, without a traceback. What is not expected keeps its traceback."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        sys.exit(STOPPED)
    except BrokenPipeError:  # whoever reads the output has enough; click ends quietly
        raise
    except ImportError as error:
        package = (error.name or "a package").partition(".")[0]
        raise Refusal(f"{package} is not installed: pip install 'auto-enhance-rl[train]'") from error
    except OSError as error:
        raise Refusal(
            f"{error.filename or 'file'}: {error.strerror or error}: check the path, the rights and the room"
        ) from error
    except ValueError as error:  # PhotoError, PolicyError, FitError and their like
        raise Refusal(" ".join(str(error).split())) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="auto-enhance-rl")
def main() -> None:
    """Retouch photos with an agent that moves GIMP's own sliders, and teach it your taste."""


def _policy(model: Path | None, style: str | None) -> Policy:
    """What --model and --style mean."""
    from models import Policy, styles

    if model is not None and style is not None:
        raise click.UsageError("--model and --style are both given; give one of them")
    return styles.load(style if style is not None else styles.DEFAULT) if model is None else Policy.load(model)


def _config_options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for every field of Config; left out, the recipe's number holds."""
    for field in reversed(dataclasses.fields(Config)):
        flag = "--" + field.name.replace("_", "-")
        text = f"{field.metadata['help']}  [default recipe: {field.default}]"
        if isinstance(field.default, bool):
            flag += "/--no-" + field.name.replace("_", "-")
            command = click.option(flag, field.name, default=None, help=text)(command)
        else:
            command = click.option(flag, field.name, type=type(field.default), default=None, help=text)(command)
    return command


@main.command()
@click.argument("folders", metavar="[SOURCE_DIR TARGET_DIR]", nargs=-1, type=PATH)
@click.option("--out", type=PATH, required=True, help="Folder of the run; made where it is not there.")
@click.option(
    "--recipe", type=click.Choice(list(RECIPES)), help="[default: default; with --dataset, paper; with --from, taste]"
)
@click.option("--from", "start", type=PATH, metavar="POLICY", help="Begin with a policy file (.onnx) or another run.")
@click.option("--resume", is_flag=True, help="Go on with the run in --out, under the settings it was started with.")
@DATASET
@CACHE
@click.option("--quiet", is_flag=True, help="No progress.")
@_config_options
def fit(
    folders: tuple[Path, ...], out: Path, recipe: str | None, start: Path | None, resume: bool,
    dataset: tuple[str, Path] | None, cache: Path | None, quiet: bool, **settings: Any,
) -> None:  # fmt: skip
    """Teach a policy from two plain folders.

    SOURCE_DIR has photos as they come, TARGET_DIR photos that you like. They need not show the same scenes. The run's
    folder gets config.json, metrics.jsonl, TensorBoard events, checkpoints, sample sheets and, at the end, policy.onnx.
    Photos are decoded once; later starts find them in the cache.

    \b
    Examples:
      trainer fit snapshots/ favourites/ --out runs/mine
      trainer fit snapshots/ favourites/ --out runs/mine --resume
      trainer fit snapshots/ favourites/ --out runs/mine --from models/photo.onnx
      trainer fit snapshots/ favourites/ --out runs/paper --recipe paper --device cuda
      trainer fit --dataset fivek fivek_dataset/ --out runs/reproduced
      torchrun --nproc-per-node 2 -m trainer fit snapshots/ favourites/ --out runs/mine
    """
    if len(folders) != (0 if dataset else 2):
        raise click.UsageError("give SOURCE_DIR and TARGET_DIR, or --dataset fivek DIR alone")
    # Before torch is loaded: its waiting threads must not spin. On a busy two-core machine that took 15 times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    with one_line_errors():
        from . import config, fivek
        from . import fit as learning

        changes = {name: value for name, value in settings.items() if value is not None}
        usual = "paper" if dataset else "taste" if start else "default"
        chosen = config.recipe(recipe or usual, **changes)
        files = fivek.training_files(dataset[1]) if dataset else None
        source, target = (dataset[1] / fivek.SOURCE, dataset[1] / fivek.TARGET) if dataset else folders
        finished = learning.fit(source, target, out, chosen, resume, quiet, cache, files, start)
    if not finished:
        sys.exit(STOPPED)


@main.command()
@click.argument("run", type=PATH)
@click.option("--out", type=PATH, help="The policy file to write, such as mine.onnx.")
@click.option("--as-style", metavar="NAME", help="Or: make it a style of yours, which GIMP's dialog then lists.")
@click.option("--description", default="", help="One line that says what it does, for the lists of styles.")
@click.option("--training-data", default="", help="What it was taught with, for the file's metadata.")
@click.option("--licence", default="", help="Of the training data, for the file's metadata.")
def export(
    run: Path, out: Path | None, as_style: str | None, description: str, training_data: str, licence: str
) -> None:
    """Write the policy of a run as an ONNX file, or among your styles.

    \b
    Examples:
      trainer export runs/mine --as-style mine --description "warm and soft, as I like my portraits"
      trainer export runs/mine --out mine.onnx --training-data "my own photos" --licence "all mine"
    """
    if (out is None) == (as_style is None):
        raise click.UsageError("give --out FILE or --as-style NAME, one of them")
    with one_line_errors():
        from models import styles

        from .export import export_run

        path = out or styles.new_path(as_style or "")
        click.echo(f"written: {export_run(run, path, training_data, licence, description)}")


@main.command("styles")
@click.option("--add", type=PATH, metavar="FILE", help="Copy a policy file into the folder of your styles.")
@click.option("--name", help="Its name as a style, with --add.  [default: the file's]")
@JSON
def list_styles(add: Path | None, name: str | None, as_json: bool) -> None:
    """List the styles: policies that --style and GIMP's dialog know by name.

    They are what comes with the program and the .onnx files in your own folder, which the last line names. A file of
    yours comes before one of the same name that comes with the program.

    \b
    Examples:
      trainer styles
      trainer styles --add runs/mine/policy.onnx --name mine
      trainer enhance photo.jpg --out enhanced/ --style mine
    """
    if name is not None and add is None:
        raise click.UsageError("--name goes with --add")
    with one_line_errors():
        from models import styles

        from . import console

        if add is not None:
            written = styles.add(add, name)
            click.echo(f"written: {written}", err=as_json)
        console.style_table(styles.find(), styles.user_folder(), as_json)


@main.command()
@click.argument("folders", metavar="[INPUT_DIR ANSWER_DIR]", nargs=-1, type=PATH)
@STYLE
@MODEL
@click.option("--wrong-way", is_flag=True, help="Take one folder of finished photos; the inputs are these, spoiled.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the faults with --wrong-way.")
@click.option("--only", type=PATH, metavar="LIST",
              help="With --wrong-way: only photos that a text file names, such as a run's held-out.txt.")  # fmt: skip
@DATASET
@JSON
def evaluate(
    folders: tuple[Path, ...], style: str | None, model: Path | None, wrong_way: bool, seed: int, only: Path | None,
    dataset: tuple[str, Path] | None, as_json: bool,
) -> None:  # fmt: skip
    """Measure how near a policy comes to known answers.

    Photos pair by their names. Beside the policy stand the input itself and the best constant action: the one set of
    slider values, sought on these very pairs, that helps all of them most.

    \b
    Examples:
      trainer evaluate pairs/input pairs/answer
      trainer evaluate --wrong-way finished/ --model mine.onnx --json
      trainer evaluate --wrong-way favourites/ --only runs/mine/held-out.txt --model runs/mine/policy.onnx
      trainer evaluate --dataset fivek fivek_dataset/ --model runs/reproduced/policy.onnx
    """
    if len(folders) != (0 if dataset else 1 if wrong_way else 2) or (dataset and wrong_way):
        raise click.UsageError("give INPUT_DIR and ANSWER_DIR, or --wrong-way and one folder, or --dataset alone")
    if only and not wrong_way:
        raise click.UsageError("--only goes with --wrong-way")
    with one_line_errors():
        from . import console, fivek
        from . import evaluate as evaluation

        policy = _policy(model, style)
        if dataset:
            sides = dataset[1] / fivek.SOURCE, dataset[1] / fivek.TARGET
            pairs = evaluation.folder_pairs(*sides, only=fivek.test_names(dataset[1]))
        elif wrong_way:
            pairs = evaluation.wrong_way_pairs(folders[0], seed, only)
        else:
            pairs = evaluation.folder_pairs(folders[0], folders[1])
        result = evaluation.evaluate(pairs, policy, console.steps)
    sys.exit(console.evaluation(result, as_json))


@main.command()
@click.argument("photos", metavar="PHOTO|FOLDER...", nargs=-1, type=PATH, required=True)
@click.option("--out", type=PATH, required=True, help="Folder for the copies; nothing in it is overwritten.")
@click.option("--strength", type=click.FloatRange(0, 2), default=1.0, show_default=True,
              help="How far to go: 0 nothing, 1 as the policy chose, 2 twice as far.")  # fmt: skip
@click.option("--leave", multiple=True, metavar="SLIDER", type=click.Choice(NAMES),
              help=f"A slider to leave alone; may be given several times. One of {', '.join(NAMES)}.")  # fmt: skip
@STYLE
@MODEL
@JSON
@click.option("--before-after", is_flag=True, help="Also write NAME-before-after.jpg, both side by side.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N",
              help="Photos worked on at a time, each on a core of its own; with 1, one after the other on all cores.  "
              "[default: as many as there are cores, and 2 GB of memory for each]")  # fmt: skip
@click.option("--sidecar", is_flag=True,
              help="Write NAME.json beside each copy, and skip what is done.  [always so with folders]")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing.")
def enhance(
    photos: tuple[Path, ...],
    out: Path,
    strength: float,
    leave: tuple[str, ...],
    style: str | None,
    model: Path | None,
    as_json: bool,
    before_after: bool,
    jobs: int | None,
    sidecar: bool,
    dry_run: bool,
) -> None:
    """Retouch photos: JPEG, PNG, 8-bit, 16-bit and float TIFF, and folders of them.

    The copies keep size, kind, EXIF, colour profile and alpha, and lie in --out under the same names. The contents of
    a folder keep their folders; of several inputs, each folder's go below its own name. Hidden files, links to folders
    and copies made by this command are left out.

    With folders, the decision is written beside each copy, as NAME.json. Started again, the same command skips what is
    done and goes on, also after it was killed. A copy that was made with other settings, or by something else, is left
    alone and named. With --json, one line a photo: the decision, with the filters that GIMP would get.

    \b
    Examples:
      trainer enhance photo.jpg --out enhanced/
      trainer enhance *.jpg scans/*.tif --out enhanced/ --strength 0.7
      trainer enhance holiday/ --out enhanced/ --dry-run
      trainer enhance holiday/ --out enhanced/ --jobs 2
      trainer enhance photo.jpg --out enhanced/ --style mine --leave saturation --leave clarity
      trainer enhance photo.jpg --out enhanced/ --json > decision.json
    """
    with one_line_errors():
        from enhancer import batch
        from enhancer.enhance import Settings

        from . import console

        policy = _policy(model, style)
        settings = Settings(strength, before_after, dry_run, leave)
        plan = batch.plan(list(photos), out, settings, sidecar)
        done = batch.run(plan, policy, settings, jobs)
        sys.exit(console.enhanced(done, plan.n, out, as_json, plan.keeps_sidecars, plan.made_here))


@main.command()
@JSON
def sliders(as_json: bool) -> None:
    """Print the sliders, with their ranges in GIMP's units.

    \b
    Examples:
      trainer sliders
      trainer sliders --json
    """
    from editor_ops.sliders import table

    from . import console

    if as_json:
        click.echo(json.dumps(table(), indent=1))
    else:
        console.slider_table()


@main.command("install-plugin")
@click.option("--uninstall", is_flag=True, help="Remove it again.")
@click.option("--into", type=PATH, multiple=True, metavar="FOLDER",
              help="GIMP's folder, such as ~/.config/GIMP/3.0/plug-ins.  [default: every one found]")  # fmt: skip
@click.option("--bundle", "bundled", is_flag=True,
              help="Also put NumPy and ONNX Runtime (130 MB) beside it, for a GIMP in a sandbox (Flatpak, Snap), which "
              "can't start programs that are outside.")  # fmt: skip
@click.option("--gimp-python", metavar="VERSION", help="With --bundle: GIMP's own Python, where it can't be asked.")
@click.option("--wheels", type=PATH, metavar="DIR", help="With --bundle: wheels downloaded before; no network is used.")
def install_plugin(
    uninstall: bool, into: tuple[Path, ...], bundled: bool, gimp_python: str | None, wheels: Path | None
) -> None:
    """Put the plug-in where GIMP 3 looks for it.

    It then is in GIMP's menu under Colors > Auto > Auto Enhance (RL). Every GIMP 3 that you have started is found: from
    the system's packages, Flatpak, Snap, an AppImage, on Windows and macOS. A second time it changes only what is not
    as it should be. Without --into, --bundle is for those in a sandbox, or for all where none is.

    \b
    Examples:
      trainer install-plugin
      trainer install-plugin --bundle
      trainer install-plugin --bundle --gimp-python 3.13 --wheels wheels/
      trainer install-plugin --uninstall
    """
    if uninstall and bundled:
        raise click.UsageError("--uninstall and --bundle are both given; --uninstall takes a bundle away too")
    if not bundled and (gimp_python is not None or wheels is not None):
        raise click.UsageError("--gimp-python and --wheels go with --bundle")
    if gimp_python is not None and not re.fullmatch(r"3\.\d{1,2}", gimp_python):
        raise click.UsageError(f"--gimp-python is {gimp_python!r}; give its first two numbers, such as 3.13")
    with one_line_errors():
        from rich.console import Console

        from gimp_plugin import bundle, install

        from . import console

        if uninstall:
            report = install.uninstall(into or None)
        else:
            with console.progress(Console(stderr=True)) as bar:
                task = bar.add_task("NumPy and ONNX Runtime, MB", total=bundle.SIZE, visible=False)
                wanted = bundle.Request(
                    gimp_python or "", wheels, progress=lambda mb: bar.update(task, completed=int(mb), visible=True)
                )
                report = install.install(into or None, wanted=wanted if bundled else None)
    click.echo(str(report))
    sys.exit(0 if report.ok or (uninstall and not report.failed) else FAILED)


@main.command()
@JSON
def doctor(as_json: bool) -> None:
    """Check what the plug-in needs, and say what to do about what is broken.

    \b
    Examples:
      trainer doctor
      trainer doctor --json
    """
    with one_line_errors():
        from gimp_plugin import doctor as checking

        results = checking.checks()
    ok = all(check.ok for check in results)
    if as_json:
        click.echo(json.dumps({"ok": ok, "checks": [check._asdict() for check in results]}, indent=1))
    else:
        for check in results:
            click.echo(str(check))
    sys.exit(0 if ok else FAILED)
