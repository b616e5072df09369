"""A head for each pixel of the first of two images: what moved where, from how cells of both images match.

Local correlation and a projection of the first image at each of the finer maps, answered from coarse to fine: the
parts of Dosovitskiy et al. (2015), *FlowNet*, and Sun et al. (2018), *PWC-Net*, without warping.
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn

from virb.heads.correlation import correlation
from virb.heads.pyramid import add_enlarged, convolution


@final
class Matching(nn.Module):
    """Both images through one projection a map, correlated at the finer maps, summed from coarse to fine.

    Args:
        widths: of the maps, from fine to coarse.
        outputs: channels of the answer.
        hidden: channels in between.
        projected: channels that are compared.
        compared: at how many maps, the finest ones, images are compared. The coarser ones show the first image only.
        window: how far away, in rows and in columns, a cell is sought in the second image.
    """

    def __init__(
        self,
        widths: Sequence[int],
        outputs: int,
        hidden: int = 48,
        projected: int = 32,
        compared: int = 2,
        window: int = 4,
    ) -> None:
        super().__init__()
        self._window = window
        finer, coarser = widths[:compared], widths[compared:]
        self.project = nn.ModuleList(nn.Conv2d(width, projected, 1) for width in finer)
        self.match = nn.ModuleList(convolution(projected + (2 * window + 1) ** 2, hidden) for _ in finer)
        self.context = nn.ModuleList(nn.Conv2d(width, hidden, 1) for width in coarser)
        self.smooth = convolution(hidden, hidden)
        self.out = nn.Conv2d(hidden, outputs, 1)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """From maps, n x 2 x width x rows x columns each, to n x outputs at the resolution of the first."""
        total: Tensor | None = None
        for context, level in zip(reversed(self.context), reversed(maps[len(self.project) :]), strict=True):
            total = add_enlarged(context(level[:, 0]), total)
        for project, match, level in zip(
            reversed(self.project), reversed(self.match), reversed(maps[: len(self.project)]), strict=True
        ):
            first, second = project(level.flatten(0, 1)).unflatten(0, level.shape[:2]).unbind(dim=1)
            seen = torch.cat([first, correlation(first, second, self._window)], dim=1)
            total = add_enlarged(match(seen), total)
        answer: Tensor = self.out(self.smooth(total))
        return answer
