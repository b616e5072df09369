"""The truth of a dense target: what of it is labelled, what a loss makes of it, and how a head's maps answer it.

A head gives maps of a few channels at the resolution of its features; the truth has a resolution of its own. Maps are
brought to it by bilinear interpolation between the centres of cells (``align_corners=False``).
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from virb.errors import ExperimentError
from virb.probes import Floats, Ints, Rows
from virb.spec import Classes, Target, Values

BATCH, PIXELS = 64, 2**22
"""Examples whose truth is looked at together, and pixels of theirs: no more than either."""
NO_SHARE = float(np.finfo(np.float32).eps)
"""The probability of a class without a pixel, or without a vote: as in :mod:`virb.probes._neighbours`."""
WIDEN = 2.0
"""Positive values are predicted within the range seen in fit, widened by this factor at both ends: an exponential of a
linear map knows no bounds."""


class Truth(ABC):
    """What heads know of the truth in fit.

    Attributes:
        size: rows and columns of the truth.
        rows: ids of the examples that have a labelled pixel; the others have nothing to teach.
        channels: how many maps a head makes.
    """

    size: tuple[int, int]
    rows: Ints
    channels: int

    @abstractmethod
    def known(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        """Which pixels are labelled: n x height x width.

        Raises:
            ValueError: an id that is neither a class nor ``ignore``.
        """

    @abstractmethod
    def planes(self, labels: NDArray[Any]) -> tuple[Tensor, Tensor]:
        """One plane a channel, n x channels x height x width, and which pixels are labelled, n x 1 x height x width.

        Of classes a plane is 1 where the pixel is of the class; of values it is the value, or its logarithm where
        values are positive. Both are float32, and 0 where there is no label.
        """

    @abstractmethod
    def scaled(self, outputs: Tensor) -> Tensor:
        """From outputs that start around 0 with a spread of 1 to maps: n x channels x rows x columns."""

    @abstractmethod
    def loss(self, maps: Tensor, labels: NDArray[Any]) -> Tensor:
        """Mean loss over labelled pixels of maps, n x channels x rows x columns; 0 where no pixel is labelled."""

    @abstractmethod
    def answer(self, maps: Tensor) -> Floats:
        """Predictions as a meter takes them, n x height x width x classes or size, from maps."""

    @abstractmethod
    def answer_of_means(self, means: Tensor) -> Floats:
        """The same from means over truth as :mod:`virb.probes._cells` takes them: shares of classes, or values."""

    @final
    def enlarged(self, maps: Tensor) -> Tensor:
        """Maps at the resolution of the truth."""
        return functional.interpolate(maps, size=self.size, mode="bilinear", align_corners=False)


def truth_of(labels: Rows, target: Target) -> Truth:
    """Look at all of the truth once.

    Args:
        labels: n x height x width ids, or n x height x width x size values.
        target: a dense one.

    Raises:
        ExperimentError: no pixel is labelled.
        ValueError: an id that is neither a class nor ``ignore``.
    """
    return _Ids(labels, target) if isinstance(target, Classes) else _Numbers(labels, target)


@final
class _Ids(Truth):
    def __init__(self, labels: Rows, target: Classes) -> None:
        self._target = target
        counts = np.zeros(target.count, np.int64)
        rows = []
        for first, batch in _batches(labels):
            known = self.known(batch)
            counts += np.bincount(batch[known].astype(np.int64), minlength=target.count)
            rows.append(first + np.flatnonzero(known.any(axis=(1, 2))))
        self.size, self.rows = _size_of(labels), _some(rows)
        self._present = np.flatnonzero(counts)
        self.channels = len(self._present)

    def planes(self, labels: NDArray[Any]) -> tuple[Tensor, Tensor]:
        ids = self._ids(labels)[:, None]
        channels = torch.arange(self.channels, device=ids.device)[:, None, None]
        return (ids == channels).float(), (ids >= 0).float()

    def scaled(self, outputs: Tensor) -> Tensor:
        return outputs

    def loss(self, maps: Tensor, labels: NDArray[Any]) -> Tensor:
        ids = self._ids(labels)
        total = functional.cross_entropy(self.enlarged(maps), ids, ignore_index=-1, reduction="sum")
        return total / (ids >= 0).sum().clamp_min(1)

    def answer(self, maps: Tensor) -> Floats:
        return self._with_absent(self.enlarged(maps).log_softmax(dim=1))

    def answer_of_means(self, means: Tensor) -> Floats:
        return self._with_absent(self.enlarged(means).clamp_min(NO_SHARE).log())

    def _with_absent(self, log_shares: Tensor) -> Floats:
        found: Floats = log_shares.permute(0, 2, 3, 1).float().cpu().numpy()
        if self.channels == self._target.count:
            return found
        outputs = np.full((*found.shape[:3], self._target.count), np.log(NO_SHARE), np.float32)
        outputs[..., self._present] = found
        return outputs

    def _ids(self, labels: NDArray[Any]) -> Tensor:
        """Places among the classes that occur in fit, n x height x width; -1 where there is no label."""
        places = np.full(self._target.count, -1, np.int64)
        places[self._present] = np.arange(self.channels)
        known = self.known(labels)
        return _tensor(np.where(known, places[np.where(known, labels, 0)], -1))

    def known(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        ignore, count = self._target.ignore, self._target.count
        known: NDArray[np.bool_] = np.ones(labels.shape, bool) if ignore is None else np.asarray(labels != ignore)
        wrong = known & ((labels < 0) | (labels >= count))
        if wrong.any():
            raise ValueError(f"the label {labels[wrong][0]} for {count} classes")
        return known


@final
class _Numbers(Truth):
    def __init__(self, labels: Rows, target: Values) -> None:
        self._target = target
        self.channels = target.size
        count, total, squares = 0, np.zeros(target.size), np.zeros(target.size)
        low, high = np.full(target.size, np.inf), np.full(target.size, -np.inf)
        rows = []
        for first, batch in _batches(labels):
            known = self.known(batch)
            found = self._on_scale(batch[known])
            count, total, squares = count + len(found), total + found.sum(axis=0), squares + (found**2).sum(axis=0)
            low = np.minimum(low, found.min(axis=0, initial=np.inf))
            high = np.maximum(high, found.max(axis=0, initial=-np.inf))
            rows.append(first + np.flatnonzero(known.any(axis=(1, 2))))
        self.size, self.rows = _size_of(labels), _some(rows)
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - mean**2, 0))
        # A number that never varies needs no scale, and rounding is not variation.
        deviation = np.where(deviation > 1e-6 * np.abs(mean), deviation, 1)
        self._mean, self._deviation = _planes(mean), _planes(deviation)
        self._low, self._high = _planes(low - np.log(WIDEN)), _planes(high + np.log(WIDEN))

    def planes(self, labels: NDArray[Any]) -> tuple[Tensor, Tensor]:
        known = self.known(labels)
        values = np.zeros(labels.shape, np.float32)
        values[known] = self._on_scale(labels[known])
        return _tensor(values).permute(0, 3, 1, 2), _tensor(known)[:, None].float()

    def scaled(self, outputs: Tensor) -> Tensor:
        return self._mean + self._deviation * outputs

    def loss(self, maps: Tensor, labels: NDArray[Any]) -> Tensor:
        planes, known = self.planes(labels)
        error = (self.enlarged(maps) - planes) * known
        if self._target.size == 2 and not self._target.positive:
            # The end-point error; its gradient at no error at all is zero.
            lengths = torch.linalg.vector_norm(error, dim=1) / self._deviation.square().sum(dim=1).sqrt()
        else:
            lengths = (error.abs() / self._deviation).mean(dim=1)
        mean: Tensor = lengths.sum() / known.sum().clamp_min(1)
        return mean

    def answer(self, maps: Tensor) -> Floats:
        values = self.enlarged(maps)
        if self._target.positive:
            values = values.clamp(self._low, self._high).exp()
        found: Floats = values.permute(0, 2, 3, 1).float().cpu().numpy()
        return found

    def answer_of_means(self, means: Tensor) -> Floats:
        return self.answer(means)

    def known(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        # Meters of depth count positive truth only, and those of flow pixels with all their numbers.
        whole: NDArray[np.bool_] = np.isfinite(labels).all(axis=-1)
        return whole & (labels > 0).all(axis=-1) if self._target.positive else whole

    def _on_scale(self, values: NDArray[Any]) -> NDArray[np.float64]:
        exact = values.astype(np.float64)
        return np.log(exact) if self._target.positive else exact


def _batches(labels: Rows) -> Iterator[tuple[int, NDArray[Any]]]:
    height, width = _size_of(labels)
    step = max(1, min(BATCH, PIXELS // (height * width)))
    for first in range(0, len(labels), step):
        yield first, labels[first : first + step]


def _size_of(labels: Rows) -> tuple[int, int]:
    return labels.shape[1], labels.shape[2]


def _some(rows: list[Ints]) -> Ints:
    found = np.concatenate([np.empty(0, np.int64), *rows])
    if not len(found):
        raise ExperimentError("There is no labelled pixel in fit.")
    return found


def _tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(values).to(torch.get_default_device())


def _planes(numbers: NDArray[np.float64]) -> Tensor:
    return _tensor(numbers.astype(np.float32))[None, :, None, None]
