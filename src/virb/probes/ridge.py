"""``ridge``: linear regression over a path of penalties, in closed form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from virb.errors import ExperimentError
from virb.probes import Examples, Floats, Head, Probe, Score, Settings, Sweep
from virb.probes._choice import Contest, edge_notes, layer_of, settings_of
from virb.probes._shrinkage import Shrinkage
from virb.probes._standardise import finite_rows, flat
from virb.spec import ProbeSpec, Target, Values

LARGEST = float(np.log(np.finfo(np.float32).max)) - 1
"""Logarithms are predicted up to here: far beyond any truth, their exponentials are still float32."""


@final
@dataclass(frozen=True)
class Ridge(Probe):
    """Linear regression on standardised features and targets: mean squared error / 2 + (l2 / 2) ||w||^2.

    The intercept is free. scikit-learn's ``alpha`` is n l2. Targets that are ``positive`` are predicted by their
    logarithm. Of ``masked`` targets each number is fitted on the examples that have it. The images of an example lie
    side by side.
    """

    spec: ProbeSpec
    default: Settings = field(default_factory=lambda: {"l2": 1.0})
    """As much weight on the penalty as on a standardised column alone."""

    def rejects(self, target: Target, images: int = 1) -> str | None:
        """See :meth:`Probe.rejects`."""
        if not isinstance(target, Values):
            return "ridge regression is for values, and the target is classes"
        return "ridge regression is for values of an image, and the target has them a pixel" if target.dense else None

    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """See :meth:`Probe.sweep`. Nothing is drawn: the seed changes nothing."""
        assert isinstance(target, Values)
        grid = sorted(self.spec.grid["l2"], reverse=True)
        truth = _checked(fit, target)
        _checked(select, target)
        contest = Contest(score, select.labels)
        for layer in self.spec.layers:
            path = Shrinkage(finite_rows(fit, layer), truth, layer)
            for l2, outputs in zip(grid, path.predictions(finite_rows(select, layer), grid), strict=True):
                contest.enter(settings_of({"l2": l2}, layer, self.spec.layers), l2, _answers(outputs, target))
        choice, _ = contest.winner
        return Sweep(choice, contest.trials, None, edge_notes(choice, self.spec.grid))

    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """See :meth:`Probe.refit`."""
        assert isinstance(target, Values)
        layer, l2 = layer_of(choice, self.spec), float(choice["l2"])
        path = Shrinkage(finite_rows(examples, layer), _checked(examples, target), layer)

        def predict(features: Mapping[str, Any]) -> Floats:
            return _answers(next(path.predictions(flat(features[layer]), [l2])), target)

        return Head(predict)


def _checked(examples: Examples, target: Values) -> NDArray[np.float64]:
    """What is to be predicted, linearly: n x size, NaN where missing."""
    values = np.asarray(examples.labels, np.float64)
    missing = np.isnan(values)
    if np.isinf(values).any():
        raise ExperimentError("Some values of the target are infinite.")
    if missing.any() and not target.masked:
        raise ExperimentError(
            f"Values of the target are missing in {missing.any(axis=1).sum()} of {len(values)} examples, "
            "and the task does not say that some may be."
        )
    if not target.positive:
        return values
    if (values <= 0).any():
        raise ExperimentError(f"The target is to be positive, and is {values[values <= 0][0]:g} in some example.")
    logarithms: NDArray[np.float64] = np.log(values)
    return logarithms


def _answers(outputs: NDArray[np.float64], target: Values) -> Floats:
    values = np.exp(np.minimum(outputs, LARGEST)) if target.positive else outputs
    return values.astype(np.float32)


PROBE = Ridge(
    ProbeSpec(
        name="ridge",
        # The penalties of ``logistic``.
        grid={"l2": tuple(float(f"{10 ** (3 - place / 4):.3e}") for place in range(45))},
        about="ridge regression over 45 penalties, in closed form",
    )
)
