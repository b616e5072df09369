"""PIRL: an image and its shuffled jigsaw pieces must be represented alike, and unlike a bank of other images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, final

from virb.errors import UserError
from virb.pretrain import Method, Setting, settings_of
from virb.spec import Recipe

if TYPE_CHECKING:
    from torch import nn

    from virb.pretrain.objectives import Objective


@final
class PIRL(Method):
    """Pretext-invariant representations from jigsaw puzzles, with a memory bank."""

    about = "invariance to jigsaw puzzles, noise-contrastive against a memory bank of the data"
    paper = "Misra and van der Maaten 2019, arXiv:1912.01991"
    settings: Mapping[str, Setting] = {
        "negatives": Setting(
            2048, "drawn from the memory bank each step; published 32,000, which is 2.5 % of ImageNet", 1, whole=True
        ),
        "temperature": Setting(0.07, "of the loss, as published", 1e-3, 10),
        "share": Setting(0.5, "lambda: how much the puzzle's loss weighs beside the image's, as published", 0, 1),
        "memory": Setting(0.5, "how much of an old entry stays in the bank, as published", 0, 1),
        "projection": Setting(128, "dimensions of both heads, as published", 2, whole=True),
        "grid": Setting(3, "pieces a side, as published", 2, 6, whole=True),
        "crop": Setting(0.2, "least share of the image that its own view shows", 0.01, 1),
        "puzzle-crop": Setting(0.6, "least share of the image that the puzzle is cut from, as published", 0.01, 1),
    }

    def refuses(self, recipe: Recipe, images: int) -> UserError | None:
        """The bank has one entry an image: there are no more negatives than images."""
        negatives = int(settings_of(recipe)["negatives"])
        if negatives < images:
            return None
        return UserError(
            f"'{negatives:,}' negatives are more than a memory bank of {images:,} images has beside the positive.",
            "Ask for fewer: --set negatives=N, or more --images.",
        )

    def build(self, trunk: nn.Module, width: int, recipe: Recipe, images: int, classes: int) -> Objective:
        """See :meth:`Method.build`."""
        from virb.pretrain.objectives.pirl import PIRLObjective

        return PIRLObjective(trunk, width, recipe.size, images, settings_of(recipe))


METHOD = PIRL()
