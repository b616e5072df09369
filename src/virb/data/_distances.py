"""Depth as files hold it: what is missing, what cannot be."""

import numpy as np
from numpy.typing import NDArray

from virb.data import BadImage


def distances(values: NDArray[np.floating], key: str) -> NDArray[np.float32]:
    """Depth in which zero says that none was measured.

    Args:
        values: height x width.
        key: the name of the file in messages.

    Returns:
        height x width x 1, NaN where there was zero.

    Raises:
        BadImage: a value is NaN, infinite or below zero.
    """
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise BadImage(key, f"a depth is {values[wrong].flat[0]:g}; one that is missing is 0")
    return np.where(values > 0, values, np.nan).astype(np.float32)[..., None]
