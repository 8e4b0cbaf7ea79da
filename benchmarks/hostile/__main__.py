# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m benchmarks.hostile`."""

import os
import sys

if __name__ == "__main__":  # worker processes import this file again
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # of the workers: they are as many as there are cores
    from benchmarks.hostile.run import main

    sys.exit(main())
