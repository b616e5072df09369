"""``virb data``: the data sources."""

import typer

from virb.cli._listing import JSON, show_card, show_rows

app = typer.Typer(name="data", help="Data sources: images, labels, licences.", no_args_is_help=True)
WORLD = typer.Argument("world", metavar="[NAME]", help="world:NAME, or world for all of them.")
IMAGES = typer.Option(None, help="So many images of the pre-training domain of that name.")
SIDE = typer.Option(None, help="Pixels of a domain's images; 64 unless said.")


@app.command("list", epilog="Example: virb data list")
def list_data(as_json: bool = JSON) -> None:
    """List the data sources; pre-training domains last."""
    from virb.data import list_cards  # imported when the command runs, so that --help is quick
    from virb.data.world import domain_cards
    from virb.data.world._keeping import status as status_of

    states = {kept.name: kept.state for kept in status_of() if kept.serves == "end tasks"}
    ends = [("end tasks", name, card) for name, card in list_cards().items()]
    starts = [("pre-training", name, card) for name, card in domain_cards().items()]
    rows = [
        {
            "data": name,
            "serves": serves,
            "images": card.images,
            "state": states.get(name, "") if serves == "end tasks" else "",
            "licence": card.licence,
            "title": card.title,
        }
        for serves, name, card in (*ends, *starts)
    ]
    if not as_json:
        for row in rows:
            row["images"] = "any number" if row["images"] is None and row["serves"] == "pre-training" else row["images"]
    show_rows(rows, as_json)


@app.command("show", epilog="Example: virb data show digits")
def show(name: str = typer.Argument(help="A data source."), as_json: bool = JSON) -> None:
    """Show one data source's card: what, from where, under which licence."""
    from virb.data import list_cards
    from virb.data.world import domain_cards
    from virb.errors import unknown

    cards = domain_cards() | list_cards()
    if name not in cards:
        raise unknown("data source", name, list(cards), "`virb data list` shows all.")
    show_card(cards[name].model_dump(mode="json"), as_json)


@app.command("status", epilog="Example: virb data status")
def status(name: str = WORLD, as_json: bool = JSON) -> None:
    """Show which worlds are rendered, and how much each takes."""
    from virb.cache import show_size
    from virb.data.world._keeping import status as status_of

    rows = [kept._asdict() for kept in status_of(name)]
    show_rows(rows if as_json else [{**row, "size": show_size(row["size"])} for row in rows], as_json)


@app.command("fetch", epilog="Example: virb data fetch world:flats")
def fetch(
    name: str = WORLD,
    images: int | None = IMAGES,
    side: int | None = SIDE,
    again: bool = typer.Option(False, "--again", help="Render anew what is there already."),
) -> None:
    """Render a world before it is needed."""
    from virb.cache import show_size
    from virb.cli._console import out, progress
    from virb.data.world._keeping import fetch as fetch_world

    with progress() as reporter:
        kept = fetch_world(name, reporter, images=images, side=side, again=again)
    out.print(f"{len(kept)} in the cache: {show_size(sum(one.size for one in kept))}", markup=False)


@app.command("verify", epilog="Example: virb data verify world:flats --examples 10")
def verify(
    name: str = WORLD,
    images: int | None = IMAGES,
    side: int | None = SIDE,
    examples: int = typer.Option(3, help="How many examples are rendered again and compared; 0 for none."),
) -> None:
    """Hash what is rendered again, and draw some examples again. Exits with 1 if anything differs."""
    from virb.cli._console import out, progress
    from virb.data.world._keeping import verify as verify_world

    with progress() as reporter:
        wrong = verify_world(name, reporter, images=images, side=side, examples=examples)
    for one in wrong:
        out.print(one, markup=False, style="red")
    if wrong:
        raise typer.Exit(1)
    out.print("Everything is as it was rendered.")
