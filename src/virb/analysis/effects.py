"""What method and data changed, column by column, with the noise of training again: all of it in one place."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import final

import numpy as np

from virb.analysis.agreement import Correlation, adjusted, agreement, correlation
from virb.analysis.comparison import Column
from virb.analysis.components import Components, components
from virb.analysis.contrasts import Contrast, Family, Fit, contrasts, fit
from virb.analysis.factors import Crossed, Grid, Run, Scores, crossed, grid, scores
from virb.analysis.gains import Gain, gains
from virb.analysis.intervals import CONFIDENCE
from virb.analysis.matrix import Matrix


@final
@dataclass(frozen=True)
class Spread:
    """How far treatments lie apart, against what cannot be told apart.

    Attributes:
        treatments: standard deviation of treatment means.
        runs: residual standard deviation of runs; None where no recipe was run twice.
        half: median half-width of the test-set intervals of the grid's encoders; None where they have none.
        p: of the F test that no treatment differs from another; None where it cannot be made.
    """

    treatments: float | None
    runs: float | None
    half: float | None
    p: float | None

    @property
    def distinguishable(self) -> bool:
        """Whether the task tells any of the treatments apart."""
        return self.p is not None and self.p < 1 - CONFIDENCE


@final
@dataclass(frozen=True)
class ColumnEffects:
    """Everything about method and data in one column.

    Attributes:
        scores: what it rests on.
        components: the analysis of variance of the crossed part; None says ``note``.
        fit: treatment means; None says ``note``.
        contrasts: differences of methods, data sets and treatments.
        gains: over the random start, that of all treatments first.
        spread: how far treatments lie apart.
        note: why something is missing, or what was left out; empty where nothing is.
    """

    scores: Scores
    components: Components | None
    fit: Fit | None
    contrasts: tuple[Contrast, ...]
    gains: tuple[Gain, ...]
    spread: Spread
    note: str = ""

    @property
    def column(self) -> Column:
        """The column."""
        return self.scores.column

    def family(self, name: Family) -> tuple[Contrast, ...]:
        """The differences of one family."""
        return tuple(contrast for contrast in self.contrasts if contrast.family == name)


@final
@dataclass(frozen=True)
class Effects:
    """What method and data changed in a matrix.

    Attributes:
        grid: the pre-trained encoders.
        columns: by column key; a column without two scores of the grid has none.
        headline: the column of each task that stands for it.
        beside: for the key of a headline column that of the same task read by another probe, and how alike both rank.
        agreement: every pair of tasks, by their headline columns.
    """

    grid: Grid
    columns: dict[str, ColumnEffects]
    headline: tuple[Column, ...]
    beside: dict[str, Correlation]
    agreement: tuple[Correlation, ...]

    @property
    def tasks(self) -> tuple[ColumnEffects, ...]:
        """One a task: its headline column."""
        return tuple(self.columns[column.key] for column in self.headline)


def effects(matrix: Matrix) -> Effects | None:
    """Analyse the grid of a matrix, or None where there is none of two methods or two data sets."""
    found = grid(matrix)
    if found is None:
        return None
    given = {column.key: scores(matrix, found, column) for column in matrix.columns}
    given = {key: its for key, its in given.items() if len(its.treatments) > 1}
    headline = tuple(column for column in matrix.headline if column.key in given)
    pairs = [(column, other) for column in headline if (other := _other(column, matrix.columns)) and other.key in given]
    beside = adjusted([correlation(given[one.key], given[other.key]) for one, other in pairs])
    return Effects(
        grid=found,
        columns={key: _column(matrix, its) for key, its in given.items()},
        headline=headline,
        beside={its.one.key: its for its in beside},
        agreement=agreement([given[column.key] for column in headline]),
    )


def _other(column: Column, columns: Sequence[Column]) -> Column | None:
    """The same task and data read by another probe, neighbours before others."""

    def form(of: Column) -> object:
        regime = of.experiment.regime.model_copy(update={"resample": 0})
        alike = {"probe": None, "encoder": None, "seed": 0, "regime": regime}
        return of.experiment.model_copy(update=alike), of.data

    siblings = [
        other
        for other in columns
        if form(other) == form(column)
        and other.experiment.probe.name != column.experiment.probe.name
        and other.probe == other.experiment.probe.name
    ]
    return min(siblings, key=lambda other: not other.probe.endswith("knn"), default=None)


def _column(matrix: Matrix, given: Scores) -> ColumnEffects:
    part, fitted = crossed(given), fit(given)
    analysed = components(part) if part else None
    return ColumnEffects(
        scores=given,
        components=analysed,
        fit=fitted,
        contrasts=contrasts(fitted, part) if fitted else (),
        gains=gains(given),
        spread=_spread(matrix, given, fitted),
        note=_note(given, analysed, fitted),
    )


def _spread(matrix: Matrix, given: Scores, fitted: Fit | None) -> Spread:
    means = [float(given.of(treatment).mean()) for treatment in given.treatments]
    cells = [matrix.cell(given.column, run.row) for run in given.runs]
    halves = [(cell.interval.high - cell.interval.low) / 2 for cell in cells if cell and cell.interval]
    return Spread(
        treatments=float(np.std(means, ddof=1)),
        runs=fitted.sd if fitted else None,
        half=median(halves) if halves else None,
        p=fitted.p if fitted else None,
    )


def _note(given: Scores, analysed: Components | None, fitted: Fit | None) -> str:
    told = []
    if fitted is None:
        told.append("no recipe was run twice, so nothing can be said about the noise of training again")
    elif analysed is None:
        told.append("no part of the grid crosses methods or data sets in two runs")
    else:
        told += _outside(given.runs, analysed.part)
    if given.missing:
        told.append(f"without a score: {', '.join(run.row.name for run in given.missing)}")
    return "; ".join(told)


def _outside(runs: Sequence[Run], part: Crossed) -> list[str]:
    """Which treatments, and which numbers of run, are not in the crossed part."""
    treatments = dict.fromkeys(
        str(run.treatment)
        for run in runs
        if run.treatment.method not in part.methods or run.treatment.data not in part.data
    )
    numbers = sorted({run.number for run in runs} - set(part.numbers))
    told = [", ".join(treatments)] if treatments else []
    told += [f"run {', '.join(map(str, numbers))} of all, which one of them lacks"] if numbers else []
    return [f"not in the crossed part: {' and '.join(told)}"] if told else []
