"""Cells that vote: what cells of fit with similar features say about a new one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

import torch
from torch import Tensor
from torch.nn import functional

from virb.probes import Examples, Floats
from virb.probes._cells import rows_of
from virb.probes._channels import Channels, chosen
from virb.probes._neighbours import TEMPERATURE
from virb.probes._positions import Positions
from virb.probes._truth import truth_of
from virb.spec import Target

MEMORY = 20_000
"""Cells remembered at most, a seeded draw of all that are labelled."""
QUERIES = 256
"""Cells that ask together: 20 MB of similarities."""
GROUP = 32
"""Memories among which only the most similar is looked at, before the nearest are sought."""


@final
class Memory:
    """Labelled cells of one layer, standardised and of length 1.

    A neighbour's vote, its shares of the classes or its mean value, weighs exp(similarity / temperature) times the
    labelled share of its pixels. A cell at the mean of all, which has no direction, is equally similar to every other.

    Args:
        examples: whose cells are remembered.
        layer: which.
        target: dense.
        ks: numbers of neighbours, ascending; where there are fewer memories, all of them vote.
        seed: of the draw.

    Attributes:
        notes: what the reader of the score should know.

    Raises:
        ExperimentError: features that are constant or not finite, or no labelled pixel.
    """

    def __init__(self, examples: Examples, layer: str, target: Target, ks: Sequence[int], seed: int) -> None:
        self._truth = truth_of(examples.labels, target)
        self._layer = layer
        rows, labels = (chosen(part, self._truth.rows) for part in (examples.features[layer], examples.labels))
        self._channels = Channels.of(rows, layer)
        drawn = Positions.drawn(rows, labels, layer, self._truth, self._channels, MEMORY, seed)
        self._directions = functional.normalize(drawn.features, dim=1)
        self._means, self._weights, self.notes = drawn.means, drawn.weights, drawn.notes
        self._ks = [min(k, len(drawn.weights)) for k in ks]

    def predictions(self, features: Mapping[str, Any]) -> Iterator[Floats]:
        """Yield the predictions for each number of neighbours, from a batch of features and one search."""
        maps = self._channels(features[self._layer])
        n, _, rows, columns = maps.shape
        queries = functional.normalize(rows_of(maps), dim=1)
        votes = torch.cat([self._votes(part) for part in queries.split(QUERIES)])
        for number in range(len(self._ks)):
            means = votes[:, number].view(n, rows, columns, -1).permute(0, 3, 1, 2)
            yield self._truth.answer_of_means(means.contiguous())

    def _votes(self, queries: Tensor) -> Tensor:
        """Weighted means of what the nearest say: q x ks x channels."""
        similarity, ids = nearest(queries @ self._directions.T, self._ks[-1])
        # Weights relative to a perfect match, which means do not notice and no exponent overflows by.
        weights = ((similarity.double() - 1) / TEMPERATURE).exp() * self._weights[ids]
        means = self._means[ids].double()
        found = [
            (weights[:, :k, None] * means[:, :k]).sum(dim=1) / weights[:, :k].sum(dim=1, keepdim=True) for k in self._ks
        ]
        return torch.stack(found, dim=1).float()


def nearest(similarity: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest numbers of each row and their columns, largest first; of equals any.

    They lie in the k groups of columns with the largest maxima: so most columns are looked at once, for a maximum.

    Args:
        similarity: q x m.
        k: at most m.
    """
    q, m = similarity.shape
    if m <= 2 * k * GROUP:
        found = similarity.topk(k, dim=1)
        return found.values, found.indices
    # The last group is filled up with what is never among the nearest.
    whole = functional.pad(similarity, (0, -m % GROUP), value=-torch.inf) if m % GROUP else similarity
    groups = whole.view(q, -1, GROUP)
    which = groups.amax(dim=2).topk(k, dim=1).indices
    columns = (which[..., None] * GROUP + torch.arange(GROUP, device=which.device)).flatten(1)
    found = whole.gather(1, columns).topk(k, dim=1)
    return found.values, columns.gather(1, found.indices)
