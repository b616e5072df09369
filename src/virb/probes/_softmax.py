"""Multinomial logistic regression over a path of penalties: many heads on the same features.

A head minimises (mean cross entropy) + (l2 / 2) ||W||^2 with a free bias: scikit-learn's ``LogisticRegression`` with
C = 1 / (n l2), or 2 / (n l2) for two classes, of which scikit-learn fits the difference alone. The penalty stands
against the *mean* loss, so that a value chosen on one set carries to a larger one.

Two things make the path cheap. A head starts from where the two stronger ones before it point: over the logarithm of
the penalty, solutions lie nearly on a line, which saves five of six evaluations. And heads of a few neighbouring
penalties are fitted together where one alone is too thin for fast matrix products.

Weights are heads x classes x (width + 1), and outputs heads x classes x examples: with examples last, products of few
rows run three times as fast as the other way around, and the softmax over classes runs over adjacent examples at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from virb.probes._lbfgs import Minima, minimise

ROWS, TOGETHER = 24, 5
"""Heads are fitted together up to so many rows of weights, beyond which matrix products gain little, and up to so many
heads, beyond which the line on which they start leads too far."""
TOLERANCE = 1e-8
"""Of the objective: see ``minimise``."""
FLAT = 1e-8
"""The least curvature believed of a bias, which has no penalty to keep its step finite."""
BLOCK = 2**20
"""Outputs computed at a time: what a processor's cache holds."""


@final
@dataclass(frozen=True)
class Heads:
    """Fitted heads, from the strongest penalty to the weakest.

    Attributes:
        weights: heads x classes x (width + 1); the last column is the bias.
        iterations: of each head.
        converged: whether each head did.
    """

    weights: Tensor
    iterations: Tensor
    converged: Tensor

    def log_probabilities(self, features: Tensor, head: int) -> Tensor:
        """From n x (width + 1) to n x classes."""
        return (features @ self.weights[head].T).log_softmax(dim=1)


def fit_heads(features: Tensor, labels: Tensor, classes: int, l2: Sequence[float], limit: int) -> Heads:
    """Fit one head for each penalty.

    Args:
        features: n x (width + 1), centred and along their principal axes; the last column is all ones.
        labels: n ids below ``classes``, each of which occurs.
        classes: how many.
        l2: penalties, strongest first, above zero.
        limit: iterations of one head at most.
    """
    loss = _MeanLoss(features, labels, classes)
    found: list[Minima] = []
    points = features.new_zeros(0, classes * features.shape[1])
    together = max(1, min(TOGETHER, ROWS // classes))
    for first in range(0, len(l2), together):
        group = l2[first : first + together]
        start = torch.stack([_start(l2[:first], points, penalty) for penalty in group])
        found.append(_fit_group(loss, features.new_tensor(group), start, limit))
        points = torch.cat([points, found[-1].points])
    return Heads(
        points.view(len(l2), classes, -1),
        torch.cat([minima.iterations for minima in found]),
        torch.cat([minima.converged for minima in found]),
    )


def _start(l2: Sequence[float], points: Tensor, penalty: float) -> Tensor:
    """Where the line through the last two solutions, over the logarithm of the penalty, meets ``penalty``: P."""
    if len(points) == 0:
        return points.new_zeros(points.shape[1])
    if len(points) == 1:
        return points[-1]
    share = math.log(penalty / l2[-1]) / math.log(l2[-1] / l2[-2])
    return torch.lerp(points[-2], points[-1], 1 + share)


def _fit_group(loss: "_MeanLoss", l2: Tensor, start: Tensor, limit: int) -> Minima:
    penalty = l2[:, None] * loss.penalised

    def evaluate(points: Tensor, ids: Tensor) -> tuple[Tensor, Tensor]:
        value, gradient = loss(points)
        pull = penalty[ids] * points
        return value + (pull * points).sum(dim=1) / 2, gradient.add_(pull)

    curvature = loss.curvature(start[:1]).clamp_min(FLAT) + penalty
    return minimise(evaluate, start, 1 / curvature, TOLERANCE, limit)


@final
class _MeanLoss:
    """Mean cross entropy of linear heads, and its derivatives. A point is a head's weights and biases, flat: P numbers.

    Args:
        features: n x (width + 1).
        labels: n ids.
        classes: how many.

    Attributes:
        penalised: 1 x P, zero for the biases and one for all else.
    """

    def __init__(self, features: Tensor, labels: Tensor, classes: int) -> None:
        self._features = features
        self._labels = labels
        self._classes = classes
        self.penalised = features.new_ones(1, classes, features.shape[1])
        self.penalised[..., -1] = 0
        self.penalised = self.penalised.view(1, -1)

    def __call__(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """Values (k) and gradients (k x P) at k points (k x P)."""
        heads = len(points)
        weights = points.view(heads * self._classes, -1)
        gradient = torch.zeros_like(weights)
        value = torch.zeros(heads, dtype=torch.float64, device=points.device)
        rows = max(256, BLOCK // len(weights))
        for x, y in zip(self._features.split(rows), self._labels.split(rows), strict=True):
            truth = y.expand(heads, 1, -1)
            outputs = (weights @ x.T).view(heads, self._classes, -1).log_softmax(dim=1)
            right = outputs.gather(1, truth)
            residual = outputs.exp_()
            # Of a head that is nearly sure, 1 - p would be all rounding: it is summed from the other classes instead.
            missed = residual.scatter_(1, truth, 0).sum(dim=1, keepdim=True)
            residual.scatter_(1, truth, -missed)
            value -= torch.where(missed < 0.5, torch.log1p(-missed), right).sum(dim=(1, 2), dtype=torch.float64)
            gradient.addmm_(residual.view(len(weights), -1), x)
        n = len(self._labels)
        return (value / n).to(points.dtype), gradient.view_as(points).div_(n)

    def curvature(self, point: Tensor) -> Tensor:
        """The diagonal of the Hessian, mean of x^2 p (1 - p), at one point: 1 x P."""
        weights = point.view(self._classes, -1)
        diagonal = torch.zeros_like(weights)
        for x in self._features.split(max(256, BLOCK // self._classes)):
            p = (weights @ x.T).softmax(dim=0)
            diagonal.addmm_(p * (1 - p), x.square())
        return diagonal.view_as(point) / len(self._labels)
