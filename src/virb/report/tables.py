"""Scores as the page shows them: a table of some columns, each cell a score, its interval, a strip and a link."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal, final

from virb.analysis.comparison import Column, Row
from virb.analysis.findings import reason
from virb.analysis.matrix import Cell, Matrix
from virb.analysis.words import GAP, between, count, number, score
from virb.report.lines import Line
from virb.spec import Record

Anchor = Callable[[Record], str]
"""The id of a record's place on the page."""


@final
@dataclass(frozen=True)
class Strip:
    """An interval drawn in a cell, in percent of the cell's width: its ends, the score, and chance."""

    low: float
    width: float
    at: float
    chance: float | None


@final
@dataclass(frozen=True)
class ShownCell:
    """What a cell of the page says.

    Attributes:
        kind: a score, the mean of several runs, a failure, or a gap.
        text: the score without its unit.
        low: the interval's ends, without their unit; the lowest and highest run of a mean.
        high: see ``low``.
        mark: whether it is the best of its column, or not distinguishable from the best.
        href: where its first record is.
        spoken: all of it in words.
        reason: why there is no score, or no interval, or which seeds failed.
        strip: the interval drawn.
    """

    kind: Literal["score", "mean", "failed", "gap"]
    text: str = ""
    low: str = ""
    high: str = ""
    mark: Literal["best", "tied", ""] = ""
    href: str = ""
    spoken: str = ""
    reason: str = ""
    strip: Strip | None = None
    scatter: str = ""
    """Of a mean: the standard deviation of its runs, without its unit."""


@final
@dataclass(frozen=True)
class ShownColumn:
    """The head of a column and the score of the constant answer.

    Attributes:
        column: itself.
        measure: metric, unit and direction.
        size: how many test examples.
        chance: the score of the constant answer.
    """

    column: Column
    measure: str
    size: str
    chance: str


@final
@dataclass(frozen=True)
class ShownBlock:
    """An encoder, or the runs of a recipe under their mean.

    Attributes:
        name: of the encoder or the recipe.
        floor: whether it has learnt nothing.
        means: over runs; empty for one encoder.
        lines: encoders and their cells.
    """

    name: str
    floor: bool
    means: list[ShownCell]
    lines: list[tuple[Row, list[ShownCell]]]


@final
@dataclass(frozen=True)
class ShownTable:
    """Encoders by columns.

    Attributes:
        columns: heads of columns.
        blocks: lines that belong together.
    """

    columns: list[ShownColumn]
    blocks: list[ShownBlock]


def table(matrix: Matrix, columns: Sequence[Column], lines: Sequence[Line], anchor: Anchor) -> ShownTable:
    """Some columns of the matrix, for some encoders."""
    made = [_cells(matrix, column, anchor) for column in columns]
    blocks = [
        ShownBlock(
            name=line.name,
            floor=line.floor,
            means=[_mean(matrix, column, line, cells) for column, cells in zip(columns, made, strict=True)]
            if line.bundle
            else [],
            lines=[(row, [cells[row.key] for cells in made]) for row in line.rows],
        )
        for line in lines
    ]
    return ShownTable([_column(matrix, column) for column in columns], blocks)


def measure(column: Column) -> str:
    """What a column's numbers are: metric, unit, and their direction where lower is better."""
    return ", ".join(filter(None, (column.metric, column.unit, "lower is better" if column.lower else "")))


def _column(matrix: Matrix, column: Column) -> ShownColumn:
    cells = [cell for row in matrix.rows if (cell := matrix.cell(column, row)) and cell.score is not None]
    chance = matrix.chance(column)
    size = f"n = {between(cell.examples for cell in cells)}"
    groups = {cell.groups for cell in cells if cell.groups and cell.groups != cell.examples}
    if groups:
        size += f" in {between(groups)} groups"
    told = GAP if chance is None else number(chance, column.metric)
    return ShownColumn(column, measure(column), size if cells else "", told)


def _cells(matrix: Matrix, column: Column, anchor: Anchor) -> dict[str, ShownCell]:
    scale = _scale(matrix, column)
    several = len(matrix.scored(column)) > 1
    best = matrix.best(column) if several else None
    tied = set(matrix.tied(column)) if several else set()
    shown: dict[str, ShownCell] = {}
    for row in matrix.rows:
        cell = matrix.cell(column, row)
        mark: Literal["best", "tied", ""] = "best" if row == best else "tied" if row in tied else ""
        shown[row.key] = ShownCell("gap") if cell is None else _cell(cell, column, mark, scale, anchor)
    return shown


def _cell(
    cell: Cell, column: Column, mark: Literal["best", "tied", ""], scale: tuple[float, float], anchor: Anchor
) -> ShownCell:
    why = "; ".join(dict.fromkeys(reason(record) for record in cell.failures))
    href = f"#{anchor((cell.records or cell.failures)[0])}"
    if cell.score is None:
        return ShownCell("failed", href=href, reason=why, spoken=f"failed: {why}")
    spoken = score(cell.score, column.metric, column.unit)
    low = high = ""
    if cell.interval:
        low, high = (number(end, column.metric) for end in cell.interval)
        spoken += f", interval {low} to {high}"
    spoken += {"best": ", best in this column", "tied": ", not distinguishable from the best", "": ""}[mark]
    if len(cell.records) > 1:
        spoken += f", mean of {len(cell.records)} seeds"
    if cell.failures:
        why = f"{count(len(cell.failures), 'seed')} failed: {why}"
    text = number(cell.score, column.metric)
    return ShownCell("score", text, low, high, mark, href, spoken, why or cell.note or "", _strip(cell, scale))


def _mean(matrix: Matrix, column: Column, line: Line, cells: dict[str, ShownCell]) -> ShownCell:
    """The mean of a line's runs, their standard deviation, and the range they take."""
    found = [cell for row in line.rows if (cell := matrix.cell(column, row))]
    scores = [cell.score for cell in found if cell.score is not None]
    if not scores:
        return ShownCell("failed", spoken="all runs failed", reason="all runs failed") if found else ShownCell("gap")
    mean, low, high = fmean(scores), min(scores), max(scores)
    marks = [cells[row.key].mark for row in line.rows if cells[row.key].kind == "score"]
    # A recipe is level with the best only where each of its runs is.
    mark: Literal["best", "tied", ""] = "best" if "best" in marks else "tied" if all(marks) else ""
    spoken = f"{score(mean, column.metric, column.unit)}, mean of {count(len(scores), 'run')}"
    spoken += f" from {number(low, column.metric)} to {number(high, column.metric)}"
    scatter = number(stdev(scores), column.metric) if len(scores) > 1 else ""
    spoken += f", standard deviation {scatter}" if scatter else ""
    spoken += {"best": ", with the best run", "tied": ", no run distinguishable from the best", "": ""}[mark]
    lost = len(line.rows) - len(scores)
    why = f"{count(lost, 'run')} without a score" if lost else ""
    chances = [cell.chance for cell in found if cell.chance is not None]
    return ShownCell(
        "mean",
        number(mean, column.metric),
        number(low, column.metric),
        number(high, column.metric),
        mark=mark,
        spoken=spoken + (f", {why}" if why else ""),
        reason=why,
        strip=strip(mean, (low, high), fmean(chances) if chances else None, _scale(matrix, column)),
        scatter=scatter,
    )


def _scale(matrix: Matrix, column: Column) -> tuple[float, float]:
    """From the lowest end or chance of a column to its highest end."""
    chance = matrix.chance(column)
    ends = [] if chance is None else [chance]
    for row in matrix.rows:
        cell = matrix.cell(column, row)
        if cell and cell.score is not None:
            ends += [cell.score, *(cell.interval or ())]
    return (min(ends), max(ends)) if ends else (0.0, 1.0)


def _strip(cell: Cell, scale: tuple[float, float]) -> Strip:
    assert cell.score is not None
    return strip(cell.score, cell.interval or (cell.score, cell.score), cell.chance, scale)


def strip(value: float, ends: tuple[float, float], zero: float | None, scale: tuple[float, float]) -> Strip:
    """Draw an interval between the two numbers of a scale, with a dotted line at ``zero``."""
    start, end = scale

    def place(value: float) -> float:
        return round(100 * (value - start) / (end - start), 1) if end > start else 50.0

    low, high = ends
    return Strip(place(low), round(place(high) - place(low), 1), place(value), None if zero is None else place(zero))
