"""What heads that are trained in steps read: features, standardised with the statistics of what is fitted on."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from virb.probes import Examples, Floats, Ints
from virb.probes._channels import Channels, read
from virb.probes._standardise import Scaler, finite, finite_rows, flat

Batches = Callable[[Ints], Tensor]
"""From the ids of some examples to what heads read of them."""


class Inputs(ABC):
    """Learnt from the examples that heads are fitted on; then turns any features into what the heads read.

    Columns and channels that do not vary in fit are left out: how many there are changes nothing, not even which
    numbers are drawn for the others.

    Attributes:
        shape: of one example's inputs.
    """

    shape: tuple[int, ...]

    @abstractmethod
    def open(self, features: Any) -> Batches:
        """Batches of one layer's features, given as :class:`Examples` has them.

        Raises:
            ExperimentError: features are not finite; of maps, when a batch of them is read.
        """


@final
class Vectors(Inputs):
    """Embeddings, all of them in memory: the images of an example side by side, each column standardised.

    Args:
        examples: to learn from.
        layer: which.

    Raises:
        ExperimentError: features are not finite, or the same for every example.
    """

    def __init__(self, examples: Examples, layer: str) -> None:
        self._layer = layer
        self._columns = _Columns(finite_rows(examples, layer), layer)
        self.shape = (self._columns.width,)

    def open(self, features: Any) -> Batches:
        """See :meth:`Inputs.open`."""
        return _batches(self._columns(finite(flat(features), self._layer)))


@final
class Combined(Inputs):
    """Embeddings of the images of an example, and what they have to do with one another.

    Images are standardised alike, so that the difference of equal ones is zero. Of two images, x1 and x2, heads read
    x1, x2, x1 * x2 and x2 - x1: no sum of parts of x1 and x2 tells how they differ, products do. Of more they read
    the mean and each image. All that is standardised once more, since products and differences have scales of their
    own.

    Args:
        examples: to learn from.
        layer: which.

    Raises:
        ExperimentError: as of :class:`Vectors`.
    """

    def __init__(self, examples: Examples, layer: str) -> None:
        self._layer = layer
        finite_rows(examples, layer)
        features = np.asarray(examples.features[layer])
        self._images = Scaler.of(features.reshape(-1, features.shape[-1]), layer)
        self._columns = _Columns(self._combined(features), layer)
        self.shape = (self._columns.width,)

    def open(self, features: Any) -> Batches:
        """See :meth:`Inputs.open`."""
        finite(flat(features), self._layer)
        return _batches(self._columns(self._combined(np.asarray(features))))

    def _combined(self, features: Floats) -> Floats:
        n, width = len(features), features.shape[-1]
        images = self._images(features.reshape(-1, width)).reshape(n, -1, width)
        parts = [images[:, place] for place in range(images.shape[1])]
        if len(parts) == 2:
            first, second = parts
            parts += [first * second, second - first]
        elif len(parts) > 2:
            parts.insert(0, images.mean(axis=1))
        return np.concatenate(parts, axis=1)


@final
class Maps(Inputs):
    """Maps, read from where they are batch by batch; each channel standardised over all cells and images.

    Args:
        examples: to learn from.
        layer: which.
        joined: whether the images of an example lie side by side as channels of one map, n x channels x rows x
            columns; otherwise they stay apart, n x images x channels x rows x columns.

    Raises:
        ExperimentError: features are not finite, or the same for every example.
    """

    def __init__(self, examples: Examples, layer: str, *, joined: bool) -> None:
        rows = examples.features[layer]
        self._layer, self._joined = layer, joined
        known = Channels.of(rows, layer)
        self._live = np.flatnonzero(known.inverse.flatten().cpu().numpy())
        self._channels = Channels(*(part[self._live] for part in (known.mean, known.rest, known.inverse)))
        images = 1 if len(rows.shape) == 4 else rows.shape[1]
        channels = (images * len(self._live),) if joined else (images, len(self._live))
        self.shape = (*channels, *rows.shape[-2:])

    def open(self, features: Any) -> Batches:
        """See :meth:`Inputs.open`."""

        def batch(ids: Ints) -> Tensor:
            maps = read(features, ids, self._layer)
            return self._channels(maps[..., self._live, :, :]).reshape(len(ids), *self.shape)

        return batch


@final
class _Columns:
    """Standardised columns, without those that do not vary."""

    def __init__(self, rows: Floats, layer: str) -> None:
        scaler = Scaler.of(rows, layer)
        self._live = np.flatnonzero(scaler.inverse)
        self._scaler = Scaler(scaler.mean[self._live], scaler.inverse[self._live])
        self.width = len(self._live)

    def __call__(self, rows: Floats) -> Floats:
        return self._scaler(rows[:, self._live])


def _batches(rows: Floats) -> Batches:
    inputs = torch.from_numpy(rows).to(torch.get_default_device())
    return lambda ids: inputs[torch.from_numpy(ids).to(inputs.device)]
