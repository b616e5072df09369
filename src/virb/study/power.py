"""What difference a study can see: the power of t-tests whose noise is pooled over all cells of its grid.

One comparison that was chosen beforehand, two-sided. Correcting for many makes every difference here larger. Runs are
independent; data sets and methods are those of the study and not drawn from more, so that the only noise is the one
from run to run. Cohen, "Statistical Power Analysis for the Behavioral Sciences", 2nd ed. 1988, chapter 2.
"""

from collections.abc import Iterable, Mapping
from math import sqrt
from typing import NamedTuple, final

from virb.spec import METRICS, Record

LEVEL, POWER = 0.05, 0.8
_NODES = 400
"""Of the quadrature: six digits even at one degree of freedom."""
Cell = tuple[str, str]
"""A method and the data it learned from."""


@final
class Sight(NamedTuple):
    """The smallest difference that one kind of comparison sees.

    Attributes:
        what: the comparison, in words.
        runs: how many runs each side is the mean of.
        spreads: the difference, in run-to-run standard deviations.
    """

    what: str
    runs: int
    spreads: float


@final
class Spread(NamedTuple):
    """How far runs of one cell are apart on a task, as records tell.

    Attributes:
        task: its name.
        probe: label of the probe.
        metric: the primary one.
        deviation: run-to-run standard deviation, pooled over cells, in ``unit``.
        freedom: its degrees of freedom.
        unit: ``points`` where the metric is shown times one hundred, else the metric's own.
    """

    task: str
    probe: str
    metric: str
    deviation: float
    freedom: int
    unit: str


@final
class Power(NamedTuple):
    """What a study can see.

    Attributes:
        runs: runs of each cell.
        freedom: degrees of freedom of the run-to-run standard deviation, pooled over all cells.
        sights: the comparisons it can make; none where every cell has one run.
        spreads: what records already say of that standard deviation.
    """

    runs: int
    freedom: int
    sights: tuple[Sight, ...]
    spreads: tuple[Spread, ...] = ()


def smallest_difference(runs: int, freedom: int, level: float = LEVEL, power: float = POWER) -> float:
    """The difference of two means, in standard deviations of one run, that a two-sided t-test sees.

    The test statistic is (z + n) / s: z is standard normal, n = difference / sqrt(2 / runs), and s^2 is chi-square with
    ``freedom`` degrees of freedom, divided by them. Its power is the mean over s of Phi(n - t s) + Phi(-n - t s), with
    t the critical value at ``level`` (Cohen 1988, section 2.2: the tails of a noncentral t).

    Args:
        runs: independent runs behind each of the two means.
        freedom: degrees of freedom of the standard deviation; 2 x (runs - 1) where the two sides are all there is.
        level: of the test.
        power: share of studies that shall see it.

    Raises:
        ValueError: no runs, or no degrees of freedom.
    """
    if runs < 1 or freedom < 1:
        raise ValueError("a t-test needs runs and degrees of freedom")
    import numpy as np  # imported when power is asked for, not when a study is read
    from scipy.optimize import brentq
    from scipy.special import gammaincinv, ndtr, stdtrit

    critical = float(stdtrit(freedom, 1 - level / 2))
    places, weights = np.polynomial.legendre.leggauss(_NODES)
    share, weights = (1 + places) / 2, weights / 2
    # By quantiles of s: SciPy's noncentral t itself gives NaN far out in its tails.
    s = np.sqrt(2 * gammaincinv(freedom / 2, share) / freedom)

    def lack(n: float) -> float:
        return float(weights @ (ndtr(n - critical * s) + ndtr(-n - critical * s))) - power

    # At the upper end it sees nearly all: s stays below 5 but for chances that do not matter here.
    return float(brentq(lack, 0.0, 5 * critical + 10)) * sqrt(2 / runs)


def foresee(cells: Iterable[Cell], runs: int, spreads: Iterable[Spread] = ()) -> Power:
    """What a grid of cells with so many runs each can see.

    Two methods are compared by their means over the data that every crossed method has, two data sets by their means
    over those methods; a method that lacks some of the data is compared cell by cell.

    Args:
        cells: method and data of each.
        runs: of each cell.
        spreads: what is known of the run-to-run standard deviation already.
    """
    grid = list(dict.fromkeys(cells))
    freedom = len(grid) * (runs - 1)
    if freedom < 1:
        return Power(runs, 0, ())
    methods, data = crossed(grid)
    sights = []
    if len(grid) > 1:
        sights.append(("two cells", runs))
    if len(methods) > 1 and len(data) > 1:
        sights.append((f"two methods, each the mean over {len(data)} data sets", runs * len(data)))
        sights.append((f"two data sets, each the mean over {len(methods)} methods", runs * len(methods)))
    seen = tuple(Sight(what, n, smallest_difference(n, freedom)) for what, n in sights)
    return Power(runs, freedom, seen, tuple(spreads))


def crossed(grid: Iterable[Cell]) -> tuple[list[str], list[str]]:
    """The methods that have every data set of the grid, and the data sets: the part that is crossed."""
    cells = set(grid)
    data = sorted({source for _, source in cells})
    methods = sorted({method for method, _ in cells})
    return [method for method in methods if all((method, source) in cells for source in data)], data


def spreads_of(records: Iterable[Record]) -> tuple[Spread, ...]:
    """The run-to-run standard deviation of each task and probe, pooled over the cells that have two runs or more.

    Seeds and draws of one run are averaged first: their noise is not that of pre-training.
    """
    columns: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        columns.setdefault((record.experiment.task.name, record.experiment.probe.label), []).append(record)
    found = []
    for (task, probe), members in columns.items():
        squares, freedom = _pooled(_scores(members))
        if freedom:
            name = members[0].experiment.task.primary
            metric = METRICS[name]
            deviation = sqrt(squares / freedom) * (100 if metric.percent else 1)
            unit = "points" if metric.percent else metric.unit or name
            found.append(Spread(task, probe, name, deviation, freedom, unit))
    return tuple(found)


def _scores(records: Iterable[Record]) -> dict[Cell, list[float]]:
    """For each cell the score of each of its runs."""
    runs: dict[tuple[Cell, int], list[float]] = {}
    for record in records:
        made = record.experiment.encoder.pretraining
        if made is not None and made.data is not None:
            runs.setdefault(((made.method, made.data), made.run), []).append(record.score)
    cells: dict[Cell, list[float]] = {}
    for (cell, _), scores in runs.items():
        cells.setdefault(cell, []).append(sum(scores) / len(scores))
    return cells


def _pooled(cells: Mapping[Cell, list[float]]) -> tuple[float, int]:
    """Sum of squares within cells, and its degrees of freedom."""
    squares, freedom = 0.0, 0
    for scores in cells.values():
        mean = sum(scores) / len(scores)
        squares += sum((score - mean) ** 2 for score in scores)
        freedom += len(scores) - 1
    return squares, freedom
