"""``virb pretrain``: make an encoder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from virb.errors import UserError


def pretrain(
    method: str = typer.Argument(metavar="METHOD", help="A name from `virb methods list`."),
    data: list[str] = typer.Option(
        ..., metavar="NAME", help="world:objects, world:combination, folder:PATH, …; several are mixed in equal parts."
    ),
    arch: str = typer.Option(..., metavar="NAME", help="A timm name, such as narrow_resnet10_w16 or resnet18."),
    images_seen: int = typer.Option(..., help="The budget: how often an image is taken from the data."),
    output: Path = typer.Option(..., "--output", "-o", help="Folder of the run; the same command goes on there."),
    images: int | None = typer.Option(None, help="The first so many of the data. A world is as large as you say."),
    fraction: float = typer.Option(1.0, help="The share of those images that is kept: 0.5 is contained in 1."),
    balance: str | None = typer.Option(
        None, help="uniform, linear or log: how many images of each class are kept. Needs labels."
    ),
    side: int | None = typer.Option(None, help="Pixels of the images of a world; 64 unless said."),
    run: int = typer.Option(1, help="Start weights are those of random:ARCH@RUN. Replicates are runs 1, 2, 3, …"),
    size: int = typer.Option(48, help="Side of a view in pixels."),
    batch: int = typer.Option(64, help="Images a step."),
    settings: list[str] = typer.Option(
        [], "--set", metavar="NAME=VALUE", help="A setting of the method: `virb methods show METHOD` has them."
    ),
    data_root: Path | None = typer.Option(None, help="Folder of data sources that do not ship inside packages."),
    device: str = typer.Option("auto", help="auto, cpu, cuda, cuda:1, …"),
    threads: int = typer.Option(0, min=0, help="CPU threads; 0 takes torch's own choice."),
) -> None:
    """Pre-train an encoder, or go on with it where it stopped. The folder is an encoder: checkpoint:FOLDER.

    Exit codes: 0 done, 1 the loss broke down, 2 the request was wrong.
    """
    from pydantic import ValidationError

    from virb import pretrain as pretraining
    from virb.cli._console import out, progress
    from virb.data import data_recipe
    from virb.errors import ExperimentError
    from virb.spec import Recipe

    chosen = pretraining.departures(method, dict(_setting(text) for text in settings))
    taken = data_recipe(data, images, fraction, balance, side)
    try:
        recipe = Recipe(
            method=method,
            arch=arch,
            **dict(taken),
            images_seen=images_seen,
            run=run,
            size=size,
            batch=batch,
            settings=chosen,
            version=pretraining.METHODS.load(method).version,
        )
    except ValidationError as error:
        raise _out_of_range(dict(error.errors()[0])) from None
    with progress() as reporter:
        try:
            done = pretraining.pretrain(
                recipe, output, data_root=data_root, device=device, threads=threads, progress=reporter
            )
        except KeyboardInterrupt:
            out.print("Stopped. The same command goes on from the last checkpoint.")
            raise typer.Exit(130) from None
        except ExperimentError as error:
            out.print(f"failed: {error}", markup=False, style="red")
            raise typer.Exit(1) from None
    if not done.trained:
        out.print("This run was finished before.")
    else:
        out.print(f"{recipe.label}: {recipe.steps:,} steps in {done.seconds:,.0f} s.", markup=False)
    out.print(f"Read it out: virb run --encoder checkpoint:{output} --task NAME --output RESULTS", markup=False)


def _setting(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise UserError(
            f"'{text}' is no setting." if equals else f"'{text}' does not say what the setting is.",
            "Write --set NAME=NUMBER, such as --set queue=1024.",
        ) from None


def _out_of_range(found: Mapping[str, Any]) -> UserError:
    """A number that no recipe may have, under the name of its option."""
    option = str(found["loc"][0]).replace("_", "-")
    return UserError(f"'{found['input']}' cannot be --{option}.", f"{found['msg']}.")
