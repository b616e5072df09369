"""``virb tasks``: the end tasks."""

from pathlib import Path

import typer

from virb.cli._listing import JSON, show_card, show_rows
from virb.cli.data import ROOT, brief, whereabouts

app = typer.Typer(name="tasks", help="End tasks: what encoders are read out on.", no_args_is_help=True)


@app.command("list", epilog="Example: virb tasks list --data-root /data --json")
def list_tasks(data_root: Path | None = ROOT, as_json: bool = JSON) -> None:
    """List the end tasks, and whether their data are there. Your own: folder:PATH, table:FILE.csv."""
    from virb.data import list_cards  # imported when the command runs, so that --help is quick
    from virb.tasks import TASKS

    cards = list_cards()
    rows = [
        {
            "task": name,
            "quadrant": str(task.quadrant),
            "target": task.target.shown,
            "metric": task.primary,
            "data": task.data,
            "there": whereabouts(task.data, data_root),
            "examples": dict(cards[task.data].splits) or cards[task.data].images,
            "licence": cards[task.data].licence if as_json else brief(cards[task.data].licence),
            "title": task.title,
        }
        for name, task in TASKS.items()
    ]
    show_rows(rows, as_json)


@app.command("show", epilog="Example: virb tasks show digits --image digits.png")
def show(
    name: str = typer.Argument(help="A task, or your own: folder:PATH, table:FILE.csv."),
    as_json: bool = JSON,
    image: Path | None = typer.Option(None, metavar="FILE.png", help="Draw examples with their targets instead."),
    examples: int = typer.Option(24, min=1, max=400, help="How many examples to draw."),
    data_root: Path | None = ROOT,
) -> None:
    """Show one task's card, or draw examples of it. Your own table is checked line by line."""
    from virb.tasks import resolve_task

    task = resolve_task(name)
    if image is None:
        show_card(task.model_dump(mode="json"), as_json)
        return
    from virb.cli._console import progress
    from virb.data import open_data  # only a picture needs the data, and Pillow
    from virb.progress import Quiet
    from virb.report.sheet import check_name, contact_sheet, save, spread

    check_name(image)
    with progress() as reporter:
        dataset = open_data(task.data, data_root, Quiet() if as_json else reporter)
    chosen = spread(task, dataset, examples)
    save(contact_sheet(task, dataset, chosen), image)
    title = task.title or task.name
    shown = f"{len(chosen.rows)} {chosen.split} examples of {title}"
    if not title.endswith(task.target.shown):  # titles of own data say it already
        shown += f", {task.target.shown}"
    show_card({"image": str(image.absolute()), "shown": shown, "licence": dataset.card.licence}, as_json)
