"""Heads with one hidden layer."""

from typing import final

from torch import Generator, Tensor
from torch.nn.functional import gelu

from virb.heads._stack import Stack, copies, each, shared, uniform


@final
class HiddenLayerHeads(Stack):
    """A linear layer, GELU, a linear layer.

    Args:
        width: of the inputs, n x width.
        hidden: units of the hidden layer.
        classes: how many.
        heads: how many.
        generator: of the first weights.
    """

    def __init__(self, width: int, hidden: int, classes: int, heads: int, generator: Generator) -> None:
        super().__init__()
        self.weights = copies(uniform(generator, hidden, width, inputs=width), heads)
        self.bias = copies(uniform(generator, hidden, inputs=width), heads)
        self.out_weights = copies(uniform(generator, classes, hidden, inputs=hidden), heads)
        self.out_bias = copies(uniform(generator, classes, inputs=hidden), heads)

    def forward(self, inputs: Tensor) -> Tensor:
        """See :meth:`Stack.forward`."""
        hidden = gelu(shared(inputs, self.weights) + self.bias)
        return each(hidden.transpose(0, 1), self.out_weights, self.out_bias)
