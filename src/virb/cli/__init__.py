"""The command line. One small file a command group; nothing here imports torch before a command needs it."""

import sys

import typer

from virb import __version__
from virb.cli import cache, data, demo, encoders, export, methods, pretrain, probes, report, run, study, tasks
from virb.errors import UserError

app = typer.Typer(
    name="virb",
    help="Tell what a visual representation is good for: frozen encoders, honest probes, scores with intervals.",
    epilog="Start with: virb demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"virb {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    """Take the options that stand before a command."""


app.command("demo", epilog="Example: virb demo")(demo.demo)
app.command("run", epilog="Example: virb run -e timm:resnet18 -e random:resnet18 -t folder:photos -o results")(run.run)
app.command(
    "pretrain",
    epilog="Example: virb pretrain moco-v2 --data world:objects --images 8000 --images-seen 80000 "
    "--arch narrow_resnet10_w16 -o moco",
)(pretrain.pretrain)
app.command("report", epilog="Example: virb report results")(report.report)
app.command("export", epilog="Example: virb export results --format latex")(export.export)
for group in (study, tasks, encoders, methods, probes, data, cache):
    app.add_typer(group.app)


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 some experiments failed, 2 the request was wrong."""
    debug = "--debug" in sys.argv
    arguments = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        app(arguments)
    except UserError as error:
        if debug:
            raise
        typer.secho(f"virb: {error.problem}", err=True, fg="red")
        if error.remedy:
            typer.echo(error.remedy, err=True)
        sys.exit(2)
