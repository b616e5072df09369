"""SwAV, step by step (Caron et al. 2020, 2006.09882, algorithm 1)."""

from collections.abc import Mapping
from typing import final

import torch
from lightly.loss import SwaVLoss
from lightly.models.modules import SwaVProjectionHead
from lightly.models.modules.memory_bank import MemoryBankModule
from torch import Generator, Tensor, nn
from torch.nn import functional

from virb.pretrain._views import strong
from virb.pretrain.objectives import Batch, Objective, Outcome


@final
class SwAVObjective(Objective):
    """Each large view's assignment to prototypes, predicted from all the other views.

    Args:
        trunk: images to embeddings.
        width: of the embedding.
        size: side of a large view in pixels; small ones have half of it.
        steps: of the whole training.
        settings: of ``virb.pretrain.swav``.
    """

    def __init__(self, trunk: nn.Module, width: int, size: int, steps: int, settings: Mapping[str, float]) -> None:
        super().__init__(trunk)
        projection = int(settings["projection"])
        self.head = SwaVProjectionHead(width, width, projection)
        # Published without a bias; lightly's have one, which lets a prototype win without looking at an image.
        self.prototypes = nn.Linear(projection, int(settings["prototypes"]), bias=False)
        self.loss = SwaVLoss(settings["temperature"], int(settings["iterations"]), settings["epsilon"])
        self.large = strong(size, settings["crop"])
        self.small = strong(size // 2, settings["small-crop"], settings["crop"])
        self.small_crops = int(settings["small-crops"])
        self.frozen = round(settings["frozen"] * steps)
        self.queue_from = round(settings["queue-from"] * steps)
        queue = int(settings["queue"])
        self.queues = nn.ModuleList(MemoryBankModule((queue, projection)) for _ in range(2 if queue else 0))

    def forward(self, batch: Batch, draw: Generator, step: int) -> Outcome:
        """See :meth:`Objective.forward`."""
        with torch.no_grad():
            self.prototypes.weight.copy_(functional.normalize(self.prototypes.weight, dim=1))
        large = self._project([self.normalise(self.large(batch.images, draw)) for _ in range(2)])
        small = self._project([self.normalise(self.small(batch.images, draw)) for _ in range(self.small_crops)])
        scores = [self.prototypes(view) for view in (*large, *small)]
        loss = self.loss(scores[:2], scores[2:], self._queued(large, step))
        return Outcome(loss.squeeze(), large[0].detach())

    def _project(self, views: list[Tensor]) -> list[Tensor]:
        """Views of one size go through the trunk together, as published."""
        if not views:
            return []
        return list(functional.normalize(self.head(self.trunk(torch.cat(views))), dim=1).chunk(len(views)))

    @torch.no_grad()
    def _queued(self, large: list[Tensor], step: int) -> list[Tensor] | None:
        """Scores of earlier projections; they are remembered from the start and used from ``queue-from`` on."""
        if not self.queues:
            return None
        scores: list[Tensor] = []
        for view, queue in zip(large, self.queues, strict=True):
            _, earlier = queue(view, update=True)
            scores.append(self.prototypes(earlier.T))
        return scores if step >= self.queue_from else None

    def before_update(self, step: int) -> None:
        """Prototypes stay where they are at first, as published."""
        if step < self.frozen:
            self.prototypes.weight.grad = None
