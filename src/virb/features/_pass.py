"""One pass over images: decode a few batches ahead, encode in as large parts as memory allows."""

import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Literal, NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray

from virb.data import BadImage, Dataset, Pixels
from virb.data._images import read_fitted
from virb.encoders._encoder import Encoder
from virb.errors import ExperimentError
from virb.features._batches import together
from virb.features._shards import Floats
from virb.features._speed import Gauge
from virb.progress import Progress

AHEAD = 3
"""Batches decoded ahead of the encoder."""

OnBadImage = Literal["error", "skip"]


class Batch(NamedTuple):
    """Images on their way to the encoder: their rows in the data source, and those that hold no image, with why."""

    rows: Sequence[int]
    pixels: NDArray[np.uint8]
    bad: dict[int, str]


@final
class Pass:
    """One pass of a data source through an encoder.

    Attributes:
        notes: what the reader of a score should know.
        gauge: of the forward passes.
        part: how many images are encoded together.
    """

    def __init__(self, encoder: Encoder, dataset: Dataset, on_bad_image: OnBadImage, progress: Progress) -> None:
        self._encoder = encoder
        self._dataset = dataset
        self._on_bad_image = on_bad_image
        self._progress = progress
        self.part = together(encoder.inputs)
        self.notes: list[str] = []
        self.gauge = Gauge(encoder.device)

    def decode(self, batches: Iterable[Sequence[int]], pool: ThreadPoolExecutor) -> Iterator[Batch]:
        """Decode batches of rows, in order, a few ahead of whoever takes them.

        Raises:
            ExperimentError: an image cannot be decoded, and bad images are errors.
        """
        ahead: deque[tuple[Sequence[int], list[Future[Pixels | BadImage]]]] = deque()
        for rows in batches:
            ahead.append((rows, [pool.submit(self._read, row) for row in rows]))
            if len(ahead) > AHEAD:
                yield self._collect(*ahead.popleft())
        while ahead:
            yield self._collect(*ahead.popleft())

    def encode(self, batch: Batch, layers: Sequence[str]) -> dict[str, Floats]:
        """Encode a batch; features of bad images are zeros.

        Raises:
            ExperimentError: features are NaN or infinite, or one image alone does not fit in memory.
        """
        images = torch.from_numpy(batch.pixels).permute(0, 3, 1, 2)
        while True:
            start = time.perf_counter()
            try:
                parts = [self._encoder.encode(part, layers) for part in images.split(self.part)]
                break
            except (MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    raise
                if self.part == 1:
                    raise ExperimentError(
                        f"'{self._encoder.spec.name}' runs out of memory on a single image"
                    ) from error
                self.part //= 2
                self.notes.append(f"out of memory: batch halved to {self.part}")
        encoded: dict[str, Floats] = {}
        for layer in layers:
            values = torch.cat([part[layer] for part in parts]).cpu().numpy()
            encoded[layer] = values
        self.gauge.passed(len(images), time.perf_counter() - start)  # a GPU is done when its result is here
        for layer, values in encoded.items():
            values[[place for place, row in enumerate(batch.rows) if row in batch.bad]] = 0
            self._require_finite(layer, values, batch.rows)
        return encoded

    def _read(self, row: int) -> Pixels | BadImage:
        try:
            return read_fitted(self._dataset, row, self._encoder.inputs, self._encoder.preprocessing.interpolation)
        except BadImage as bad:
            return bad

    def _collect(self, rows: Sequence[int], futures: list[Future[Pixels | BadImage]]) -> Batch:
        pixels = np.zeros((len(futures), *self._encoder.inputs.sides, 3), np.uint8)
        bad: dict[int, str] = {}
        for place, future in enumerate(futures):
            image = future.result()
            if isinstance(image, BadImage):
                if self._on_bad_image == "error":
                    raise ExperimentError(
                        f"the image {image} cannot be decoded; replace it, or leave such images out with "
                        "--on-bad-image skip"
                    )
                bad[rows[place]] = str(image)
            else:
                pixels[place] = image
        return Batch(rows, pixels, bad)

    def _require_finite(self, layer: str, values: Floats, rows: Sequence[int]) -> None:
        broken = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
        if len(broken):
            key = self._dataset.keys[rows[int(broken[0])]]
            raise ExperimentError(
                f"features of layer '{layer}' of '{self._encoder.spec.name}' are NaN or infinite for {len(broken)} of "
                f"{len(values)} images, first for '{key}'"
            )


def _out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return "out of memory" in text or "not enough memory" in text or "can't allocate memory" in text
