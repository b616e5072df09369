"""``attentive``: attention over the cells of a map in place of their mean."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from virb.probes import Examples, Head, Probe, Score, Settings, Sweep
from virb.spec import Classes, ProbeSpec, Target

if TYPE_CHECKING:
    from virb.probes._descent import Recipe

QUERIES = 8
"""Of the pooling. Psomas et al. take 32 for 196 tokens or more; the last stage of most encoders has 49 cells."""


@final
@dataclass(frozen=True)
class Attentive(Probe):
    """Multi-query cross-attention over the cells of a map, and a linear layer, by AdamW.

    See :class:`virb.heads.attentive.AttentiveHeads`. What it gains over ``linear`` tells how much of what an encoder
    knows its own pooling loses. The images of an example lie side by side, as channels of one map.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"lr": 3e-3, "weight_decay": 1.0})
    steps: int = 300
    batch: int = 256

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        if not isinstance(target, Classes):
            return "its heads tell classes apart, and the target is values"
        return "its heads tell one class an image, and the target has one a pixel" if target.dense else None

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

        from virb.heads.attentive import AttentiveHeads
        from virb.probes._descent import Recipe
        from virb.probes._inputs import Maps
        from virb.probes._optimisers import ADAMW

        return Recipe(
            inputs=partial(Maps, joined=True),
            build=lambda shape, classes, heads, generator: AttentiveHeads(shape[0], QUERIES, classes, heads, generator),
            method=ADAMW,
            steps=self.steps,
            batch=self.batch,
        )


PROBE = Attentive(
    ProbeSpec(
        name="attentive",
        seeded=True,
        layers=("stage4",),
        maps=True,
        grid={"lr": (1e-3, 3e-3, 1e-2), "weight_decay": (0.01, 1.0)},
        about="multi-query cross-attention over the last map in place of its mean",
    )
)
