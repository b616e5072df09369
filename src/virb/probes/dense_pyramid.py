"""``dense-pyramid``: a feature pyramid that reads all stages together."""

from dataclasses import dataclass, field
from typing import final

from virb.probes import Examples, Head, Probe, Score, Settings, Sweep
from virb.probes._dense import rejected
from virb.spec import ProbeSpec, Target


@final
@dataclass(frozen=True)
class DensePyramid(Probe):
    """Stages projected to 64 channels, summed from coarse to fine, one 3 x 3 convolution, a linear map; AdamW.

    See :class:`virb.heads.pyramid.Pyramid`. The loss is taken at full resolution, over labelled pixels: cross entropy,
    or the absolute error of standardised values (of their logarithms where they are positive).
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"lr": 3e-3})
    steps: int = 450
    """The same for any number of examples: of 1,200 each is seen twelve times."""

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        return rejected(target, images)

    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """See :meth:`Probe.sweep`. The seed draws the first weights and the order of the examples."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.heads.pyramid import Pyramid
        from virb.probes._dense_training import sweep

        return sweep(self.spec, Pyramid, self.steps, fit, select, target, score, seed)

    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """See :meth:`Probe.refit`."""
        from virb.heads.pyramid import Pyramid
        from virb.probes._dense_training import refit

        return refit(self.spec, Pyramid, self.steps, examples, target, choice, seed)


PROBE = DensePyramid(
    ProbeSpec(
        name="dense-pyramid",
        seeded=True,
        layers=("stage1", "stage2", "stage3", "stage4"),
        maps=True,
        joint=True,
        grid={"lr": (1e-3, 3e-3, 1e-2)},
        about="a feature pyramid over all stages, one convolution",
    )
)
