# SPDX-License-Identifier: GPL-3.0-or-later
"""Real GIMP 3.0 and 3.2 in Debian roots, for tests and benchmarks."""
