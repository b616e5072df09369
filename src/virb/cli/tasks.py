"""``virb tasks``: the end tasks."""

import typer

from virb.cli._listing import JSON, show_card, show_rows

app = typer.Typer(name="tasks", help="End tasks: what encoders are read out on.", no_args_is_help=True)


@app.command("list", epilog="Example: virb tasks list --json")
def list_tasks(as_json: bool = JSON) -> None:
    """List the end tasks. Your own: folder:PATH."""
    from virb.tasks import TASKS  # imported when the command runs, so that --help is quick

    rows = [
        {
            "task": name,
            "quadrant": str(task.quadrant),
            "data": task.data,
            "target": f"{task.target.count} classes" if task.target.type == "classes" else f"{task.target.size} values",
            "metric": task.primary,
            "title": task.title,
        }
        for name, task in TASKS.items()
    ]
    show_rows(rows, as_json)


@app.command("show", epilog="Example: virb tasks show digits")
def show(name: str = typer.Argument(help="A task, or folder:PATH."), as_json: bool = JSON) -> None:
    """Show one task's card."""
    from virb.tasks import resolve_task

    show_card(resolve_task(name).model_dump(mode="json"), as_json)
