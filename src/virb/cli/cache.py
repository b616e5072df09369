"""``virb cache``: features kept between runs."""

import typer

from virb.cli._listing import JSON, show_card

app = typer.Typer(name="cache", help="The cache: features kept between runs.", no_args_is_help=True)


@app.command("status", epilog="Example: virb cache status")
def status(as_json: bool = JSON) -> None:
    """Show where the cache is, how large it is and how large it may grow."""
    from virb.cache import Cache, show_size  # imported when the command runs, so that --help is quick

    cache = Cache()
    entries = cache.entries()
    size = sum(entry.size for entry in entries)
    card = {"folder": str(cache.folder), "entries": len(entries), "bytes": size, "budget": cache.budget}
    if not as_json:
        card |= {"bytes": show_size(size), "budget": f"{show_size(cache.budget)} (set VIRB_CACHE_BUDGET)"}
    show_card(card, as_json)


@app.command("clear", epilog="Example: virb cache clear")
def clear() -> None:
    """Take everything out of the cache. Records stay; features are made again when they are needed."""
    from virb.cache import Cache, show_size

    typer.echo(f"{show_size(Cache().clear())} freed")
