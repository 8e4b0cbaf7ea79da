# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m trainer` is the command `trainer`; so is `torchrun --nproc-per-node N -m trainer`."""

from .cli import main

if __name__ == "__main__":  # processes that decode photos import this file again
    main(prog_name="trainer")
