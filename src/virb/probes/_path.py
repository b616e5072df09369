"""A path of logistic heads on raw features: standardise, turn, fit; and the same again to predict."""

from collections.abc import Iterator, Sequence
from typing import final

import numpy as np
import torch
from torch import Tensor

from virb.probes import Floats, Ints
from virb.probes._axes import Axes
from virb.probes._softmax import fit_heads
from virb.probes._standardise import Scaler

ABSENT = float(np.log(np.finfo(np.float32).eps))
"""The log-probability of a class without examples, whose likelihood is highest at no bias at all: scikit-learn leaves
such a class out, and its ``log_loss`` clips float32 there."""
LIMIT, REFIT_LIMIT = 200, 1000
"""Iterations at most: of a head on the path, which starts near its end, and of the one head fitted at last."""


@final
class Path:
    """One logistic head for each penalty.

    Args:
        features: n x width.
        labels: n ids below ``classes``; not every class need occur.
        classes: how many.
        l2: penalties, strongest first.
        layer: for messages.
        limit: iterations of one head at most.

    Attributes:
        notes: which heads did not converge, where some did not.
        iterations: of each head.

    Raises:
        ExperimentError: the features are constant.
    """

    def __init__(
        self, features: Floats, labels: Ints, classes: int, l2: Sequence[float], layer: str, limit: int
    ) -> None:
        self._classes = classes
        self._present, ids = np.unique(labels, return_inverse=True)
        self._scaler = Scaler.of(features, layer)
        standardised = self._standardised(features)
        self._axes = Axes.of(standardised)
        turned = self._axes.turn(standardised)
        self._heads = fit_heads(turned, torch.from_numpy(ids).to(turned.device), len(self._present), l2, limit)
        self.iterations: list[int] = self._heads.iterations.tolist()
        short = [penalty for penalty, done in zip(l2, self._heads.converged.tolist(), strict=True) if not done]
        self.notes = (_unconverged(short, l2, layer, limit),) if short else ()

    def log_probabilities(self, features: Floats) -> Iterator[Floats]:
        """Yield m x classes for each head, from m x width."""
        turned = self._axes.turn(self._standardised(features))
        for head in range(len(self.iterations)):
            outputs = np.full((len(features), self._classes), ABSENT, np.float32)
            outputs[:, self._present] = self._heads.log_probabilities(turned, head).cpu().numpy()
            yield outputs

    def _standardised(self, features: Floats) -> Tensor:
        return torch.from_numpy(self._scaler(features)).to(torch.get_default_device())


def _unconverged(short: Sequence[float], l2: Sequence[float], layer: str, limit: int) -> str:
    which = (
        f"{len(short)} of {len(l2)} heads (l2 up to {max(short):g})" if len(l2) > 1 else f"the refit at l2 = {l2[0]:g}"
    )
    return f"{which} on '{layer}' stopped after {limit} iterations, short of convergence"
