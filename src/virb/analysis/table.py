"""The matrix as a long table, one line a cell, and its four ways out: CSV, Parquet, LaTeX, Markdown."""

import io
import json
from collections.abc import Iterable
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np

from virb.analysis.comparison import Column, Row
from virb.analysis.findings import reason
from virb.analysis.matrix import Cell, matrix
from virb.analysis.outcomes import Outcomes
from virb.analysis.words import percent
from virb.errors import UserError, unknown
from virb.spec import METRICS, Record

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("csv", "parquet", "latex", "markdown")


def table(records: Iterable[Record], outcomes: Outcomes) -> "pd.DataFrame":
    """One line a cell: an encoder on a task read out by a probe. Gaps have no line; failures have no score.

    Scores are as the metric gives them (shares, not percent), in ``unit`` where they have one; ``better`` says which
    way; ``low`` and ``high`` are the ends of the 95 % interval. ``seeds`` and ``draws`` name the replicates.

    Args:
        records: all of them, failures too.
        outcomes: the per-example arrays of a record, or None.
    """
    import pandas as pd  # a second to import, and the report does without

    found = matrix(records, outcomes)
    lines = [
        _line(column, row, cell)
        for column in found.columns
        for row in found.rows
        if (cell := found.cell(column, row)) is not None
    ]
    frame = pd.DataFrame(lines, columns=list(COLUMNS))
    return frame.astype(COLUMNS)


COLUMNS = {
    "task": "string",
    "quadrant": "string",
    "synthetic": "boolean",
    "probe": "string",
    "regime": "string",
    "apart": "string",
    "encoder": "string",
    "source": "string",
    "arch": "string",
    "metric": "string",
    "better": "string",
    "unit": "string",
    "score": "Float64",
    "low": "Float64",
    "high": "Float64",
    "chance": "Float64",
    "examples": "Int64",
    "groups": "Int64",
    "seeds": "string",
    "draws": "string",
    "inputs": "string",
    "protocol": "string",
    "choice": "string",
    "status": "string",
    "reason": "string",
    "records": "string",
}
"""Names and types of the table's columns."""


def _line(column: Column, row: Row, cell: Cell) -> dict[str, Any]:
    task = column.experiment.task
    low, high = cell.interval or (None, None)
    return {
        "task": task.name,
        "quadrant": str(task.quadrant),
        "synthetic": task.synthetic,
        "probe": column.probe,
        "regime": str(column.experiment.regime),
        "apart": column.distinction,
        "encoder": row.name,
        "source": row.spec.source,
        "arch": row.arch,
        "metric": column.metric,
        "better": METRICS[column.metric].better,
        "unit": "" if percent(column.metric) else column.unit,
        "score": cell.score,
        "low": low,
        "high": high,
        "chance": cell.chance,
        "examples": cell.examples,
        "groups": cell.groups,
        "seeds": " ".join(str(record.experiment.seed) for record in cell.records),
        "draws": " ".join(str(record.experiment.regime.resample) for record in cell.records),
        "inputs": str(column.experiment.inputs),
        "protocol": column.experiment.protocol,
        "choice": json.dumps([record.choice for record in cell.records]),
        "status": "ok" if cell.records else cell.failures[0].status,
        "reason": "; ".join(dict.fromkeys(reason(record) for record in cell.failures)) or cell.note or "",
        "records": " ".join(cell.ids),
    }


def render(frame: "pd.DataFrame", form: str) -> bytes:
    """The table as a file's content.

    Args:
        frame: what :func:`table` gave.
        form: ``csv``, ``parquet``, ``latex`` (booktabs) or ``markdown``.

    Raises:
        UserError: there is no such format, or what it needs is not installed.
    """
    if form == "csv":
        return frame.to_csv(index=False, lineterminator="\n").encode()
    if form == "parquet":
        buffer = io.BytesIO()
        try:
            frame.to_parquet(buffer, index=False)
        except ImportError as error:
            raise UserError("Parquet files need pyarrow.", "Install it: pip install 'virb[parquet]'") from error
        return buffer.getvalue()
    if form == "latex":
        return _latex(_texts(frame)).encode()
    if form == "markdown":
        return _markdown(_texts(frame)).encode()
    raise unknown("format", form, FORMATS)


def _texts(frame: "pd.DataFrame") -> list[list[str]]:
    """The table in text, the head first: numbers to four places, line breaks gone."""
    head = [str(name) for name in frame.columns]
    return [head, *([_text(value) for value in values] for values in frame.itertuples(index=False, name=None))]


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return " ".join(str(value).split()) if isinstance(value, str | Integral | np.bool_) else ""


def _markdown(lines: list[list[str]]) -> str:
    escaped = [[text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;") for text in line] for line in lines]
    rows = [f"| {' | '.join(line)} |" for line in escaped]
    return "\n".join([rows[0], "|" + " --- |" * len(lines[0]), *rows[1:]]) + "\n"


LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "%": r"\%",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)
"""Characters that mean something to LaTeX."""


def _latex(lines: list[list[str]]) -> str:
    rows = [" & ".join(text.translate(LATEX) for text in line) + r" \\" for line in lines]
    head = [rf"\begin{{tabular}}{{{'l' * len(lines[0])}}}", r"\toprule", rows[0], r"\midrule"]
    return "\n".join([*head, *rows[1:], r"\bottomrule", r"\end{tabular}"]) + "\n"
