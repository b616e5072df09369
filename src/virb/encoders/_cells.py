"""The image itself as maps of cells: what the floors, raw pixels and colour histograms, read off it. No weights.

Stage k has cells of 4, 8, 16 and 32 pixels a side, the strides of the usual convolutional pyramid, and at least one.
"""

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from torch.nn import functional

from virb.encoders._encoder import Trunk
from virb.spec import LAYERS

STRIDES = {"stage1": 4, "stage2": 8, "stage3": 16, "stage4": 32}
DETAIL = 4
"""A cell's pixels are averaged to 4 x 4: all of them in the finest stage, and 48 numbers in each."""
SHADES = 4
"""Bins a colour: 4 x 4 x 4 = 64 of RGB."""
BINS = SHADES**3


@final
class PixelTrunk(Trunk):
    """Area averages of the image.

    Args:
        grid: the embedding is the image averaged to grid x grid cells, flattened.
    """

    layers = LAYERS

    def __init__(self, grid: int) -> None:
        self.module = nn.Sequential(nn.AdaptiveAvgPool2d(grid), nn.Flatten())

    def read(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """See :meth:`Trunk.read`. Channels of a stage: colour, then row and column inside the cell."""
        return {layer: self.module(images) if layer == "embedding" else _averages(images, layer) for layer in layers}


@final
class HistogramTrunk(Trunk):
    """Shares of the 64 colours among the pixels of the image, or of each cell; of the bins, red moves slowest.

    Every pixel is in exactly one cell, so the shares of a stage, weighted by pixels, add up to those of the image.
    """

    layers = LAYERS

    def __init__(self) -> None:
        self.module = nn.Identity()

    def read(self, images: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """See :meth:`Trunk.read`. Images are pixels / 255."""
        colours = _colours(images)
        return {
            layer: _shares(colours, (1, 1)).flatten(1)
            if layer == "embedding"
            else _shares(colours, _cells(images, layer))
            for layer in layers
        }


def _cells(images: Tensor, layer: str) -> tuple[int, int]:
    """Rows and columns."""
    height, width = images.shape[-2:]
    return max(1, height // STRIDES[layer]), max(1, width // STRIDES[layer])


def _averages(images: Tensor, layer: str) -> Tensor:
    """Batch x 48 x rows x columns. Sides that are no multiple of the cells are shared out as adaptive pooling does."""
    rows, columns = _cells(images, layer)
    fine = functional.adaptive_avg_pool2d(images, (DETAIL * rows, DETAIL * columns))
    return functional.pixel_unshuffle(fine, DETAIL)


def _colours(images: Tensor) -> Tensor:
    """The bin of each pixel, batch x rows x columns."""
    # Back to whole levels first: 64 / 255 * 255 may come out just below 64, in the wrong bin.
    red, green, blue = (images * 255).round().long().mul_(SHADES).div_(256, rounding_mode="floor").unbind(1)
    return (red * SHADES + green) * SHADES + blue


def _shares(colours: Tensor, cells: tuple[int, int]) -> Tensor:
    """Batch x 64 x rows x columns: counted in whole numbers and divided once, so each share is exact to float32."""
    batch, rows, columns = len(colours), *cells
    down, across = (
        torch.arange(side, device=colours.device) * count // side
        for side, count in zip(colours.shape[1:], cells, strict=True)
    )
    image = torch.arange(batch, device=colours.device)[:, None, None]
    where = ((image * BINS + colours) * rows + down[:, None]) * columns + across
    counts = torch.bincount(where.reshape(-1), minlength=batch * BINS * rows * columns)
    counts = counts.view(batch, BINS, rows, columns)
    return counts.float() / counts.sum(dim=1, keepdim=True).float()
