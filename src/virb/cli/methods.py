"""``virb methods``: ways to pre-train."""

import typer

from virb.cli._listing import JSON, show_card, show_rows

app = typer.Typer(name="methods", help="Methods of pre-training.", no_args_is_help=True)


@app.command("list", epilog="Example: virb methods list")
def list_methods(as_json: bool = JSON) -> None:
    """List the methods."""
    from virb.pretrain import METHODS  # imported when the command runs, so that --help is quick

    show_rows([{"method": name, "labels": one.labels, "about": one.about} for name, one in METHODS.items()], as_json)


@app.command("show", epilog="Example: virb methods show moco-v2")
def show(name: str = typer.Argument(help="A method."), as_json: bool = JSON) -> None:
    """Show one method: its source, and every setting with what is published and what virb takes."""
    from virb.pretrain import COMMON, METHODS

    method = METHODS.load(name)
    card = {"method": name, "about": method.about, "paper": method.paper, "labels": method.labels}
    settings = {**method.settings, **COMMON}
    if as_json:
        values = {key: {"default": one.default, "about": one.about} for key, one in settings.items()}
        show_card({**card, "settings": values}, as_json=True)
        return
    show_card(card, as_json=False)
    typer.echo()
    show_rows([{"setting": key, "default": one.default, "about": one.about} for key, one in settings.items()], False)
