"""``siamese``: two images compared cell by cell."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from virb.probes import Examples, Head, Probe, Score, Settings, Sweep
from virb.spec import Classes, ProbeSpec, Target

if TYPE_CHECKING:
    from virb.probes._descent import Recipe

PROJECTED, WINDOW, HIDDEN = 32, 3, 64
"""Channels of the projection; rows and columns that a cell may have moved; channels of the convolution."""


@final
@dataclass(frozen=True)
class Siamese(Probe):
    """A projection shared by two images, their local correlation, one convolution and a linear layer, by AdamW.

    See :class:`virb.heads.siamese.SiameseHeads`. What moved is seen where it is, before it is pooled. Maps of raw
    pixels do well under it: look at the gain over them.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"lr": 3e-3, "weight_decay": 0.1})
    steps: int = 300
    batch: int = 128

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        if not isinstance(target, Classes):
            return "its heads tell classes apart, and the target is values"
        if target.dense:
            return "its heads tell one class a pair of images, and the target has one a pixel"
        return None if images == 2 else f"it compares two images, and an example has {images}"

    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """See :meth:`Probe.sweep`. The seed draws the first weights and the batches."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.probes._descent import sweep

        return sweep(self.spec, self._recipe(), fit, select, target, score, seed)

    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """See :meth:`Probe.refit`."""
        from virb.probes._descent import refit

        return refit(self.spec, self._recipe(), examples, target, choice, seed)

    def _recipe(self) -> "Recipe":
        from functools import partial

        from virb.heads.siamese import SiameseHeads
        from virb.probes._descent import Recipe
        from virb.probes._inputs import Maps
        from virb.probes._optimisers import ADAMW

        return Recipe(
            inputs=partial(Maps, joined=False),
            build=lambda shape, classes, heads, generator: SiameseHeads(
                shape[1], PROJECTED, WINDOW, HIDDEN, classes, heads, generator
            ),
            method=ADAMW,
            steps=self.steps,
            batch=self.batch,
        )


PROBE = Siamese(
    ProbeSpec(
        name="siamese",
        seeded=True,
        layers=("stage3",),
        maps=True,
        grid={"lr": (1e-3, 3e-3, 1e-2), "weight_decay": (0.1,)},
        about="two maps, their local correlation, one convolution",
    )
)
