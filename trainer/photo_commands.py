# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that use a policy on photos."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from editor_ops import NAMES
from enhancer.format_names import FEWEST_NODES, FORMATS, MOST_NODES, NODES

from .options import JSON, MODEL, PATH, STYLE, load_policy, one_line_errors


@click.command()
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
@click.option("--as", "formats", multiple=True, type=click.Choice(list(FORMATS)),
              help="Also write the decision for other programs: NAME.cube (a 3D LUT), NAME.gegl (for the command gegl "
              "and GIMP's GEGL Graph) or NAME.decision.json; may be given several times.")  # fmt: skip
@click.option("--nodes", type=click.IntRange(FEWEST_NODES, MOST_NODES),
              help=f"Along each side of the 3D LUT, with --as cube.  [default: {NODES}]")  # fmt: skip
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
    formats: tuple[str, ...],
    nodes: int | None,
    jobs: int | None,
    sidecar: bool,
    dry_run: bool,
) -> None:
    """Retouch photos: JPEG, PNG, WebP, AVIF, 8-bit, 16-bit and float TIFF, and folders of them.

    The copies keep size, kind, EXIF, captions, colour profile and alpha, and lie in --out under the same names; what
    one does not keep, such as an HDR gain map, is said. The contents of
    a folder keep their folders; of several inputs, each folder's go below its own name. Hidden files, links to folders
    and copies made by this command are left out, and so are other files, such as camera raws, which are counted.

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
      trainer enhance photo.jpg --out enhanced/ --as cube --as gegl
    """
    if nodes is not None and "cube" not in formats:
        raise click.UsageError("--nodes goes with --as cube")
    with one_line_errors():
        from enhancer import ahead, batch, photo
        from enhancer.task import Settings

        read: ahead.Read = photo.read
        if len(photos) == 1 and photos[0].is_file() and not sidecar:  # a sidecar says what the file was before
            read = ahead.reading(photos[0])
        policy = load_policy(model, style)
        from . import console

        wanted = tuple(dict.fromkeys(formats))
        settings = Settings(strength, before_after, dry_run, leave, formats=wanted, nodes=nodes or NODES)
        plan = batch.plan(list(photos), out, settings, sidecar)
        done = batch.run(plan, policy, settings, jobs, read)
        sys.exit(console.enhanced(done, plan, out, as_json))


@click.command()
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


@click.command("styles")
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
        console.style_table(styles.find(), styles.known_user_folder(), as_json)
