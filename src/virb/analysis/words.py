"""Numbers and names in words: how scores, intervals and lists of encoders are written everywhere."""

from collections.abc import Iterable, Sequence
from typing import final

from virb.spec import METRICS, Target, Values

IN_UNIT_OF_TARGET = frozenset(("mae", "depth-l1", "rmse"))
"""Errors measured in what the target is measured in; the others have a unit of their own or none."""
LARGE = 100.0
"""From here on decimals are noise."""
MINUS = "\u2212"
GAP = "\u2013"
"""What stands where there is nothing."""
SPACE = "\u00a0"
"""A space that does not break a line, between a number and its unit."""


@final
class Name(str):
    """An encoder's name inside a sentence. A page may set it off; it is a user's word and never markup."""

    __slots__ = ()


@final
class Title(str):
    """A task's title inside a sentence, as :class:`Name`."""

    __slots__ = ()


def percent(metric: str) -> bool:
    """Whether a metric is shown times one hundred."""
    return METRICS[metric].percent


def unit(metric: str, target: Target) -> str:
    """What a metric is measured in on a target: ``%``, ``px``, ``m``, or nothing."""
    if percent(metric):
        return "%"
    if metric in IN_UNIT_OF_TARGET and isinstance(target, Values):
        return target.unit or ""
    return METRICS[metric].unit or ""


def number(value: float, metric: str) -> str:
    """A score without its unit: ``91.2`` or ``0.512``; from one hundred on ``123.4``."""
    text = f"{100 * value:.1f}" if percent(metric) else f"{value:.{3 if abs(value) < LARGE else 1}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", MINUS)


def score(value: float, metric: str, unit: str = "") -> str:
    """A score with its unit: ``91.2 %``, ``0.512 m``.

    Args:
        value: the score.
        metric: its name.
        unit: what it is measured in (:func:`unit`), where neither percent nor the metric says it.
    """
    return _with_unit(number(value, metric), "%" if percent(metric) else METRICS[metric].unit or unit)


def bracket(low: float, high: float, metric: str) -> str:
    """An interval: ``[89.0, 93.1]``."""
    return f"[{number(low, metric)},{SPACE}{number(high, metric)}]"


def gain(value: float, metric: str, unit: str = "") -> str:
    """A difference of scores: ``3.1 points``, ``0.31 px``; arguments as of :func:`score`."""
    return _with_unit(number(value, metric), "points" if percent(metric) else METRICS[metric].unit or unit)


def _with_unit(text: str, unit: str) -> str:
    return f"{text}{SPACE}{unit}" if unit else text


def count(n: int, thing: str) -> str:
    """``1 record``, ``2 records``."""
    return f"{n:,} {thing}" + ("" if n == 1 else "s")


def between(numbers: Iterable[int | None]) -> str:
    """The numbers that are known: ``360``, ``340 to 360``, or a dash."""
    known = sorted({n for n in numbers if n is not None})
    if not known:
        return GAP
    return f"{known[0]:,}" if len(known) == 1 else f"{known[0]:,} to {known[-1]:,}"


def listed(items: Sequence[Sequence[str]], limit: int = 4, join: str = "and") -> list[str]:
    """Pieces of a sentence that name items: ``A, B and C``, or ``A, B, C, D and 7 more``.

    Args:
        items: each a sequence of pieces.
        limit: how many are named.
        join: the word before the last.
    """
    shown = list(items if len(items) <= limit + 1 else items[:limit])
    more = len(items) - len(shown)
    pieces: list[str] = []
    for place, item in enumerate(shown):
        if place:
            pieces.append(f" {join} " if place == len(shown) - 1 and not more else ", ")
        pieces.extend(item)
    return [*pieces, f" {join} {more} more"] if more else pieces


def shorten(text: str, limit: int) -> str:
    """A text of at most ``limit`` characters: its middle gives way, since names differ at their ends."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[len(text) - tail :]}"
