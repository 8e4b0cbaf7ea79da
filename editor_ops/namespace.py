# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions of an array's own library, under the array API's names"""

from __future__ import annotations

from typing import Any

import array_api_compat
import numpy as np

NUMPY_IS_STANDARD = np.lib.NumpyVersion(np.__version__) >= "2.1.0"
"""NumPy has all that is used here under the array API's names since 2.1: isdtype, astype, clip without bounds."""


def array_namespace(array: Any) -> Any:
    """The module whose functions take this array: torch's wrapped by array_api_compat, NumPy's own.

    NumPy is not wrapped where it needs no wrapper: array_api_compat imports every part of it, which takes longer than
    NumPy itself and would delay the first edit of each process, and its `clip` takes ten times as long.
    """
    if NUMPY_IS_STANDARD and isinstance(array, np.ndarray | np.generic):
        return np
    return array_api_compat.array_namespace(array)
