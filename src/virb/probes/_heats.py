"""Trials of dense heads, scored on select batch by batch: many heads in one pass over features and truth."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np

from virb.probes import Examples, Floats, Score, Settings
from virb.probes._channels import parts, read
from virb.probes._choice import Contest
from virb.spec import Classes, Target, Trial

DIVERGED = (-math.inf, math.inf)

Predict = Callable[[Mapping[str, Any]], Iterable[Floats]]
"""From a batch of features to the predictions of each head."""


@final
class Heats:
    """A :class:`virb.probes._choice.Contest` whose outputs are too many to be kept.

    Args:
        select: what trials are scored on.
        target: dense.
        score: by which primary metric.
    """

    def __init__(self, select: Examples, target: Target, score: Score) -> None:
        self._select = select
        self._each = int(np.prod(select.labels.shape[1:3])) * _channels(target)
        self._score = score
        # What is entered are the goodness and the loss themselves: the rule of choice is the same for every probe.
        self._contest = Contest(_as_found, None)  # type: ignore[arg-type]

    def enter(
        self, trials: Sequence[Settings], strengths: Sequence[float], layers: Sequence[str], heads: Predict
    ) -> None:
        """Score heads.

        Args:
            trials: settings of each head.
            strengths: of their regularisation, larger is stronger.
            layers: what they read.
            heads: yields predictions in the order of the trials.

        Raises:
            ExperimentError: features of select are not finite.
        """
        tallies = [self._score.tally() for _ in trials]
        diverged = [False] * len(trials)
        for part in parts(self._select.features[layers[0]], self._each):
            batch = {layer: read(self._select.features[layer], part, layer) for layer in layers}
            truth = self._select.labels[part]
            for head, outputs in enumerate(heads(batch)):
                diverged[head] = diverged[head] or not np.isfinite(outputs).all()
                if not diverged[head]:
                    tallies[head].add(outputs, truth)
        for settings, strength, tally, lost in zip(trials, strengths, tallies, diverged, strict=True):
            self._contest.enter(settings, strength, np.array(DIVERGED if lost else tally.result(), np.float64))

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All of them, in the order in which they came."""
        return self._contest.trials

    @property
    def notes(self) -> tuple[str, ...]:
        """Which trials diverged, where some did."""
        return self._contest.notes

    @property
    def choice(self) -> Settings:
        """Settings of the best trial.

        Raises:
            ExperimentError: every trial diverged.
        """
        return self._contest.winner[0]


def _as_found(found: Any, truth: None) -> tuple[float, float]:
    return float(found[0]), float(found[1])


def _channels(target: Target) -> int:
    return target.count if isinstance(target, Classes) else target.size
