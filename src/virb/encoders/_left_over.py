"""What a file holds beside the network that was taken, by kind, and why it is not missed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Kind:
    """A kind of tensor that belongs to a checkpoint and not to its encoder.

    Attributes:
        name: for people.
        pattern: found in the name behind the network's prefix, or behind the table.
        fine: why it is not missed.
    """

    name: str
    pattern: str
    fine: str


_LAST = r"(?:^|\.|/)"

KINDS: tuple[Kind, ...] = (
    Kind("optimiser state", r"(?:^|/)(?:optim\w*|opt|scaler|loss_scaler|lr_schedul\w*|amp)/", "training alone uses it"),
    Kind("queue", rf"{_LAST}queue\w*(?:$|\.|/)|queue_ptr|{_LAST}memory_bank", "negatives of the contrastive loss"),
    Kind("prototypes", rf"{_LAST}prototypes\d*\.", "cluster centres of the loss"),
    Kind(
        "predictor",
        rf"{_LAST}(?:predictor|online_predictor|prediction_head\w*|momentum_predictor)\.",
        "it is on top of the encoder and goes with the loss",
    ),
    Kind(
        "projector",
        rf"{_LAST}(?:projection_head\w*|projector|projection|projetion|momentum_projector|(?:student|teacher)_head|dino_head|ibot_head|g"
        r"|fc\.\d|head\.(?:mlp|last_layer|\d)\b\S*)",
        "it is on top of the encoder and goes with the loss",
    ),
    Kind("heads", r"(?:^|/)heads?/", "they are on top of the encoder and go with the loss"),
    Kind(
        "loss", r"(?:^|/)(?:dino_loss|ibot_loss|loss|criterion)/|(?:^|\.|/)(?:center2?|bn\.\w+)$", "state of the loss"
    ),
    Kind("decoder", rf"{_LAST}(?:decoder\w*|mask_decoder)(?:\.|$)", "it serves pre-training alone"),
    Kind(
        "mask token",
        rf"{_LAST}(?:mask_token|masked_embed|masked_im_modeling)$",
        "it stands for masked patches in pre-training",
    ),
    Kind(
        "text tower",
        r"(?:^|/)(?:text\.|transformer\.|token_embedding\.|positional_embedding$|ln_final\.|text_projection|logit_scale$|logit_bias$|text_decoder)",
        "images do not go through it",
    ),
    Kind("projection to the space of text", r"visual\.(?:proj$|head\.)|^proj$", "it is behind the pooled embedding"),
    Kind(
        "classifier",
        rf"{_LAST}(?:fc|classifier|head|heads|head_dist|linear_probe|online_classifier\w*)(?:\.|$)",
        "it is on top of the encoder",
    ),
    Kind("pooler", rf"{_LAST}pooler\.", "it is behind the class token, and the published readouts go without it"),
    Kind("counters", rf"{_LAST}(?:num_batches_tracked|n_averaged|iteration|step|epoch)$", "training alone reads them"),
    Kind(
        "tables made anew",
        rf"{_LAST}(?:relative_position_index|attn_mask|position_ids)$",
        "the network computes them from its size",
    ),
)
"""What may be left over; the first that matches counts."""

TRUNK_PARTS = re.compile(
    r"(?:register_tokens?|reg_token|storage_tokens|dist_token|cls_token|class_token|class_embedding|pos_embed\w*"
    r"|norm_pre|fc_norm|attn_pool|attnpool|rope_embed|local_cls_norm)(?:\.|$)"
)
"""Names that alter what a trunk computes. An architecture without a place for them is another network."""


def kind_of(name: str) -> Kind | None:
    """What a left-over tensor is; None where it is nothing known."""
    return next((kind for kind in KINDS if re.search(kind.pattern, name)), None)


CLASSIFIER, UNKNOWN = "classifier", "no part of the trunk"
_INSIDE = frozenset({"counters", "tables made anew", "mask token"})
"""Kinds that may lie inside a trunk without altering what it computes."""


@final
@dataclass(frozen=True)
class LeftOver:
    """Tensors of one kind that were not loaded."""

    kind: str
    names: tuple[str, ...]
    fine: str
    """Why they are not missed; empty where nothing is known of them."""

    def __str__(self) -> str:
        return f"{self.kind}: {some(self.names)}"


def some(names: Sequence[str], most: int = 4) -> str:
    """The first few of many names."""
    return f"{', '.join(names[:most])}{', …' if len(names) > most else ''}"


def sort_out(
    left: Iterable[tuple[str, str]], site: str, heads: Sequence[str], others: Mapping[str, str]
) -> tuple[LeftOver, ...]:
    """Sort what is left over by kind.

    Args:
        left: full names, and what each becomes under the architecture's own names, behind the prefix.
        site: table and prefix of the network that was taken.
        heads: where the architecture has its classifier.
        others: from table and prefix of other copies to what each is and why it is not taken.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for full, own in left:
        kind, fine = _kind(full, own, site, heads, others)
        found.setdefault((kind, fine), []).append(full)
    return tuple(LeftOver(kind, tuple(names), fine) for (kind, fine), names in found.items())


def _kind(full: str, own: str, site: str, heads: Sequence[str], others: Mapping[str, str]) -> tuple[str, str]:
    inside = full.startswith(site)
    other = max((at for at in others if full.startswith(at) and len(at) > len(site) * inside), key=len, default=None)
    if inside and own.startswith(tuple(f"{head}." for head in heads)) and not own.split(".")[-2].isdigit():
        return CLASSIFIER, "it is on top of the encoder"
    if other is not None:
        kind = kind_of(full.removeprefix(other))
        if kind is None or kind.name in _INSIDE:
            return "another copy", others[other]
    kind = kind_of(own if inside else full)
    return (kind.name, kind.fine) if kind else (UNKNOWN, "")


def beyond(left: Iterable[tuple[str, str]], site: str, wanted: Iterable[str], heads: Sequence[str]) -> Iterator[str]:
    """Names of a larger network, or of another, than the architecture that every wanted weight was found for.

    A ResNet-34 holds every weight of a ResNet-18, name and shape: loaded as one, it would score as neither. So would
    a ViT with registers loaded as one without.
    """
    parts = {name.split(".")[0] for name in wanted}
    for full, own in left:
        if not full.startswith(site) or own.startswith(tuple(f"{head}." for head in heads)):
            continue
        kind = kind_of(own)
        if kind is not None and kind.name in _INSIDE:
            continue
        if own.split(".")[0] in parts or TRUNK_PARTS.match(own):
            yield full
