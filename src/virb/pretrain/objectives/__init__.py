"""What a method does in a step. Each file is one method's objective: views, heads, loss, and what moves beside."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn


class Batch(NamedTuple):
    """A batch of the source.

    Attributes:
        images: batch x 3 x side x side, 0 to 1, on the training device.
        rows: batch numbers of the images in the source: who is who in a memory bank.
        labels: batch class ids; empty where the source has none.
    """

    images: Tensor
    rows: Tensor
    labels: Tensor


class Outcome(NamedTuple):
    """What a step gives.

    Attributes:
        loss: a scalar to descend.
        embeddings: batch x width, detached: what the loss compares, by which a collapse is seen.
    """

    loss: Tensor
    embeddings: Tensor


class Objective(nn.Module, ABC):
    """A trunk, the heads that are thrown away after training, and the loss.

    All randomness comes from the generator it is handed, and all state is in buffers and parameters: a run that goes on
    from a checkpoint cannot be told from one that was never interrupted.

    Attributes:
        trunk: what is kept.
        mean: of the channels that the trunk expects, 0 to 1; those it will be read out with.
        std: likewise.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, trunk: nn.Module) -> None:
        super().__init__()
        self.trunk = trunk
        self.register_buffer("mean", torch.zeros(1, 3, 1, 1))
        self.register_buffer("std", torch.ones(1, 3, 1, 1))

    def expect(self, mean: Sequence[float], std: Sequence[float]) -> None:
        """Set the channel statistics."""
        self.mean.copy_(torch.tensor(tuple(mean)).view(1, 3, 1, 1))
        self.std.copy_(torch.tensor(tuple(std)).view(1, 3, 1, 1))

    def normalise(self, view: Tensor) -> Tensor:
        """Bring a view of 0 to 1 to what the trunk expects, channels last in memory."""
        return ((view - self.mean) / self.std).contiguous(memory_format=torch.channels_last)

    @abstractmethod
    def forward(self, batch: Batch, draw: Generator, step: int) -> Outcome:
        """One step's loss.

        Args:
            batch: of the source.
            draw: this step's randomness, on the CPU.
            step: counts from 0.
        """

    def prepare(self, batches: Iterable[Batch], draw: Generator) -> None:
        """Called once before the first step.

        Args:
            batches: every image of the source, once.
            draw: randomness, on the CPU.
        """

    def before_update(self, step: int) -> None:
        """Called between the backward pass and the optimiser."""

    def after_update(self, step: int) -> None:
        """Called behind the optimiser."""
