"""Numbers in images: what is checked of them, means of images, and medians of more numbers than memory holds."""

from typing import final

import numpy as np
from numpy.typing import NDArray

from virb.errors import ExperimentError
from virb.metrics import Array

Floats = NDArray[np.float64]

FRACTION_BITS = 9
"""Bits of a float32's fraction that tell bins apart: a bin is at most 2^-9 = 0.2 % of its values wide."""
DROPPED = 23 - FRACTION_BITS
BINS = 2 ** (9 + FRACTION_BITS)


def check_numbers(outputs: Array | None, truth: Array, size: int) -> None:
    """Refuse predictions that are not numbers, or not of the truth's shape, whose last axis is ``size``.

    Raises:
        ExperimentError: predictions are NaN or infinite.
        ValueError: the shapes do not fit.
    """
    if truth.shape[-1] != size or (outputs is not None and outputs.shape != truth.shape):
        raise ValueError(f"predictions {None if outputs is None else outputs.shape} for {truth.shape} x {size} numbers")
    if outputs is not None and not np.isfinite(outputs).all():
        raise ExperimentError("the head's predictions are NaN or infinite")


def mean_of_known(values: Floats) -> float:
    """Mean over the examples that have something to score.

    Raises:
        ValueError: none has.
    """
    known = values[~np.isnan(values)]
    if not len(known):
        raise ValueError("there is nothing to score")
    return float(known.mean())


@final
class RunningMedian:
    """The median of any number of numbers, each within 0.2 %, from a histogram of fixed size (4 MB).

    Bins are cut by the leading bits of the numbers as float32: sign, exponent and nine bits of the fraction. The
    median is the mean of the numbers in its bin (between two bins, of both means), so that a median that all its
    neighbours share is exact. The same for any order and any cut into batches, but for the rounding of sums.
    """

    def __init__(self) -> None:
        self._counts = np.zeros(BINS, np.int64)
        self._sums = np.zeros(BINS)

    def add(self, numbers: Array) -> None:
        """Take in finite numbers."""
        values = np.asarray(numbers, np.float32) + np.float32(0)  # minus zero becomes zero
        bits = (values.view(np.uint32) >> DROPPED).astype(np.int64)
        half = BINS // 2
        # Bits of negative numbers grow with their size: turned round, bins are in the order of their numbers.
        index = np.where(bits >= half, BINS - 1 - bits, bits + half)
        self._counts += np.bincount(index, minlength=BINS)
        self._sums += np.bincount(index, values, BINS)

    def value(self) -> float:
        """The median.

        Raises:
            ValueError: there are no numbers.
        """
        total = int(self._counts.sum())
        if not total:
            raise ValueError("there are no examples")
        middle = np.searchsorted(self._counts.cumsum(), [(total + 1) // 2, total // 2 + 1])
        return float((self._sums[middle] / self._counts[middle]).mean())


@final
class RunningMedians:
    """A :class:`RunningMedian` of each of several numbers; nothing is kept before the first of them.

    Args:
        size: how many numbers.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._each: list[RunningMedian] = []

    def add(self, numbers: Array) -> None:
        """Take in n x size finite numbers."""
        self._each = self._each or [RunningMedian() for _ in range(self._size)]
        for place, median in enumerate(self._each):
            median.add(numbers[:, place])

    def value(self) -> NDArray[np.float32]:
        """The medians, one a number.

        Raises:
            ValueError: there are no numbers.
        """
        if not self._each:
            raise ValueError("there are no examples")
        return np.array([median.value() for median in self._each], np.float32)
