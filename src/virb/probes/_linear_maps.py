"""Linear heads at each position of a map, one for each penalty."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor

from virb.probes import Examples, Floats, Rows
from virb.probes._axes import Axes
from virb.probes._cells import cells_of, rows_of
from virb.probes._channels import Channels, chosen, parts, read
from virb.probes._positions import Positions
from virb.probes._shares import fit_shares
from virb.probes._truth import truth_of
from virb.spec import Classes, Target

POSITIONS = 200_000
"""Cells that logistic heads are fitted on at most: neighbours say nearly the same."""
NUMBERS = 2**27
"""Numbers in those cells at most, 512 MB of float32: fewer cells where features are wide."""
LIMIT = 500
"""Iterations of a logistic head at most."""


@final
class LinearMaps:
    """Fitted heads on one layer.

    Values: ridge, mean squared error + l2 ||W||^2. Classes: logistic regression, mean cross entropy + l2 / 2 ||W||^2.
    Both means are over cells by the share of their pixels that is labelled, and biases are free.

    Args:
        examples: to fit on.
        layer: which.
        target: dense.
        l2: penalties.
        seed: of the draw where there are more cells than :data:`POSITIONS`.

    Attributes:
        notes: what the reader of the score should know.

    Raises:
        ExperimentError: features that are constant or not finite, or no labelled pixel.
    """

    def __init__(self, examples: Examples, layer: str, target: Target, l2: Sequence[float], seed: int) -> None:
        self._layer = layer
        self._truth = truth_of(examples.labels, target)
        rows, labels = (chosen(part, self._truth.rows) for part in (examples.features[layer], examples.labels))
        self._channels = Channels.of(rows, layer)
        self.notes: tuple[str, ...] = ()
        if isinstance(target, Classes):
            self._weights = self._logistic(rows, labels, l2, seed)
        else:
            self._weights = self._ridge(rows, labels, l2)

    def predictions(self, features: Mapping[str, Any]) -> Iterator[Floats]:
        """Yield the predictions of each head, from a batch of features."""
        maps = self._channels(features[self._layer])
        for head in self._weights:
            outputs = torch.einsum("kw,nwrc->nkrc", head[:, :-1], maps) + head[:, -1, None, None]
            yield self._truth.answer(outputs)

    def _ridge(self, rows: Rows, labels: Rows, l2: Sequence[float]) -> Tensor:
        sums = _Sums(rows.shape[1], self._truth.channels)
        for part in parts(rows, self._truth.channels * self._truth.size[0] * self._truth.size[1]):
            cells = cells_of(self._truth, labels[part], (rows.shape[2], rows.shape[3]))
            sums.add(rows_of(self._channels(read(rows, part, self._layer))), *cells.rows)
        return torch.stack([sums.head(penalty) for penalty in l2]).float()

    def _logistic(self, rows: Rows, labels: Rows, l2: Sequence[float], seed: int) -> Tensor:
        most = min(POSITIONS, max(1, NUMBERS // rows.shape[1]))
        positions = Positions.drawn(rows, labels, self._layer, self._truth, self._channels, most, seed)
        axes = Axes.of(positions.features)
        heads = fit_shares(axes.turn(positions.features), positions.means, positions.weights, l2, LIMIT)
        short = [penalty for penalty, done in zip(l2, heads.converged.tolist(), strict=True) if not done]
        stopped = (
            f"{len(short)} of {len(l2)} heads on '{self._layer}' stopped after {LIMIT} iterations, short of convergence"
        )
        self.notes = (*positions.notes, *([stopped] if short else []))
        # Turned back, so that a new map needs no turn.
        groups = heads.weights[..., :-1].split([block.shape[1] for block in axes.blocks], dim=-1)
        turned = [group @ block.T for group, block in zip(groups, axes.blocks, strict=True)]
        return torch.cat([*turned, heads.weights[..., -1:]], dim=-1)


@final
class _Sums:
    """What ridge regression needs to know of its examples, added up in float64: any number of them, in one pass."""

    def __init__(self, width: int, channels: int) -> None:
        self._features = torch.zeros(width + 1, width + 1, dtype=torch.float64)
        self._both = torch.zeros(width + 1, channels, dtype=torch.float64)

    def add(self, features: Tensor, truth: Tensor, weights: Tensor) -> None:
        """Take in m x width, m x channels and m."""
        exact = torch.cat([features.double(), features.new_ones(len(features), 1).double()], dim=1)
        weighted = (exact * weights.double()[:, None]).T
        self._features += weighted @ exact
        self._both += weighted @ truth.double()

    def head(self, l2: float) -> Tensor:
        """The head with the least (mean squared error) + l2 ||W||^2, its bias free: channels x (width + 1)."""
        features, both = (sums / self._features[-1, -1] for sums in (self._features, self._both))
        mean, answer = features[:-1, -1:], both[-1:]
        # Around their means, which leaves the bias out of the penalty.
        products = features[:-1, :-1] - mean @ mean.T
        factor = torch.linalg.cholesky(products + l2 * torch.eye(len(products), dtype=products.dtype))
        weights = torch.cholesky_solve(both[:-1] - mean @ answer, factor)
        return torch.cat([weights.T, (answer - mean.T @ weights).T], dim=1)
