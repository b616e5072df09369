"""Maps that are not kept: images are encoded whenever a probe reads them, as where the cache has no room for all."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import final

import numpy as np
from numpy.typing import NDArray

from virb.encoders._encoder import Encoder
from virb.features._batches import together
from virb.features._pass import Pass
from virb.features._shards import Floats, compact


@final
class Stream:
    """What an encoder makes of images, made anew at each reading, rounded as the cache rounds it.

    Layers are computed together, and the last images that were asked for are remembered: a probe that reads several
    layers of a batch encodes it once.

    Args:
        encoder: where from.
        one_pass: reads and encodes.
        layers: that are asked for.
        images: how many the data source has.

    Attributes:
        bad: images that could not be decoded, by row, and why. All of them are decoded once to know.

    Raises:
        ExperimentError: an image cannot be decoded, and bad images are errors.
    """

    def __init__(self, encoder: Encoder, one_pass: Pass, layers: Sequence[str], images: int) -> None:
        self._encoder, self._pass, self._layers = encoder, one_pass, layers
        self._rows = np.empty(0, np.int64)
        self._maps: dict[str, Floats] = {}
        self.bad: dict[int, str] = {}
        with _pool() as pool:
            for batch in one_pass.decode(self._batches(np.arange(images)), pool):
                self.bad |= batch.bad

    def shape(self, layer: str) -> tuple[int, ...]:
        """Of one image's map."""
        return self._encoder.shape(layer)

    def take(self, layer: str, rows: NDArray[np.int64]) -> Floats:
        """Encode some images: the shape of ``rows`` x width x rows x columns of a map.

        Raises:
            ExperimentError: features are NaN or infinite, or one image alone does not fit in memory.
        """
        wanted, places = np.unique(rows.reshape(-1), return_inverse=True)
        if not np.array_equal(wanted, self._rows):
            self._maps = {}  # the old ones' memory first
            self._maps = self._encoded(wanted)
            self._rows = wanted
        return self._maps[layer][places].reshape(*rows.shape, *self.shape(layer))

    def _encoded(self, rows: NDArray[np.int64]) -> dict[str, Floats]:
        maps = {layer: np.empty((len(rows), *self.shape(layer)), np.float32) for layer in self._layers}
        done = 0
        with _pool() as pool:
            for batch in self._pass.decode(self._batches(rows), pool):
                for layer, values in self._pass.encode(batch, self._layers).items():
                    maps[layer][done : done + len(values)] = compact(values)
                done += len(batch.rows)
        return maps

    def _batches(self, rows: NDArray[np.int64]) -> list[list[int]]:
        each = together(self._encoder.inputs)
        return [rows[start : start + each].tolist() for start in range(0, len(rows), each)]


@final
class Streamed:
    """One layer of a stream, as :class:`virb.features._shards.Kept`."""

    def __init__(self, stream: Stream, layer: str) -> None:
        self._stream, self._layer = stream, layer
        self.shape = stream.shape(layer)

    def take(self, rows: NDArray[np.int64]) -> Floats:
        """See :meth:`Stream.take`."""
        return self._stream.take(self._layer, rows)


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1))
