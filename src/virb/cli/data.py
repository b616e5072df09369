"""``virb data``: the data sources."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from virb.cli import _worlds
from virb.cli._listing import JSON, show_card, show_rows

if TYPE_CHECKING:
    from virb.data import DataSource

app = typer.Typer(name="data", help="Data sources: images, labels, licences.", no_args_is_help=True)

ROOT = typer.Option(None, envvar="VIRB_DATA", help="Folder of data sources that do not ship inside packages.")
NAME = typer.Argument(
    metavar="SOURCE",
    help="A name from `virb data list`, folder:PATH or table:FILE.csv; world stands for every world.",
)
IMAGES = typer.Option(None, help="Of a pre-training domain: so many images.")
SIDE = typer.Option(None, help="Of a pre-training domain: pixels of its images; 64 unless said.")


@app.command("list", epilog="Example: virb data list --data-root /data")
def list_data(data_root: Path | None = ROOT, as_json: bool = JSON) -> None:
    """List the data sources and whether they are there; pre-training domains last."""
    from virb.data import list_cards  # imported when the command runs, so that --help is quick
    from virb.data.world import domain_cards

    ends = [("end tasks", name, card) for name, card in list_cards().items()]
    starts = [("pre-training", name, card) for name, card in domain_cards().items()]
    rows = [
        {
            "data": name,
            "serves": serves,
            "images": card.images
            if as_json or card.images is not None
            else "any number"
            if serves == "pre-training"
            else None,
            "there": whereabouts(name, data_root) if serves == "end tasks" else "",
            "licence": card.licence if as_json else brief(card.licence),
            "title": card.title,
        }
        for serves, name, card in (*ends, *starts)
    ]
    show_rows(rows, as_json)


@app.command("show", epilog="Example: virb data show digits")
def show(name: str = NAME, as_json: bool = JSON) -> None:
    """Show one data source's card: what, from where, under which licence."""
    from virb.data import list_cards, open_data, own_place
    from virb.data.world import domain_cards
    from virb.errors import unknown

    if own_place(name) is not None:
        show_card(open_data(name).card.model_dump(mode="json"), as_json)
        return
    cards = domain_cards() | list_cards()
    if name not in cards:
        raise unknown("data source", name, list(cards), "`virb data list` shows all.")
    show_card(cards[name].model_dump(mode="json"), as_json)


@app.command("status", epilog="Example: virb data status pets --data-root /data")
def status(name: str = NAME, data_root: Path | None = ROOT, as_json: bool = JSON) -> None:
    """Say whether a data source is there and whole, and how it is laid out; of worlds, which are rendered.

    Exit codes: 0 it is there, 1 it is missing or not whole, 2 the request was wrong.
    """
    from virb.data import own_place
    from virb.data._files import FileSource

    if _worlds.is_world(name):
        _worlds.show_status(name, as_json)
        return

    if own_place(name) is not None:
        _show_own(name, as_json)
        return
    source = _source(name)
    if not isinstance(source, FileSource):
        show_card({"data": name, "state": "there", "about": source.card.how_to_get}, as_json)
        return
    found = source.status(data_root)
    card = {
        "data": name,
        "state": found.state,
        "folder": str(found.folder) if found.folder else None,
        "layout": found.layout.name if found.layout else None,
        "found": dict(found.found),
        "expected": dict(source.card.splits),
        "problem": found.problem.problem if found.problem else None,
        "remedy": found.problem.remedy if found.problem else None,
    }
    show_card(card, as_json)
    if found.state != "there":
        raise typer.Exit(1)


@app.command("fetch", epilog="Example: virb data fetch pets --data-root /data --yes")
def fetch(
    name: str = NAME,
    data_root: Path | None = ROOT,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask: the licence has been read."),
    images: int | None = IMAGES,
    side: int | None = SIDE,
    again: bool = typer.Option(False, "--again", help="Of a world: render anew what is there already."),
) -> None:
    """Download a data source, where its publisher allows that; otherwise say how one gets it. Worlds are rendered.

    What has come is kept if it is stopped: the same command goes on from there. Exit codes: 0 it is in place,
    1 it has to be got by hand, 2 the request was wrong or the download failed.
    """
    if _worlds.is_world(name):
        _worlds.render(name, images, side, again)
        return
    from virb.cli._console import out, progress
    from virb.data import own_place
    from virb.data._fetching import fetch as fetch_source
    from virb.data._fetching import terms
    from virb.data._files import FileSource
    from virb.errors import UserError

    if own_place(name) is not None:
        out.print(f"Nothing to fetch: '{name}' is yours.", markup=False)
        return
    source = _source(name)
    if not isinstance(source, FileSource):
        out.print(f"Nothing to fetch. {source.card.how_to_get}", markup=False)
        return
    if data_root is not None and source.status(data_root).state == "there":
        out.print(f"{name} is there and whole.")
        return
    for line in terms(source.card):
        out.print(line, markup=False)
    if not source.card.fetched:
        raise typer.Exit(1)
    if data_root is None:
        raise UserError(f"It was not said where '{name}' shall go.", "Give --data-root DIR, or set VIRB_DATA.")
    if not yes:
        if not out.is_terminal:
            raise UserError(f"'{name}' is not downloaded without consent.", "Add --yes once you agree to its licence.")
        typer.confirm("Download it?", abort=True)
    with progress() as reporter:
        folder = fetch_source(source, data_root, reporter)
    out.print(f"{name} is in {folder}", markup=False)


@app.command("verify", epilog="Example: virb data verify pets --data-root /data --workers 8")
def verify(
    name: str = NAME,
    data_root: Path | None = ROOT,
    workers: int = typer.Option(2, min=1, help="Threads that decode."),
    images: int | None = IMAGES,
    side: int | None = SIDE,
    examples: int = typer.Option(3, help="Of a world: how many examples are drawn again and compared."),
    as_json: bool = JSON,
) -> None:
    """Read every image and label: name corrupt files, labels out of range, empty classes, and images in two splits.

    What virb has rendered is hashed again, and some of its examples are drawn again.

    Exit codes: 0 nothing is wrong (images in two splits are told, and may be the publisher's), 1 something is,
    2 the request was wrong.
    """
    if _worlds.is_world(name):
        _worlds.draw_again(name, images, side, examples)
        return
    from virb.cli._console import progress
    from virb.data import open_data, own_place
    from virb.data._files import FileSource
    from virb.data._verifying import verify as verify_data
    from virb.progress import Quiet

    with progress() as reporter:
        source = None if own_place(name) else _source(name)
        dataset = source.unhashed(data_root) if isinstance(source, FileSource) else open_data(name, data_root)
        found = verify_data(dataset, workers, Quiet() if as_json else reporter)
    smallest, largest = (f"{width} x {height}" for height, width in found.sizes)
    per_split = {split: count for split, count in _per_split(dataset.official).items() if split}
    card = {
        "data": name,
        "images": found.images,
        "pixels": f"{smallest} to {largest}",
        "examples": per_split or len(dataset),
        "classes": {name: _told(counts) for name, counts in found.counts.items()},
        "in two splits": len(found.copies),
        "problems": len(found.problems),
    }
    if as_json:
        card |= {
            "classes": found.counts,
            "in two splits": [copy._asdict() for copy in found.copies],
            "problems": list(found.problems),
        }
    show_card(card, as_json)
    if not as_json:
        for copy in found.copies[:20]:
            typer.echo(f"Same pixels: '{copy.first}' in {copy.splits[0]} and '{copy.second}' in {copy.splits[1]}.")
        for problem in found.problems:
            typer.echo(problem)
    if found.problems:
        raise typer.Exit(1)


def whereabouts(name: str, data_root: Path | None) -> str:
    """In a word where the data of a source are: ``ships``, ``rendered``, the layout that was found, or ``–``."""
    from virb.data import SOURCES
    from virb.data._files import FileSource

    if _worlds.is_world(name):
        from virb.data.world._keeping import status as worlds

        return next(kept.state for kept in worlds(name) if kept.serves == "end tasks")
    source = SOURCES.load(name)
    if not isinstance(source, FileSource):
        return "ships"
    found = source.locate(data_root)
    return found[1].name if found else "–"


def brief(licence: str) -> str:
    """A licence without its particulars, for a table."""
    return licence.partition(";")[0].partition(" (")[0]


def _source(name: str) -> "DataSource":
    from virb.data import SOURCES

    return SOURCES.load(name)


def _show_own(name: str, as_json: bool) -> None:
    """Whether own data are as they must be: everything is looked at that is looked at before a run."""
    from virb.data import open_data
    from virb.errors import UserError
    from virb.tasks import resolve_task

    try:
        task, dataset = resolve_task(name), open_data(name)
    except UserError as error:
        show_card({"data": name, "state": "partial", "problem": error.problem, "remedy": error.remedy}, as_json)
        raise typer.Exit(1) from error
    found = {
        "data": name,
        "state": "there",
        "about": task.about,
        "target": task.target.shown,
        "images": len(dataset.keys),
        "groups": None if dataset.groups is None else len({*dataset.groups.tolist()}),
        "notes": list(dataset.notes),
    }
    show_card(found, as_json)


def _per_split(official: Any) -> dict[str, int]:
    import numpy as np

    if official is None:
        return {}
    names, counts = np.unique(official, return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _told(counts: dict[str, int]) -> str:
    few, many = min(counts.values()), max(counts.values())
    return f"{len(counts)} classes of {few:,}{f' to {many:,}' if many > few else ''} examples"
