"""Probes: how the standard protocol fits heads on frozen features. Each file of this folder is one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from virb.registry import Shelf
from virb.spec import ProbeSpec, Target, Trial

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@final
@dataclass(frozen=True)
class Examples:
    """Features and labels of one split.

    Attributes:
        features: for each layer n x width, or n x images x width where an example has several images.
        labels: n class ids.
    """

    features: Mapping[str, Floats]
    labels: Ints

    def __len__(self) -> int:
        return len(self.labels)


Score = Callable[[Floats, Ints], tuple[float, float]]
"""From log-probabilities (n x classes) and labels to (primary score, higher is better; mean loss, lower is better)."""


@final
@dataclass(frozen=True)
class Fitted:
    """A chosen and refitted head.

    Attributes:
        predict: from features of one or more examples to log-probabilities, n x classes.
        choice: the settings chosen on select.
        trials: every setting and how it did on select.
        select_outputs: log-probabilities on select of the chosen head *before* the refit: what calibration is fitted
            on, since after the refit select is no longer unseen.
        notes: what the reader of the score should know.
    """

    predict: Callable[[Mapping[str, Floats]], Floats]
    choice: dict[str, float | str]
    trials: tuple[Trial, ...]
    select_outputs: Floats
    notes: tuple[str, ...] = ()


class Probe(ABC):
    """Fits heads: all trials on fit, the choice on select, then once more on both.

    There is no argument for test: test labels meet a prediction in ``run.py`` only, after the choice.
    """

    spec: ProbeSpec

    @abstractmethod
    def rejects(self, target: Target) -> str | None:
        """Why this probe cannot read out the target, or None."""

    @abstractmethod
    def fit(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Fitted:
        """Fit every trial on ``fit``, choose on ``select``, refit on both.

        Ties go to the lower loss, then to the stronger regularisation.

        Raises:
            ExperimentError: the features carry nothing to fit (constant, not finite).
        """


PROBES: Shelf[Probe] = Shelf("virb.probes", "PROBE", "probe", Probe)
