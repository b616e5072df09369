"""Turning features onto their principal axes, where linear heads are quick to fit and are the same heads."""

from dataclasses import dataclass
from typing import Self, final

import torch
from torch import Tensor

WIDEST = 4096
"""Columns whose axes are sought together: the cost grows with the cube. Wider features are turned in blocks."""


@final
@dataclass(frozen=True)
class Axes:
    """An orthonormal change of columns: an l2 penalty on a linear head is the same before and after.

    Along the principal axes of centred features the Hessian of a linear head at zero is diagonal, so that scaling each
    axis is all that L-BFGS needs to be quick. With fewer examples than columns the axes span the examples only: a
    penalised head has no part outside.

    Attributes:
        blocks: for consecutive groups of columns, a matrix with orthonormal columns: width of the group x axes.
    """

    blocks: tuple[Tensor, ...]

    @classmethod
    def of(cls, features: Tensor) -> Self:
        """The principal axes of centred features, n x width."""
        n, width = features.shape
        if n < width and n <= WIDEST:
            return cls((_axes_of_rows(features),))
        return cls(tuple(_axes_of_columns(group) for group in features.split(WIDEST, dim=1)))

    def turn(self, features: Tensor) -> Tensor:
        """From n x width to n x (axes + 1); the last column is all ones, which makes the bias one more weight."""
        groups = features.split([len(block) for block in self.blocks], dim=1)
        turned = [group @ block for group, block in zip(groups, self.blocks, strict=True)]
        return torch.cat([*turned, features.new_ones(len(features), 1)], dim=1)


def _axes_of_columns(features: Tensor) -> Tensor:
    # Products in the features' own precision: an axis that is a little off is orthonormal to the others all the same.
    _, vectors = torch.linalg.eigh((features.T @ features).double())
    axes: Tensor = vectors.to(features.dtype)
    return axes


def _axes_of_rows(features: Tensor) -> Tensor:
    exact = features.double()
    values, vectors = torch.linalg.eigh(exact @ exact.T)
    # Centred rows lack at least one dimension; below this share a value is rounding (the rule of LAPACK's rank).
    kept = values > values[-1] * max(features.shape) * torch.finfo(values.dtype).eps
    axes: Tensor = (exact.T @ (vectors[:, kept] / values[kept].sqrt())).to(features.dtype)
    return axes
