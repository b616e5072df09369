"""``virb encoders inspect``: what is in a checkpoint, or behind the name of an encoder."""

from pathlib import Path
from typing import Any

import typer

from virb.cli._listing import JSON, show_card


def inspect(
    what: str = typer.Argument(metavar="FILE|NAME", help="A checkpoint, a model's folder, or an encoder's name."),
    as_json: bool = JSON,
    trust_pickle: bool = typer.Option(
        False,
        "--trust-pickle",
        help="Let a checkpoint that is more than tensors run its code. Only from who you trust.",
    ),
) -> None:
    """Say what a checkpoint holds: layout, architecture, which copy is taken, what is left over and why that is fine.

    A whole trunk is found or the file is refused, with what matched and what is missing. Of any other encoder, the
    card and the layers.
    """
    from virb.encoders import parse_encoder  # imported when the command runs, so that --help is quick

    name = f"checkpoint:{what}" if _is_path(what) else what
    spec = parse_encoder(name)
    if spec.source != "checkpoint":
        show_card(_encoder(name, trust_pickle), as_json)
        return
    card = _checkpoint(name, trust_pickle)
    show_card(card if as_json else _in_lines(card), as_json)


def _in_lines(card: dict[str, Any]) -> dict[str, Any]:
    """For people: each note and each kind of what is left over has a line of its own."""
    lines: dict[str, Any] = {}
    for key, value in card.items():
        if key == "left over":
            for number, left in enumerate(value, start=1):
                told = f"{left['kind']}, {left['tensors']}, such as {left['first']}"
                lines[f"left over {number}"] = f"{told}: {left['why that is fine'] or 'nothing is known of it'}"
        elif key == "notes":
            lines |= {f"note {number}": note for number, note in enumerate(value, start=1)}
        else:
            lines[key] = value
    return lines


def _is_path(what: str) -> bool:
    from virb.encoders import ENCODERS

    return what.partition(":")[0] not in ENCODERS.names() or Path(what).exists()


def _checkpoint(name: str, trust_pickle: bool) -> dict[str, Any]:
    from virb.encoders import parse_encoder
    from virb.encoders._trust import trusting
    from virb.encoders.checkpoint import matched

    spec = parse_encoder(name)
    with trusting(trust_pickle):
        found = matched(spec)
    card, size = found.preprocessing, dict(found.candidate.options).get("img_size")
    return {
        "file": spec.path or spec.weights,
        "layout": found.layout.title,
        "architecture": found.candidate.title,
        "library": found.candidate.library,
        "taken": f"{found.place}*" + (f", {found.copy}: {found.why}" if found.copy else ""),
        "positions": f"learnt at {size} px, and resampled to --size" if size else None,
        "matched": f"{found.needed} of {found.needed} weights",
        "left over": [
            {"kind": one.kind, "tensors": len(one.names), "first": one.names[0], "why that is fine": one.fine}
            for one in found.left
        ],
        "normalised with": {"mean": [*card.mean], "std": [*card.std]},
        "notes": [note for note in found.notes if not note.startswith(("checkpoint:", "left over"))],
        "convention": found.layout.source,
        "run it": f"virb run --encoder {name} --task TASK --output RESULTS",
    }


def _encoder(name: str, trust_pickle: bool) -> dict[str, Any]:
    from virb.encoders import load_encoder

    encoder = load_encoder(name, device="cpu", trust_pickle=trust_pickle)
    spec = encoder.spec.model_dump(mode="json", exclude_none=True)
    return {
        **spec,
        "layers": {layer: [*encoder.shape(layer)] for layer in encoder.layers},
        "inputs": str(encoder.inputs),
        "normalised with": {"mean": [*encoder.preprocessing.mean], "std": [*encoder.preprocessing.std]},
        "notes": [*encoder.notes],
        "run it": f"virb run --encoder {name} --task TASK --output RESULTS",
    }
