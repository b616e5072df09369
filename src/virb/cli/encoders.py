"""``virb encoders``: the encoders that can be named."""

import typer

from virb.cli._inspect import inspect
from virb.cli._listing import JSON, show_card, show_rows

app = typer.Typer(name="encoders", help="Encoders: frozen networks by name.", no_args_is_help=True)
app.command("inspect", epilog="Example: virb encoders inspect run/checkpoint_0099.pth.tar")(inspect)


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
def show(name: str = typer.Argument(help="An encoder, such as random:resnet18."), as_json: bool = JSON) -> None:
    """Show what a name stands for, without loading weights."""
    from virb.encoders import parse_encoder

    show_card(parse_encoder(name).model_dump(mode="json"), as_json)
