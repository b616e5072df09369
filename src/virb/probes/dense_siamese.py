"""``dense-siamese``: two images compared cell by cell, for an answer at each pixel of the first."""

from dataclasses import dataclass, field
from typing import final

from virb.probes import Examples, Head, Probe, Score, Settings, Sweep
from virb.probes._dense import rejected
from virb.spec import ProbeSpec, Target

STRIDE = 4
"""Pixels of the labels that a cell spans at least, as at stage1 of the common networks. Version 1 took maps as they
are, which cost four times as much for a network whose first stage has stride 2."""


@final
@dataclass(frozen=True)
class DenseSiamese(Probe):
    """Local correlation of both images at the two finest stages, with context, from coarse to fine; AdamW.

    See :class:`virb.heads.matching.Matching`. A window of 4 cells at stage1 reaches 16 pixels or more: where the cells
    of a map are finer than :data:`STRIDE` pixels of the labels, they are averaged. The loss is taken at
    full resolution, over labelled pixels: the end-point error for values of two numbers, else the absolute error of
    standardised values, or cross entropy. Maps of raw pixels do well under it: look at the gain over them.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"lr": 1e-3})
    steps: int = 300
    """The same for any number of examples: of 1,200 each is seen eight times."""

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        return rejected(target, images, 2)

    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """See :meth:`Probe.sweep`. The seed draws the first weights and the order of the examples."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.heads.matching import Matching
        from virb.probes._dense_training import sweep

        return sweep(self.spec, Matching, self.steps, fit, select, target, score, seed, STRIDE)

    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """See :meth:`Probe.refit`."""
        from virb.heads.matching import Matching
        from virb.probes._dense_training import refit

        return refit(self.spec, Matching, self.steps, examples, target, choice, seed, STRIDE)


PROBE = DenseSiamese(
    ProbeSpec(
        name="dense-siamese",
        version=2,
        seeded=True,
        layers=("stage1", "stage2", "stage3"),
        maps=True,
        joint=True,
        grid={"lr": (3e-4, 1e-3, 3e-3)},
        about="local correlation of two images' maps, from coarse to fine",
    )
)
