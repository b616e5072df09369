"""``virb demo``: the whole job, in all four quadrants, on data that ship inside packages or are drawn here."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from virb.cli import run as run_command

if TYPE_CHECKING:
    from virb.cli._full_demo import Need
    from virb.results import Results
    from virb.spec import Task

ENCODERS = ("zoo:efficientnet-lite0", "random:resnet18", "pixels")
TASKS = ("textures", "world-count", "world-foreground", "world-depth")
"""One for each quadrant; the textures are real."""
SHARE = 0.5
"""Of each world: every encoder sees fewer than 5,000 images."""
PROBES = ("logistic", "knn", "dense-linear")
SIZE = 96
"""Small, so that two cores need less than three minutes; the same for every encoder."""


def demo_tasks() -> "list[Task]":
    """The tasks of the demo; of each world its first half."""
    from virb.tasks import TASKS as SHELF

    tasks = [SHELF.load(name) for name in TASKS]
    return [t.model_copy(update={"data": f"{t.data}@{SHARE}"}) if t.synthetic else t for t in tasks]


def demo(
    output: Path = typer.Option(Path("virb-demo"), "--output", "-o", help="Folder of records and report."),
    full: bool = typer.Option(False, "--full", help="All tasks of the world, at 64 px: an hour or more on two cores."),
    tasks: list[str] = typer.Option([], "--tasks", metavar="NAME", help="With --full: these of them alone."),
    share: float = typer.Option(1.0, help="With --full: the first part of each world, such as 0.1."),
    encoder: list[str] = typer.Option([], "--encoder", "-e", metavar="NAME", help="With --full: these instead."),
) -> None:
    """Compare a trained encoder, an untrained one and raw pixels on a task from each of the four quadrants, offline.

    Takes under three minutes on two cores, and seconds when it is repeated: images, features and records are kept.
    """
    from virb.cli._console import out
    from virb.errors import UserError

    try:
        if full:
            _full(output, tasks, share, encoder)
        elif tasks or encoder or share != 1:
            raise UserError("'--tasks', '--share' and '--encoder' are for --full.", "Add --full, or use virb run.")
        else:
            _quick(output)
    except KeyboardInterrupt:
        out.print("Stopped. What is finished is kept; the same command goes on from there.")
        raise typer.Exit(130) from None


def _quick(output: Path) -> None:
    from virb.cli._console import out, progress
    from virb.results import evaluate  # brings torch: imported when the command runs, not for --help

    out.print(
        f"EfficientNet-Lite0 (trained on ImageNet), an untrained ResNet-18 and raw pixels, at {SIZE} px, on "
        f"{', '.join(TASKS)}. The textures are photographs; the world-… images are synthetic: drawn here."
    )
    with progress() as reporter:
        results = evaluate(ENCODERS, demo_tasks(), probes=PROBES, size=SIZE, output=output, progress=reporter)
    run_command.conclude(results)


def _full(output: Path, names: list[str], share: float, encoders: list[str]) -> None:
    from virb.cache import show_size
    from virb.cli import _full_demo as plan
    from virb.cli._console import out, progress

    tasks, left_out = plan.choose(names, share)
    from virb.encoders import load_encoder
    from virb.results import evaluate
    from virb.spec import InputPolicy

    loaded = [load_encoder(name, InputPolicy(size=plan.SIZE)) for name in encoders or plan.ENCODERS]
    need = plan.needed(tasks, loaded)
    for line in left_out:
        out.print(line, markup=False)
    out.print(
        f"{len(loaded)} encoders on {need.tasks} tasks of the world at {plan.SIZE} px. All of it is synthetic.\n"
        f"{need.distinct:,} distinct images for each encoder, where the tasks would need {need.apart:,} apart.\n"
        f"Disk, in the cache: {show_size(need.rendered)} of images and truths, {show_size(need.kept)} of features, and "
        f"up to {show_size(need.passing)} of maps at a time, which go again."
    )
    start = time.perf_counter()
    with progress() as reporter:
        results = evaluate(loaded, tasks, size=plan.SIZE, layers="best", output=output, progress=reporter)
    _tell(results, need, time.perf_counter() - start)
    run_command.conclude(results)


def _tell(results: "Results", need: "Need", seconds: float) -> None:
    """How long it took, and what sharing frames between tasks saved, by count."""
    from virb.cli import _full_demo as plan
    from virb.cli._console import out

    found = plan.shared(results.records, need)
    out.print(f"{seconds:,.0f} s in all.")
    if found["encoded"]:
        saved = found["apart"] - found["encoded"]
        out.print(
            f"{found['encoded']:,} images went through an encoder in {found['extract']:,.0f} s; apart, the tasks would "
            f"have needed {found['apart']:,}: {saved:,} forward passes saved. Probes took "
            f"{found['fit'] + found['test']:,.0f} s."
        )
    else:
        out.print("No image went through an encoder: all features were in the cache.")
