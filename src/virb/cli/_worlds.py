"""``virb data status|fetch|verify`` of what virb renders itself: ``world:NAME``, or ``world`` for all."""

import typer

from virb.cli._listing import show_rows


def is_world(name: str) -> bool:
    """Whether a name means a world, a pre-training domain, or all of them."""
    return name == "world" or name.startswith("world:")


def show_status(name: str, as_json: bool) -> None:
    """Show which worlds are rendered, and how much each takes."""
    from virb.cache import show_size
    from virb.data.world._keeping import status

    rows = [kept._asdict() for kept in status(name)]
    show_rows(rows if as_json else [{**row, "size": show_size(row["size"])} for row in rows], as_json)


def render(name: str, images: int | None, side: int | None, again: bool) -> None:
    """Render a world before it is needed."""
    from virb.cache import show_size
    from virb.cli._console import out, progress
    from virb.data.world._keeping import fetch

    with progress() as reporter:
        kept = fetch(name, reporter, images=images, side=side, again=again)
    out.print(f"{len(kept)} in the cache: {show_size(sum(one.size for one in kept))}", markup=False)


def draw_again(name: str, images: int | None, side: int | None, examples: int) -> None:
    """Hash what is rendered again, and draw some examples again. Exits with 1 if anything differs."""
    from virb.cli._console import out, progress
    from virb.data.world._keeping import verify

    with progress() as reporter:
        wrong = verify(name, reporter, images=images, side=side, examples=examples)
    for one in wrong:
        out.print(one, markup=False, style="red")
    if wrong:
        raise typer.Exit(1)
    out.print("Everything is as it was rendered.")
