"""``virb study``: encoders to pre-train and to evaluate, asked for in one file."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from virb.cli import run as run_command
from virb.cli._listing import JSON, show_rows

if TYPE_CHECKING:
    from virb.study._outlook import Outlook
    from virb.study.power import Power

app = typer.Typer(name="study", help="A study file: pre-training and evaluation in one.", no_args_is_help=True)
FILE = typer.Argument(metavar="FILE", help="A study file, such as pilot.yaml.")


@app.command("plan", epilog="Example: virb study plan pilot.yaml")
def plan(
    file: Path = FILE,
    output: Path | None = typer.Option(None, "--output", "-o", help="Folder of an earlier run: what is there counts."),
    as_json: bool = JSON,
) -> None:
    """Show what a study asks for, how long it may take, and what difference it can see. Opens no data, runs nothing."""
    from virb.study.declared import load_study  # imported when the command runs, so that --help is quick

    outlook = load_study(file).plan(output)
    if as_json:
        typer.echo(json.dumps(outlook.declared(), indent=1, ensure_ascii=False))
        return
    _show_runs(outlook)
    _show_experiments(outlook)
    for one in outlook.left_out:
        typer.echo(f"left out: {one.what}: {one.reason}")
    if outlook.left_out:
        typer.echo()
    if outlook.power is not None:
        _show_power(outlook.power)


@app.command("run", epilog="Example: virb study run pilot.yaml -o pilot --executor processes --workers 2 --threads 1")
def run(
    file: Path = FILE,
    output: Path = typer.Option(..., "--output", "-o", help="Folder of runs, records, report; a rerun goes on there."),
    data_root: Path | None = typer.Option(None, help="Folder of data sources that do not ship inside packages."),
    device: str = typer.Option("auto", help="auto, cpu, cuda, cuda:1, …"),
    executor: str = typer.Option("inline", help="inline, or processes: several runs or encoders side by side."),
    workers: int = typer.Option(2, help="How many side by side."),
    threads: int = typer.Option(0, min=0, help="CPU threads of each; 0 divides the machine's cores."),
    retry_failed: bool = typer.Option(False, "--retry-failed", help="Try again what failed before."),
) -> None:
    """Pre-train what is not finished, then evaluate what is missing. A rerun goes on where it stopped.

    Exit codes: 0 done, 1 some runs or experiments failed (they are listed), 2 the request was wrong.
    """
    from virb.cli._console import out, progress
    from virb.executors import Resources
    from virb.results import Results  # brings torch: imported when the command runs, not for --help
    from virb.study import Site
    from virb.study.declared import load_study

    study = load_study(file)
    with progress() as reporter:
        site = Site(
            output=output,
            data_root=data_root,
            device=device,
            executor=executor,
            resources=Resources(workers, threads),
            retry_failed=retry_failed,
            progress=reporter,
        )
        try:
            studied = study.run(site)
        except KeyboardInterrupt:
            out.print("Stopped. What is finished is kept; the same command goes on from there.")
            raise typer.Exit(130) from None
    for lost in studied.lost:
        out.print(f"no encoder, and so no cells: {lost.recipe.label}: {lost.shown}", markup=False, style="red")
    if any(lost.state == "failed" for lost in studied.lost) and not retry_failed:
        out.print("Runs that failed are made again with --retry-failed.")
    if studied.ran.records or studied.ran.failures:
        run_command.conclude(Results(studied.ran, output))
    if studied.lost:
        raise typer.Exit(1)


@app.command("status", epilog="Example: virb study status pilot.yaml -o pilot")
def status(
    file: Path = FILE,
    output: Path = typer.Option(..., "--output", "-o", help="The folder it runs in."),
    as_json: bool = JSON,
) -> None:
    """Show how far each pre-training run is, and how many experiments of each task are done."""
    from virb.study.declared import load_study

    study = load_study(file)
    runs = study.status(output)
    tasks = study.plan(output).tasks
    done = [{"probe": line.probe, "task": line.task, "done": line.there, "of": line.experiments} for line in tasks]
    if as_json:
        told = [
            {
                "run": run.recipe.label,
                "state": run.state,
                "share": run.share,
                "reason": run.reason,
                "folder": str(run.folder),
            }
            for run in runs
        ]
        typer.echo(json.dumps({"name": study.name, "runs": told, "tasks": done}, indent=1, ensure_ascii=False))
        return
    if runs:
        show_rows([{"state": run.short, "run": run.recipe.label} for run in runs], as_json=False)
        for run in runs:
            if run.reason:
                typer.echo(f"{run.recipe.label}: {run.shown}")
        typer.echo()
    show_rows(done, as_json=False)


def _show_runs(outlook: "Outlook") -> None:
    if not outlook.cells:
        return
    rows = [
        {
            "pre-training": cell.method,
            "data": cell.data,
            "runs": len(cell.runs),
            "finished": cell.finished,
            "time left": _brief(cell.seconds),
        }
        for cell in outlook.cells
    ]
    show_rows(rows, as_json=False)
    bases = sorted({cell.basis for cell in outlook.cells if cell.basis and cell.seconds})
    by = f" on one worker, by the speed of {' and '.join(bases)}" if bases else ""
    runs = sum(len(cell.runs) for cell in outlook.cells)
    typer.echo(f"{runs} runs. Time left: {_total([cell.seconds for cell in outlook.cells])}{by}.\n")


def _show_experiments(outlook: "Outlook") -> None:
    rows = [
        {
            "probe": line.probe,
            "task": line.task,
            "experiments": line.experiments,
            "done": line.there,
            "time left": _brief(line.seconds),
        }
        for line in outlook.tasks
    ]
    show_rows(rows, as_json=False)
    total, there = sum(line.experiments for line in outlook.tasks), sum(line.there for line in outlook.tasks)
    left = _total([line.seconds for line in outlook.tasks])
    typer.echo(f"{total:,} experiments of {outlook.encoders} encoders, {there:,} done. Time left: {left}.\n")


def _show_power(power: "Power") -> None:
    if not power.sights:
        typer.echo(
            "What it can see: with one run a cell nothing can be said about a difference between methods or data, "
            "because how far two runs of one cell are apart is not seen. Ask for more runs, such as runs: 3."
            if power.runs < 2
            else "What it can see: there is one cell alone, and nothing to compare it with."
        )
        return
    typer.echo(
        f"What it can see, in standard deviations from run to run ({power.freedom} degrees of freedom; two-sided "
        "t-test at 5 %, power 80 %, one comparison chosen beforehand; after Cohen 1988):"
    )
    for sight in power.sights:
        typer.echo(f"  {sight.what} ({sight.runs} runs each): {sight.spreads:.2f}")
    if not power.spreads:
        typer.echo("In points: not known before two runs of a cell have been evaluated.")
        return
    typer.echo()
    rows = [
        {
            "probe": spread.probe,
            "task": spread.task,
            "run to run": f"{spread.deviation:.2f} {spread.unit}",
            **{
                sight.what.split(",")[0].removeprefix("two "): f"{sight.spreads * spread.deviation:.2f}"
                for sight in power.sights
            },
        }
        for spread in sorted(power.spreads, key=lambda spread: (spread.task, spread.probe))
    ]
    show_rows(rows, as_json=False)


def _total(parts: list[float | None]) -> str:
    """Of what is known, and that there is more."""
    known = [part for part in parts if part is not None]
    if len(known) == len(parts) or not any(known):
        return _duration(sum(known) if len(known) == len(parts) else None)
    return f"{_duration(sum(known))}, and what is not known before the first run"


def _brief(seconds: float | None) -> str:
    """For a table, where what is done says nothing."""
    return "" if seconds == 0 else "not known" if seconds is None else _duration(seconds)


def _duration(seconds: float | None) -> str:
    """``2 h 5 min``, or that nobody knows."""
    if seconds is None:
        return "not known before the first run"
    if seconds < 59.5:
        return f"{max(1, round(seconds))} s" if seconds else "0 s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
