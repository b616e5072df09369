"""An entry of the feature cache: one layer of one encoder on one data source, in a few large shards on disk."""

import json
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, final

import numpy as np
import torch
from numpy.typing import NDArray

from virb.cache import aside
from virb.errors import ExperimentError, UserError

SHARD_BYTES = 64 * 2**20
"""A shard of half-precision features is about this large: enough to read at disk speed, little to lose."""
HALF_TOLERANCE = 1e-3
"""A layer whose rounding to half precision changes any image's features by more than this share stays float32."""
BATCH = 64
"""Images encoded together; shards are whole batches."""

Floats = NDArray[np.float32]
Stored = NDArray[np.float16] | NDArray[np.float32]


class Shard(NamedTuple):
    """Rows ``start`` to ``stop`` of an entry."""

    folder: Path
    number: int
    start: int
    stop: int

    @property
    def file(self) -> Path:
        """The numbers."""
        return self.folder / f"{self.number:05d}.npy"

    @property
    def mark(self) -> Path:
        """Written last: the shard is whole if this exists. Holds the images that could not be decoded."""
        return self.folder / f"{self.number:05d}.json"

    @property
    def whole(self) -> bool:
        """Whether it can be read: its file is as long as it says."""
        try:
            return self.mark.exists() and len(np.load(self.file, mmap_mode="r")) == self.stop - self.start
        except (OSError, ValueError, EOFError):  # gone, or cut short by a full disk or a failing one
            return False


@final
class Entry:
    """One layer of every image of a data source.

    Args:
        folder: where its shards are.
        rows: how many images.
        shape: of one image's features: (width,), or (width, rows, columns).
    """

    def __init__(self, folder: Path, rows: int, shape: tuple[int, ...]) -> None:
        self.folder, self.rows, self.shape = folder, rows, shape
        self.width = int(np.prod(shape))
        step = max(1, SHARD_BYTES // (2 * self.width) // BATCH) * BATCH
        starts = range(0, rows, step)
        self.shards = [Shard(folder, n, start, min(start + step, rows)) for n, start in enumerate(starts)]
        self._open: dict[int, Stored] = {}

    @property
    def missing(self) -> list[Shard]:
        """Shards that are not there, or not whole."""
        return [shard for shard in self.shards if not shard.whole]

    @cached_property
    def bad(self) -> dict[int, str]:
        """Images that could not be decoded, by row, and why."""
        return {
            int(row): reason
            for shard in self.shards
            for row, reason in json.loads(shard.mark.read_text(encoding="utf-8"))["bad"].items()
        }

    def take(self, rows: NDArray[np.int64]) -> Floats:
        """Read some rows into memory.

        Args:
            rows: image rows, of any shape.

        Returns:
            The shape of ``rows`` x the shape of an image's features.

        Raises:
            ExperimentError: another process took the entry out of the cache meanwhile.
        """
        flat = rows.reshape(-1)
        out = np.empty((len(flat), *self.shape), np.float32)
        for shard in self.shards:
            here = np.flatnonzero((flat >= shard.start) & (flat < shard.stop))
            if len(here):
                out[here] = self._load(shard)[flat[here] - shard.start]
        return out.reshape(*rows.shape, *self.shape)

    def _load(self, shard: Shard) -> Stored:
        if shard.number not in self._open:
            try:
                self._open[shard.number] = np.load(shard.file, mmap_mode="r")
            except FileNotFoundError as error:
                raise ExperimentError(
                    "features were taken out of the cache while they were read, to make room for others; raise "
                    "VIRB_CACHE_BUDGET and run again with --retry-failed"
                ) from error
        return self._open[shard.number]


@final
class Lazy:
    """Rows of an entry that stay on disk until they are indexed: n x the shape of an image's features."""

    def __init__(self, entry: Entry, rows: NDArray[np.int64]) -> None:
        self._entry, self._rows = entry, rows
        self.shape = (*rows.shape, *entry.shape)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: Any) -> Floats:
        return self._entry.take(self._rows[rows])


@final
class Writer:
    """Collects what a pass over the images computes for one entry, and publishes each shard as it is complete.

    Args:
        entry: where to.
        missing: its shards that are wanted.
    """

    def __init__(self, entry: Entry, missing: list[Shard]) -> None:
        self.entry = entry
        self._missing = missing
        self._blocks: list[Floats] = []
        self._bad: dict[str, str] = {}

    def wants(self, row: int) -> bool:
        """Whether the batch that starts at ``row`` belongs to a shard that is missing."""
        return any(shard.start <= row < shard.stop for shard in self._missing)

    def add(self, row: int, values: Floats, bad: dict[int, str]) -> None:
        """Take the features of a batch that starts at ``row``; ``bad`` are rows of the data source."""
        self._blocks.append(values)
        self._bad |= {str(one): reason for one, reason in bad.items()}
        shard = next(shard for shard in self._missing if shard.start <= row < shard.stop)
        if row + len(values) == shard.stop:
            _publish(shard.file, _compact(np.concatenate(self._blocks)))
            _publish(shard.mark, {"bad": self._bad})
            self._blocks, self._bad = [], {}


def _compact(values: Floats) -> Stored:
    """Half precision, unless a number overflows or an image's features change by more than ``HALF_TOLERANCE``.

    By torch, which rounds to the same bits as NumPy twenty times as fast; and in row order, whatever the network's
    layout, since NumPy saves any other number by number.
    """
    exact = torch.from_numpy(values).contiguous()
    half = exact.half()
    for start in range(0, len(exact), BATCH):  # in blocks: maps are large
        flat = exact[start : start + BATCH].flatten(1)
        error = (half[start : start + BATCH].float().flatten(1) - flat).norm(dim=1)
        # not (error <= …): an overflow makes the error infinite or NaN, and both must fail
        if not bool((error <= HALF_TOLERANCE * flat.norm(dim=1)).all()):
            return exact.numpy()
    return half.numpy()


@contextmanager
def writing(folder: Path) -> Any:
    """Turn a disk that is full, or may not be written to, into a request to the user."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"Features cannot be written to '{folder}': {error.strerror or error}.",
            "Free some space (`virb cache clear`), or set VIRB_CACHE to a folder with more. Whole shards are kept.",
        ) from error


def _publish(path: Path, content: Stored | dict[str, Any]) -> None:
    """A file is whole or absent."""
    with aside(path) as file:
        if isinstance(content, dict):
            file.write(json.dumps(content).encode())
        else:
            np.save(file, content)
