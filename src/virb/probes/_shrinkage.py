"""Ridge regression for every penalty at once, from one eigendecomposition."""

from collections.abc import Iterator, Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from virb.errors import ExperimentError
from virb.probes import Floats
from virb.probes._standardise import FLOOR, ROWS, Scaler

Exact = NDArray[np.float64]


@final
class Shrinkage:
    """One ridge head for each penalty, for each number that is predicted.

    With standardised features X and a standardised target y of n rows, minimises ||y - Xw||^2 / 2n + (l2 / 2) ||w||^2.
    From X'X / n = V diag(d) V' the solution is w = V diag(1 / (d + l2)) V'X'y / n (Hastie, Tibshirani & Friedman, *The
    Elements of Statistical Learning*, 2nd ed., equation 3.47). The intercept is free: it is the mean, since both sides
    are centred. Numbers that are missing in different rows have solutions of their own, each on its rows.

    Args:
        features: n x width.
        values: n x size, NaN where missing.
        layer: for messages.

    Raises:
        ExperimentError: features are the same for every example, or a number is missing in all.
    """

    def __init__(self, features: Floats, values: Exact, layer: str) -> None:
        self._size = values.shape[1]
        known = ~np.isnan(values)
        if not known.any(axis=0).all():
            missing = int(np.flatnonzero(~known.any(axis=0))[0])
            raise ExperimentError(f"Number {missing + 1} of {self._size} of the target is missing in every example.")
        patterns, which = np.unique(known.T, axis=0, return_inverse=True)
        self._parts: list[tuple[NDArray[np.int64], _Solution]] = []
        for number, rows in enumerate(patterns):
            columns = np.flatnonzero(which.reshape(-1) == number)
            inputs = features if rows.all() else features[rows]
            self._parts.append((columns, _Solution(inputs, values[np.ix_(rows, columns)], layer)))

    def predictions(self, features: Floats, l2: Sequence[float]) -> Iterator[Exact]:
        """Yield m x size for each penalty, from m x width."""
        turned = [(columns, solution, solution.turned(features)) for columns, solution in self._parts]
        for penalty in l2:
            out = np.empty((len(features), self._size))
            for columns, solution, along in turned:
                out[:, columns] = solution.predict(along, penalty)
            yield out


@final
class _Solution:
    """Numbers that are known in the same rows."""

    def __init__(self, features: Floats, values: Exact, layer: str) -> None:
        n, width = features.shape
        self._scaler = Scaler.of(features, layer)
        self._mean = values.mean(axis=0)
        spread = values.std(axis=0)
        # A number that does not vary is its mean: no part of its rounding is to be explained.
        self._spread = np.where(spread > FLOOR * np.abs(values).max(axis=0), spread, 0)
        targets = np.divide(values - self._mean, self._spread, out=np.zeros_like(values), where=self._spread > 0)
        if n < width:
            rows = self._scaler(features).astype(np.float64)
            self._values, vectors = _positive(rows @ rows.T / n, max(n, width))
            self._axes = rows.T @ (vectors / np.sqrt(n * self._values))
            self._along = np.sqrt(self._values / n)[:, None] * (vectors.T @ targets)
            return
        gram, moments = np.zeros((width, width)), np.zeros((width, values.shape[1]))
        for start in range(0, n, ROWS):
            rows = self._scaler(features[start : start + ROWS]).astype(np.float64)
            gram += rows.T @ rows
            moments += rows.T @ targets[start : start + ROWS]
        self._values, self._axes = _positive(gram / n, max(n, width))
        self._along = self._axes.T @ moments / n

    def turned(self, features: Floats) -> Exact:
        """Standardised features along the axes: m x axes."""
        out = np.empty((len(features), len(self._values)))
        for start in range(0, len(features), ROWS):
            out[start : start + ROWS] = self._scaler(features[start : start + ROWS]) @ self._axes
        return out

    def predict(self, turned: Exact, l2: float) -> Exact:
        weights = self._along / (self._values + l2)[:, None]
        values: Exact = turned @ weights * self._spread + self._mean
        return values


def _positive(matrix: Exact, larger: int) -> tuple[Exact, Exact]:
    """Eigenvalues above rounding, and their vectors as columns: features do not reach along the others."""
    values, vectors = np.linalg.eigh(matrix)
    # The rule of LAPACK's rank: below this share a value is rounding.
    kept = values > values[-1] * larger * np.finfo(np.float64).eps
    return values[kept], vectors[:, kept]
