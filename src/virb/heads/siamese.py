"""Heads for two images: how well each cell of one map matches the cells around it in the other."""

from typing import final

import torch
from torch import Generator, Tensor
from torch.nn import functional

from virb.heads._stack import Stack, copies, each, shared, uniform
from virb.heads.correlation import correlation


@final
class SiameseHeads(Stack):
    """A projection of both maps, their local correlation, a 3 x 3 convolution over all three, mean, linear layer.

    Args:
        width: of the inputs, n x 2 x width x rows x columns.
        projected: channels of the projection, the same for both images.
        window: how far away, in rows and in columns, a cell is sought in the other image.
        hidden: channels of the convolution.
        classes: how many.
        heads: how many.
        generator: of the first weights.
    """

    def __init__(
        self, width: int, projected: int, window: int, hidden: int, classes: int, heads: int, generator: Generator
    ) -> None:
        super().__init__()
        self._window = window
        channels = 2 * projected + (2 * window + 1) ** 2
        self.projection = copies(uniform(generator, projected, width, inputs=width), heads)
        self.kernel = copies(uniform(generator, hidden, channels, 3, 3, inputs=9 * channels), heads)
        self.kernel_bias = copies(uniform(generator, hidden, inputs=9 * channels), heads)
        self.weights = copies(uniform(generator, classes, hidden, inputs=hidden), heads)
        self.bias = copies(torch.zeros(classes, device="cpu"), heads)

    def forward(self, inputs: Tensor) -> Tensor:
        """See :meth:`Stack.forward`."""
        n, images, width, rows, columns = inputs.shape
        heads, projected, _ = self.projection.shape
        cells = inputs.transpose(2, 4).reshape(-1, width)
        maps = shared(cells, self.projection).view(n, images, columns, rows, heads, projected)
        maps = maps.permute(1, 0, 4, 5, 3, 2)  # image, example, head, channel, row, column
        first, second = maps.reshape(images, n * heads, projected, rows, columns)
        volume = similarity(first, second, self._window)
        seen = torch.cat([first, second, volume], dim=1).view(n, -1, rows, columns)
        # Grouped convolutions of small maps are twice as quick with channels last.
        seen = seen.contiguous(memory_format=torch.channels_last)
        kernels, biases = self.kernel.flatten(0, 1), self.kernel_bias.flatten()
        hidden = functional.gelu(functional.conv2d(seen, kernels, biases, padding=1, groups=heads))
        return each(hidden.mean(dim=(2, 3)).view(n, heads, -1).transpose(0, 1), self.weights, self.bias)


def similarity(first: Tensor, second: Tensor, window: int) -> Tensor:
    """Cosine similarity of each cell with those around it in the other map: see :func:`correlation` for the shapes."""
    # That takes the mean over channels of vectors' products, which is the cosine where their mean square is 1.
    scale = first.shape[1] ** 0.5
    ours, theirs = (functional.normalize(maps, dim=1) * scale for maps in (first, second))
    return correlation(ours, theirs, window)
