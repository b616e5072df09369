"""Nearest neighbours by cosine similarity, and their votes."""

from collections.abc import Sequence
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from virb.probes import Floats, Ints
from virb.probes._standardise import Scaler

TEMPERATURE = 0.07
"""A neighbour votes with exp(similarity / 0.07): Wu et al. 2018, *Unsupervised Feature Learning via Non-Parametric
Instance Discrimination*, and the k-NN evaluation of DINO (Caron et al. 2021)."""
NO_VOTE = float(np.finfo(np.float32).eps)
"""The probability of a class without a vote: as scikit-learn's ``log_loss`` clips float32."""
QUERIES, POINTS = 256, 2**16
"""Rows compared at a time: 64 MB of similarities, whatever the size of the data."""


@final
class Index:
    """Examples that vote. Features are standardised with the examples' own statistics and brought to length 1.

    Similarity is compared in float32; of equally similar examples at the border of the k nearest any may vote. An
    example at the mean of all, which has no direction, is equally similar to every other.

    Args:
        features: n x width.
        labels: n ids below ``classes``.
        classes: how many.
        layer: for messages.

    Raises:
        ExperimentError: the features are constant.
    """

    def __init__(self, features: Floats, labels: Ints, classes: int, layer: str) -> None:
        self._scaler = Scaler.of(features, layer)
        self._points = self._directions(features)
        self._labels = labels
        self._classes = classes

    def __len__(self) -> int:
        return len(self._labels)

    def log_probabilities(self, features: Floats, ks: Sequence[int]) -> list[Floats]:
        """Log shares of the votes, m x classes, for each k, from one search.

        Args:
            features: m x width.
            ks: numbers of neighbours, ascending, at most n.
        """
        answers = [np.empty((len(features), self._classes), np.float32) for _ in ks]
        for start in range(0, len(features), QUERIES):
            part = slice(start, start + QUERIES)
            similarity, rows = self._nearest(self._directions(features[part]), ks[-1])
            # Weights relative to a perfect match, which shares do not notice and no exponent overflows by.
            weights = ((similarity.double() - 1) / TEMPERATURE).exp().cpu().numpy()
            labels = self._labels[rows.cpu().numpy()]
            votes = np.zeros((len(labels), self._classes))
            for answer, first, last in zip(answers, (0, *ks), ks, strict=False):
                votes += self._count(labels[:, first:last], weights[:, first:last])
                answer[part] = np.log(np.maximum(votes / votes.sum(axis=1, keepdims=True), NO_VOTE))
        return answers

    def _directions(self, features: Floats) -> Tensor:
        rows = torch.from_numpy(self._scaler(features)).to(torch.get_default_device())
        return torch.nn.functional.normalize(rows, dim=1)

    def _nearest(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Similarities and rows of the k nearest points, nearest first: q x k each."""
        similarity = queries.new_empty(len(queries), 0)
        rows = similarity.long()
        for start in range(0, len(self._points), POINTS):
            block = queries @ self._points[start : start + POINTS].T
            near, found = block.topk(min(k, block.shape[1]), dim=1)
            similarity, order = torch.cat([similarity, near], dim=1).sort(dim=1, descending=True, stable=True)
            similarity = similarity[:, :k]
            rows = torch.cat([rows, found + start], dim=1).gather(1, order[:, :k])
        return similarity, rows

    def _count(self, labels: Ints, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The weight given to each class: q x classes."""
        cells = np.arange(len(labels))[:, None] * self._classes + labels
        counts = np.bincount(cells.ravel(), weights.ravel(), minlength=len(labels) * self._classes)
        return counts.astype(np.float64, copy=False).reshape(len(labels), self._classes)
