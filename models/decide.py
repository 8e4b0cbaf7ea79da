# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m models.decide`: the helper's name in plug-ins that were installed earlier, which start it by this name."""

import sys

from .helper import main

if __name__ == "__main__":
    sys.exit(main())
