"""How one of many trials is chosen on select: the same rule for every probe."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from virb.errors import ExperimentError
from virb.probes import Floats, Score, Settings
from virb.spec import ProbeSpec, Trial


@final
class Contest:
    """Scores trials as they come, and keeps the outputs of the best so far only.

    The best has the highest score; of equals the lowest loss; of equals the strongest regularisation; of equals the one
    that came first. A trial whose outputs are not finite has diverged: its score is minus infinity, its loss infinite,
    and it cannot win.

    Args:
        score: from outputs and truth to (score, loss).
        truth: of select.
    """

    def __init__(self, score: Score, truth: Any) -> None:
        self._score = score
        self._truth = truth
        self._rank = (-math.inf, -math.inf, -math.inf)
        self._trials: list[Trial] = []
        self._diverged: list[Settings] = []
        self._best: tuple[Trial, Floats] | None = None

    def enter(self, settings: Settings, strength: float, outputs: Floats) -> None:
        """Score one trial.

        Args:
            settings: what was tried.
            strength: of its regularisation, larger is stronger, on any scale common to all trials.
            outputs: predictions on select.
        """
        if not np.isfinite(outputs).all():
            self._trials.append(Trial(settings=settings, score=-math.inf, loss=math.inf))
            self._diverged.append(settings)
            return
        score, loss = self._score(outputs, self._truth)
        trial = Trial(settings=settings, score=score, loss=loss)
        self._trials.append(trial)
        rank = (score, -loss, strength)
        if self._best is None or rank > self._rank:
            self._rank, self._best = rank, (trial, outputs)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All of them, in the order in which they came."""
        return tuple(self._trials)

    @property
    def notes(self) -> tuple[str, ...]:
        """Which trials diverged, where some did."""
        if not self._diverged:
            return ()
        which = "; ".join(", ".join(_shown(*setting) for setting in one.items()) for one in self._diverged)
        return (f"{len(self._diverged)} of {len(self._trials)} trials diverged: {which}",)

    @property
    def winner(self) -> tuple[Settings, Floats]:
        """Settings and outputs of the best trial.

        Raises:
            ExperimentError: every trial diverged.
        """
        if self._best is None:
            raise ExperimentError(f"All {len(self._trials)} trials diverged: there is no head to choose.")
        trial, outputs = self._best
        return trial.settings, outputs


def settings_of(tried: Mapping[str, float], layer: str, layers: Sequence[str]) -> Settings:
    """What a trial tried: its grid values, and its layer where there are several."""
    return dict(tried) if len(layers) == 1 else {**tried, "layer": layer}


def layer_of(choice: Settings, spec: ProbeSpec) -> str:
    """The chosen layer: named in the choice, or the only one there is."""
    return str(choice.get("layer", spec.layers[0]))


def edge_notes(
    choice: Settings, grid: Mapping[str, Sequence[float]], natural: Mapping[str, float] | None = None
) -> tuple[str, ...]:
    """Say which chosen values are at the edge of what was tried, where the best may lie beyond.

    Args:
        choice: the chosen settings.
        grid: what was tried.
        natural: for a name, the end beyond which there is nothing to try: not an edge.
    """
    notes = []
    for name, tried in grid.items():
        value, low, high = choice[name], min(tried), max(tried)
        if low < high and value in (low, high) and value != (natural or {}).get(name):
            notes.append(f"{_shown(name, value)} is the {'largest' if value == high else 'smallest'} tried")
    return tuple(notes)


def _shown(name: str, value: float | str) -> str:
    return f"{name} = {value}" if isinstance(value, str) else f"{name} = {value:g}"
