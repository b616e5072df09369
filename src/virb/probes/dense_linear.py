"""``dense-linear``: one linear map at every position of a feature map, over a path of penalties."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from virb.probes import Examples, Floats, Head, Probe, Score, Settings, Sweep
from virb.probes._choice import edge_notes, layer_of, settings_of
from virb.probes._dense import rejected
from virb.spec import ProbeSpec, Target


@final
@dataclass(frozen=True)
class DenseLinear(Probe):
    """A linear map of the standardised channels, the same at each position, enlarged to the resolution of the truth.

    It is fitted on cells: to the mean of a cell's labelled values (of logarithms where values are positive) by ridge
    regression in closed form, to the shares of the classes by logistic regression until it converges. Cells weigh by
    their labelled share, and penalties stand against the weighted mean. Every penalty is scored at full resolution.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"l2": 1.0})
    """Of the few images that leave nothing to choose by there are as many cells as channels, roughly."""

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        return rejected(target, images)

    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """See :meth:`Probe.sweep`. The seed draws cells, where there are more than a convex fit needs."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.probes._heats import Heats
        from virb.probes._linear_maps import LinearMaps

        grid = sorted(self.spec.grid["l2"], reverse=True)
        heats = Heats(select, target, score)
        notes: list[str] = []
        for layer in self.spec.layers:
            heads = LinearMaps(fit, layer, target, grid, seed)
            trials = [settings_of({"l2": l2}, layer, self.spec.layers) for l2 in grid]
            heats.enter(trials, grid, [layer], heads.predictions)
            notes += heads.notes
        choice = heats.choice
        return Sweep(choice, heats.trials, None, (*notes, *heats.notes, *edge_notes(choice, self.spec.grid)))

    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """See :meth:`Probe.refit`."""
        from virb.probes._linear_maps import LinearMaps

        layer = layer_of(choice, self.spec)
        heads = LinearMaps(examples, layer, target, [float(choice["l2"])], seed)

        def predict(features: Mapping[str, Any]) -> Floats:
            return next(heads.predictions(features))

        return Head(predict, heads.notes)


PROBE = DenseLinear(
    ProbeSpec(
        name="dense-linear",
        seeded=True,
        layers=("stage4",),
        maps=True,
        # 12 penalties from 22 to 1e-6, three in two decades. Four digits are the same on every platform.
        grid={"l2": tuple(float(f"{10 ** (2 * (2 - place) / 3):.3e}") for place in range(12))},
        about="a linear map at each position (ridge, or logistic regression on shares) over 12 penalties",
    )
)
