"""Maps as dense probes take them: read in batches, checked, each channel standardised with the statistics of fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from virb.errors import ExperimentError
from virb.probes import Ints, Rows
from virb.probes._standardise import FLOOR

NUMBERS = 2**22
"""Numbers of a map read together, 16 MB of float32: memory does not grow with the data set."""


@final
class Chosen:
    """Some of the rows, as rows."""

    def __init__(self, rows: Rows, ids: Ints) -> None:
        self._rows, self._ids = rows, ids
        self.shape = (len(ids), *rows.shape[1:])

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, rows: slice | Ints) -> NDArray[Any]:
        return self._rows[self._ids[rows]]


def chosen(rows: Rows, ids: Ints) -> Rows:
    """Rows ``ids``, ascending, which stay on disk where they are there."""
    return rows if len(ids) == len(rows) else Chosen(rows, ids)


def parts(rows: Rows, each: int = 0) -> Iterator[slice]:
    """Cut rows into batches of a bounded size, in order. ``each`` is how many numbers a row will become, if more."""
    step = max(1, NUMBERS // max(each, int(np.prod(rows.shape[1:]))))
    return (slice(first, min(first + step, len(rows))) for first in range(0, len(rows), step))


def read(rows: Rows, which: slice | Ints, layer: str) -> NDArray[np.float32]:
    """Some rows, as float32.

    Raises:
        ExperimentError: some are NaN or infinite, and in how many examples of all.
    """
    batch = np.asarray(rows[which], np.float32)
    if not np.isfinite(batch).all():
        broken = sum(_broken(rows[part]) for part in parts(rows))
        raise ExperimentError(f"The features of layer '{layer}' are not finite in {broken} of {len(rows)} examples.")
    return batch


def _broken(batch: NDArray[Any]) -> int:
    return int((~np.isfinite(batch).reshape(len(batch), -1).all(axis=1)).sum())


@final
@dataclass(frozen=True)
class Channels:
    """Takes each channel to mean 0 and standard deviation 1 over the cells of fit; one that does not vary becomes 0.

    Attributes:
        mean: width x 1 x 1 float32; what rounding it lost is in ``rest``, so that a large mean costs no precision.
        rest: width x 1 x 1, minus what is still to be taken off, over the standard deviation.
        inverse: width x 1 x 1, one over the standard deviation, or 0.
    """

    mean: Tensor
    rest: Tensor
    inverse: Tensor

    @classmethod
    def of(cls, rows: Rows, layer: str) -> Self:
        """Learn from maps that a head is fitted on, n x width x rows x columns, or with several images an example.

        One pass in float64; means and squares of batches are joined as in Chan, Golub & LeVeque (1983), *Algorithms
        for Computing the Sample Variance*.

        Raises:
            ExperimentError: features are not finite, no channel varies, or every example has the same map.
        """
        width = rows.shape[-3]
        count, mean, squares, largest = 0, np.zeros(width), np.zeros(width), np.zeros(width)
        moved = np.zeros(width)
        first = read(rows, slice(0, 1), layer)
        for part in parts(rows):
            batch = read(rows, part, layer)
            moved = np.maximum(moved, _by_channel(np.abs(batch - first)).max(axis=1))
            columns = _by_channel(batch)
            # Sums of float64, though the numbers are float32: what is added is converted on the way.
            there = columns.mean(axis=1, dtype=np.float64)
            spread = np.square(columns - there[:, None], dtype=np.float64).sum(axis=1)
            gap, size = there - mean, columns.shape[1]
            squares += spread + gap**2 * (count * size / (count + size))
            mean += gap * (size / (count + size))
            count += size
            largest = np.maximum(largest, np.abs(columns).max(axis=1))
        deviation = np.sqrt(squares / count)
        varies = deviation > FLOOR * largest
        if not varies.any() or (len(rows) > 1 and not (moved > FLOOR * largest).any()):
            raise ExperimentError(f"The features of layer '{layer}' are the same for every example of fit.")
        inverse = np.divide(1, deviation, out=np.zeros_like(mean), where=varies)
        rounded = mean.astype(np.float32)
        return cls(*(_column(numbers) for numbers in (rounded, (rounded - mean) * inverse, inverse)))

    def __call__(self, batch: NDArray[Any]) -> Tensor:
        """Standardise n x width x rows x columns, or n x images x width x rows x columns."""
        # Copied only where it is needed: torch takes no array that is read-only or turned round.
        maps = torch.from_numpy(np.require(batch, np.float32, ["C", "W"])).to(self.mean.device)
        return torch.addcmul(self.rest, maps - self.mean, self.inverse)


def _by_channel(batch: NDArray[Any]) -> NDArray[Any]:
    """From n x ... x width x rows x columns to width x all the rest."""
    return np.moveaxis(batch, -3, 0).reshape(batch.shape[-3], -1)


def _column(numbers: NDArray[Any]) -> Tensor:
    return torch.from_numpy(numbers.astype(np.float32)).to(torch.get_default_device())[:, None, None]
