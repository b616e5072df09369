"""Supervised learning, step by step."""

from collections.abc import Mapping
from typing import final

from torch import Generator, nn
from torch.nn import functional

from virb.pretrain._views import Crop, View
from virb.pretrain.objectives import Batch, Objective, Outcome


@final
class SupervisedObjective(Objective):
    """Cross entropy of a linear classifier.

    Args:
        trunk: images to embeddings.
        width: of the embedding.
        size: side of a view in pixels.
        classes: how many.
        settings: of ``virb.pretrain.supervised``.
    """

    def __init__(self, trunk: nn.Module, width: int, size: int, classes: int, settings: Mapping[str, float]) -> None:
        super().__init__(trunk)
        self.head = nn.Linear(width, classes)
        self.view = View(Crop(size, settings["crop"]))
        self.smoothing = settings["smoothing"]

    def forward(self, batch: Batch, draw: Generator, step: int) -> Outcome:
        """See :meth:`Objective.forward`."""
        embedding = self.trunk(self.normalise(self.view(batch.images, draw)))
        loss = functional.cross_entropy(self.head(embedding), batch.labels, label_smoothing=self.smoothing)
        return Outcome(loss, embedding.detach())
