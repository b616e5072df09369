"""Which encoders were pre-trained as a grid of methods by data sets, and their scores in one column.

A *treatment* is a method on a data set; its *runs* are the same recipe trained again from other start weights. Runs of
the same number start from the same weights whatever their treatment, and those weights untrained are an encoder too:
the run's own random start, matched by ``Pretraining.seed`` and architecture.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple, TypeVar, final

import numpy as np

from virb.analysis.comparison import Column, Row
from virb.analysis.matrix import Matrix
from virb.analysis.rows import Floats
from virb.spec import Pretraining

RANDOM = "random"
"""The method of encoders that were not trained."""
MANY = 6
"""With more levels than this not every subset of methods or runs is tried for the crossed part."""


class Treatment(NamedTuple):
    """A method on a data set: a cell of the grid."""

    method: str
    data: str

    def __str__(self) -> str:
        return f"{self.method} on {self.data}"


@final
@dataclass(frozen=True)
class Run:
    """An encoder of the grid.

    Attributes:
        treatment: how it was trained.
        number: which time.
        start: which random weights it was trained from.
        row: its row in the matrix.
    """

    treatment: Treatment
    number: int
    start: int
    row: Row


@final
@dataclass(frozen=True)
class Grid:
    """The pre-trained encoders that differ in method, data and run only.

    Attributes:
        runs: by treatment, then number.
        starts: the untrained encoder of each start that was measured.
        left_out: encoders with a method and data that are not of the grid, each with the reason.
    """

    runs: tuple[Run, ...]
    starts: dict[int, Row]
    left_out: tuple[tuple[Row, str], ...] = ()

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """Cells, by method and data."""
        return tuple(dict.fromkeys(run.treatment for run in self.runs))

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods, by name."""
        return tuple(sorted({treatment.method for treatment in self.treatments}))

    @property
    def data(self) -> tuple[str, ...]:
        """Data sets, by name."""
        return tuple(sorted({treatment.data for treatment in self.treatments}))


def grid(matrix: Matrix) -> Grid | None:
    """The grid among the encoders of a matrix, or None where they are not of two methods or two data sets.

    Where encoders of several architectures or budgets were pre-trained, the largest group of one is the grid.
    """
    made = [(row, row.spec.pretraining) for row in matrix.rows]
    trained = [(row, how) for row, how in made if how and how.data is not None and how.method != RANDOM]
    if not trained:
        return None
    sizes = Counter(_budget(row, how) for row, how in trained)
    budget = max(sizes, key=lambda one: (sizes[one], str(one)))
    left_out = [(row, "of another architecture or budget") for row, how in trained if _budget(row, how) != budget]
    runs: dict[tuple[Treatment, int], Run] = {}
    for row, how in sorted((pair for pair in trained if _budget(*pair) == budget), key=lambda pair: pair[0].name):
        assert how.source is not None
        run = Run(Treatment(how.method, how.source), how.run, how.seed, row)
        if (run.treatment, run.number) in runs:
            left_out.append((row, "another encoder has its method, data and run"))
        else:
            runs[run.treatment, run.number] = run
    found = Grid(tuple(runs[key] for key in sorted(runs)), _starts(made, budget[0]), tuple(left_out))
    return found if max(len(found.methods), len(found.data)) > 1 else None


def _budget(row: Row, how: Pretraining) -> tuple[str, *tuple[object, ...]]:
    """What runs of one grid share: all that is declared but method, run, seed, and what of which data was kept."""
    return row.arch, how.images, how.images_seen


def _starts(made: Sequence[tuple[Row, Pretraining | None]], arch: str) -> dict[int, Row]:
    starts: dict[int, Row] = {}
    for row, how in made:
        if how and how.method == RANDOM and how.data is None and row.arch == arch:
            starts.setdefault(how.seed, row)
    return starts


# ------------------------------------------------------------------------------------------------ one column


@final
@dataclass(frozen=True)
class Scores:
    """Scores of a grid in one column, turned so that higher is better.

    Attributes:
        column: the column.
        runs: those that have a score.
        values: n scores.
        starts: score of each random start that has one.
        missing: runs of the grid without a score.
    """

    column: Column
    runs: tuple[Run, ...]
    values: Floats
    starts: dict[int, float]
    missing: tuple[Run, ...] = ()

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """Those that have a score."""
        return tuple(dict.fromkeys(run.treatment for run in self.runs))

    def of(self, treatment: Treatment) -> Floats:
        """Scores of the runs of one treatment."""
        return self.values[[run.treatment == treatment for run in self.runs]]

    @property
    def sign(self) -> int:
        """What turns a score into a value for which higher is better, and back."""
        return sign(self.column)


def sign(column: Column) -> int:
    """1 where higher scores are better, else -1."""
    return -1 if column.lower else 1


def scores(matrix: Matrix, found: Grid, column: Column) -> Scores:
    """The scores of a grid in a column. Gaps and failures stay missing."""
    told = {row.key: sign(column) * score for row, score in matrix.scored(column)}
    there = tuple(run for run in found.runs if run.row.key in told)
    return Scores(
        column=column,
        runs=there,
        values=np.array([told[run.row.key] for run in there], np.float64),
        starts={start: told[row.key] for start, row in found.starts.items() if row.key in told},
        missing=tuple(run for run in found.runs if run.row.key not in told),
    )


@final
@dataclass(frozen=True)
class Crossed:
    """The largest part of a grid in which every method was trained on every data set in the same runs.

    Attributes:
        methods: a names.
        data: b names.
        numbers: r run numbers.
        values: a x b x r, higher is better.
        paired: whether runs of one number share their start, so that starts are a block.
    """

    methods: tuple[str, ...]
    data: tuple[str, ...]
    numbers: tuple[int, ...]
    values: Floats
    paired: bool


def crossed(given: Scores) -> Crossed | None:
    """The crossed part, or None where there is nothing to compare in it.

    Parts that cross two methods or more with two data sets or more in two runs or more come first, then those with
    more encoders, then those with more methods and data sets.
    """
    by_run = {(run.treatment, run.number): place for place, run in enumerate(given.runs)}
    numbers: dict[Treatment, set[int]] = {}
    for treatment, number in by_run:
        numbers.setdefault(treatment, set()).add(number)
    parts = [part for part in _parts(numbers) if max(len(part[0]), len(part[1])) > 1]
    if not parts:
        return None
    methods, data, shared = max(parts, key=_worth)
    place = np.array([[[by_run[Treatment(m, d), k] for k in shared] for d in data] for m in methods])
    starts = np.array([run.start for run in given.runs])[place]
    paired = bool((starts == starts[:1, :1]).all()) and len(np.unique(starts[0, 0])) == len(shared)
    return Crossed(methods, data, shared, given.values[place], paired)


Level = TypeVar("Level", str, int)
_Part = tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]


def _worth(part: _Part) -> tuple[bool, int, int]:
    sizes = [len(levels) for levels in part]
    return min(sizes) > 1, int(np.prod(sizes)), sizes[0] + sizes[1]


def _parts(numbers: dict[Treatment, set[int]]) -> Iterator[_Part]:
    """For each subset of methods and of run numbers: all data sets on which those methods have those runs."""
    data = sorted({treatment.data for treatment in numbers})
    by_method = Counter(treatment.method for treatment, its in numbers.items() for _ in its)
    by_number = Counter(number for its in numbers.values() for number in its)
    for methods, runs in product(_subsets(by_method), _subsets(by_number)):
        wanted = set(runs)
        whole = tuple(d for d in data if all(wanted <= numbers.get(Treatment(m, d), set()) for m in methods))
        if whole:
            yield methods, whole, runs


def _subsets(measured: Counter[Level]) -> Iterator[tuple[Level, ...]]:
    """Every subset of some levels; of very many levels only those that leave out the least measured ones."""
    if len(measured) <= MANY:
        for size in range(1, len(measured) + 1):
            yield from combinations(sorted(measured), size)
        return
    most_first = sorted(measured, key=lambda level: (-measured[level], level))
    for size in range(1, len(measured) + 1):
        yield tuple(sorted(most_first[:size]))
