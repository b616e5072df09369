"""From linear light to sRGB and back, by tables (IEC 61966-2-1), so that no pixel takes a power."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

STEPS = 4096
"""Entries of the table from linear light: in the dark one entry is less than one grey level."""


@cache
def encoding() -> NDArray[np.uint8]:
    """The grey level of linear light i / (STEPS - 1)."""
    light = np.arange(STEPS) / (STEPS - 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(encoded * 255).astype(np.uint8)


def linear(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Linear light, 0 to 1, of sRGB bytes."""
    return _decoding()[pixels]


@cache
def _decoding() -> NDArray[np.float64]:
    encoded = np.arange(256) / 255
    # Rounded, since powers may differ in the last bits from one machine to another.
    light = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.round(light, 9), np.float64)
