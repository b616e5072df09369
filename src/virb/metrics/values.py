"""Scores of numbers for the image."""

from typing import final

import numpy as np

from virb.metrics import Array, Meter
from virb.metrics._numbers import Floats, check_numbers, mean_of_known


@final
class ValuesMeter(Meter):
    """Meter of the ``values`` family. Keeps truth and error of each example.

    A number that is missing in the truth counts nowhere; an example's error is the mean over its numbers.

    Args:
        size: numbers an example.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._truths: list[Floats] = []
        self._errors: list[Floats] = []
        self._known: list[Array] = []

    def add(self, outputs: Array | None, truth: Array) -> None:
        """Take in n x size numbers and their truth."""
        check_numbers(outputs, truth, self._size)
        truth = np.where(np.isfinite(truth), truth, np.nan).astype(np.float64)
        if outputs is None:
            self._known.append(truth)
        else:
            self._truths.append(truth)
            self._errors.append(outputs - truth)

    def scores(self) -> dict[str, float]:
        """``mae`` and ``r2``."""
        return {"mae": mean_of_known(self._per_example(np.abs)), "r2": self._r2()}

    def loss(self) -> float:
        """Mean squared error."""
        return mean_of_known(self._per_example(np.square))

    def outcomes(self) -> dict[str, Array]:
        """``mae``, n."""
        return {"mae": self._per_example(np.abs).astype(np.float32)}

    def constant(self, outputs_shape: tuple[int, ...]) -> Array:
        """The median of each number, n x size."""
        truth = np.concatenate([np.empty((0, self._size)), *self._known])
        if np.isnan(truth).all(axis=0).any():
            raise ValueError("there are no examples")
        return np.broadcast_to(np.nanmedian(truth, axis=0).astype(np.float32), outputs_shape)

    def _per_example(self, size_of: np.ufunc) -> Floats:
        sizes = np.asarray(size_of(np.concatenate([np.empty((0, self._size)), *self._errors])))
        known = ~np.isnan(sizes)
        count = known.sum(axis=1)
        return np.where(count > 0, np.where(known, sizes, 0).sum(axis=1) / np.maximum(count, 1), np.nan)

    def _r2(self) -> float:
        """One minus squared error over squared distance to the mean, mean over the numbers that are there.

        A number that never varies gives 1 where it is met exactly and 0 elsewhere, as in scikit-learn's ``r2_score``.
        """
        truth, error = np.concatenate(self._truths), np.concatenate(self._errors)
        truth, error = (part[:, ~np.isnan(truth).all(axis=0)] for part in (truth, error))
        left = np.nansum(error**2, axis=0)
        spread = np.nansum((truth - np.nanmean(truth, axis=0)) ** 2, axis=0)
        explained = np.where(spread > 0, 1 - left / np.where(spread > 0, spread, 1), np.where(left > 0, 0.0, 1.0))
        return float(explained.mean())
