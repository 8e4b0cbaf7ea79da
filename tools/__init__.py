# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs for maintainers: translations, the help page, pictures and tables of the docs, GIMP roots."""
