"""Scores as the page shows them: a table of some columns, each cell a score, its interval, a strip and a link."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, final

from virb.analysis.comparison import Column, Row
from virb.analysis.findings import reason
from virb.analysis.matrix import Cell, Matrix
from virb.analysis.words import GAP, between, count, number, score
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
        kind: a score, a failure, or a gap.
        text: the score without its unit.
        low: the interval's ends, without their unit.
        high: see ``low``.
        mark: whether it is the best of its column, or not distinguishable from the best.
        href: where its first record is.
        spoken: all of it in words.
        reason: why there is no score, or no interval, or which seeds failed.
        strip: the interval drawn.
    """

    kind: Literal["score", "failed", "gap"]
    text: str = ""
    low: str = ""
    high: str = ""
    mark: Literal["best", "tied", ""] = ""
    href: str = ""
    spoken: str = ""
    reason: str = ""
    strip: Strip | None = None


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
class ShownTable:
    """Encoders by columns.

    Attributes:
        columns: heads of columns.
        lines: encoders and their cells.
    """

    columns: list[ShownColumn]
    lines: list[tuple[Row, list[ShownCell]]]


def table(matrix: Matrix, columns: Sequence[Column], rows: Sequence[Row], anchor: Anchor) -> ShownTable:
    """Some columns of the matrix, for some encoders."""
    made = [_cells(matrix, column, anchor) for column in columns]
    lines = [(row, [cells[row.key] for cells in made]) for row in rows]
    return ShownTable([_column(matrix, column) for column in columns], lines)


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
    start, end = scale

    def place(value: float) -> float:
        return round(100 * (value - start) / (end - start), 1) if end > start else 50.0

    assert cell.score is not None
    low, high = cell.interval or (cell.score, cell.score)
    chance = None if cell.chance is None else place(cell.chance)
    return Strip(place(low), round(place(high) - place(low), 1), place(cell.score), chance)
