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
    if not as_json:
        for left in (lefts := card.pop("left over")):
            what_kind = f"{left['kind']}, {left['tensors']}, such as {left['first']}"
            card[f"left over {lefts.index(left) + 1}"] = f"{what_kind}: {left['why that is fine'] or 'nothing known'}"
    show_card(card, as_json)


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
    card = found.preprocessing
    return {
        "file": spec.path or spec.weights,
        "layout": found.layout.title,
        "architecture": found.candidate.title,
        "library": found.candidate.library,
        "taken": f"{found.place}*" + (f", {found.copy}: {found.why}" if found.copy else ""),
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
