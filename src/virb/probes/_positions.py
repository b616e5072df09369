"""Cells of maps as examples of their own: a row of features, what its pixels say, and how many of them speak."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np
import torch
from torch import Tensor

from virb.probes import Rows
from virb.probes._cells import cells_of, rows_of, weights_of
from virb.probes._channels import Channels, parts, read
from virb.probes._truth import Truth


@final
@dataclass(frozen=True)
class Positions:
    """Labelled cells of one layer.

    Attributes:
        features: m x width, standardised.
        means: m x channels, see :class:`virb.probes._cells.Cells`.
        weights: m, above zero.
        notes: that not all of them are here, where there were more than ``most``.
    """

    features: Tensor
    means: Tensor
    weights: Tensor
    notes: tuple[str, ...]

    @classmethod
    def drawn(
        cls, rows: Rows, labels: Rows, layer: str, truth: Truth, channels: Channels, most: int, seed: int
    ) -> Self:
        """All labelled cells, or a seeded draw of ``most`` of them, in their order."""
        size = (rows.shape[2], rows.shape[3])
        # Cells are told by their rank among those that are labelled: with one number an example, memory does not grow
        # with the cells of a data set.
        counts = [(weights_of(truth, labels[part], size) > 0).sum(dim=(1, 2)) for part in parts(rows, _pixels(truth))]
        before = np.concatenate([[0], torch.cat(counts).cpu().numpy().cumsum()])
        total = int(before[-1])
        ranks = np.arange(min(total, most))
        notes: tuple[str, ...] = ()
        if total > most:
            notes = (f"{most:,} of {total:,} labelled cells of '{layer}' are used",)
            ranks = np.sort(np.random.default_rng(seed).choice(total, most, replace=False))
        features, means, weights = [], [], []
        for part in parts(rows, truth.channels * _pixels(truth)):
            first, last = np.searchsorted(ranks, (before[part.start], before[part.stop]))
            if first == last:
                continue
            cells = cells_of(truth, labels[part], size)
            its_means, its_weights = cells.rows
            here = torch.from_numpy(ranks[first:last] - before[part.start]).to(its_weights.device)
            here = its_weights.nonzero()[:, 0][here]
            features.append(rows_of(channels(read(rows, part, layer)))[here])
            means.append(its_means[here])
            weights.append(its_weights[here])
        return cls(torch.cat(features), torch.cat(means), torch.cat(weights), notes)


def _pixels(truth: Truth) -> int:
    return truth.size[0] * truth.size[1]
