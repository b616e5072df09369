"""MoCo v2, step by step (He et al. 2019, 1911.05722, algorithm 1; Chen et al. 2020, 2003.04297)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import final

import torch
from lightly.loss import NTXentLoss
from lightly.models.modules import MoCoProjectionHead
from lightly.models.utils import deactivate_requires_grad, update_momentum
from torch import Generator, Tensor, nn

from virb.pretrain._views import strong
from virb.pretrain.objectives import Batch, Objective, Outcome


@final
class MoCoV2Objective(Objective):
    """A query against its key and a queue of earlier keys.

    Args:
        trunk: images to embeddings.
        width: of the embedding.
        size: side of a view in pixels.
        settings: of ``virb.pretrain.moco_v2``.
    """

    def __init__(self, trunk: nn.Module, width: int, size: int, settings: Mapping[str, float]) -> None:
        super().__init__(trunk)
        projection, queue = int(settings["projection"]), int(settings["queue"])
        self.head = MoCoProjectionHead(width, width, projection)
        self.key_trunk, self.key_head = deepcopy(self.trunk), deepcopy(self.head)
        deactivate_requires_grad(self.key_trunk)
        deactivate_requires_grad(self.key_head)
        self.loss = NTXentLoss(temperature=settings["temperature"], memory_bank_size=(queue, projection))
        self.view = strong(size, settings["crop"])
        self.momentum, self.group = settings["momentum"], int(settings["group"])

    def forward(self, batch: Batch, draw: Generator, step: int) -> Outcome:
        """See :meth:`Objective.forward`."""
        queries, keys = (self.normalise(self.view(batch.images, draw)) for _ in range(2))
        query = self.head(self.trunk(queries))
        with torch.no_grad():
            update_momentum(self.trunk, self.key_trunk, self.momentum)
            update_momentum(self.head, self.key_head, self.momentum)
            key = self._keys(keys, torch.randperm(len(keys), generator=draw).to(keys.device))
        return Outcome(self.loss(query, key), query.detach())

    def _keys(self, views: Tensor, order: Tensor) -> Tensor:
        """Encode keys in shuffled groups.

        With one batch norm over the whole batch a query could find its key by their shared statistics (§3.3, "shuffling
        BN"). The paper shuffles between GPUs, each of which normalises its own 32 images.
        """
        encoded = torch.cat(
            [self.key_head(self.key_trunk(part)) for part in views[order].chunk(-(-len(views) // self.group))]
        )
        return encoded[order.argsort()]
