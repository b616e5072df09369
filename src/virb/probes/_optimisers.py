"""PyTorch's optimisers for stacked heads: each head has its own learning rate and weight decay."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, final

from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer

Method = Callable[[list[dict[str, Any]]], Optimizer]

# Fused: one pass over the memory of a parameter, eight times as quick as one operation after the other.
DESCENT: Method = partial(SGD, momentum=0.9, fused=True)
"""Stochastic gradient descent with momentum; the decay is part of the gradient."""
ADAMW: Method = partial(AdamW, fused=True)
"""Adam with decoupled weight decay (Loshchilov & Hutter 2019), with PyTorch's betas and epsilon."""


@final
class StackOptimiser:
    """Moves the parameters of a stack, whose first axis is the head.

    To PyTorch each head's part of a parameter is a parameter of its own; it lies in the memory of the whole. Biases,
    which have one axis beside the heads, do not decay.

    Args:
        method: the optimiser.
        parameters: of the stack.
        rates: learning rate of each head.
        decays: weight decay of each head.
    """

    def __init__(
        self, method: Method, parameters: Sequence[Tensor], rates: Sequence[float], decays: Sequence[float]
    ) -> None:
        self._parts: list[Tensor] = []
        groups: list[dict[str, Any]] = []
        for parameter in parameters:
            for part, rate, decay in zip(parameter.detach(), rates, decays, strict=True):
                self._parts.append(part)
                groups.append({"params": [part], "lr": rate, "weight_decay": decay if part.dim() > 1 else 0.0})
        self._optimiser = method(groups)
        self._rates = [rate for _ in parameters for rate in rates]

    def step(self, gradients: Iterable[Tensor], share: float) -> None:
        """One step, at a share of the learning rates, along gradients of the parameters in their order."""
        # The fused kernels go through memory in order, and would not notice that a gradient is transposed.
        slices = (part for gradient in gradients for part in gradient.contiguous())
        for group, rate, part, gradient in zip(
            self._optimiser.param_groups, self._rates, self._parts, slices, strict=True
        ):
            group["lr"], part.grad = rate * share, gradient
        self._optimiser.step()


def cosine(steps: int) -> Iterator[float]:
    """The share of the learning rate at each step, from 1 down to almost 0 along half a cosine."""
    return ((1 + math.cos(math.pi * step / steps)) / 2 for step in range(steps))
