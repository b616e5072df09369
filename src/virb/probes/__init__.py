"""Probes: how the standard protocol fits heads on frozen features. Each file of this folder is one."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, final, overload

import numpy as np
from numpy.typing import NDArray

from virb.metrics import Meter, meter
from virb.registry import Shelf
from virb.spec import LAYERS, METRICS, Classes, ProbeSpec, Target, Trial, Values

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Settings = dict[str, float | str]


class Rows(Protocol):
    """Rows that may lie on disk: an array is one, and so is anything that gives arrays when it is indexed."""

    @property
    def shape(self) -> tuple[int, ...]:
        """As of an array."""

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, rows: slice) -> NDArray[Any]: ...
    @overload
    def __getitem__(self, rows: Ints) -> NDArray[Any]: ...


@final
@dataclass(frozen=True)
class Examples:
    """Features and truth of one split.

    Attributes:
        features: for each layer n x width, or n x images x width where an example has several images. Maps are
            n x width x rows x columns, or n x images x width x rows x columns, and are read from disk as they are
            indexed: take a batch at a time.
        labels: for classes n ids; for values n x size float32. Dense: n x height x width ids, or n x height x width x
            size float32, NaN where missing; they too may lie on disk. Their resolution is their own: predictions are
            made at it.
    """

    features: Mapping[str, Any]
    labels: Any

    def __len__(self) -> int:
        return len(self.labels)


@final
class Joined:
    """Two parts, one behind the other, as rows."""

    def __init__(self, first: Rows, second: Rows) -> None:
        self._parts = (first, second)
        self.shape = (len(first) + len(second), *first.shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | Ints) -> NDArray[Any]:
        wanted = np.arange(len(self))[rows]
        first, second = self._parts
        late = wanted >= len(first)
        if not late.any():
            return first[wanted]
        if late.all():
            return second[wanted - len(first)]
        early, later = first[wanted[~late]], second[wanted[late] - len(first)]
        out = np.empty((len(wanted), *self.shape[1:]), early.dtype)
        out[~late], out[late] = early, later
        return out


def join(first: Examples, second: Examples) -> Examples:
    """The examples of both, the first ones first. What is in memory stays an array; what is on disk stays there."""

    def both(one: Any, other: Any) -> Any:
        in_memory = type(one) is np.ndarray and type(other) is np.ndarray
        return np.concatenate([one, other]) if in_memory else Joined(one, other)

    features = {layer: both(rows, second.features[layer]) for layer, rows in first.features.items()}
    return Examples(features, both(first.labels, second.labels))


class Tally(Protocol):
    """Predictions on select, compared as they come."""

    def add(self, outputs: Any, truth: Any) -> None:
        """Take in a batch; shapes are those of :class:`virb.metrics.Meter`."""

    def result(self) -> tuple[float, float]:
        """Goodness (higher is better) and mean loss (lower is better)."""


@final
@dataclass(frozen=True)
class Score:
    """What trials are chosen by: the primary metric on select, negated where lower is better, then the mean loss."""

    target: Target
    metric: str

    def __call__(self, outputs: Any, truth: Any) -> tuple[float, float]:
        """Goodness and loss of predictions that fit in memory."""
        tally = self.tally()
        tally.add(outputs, truth)
        return tally.result()

    def tally(self) -> Tally:
        """For predictions that come in batches."""
        return _Tally(meter(self.target, METRICS[self.metric].family), self.metric)


@final
class _Tally:
    def __init__(self, meter: Meter, metric: str) -> None:
        self._meter, self._metric = meter, metric

    def add(self, outputs: Any, truth: Any) -> None:
        self._meter.add(outputs, truth)

    def result(self) -> tuple[float, float]:
        score = self._meter.scores()[self._metric]
        return (score if METRICS[self._metric].better == "higher" else -score), self._meter.loss()


@final
@dataclass(frozen=True)
class Sweep:
    """Every trial, and the best of them.

    Attributes:
        choice: the settings chosen on select.
        trials: every setting with its goodness and its loss on select.
        outputs: predictions on select of the chosen head, for image-level classes: what calibration is fitted on,
            since after the refit select is no longer unseen. None for other targets.
        notes: what the reader of the score should know, such as a choice at the edge of the grid.
    """

    choice: Settings
    trials: tuple[Trial, ...]
    outputs: Floats | None
    notes: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class Head:
    """A fitted head.

    Attributes:
        predict: from features of one or more examples, by layer, to predictions as :class:`virb.metrics.Meter` takes
            them; of a dense target at the resolution of its truth. Callers hand over a batch at a time.
        notes: what the reader of the score should know.
    """

    predict: Callable[[Mapping[str, Any]], Floats]
    notes: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class Fitted:
    """A chosen and refitted head: what :class:`Sweep` found, and the :class:`Head` fitted by it."""

    predict: Callable[[Mapping[str, Any]], Floats]
    choice: Settings
    trials: tuple[Trial, ...]
    select_outputs: Floats | None
    notes: tuple[str, ...] = ()


class Probe(ABC):
    """Fits heads: all trials on fit, the choice on select, then once more on both.

    There is no argument for test: test labels meet a prediction in ``run.py`` only, after the choice. A probe is a
    frozen dataclass around its spec, so that the same probe over other layers is ``replace(probe, spec=...)``.

    Attributes:
        spec: what it is; ``spec.layers`` are the layers among which one is chosen, or that are read together.
        default: settings used where there are too few examples to choose by (less than five a class).
    """

    spec: ProbeSpec
    default: Settings

    @abstractmethod
    def rejects(self, target: Target, images: int = 1) -> str | None:
        """Why this probe cannot read out the target from that many images an example, or None."""

    @abstractmethod
    def sweep(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Sweep:
        """Fit every trial on ``fit`` and choose on ``select``.

        Ties go to the lower loss, then to the stronger regularisation.

        Raises:
            ExperimentError: the features carry nothing to fit (constant, not finite).
        """

    @abstractmethod
    def refit(self, examples: Examples, target: Target, choice: Settings, seed: int) -> Head:
        """Fit one head with chosen settings. ``choice`` names its layer where the spec has several to choose from.

        Iterative probes keep their number of steps; scalers are computed anew; penalties multiply the mean loss.

        Raises:
            ExperimentError: as :meth:`sweep`.
        """

    @final
    def fit(self, fit: Examples, select: Examples, target: Target, score: Score, seed: int) -> Fitted:
        """Sweep, then refit on both splits with what was chosen. Raises as they do."""
        found = self.sweep(fit, select, target, score, seed)
        head = self.refit(join(fit, select), target, found.choice, seed)
        notes = tuple(dict.fromkeys((*found.notes, *head.notes)))
        return Fitted(head.predict, found.choice, found.trials, found.outputs, notes)


PROBES: Shelf[Probe] = Shelf("virb.probes", "PROBE", "probe", Probe)


def standard_probes(target: Target, images: int = 1) -> tuple[str, ...]:
    """Names of the probes that read a target out where nobody asks for others, the headline first.

    Two pooled images under a linear read-out cannot express motion, and two maps none at all: such tasks get heads that
    compare the images.
    """
    if isinstance(target, Values):
        one = ("dense-linear", "dense-knn") if target.dense else ("ridge",)
    else:
        one = ("dense-linear", "dense-knn") if target.dense else ("logistic", "knn")
    if images == 1:
        return one
    return ("dense-siamese",) if target.dense else ("mlp", "logistic") if isinstance(target, Classes) else one


def best_layer(probe: Probe) -> Probe | None:
    """The same probe choosing among all layers it could read; None where it reads several together already."""
    if probe.spec.joint:
        return None
    return over_layers(probe, LAYERS[1:] if probe.spec.maps else LAYERS)


def over_layers(probe: Probe, layers: tuple[str, ...]) -> Probe:
    """The same probe over other layers."""
    return replace(probe, spec=probe.spec.model_copy(update={"layers": layers}))  # type: ignore[type-var]
