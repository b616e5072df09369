"""``virb probes``: how heads are fitted."""

import typer

from virb.cli._listing import JSON, show_card, show_rows

app = typer.Typer(name="probes", help="Probes: how heads are fitted on frozen features.", no_args_is_help=True)


@app.command("list", epilog="Example: virb probes list")
def list_probes(as_json: bool = JSON) -> None:
    """List the probes."""
    from virb.probes import PROBES  # imported when the command runs, so that --help is quick

    specs = [(name, probe.spec) for name, probe in PROBES.items()]
    rows = [
        {"probe": name, "tries": {key: len(tried) for key, tried in spec.grid.items()}, "about": spec.about}
        for name, spec in specs
    ]
    show_rows(rows, as_json)


@app.command("show", epilog="Example: virb probes show logistic")
def show(name: str = typer.Argument(help="A probe."), as_json: bool = JSON) -> None:
    """Show one probe: what it tries, on which layers."""
    from virb.probes import PROBES

    show_card(PROBES.load(name).spec.model_dump(mode="json"), as_json)
