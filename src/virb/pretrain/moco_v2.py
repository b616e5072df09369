"""MoCo v2: tell an image's other view from a queue of earlier images, encoded by a slowly moving copy."""

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
class MoCoV2(Method):
    """Momentum contrast with a projection head and strong augmentation."""

    about = "momentum contrast: a queue of negatives, a momentum encoder, an MLP head"
    paper = "He et al. 2019, arXiv:1911.05722; Chen et al. 2020, arXiv:2003.04297"
    settings: Mapping[str, Setting] = {
        "queue": Setting(
            2048, "negatives; published 65,536, which is 5 % of ImageNet. At most the images there are", 1, whole=True
        ),
        "momentum": Setting(
            0.99,
            "of the key encoder; published 0.999, whose memory of 1,000 steps is 0.1 % of the training there and would "
            "be all of it here",
            0,
            1,
        ),
        "temperature": Setting(
            0.1, "of the loss; published 0.2 with 32 times as many negatives, of which more are hard", 1e-3, 10
        ),
        "projection": Setting(128, "dimensions of the projection, as published", 2, whole=True),
        "group": Setting(
            32,
            "keys are normalised in shuffled groups of so many: what shuffling BN does between GPUs, 32 images each",
            2,
            whole=True,
        ),
        "crop": Setting(0.2, "least share of the image that a view shows, as published", 0.01, 1),
    }

    def refuses(self, recipe: Recipe, images: int) -> UserError | None:
        """A queue longer than the data holds older copies of the very images in the batch as negatives."""
        return refused_queue(recipe, images)

    def build(self, trunk: nn.Module, width: int, recipe: Recipe, images: int, classes: int) -> Objective:
        """See :meth:`Method.build`."""
        from virb.pretrain.objectives.moco_v2 import MoCoV2Objective

        return MoCoV2Objective(trunk, width, recipe.size, settings_of(recipe))


METHOD = MoCoV2()
