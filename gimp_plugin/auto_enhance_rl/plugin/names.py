# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plug-in and its installer call things. Plain Python: both import it."""

PLUG_IN = "auto_enhance_rl"
"""Its folder in GIMP's plug-ins folder, its entry file, and the domain of its translations."""
PROCEDURE = "python-fu-auto-enhance-rl"
"""And DEFAULT_STYLE: the entry file has them too, since it registers even where this file is damaged."""
CONFIG = "config.json"
LOG = f"{PLUG_IN}.log"
BUNDLE = "bundle"
"""The folder beside the entry file with NumPy and ONNX Runtime, where it was asked for."""
DEFAULT_STYLE = "photo"
"""As models.styles has it, which the plug-in can't import before it knows that its files are whole."""
