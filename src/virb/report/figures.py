"""Figures as plain JSON for plotly.js: one panel a column, one dot an encoder, and the line of chance.

Colours are the page's CSS variables by name (``var(--accent)``): the page's script puts in what they are, so that one
figure serves light and dark. Text is escaped here, since plotly reads some markup in it.
"""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, final

from virb.analysis.comparison import Column, Row
from virb.analysis.matrix import Cell, Matrix
from virb.analysis.words import bracket, percent, score, shorten
from virb.report.lines import Line
from virb.report.tables import measure

LABEL = 24
"""Characters of an encoder's name beside a panel; all of it is shown on hover."""
ROW = 26
"""Pixels from one encoder to the next."""
APART = 11
"""Pixels from one run of a line to the next."""
MARGIN = {"l": 8, "r": 16, "t": 8, "b": 44}


@final
@dataclass(frozen=True)
class Panel:
    """One column as a figure.

    Attributes:
        column: what it shows.
        height: in pixels.
        spoken: what it shows, for those who do not see it.
        data: plotly traces.
        layout: plotly layout.
    """

    column: Column
    height: int
    spoken: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]


def panels(matrix: Matrix, columns: Sequence[Column], lines: Sequence[Line]) -> list[Panel]:
    """One panel for each of the columns that has a score, with an axis of its own; runs of a recipe share a line."""
    return [_panel(matrix, column, lines) for column in columns if matrix.scored(column)]


@final
@dataclass(frozen=True)
class _Dot:
    row: Row
    place: float
    cell: Cell
    value: float


def _panel(matrix: Matrix, column: Column, lines: Sequence[Line]) -> Panel:
    # The same lines in every panel, so that the eye can go across; a gap is an empty line.
    places = _places(lines)
    dots = [
        _Dot(row, centre + APART / ROW * (k - (len(line.rows) - 1) / 2), cell, cell.score)
        for line, (centre, _) in zip(lines, places, strict=True)
        for k, row in enumerate(line.rows)
        if (cell := matrix.cell(column, row)) and cell.score is not None
    ]
    best, tied = matrix.best(column), matrix.tied(column)
    leading = {row.key for row in (best, *tied) if row is not None} if len(dots) > 1 else set()
    height = round(ROW * sum(size for _, size in places)) + MARGIN["t"] + MARGIN["b"]
    traces = []
    for leads, floor in product((True, False), (False, True)):
        group = [dot for dot in dots if (dot.row.key in leading) == leads and dot.row.floor == floor]
        traces += [_trace(leads, floor, group, column)] if group else []
    spoken = f"Scores of {len(dots)} encoders on {column.label}, {measure(column)}; the table has the same numbers."
    return Panel(column, height, spoken, traces, _layout(column, lines, dots, matrix.chance(column), height))


def _places(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """Where the middle of each line is, and how high it is, in rows: runs need room below one another."""
    sizes = [max(1.0, (APART * len(line.rows) + 8) / ROW) for line in lines]
    return [(sum(sizes[:k]) + size / 2 - 0.5, size) for k, size in enumerate(sizes)]


def _trace(leads: bool, floor: bool, dots: list[_Dot], column: Column) -> dict[str, Any]:
    scale = 100 if percent(column.metric) else 1
    colour = "var(--accent)" if leads else "var(--quiet)"
    marker = {"size": 9, "color": "var(--page)" if floor else colour, "line": {"color": colour, "width": 2}}
    ends = [dot.cell.interval or (dot.value, dot.value) for dot in dots]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [scale * dot.value for dot in dots],
        "y": [dot.place for dot in dots],
        "marker": marker,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [scale * (high - dot.value) for dot, (_, high) in zip(dots, ends, strict=True)],
            "arrayminus": [scale * (dot.value - low) for dot, (low, _) in zip(dots, ends, strict=True)],
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        },
        "text": [_hover(dot, column) for dot in dots],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _hover(dot: _Dot, column: Column) -> str:
    text = f"<b>{plain(dot.row.name)}</b><br>{score(dot.value, column.metric, column.unit)}"
    return text + (f" {bracket(*dot.cell.interval, column.metric)}" if dot.cell.interval else "")


def _layout(
    column: Column, lines: Sequence[Line], dots: Iterable[_Dot], chance: float | None, height: int
) -> dict[str, Any]:
    scale = 100 if percent(column.metric) else 1
    layout, axis = surroundings(height)
    layout |= {
        "xaxis": axis
        | {
            "title": {"text": measure(column), "font": {"size": 12, "color": "var(--quiet)"}, "standoff": 8},
            "gridcolor": "var(--rule)",
            "tickfont": {"color": "var(--quiet)"},
            "range": _range(dots, chance, scale),
            "nticks": 6,
        },
        "yaxis": axis
        | {
            "tickvals": [centre for centre, _ in _places(lines)],
            "ticktext": [plain(shorten(line.name, LABEL)) for line in lines],
            "range": [sum(size for _, size in _places(lines)) - 0.5, -0.5],
            "showgrid": False,
            "ticks": "",
            "ticklabelstandoff": 6,
        },
    }
    if chance is not None:
        line = {"color": "var(--quiet)", "width": 1.25, "dash": "dot"}
        at = {"x0": scale * chance, "x1": scale * chance, "y0": 0, "y1": 1, "yref": "paper"}
        layout["shapes"] = [{"type": "line", "layer": "below", "line": line} | at]
    return layout


def _range(dots: Iterable[_Dot], chance: float | None, scale: int) -> list[float]:
    """From the lowest end or chance to the highest end, with a little room."""
    ends = [end for dot in dots for end in (dot.cell.interval or (dot.value,))]
    ends += [] if chance is None else [chance]
    low, high = min(ends), max(ends)
    room = 0.05 * (high - low) or 0.05
    assert math.isfinite(low) and math.isfinite(high), "a record's score is finite"  # noqa: PT018 - one statement
    return [scale * (low - room), scale * (high + room)]


def surroundings(height: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """What all figures share: their layout without axes, and what is common to their axes."""
    layout: dict[str, Any] = {
        "height": height,
        "margin": MARGIN,
        "showlegend": False,
        "dragmode": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 12.5, "color": "var(--ink)"},
        "hoverlabel": {"bgcolor": "var(--page)", "bordercolor": "var(--rule)", "font": {"color": "var(--ink)"}},
    }
    return layout, {"zeroline": False, "fixedrange": True, "showline": False, "automargin": True}


def plain(text: str) -> str:
    """A user's text with nothing in it that plotly would read as markup."""
    return html.escape(" ".join(text.split()), quote=False)
