"""What a file holds beside the network that was taken, by kind, and why it is not missed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from virb.encoders._layouts import TRUNK_PARTS, kind_of

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
    if other is not None and kind_of(full.removeprefix(other)) is None:
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
