"""Cells of maps as examples of their own: a row of features, what its pixels say, and how many of them speak."""

from dataclasses import dataclass
from typing import Self, final

import numpy as np
import torch
from torch import Tensor

from virb.probes import Rows
from virb.probes._cells import cells_of, rows_of
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
        weights = torch.cat(
            [cells_of(truth, labels[part], size).weights.flatten() for part in parts(rows, _each(truth))]
        )
        ids = weights.nonzero()[:, 0].cpu().numpy()
        notes: tuple[str, ...] = ()
        if len(ids) > most:
            notes = (f"{most:,} of {len(ids):,} labelled cells of '{layer}' are used",)
            ids = np.sort(np.random.default_rng(seed).choice(ids, most, replace=False))
        features, means = [], []
        for part in parts(rows, _each(truth)):
            first, last = (row * size[0] * size[1] for row in (part.start, part.stop))
            here = torch.from_numpy(ids[slice(*np.searchsorted(ids, (first, last)))] - first).to(weights.device)
            if len(here):
                features.append(rows_of(channels(read(rows, part, layer)))[here])
                means.append(cells_of(truth, labels[part], size).rows[0][here])
        return cls(torch.cat(features), torch.cat(means), weights[torch.from_numpy(ids).to(weights.device)], notes)


def _each(truth: Truth) -> int:
    return truth.channels * truth.size[0] * truth.size[1]
