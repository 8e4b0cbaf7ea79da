# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the whole editor of the shipped policy, models/whole-editor/photo-editor.onnx, and its checksums

    python -m tools.whole_editor

Run it whenever models/photo.onnx or the editor has changed.
"""

from __future__ import annotations

import argparse
import hashlib

from models.files import write_text
from models.policy import SHIPPED
from trainer.whole_editor import export_whole_editor

FOLDER = SHIPPED.parent / "whole-editor"
"""Apart from the policies, which are styles by their place."""
WHOLE_EDITOR = FOLDER / "photo-editor.onnx"
SUMS = FOLDER / "SHA256SUMS"


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage="python -m tools.whole_editor"
    ).parse_args()
    export_whole_editor(SHIPPED, WHOLE_EDITOR)
    write_text(SUMS, f"{hashlib.sha256(WHOLE_EDITOR.read_bytes()).hexdigest()}  {WHOLE_EDITOR.name}\n")  # as sha256sum
    print(f"written: {WHOLE_EDITOR}, {WHOLE_EDITOR.stat().st_size:,} bytes; {SUMS}")


if __name__ == "__main__":
    main()
