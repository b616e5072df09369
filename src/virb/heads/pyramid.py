"""A head that reads maps of several strides: a feature pyramid with one convolution.

Lin et al. (2017), *Feature Pyramid Networks for Object Detection*; summed into one map as by Kirillov et al. (2019),
*Panoptic Feature Pyramid Networks*, which also has group normalisation after its convolutions.
"""

from collections.abc import Sequence
from typing import final

from torch import Tensor, nn
from torch.nn import functional

GROUPS = 8
"""Groups of channels that are normalised together."""


@final
class Pyramid(nn.Module):
    """Maps projected to one width, summed from coarse to fine, a 3 x 3 convolution, and a linear map at each position.

    Args:
        widths: of the maps, from fine to coarse.
        outputs: channels of the answer.
        hidden: channels in between.
    """

    def __init__(self, widths: Sequence[int], outputs: int, hidden: int = 64) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(nn.Conv2d(width, hidden, 1) for width in widths)
        self.smooth = convolution(hidden, hidden)
        self.out = nn.Conv2d(hidden, outputs, 1)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """From maps, n x width x rows x columns each, to n x outputs at the resolution of the first."""
        total: Tensor | None = None
        for lateral, level in zip(reversed(self.lateral), reversed(maps), strict=True):
            total = add_enlarged(lateral(level), total)
        answer: Tensor = self.out(self.smooth(total))
        return answer


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """A 3 x 3 convolution that keeps the size, normalised in groups of channels, then ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.GroupNorm(GROUPS, outputs), nn.ReLU(inplace=True)
    )


def add_enlarged(fine: Tensor, coarse: Tensor | None) -> Tensor:
    """A map plus a coarser one at its size, by bilinear interpolation between centres of cells."""
    if coarse is None:
        return fine
    return fine + functional.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False)
