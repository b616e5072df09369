"""How many images of each class a balance keeps, and which class gets how many. docs/pretraining.md states the rule."""

import math
from collections.abc import Sequence

from virb.errors import UserError
from virb.spec import Balance, digest_of

FALL = 50.0
"""How many times the last class of ``log`` is below the first, nearly: so that a quarter is what is left where the
largest class stays whole, as a half is for ``linear``. These are the totals of the study's unbalanced ImageNets (Kotar
et al., ICCV 2021); how steeply its log falls is not published."""


def class_sizes(names: Sequence[str], available: Sequence[int], total: int, balance: Balance, whose: str) -> list[int]:
    """How many images each class keeps.

    With C classes, the class in place k (from 0) of :func:`order` weighs 1 (uniform), 1 - (k + 1/2) / C (linear) or
    50 ** -((k + 1/2) / C) (log). Sizes are the total's shares by weight, rounded by largest remainders, so that they
    sum to the total.

    Args:
        names: of the classes.
        available: how many images of each there are.
        total: how many are kept in all.
        balance: the rule.
        whose: name of the source, for messages.

    Returns:
        one size for each name.

    Raises:
        UserError: a class has too few images, or would keep none.
    """
    places = order(names)
    weights = [0.0] * len(names)
    for place, row in enumerate(places):
        down = (place + 0.5) / len(names)
        weights[row] = {"uniform": 1.0, "linear": 1 - down, "log": math.pow(FALL, -down)}[balance]
    quotas = [total * weight / sum(weights) for weight in weights]
    sizes = [math.floor(quota) for quota in quotas]
    by_remainder = sorted(places, key=lambda row: sizes[row] - quotas[row])
    for row in by_remainder[: total - sum(sizes)]:
        sizes[row] += 1
    for row, size in enumerate(sizes):
        if size > available[row]:
            most = min(have / weight for have, weight in zip(available, weights, strict=True)) * sum(weights)
            share = math.floor(1000 * (most - len(names)) / sum(available)) / 1000
            raise UserError(
                f"'{whose}' has {available[row]:,} images of '{names[row]}', and a '{balance}' balance of {total:,} "
                f"images takes {size:,}.",
                f"Ask for a fraction of {share:g} at most." if share > 0 else "Ask for another balance, or other data.",
            )
        if size == 0:
            raise UserError(
                f"A '{balance}' balance of '{total:,}' images leaves none of '{names[row]}'.", "Ask for more images."
            )
    return sizes


def order(names: Sequence[str]) -> list[int]:
    """The classes from the most frequent to the rarest: by the SHA-256 of their names, the same for every balance."""
    return sorted(range(len(names)), key=lambda row: (digest_of(["class balance", names[row]]), row))
