# SPDX-License-Identifier: GPL-3.0-or-later
"""The GIMP plug-in (auto_enhance_rl/auto_enhance_rl.py), its installer and the check of the whole chain."""
