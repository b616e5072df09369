"""A handful of examples a class: five folds inside them choose; with fewer than five, a published default stands."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from virb.probes import Examples, Fitted, Floats, Ints, Probe, Score, Settings
from virb.spec import Target, Trial

FOLDS = 5


def fit_shots(probe: Probe, shots: Examples, target: Target, score: Score, shots_a_class: int, seed: int) -> Fitted:
    """Choose by folds, or not at all, and fit on all shots.

    Each fold's trials are scored on the fold; the setting with the highest mean goodness is chosen, ties by the lower
    mean loss, then by the order of the trials.

    Args:
        probe: which.
        shots: image-level examples, the same number of each class.
        target: their target.
        score: what trials are chosen by.
        shots_a_class: how many there are of each class.
        seed: of the heads.
    """
    if shots_a_class < FOLDS:
        head = probe.refit(shots, target, probe.default, seed)
        note = f"fewer than {FOLDS} shots a class: nothing is chosen, the probe's default stands"
        return Fitted(head.predict, probe.default, (), None, (note, *head.notes))
    folds = _folds(shots.labels)
    swept = [
        probe.sweep(subset(shots, folds != fold), subset(shots, folds == fold), target, score, seed)
        for fold in range(FOLDS)
    ]
    trials = tuple(_means([sweep.trials for sweep in swept]))
    choice: Settings = max(trials, key=lambda trial: (trial.score, -trial.loss)).settings
    head = probe.refit(shots, target, choice, seed)
    return Fitted(head.predict, choice, trials, None, head.notes)


def subset(examples: Examples, rows: Any) -> Examples:
    """Some of the examples, in memory."""
    where: Ints = np.arange(len(examples))[rows]

    def taken(values: Any) -> Floats:
        found: Floats = values[where]
        return found

    return Examples({layer: taken(values) for layer, values in examples.features.items()}, examples.labels[where])


def _folds(labels: Ints) -> Ints:
    """The fold of each example: the examples of each class in turn."""
    fold = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        its = np.flatnonzero(labels == label)
        fold[its] = np.arange(len(its)) % FOLDS
    return fold


def _means(folds: list[tuple[Trial, ...]]) -> Iterator[Trial]:
    """Each setting's mean over the folds, of those that every fold could try."""
    others = [{_key(trial): trial for trial in trials} for trials in folds[1:]]
    for first in folds[0]:
        same = [first, *(trials[_key(first)] for trials in others if _key(first) in trials)]
        if len(same) == len(folds):
            score, loss = (float(np.mean([getattr(trial, name) for trial in same])) for name in ("score", "loss"))
            yield Trial(settings=first.settings, score=score, loss=loss)


def _key(trial: Trial) -> tuple[tuple[str, float | str], ...]:
    return tuple(sorted(trial.settings.items()))
