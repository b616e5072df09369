"""The effect plot of a task: scores of runs by data set and method, their means, and the band of random starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, final

from virb.analysis import ColumnEffects
from virb.analysis.factors import Grid, Treatment
from virb.analysis.words import percent, score, shorten
from virb.report.figures import MARGIN, Panel, plain, surroundings
from virb.report.tables import measure

HEIGHT = 300
"""Of a panel, in pixels."""
SPREAD = 0.72
"""How much of the way from one data set to the next its methods take."""
LABEL = 18
"""Characters of a data set's name below a panel; all of it is shown on hover."""
COLOURS = ("first", "second", "third", "fourth", "fifth", "sixth")
"""Names of the page's colours for methods. They come round again, with other symbols."""
SYMBOLS = {
    "circle": "●",
    "square": "■",
    "diamond": "◆",
    "triangle-up": "▲",
    "triangle-down": "▼",
    "pentagon": "⬟",
    "star": "★",
}
"""Plotly's names of symbols, and letters that look like them."""


@final
@dataclass(frozen=True)
class Key:
    """How a method is drawn: the name of its colour, plotly's name of its symbol, and a letter like it."""

    method: str
    colour: str
    symbol: str
    letter: str


def keys(grid: Grid) -> list[Key]:
    """How each method of a grid is drawn."""
    symbols = list(SYMBOLS)
    return [
        Key(
            method,
            COLOURS[k % len(COLOURS)],
            symbols[k % len(symbols)],
            SYMBOLS[symbols[k % len(symbols)]],
        )
        for k, method in enumerate(grid.methods)
    ]


def effect_panel(its: ColumnEffects, grid: Grid) -> Panel:
    """One column: data sets from left to right, methods side by side, a dot a run."""
    traces = [trace for key in keys(grid) for trace in _traces(its, grid, key)]
    drawn = len(its.scores.runs)
    spoken = (
        f"Scores of {drawn} pre-trained encoders on {its.column.label} by data set and method, {measure(its.column)}."
    )
    return Panel(its.column, HEIGHT, spoken, traces, _layout(its, grid))


def _place(grid: Grid, treatment: Treatment) -> float:
    """Where a treatment stands on the axis of data sets."""
    own = grid.methods.index(treatment.method) - (len(grid.methods) - 1) / 2
    return round(grid.data.index(treatment.data) + SPREAD * own / len(grid.methods), 4)


def _traces(its: ColumnEffects, grid: Grid, key: Key) -> list[dict[str, Any]]:
    """The runs of a method, and its means with the standard deviation of runs."""
    column, colour = its.column, f"var(--{key.colour})"
    scale = its.scores.sign * (100 if percent(column.metric) else 1)
    runs = [(run, float(v)) for run, v in zip(its.scores.runs, its.scores.values, strict=True)]
    runs = [(run, value) for run, value in runs if run.treatment.method == key.method]
    treatments = [one for one in its.scores.treatments if one.method == key.method]
    if not runs:
        return []
    means = [float(its.scores.of(one).mean()) for one in treatments]
    dots = {
        "type": "scatter",
        "mode": "markers",
        "x": [_place(grid, run.treatment) for run, _ in runs],
        "y": [scale * value for _, value in runs],
        "marker": {"size": 7, "symbol": key.symbol, "color": colour, "opacity": 0.75},
        "text": [_hover(run.row.name, value * its.scores.sign, its) for run, value in runs],
        "hovertemplate": "%{text}<extra></extra>",
    }
    middles: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": [_place(grid, one) for one in treatments],
        "y": [scale * mean for mean in means],
        "marker": {"size": 17, "symbol": "line-ew", "line": {"color": colour, "width": 2}},
        "text": [
            _hover(f"{one}, mean", mean * its.scores.sign, its) for one, mean in zip(treatments, means, strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
    }
    if its.spread.runs is not None:
        bar = {"type": "constant", "value": abs(scale) * its.spread.runs}
        middles["error_y"] = bar | {"color": colour, "thickness": 1.25, "width": 0}
    return [middles, dots]


def _hover(name: str, value: float, its: ColumnEffects) -> str:
    return f"<b>{plain(name)}</b><br>{score(value, its.column.metric, its.column.unit)}"


def _layout(its: ColumnEffects, grid: Grid) -> dict[str, Any]:
    layout, axis = surroundings(HEIGHT)
    layout["margin"] = MARGIN | {"b": 34, "t": 12}
    layout["xaxis"] = axis | {
        "tickvals": list(range(len(grid.data))),
        "ticktext": [plain(shorten(name, LABEL)) for name in grid.data],
        "range": [-0.5, len(grid.data) - 0.5],
        "showgrid": False,
        "ticks": "",
        "tickangle": 0,
        "tickfont": {"size": 11.5},
    }
    layout["yaxis"] = axis | {
        "title": {"text": measure(its.column), "font": {"size": 12, "color": "var(--quiet)"}, "standoff": 8},
        "gridcolor": "var(--rule)",
        "tickfont": {"color": "var(--quiet)"},
        "nticks": 6,
        "range": _range(its),
    }
    layout["shapes"] = [*_band(its), *_between(len(grid.data))]
    return layout


def _range(its: ColumnEffects) -> list[float]:
    """From the lowest run, bar or random start to the highest, with a little room."""
    bar = its.spread.runs or 0.0
    means = [float(its.scores.of(one).mean()) for one in its.scores.treatments]
    ends = [*its.scores.values.tolist(), *its.scores.starts.values()]
    ends += [mean + side * bar for mean in means for side in (-1, 1)]
    room = 0.05 * (max(ends) - min(ends)) or 0.05
    scale = its.scores.sign * (100 if percent(its.column.metric) else 1)
    return sorted((scale * (min(ends) - room), scale * (max(ends) + room)))


def _band(its: ColumnEffects) -> list[dict[str, Any]]:
    """From the lowest to the highest score of a random start, and their mean as a line."""
    scale = its.scores.sign * (100 if percent(its.column.metric) else 1)
    values = [scale * value for value in its.scores.starts.values()]
    if not values:
        return []
    across = {"xref": "paper", "x0": 0, "x1": 1, "layer": "below"}
    band = {"type": "rect", "y0": min(values), "y1": max(values), "fillcolor": "var(--band)", "line": {"width": 0}}
    line = {"color": "var(--quiet)", "width": 1.25, "dash": "dash"}
    return [across | band, across | {"type": "line", "y0": fmean(values), "y1": fmean(values), "line": line}]


def _between(many: int) -> Sequence[dict[str, Any]]:
    """Thin lines between data sets."""
    line = {"color": "var(--rule)", "width": 1}
    up = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "layer": "below", "line": line}
    return [up | {"x0": k + 0.5, "x1": k + 0.5} for k in range(many - 1)]
