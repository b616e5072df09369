"""``virb demo``: the whole job on data that ship inside packages."""

from pathlib import Path

import typer

from virb.cli import run as run_command

ENCODERS = ("zoo:efficientnet-lite0", "random:resnet18", "pixels")
TASKS = ("digits", "textures", "photo-parts", "photo-rotation")
SIZE = 96
"""Small, so that two cores need less than two minutes; the same for every encoder."""


def demo(
    output: Path = typer.Option(Path("virb-demo"), "--output", "-o", help="Folder of records and report."),
) -> None:
    """Compare a trained encoder, an untrained one and raw pixels on four tasks of real images, offline.

    Takes about two minutes on two cores, and seconds when it is repeated: records and features are kept.
    """
    from virb.cli._console import out, progress
    from virb.results import evaluate  # brings torch: imported when the command runs, not for --help

    out.print(
        f"EfficientNet-Lite0 (trained on ImageNet), an untrained ResNet-18 and raw pixels, at {SIZE} px, on "
        f"{', '.join(TASKS)}."
    )
    with progress() as reporter:
        try:
            results = evaluate(ENCODERS, TASKS, size=SIZE, output=output, progress=reporter)
        except KeyboardInterrupt:
            out.print("Stopped. What is finished is kept; the same command goes on from there.")
            raise typer.Exit(130) from None
    run_command.conclude(results)
