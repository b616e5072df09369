"""Lists and cards, as a table for people or as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer

JSON = typer.Option(False, "--json", help="Print JSON.")


def show_rows(rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print rows that share their keys."""
    if as_json:
        typer.echo(json.dumps(list(rows), indent=1, ensure_ascii=False))
        return
    from rich.table import Table  # imported when something is shown, so that --help is quick

    from virb.cli._console import out

    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(rows[0] if rows else ()):
        table.add_column(name, overflow="fold", no_wrap=place == 0)  # whoever asks for an item copies its name
    for row in rows:
        table.add_row(*(_plain(value) for value in row.values()))
    out.print(table, markup=False, soft_wrap=False)


def show_card(card: Mapping[str, Any], as_json: bool) -> None:
    """Print one item, a field a line."""
    if as_json:
        typer.echo(json.dumps(dict(card), indent=1, ensure_ascii=False))
        return
    width = max(len(name) for name in card)
    for name, value in card.items():
        if value not in (None, "", (), [], {}):
            typer.echo(f"{name:<{width}}  {_plain(value)}")


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items() if item is not None)
    return f"{value:g}" if isinstance(value, float) else str(value)
