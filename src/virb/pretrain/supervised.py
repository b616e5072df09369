"""Supervised: learn the labels. The yardstick of the others, where there are labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from virb.pretrain import Method, Setting, settings_of
from virb.spec import Recipe

if TYPE_CHECKING:
    from torch import nn

    from virb.pretrain.objectives import Objective


@final
class Supervised(Method):
    """Cross entropy on the labels of the source, by a linear classifier that is thrown away."""

    about = "cross entropy on labels, for data that have them"
    paper = "the recipe of torchvision's ResNets: random resized crops, flips; arXiv:1512.03385 §3.4"
    labels = True
    settings: Mapping[str, Setting] = {
        "crop": Setting(0.2, "least share of the image that a view shows; 0.08 on ImageNet", 0.01, 1),
        "smoothing": Setting(0.0, "of the labels", 0, 0.99),
    }

    def build(self, trunk: nn.Module, width: int, recipe: Recipe, images: int, classes: int) -> Objective:
        """See :meth:`Method.build`."""
        from virb.pretrain.objectives.supervised import SupervisedObjective

        return SupervisedObjective(trunk, width, recipe.size, classes, settings_of(recipe))


METHOD = Supervised()
