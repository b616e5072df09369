"""Heads of one shape side by side: they read the same inputs together, and know nothing of one another."""

import math
from abc import ABC, abstractmethod

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call


class Stack(nn.Module, ABC):
    """Many heads of one shape, trained in one pass over the features.

    The first axis of every parameter is the head. All heads start at the same draw, so that each becomes what it would
    become alone: they differ by how they are trained only.
    """

    @abstractmethod
    def forward(self, inputs: Tensor) -> Tensor:
        """From n inputs, the same for every head, to heads x n x classes, scores before a softmax.

        The number of heads is that of the parameters: see :meth:`one`.
        """

    def one(self, head: int, inputs: Tensor) -> Tensor:
        """What a single head says of n inputs: n x classes."""
        alone = {name: parameter[head : head + 1] for name, parameter in self.named_parameters()}
        scores: Tensor = functional_call(self, alone, (inputs,))[0]
        return scores


def copies(draw: Tensor, heads: int) -> nn.Parameter:
    """One draw for every head: heads x the draw's shape."""
    return nn.Parameter(draw.expand(heads, *draw.shape).clone().to(torch.get_default_device()))


def uniform(generator: Generator, *shape: int, inputs: int) -> Tensor:
    """Uniform numbers within one over the root of the number of inputs: how PyTorch starts its layers."""
    draw = torch.empty(shape, device="cpu").uniform_(-1, 1, generator=generator)
    return draw / math.sqrt(inputs)


def shared(inputs: Tensor, weights: Tensor) -> Tensor:
    """One matrix product for the layers of all heads on the same inputs.

    Args:
        inputs: n x width.
        weights: heads x outputs x width.

    Returns:
        n x heads x outputs.
    """
    heads, outputs, width = weights.shape
    products: Tensor = inputs @ weights.view(heads * outputs, width).T
    return products.view(len(inputs), heads, outputs)


def each(inputs: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
    """A linear layer a head on inputs of its own.

    Args:
        inputs: heads x n x width.
        weights: heads x outputs x width.
        bias: heads x outputs.

    Returns:
        heads x n x outputs.
    """
    outputs: Tensor = torch.baddbmm(bias[:, None], inputs, weights.transpose(1, 2))
    return outputs
