# SPDX-License-Identifier: GPL-3.0-or-later
"""Photo files in, enhanced copies out. No torch."""
