"""``knn``: weighted nearest neighbours. Nothing is fitted but their number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from virb.probes import Examples, Floats, Head, Probe, Score, Settings, Sweep
from virb.probes._choice import Contest, edge_notes, layer_of, settings_of
from virb.probes._standardise import finite_rows, flat
from virb.spec import Classes, ProbeSpec, Target


@final
@dataclass(frozen=True)
class NearestNeighbours(Probe):
    """Votes of the k most similar examples by cosine similarity of standardised features.

    The refit takes the examples of select into the index. Of numbers that do equally well the larger is chosen: more
    neighbours are the stronger smoothing. One neighbour is the natural end of the grid, and no edge worth a note.
    The images of an example lie side by side.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"k": 1.0})
    """With one to four examples a class, a second neighbour is more likely of another class."""

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        if not isinstance(target, Classes):
            return "nearest neighbours vote on classes, and the target is values"
        return "nearest neighbours vote on one class an image, and the target has one a pixel" if target.dense else None

    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """See :meth:`Probe.sweep`. Nothing is drawn: the seed changes nothing."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.probes._neighbours import Index

        assert isinstance(target, Classes)
        ks = sorted(int(k) for k in self.spec.grid["k"] if k <= len(fit))
        contest = Contest(score, select.labels)
        for layer in self.spec.layers:
            index = Index(finite_rows(fit, layer), fit.labels, target.count, layer)
            answers = index.log_probabilities(finite_rows(select, layer), ks)
            for k, outputs in zip(reversed(ks), reversed(answers), strict=True):  # the strongest smoothing first
                contest.enter(settings_of({"k": k}, layer, self.spec.layers), k, outputs)
        choice, outputs = contest.winner
        return Sweep(choice, contest.trials, outputs, edge_notes(choice, {"k": ks}, natural={"k": 1}))

    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """See :meth:`Probe.refit`. The examples become the index, as many neighbours as there are at most."""
        from virb.probes._neighbours import Index

        assert isinstance(target, Classes)
        layer, k = layer_of(choice, self.spec), min(int(choice["k"]), len(examples))
        index = Index(finite_rows(examples, layer), examples.labels, target.count, layer)

        def predict(features: Mapping[str, Any]) -> Floats:
            return index.log_probabilities(flat(features[layer]), [k])[0]

        return Head(predict)


PROBE = NearestNeighbours(
    ProbeSpec(
        name="knn",
        grid={"k": (1.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)},
        about="nearest neighbours by cosine similarity, votes weighted by exp(similarity / 0.07)",
    )
)
