"""Which encoders share a line of a table or figure: the runs of one recipe, and the random starts they came from.

Without a grid of methods and data sets every encoder has a line of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import final

from virb.analysis.comparison import Row
from virb.analysis.factors import Grid


@final
@dataclass(frozen=True)
class Line:
    """A line of a table.

    Attributes:
        name: of the encoder, or of what its runs share.
        rows: the encoder, or the runs.
    """

    name: str
    rows: tuple[Row, ...]

    @property
    def bundle(self) -> bool:
        """Whether several encoders share it."""
        return len(self.rows) > 1

    @property
    def floor(self) -> bool:
        """Whether none of its encoders has learnt anything."""
        return all(row.floor for row in self.rows)


def alone(rows: Sequence[Row]) -> list[Line]:
    """A line for each encoder."""
    return [Line(row.name, (row,)) for row in rows]


def lines(rows: Sequence[Row], grid: Grid | None) -> list[Line]:
    """Lines in the order of the mean place of their encoders, floors last.

    Args:
        rows: encoders in the order of the matrix.
        grid: which of them are runs of one recipe.
    """
    if grid is None:
        return alone(rows)
    names = {run.row.key: str(run.treatment) for run in grid.runs}
    names |= {row.key: f"random starts of {row.spec.arch}" for row in grid.starts.values()}
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(names.get(row.key, row.key), []).append(place)
    found = [(fmean(its), _line(name, [rows[place] for place in its])) for name, its in places.items()]
    return [line for _, line in sorted(found, key=lambda pair: (pair[1].floor, pair[0]))]


def _line(name: str, rows: Sequence[Row]) -> Line:
    if len(rows) == 1:
        return Line(rows[0].name, tuple(rows))
    return Line(name, tuple(sorted(rows, key=_run)))


def _run(row: Row) -> tuple[int, int]:
    made = row.spec.pretraining
    return (made.run, made.seed) if made else (0, 0)
