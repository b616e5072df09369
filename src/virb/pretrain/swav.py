"""SwAV: predict from one view the cluster that another view of the image was assigned to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from virb.errors import UserError
from virb.pretrain import Method, Setting, refused_queue, settings_of
from virb.spec import Recipe

if TYPE_CHECKING:
    from torch import nn

    from virb.pretrain.objectives import Objective


@final
class SwAV(Method):
    """Swapped assignments between views, with multi-crop and a queue."""

    about = "swapped cluster assignments between views, multi-crop, a queue for small batches"
    paper = "Caron et al. 2020, arXiv:2006.09882"
    settings: Mapping[str, Setting] = {
        "prototypes": Setting(
            64,
            "clusters; published 3,000. A batch is spread evenly over them, so as many as it has images",
            2,
            whole=True,
        ),
        "temperature": Setting(0.1, "of the prediction, as published", 1e-3, 10),
        "epsilon": Setting(
            0.03,
            "smoothness of the assignment; published 0.05, at which short trainings stay at the even answer",
            1e-3,
            10,
        ),
        "iterations": Setting(3, "of Sinkhorn and Knopp's algorithm, as published", 1, whole=True),
        "projection": Setting(128, "dimensions of the projection, as published", 2, whole=True),
        "small-crops": Setting(2, "views at half the size beside the two large ones; published 6", 0, 16, whole=True),
        "crop": Setting(0.14, "least share of the image that a large view shows, and most of a small one", 0.01, 1),
        "small-crop": Setting(0.1, "least share that a small view shows; published 0.05, of larger images", 0.01, 1),
        "queue": Setting(
            0,
            "earlier projections that help to balance the clusters; published 3,840 for batches of 256. In a short "
            "training they are those of another network, and it learns less with them than without",
            0,
            whole=True,
        ),
        "queue-from": Setting(0.15, "share of the training after which it is used; published epoch 15", 0, 1),
        "frozen": Setting(0.1, "share of the training in which prototypes stay; published the first epoch", 0, 1),
    }

    def refuses(self, recipe: Recipe, images: int) -> UserError | None:
        """A queue longer than the data holds the same images twice."""
        return refused_queue(recipe, images)

    def build(self, trunk: nn.Module, width: int, recipe: Recipe, images: int, classes: int) -> Objective:
        """See :meth:`Method.build`."""
        from virb.pretrain.objectives.swav import SwAVObjective

        return SwAVObjective(trunk, width, recipe.size, recipe.steps, settings_of(recipe))


METHOD = SwAV()
