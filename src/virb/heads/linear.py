"""Linear heads: one matrix product for all of them."""

from typing import final

import torch
from torch import Generator, Tensor

from virb.heads._stack import Stack, copies, shared

SPREAD = 0.01
"""Standard deviation of the first weights; biases start at zero. As of the heads of the DINOv2 evaluation."""


@final
class LinearHeads(Stack):
    """Weights and a bias a class.

    Args:
        width: of the inputs, n x width.
        classes: how many.
        heads: how many.
        generator: of the first weights.
    """

    def __init__(self, width: int, classes: int, heads: int, generator: Generator) -> None:
        super().__init__()
        draw = torch.empty(classes, width, device="cpu").normal_(0, SPREAD, generator=generator)
        self.weights = copies(draw, heads)
        self.bias = copies(torch.zeros(classes, device="cpu"), heads)

    def forward(self, inputs: Tensor) -> Tensor:
        """See :meth:`Stack.forward`."""
        return (shared(inputs, self.weights) + self.bias).transpose(0, 1)
