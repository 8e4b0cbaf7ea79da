# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that use a policy on photos."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from editor_ops import NAMES
from enhancer.format_names import FEWEST_NODES, FORMATS, MOST_NODES, NODES

from .options import JSON, MODEL, PATH, STYLE, load_policy, one_line_errors

if TYPE_CHECKING:
    from enhancer.task import FaceSettings


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
@click.option("--faces", is_flag=True, help="Also edit the faces, by a face style; off unless asked for.")
@click.option("--face-style", metavar="NAME",
              help="What is done to faces, see 'trainer styles', with --faces.  [default: mild]")  # fmt: skip
@click.option("--faces-only", is_flag=True, help="Edit the faces, and leave the photo's colours alone.")
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
    faces: bool,
    face_style: str | None,
    faces_only: bool,
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
      trainer enhance portrait.jpg --out enhanced/ --faces --strength 0.7
    """
    if nodes is not None and "cube" not in formats:
        raise click.UsageError("--nodes goes with --as cube")
    if face_style is not None and not (faces or faces_only):
        raise click.UsageError("--face-style goes with --faces or --faces-only")
    if faces_only and (leave or style or model or formats):
        raise click.UsageError("--faces-only leaves all colours alone: give it without --leave, --style, --model, --as")
    with one_line_errors():
        from enhancer import ahead, batch, photo
        from enhancer.task import Settings

        read: ahead.Read = photo.read
        if len(photos) == 1 and photos[0].is_file() and not sidecar:  # a sidecar says what the file was before
            read = ahead.reading(photos[0])
        policy = load_policy(model, style)
        from . import console

        wanted = tuple(dict.fromkeys(formats))
        chosen = _face_settings(face_style, faces_only) if faces or faces_only else None
        settings = Settings(strength, before_after, dry_run, leave, formats=wanted, nodes=nodes or NODES, faces=chosen)
        plan = batch.plan(list(photos), out, settings, sidecar)
        done = batch.run(plan, policy, settings, jobs, read)
        sys.exit(console.enhanced(done, plan, out, as_json))


def _face_settings(style: str | None, only: bool) -> FaceSettings:
    from enhancer.task import FaceSettings
    from models.faces import styles

    found = styles.find_style(style or styles.DEFAULT)
    return FaceSettings(found.path, found.sha256, only)


@click.command()
@click.option("--faces", is_flag=True, help="Those of a face: its shape and its skin.")
@JSON
def sliders(faces: bool, as_json: bool) -> None:
    """Print the sliders, with their ranges in GIMP's units.

    \b
    Examples:
      trainer sliders
      trainer sliders --json
      trainer sliders --faces
    """
    from editor_ops.face_sliders import FACE_SLIDERS
    from editor_ops.sliders import SLIDERS, table

    from . import console

    rows = FACE_SLIDERS if faces else SLIDERS
    if as_json:
        click.echo(json.dumps(table(rows), indent=1))
    else:
        console.slider_table(rows)


@click.command("styles")
@click.option("--add", type=PATH, metavar="FILE", help="Copy a policy file into the folder of your styles.")
@click.option("--name", help="Its name as a style, with --add.  [default: the file's]")
@JSON
def list_styles(add: Path | None, name: str | None, as_json: bool) -> None:
    """List the styles: policies that --style and GIMP's dialog know by name, and the face styles of --face-style.

    They are what comes with the program and the files in your own folders, which the lines below the tables name. A
    file of yours comes before one of the same name that comes with the program. A face style is a policy taught with
    faces (.onnx) or a preset of face sliders (.json); --add tells them apart.

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
        from models.faces import styles as face_styles

        from . import console

        if add is not None:
            written = (face_styles if face_styles.is_one(add) else styles).add(add, name)
            click.echo(f"written: {written}", err=as_json)
        console.style_tables(
            (styles.find(), styles.known_user_folder()), (face_styles.find(), face_styles.known_user_folder()), as_json
        )
