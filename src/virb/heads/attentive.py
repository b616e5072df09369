"""Attentive pooling: learnt queries, each of which reads a part of the pooled vector off the cells of a map.

Psomas et al. 2025, *Attention, Please! Revisiting Attentive Probing Through the Lens of Efficiency* (2506.10178): the
cells are their own keys, queries stand for heads, and each query has its own slice of the values.
"""

from typing import final

import torch
from torch import Generator, Tensor

from virb.heads._stack import Stack, copies, each, shared, uniform

SPREAD = 0.02
"""Standard deviation of the first queries: theirs. All cells weigh about the same at first: mean pooling."""


@final
class AttentiveHeads(Stack):
    """Attention with several queries, then a linear layer.

    Args:
        width: of the inputs, n x width x rows x columns. Where cells lie is not known to the head.
        queries: how many. The pooled vector has as many slices, of width / queries numbers each, rounded up.
        classes: how many.
        heads: how many.
        generator: of the first weights.
    """

    def __init__(self, width: int, queries: int, classes: int, heads: int, generator: Generator) -> None:
        super().__init__()
        part = -(-width // queries)
        draw = torch.empty(queries, width, device="cpu").normal_(0, SPREAD, generator=generator)
        self.queries = copies(draw, heads)
        self.values = copies(uniform(generator, queries, part, width, inputs=width), heads)
        self.weights = copies(uniform(generator, classes, queries * part, inputs=queries * part), heads)
        self.bias = copies(torch.zeros(classes, device="cpu"), heads)

    def forward(self, inputs: Tensor) -> Tensor:
        """See :meth:`Stack.forward`."""
        heads, queries, part, width = self.values.shape
        cells = inputs.flatten(2).transpose(1, 2).contiguous()
        n, count, _ = cells.shape
        fits = shared(cells.view(n * count, width), self.queries).view(n, count, heads * queries) * width**-0.5
        # A slice is linear in the cells: pooled first, it is computed once an example and not once a cell.
        pooled = (fits.softmax(dim=1).transpose(1, 2) @ cells).transpose(0, 1)
        slices = torch.bmm(pooled, self.values.view(heads * queries, part, width).transpose(1, 2))
        vectors = slices.view(heads, queries, n, part).transpose(1, 2).reshape(heads, n, queries * part)
        return each(vectors, self.weights, self.bias)
