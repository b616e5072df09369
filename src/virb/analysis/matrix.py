"""Encoders by tasks: every score with its interval, what is best, and what cannot be told from it. Gaps stay gaps."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import final

import numpy as np

from virb.analysis.comparison import QUADRANTS, Arrangement, Column, Row, arrange, leading
from virb.analysis.intervals import Interval
from virb.analysis.outcomes import Outcomes
from virb.analysis.paired import Comparison, Difference, compare
from virb.analysis.rows import NOT_ADDED, PER_CLASS, Arrays, Draw, Rows
from virb.spec import Record

AGREES = 1e-5
"""How far the mean of float32 outcomes may be from the score in the record."""


@final
@dataclass(frozen=True)
class Cell:
    """An encoder on a column.

    Attributes:
        records: those that gave the score, one a replicate; empty where all failed.
        failures: the newest failure of each replicate without a score.
        score: mean over replicates of the primary score on test.
        interval: 95 %, where there are outcomes to resample.
        examples: different test examples behind the score.
        groups: different groups of related examples among them; None where there are no outcomes.
        chance: mean over replicates of the score of the constant answer.
        note: why there is no interval.
    """

    records: tuple[Record, ...]
    failures: tuple[Record, ...] = ()
    score: float | None = None
    interval: Interval | None = None
    examples: int | None = None
    groups: int | None = None
    chance: float | None = None
    note: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all its records, failures last."""
        return tuple(record.id for record in (*self.records, *self.failures))


@final
@dataclass(frozen=True)
class Matrix:
    """Scores of all encoders in all columns.

    Attributes:
        columns: in the order to be shown: headline probes first.
        rows: encoders by mean rank under the headline probes, floors last.
        cells: by (column key, row key); a gap has none.
        comparisons: intervals and paired differences of each column.
        left_out: records that were not used, each with the reason.
        records: everything that went in, failures too.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    cells: dict[tuple[str, str], Cell]
    comparisons: dict[str, Comparison]
    left_out: tuple[tuple[Record, str], ...]
    records: tuple[Record, ...]

    def cell(self, column: Column, row: Row) -> Cell | None:
        """The cell, or None where nothing was asked."""
        return self.cells.get((column.key, row.key))

    @property
    def probes(self) -> tuple[str, ...]:
        """Labels of the probes, headline ones first."""
        return tuple(dict.fromkeys(column.probe for column in self.columns))

    def under(self, probe: str) -> tuple[Column, ...]:
        """Columns of one probe."""
        return tuple(column for column in self.columns if column.probe == probe)

    @property
    def headline(self) -> tuple[Column, ...]:
        """One column a task, by quadrant: of those of its headline probe the one with all labels and most scores."""

        def first(column: Column) -> tuple[bool, int]:
            return (bool(column.regime), -len(self.scored(column)))

        chosen: dict[str, Column] = {}
        for column in sorted(leading(filter(self.scored, self.columns)), key=first):
            chosen.setdefault(column.experiment.task.name, column)
        return tuple(sorted(chosen.values(), key=_quadrant))

    def scored(self, column: Column) -> list[tuple[Row, float]]:
        """Encoders that have a score in a column, the best first."""
        found = [(row, cell.score) for row in self.rows if (cell := self.cell(column, row)) and cell.score is not None]
        return sorted(found, key=lambda pair: pair[1] if column.lower else -pair[1])

    def best(self, column: Column) -> Row | None:
        """The encoder with the best score; the first in row order where several share it."""
        scored = self.scored(column)
        return scored[0][0] if scored else None

    def tied(self, column: Column) -> tuple[Row, ...]:
        """Encoders that are not distinguishable from the best, the better first."""
        scored = self.scored(column)
        return tuple(row for row, _ in scored[1:] if not self.differ(column, scored[0][0], row))

    def difference(self, column: Column, one: Row, other: Row) -> Difference | None:
        """Score of ``one`` minus score of ``other`` on the examples both answered."""
        return self.comparisons[column.key].difference(one.key, other.key)

    def differ(self, column: Column, one: Row, other: Row) -> bool:
        """Whether two encoders are distinguishable; without outcomes they are not."""
        difference = self.difference(column, one, other)
        return difference is not None and difference.distinguishable

    def chance(self, column: Column) -> float | None:
        """Score of the constant answer."""
        found = [cell.chance for row in self.rows if (cell := self.cell(column, row)) and cell.chance is not None]
        return fmean(found) if found else None


def matrix(records: Iterable[Record], outcomes: Outcomes) -> Matrix:
    """Sort records into a matrix and say how sure each score is.

    Args:
        records: all of them, failures too.
        outcomes: the per-example arrays of a record, or None.
    """
    everything = tuple(records)
    places = arrange(everything)
    cells: dict[tuple[str, str], Cell] = {}
    comparisons: dict[str, Comparison] = {}
    for column in places.columns:
        own = _column(column, places, outcomes)
        comparisons[column.key] = compare(own.rows, column.metric == PER_CLASS)
        for row, cell in own.cells.items():
            cells[column.key, row] = replace(cell, interval=comparisons[column.key].intervals.get(row))
    rows = _by_rank(places, cells)
    return Matrix(places.columns, rows, cells, comparisons, places.left_out, everything)


@final
@dataclass(frozen=True)
class _Column:
    cells: dict[str, Cell]
    rows: dict[str, Rows]


def _column(column: Column, places: Arrangement, outcomes: Outcomes) -> _Column:
    cells: dict[str, Cell] = {}
    rows: dict[str, Rows] = {}
    for row in places.rows:
        place = (column.key, row.key)
        records, failures = places.chosen.get(place, ()), places.failed.get(place, ())
        if not records:
            if failures:
                cells[row.key] = Cell((), failures)
            continue
        found, note = _rows_of(records, outcomes, column.metric)
        if found is not None:
            rows[row.key] = found
        cells[row.key] = _cell(records, failures, found, note)
    return _Column(cells, rows)


def _cell(records: tuple[Record, ...], failures: tuple[Record, ...], rows: Rows | None, note: str | None) -> Cell:
    chances = [record.chance for record in records if record.chance is not None]
    if rows is None:
        examples = max((record.counts.get("test", 0) for record in records), default=0) or None
    else:
        examples = len(np.unique(rows.example))
    return Cell(
        records=records,
        failures=failures,
        score=fmean(record.score for record in records),
        examples=examples,
        groups=None if rows is None else len(np.unique(rows.group)),
        chance=fmean(chances) if chances else None,
        note=note,
    )


def _rows_of(records: Sequence[Record], outcomes: Outcomes, metric: str) -> tuple[Rows | None, str | None]:
    """Outcomes of all replicates of a cell, or why they cannot carry an interval."""
    by_draw: dict[Draw, Arrays] = {}
    if metric in NOT_ADDED:
        return None, f"{metric} {NOT_ADDED[metric]}"
    for record in records:
        arrays = outcomes(record)
        if arrays is None or not len(arrays["example"]):
            return None, f"no per-example outcomes for record {record.id}"
        try:
            rows = Rows.of({Draw(0): arrays}, metric)
        except KeyError:
            return None, f"the outcomes of record {record.id} do not hold {metric}"
        told = rows.score(metric == PER_CLASS) if len(rows) else math.nan
        if not math.isclose(told, record.score, rel_tol=AGREES, abs_tol=AGREES):
            return None, f"the outcomes of record {record.id} give {told:.6g}, the record says {record.score:.6g}"
        by_draw[Draw(record.experiment.seed, record.experiment.regime.resample)] = arrays
    return Rows.of(by_draw, metric), None


def _quadrant(column: Column) -> tuple[int, str]:
    return QUADRANTS.index(str(column.experiment.task.quadrant)), column.experiment.task.name


def _by_rank(places: Arrangement, cells: Mapping[tuple[str, str], Cell]) -> tuple[Row, ...]:
    """Rows by their mean share of encoders ahead of them, over the leading columns they share; floors last."""
    ahead: dict[str, list[float]] = {row.key: [] for row in places.rows}
    for column in leading(places.columns):
        sign = 1 if column.lower else -1
        scores = {
            row.key: sign * cell.score
            for row in places.rows
            if (cell := cells.get((column.key, row.key))) and cell.score is not None
        }
        if len(scores) > 1:  # who stands alone is ahead of nobody
            for key, score in scores.items():
                ahead[key].append(sum(other < score for other in scores.values()) / (len(scores) - 1))
    return tuple(sorted(places.rows, key=lambda row: (row.floor, fmean(ahead[row.key] or [2.0]), row.name)))
