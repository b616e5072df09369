"""An entry of the feature cache: one layer of one encoder on one data source, in a few large shards on disk."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol, final

import numpy as np
import torch
from numpy.typing import NDArray

from virb.cache import aside
from virb.errors import ExperimentError, UserError
from virb.features._batches import BATCH

SHARD_BYTES = 64 * 2**20
"""A shard of half-precision features is about this large: enough to read at disk speed, little to lose."""
LARGEST = 128 * 2**20
"""Shards are whole batches of images, but those of maps so large that a batch of them would take more than this."""
OPEN = 64
"""Shards of an entry that are mapped at a time: each takes a file descriptor, and a process has about a thousand."""
HALF_TOLERANCE = 1e-3
"""Features of an image that rounding to half precision changes by more than this share stay float32."""
BLOCK = 2**22
"""Numbers that are rounded and looked at together."""

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
        if step * 2 * self.width > LARGEST:
            step = max(1, SHARD_BYTES // (2 * self.width))
        starts = range(0, rows, step)
        self.shards = [Shard(folder, n, start, min(start + step, rows)) for n, start in enumerate(starts)]
        self._open: OrderedDict[int, Stored] = OrderedDict()

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
        if shard.number in self._open:
            self._open.move_to_end(shard.number)
        else:
            if len(self._open) == OPEN:
                self._open.popitem(last=False)
            try:
                self._open[shard.number] = np.load(shard.file, mmap_mode="r")
            except FileNotFoundError as error:
                raise ExperimentError(
                    "features were taken out of the cache while they were read, to make room for others; raise "
                    "VIRB_CACHE_BUDGET and run again with --retry-failed"
                ) from error
        return self._open[shard.number]


class Kept(Protocol):
    """Features of every image of a data source, wherever they are."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one image's features."""

    def take(self, rows: NDArray[np.int64]) -> Floats:
        """Read some rows into memory: see :meth:`Entry.take`."""


@final
class Lazy:
    """Rows that stay where they are until they are indexed: n x the shape of an image's features."""

    def __init__(self, entry: Kept, rows: NDArray[np.int64]) -> None:
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
        self._pieces: list[Stored] = []
        self._bad: dict[str, str] = {}

    def wants(self, rows: Sequence[int]) -> bool:
        """Whether some of the consecutive rows belong to a shard that is missing."""
        return any(shard.start <= rows[-1] and rows[0] < shard.stop for shard in self._missing)

    def add(self, rows: Sequence[int], values: Floats, bad: Mapping[int, str]) -> None:
        """Take the features of consecutive rows, which go on where those before ended; ``bad`` are some of them."""
        for shard in self._missing:
            first, last = max(rows[0], shard.start), min(rows[-1] + 1, shard.stop)
            if first >= last:
                continue
            self._pieces.append(compact(values[first - rows[0] : last - rows[0]]))
            self._bad |= {str(row): reason for row, reason in bad.items() if first <= row < last}
            if last == shard.stop:
                whole: Any = np.concatenate(self._pieces)
                _publish(shard.file, whole)
                _publish(shard.mark, {"bad": self._bad})
                self._pieces, self._bad = [], {}


def compact(values: Floats) -> Stored:
    """Half precision, unless a number overflows or some image's features change by more than ``HALF_TOLERANCE``.

    Then the features of such images stay as they are, and those of the others are rounded all the same: what an image's
    features are does not depend on those that it is kept with.

    By torch, which rounds to the same bits as NumPy twenty times as fast; and in row order, whatever the network's
    layout, since NumPy saves any other number by number.
    """
    exact = torch.from_numpy(values).contiguous()
    half = exact.half()
    step = max(1, BLOCK // max(1, exact[:1].numel()))
    found = []
    for whole, rounded in zip(exact.split(step), half.split(step), strict=True):
        flat = whole.flatten(1)
        # An overflow makes the error infinite or NaN, and neither is at most anything.
        found.append((rounded.float().flatten(1) - flat).norm(dim=1) <= HALF_TOLERANCE * flat.norm(dim=1))
    fits = torch.cat(found)
    if bool(fits.all()):
        return half.numpy()
    return torch.where(fits.view(-1, *[1] * (exact.ndim - 1)), half.float(), exact).numpy()


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
