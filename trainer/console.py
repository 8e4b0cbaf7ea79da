# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands print: results on stdout, progress and problems on stderr."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from editor_ops import SLIDERS
from editor_ops.face_sliders import FACE_SLIDERS
from editor_ops.sliders import Slider
from enhancer import formats
from enhancer.enhance import to_json
from enhancer.kinds import OTHER
from enhancer.task import Enhanced
from models import Decision
from models.errors import printable
from models.faces.decision import FaceDecision
from models.styles import Style

from .config import Config, recipe
from .options import DONE, FAILED, STOPPED

if TYPE_CHECKING:  # scikit-image, which only `trainer evaluate` needs; and what only `trainer enhance` does
    from enhancer.batch import Plan

    from .evaluate import Result
    from .faces.evaluate import Result as FaceResult


STILL = "nothing to do"
MOST_COLUMNS = 6
"""Faces whose sliders are printed: more would not fit on a line; --json has all."""


def progress(console: Console, *fields: str) -> Progress:
    """A bar with the time left; silent where nobody watches. fields: of its tasks, shown behind."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(
        *columns,
        *(TextColumn(f"{{task.fields[{field}]}}") for field in fields),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=300,  # seconds: some steps, such as a large photo, take ten
        redirect_stdout=False,  # results go where stdout goes, even while the bar is on the terminal
        redirect_stderr=False,
    )


def steps(text: str, n: int, console: Console | None = None) -> Iterator[int]:
    """The numbers below n, with a bar; on stderr, where no console is named."""
    with progress(console or Console(stderr=True)) as bar:
        yield from bar.track(range(n), description=text)


def enhanced(photos: Generator[Enhanced, None, None], plan: Plan, out: Path, as_json: bool) -> int:
    """Prints what becomes of the planned photos as it happens, what is left out before, and the problems again as a
    count at the end; the exit code. out: their folder."""
    n = plan.n
    err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)
    done: list[Enhanced] = []
    before = failed = 0
    if plan.made_here:
        err.print(f"left out: {_photos(plan.made_here)} that this command has made")
    if plan.left_out:
        err.print(f"left out: {_counts(plan.left_out)}")
    with contextlib.closing(photos), progress(err) as bar:
        task = bar.add_task("Enhancing", total=n)
        try:
            for one in photos:
                if one.problem:
                    failed += 1
                    bar.console.print(printable(one.problem), markup=False)
                elif one.record is not None:
                    before += 1
                else:
                    done.append(one)
                    for note in one.notes:
                        bar.console.print(printable(f"{one.photo}: {note}"), markup=False)
                    if not as_json and n > 1 and one.decision:
                        bar.console.print(printable(_one_line(one)), markup=False)
                if as_json and not one.problem:
                    print(json.dumps(_json(one)), flush=True)
                # what took no time must not count for the time left
                left = n - before
                bar.update(task, total=left, completed=len(done) + failed)
        except KeyboardInterrupt:
            bar.stop()
            photos.close()
            err.print(
                f"stopped: {len(done) + before} of {n} photos done, nothing half written"
                + ("; the same command goes on with the rest" if plan.keeps_sidecars else "")
            )
            return STOPPED
    if not as_json:
        _print_done(done, before, n, out)
    if failed and n > 1:
        err.print(f"{failed} of {n} photos failed, see above")
    return FAILED if failed else DONE


def _print_done(done: list[Enhanced], before: int, n: int, out: Path) -> None:
    for one in done:
        if n == 1 and one.decision:
            _print_whole(decision_table(one.decision))
            if one.faces:
                _print_whole(face_table(one.faces))
            written = "would be written" if one.dry else "written"
            print(printable(f"{written}: {one.output}"))
            for name, path in one.others.items():
                print(printable(f"{written}: {path}{_without(name, one)}"))
        if one.comparison and not one.dry:
            print(printable(f"before and after: {one.comparison}"))
    if (n > 1 and done) or before:
        verb = "would be enhanced" if any(one.dry for one in done) else "enhanced"
        earlier = f", {before} done before" if before else ""
        print(printable(f"{len(done)} of {n} photos {verb}{earlier}, in {out}"))


def _without(name: str, one: Enhanced) -> str:
    """What a file for another program lacks."""
    lost = formats.left_out(one.decision.values) if name == "cube" and one.decision else []
    return f" (without {', '.join(slider.label for slider in lost)}, which a LUT can't hold)" if lost else ""


def _one_line(one: Enhanced) -> str:
    decided = _moved(one.decision) if one.decision else ""
    if one.faces and (n := len(one.faces.faces)):
        faces = f"{n} face{'s' if n > 1 else ''}"
        decided = faces if decided == STILL else f"{decided}, {faces}"
    return f"{one.photo} -> {one.output}: {decided}" if one.dry else f"{one.output}: {decided}"


def _counts(kinds: Counter[str]) -> str:
    """Such as "12 camera raw, 2 video, 3 other files", the photographer's first."""
    order = sorted(kinds, key=lambda kind: (kind == OTHER, -kinds[kind], kind))
    words = ", ".join(f"{kinds[kind]} {kind}" for kind in order)
    return words + ("" if OTHER not in kinds else " file" if kinds[OTHER] == 1 else " files")


def _photos(n: int) -> str:
    return f"{n} photo" if n == 1 else f"{n} photos"


def decision_table(decision: Decision) -> Table:
    """The sliders as a person would set them in GIMP; those that stay where they are, are dim."""
    table = Table(title=Text(f"Sliders ({decision.model}, strength {decision.strength:g})"), title_justify="left")
    for heading in ("slider", "value", "likely", "in GIMP"):
        table.add_column(heading, justify="right" if heading == "value" else "left")
    for choice in decision.choices:
        slider = choice.slider
        still = choice.value == slider.neutral
        row = (
            slider.label,
            slider.format(choice.value),
            "" if choice.interval is None else " to ".join(slider.format(end) for end in choice.interval),
            slider.menu,
        )
        table.add_row(*row, style="dim" if still else None)
    return table


def face_table(decision: FaceDecision) -> Table:
    """What is done to each face, the largest first; sliders that no face needs are left out."""
    title = f"Faces ({decision.style}, strength {decision.strength:g}): {len(decision.faces)} found"
    table = Table(title=Text(title), title_justify="left")
    table.add_column("slider")
    for i, face in enumerate(decision.faces[:MOST_COLUMNS]):
        x, y, width, height = face.box
        table.add_column(f"face {i + 1}\n{width} x {height} at {x}, {y}", justify="right")
    for slider in FACE_SLIDERS:
        values = [face.sliders[slider.name] for face in decision.faces[:MOST_COLUMNS]]
        if any(value != slider.neutral for value in values):
            table.add_row(slider.label, *(slider.format(value) for value in values))
    return table


def slider_table(rows: tuple[Slider, ...] = SLIDERS) -> None:
    """The slider table, or a face's."""
    table = Table()
    for heading in ("slider", "in GIMP", "operation", "property", "lowest", "neutral", "highest", "unit", "radius"):
        table.add_column(heading, justify="right" if heading in ("lowest", "neutral", "highest") else "left")
    for s in rows:
        length = "the long side" if rows is SLIDERS else "the eyes' distance"
        radius = f"{100 * s.radius_share:g}% of {length}" if s.radius_share else ""
        ends = (s.format(value) for value in (s.lowest, s.neutral, s.highest))
        table.add_row(s.label, s.menu, s.operation, s.property, *ends, s.unit, radius)
    _print_whole(table)


def settings_table() -> None:
    """Every setting of `trainer fit`, with its numbers in the default recipe and in the paper's."""
    table = Table()
    for heading in ("setting", "default", "paper", "meaning"):
        table.add_column(heading, justify="right" if heading in ("default", "paper") else "left", overflow="fold")
    paper = recipe("paper")
    for field in fields(Config):
        numbers = (f"{getattr(each, field.name)}" for each in (Config(), paper))
        table.add_row(field.name, *numbers, Text(field.metadata["help"]))
    _print_whole(table)
    print("Give one as --set NAME=VALUE, such as --set dropout=0.4")


Styles = tuple[list[Style], Path | None]
"""Styles that were found, and the folder of the user's own."""


def style_tables(photos: Styles, faces: Styles, as_json: bool) -> None:
    """The styles for photos and for faces, and where one's own go."""
    if as_json:
        (found, folder), (of_faces, face_folder) = photos, faces
        listed = {"folder": str(folder or ""), "styles": [style.to_json() for style in found]}
        listed |= {"face_folder": str(face_folder or ""), "face_styles": [style.to_json() for style in of_faces]}
        print(json.dumps(listed))
        return
    _style_table("Styles", *photos)
    _style_table("Face styles", *faces)


def _style_table(title: str, found: list[Style], folder: Path | None) -> None:
    table = Table(title=title, title_justify="left")
    for heading in ("style", "from", "description"):
        table.add_column(heading, overflow="fold")
    for style in found:  # Text: a file's own words are no markup
        source = "your own" if style.own else "the program"
        words = Text(f"not used: {style.problem}", "red") if style.problem else Text(style.description)
        table.add_row(Text(style.name), source, words, style="dim" if style.problem else None)
    _print_whole(table)
    if folder:
        print(printable(f"Your own go into {folder}"))


def evaluation(result: Result, as_json: bool) -> int:
    """The measures as a table, and what the best constant action is; the exit code."""
    for problem in result.problems:
        Console(stderr=True, soft_wrap=True).print(f"left out: {problem}", markup=False)
    status = FAILED if result.problems else DONE
    if as_json:
        print(json.dumps(result.to_json()))
        return status
    headings = {"psnr": "PSNR, dB", "ssim_rgb": "SSIM RGB", "ssim_grey": "SSIM grey", "ciede2000": "CIEDE2000",
                "histogram_intersection": "histogram\nintersection, %"}  # fmt: skip
    table = Table(title=Text(f"{result.n} pairs, policy {result.model}"), title_justify="left")
    table.add_column("")
    for name in headings:
        table.add_column(headings[name], justify="right")
    for row, measures in result.rows.items():
        digits = (f"{measures[name]:.{4 if name.startswith('ssim') else 2}f}" for name in headings)
        table.add_row(row, *digits)
    _print_whole(table)
    moved = [s.label + " " + s.format(v) for s in SLIDERS if (v := result.constant[s.name]) != s.neutral]
    print(f"Best constant action, sought on these very pairs: {', '.join(moved) or 'nothing moved'}")
    return status


def face_evaluation(result: FaceResult, as_json: bool) -> None:
    """What the judges think of the edits, as a table, and what the best constant action is."""
    if as_json:
        print(json.dumps(result.to_json()))
        return
    title = (
        f"{result.n} faces, style {result.style}; the judges' correlation with what is known of {result.judged} faces: "
    )
    table = Table(title=Text(f"{title}{result.pearson:.3f}"), title_justify="left")
    for name in ("", "mean score", "gain", "better, %", "landmarks moved, %"):
        table.add_column(name, justify="right" if name else "left")
    for row, found in result.rows.items():
        numbers = (f"{found['score']:.3f}", f"{found['gain']:+.3f}", f"{found['better']:.1%}", f"{found['moved']:.2%}")
        table.add_row(row, *(number.rstrip("%") for number in numbers))
    _print_whole(table)
    moved = [s.label + " " + s.format(v) for s in FACE_SLIDERS if (v := result.constant[s.name]) != s.neutral]
    print(
        f"Best constant action, sought on {result.searched} of these very faces: {', '.join(moved) or 'nothing moved'}"
    )


def _print_whole(table: Table) -> None:
    """To a terminal in its width; to a file or a pipe without breaking cells."""
    console = Console(highlight=False, markup=False, emoji=False)  # the names of all emoji take 10 ms to import
    if not console.is_terminal:
        console.width = 240
    console.print(table)


def _moved(decision: Decision) -> str:
    moved = [c for c in decision.choices if c.value != c.slider.neutral]
    return ", ".join(f"{c.slider.label} {c.slider.format(c.value)}" for c in moved) or STILL


def _json(one: Enhanced) -> dict[str, object]:
    """The Decision JSON, which photo it is of, and whether it was done before."""
    if one.record is not None:
        said = {name: value for name, value in one.record.items() if name != "made"}
        return {**said, "photo": str(one.photo), "output": str(one.output), "skipped": True}
    return {**to_json(one), "skipped": False, **({"dry_run": True} if one.dry else {})}
