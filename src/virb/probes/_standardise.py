"""Features as probes take them: one row an example, checked, standardised with the statistics of what is fitted on."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, final

import numpy as np
from numpy.typing import NDArray

from virb.errors import ExperimentError
from virb.probes import Examples, Floats

FLOOR = 1e-6
"""A column whose standard deviation is below this share of its largest size varies by the rounding of float32 alone."""
ROWS = 4096
"""Rows turned to float64 at a time, so that memory does not grow with the data set."""


@final
@dataclass(frozen=True)
class Scaler:
    """Takes each column to mean 0 and standard deviation 1; a column that does not vary in fit becomes 0 everywhere.

    Attributes:
        mean: width numbers.
        inverse: one over the standard deviation, or 0.
    """

    mean: NDArray[np.float64]
    inverse: NDArray[np.float64]

    @classmethod
    def of(cls, features: Floats, layer: str) -> Self:
        """Learn from the rows that a head is fitted on, n x width. Sums are taken in float64, in two passes.

        Raises:
            ExperimentError: no column varies.
        """
        mean: NDArray[np.float64] = features.mean(axis=0, dtype=np.float64)
        squares, largest = np.zeros_like(mean), np.zeros_like(mean)
        for rows in _blocks(features):
            squares += np.square(rows - mean).sum(axis=0)
            largest = np.maximum(largest, np.abs(rows).max(axis=0))
        deviation = np.sqrt(squares / len(features))
        varies = deviation > FLOOR * largest
        if not varies.any():
            raise ExperimentError(f"The features of layer '{layer}' are the same for every example of fit.")
        return cls(mean, np.divide(1, deviation, out=np.zeros_like(mean), where=varies))

    def __call__(self, features: Floats) -> Floats:
        """Standardise m x width."""
        out = np.empty(features.shape, np.float32)
        for start, rows in zip(range(0, len(features), ROWS), _blocks(features), strict=True):
            out[start : start + ROWS] = (rows - self.mean) * self.inverse
        return out


def finite_rows(examples: Examples, layer: str) -> Floats:
    """The features of one layer, n x width; the images of an example lie side by side.

    Raises:
        ExperimentError: some are NaN or infinite, and in how many examples.
    """
    return finite(flat(examples.features[layer]), layer)


def finite(rows: Floats, layer: str) -> Floats:
    """The same n x width.

    Raises:
        ExperimentError: some are NaN or infinite, and in how many examples.
    """
    broken = sum(int((~np.isfinite(block).all(axis=1)).sum()) for block in _blocks(rows))
    if broken:
        raise ExperimentError(f"The features of layer '{layer}' are not finite in {broken} of {len(rows)} examples.")
    return rows


def flat(features: Floats) -> Floats:
    """From n x width, or n x images x width, to n rows."""
    return features.reshape(len(features), int(np.prod(features.shape[1:])))


def _blocks(features: Floats) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(features), ROWS):
        yield features[start : start + ROWS].astype(np.float64)
