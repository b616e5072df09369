"""``virb export``: the table of scores for other programs."""

import sys
from pathlib import Path

import typer

from virb.errors import UserError


def export(
    folder: Path = typer.Argument(help="The --output folder of a run."),
    form: str = typer.Option("csv", "--format", "-f", help="csv, parquet, latex or markdown."),
    output: Path | None = typer.Option(None, "--output", "-o", help="A file; standard output by default."),
) -> None:
    """Write one line a cell: encoder, task, probe, score, interval, chance, choice."""
    from virb.analysis import load_outcomes, render, table  # bring NumPy and pandas
    from virb.store import Store

    store = Store(folder)
    records = [*store.records(), *store.failures()]
    if not records:
        raise UserError(f"'{folder}' holds no records.", "Name the --output folder of a run.")
    content = render(table(records, lambda record: load_outcomes(folder, record)), form)
    if output is not None:
        output.write_bytes(content)
    elif form == "parquet" and sys.stdout.isatty():
        raise UserError("'parquet' is not for a terminal.", "Name a file with --output.")
    else:
        sys.stdout.buffer.write(content)
