"""``virb demo``: the whole job, in all four quadrants, on data that ship inside packages or are drawn here."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from virb.cli import run as run_command

if TYPE_CHECKING:
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
) -> None:
    """Compare a trained encoder, an untrained one and raw pixels on a task from each of the four quadrants, offline.

    Takes under three minutes on two cores, and seconds when it is repeated: images, features and records are kept.
    """
    from virb.cli._console import out, progress
    from virb.results import evaluate  # brings torch: imported when the command runs, not for --help

    out.print(
        f"EfficientNet-Lite0 (trained on ImageNet), an untrained ResNet-18 and raw pixels, at {SIZE} px, on "
        f"{', '.join(TASKS)}. The textures are photographs; the world-… images are synthetic: drawn here."
    )
    with progress() as reporter:
        try:
            results = evaluate(ENCODERS, demo_tasks(), probes=PROBES, size=SIZE, output=output, progress=reporter)
        except KeyboardInterrupt:
            out.print("Stopped. What is finished is kept; the same command goes on from there.")
            raise typer.Exit(130) from None
    run_command.conclude(results)
