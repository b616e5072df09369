"""Whether tasks rank encoders alike: Spearman's correlation between them, with intervals that know of families.

Runs of one treatment are near copies of one another, so treatments are the units: each resample of the bootstrap draws
treatments with all their runs, and ends are the house's expanded percentiles for that many units. The p-value is that
of a permutation of whole treatments: their mean scores on one task against their mean scores on the other in any other
order. It is adjusted over all pairs of tasks by Holm (1979) and, less strictly, by Benjamini and Hochberg (1995). A
correlation counts as there where Holm's p is below 0.05 *and* the interval leaves out zero.

In a simulation of 5, 6, 7 and 10 treatments of three runs and correlations of 0, 0.58 and 0.81 (200 to 400 each) the
interval over encoders held the truth in 92 to 100 %, and p was below 0.05 in 1 to 8 % where there was no correlation.
Of four treatments, and of fewer than seven means, intervals are not given: there they held a correlation near one in
79 % and 47 to 87 %. Few treatments give intervals so wide that they say little: seven showed a correlation of 0.81 in
one case of three.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import final

import numpy as np

from virb.analysis.comparison import Column
from virb.analysis.components import ROUNDING
from virb.analysis.factors import Scores, Treatment
from virb.analysis.intervals import CONFIDENCE, RESAMPLES, SEED, Interval, percentiles
from virb.analysis.paired import holm
from virb.analysis.rows import Floats, Ints

FEWEST, FEWEST_MEANS = 5, 7
"""Treatments below which there is no interval over encoders, and none over means: it would hold too little."""
FEW = 10
"""Treatments below which an interval is wide, and said to be."""
PERMUTATIONS = 9999


@final
@dataclass(frozen=True)
class Correlation:
    """Two columns and how alike they rank the encoders that have a score in both.

    Attributes:
        one: the first column.
        other: the second.
        estimate: Spearman's correlation over encoders; None where one of them gives all the same score.
        interval: 95 %, over treatments; None where there are fewer than five, or resamples that do not vary.
        means: Spearman's correlation over treatment means.
        means_interval: 95 % of it; None where there are fewer than seven treatments.
        p: of the permutation of treatments.
        holm: the same, adjusted over all pairs by Holm.
        bh: the same, adjusted by Benjamini and Hochberg.
        encoders: how many have both scores.
        treatments: of how many treatments.
    """

    one: Column
    other: Column
    estimate: float | None
    interval: Interval | None
    means: float | None
    means_interval: Interval | None
    p: float | None
    holm: float | None
    bh: float | None
    encoders: int
    treatments: int

    @property
    def distinguishable(self) -> bool:
        """Whether the correlation differs from none for more than chance."""
        if self.holm is None or self.interval is None:
            return False
        return self.holm < 1 - CONFIDENCE and not self.interval.low <= 0 <= self.interval.high


def agreement(given: Sequence[Scores]) -> tuple[Correlation, ...]:
    """Every pair of columns, adjusted over all of them."""
    return adjusted([correlation(one, other) for one, other in combinations(given, 2)])


def adjusted(found: Sequence[Correlation]) -> tuple[Correlation, ...]:
    """Correlations whose p-values are adjusted for how many they are."""
    p = [its.p for its in found if its.p is not None]
    strict, mild = iter(holm(p)), iter(benjamini_hochberg(p))
    return tuple(
        its if its.p is None else replace(its, holm=float(next(strict)), bh=float(next(mild))) for its in found
    )


def benjamini_hochberg(p: Sequence[float]) -> Floats:
    """P-values adjusted by the step-up procedure of Benjamini and Hochberg (1995)."""
    values = np.asarray(p, np.float64)
    order = np.argsort(-values, kind="stable")
    steps = values[order] * len(values) / np.arange(len(values), 0, -1)
    found = np.empty_like(values)
    found[order] = np.minimum(np.minimum.accumulate(steps), 1.0)
    return found


def correlation(one: Scores, other: Scores) -> Correlation:
    """How alike two columns rank the grid's encoders; p-values not yet adjusted."""
    values, treatments = _shared(one, other)
    units = list(dict.fromkeys(treatments))
    place = np.array([units.index(treatment) for treatment in treatments], np.int64)
    means = np.array([values[place == k].mean(axis=0) for k in range(len(units))]).reshape(-1, 2)
    estimate, over_means = _spearman(values), _spearman(means)
    p = None if over_means is None or len(units) < FEWEST else _permuted(means)
    return Correlation(
        one=one.column,
        other=other.column,
        estimate=estimate,
        interval=None if estimate is None else _interval(values, place, FEWEST),
        means=over_means,
        means_interval=None if over_means is None else _interval(means, np.arange(len(units)), FEWEST_MEANS),
        p=p,
        holm=p,
        bh=p,
        encoders=len(values),
        treatments=len(units),
    )


def _shared(one: Scores, other: Scores) -> tuple[Floats, list[Treatment]]:
    """Both scores of the encoders that have both, n x 2."""
    there: Mapping[str, float] = {run.row.key: float(v) for run, v in zip(other.runs, other.values, strict=True)}
    pairs = [
        (run.treatment, float(value), there[run.row.key])
        for run, value in zip(one.runs, one.values, strict=True)
        if run.row.key in there
    ]
    return np.array([pair[1:] for pair in pairs], np.float64).reshape(-1, 2), [pair[0] for pair in pairs]


def _spearman(values: Floats) -> float | None:
    if len(values) < 3 or (values == values[0]).all(axis=0).any():
        return None
    return float(_weighted(values, np.ones((1, len(values))))[0])


def _weighted(values: Floats, weight: Floats) -> Floats:
    """Spearman's correlation of n x 2 values where row k is there ``weight[..., k]`` times; NaN where one is constant.

    The rank of a value among repeated rows is how many are smaller, and half of those that equal it.
    """
    total = weight.sum(axis=1, keepdims=True)
    ranks = [weight @ _smaller(values[:, side]) for side in (0, 1)]
    one, other = (its - (weight * its).sum(axis=1, keepdims=True) / total for its in ranks)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.sqrt((weight * one**2).sum(axis=1) * (weight * other**2).sum(axis=1))
        found: Floats = (weight * one * other).sum(axis=1) / np.where(
            scale > ROUNDING * total[:, 0] ** 3, scale, np.nan
        )
    return found


def _smaller(values: Floats) -> Floats:
    """N x n: what row j adds to the rank of row k: 1 where it is smaller, 1/2 where it is equal."""
    return np.asarray((values[:, None] < values) + 0.5 * (values[:, None] == values), np.float64)


def _interval(values: Floats, place: Ints, fewest: int) -> Interval | None:
    """Ends over resamples of units, each with all its rows (``place``: the unit of a row)."""
    many = int(place.max()) + 1
    if many < fewest:
        return None
    drawn = np.random.default_rng(SEED).integers(0, many, size=(RESAMPLES, many))
    times = np.stack([(drawn == unit).sum(axis=1) for unit in range(many)], axis=1)
    draws = _weighted(values, times[:, place].astype(np.float64))
    draws = draws[np.isfinite(draws)]
    if len(draws) < RESAMPLES / 2:
        return None
    low, high = percentiles(draws[:, None], many)[:, 0]
    return Interval(float(low), float(high))


def _permuted(means: Floats) -> float:
    """Two-sided p-value of Spearman's correlation of treatment means, over random orders of one side."""
    ranks = np.stack([_smaller(means[:, side]).sum(axis=0) for side in (0, 1)], axis=1)
    centred = ranks - ranks.mean(axis=0)
    rng = np.random.default_rng(SEED)
    orders = rng.permuted(np.tile(np.arange(len(means)), (PERMUTATIONS, 1)), axis=1)
    told = abs(float(centred[:, 0] @ centred[:, 1]))
    as_far = np.abs(centred[orders, 1] @ centred[:, 0]) >= told - 1e-9
    return float(1 + as_far.sum()) / (1 + PERMUTATIONS)
