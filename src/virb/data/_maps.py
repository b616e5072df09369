"""Pixelwise truth that lies in a file for each example, read when it is asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import DTypeLike, NDArray


@final
@dataclass(frozen=True)
class Map:
    """How a source reads the pixelwise truth of one example.

    Attributes:
        read: from a file to an array of ``shape``. Raises BadImage.
        shape: height x width of ids, or height x width x size of numbers: the same for every example.
        dtype: of what it gives.
    """

    read: Callable[[Path], NDArray[Any]]
    shape: tuple[int, ...]
    dtype: DTypeLike = np.int64


@final
class Maps:
    """A column of a data set that is read from files: index it by a row, by rows or by a slice.

    It has of an array what readers of columns use: ``shape``, ``ndim``, ``dtype``, ``len`` and indexing.
    """

    def __init__(self, files: Sequence[str], kind: Map) -> None:
        self._files = tuple(files)
        self._kind = kind
        self.shape = (len(files), *kind.shape)
        self.ndim = len(self.shape)
        self.dtype = np.dtype(kind.dtype)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        chosen = np.arange(len(self._files))[rows]
        if chosen.ndim == 0:
            return self._read(int(chosen))
        maps = np.empty((len(chosen), *self._kind.shape), self.dtype)
        for place, row in enumerate(chosen):
            maps[place] = self._read(int(row))
        return maps

    def _read(self, row: int) -> NDArray[Any]:
        read = self._kind.read(Path(self._files[row]))
        if read.shape != self._kind.shape:
            raise AssertionError(f"'{self._files[row]}' was read as {read.shape}, not {self._kind.shape}")
        return read.astype(self.dtype, copy=False)
