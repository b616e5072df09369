"""``virb encoders``: the encoders that can be named."""

import typer

from virb.cli._listing import JSON, show_card, show_rows
from virb.errors import UserError

app = typer.Typer(name="encoders", help="Encoders: frozen networks by name.", no_args_is_help=True)


@app.command("list", epilog="Example: virb encoders list")
def list_encoders(as_json: bool = JSON) -> None:
    """List how encoders are named, and which load without fetching anything."""
    from virb.encoders import ENCODERS  # imported when the command runs, so that --help is quick

    rows = [
        {"encoder": line.name, "here": line.here, "about": line.about}
        for _, source in ENCODERS.items()
        for line in source.listed()
    ]
    show_rows(rows, as_json)


@app.command("show", epilog="Example: virb encoders show zoo:efficientnet-lite0")
def show(
    name: str = typer.Argument(help="An encoder, such as random:resnet18."),
    cost: bool = typer.Option(False, "--cost", help="Load it, and measure what it costs on this machine."),
    size: int = typer.Option(224, help="Side of the images in pixels, for --cost."),
    as_json: bool = JSON,
) -> None:
    """Show what a name stands for; with --cost its parameters, multiply-adds, layers, images a second and memory."""
    from virb.encoders import load_encoder, parse_encoder
    from virb.spec import InputPolicy

    spec = parse_encoder(name)
    card = spec.model_dump(mode="json")
    if not cost:
        show_card(card, as_json)
        return
    if size < 1:
        raise UserError(f"'{size}' is not a size in pixels.", "Ask for 1 or more; 224 is usual.")
    from virb.analysis.costs import in_words  # with what follows it brings pandas and torch
    from virb.features import cost_of, measure

    encoder = load_encoder(spec, InputPolicy(size=size))
    card["preprocessing"] = encoder.preprocessing.model_dump(mode="json")
    found = cost_of(encoder, measure(encoder))
    show_card(card | (found.model_dump(mode="json") if as_json else in_words(found)), as_json)
