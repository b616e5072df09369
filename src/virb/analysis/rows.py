"""What each test example adds to a score: the form that intervals and paired differences work on.

Every score that has an interval is a mean over parts of a ratio of sums over examples. For accuracy there is one part
and examples weigh alike; for balanced accuracy the parts are classes; for mIoU the parts are classes too, an example
adds its pixels of intersection to the numerator and those of union to the denominator, and so the denominators of two
encoders differ. Metrics that are a mean over examples of the example's own value are like accuracy.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Arrays = Mapping[str, NDArray[Any]]

PER_CLASS = "balanced-accuracy"
SHARES = frozenset(
    ("accuracy", PER_CLASS, "miou", "pixel-accuracy", "delta-1.25", "delta-1.25-aligned", "flow-outliers")
)
"""Metrics that lie between 0 and 1."""
NOT_ADDED = {
    "r2": "is a ratio over all of test, to which no example adds a part of its own",
    "ece": "is taken over bins of examples, and is no mean over them",
    "ece-calibrated": "is taken over bins of examples, and is no mean over them",
    "nll": "is not kept for each example",
    "nll-calibrated": "is not kept for each example",
}
"""Metrics without an interval, and why."""


class Draw(NamedTuple):
    """What makes one record of a cell a replicate of another: the seed, and the draw of the regime."""

    seed: int
    resample: int = 0


@final
@dataclass(frozen=True)
class Rows:
    """Outcomes of one encoder in one column: one row an example and replicate, sorted by both.

    Attributes:
        seed: n seeds of the records.
        resample: n draws of the regime.
        example: n rows of the data source.
        group: n ids, equal for related examples.
        label: n classes; zeros where the target is not one class.
        outcome: n x parts, what is added to the numerators.
        weight: n x parts, what is added to the denominators.
        truth: n x parts, how much of the truth is in a part: a part without any has no share in a score.
        share: whether scores lie between 0 and 1.
    """

    seed: Ints
    resample: Ints
    example: Ints
    group: Ints
    label: Ints
    outcome: Floats
    weight: Floats
    truth: Floats
    share: bool = True

    @classmethod
    def of(cls, by_draw: Mapping[Draw, Arrays], metric: str) -> "Rows":
        """Join the outcome arrays of one encoder's records. Examples with nothing to score are left out.

        Raises:
            KeyError: the arrays do not hold what the metric adds up from.
        """
        pieces = [_piece(draw, arrays, metric) for draw, arrays in by_draw.items()]
        joined = {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}
        order = np.lexsort((joined["example"], joined["resample"], joined["seed"]))
        return cls(**{name: values[order] for name, values in joined.items()}, share=metric in SHARES)

    def __len__(self) -> int:
        return len(self.example)

    @property
    def keys(self) -> Ints:
        """What makes a row of one encoder the row of another: n x 5 numbers."""
        return np.stack([self.seed, self.resample, self.example, self.group, self.label], axis=1)

    @property
    def parts(self) -> int:
        """How many ratios a score is a mean over, before classes and replicates are told apart."""
        return int(self.outcome.shape[1])

    def at(self, index: Ints) -> "Rows":
        """The rows at ``index``, in that order."""
        return Rows(
            self.seed[index],
            self.resample[index],
            self.example[index],
            self.group[index],
            self.label[index],
            self.outcome[index],
            self.weight[index],
            self.truth[index],
            self.share,
        )

    def score(self, per_class: bool = False) -> float:
        """The score these rows add up to, all replicates in one.

        Args:
            per_class: average within classes first, as balanced accuracy does.
        """
        _, index = np.unique(self.label if per_class else np.zeros_like(self.label), return_inverse=True)
        part = (index.reshape(-1, 1) * self.parts + np.arange(self.parts)).ravel()
        top, bottom, truth = (np.bincount(part, v.ravel()) for v in (self.outcome, self.weight, self.truth))
        there = truth > 0
        return float(np.mean(top[there] / bottom[there]))


def _piece(draw: Draw, arrays: Arrays, metric: str) -> dict[str, NDArray[Any]]:
    outcome, weight, truth = (values.astype(np.float64).reshape(len(values), -1) for values in _added(arrays, metric))
    n = len(outcome)
    piece = {
        "seed": np.full(n, draw.seed, np.int64),
        "resample": np.full(n, draw.resample, np.int64),
        "example": arrays["example"].astype(np.int64),
        "group": arrays["group"].astype(np.int64),
        "label": arrays["label"].astype(np.int64) if "label" in arrays else np.zeros(n, np.int64),
        "outcome": outcome,
        "weight": weight,
        "truth": truth,
    }
    scored = truth.any(axis=1)
    return piece if scored.all() else {name: values[scored] for name, values in piece.items()}


def _added(arrays: Arrays, metric: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """What each example adds to numerators, denominators and truth."""
    if metric == "miou":
        return arrays["intersection"], arrays["union"], arrays["truth"]
    if metric == "pixel-accuracy":
        return arrays["right"], arrays["labelled"], arrays["labelled"]
    values = arrays["correct" if metric in ("accuracy", PER_CLASS) else metric]
    known = np.isfinite(values)
    return np.where(known, values, 0), known, known
