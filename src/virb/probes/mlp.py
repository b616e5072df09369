"""``mlp``: one hidden layer on the embeddings of one or several images."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from virb.probes import Examples, Head, Probe, Score, Settings, Sweep
from virb.spec import Classes, ProbeSpec, Target

if TYPE_CHECKING:
    from virb.probes._descent import Recipe

HIDDEN = 512
"""Units of the hidden layer."""


@final
@dataclass(frozen=True)
class HiddenLayer(Probe):
    """A hidden layer of 512 units and GELU on standardised embeddings, by AdamW.

    Of two images it also reads their product and their difference, of more their mean: see
    :class:`virb.probes._inputs.Combined`.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"lr": 1e-3, "weight_decay": 10.0})
    steps: int = 200
    batch: int = 256

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        if not isinstance(target, Classes):
            return "its heads tell classes apart, and the target is values"
        return "its heads tell one class an example, and the target has one a pixel" if target.dense else None

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
        from virb.heads.mlp import HiddenLayerHeads
        from virb.probes._descent import Recipe
        from virb.probes._inputs import Combined
        from virb.probes._optimisers import ADAMW

        return Recipe(
            inputs=Combined,
            build=lambda shape, classes, heads, generator: HiddenLayerHeads(
                shape[0], HIDDEN, classes, heads, generator
            ),
            method=ADAMW,
            steps=self.steps,
            batch=self.batch,
        )


PROBE = HiddenLayer(
    ProbeSpec(
        name="mlp",
        seeded=True,
        grid={"lr": (3e-4, 1e-3, 3e-3), "weight_decay": (0.1, 10.0)},
        about="one hidden layer of 512 units; of two images also their product and difference",
    )
)
