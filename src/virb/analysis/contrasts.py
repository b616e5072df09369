"""Which treatments, methods and data sets differ for more than the noise of training again.

Scores are a mean for each treatment plus, where runs share their start weights, an effect of each start, plus noise of
one size for all; ordinary least squares, so that a missing run costs its own treatment only. A difference is a contrast
of treatment means. Its interval is Student's with the pooled residual variance; its p-value is adjusted by Holm (1979)
within a family of one column: all pairs of treatments, of methods, or of data sets. Methods are averaged over the data
sets of the crossed part of the grid, data sets over its methods.

These intervals hold what differs between runs of one recipe. The test set is fixed: what another test set would say is
in the intervals of the scores, not here. Wherever the adjusted p is not below 0.05 stands "not distinguishable".
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal, final

import numpy as np
from scipy.special import fdtrc, stdtr, stdtrit

from virb.analysis.components import ROUNDING
from virb.analysis.factors import Crossed, Scores, Treatment
from virb.analysis.intervals import CONFIDENCE, Interval
from virb.analysis.paired import TINY, holm
from virb.analysis.rows import Floats

Family = Literal["treatment", "method", "data"]
FAMILIES: tuple[Family, ...] = ("method", "data", "treatment")


@final
@dataclass(frozen=True)
class Contrast:
    """One thing minus another, positive where the first is better.

    Attributes:
        family: what is compared.
        one: name of the first.
        other: name of the second.
        estimate: difference in the unit of the score.
        interval: 95 %, not adjusted.
        p: two-sided, of Student's t.
        adjusted: the same, adjusted within the family by Holm.
    """

    family: Family
    one: str
    other: str
    estimate: float
    interval: Interval
    p: float
    adjusted: float

    @property
    def distinguishable(self) -> bool:
        """Whether the two differ for more than the noise of training again."""
        return self.adjusted < 1 - CONFIDENCE

    def turned(self) -> "Contrast":
        """The better one first."""
        if self.estimate >= 0:
            return self
        low, high = self.interval
        return replace(self, one=self.other, other=self.one, estimate=-self.estimate, interval=Interval(-high, -low))


@final
@dataclass(frozen=True)
class Fit:
    """Treatment means and the noise of runs in one column.

    Attributes:
        treatments: C of them.
        means: C least-squares means, higher is better.
        runs: how many runs each has.
        unscaled: C x C, the covariance of the means over the residual variance.
        variance: of the residual.
        df: its degrees of freedom.
        blocked: whether starts are in the model.
        p: of the F test that no treatment differs from another; None where runs do not differ at all.
    """

    treatments: tuple[Treatment, ...]
    means: Floats
    runs: tuple[int, ...]
    unscaled: Floats
    variance: float
    df: int
    blocked: bool
    p: float | None

    @property
    def sd(self) -> float:
        """The residual's standard deviation: what runs of one recipe differ by."""
        return math.sqrt(self.variance)

    def interval(self, treatment: Treatment) -> Interval:
        """Of a treatment's mean, over runs."""
        weight = np.array([float(one == treatment) for one in self.treatments])
        half = self._half(weight)
        mean = float(weight @ self.means)
        return Interval(mean - half, mean + half)

    def contrast(self, family: Family, one: str, other: str, weight: Floats) -> Contrast:
        """The contrast of treatment means with these C weights, not yet adjusted."""
        estimate, half = float(weight @ self.means), self._half(weight)
        error = half / float(stdtrit(self.df, (1 + CONFIDENCE) / 2))
        p = 2 * float(stdtr(self.df, -abs(estimate) / error)) if error else float(abs(estimate) < TINY)
        return Contrast(family, one, other, estimate, Interval(estimate - half, estimate + half), p, p)

    def _half(self, weight: Floats) -> float:
        error = math.sqrt(self.variance * float(weight @ self.unscaled @ weight))
        return float(stdtrit(self.df, (1 + CONFIDENCE) / 2)) * error


def fit(given: Scores) -> Fit | None:
    """Fit treatment means, or None where there are not two treatments, or none of them was run twice."""
    treatments = given.treatments
    if len(treatments) < 2:
        return None
    blocked = _blocked(given)
    mine = np.array([[run.treatment == one for one in treatments] for run in given.runs], np.float64)
    for block in dict.fromkeys((blocked, False)):
        design = np.hstack([mine, _starts(given)]) if block else mine
        df = len(given.values) - int(np.linalg.matrix_rank(design))
        if df > 0:
            return _fitted(given, design, df, block)
    return None


def _blocked(given: Scores) -> bool:
    """Whether starts are told apart within each treatment, and at least one of them is shared by all."""
    starts = [[run.start for run in given.runs if run.treatment == one] for one in given.treatments]
    return all(len(set(its)) == len(its) for its in starts) and bool(set.intersection(*map(set, starts)))


def _starts(given: Scores) -> Floats:
    """Contrasts of the starts, n x (starts - 1): they add up to zero, so that means are over all starts alike."""
    starts = sorted({run.start for run in given.runs})
    place = np.array([starts.index(run.start) for run in given.runs])
    contrasts = np.vstack([np.eye(len(starts) - 1), -np.ones((1, len(starts) - 1))])
    return np.asarray(contrasts[place], np.float64)


def _fitted(given: Scores, design: Floats, df: int, blocked: bool) -> Fit:
    many = len(given.treatments)
    inverse = np.linalg.pinv(design.T @ design)
    found = inverse @ design.T @ given.values
    squares = _left(given.values, design)
    # Without treatments: what is left then, beyond what is left now, is theirs.
    plain = np.hstack([np.ones((len(design), 1)), design[:, many:]])
    between = max(0.0, _left(given.values, plain) - squares)
    p = float(fdtrc(many - 1, df, between / (many - 1) / (squares / df))) if squares else None
    return Fit(
        treatments=given.treatments,
        means=found[:many],
        runs=tuple(len(given.of(one)) for one in given.treatments),
        unscaled=np.asarray(inverse[:many, :many], np.float64),
        variance=squares / df,
        df=df,
        blocked=blocked,
        p=p,
    )


def _left(values: Floats, design: Floats) -> float:
    """Residual sum of squares; what is rounding becomes zero."""
    rest = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    squares = float((rest**2).sum())
    return squares if squares > ROUNDING * max(float((values**2).sum()), 1e-300) else 0.0


# ------------------------------------------------------------------------------------------------ families


def contrasts(found: Fit, part: Crossed | None) -> tuple[Contrast, ...]:
    """Every pair of methods, of data sets and of treatments, each family adjusted on its own.

    Args:
        found: the fitted means.
        part: the crossed part, over which methods and data sets are averaged; None compares treatments only.
    """
    made: list[Contrast] = []
    for family in FAMILIES:
        sides = _sides(family, found, part)
        its = [found.contrast(family, one, other, sides[one] - sides[other]) for one, other in combinations(sides, 2)]
        adjusted = holm([contrast.p for contrast in its])
        made += [replace(contrast, adjusted=float(p)) for contrast, p in zip(its, adjusted, strict=True)]
    return tuple(made)


def _sides(family: Family, found: Fit, part: Crossed | None) -> Mapping[str, Floats]:
    """For each level its weights over treatment means."""
    if family == "treatment":
        return {str(one): _mean(found, [one]) for one in found.treatments}
    if part is None:
        return {}
    if family == "method":
        return {m: _mean(found, [Treatment(m, d) for d in part.data]) for m in part.methods}
    return {d: _mean(found, [Treatment(m, d) for m in part.methods]) for d in part.data}


def _mean(found: Fit, of: Sequence[Treatment]) -> Floats:
    return np.array([(one in of) / len(of) for one in found.treatments])
