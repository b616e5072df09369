"""``virb data``: the data sources."""

import typer

from virb.cli._listing import JSON, show_card, show_rows

app = typer.Typer(name="data", help="Data sources: images, labels, licences.", no_args_is_help=True)


@app.command("list", epilog="Example: virb data list")
def list_data(as_json: bool = JSON) -> None:
    """List the data sources."""
    from virb.data import list_cards  # imported when the command runs, so that --help is quick

    rows = [
        {"data": name, "images": card.images, "licence": card.licence, "title": card.title}
        for name, card in list_cards().items()
    ]
    show_rows(rows, as_json)


@app.command("show", epilog="Example: virb data show digits")
def show(name: str = typer.Argument(help="A data source."), as_json: bool = JSON) -> None:
    """Show one data source's card: what, from where, under which licence."""
    from virb.data import list_cards
    from virb.errors import unknown

    cards = list_cards()
    if name not in cards:
        raise unknown("data source", name, list(cards), "`virb data list` shows all.")
    show_card(cards[name].model_dump(mode="json"), as_json)
