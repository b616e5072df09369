"""``logistic``: multinomial logistic regression over a path of penalties, each fitted until it converges."""

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
class Logistic(Probe):
    """Multinomial logistic regression on standardised features: mean cross entropy + (l2 / 2) ||W||^2, the bias free.

    scikit-learn's ``C`` is 1 / (n l2), or 2 / (n l2) for two classes. The penalty stands against the mean loss, so that
    what was chosen on fit carries to fit and select together.
    """

    spec: ProbeSpec

    def rejects(self, target: Target) -> str | None:
        """See :meth:`Probe.rejects`."""
        if not isinstance(target, Classes):
            return "logistic regression is for classes, and the target is values"
        return "logistic regression is for one class an image, and the target has one a pixel" if target.dense else None

    def fit(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Fitted:
        """See :meth:`Probe.fit`. The problem is convex and starts at zero: the seed changes nothing."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.probes._path import LIMIT, REFIT_LIMIT, Path

        assert isinstance(target, Classes)
        grid = sorted(self.spec.grid["l2"], reverse=True)
        contest = Contest(score, select.labels)
        notes: list[str] = []
        for layer in self.spec.layers:
            path = Path(finite_rows(fit, layer), fit.labels, target.count, grid, layer, LIMIT)
            notes += path.notes
            for l2, outputs in zip(grid, path.log_probabilities(finite_rows(select, layer)), strict=True):
                contest.enter(settings_of("l2", l2, layer, self.spec.layers), l2, outputs)

        choice, select_outputs = contest.winner
        layer, l2 = str(choice.get("layer", self.spec.layers[0])), float(choice["l2"])
        if l2 in (grid[0], grid[-1]):
            notes.append(f"l2 = {l2:g} is the {'largest' if l2 == grid[0] else 'smallest'} tried")
        both = np.concatenate([finite_rows(fit, layer), finite_rows(select, layer)])
        labels = np.concatenate([fit.labels, select.labels])
        refitted = Path(both, labels, target.count, [l2], layer, REFIT_LIMIT)

        def predict(features: Mapping[str, Floats]) -> Floats:
            return next(refitted.log_probabilities(flat(features[layer])))

        return Fitted(predict, choice, contest.trials, select_outputs, (*notes, *refitted.notes))


PROBE = Logistic(
    ProbeSpec(
        name="logistic",
        # 45 penalties from 1e3 to 1e-8, four a decade: as many, and about those, of the DINOv2 evaluation. Four digits
        # are the same on every platform, and so is the id of an experiment.
        grid={"l2": tuple(float(f"{10 ** (3 - place / 4):.3e}") for place in range(45))},
        about="multinomial logistic regression by L-BFGS over 45 penalties",
    )
)
