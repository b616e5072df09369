"""``virb report``: one HTML file about a folder of records."""

from pathlib import Path

import typer


def report(
    folder: Path = typer.Argument(help="The --output folder of a run."),
    output: Path | None = typer.Option(None, "--output", "-o", help="The HTML file; FOLDER/report.html by default."),
) -> None:
    """Write the report of a folder of records: one self-contained HTML file. Computes nothing anew."""
    from virb.report import write  # brings NumPy and jinja2

    typer.echo(write(folder, output or folder / "report.html"))
