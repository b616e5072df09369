"""Multinomial logistic regression on shares: the truth of a row is a mixture of classes, and rows weigh differently.

A head minimises (weighted mean cross entropy) + (l2 / 2) ||W||^2 with a free bias. A row of weight w whose truth is the
mixture s is the same as one row for each class k with the weight w s_k: so it is scikit-learn's ``LogisticRegression``
with ``sample_weight``, and C = 1 / (l2 sum of weights), or twice that for two classes.

The path of penalties is walked as in :mod:`virb.probes._softmax`, but one head at a time: cells are many and channels
few, so that one head alone fills its matrix products.
"""

import math
from collections.abc import Iterator, Sequence
from typing import final

import torch
from torch import Tensor

from virb.probes._lbfgs import Minima, minimise
from virb.probes._softmax import BLOCK, FLAT, Heads

TOLERANCE = 1e-7
"""Of the objective: see ``minimise``. Truth that is a mixture leaves an entropy that no head can take away, so that the
objective is not near zero as it can be where rows are of one class."""


def fit_shares(features: Tensor, shares: Tensor, weights: Tensor, l2: Sequence[float], limit: int) -> Heads:
    """Fit one head for each penalty.

    Args:
        features: m x (width + 1), along their principal axes; the last column is all ones.
        shares: m x classes, each row sums to one; every class has some.
        weights: m, above zero.
        l2: penalties, strongest first, above zero.
        limit: iterations of one head at most.
    """
    loss = _MeanLoss(features, shares, weights)
    heads: list[Minima] = []
    for place, penalty in enumerate(l2):
        start = _start(l2[: place + 1], [head.points for head in heads[-2:]], loss.prior)
        heads.append(_fit(loss, penalty, start, limit))
    return Heads(
        torch.cat([head.points for head in heads]).view(len(l2), shares.shape[1], -1),
        torch.cat([head.iterations for head in heads]),
        torch.cat([head.converged for head in heads]),
    )


def _start(l2: Sequence[float], solved: Sequence[Tensor], prior: Tensor) -> Tensor:
    """Where the line through the last two solutions, over the logarithm of the penalty, meets the next: 1 x P."""
    if len(solved) < 2:
        return solved[-1] if solved else prior
    share = math.log(l2[-1] / l2[-2]) / math.log(l2[-2] / l2[-3])
    return torch.lerp(solved[0], solved[1], 1 + share)


def _fit(loss: "_MeanLoss", l2: float, start: Tensor, limit: int) -> Minima:
    penalty = l2 * loss.penalised

    def evaluate(points: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        value, gradient = loss(points)
        pull = penalty * points
        return value + (pull * points).sum(dim=1) / 2, gradient.add_(pull)

    inverse = 1 / (loss.curvature(start).clamp_min(FLAT) + penalty)
    return minimise(evaluate, start, inverse, TOLERANCE, limit)


@final
class _MeanLoss:
    """Weighted mean cross entropy of linear heads. A point is a head's weights and biases, flat: P numbers.

    Attributes:
        penalised: 1 x P, zero for the biases and one for all else.
        prior: 1 x P, the best head that looks at no feature: where the path of penalties starts.
    """

    def __init__(self, features: Tensor, shares: Tensor, weights: Tensor) -> None:
        self._features = features
        self._shares = shares.T.contiguous()
        self._weights = weights / weights.sum()
        self._main = shares.argmax(dim=1)
        self._classes = shares.shape[1]
        self.penalised = features.new_ones(1, self._classes, features.shape[1])
        self.penalised[..., -1] = 0
        self.penalised = self.penalised.view(1, -1)
        prior = torch.zeros_like(self.penalised).view(self._classes, -1)
        prior[:, -1] = (self._shares @ self._weights).log()
        self.prior = prior.view(1, -1)

    def __call__(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Values (k) and gradients (k x P) at k points (k x P)."""
        heads = len(points)
        weights = points.view(heads * self._classes, -1)
        gradient = torch.zeros_like(weights)
        value = torch.zeros(heads, dtype=torch.float64, device=points.device)
        for x, s, w, main in self._blocks(len(weights)):
            outputs = (weights @ x.T).view(heads, self._classes, -1).log_softmax(dim=1)
            value -= (outputs * (s * w)).sum(dim=(1, 2), dtype=torch.float64)
            residual = outputs.exp_().sub_(s)
            # Where a head is nearly sure, p - s of the main class would be all rounding: it is minus all the others.
            main = main.expand(heads, 1, -1)
            residual.scatter_(1, main, 0)
            residual.scatter_(1, main, -residual.sum(dim=1, keepdim=True))
            gradient.addmm_(residual.mul_(w).view(len(weights), -1), x)
        return value.to(points.dtype), gradient.view_as(points)

    def curvature(self, point: Tensor) -> Tensor:
        """The diagonal of the Hessian, weighted mean of x^2 p (1 - p), at one point: 1 x P."""
        weights = point.view(self._classes, -1)
        diagonal = torch.zeros_like(weights)
        for x, _, w, _ in self._blocks(self._classes):
            p = (weights @ x.T).softmax(dim=0)
            diagonal.addmm_(p * (1 - p) * w, x.square())
        return diagonal.view_as(point)

    def _blocks(self, outputs: int) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        rows = max(256, BLOCK // outputs)
        by_row = (part.split(rows) for part in (self._features, self._weights, self._main))
        for (x, w, main), s in zip(zip(*by_row, strict=True), self._shares.split(rows, dim=1), strict=True):
            yield x, s, w, main
