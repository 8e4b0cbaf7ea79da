# SPDX-License-Identifier: GPL-3.0-or-later
"""Learning on faces: the same agent with the face sliders."""
