"""``dense-knn``: cells of fit with similar features vote on each cell. Nothing is fitted but their number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from virb.probes import Examples, Floats, Head, Probe, Score, Settings, Sweep
from virb.probes._choice import edge_notes, layer_of, settings_of
from virb.probes._dense import rejected
from virb.spec import ProbeSpec, Target


@final
@dataclass(frozen=True)
class DenseNeighbours(Probe):
    """Scene understanding by looking up: Balažević et al. (2023), *Towards In-Context Scene Understanding*.

    Cells of fit (a seeded draw of 20,000 at most) are remembered with the shares of their classes, or the mean of their
    values (of logarithms where values are positive). The k most similar by cosine similarity of standardised channels
    vote, and the votes are enlarged to the resolution of the truth. No decoder, so none that makes up for the features.
    The temperature is that of ``knn``; of numbers that do equally well the larger is chosen.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"k": 20.0})

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        return rejected(target, images)

    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """See :meth:`Probe.sweep`. The seed draws the cells that are remembered."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.probes._heats import Heats
        from virb.probes._neighbouring_cells import Memory

        ks = sorted(int(k) for k in self.spec.grid["k"])
        heats = Heats(select, target, score)
        notes: list[str] = []
        for layer in self.spec.layers:
            memory = Memory(fit, layer, target, ks, seed)
            trials = [settings_of({"k": k}, layer, self.spec.layers) for k in ks]
            heats.enter(trials, ks, [layer], memory.predictions)
            notes += memory.notes
        choice = heats.choice
        edges = edge_notes(choice, self.spec.grid, natural={"k": 1})
        return Sweep(choice, heats.trials, None, (*notes, *heats.notes, *edges))

    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """See :meth:`Probe.refit`. Cells are drawn from all the examples."""
        from virb.probes._neighbouring_cells import Memory

        memory = Memory(examples, layer_of(choice, self.spec), target, [int(choice["k"])], seed)

        def predict(features: Mapping[str, Any]) -> Floats:
            return next(memory.predictions(features))

        return Head(predict, memory.notes)


PROBE = DenseNeighbours(
    ProbeSpec(
        name="dense-knn",
        seeded=True,
        layers=("stage3",),
        maps=True,
        grid={"k": (1.0, 5.0, 20.0, 50.0)},
        about="nearest cells by cosine similarity vote, weighted by exp(similarity / 0.07)",
    )
)
