"""``knn``: weighted nearest neighbours. Nothing is fitted but their number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from virb.probes import Examples, Fitted, Floats, Probe, Score
from virb.probes._choice import Contest, settings_of
from virb.probes._standardise import finite_rows, flat
from virb.spec import Classes, ProbeSpec, Target


@final
@dataclass(frozen=True)
class NearestNeighbours(Probe):
    """Votes of the k most similar examples by cosine similarity of standardised features.

    The refit takes the examples of select into the index. Of numbers that do equally well the larger is chosen: more
    neighbours are the stronger smoothing.
    """

    spec: ProbeSpec

    def rejects(self, target: Target) -> str | None:
        """See :meth:`Probe.rejects`."""
        if not isinstance(target, Classes):
            return "nearest neighbours vote on classes, and the target is values"
        return "nearest neighbours vote on one class an image, and the target has one a pixel" if target.dense else None

    def fit(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Fitted:
        """See :meth:`Probe.fit`. Nothing is drawn: the seed changes nothing."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.probes._neighbours import Index

        assert isinstance(target, Classes)
        ks = sorted(int(k) for k in self.spec.grid["k"] if k <= len(fit))
        contest = Contest(score, select.labels)
        for layer in self.spec.layers:
            index = Index(finite_rows(fit, layer), fit.labels, target.count, layer)
            for k, outputs in zip(ks, index.log_probabilities(finite_rows(select, layer), ks), strict=True):
                contest.enter(settings_of("k", k, layer, self.spec.layers), k, outputs)

        choice, select_outputs = contest.winner
        layer, k = str(choice.get("layer", self.spec.layers[0])), int(choice["k"])
        both = np.concatenate([finite_rows(fit, layer), finite_rows(select, layer)])
        refitted = Index(both, np.concatenate([fit.labels, select.labels]), target.count, layer)

        def predict(features: Mapping[str, Floats]) -> Floats:
            return refitted.log_probabilities(flat(features[layer]), [k])[0]

        return Fitted(predict, choice, contest.trials, select_outputs)


PROBE = NearestNeighbours(
    ProbeSpec(
        name="knn",
        grid={"k": (1.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)},
        about="nearest neighbours by cosine similarity, votes weighted by exp(similarity / 0.07)",
    )
)
