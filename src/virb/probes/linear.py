"""``linear``: linear heads by gradient descent, one a learning rate and weight decay, all in one pass."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from virb.probes import Examples, Head, Probe, Score, Settings, Sweep
from virb.spec import Classes, ProbeSpec, Target

if TYPE_CHECKING:
    from virb.probes._descent import Recipe


@final
@dataclass(frozen=True)
class Linear(Probe):
    """Linear heads on standardised features by stochastic gradient descent with momentum 0.9.

    What the DINOv2 evaluation does (Oquab et al. 2023), but the head is chosen on select. Learning rates are given for
    batches of 256 and grow in proportion. It reaches what ``logistic`` reaches where both can be had, and costs the
    same for any number of examples. The images of an example lie side by side.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"lr": 1e-2, "weight_decay": 1e-2})
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
        from virb.heads.linear import LinearHeads
        from virb.probes._descent import Recipe
        from virb.probes._inputs import Vectors
        from virb.probes._optimisers import DESCENT

        return Recipe(
            inputs=Vectors,
            build=lambda shape, classes, heads, generator: LinearHeads(shape[0], classes, heads, generator),
            method=DESCENT,
            steps=self.steps,
            batch=self.batch,
            base=256,
        )


PROBE = Linear(
    ProbeSpec(
        name="linear",
        seeded=True,
        grid={"lr": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1), "weight_decay": (0.0, 1e-2, 1e-1)},
        about="linear heads by gradient descent, 18 learning rates and weight decays in one pass",
    )
)
