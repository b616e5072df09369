"""``logistic``: multinomial logistic regression over a path of penalties, each fitted until it converges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from virb.probes import Examples, Floats, Head, Probe, Score, Settings, Sweep
from virb.probes._choice import Contest, edge_notes, layer_of, settings_of
from virb.probes._standardise import finite_rows, flat
from virb.spec import Classes, ProbeSpec, Target


@final
@dataclass(frozen=True)
class Logistic(Probe):
    """Multinomial logistic regression on standardised features: mean cross entropy + (l2 / 2) ||W||^2, the bias free.

    scikit-learn's ``C`` is 1 / (n l2), or 2 / (n l2) for two classes. The penalty stands against the mean loss, so that
    what was chosen on fit carries to fit and select together. The images of an example lie side by side.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"l2": 0.01})
    """scikit-learn's C = 1 for a hundred examples: what MIEB's few-shot probes leave it at (Xiao et al. 2025). With one
    to four shots of digits, and of made-up features of 1,280 columns, the accuracy is within a point of the best of all
    penalties; stronger ones answer with nearly equal probabilities."""

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        if not isinstance(target, Classes):
            return "logistic regression is for classes, and the target is values"
        return "logistic regression is for one class an image, and the target has one a pixel" if target.dense else None

    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """See :meth:`Probe.sweep`. The problem is convex and starts at zero: the seed changes nothing."""
        # torch takes a second to import, and listing and planning need this file.
        from virb.probes._path import LIMIT, Path

        assert isinstance(target, Classes)
        grid = sorted(self.spec.grid["l2"], reverse=True)
        contest = Contest(score, select.labels)
        notes: list[str] = []
        for layer in self.spec.layers:
            path = Path(finite_rows(fit, layer), fit.labels, target.count, grid, layer, LIMIT)
            notes += path.notes
            for l2, outputs in zip(grid, path.log_probabilities(finite_rows(select, layer)), strict=True):
                contest.enter(settings_of({"l2": l2}, layer, self.spec.layers), l2, outputs)
        choice, outputs = contest.winner
        return Sweep(choice, contest.trials, outputs, (*notes, *edge_notes(choice, self.spec.grid)))

    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """See :meth:`Probe.refit`."""
        from virb.probes._path import REFIT_LIMIT, Path

        assert isinstance(target, Classes)
        layer, l2 = layer_of(choice, self.spec), float(choice["l2"])
        path = Path(finite_rows(examples, layer), examples.labels, target.count, [l2], layer, REFIT_LIMIT)

        def predict(features: Mapping[str, Any]) -> Floats:
            return next(path.log_probabilities(flat(features[layer])))

        return Head(predict, path.notes)


PROBE = Logistic(
    ProbeSpec(
        name="logistic",
        # 45 penalties from 1e3 to 1e-8, four a decade: as many, and about those, of the DINOv2 evaluation. Four digits
        # are the same on every platform, and so is the id of an experiment.
        grid={"l2": tuple(float(f"{10 ** (3 - place / 4):.3e}") for place in range(45))},
        about="multinomial logistic regression by L-BFGS over 45 penalties",
    )
)
