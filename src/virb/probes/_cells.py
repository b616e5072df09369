"""Truth at the resolution of a map: what share of a cell is of each class, or the mean of its values."""

from dataclasses import dataclass
from typing import Any, final

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from virb.probes._truth import Truth


@final
@dataclass(frozen=True)
class Cells:
    """What the pixels below each cell of a map say.

    Attributes:
        means: n x channels x rows x columns, over the labelled pixels of each cell: shares of the classes, which sum
            to one, or values; 0 where none is labelled.
        weights: n x rows x columns, share of the cell's pixels that are labelled.
    """

    means: Tensor
    weights: Tensor

    @property
    def rows(self) -> tuple[Tensor, Tensor]:
        """One row a cell: (n rows columns) x channels, and as many weights. Cells of an example lie together."""
        return rows_of(self.means), self.weights.flatten()


def cells_of(truth: Truth, labels: NDArray[Any], size: tuple[int, int]) -> Cells:
    """Average truth over the cells of a map.

    A cell covers the pixels that its area touches, each as one (adaptive average pooling): row r of R covers rows
    floor(r H / R) to ceil((r + 1) H / R) of H.

    Args:
        truth: knows the target.
        labels: of n examples.
        size: rows and columns of the map.
    """
    planes, known = truth.planes(labels)
    weights = functional.adaptive_avg_pool2d(known, size)
    # The least weight above zero is one pixel of the cell; below it there is nothing to divide.
    means = functional.adaptive_avg_pool2d(planes, size) / weights.clamp_min(0.5 / (truth.size[0] * truth.size[1]))
    return Cells(means, weights[:, 0])


def weights_of(truth: Truth, labels: NDArray[Any], size: tuple[int, int]) -> Tensor:
    """The weights of :func:`cells_of` alone, n x rows x columns, at a fraction of its memory and time."""
    known = torch.from_numpy(truth.known(labels)).to(torch.get_default_device())[:, None].float()
    return functional.adaptive_avg_pool2d(known, size)[:, 0]


def rows_of(maps: Tensor) -> Tensor:
    """From n x width x rows x columns to (n rows columns) x width."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])
