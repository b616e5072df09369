"""From a data source to batches on the device: which images a step sees, decoded once where memory allows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from virb.data import BadImage, Dataset
from virb.data._images import fit_image
from virb.errors import UserError
from virb.pretrain.objectives import Batch
from virb.progress import Progress
from virb.spec import InputPolicy, digest_of

MEMORY = 4 << 30
"""Bytes up to which decoded images are kept; beyond that each is decoded whenever it is seen."""
LARGER = 4 / 3
"""Images are kept this much larger than a view, so that a crop has pixels to show (256 for 192)."""
_PART = 256
"""Images decoded between two words of progress."""


def seeded(*words: str | int) -> Generator:
    """A generator on the CPU that depends on words alone."""
    return torch.Generator().manual_seed(int(digest_of([*words]), 16) % 2**63)


@final
class Order:
    """Which images each step sees: every epoch is a shuffle of its own, and its incomplete last batch is left out.

    Args:
        images: how many there are.
        batch: how many a step sees.
        run: whose shuffles.
    """

    def __init__(self, images: int, batch: int, run: int) -> None:
        self._images, self._batch, self._run = images, batch, run
        self._epoch, self._shuffled = -1, torch.empty(0, dtype=torch.long)

    def rows(self, step: int) -> Tensor:
        """Rows of the source that a step sees; a step does not depend on those before it."""
        epoch, place = divmod(step, self._images // self._batch)
        if epoch != self._epoch:
            self._shuffled = torch.randperm(self._images, generator=seeded("order", self._run, epoch))
            self._epoch = epoch
        return self._shuffled[place * self._batch : (place + 1) * self._batch]


@final
class Source:
    """The images of a data source, at one size, with their labels.

    Args:
        dataset: opened.
        labels: a class id of each image; empty where it has none.
        size: side of a view in pixels.
        interpolation: how images are resized.
        progress: told how far decoding is.

    Raises:
        UserError: an image cannot be decoded.
    """

    def __init__(
        self, dataset: Dataset, labels: NDArray[np.int64], size: int, interpolation: str, progress: Progress
    ) -> None:
        self._dataset, self._interpolation = dataset, interpolation
        self._rows = dataset.images[:, 0]  # a source may have more images than are asked for
        self.labels = torch.from_numpy(labels)
        side = round(size * LARGER)
        self._inputs = InputPolicy(size=side, fit="crop")
        self._pool = ThreadPoolExecutor(max(1, torch.get_num_threads()))
        self._kept: NDArray[np.uint8] | None = None
        if len(self) * side * side * 3 <= MEMORY:
            self._kept = np.empty((len(self), side, side, 3), np.uint8)
            for start in range(0, len(self), _PART):
                rows = np.arange(start, min(start + _PART, len(self)))
                self._kept[rows] = self._decoded(rows)
                progress.advance("images", int(rows[-1]) + 1, len(self))
            self._pool.shutdown()  # nothing is decoded any more, and a worker makes many runs

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rows: Tensor, device: torch.device) -> Batch:
        """The images of some rows, 0 to 1."""
        index = rows.numpy()
        pixels = self._decoded(index) if self._kept is None else self._kept[index]
        images = torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().div_(255)
        labels = self.labels[rows] if len(self.labels) else self.labels
        return Batch(images, rows.to(device), labels.to(device))

    def _decoded(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return np.stack(list(self._pool.map(self._read, self._rows[rows].tolist())))

    def _read(self, row: int) -> NDArray[np.uint8]:
        try:
            return fit_image(self._dataset.read(row), self._inputs, self._interpolation)
        except BadImage as bad:
            raise UserError(
                f"The image {bad} cannot be decoded.", "Replace it or take it out; the same command goes on from there."
            ) from bad


@final
class Leg:
    """The steps from one checkpoint to the next: what Lightning takes for an epoch."""

    def __init__(self, first: int, last: int) -> None:
        self._steps = range(first, last)

    def __len__(self) -> int:
        return len(self._steps)

    def __iter__(self) -> Iterator[int]:
        return iter(self._steps)
