"""What pre-training adds: the score of a trained encoder minus that of the very weights it started from.

A run and its random start share a start number, so the difference is paired. The starts are the units: over several
treatments, differences are averaged within a start first, since the runs of one start share its noise, and the interval
is Student's with starts - 1 degrees of freedom. Where no two runs have a start that was measured, trained and random
encoders are compared as two samples (Welch 1947).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import final

import numpy as np
from scipy.special import stdtr, stdtrit

from virb.analysis.factors import Scores, Treatment
from virb.analysis.intervals import CONFIDENCE, Interval
from virb.analysis.paired import TINY, holm
from virb.analysis.rows import Floats


@final
@dataclass(frozen=True)
class Gain:
    """A mean gain over the random start, positive where training made the score better.

    Attributes:
        treatment: whose; None for the mean of all of them.
        estimate: in the unit of the score.
        interval: 95 %, over starts; None where there is one start only.
        p: two-sided, of Student's t.
        adjusted: the same, adjusted by Holm over the treatments of the column.
        starts: how many starts it rests on.
        df: degrees of freedom of the interval.
        paired: whether each run was compared with its own start.
    """

    treatment: Treatment | None
    estimate: float
    interval: Interval | None
    p: float | None
    adjusted: float | None
    starts: int
    df: float
    paired: bool

    @property
    def distinguishable(self) -> bool:
        """Whether training changed the score for more than the noise of runs."""
        return self.adjusted is not None and self.adjusted < 1 - CONFIDENCE


def gains(given: Scores) -> tuple[Gain, ...]:
    """The mean gain of all treatments, then that of each; nothing where no random start has a score."""
    if not given.starts or not given.runs:
        return ()
    overall = _gain(given, None, given.treatments)
    each = [_gain(given, one, [one]) for one in given.treatments]
    tested = [gain for gain in each if gain.p is not None]
    adjusted = iter(holm([gain.p for gain in tested if gain.p is not None]))
    return (overall, *(gain if gain.p is None else replace(gain, adjusted=float(next(adjusted))) for gain in each))


def _gain(given: Scores, name: Treatment | None, treatments: Sequence[Treatment]) -> Gain:
    trained = _by_start(given, treatments)
    matched = [start for start in sorted(trained) if start in given.starts]
    if len(matched) > 1 or matched == sorted(trained):
        return _paired(name, np.array([trained[start] - given.starts[start] for start in matched]))
    return _welch(name, np.array(list(trained.values())), np.array(list(given.starts.values())))


def _by_start(given: Scores, treatments: Sequence[Treatment]) -> dict[int, float]:
    """The mean of each start over the treatments that were trained from all of them, or over all where none was."""
    found = {one: {run.start for run in given.runs if run.treatment == one} for one in treatments}
    starts = set.union(*found.values())
    whole = [one for one in treatments if found[one] == starts] or treatments
    pairs = [(r.start, float(v)) for r, v in zip(given.runs, given.values, strict=True) if r.treatment in whole]
    return {start: fmean(value for own, value in pairs if own == start) for start, _ in pairs}


def _paired(name: Treatment | None, values: Floats) -> Gain:
    n = len(values)
    if n < 2:
        return Gain(name, float(values.mean()), None, None, None, n, 0, True)
    return _student(name, float(values.mean()), float(values.var(ddof=1)) / n, n - 1, n, True)


def _welch(name: Treatment | None, trained: Floats, untrained: Floats) -> Gain:
    estimate, n = float(trained.mean() - untrained.mean()), len(trained)
    if min(n, len(untrained)) < 2:
        return Gain(name, estimate, None, None, None, n, 0, False)
    parts = [float(values.var(ddof=1)) / len(values) for values in (trained, untrained)]
    weight = sum(part**2 / (len(values) - 1) for part, values in zip(parts, (trained, untrained), strict=True))
    df = sum(parts) ** 2 / weight if weight else n + len(untrained) - 2  # Welch-Satterthwaite
    return _student(name, estimate, sum(parts), df, n, False)


def _student(name: Treatment | None, estimate: float, variance: float, df: float, starts: int, paired: bool) -> Gain:
    error = variance**0.5
    half = float(stdtrit(df, (1 + CONFIDENCE) / 2)) * error
    p = 2 * float(stdtr(df, -abs(estimate) / error)) if error > TINY else float(abs(estimate) < TINY)
    return Gain(name, estimate, Interval(estimate - half, estimate + half), p, p, starts, df, paired)
