"""A probe's settings and how they did on select: a small line of inline SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from virb.spec import Record, Trial

WIDTH, HEIGHT, PAD = 280, 64, 6


@final
@dataclass(frozen=True)
class Sparkline:
    """The score on select along one setting.

    Attributes:
        setting: its name.
        points: ``x,y`` pairs in a box of WIDTH x HEIGHT.
        chosen: where the choice lies, if it lies on the line.
        first: the smallest setting, and ``last`` the largest.
        low: the lowest score, and ``high`` the highest.
    """

    setting: str
    points: str
    chosen: tuple[float, float] | None
    first: float
    last: float
    low: float
    high: float
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(record: Record) -> Sparkline | None:
    """The line of a record's trials, where exactly one setting is a number that varies; else None."""
    setting = _varying(record.trials)
    if setting is None:
        return None
    found = sorted((float(t.settings[setting]), t.score) for t in record.trials if math.isfinite(t.score))
    if len(found) < 2:
        return None
    values, scores = [value for value, _ in found], [score for _, score in found]
    across = _scaled([math.log(value) for value in values] if values[0] > 0 else values, WIDTH)
    down = [HEIGHT - y for y in _scaled(scores, HEIGHT)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
    choice = record.choice.get(setting)
    chosen = next(((x, y) for v, x, y in zip(values, across, down, strict=True) if v == choice), None)
    return Sparkline(setting, points, chosen, values[0], values[-1], min(scores), max(scores))


def _varying(trials: Sequence[Trial]) -> str | None:
    names = {name for trial in trials for name in trial.settings}
    varying = [name for name in names if len({trial.settings.get(name) for trial in trials}) > 1]
    if len(varying) != 1:
        return None
    values = [trial.settings.get(varying[0]) for trial in trials]
    return varying[0] if all(isinstance(value, int | float) and math.isfinite(value) for value in values) else None


def _scaled(values: Sequence[float], size: int) -> list[float]:
    low, high = min(values), max(values)
    wide = high - low or 1.0
    return [PAD + (size - 2 * PAD) * (value - low) / wide for value in values]
