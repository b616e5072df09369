"""PIRL, step by step (Misra and van der Maaten 2019, 1912.01991).

Heads, memory bank and loss are virb's own, from the paper's equations.
"""

from collections.abc import Iterable, Mapping
from typing import final

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from virb.pretrain._views import Colour, Crop, View, orders, puzzle
from virb.pretrain.objectives import Batch, Objective, Outcome

_CELL, _PIECE = 85, 64
"""Published: a puzzle of 255 pixels a side has cells of 85, of which each piece shows 64, beside images of 224."""


def nce(one: Tensor, other: Tensor, negatives: Tensor, temperature: float) -> Tensor:
    """Noise-contrastive loss, equations 3 and 4 of the paper, mean over the batch.

    With s the cosine, h(v_i) = exp(s(one, v_i) / t) / sum_j exp(s(one, v_j) / t) over the positive and the negatives:
    the loss is -log h(positive) - sum over negatives of log(1 - h(negative)).

    Args:
        one: batch x dimensions, unit length.
        other: batch x dimensions, unit length: the positives.
        negatives: batch x negatives x dimensions, or negatives x dimensions for all alike; unit length.
        temperature: t.

    Returns:
        A scalar.
    """
    positive = (one * other).sum(dim=1, keepdim=True)
    shared = negatives.ndim == 2
    others = one @ negatives.T if shared else torch.einsum("bd,bnd->bn", one, negatives)
    log_h = functional.log_softmax(torch.cat([positive, others], dim=1) / temperature, dim=1)
    # log(1 - h), stable for h near 0 and near 1
    log_rest = torch.log(-torch.expm1(log_h[:, 1:].clamp(max=-1e-7)))
    return -(log_h[:, 0] + log_rest.sum(dim=1)).mean()


@final
class MemoryBank(nn.Module):
    """One entry an image: a moving average of its representation.

    It starts as what the untrained network makes of the images. Published banks start as random directions, which
    hundreds of epochs forget; a small budget does not have those.

    Args:
        images: how many entries.
        dimensions: of an entry.
        memory: how much of an old entry stays.
    """

    entries: Tensor

    def __init__(self, images: int, dimensions: int, memory: float) -> None:
        super().__init__()
        self.register_buffer("entries", functional.normalize(torch.randn(images, dimensions), dim=1))
        self.memory = memory

    def negatives(self, rows: Tensor, count: int, draw: Generator) -> Tensor:
        """``count`` random entries that belong to none of ``rows``; all entries but theirs where there are fewer."""
        order = torch.randperm(len(self.entries), generator=draw).to(self.entries.device)
        return self.entries[order[~torch.isin(order, rows)][:count]]

    @torch.no_grad()
    def remember(self, rows: Tensor, now: Tensor, memory: float | None = None) -> None:
        """Move the entries of images towards their representations: batch x dimensions, unit length."""
        stays = self.memory if memory is None else memory
        self.entries[rows] = functional.normalize(stays * self.entries[rows] + (1 - stays) * now, dim=1)


@final
class PIRLObjective(Objective):
    """An image, its shuffled pieces, and its entry in the memory bank, pairwise alike.

    Args:
        trunk: images to embeddings.
        width: of the embedding.
        size: side of the image's view in pixels; pieces scale with it as published.
        images: how many the source has.
        settings: of ``virb.pretrain.pirl``.
    """

    def __init__(self, trunk: nn.Module, width: int, size: int, images: int, settings: Mapping[str, float]) -> None:
        super().__init__(trunk)
        projection, grid = int(settings["projection"]), int(settings["grid"])
        self.pieces = grid**2
        self.image_head = nn.Linear(width, projection)
        self.piece_head = nn.Linear(width, projection)
        self.puzzle_head = nn.Linear(projection * self.pieces, projection)
        self.bank = MemoryBank(images, projection, settings["memory"])
        # Pieces get a whole number of the cells of a stride-16 network, and never less than one.
        self.piece = max(16, round(size * _PIECE / 224 / 8) * 8)
        self.canvas = round(self.piece * _CELL / _PIECE) * grid
        self.image_view = View(Crop(size, settings["crop"]), Colour())
        self.puzzle_view = View(Crop(self.canvas, settings["puzzle-crop"]))
        self.piece_colour = Colour()
        self.temperature, self.share = settings["temperature"], settings["share"]
        self.negatives = int(settings["negatives"])

    def forward(self, batch: Batch, draw: Generator, step: int) -> Outcome:
        """See :meth:`Objective.forward`; equation 5."""
        image = self._image(batch.images, draw)
        shuffled = self._puzzle(batch.images, draw)
        memory = self.bank.entries[batch.rows]
        negatives = self.bank.negatives(batch.rows, self.negatives, draw)
        of_puzzle = nce(shuffled, memory, negatives, self.temperature)
        of_image = nce(image, memory, negatives, self.temperature)
        self.bank.remember(batch.rows, image.detach())
        return Outcome(self.share * of_puzzle + (1 - self.share) * of_image, image.detach())

    @torch.no_grad()
    def prepare(self, batches: Iterable[Batch], draw: Generator) -> None:
        """Fill the bank."""
        for batch in batches:
            self.bank.remember(batch.rows, self._image(batch.images, draw), memory=0.0)

    def _image(self, images: Tensor, draw: Generator) -> Tensor:
        view = self.normalise(self.image_view(images, draw))
        return functional.normalize(self.image_head(self.trunk(view)), dim=1)

    def _puzzle(self, images: Tensor, draw: Generator) -> Tensor:
        canvas = self.puzzle_view(images, draw)
        spare = canvas.shape[-1] // round(self.pieces**0.5) - self.piece
        shifts = torch.randint(0, spare + 1, (len(images), self.pieces, 2), generator=draw)
        order = orders(len(images), self.pieces, draw)
        pieces = puzzle(canvas, shifts.to(canvas.device), order.to(canvas.device), self.piece).flatten(0, 1)
        embedded = self.piece_head(self.trunk(self.normalise(self.piece_colour(pieces, draw))))
        return functional.normalize(self.puzzle_head(embedded.view(len(images), -1)), dim=1)
