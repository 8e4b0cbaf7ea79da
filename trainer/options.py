# SPDX-License-Identifier: GPL-3.0-or-later
"""What several commands share: options, and errors as one line."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.errors import printable

if TYPE_CHECKING:
    from models import Policy

DONE, FAILED, WRONG_USE, STOPPED = 0, 1, 2, 130  # exit codes


class _PathType(click.Path):
    """A path. An empty one, such as a script's variable that was never set, would be the current folder."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        if not os.fspath(value):
            self.fail("is empty; give a path", parameter, context)
        return super().convert(value, parameter, context)


PATH = _PathType(path_type=Path)
MODEL = click.option("--model", type=PATH, help="Policy file (.onnx), instead of a style.")
STYLE = click.option("--style", metavar="NAME", help="A policy by its name, see 'trainer styles'.  [default: photo]")
CACHE = click.option("--cache", type=PATH, metavar="DIR",
                     help="Where decoded photos are kept.  [default: the user's cache folder]")  # fmt: skip
DATASET = click.option("--dataset", type=(click.Choice(["fivek", "scut"]), PATH), metavar="NAME DIR",
                       help="A known data set in place of plain folders. fivek: MIT-Adobe FiveK, in DIR/original and "
                       "DIR/expertC, divided by the paper's own lists. scut: SCUT-FBP5500's faces, as it is "
                       "unpacked, divided by its own lists.")  # fmt: skip
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


class Refusal(click.ClickException):
    """One line on stderr and exit code 2."""

    exit_code = WRONG_USE

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


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
        raise Refusal(str(error)) from error


def load_policy(model: Path | None, style: str | None) -> Policy:
    """What --model and --style mean."""
    from models import Policy, styles

    if model is not None and style is not None:
        raise click.UsageError("--model and --style are both given; give one of them")
    return styles.load(style if style is not None else styles.DEFAULT) if model is None else Policy.load(model)
