"""Has an encoder collapsed: are its embeddings all but one point, or one line?"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

POINT = 0.05
"""A spread below this is a point. Chen and He (2020, 2011.10566, §4.1) see 0 after a collapse and 1 without one."""
LINE = 1.5
"""An effective rank below this is a point or a line: 1 is one direction alone."""


class Collapse(NamedTuple):
    """How embeddings lie.

    Attributes:
        spread: standard deviation over images of a dimension of unit-length embeddings, mean over dimensions, times the
            root of their number: 0 where all are equal, 1 where they fill the sphere (Chen and He 2020).
        rank: effective rank of the centred embeddings: the exponential of the entropy of their normalised singular
            values (Roy and Vetterli 2007; RankMe, Garrido et al. 2022, 2210.02885).
    """

    spread: float
    rank: float

    @property
    def collapsed(self) -> bool:
        """Whether nothing is told apart. NaN counts."""
        return not (self.spread >= POINT and self.rank >= LINE)


def measure(embeddings: Tensor) -> Collapse:
    """Measure embeddings: images x width, at least two images."""
    values = embeddings.double()
    unit = functional.normalize(values, dim=1)
    spread = float(unit.std(dim=0).mean() * values.shape[1] ** 0.5)
    singular = (
        torch.linalg.svdvals(values - values.mean(dim=0)) if bool(values.isfinite().all()) else values.new_zeros(1)
    )
    share = singular / singular.sum().clamp(min=1e-300)
    entropy = -(share * share.clamp(min=1e-300).log()).sum()
    return Collapse(spread, float(entropy.exp()) if float(singular.sum()) > 0 else 0.0)
