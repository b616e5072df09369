"""``virb export``: tables of scores, and of what method and data changed, for other programs."""

import sys
from functools import partial
from pathlib import Path

import typer

from virb.errors import UserError, unknown


def export(
    folder: Path = typer.Argument(help="The --output folder of a run."),
    form: str = typer.Option("csv", "--format", "-f", help="csv, parquet, latex or markdown."),
    which: str = typer.Option(
        "scores", "--table", "-t", help="scores, effects, differences, gains, agreement or spread."
    ),
    output: Path | None = typer.Option(None, "--output", "-o", help="A file; standard output by default."),
) -> None:
    """Write one line a cell: encoder, task, probe, score, interval, chance, choice.

    The other tables are about encoders pre-trained by several methods or on several data: variance components with
    intervals (effects), pairs of methods, data sets and recipes (differences), scores above those of the random start
    (gains), rank correlations between tasks (agreement), and how far recipes lie apart (spread).
    """
    from virb.analysis import TABLES, effect_table, load_outcomes, matrix, render, table  # bring NumPy and pandas
    from virb.store import Store

    if which not in TABLES:
        raise unknown("table", which, TABLES)
    store = Store(folder)
    records = [*store.records(), *store.failures()]
    if not records:
        raise UserError(f"'{folder}' holds no records.", "Name the --output folder of a run.")

    outcomes = partial(load_outcomes, folder)
    frame = table(records, outcomes) if which == "scores" else effect_table(matrix(records, outcomes), which)
    content = render(frame, form)
    if output is not None:
        output.write_bytes(content)
    elif form == "parquet" and sys.stdout.isatty():
        raise UserError("'parquet' is not for a terminal.", "Name a file with --output.")
    else:
        sys.stdout.buffer.write(content)
