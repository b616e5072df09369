"""Effects as long tables for other programs: variance components, differences, gains, agreement, spread.

All numbers are in the unit of the metric as it is (shares, not percent). Differences and gains are positive where the
first, or the trained one, is better, whichever way the metric goes.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from virb.analysis.agreement import Correlation
from virb.analysis.comparison import Column
from virb.analysis.effects import ColumnEffects, Effects, effects
from virb.analysis.matrix import Matrix
from virb.analysis.words import percent
from virb.errors import unknown
from virb.spec import METRICS

if TYPE_CHECKING:
    import pandas as pd

Line = dict[str, Any]

TEXT, NUMBER, COUNT, TRUTH = "string", "Float64", "Int64", "boolean"
PLACE = dict.fromkeys(("task", "probe", "apart", "metric", "better", "unit"), TEXT)
INTERVAL = dict.fromkeys(("low", "high"), NUMBER)
TESTED = {"p": NUMBER, "adjusted": NUMBER, "distinguishable": TRUTH}
HEADS: dict[str, dict[str, str]] = {
    "effects": PLACE
    | {"source": TEXT, "df": COUNT, "squares": NUMBER, "mean_square": NUMBER, "f": NUMBER, "p": NUMBER, "sd": NUMBER}
    | INTERVAL
    | {"share": NUMBER, "methods": TEXT, "data": TEXT, "runs": TEXT, "paired": TRUTH, "note": TEXT},
    "differences": PLACE | {"family": TEXT, "one": TEXT, "other": TEXT, "difference": NUMBER} | INTERVAL | TESTED,
    "gains": PLACE
    | {"method": TEXT, "data": TEXT, "gain": NUMBER}
    | INTERVAL
    | TESTED
    | {"starts": COUNT, "df": NUMBER, "paired": TRUTH},
    "agreement": dict.fromkeys(("task", "probe", "apart", "other_task", "other_probe", "other_apart"), TEXT)
    | {"spearman": NUMBER}
    | INTERVAL
    | {"of_means": NUMBER, "of_means_low": NUMBER, "of_means_high": NUMBER, "p": NUMBER, "holm": NUMBER, "bh": NUMBER}
    | {"distinguishable": TRUTH, "encoders": COUNT, "recipes": COUNT},
    "spread": PLACE
    | {"recipes": COUNT, "recipes_sd": NUMBER, "runs_sd": NUMBER, "test_half_width": NUMBER, "p": NUMBER}
    | {"distinguishable": TRUTH},
}
"""Names and types of each table's columns."""
TABLES = ("scores", *HEADS)
"""What can be exported; ``scores`` is :func:`virb.analysis.table`."""


def effect_table(matrix: Matrix, name: str) -> "pd.DataFrame":
    """One of the tables of ``HEADS``; without lines where a matrix holds no grid of methods and data sets.

    Raises:
        UserError: there is no such table.
    """
    import pandas as pd  # a second to import, and the report does without

    if name not in HEADS:
        raise unknown("table", name, TABLES)
    found = effects(matrix)
    lines = list(_LINES[name](found)) if found else []
    return pd.DataFrame(lines, columns=list(HEADS[name])).astype(HEADS[name])


def _place(column: Column) -> Line:
    return {
        "task": column.experiment.task.name,
        "probe": column.probe,
        "apart": column.distinction,
        "metric": column.metric,
        "better": METRICS[column.metric].better,
        "unit": "" if percent(column.metric) else column.unit,
    }


def _ends(interval: tuple[float, float] | None) -> Line:
    low, high = interval or (None, None)
    return {"low": low, "high": high}


def _columns(found: Effects) -> Iterator[ColumnEffects]:
    yield from found.columns.values()


def _effects(found: Effects) -> Iterator[Line]:
    for its in _columns(found):
        if its.components is None:
            yield _place(its.column) | {"note": its.note}
            continue
        part = its.components.part
        of = {"methods": ", ".join(part.methods), "data": ", ".join(part.data)}
        for line in its.components.lines:
            yield {
                **_place(its.column),
                "source": line.name,
                "df": line.df,
                "squares": line.squares,
                "mean_square": line.mean_square,
                "f": line.f,
                "p": line.p,
                "sd": line.sd,
                **_ends(line.interval),
                "share": line.share,
                **of,
                "runs": " ".join(map(str, part.numbers)),
                "paired": part.paired,
                "note": its.note,
            }


def _differences(found: Effects) -> Iterator[Line]:
    for its in _columns(found):
        for contrast in its.contrasts:
            yield {
                **_place(its.column),
                "family": contrast.family,
                "one": contrast.one,
                "other": contrast.other,
                "difference": contrast.estimate,
                **_ends(contrast.interval),
                "p": contrast.p,
                "adjusted": contrast.adjusted,
                "distinguishable": contrast.distinguishable,
            }


def _gains(found: Effects) -> Iterator[Line]:
    for its in _columns(found):
        for gain in its.gains:
            method, data = gain.treatment or ("all", "all")
            yield {
                **_place(its.column),
                "method": method,
                "data": data,
                "gain": gain.estimate,
                **_ends(gain.interval),
                "p": gain.p,
                "adjusted": gain.adjusted,
                "distinguishable": gain.distinguishable,
                "starts": gain.starts,
                "df": gain.df,
                "paired": gain.paired,
            }


def _agreement(found: Effects) -> Iterator[Line]:
    for pair in (*found.agreement, *found.beside.values()):
        yield _pair(pair)


def _pair(pair: Correlation) -> Line:
    low, high = pair.means_interval or (None, None)
    return {
        "task": pair.one.experiment.task.name,
        "probe": pair.one.probe,
        "apart": pair.one.distinction,
        "other_task": pair.other.experiment.task.name,
        "other_probe": pair.other.probe,
        "other_apart": pair.other.distinction,
        "spearman": pair.estimate,
        **_ends(pair.interval),
        "of_means": pair.means,
        "of_means_low": low,
        "of_means_high": high,
        "p": pair.p,
        "holm": pair.holm,
        "bh": pair.bh,
        "distinguishable": pair.distinguishable,
        "encoders": pair.encoders,
        "recipes": pair.treatments,
    }


def _spread(found: Effects) -> Iterator[Line]:
    for its in _columns(found):
        yield {
            **_place(its.column),
            "recipes": len(its.scores.treatments),
            "recipes_sd": its.spread.treatments,
            "runs_sd": its.spread.runs,
            "test_half_width": its.spread.half,
            "p": its.spread.p,
            "distinguishable": its.spread.distinguishable,
        }


_LINES: dict[str, Callable[[Effects], Iterator[Line]]] = {
    "effects": _effects,
    "differences": _differences,
    "gains": _gains,
    "agreement": _agreement,
    "spread": _spread,
}
