"""``virb encoders``: the encoders that can be named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from virb.cli._inspect import inspect
from virb.cli._listing import JSON, show_card, show_rows
from virb.errors import UserError

if TYPE_CHECKING:
    from virb.encoders import Listed

app = typer.Typer(name="encoders", help="Encoders: frozen networks by name.", no_args_is_help=True)
app.command("inspect", epilog="Example: virb encoders inspect run/checkpoint_0099.pth.tar")(inspect)

METHOD = typer.Option("", "--method", help="Only encoders trained so, such as moco-v2.")
DATA = typer.Option("", "--data", help="Only encoders trained on it, such as imagenet-1k.")
STUDY = typer.Option("", "--study", help="Only the encoders of one study, such as paper-2021.")


@app.command("list", epilog="Example: virb encoders list --method moco-v2")
def list_encoders(method: str = METHOD, data: str = DATA, study: str = STUDY, as_json: bool = JSON) -> None:
    """List how encoders are named, which load without fetching anything, and under which licence."""
    from virb.cache import show_size
    from virb.encoders import ENCODERS  # imported when the command runs, so that --help is quick

    wanted = {key: value for key, value in (("method", method), ("data", data), ("study", study)) if value}
    lines = [line for _, source in ENCODERS.items() for line in source.listed()]
    _require_known(wanted, [line.card for line in lines])
    lines = [line for line in lines if all(line.card.get(key) == value for key, value in wanted.items())]
    if as_json:
        rows = [{"encoder": line.name, "here": line.here, "about": line.about, **_facts(line)} for line in lines]
        show_rows(rows, as_json)
        return
    sizes = [show_size(line.size) if line.size else "" for line in lines]
    show_rows(
        [
            {"encoder": line.name, "here": line.here, "size": size, "licence": line.licence, "about": line.about}
            for line, size in zip(lines, sizes, strict=True)
        ],
        as_json,
    )


@app.command("show", epilog="Example: virb encoders show zoo:moco-v2-imagenet-800")
def show(
    name: str = typer.Argument(help="An encoder, such as random:resnet18."),
    cost: bool = typer.Option(False, "--cost", help="Load it, and measure what it costs on this machine."),
    size: str = typer.Option(
        "224", metavar="SIDE|HEIGHTxWIDTH", help="Pixels of the images, for --cost: 224, or 512x1024 (height x width)."
    ),
    as_json: bool = JSON,
) -> None:
    """Show what a name stands for; with --cost its parameters, multiply-adds, layers, images a second and memory."""
    from virb.encoders import ENCODERS, load_encoder, parse_encoder
    from virb.spec import input_policy

    spec = parse_encoder(name)
    own = f"{spec.source}:{spec.weights}"
    lines = [line for line in ENCODERS.load(spec.source).listed() if line.name == own]
    card = spec.model_dump(mode="json")
    for line in lines:
        card |= {key: value for key, value in _facts(line).items() if key not in card}
    if not cost:
        show_card(card, as_json)
        return
    inputs = input_policy(size)
    from virb.analysis.costs import in_words  # with what follows it brings pandas and torch
    from virb.features import cost_of, measure

    encoder = load_encoder(spec, inputs)
    card["preprocessing"] = encoder.preprocessing.model_dump(mode="json")
    found = cost_of(encoder, measure(encoder))
    show_card(card | (found.model_dump(mode="json") if as_json else in_words(found)), as_json)


@app.command("fetch", epilog="Example: virb encoders fetch zoo:moco-v2-imagenet-800")
def fetch(
    names: list[str] = typer.Argument(None, help="Encoders of the zoo.", show_default=False),
    study: str = typer.Option("", "--study", help="All encoders of a study, such as paper-2021."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
) -> None:
    """Fetch published weights, after saying how large they are and under which licence."""
    from virb.cli._console import progress
    from virb.encoders import parse_encoder
    from virb.encoders._zoo_table import rows_of
    from virb.encoders.zoo import SOURCE

    specs = [parse_encoder(name) for name in names or ()]
    specs += [parse_encoder(f"zoo:{row.name}") for row in (rows_of(study) if study else ())]
    if not specs:
        raise UserError("Nothing is named to be fetched.", "Name encoders of the zoo, or a --study.")
    others = [spec.name for spec in specs if spec.source != "zoo"]
    if others:
        raise UserError(
            f"'{others[0]}' is not an encoder of the zoo.",
            "timm and torchvision fetch theirs when they are first used; `virb encoders list` shows the zoo.",
        )
    offers = [SOURCE.offer(spec) for spec in specs]
    _require_consent(offers, yes)
    with progress() as told:
        for spec, offer in zip(specs, offers, strict=True):
            told.say(f"{offer.name}: {SOURCE.fetch(spec, told)}")


def _require_consent(offers: Sequence[Listed], yes: bool) -> None:
    """Say what would come, from where and under which licence; and ask, unless it was answered beforehand."""
    import sys

    from virb.cache import show_size

    rows = [
        {
            "encoder": offer.name,
            "here": offer.here,
            "size": show_size(offer.size) if offer.size else "not said",
            "licence": offer.licence,
        }
        for offer in offers
    ]
    show_rows(rows, as_json=False)
    for offer in offers:
        typer.echo(f"{offer.name} is published at {offer.card.get('url') or offer.card.get('via') or 'PyPI'}")
    noted = [offer for offer in offers if offer.card.get("licence_note")]
    for note in dict.fromkeys(f"{offer.licence}: {offer.card['licence_note']}" for offer in noted):
        typer.echo(note)
    if any("NC" in offer.licence for offer in offers):
        typer.echo("NC licences do not allow commercial use.")
    if yes or all(offer.here for offer in offers):
        return
    if not sys.stdin.isatty():
        raise UserError("Nobody is here to agree to these licences.", "Add --yes to agree beforehand.")
    if not typer.confirm("Fetch?"):
        raise typer.Exit(2)


def _facts(line: Listed) -> dict[str, Any]:
    """All that is known of a line beside what the table shows."""
    facts = {"licence": line.licence, "size": line.size, **line.card}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in facts.items() if value}


def _require_known(wanted: Mapping[str, str], cards: Sequence[Mapping[str, object]]) -> None:
    from virb.errors import unknown

    for key, value in wanted.items():
        known = {str(card[key]) for card in cards if card.get(key)}
        if value not in known:
            raise unknown(f"{key} among the listed encoders", value, known)
