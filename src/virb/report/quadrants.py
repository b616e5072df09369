"""The four kinds of end task, each a panel of the page: what it asks, its scores by probe, its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, final

from virb.analysis.comparison import QUADRANTS, Column
from virb.analysis.factors import Grid, grid
from virb.analysis.matrix import Matrix
from virb.report.figures import Panel, panels
from virb.report.gallery import Gallery, Predictions, gallery
from virb.report.lines import Line, lines
from virb.report.tables import Anchor, ShownTable, table
from virb.spec import ProbeSpec


class Question(NamedTuple):
    """What a quadrant asks, in plain words."""

    short: str
    long: str


QUESTIONS = {
    "image-level semantic": Question(
        "What does the image show?", "One answer for the whole image: the kind of thing, surface or place."
    ),
    "image-level structural": Question(
        "How is the scene laid out?",
        "One answer for the whole image, or for a few in a row: how many, how far, which way up, how the camera moved.",
    ),
    "pixelwise semantic": Question(
        "What does each pixel belong to?", "An answer for each pixel: the kind of thing or surface it is part of."
    ),
    "pixelwise structural": Question(
        "Where is what each pixel shows?",
        "An answer for each pixel: how far away it is, whether one could stand there, where it moves.",
    ),
}


@final
@dataclass(frozen=True)
class View:
    """Columns of one quadrant that are read out in one way.

    Attributes:
        name: of the way, for the switch.
        reads: the layers that are read, in words; empty where columns differ in it.
        about: what the probe does, where the records say so.
        mixed: whether columns have different probes, so that each must name its own.
        standing: keys of the columns that are the headline of their task.
        table: the scores.
        panels: the same as a figure.
    """

    name: str
    reads: str
    about: str
    mixed: bool
    standing: frozenset[str]
    table: ShownTable
    panels: list[Panel]

    @property
    def headline(self) -> bool:
        """Whether all of these are the scores that stand for their tasks."""
        return all(head.column.key in self.standing for head in self.table.columns)


@final
@dataclass(frozen=True)
class Panelled:
    """One quadrant that was measured.

    Attributes:
        name: such as ``pixelwise semantic``.
        question: what it asks.
        views: the headline first.
        galleries: of its dense tasks.
        elsewhere: how many encoders have no experiment in it.
    """

    name: str
    question: Question
    views: list[View]
    galleries: list[Gallery]
    elsewhere: int

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"q-{self.name.replace(' ', '-')}"


def quadrants(matrix: Matrix, anchor: Anchor, predictions: Predictions) -> list[Panelled]:
    """A panel for each quadrant that has a column, in their usual order."""
    found = {name: [c for c in matrix.columns if str(c.experiment.task.quadrant) == name] for name in QUADRANTS}
    standing = frozenset(column.key for column in matrix.headline)
    pretrained = grid(matrix)
    return [
        _panelled(matrix, name, columns, standing, pretrained, anchor, predictions)
        for name, columns in found.items()
        if columns
    ]


def not_measured(measured: Sequence[Panelled]) -> list[str]:
    """Names of the quadrants without a panel."""
    return [name for name in QUADRANTS if name not in {panelled.name for panelled in measured}]


def _panelled(
    matrix: Matrix,
    name: str,
    columns: Sequence[Column],
    standing: frozenset[str],
    pretrained: Grid | None,
    anchor: Anchor,
    predictions: Predictions,
) -> Panelled:
    rows = [row for row in matrix.rows if any(matrix.cell(column, row) for column in columns)]
    headline = [column for column in columns if column.key in standing]
    dense = [_finest(matrix, column) for column in headline if column.experiment.task.target.dense]
    return Panelled(
        name=name,
        question=QUESTIONS[name],
        views=[_view(matrix, its, standing, lines(rows, pretrained), anchor) for its in _views(columns, headline)],
        galleries=[made for column in dense if (made := gallery(matrix, column, predictions)) is not None],
        elsewhere=len(matrix.rows) - len(rows),
    )


def _finest(matrix: Matrix, column: Column) -> Column:
    """The same reading on the best layer, where it was measured: the last map is often too coarse to look at."""
    sought = column.experiment.model_copy(update={"probe": None, "encoder": None, "seed": 0})

    def same(other: Column) -> bool:
        form = other.experiment.model_copy(update={"probe": None, "encoder": None, "seed": 0})
        name = other.experiment.probe.name
        return form == sought and name == column.experiment.probe.name and other.data == column.data

    return max(filter(same, matrix.columns), key=lambda other: len(other.experiment.probe.layers))


def _views(columns: Sequence[Column], headline: Sequence[Column]) -> list[list[Column]]:
    """Columns by probe, that of the headline first; where headlines differ in their probe, they stand together."""
    together = {column.key for column in headline} if len({column.probe for column in headline}) > 1 else set()
    others = [column for column in columns if column.key not in together]
    probes = dict.fromkeys(column.probe for column in [*headline, *others])
    views = [[column for column in columns if column.key in together]]
    views += [[column for column in others if column.probe == probe] for probe in probes]
    return [view for view in views if view]


def _view(
    matrix: Matrix, columns: Sequence[Column], standing: frozenset[str], shown: Sequence[Line], anchor: Anchor
) -> View:
    mixed = len({column.probe for column in columns}) > 1
    ways = dict.fromkeys(reads(column.experiment.probe) for column in columns)
    about = next((column.experiment.probe.about for column in columns if column.experiment.probe.about), "")
    return View(
        name="headline" if mixed else columns[0].probe,
        reads=next(iter(ways)) if len(ways) == 1 else "",
        about="" if mixed else about,
        mixed=mixed,
        standing=standing,
        table=table(matrix, columns, shown, anchor),
        panels=panels(matrix, columns, shown),
    )


def reads(probe: ProbeSpec) -> str:
    """Which layers a probe reads, in words."""
    if probe.layers == ("embedding",):
        return "final embedding"
    if len(probe.layers) == 1:
        return probe.layers[0]
    first, last = probe.layers[0], probe.layers[-1]
    return f"{first} to {last} together" if probe.joint else f"best of {len(probe.layers)} layers, chosen on select"
