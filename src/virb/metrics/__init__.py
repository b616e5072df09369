"""Metrics: how predictions on test become scores. One file a family; a meter adds batches up, so that nothing grows."""

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import NDArray

from virb.spec import Classes, Family, Target

Array = NDArray[Any]


class Meter(ABC):
    """Compares predictions with truth, batch by batch, into every metric of one family.

    Predictions and truth are, for n examples:

    - ``classes``: n x classes log-probabilities; n ids.
    - ``values``: n x size numbers; n x size numbers, NaN where missing.
    - ``segmentation``: n x height x width x classes log-probabilities; n x height x width ids, of which the target's
      ``ignore`` has no label.
    - ``depth``, ``flow``, ``intensity``: n x height x width x size numbers; the same of the truth, NaN where missing.

    Raises of every method: ``ExperimentError`` where predictions are NaN or infinite (a log-probability may be minus
    infinity), ``ValueError`` where shapes or labels are not as above, or where there is nothing to score.
    """

    @abstractmethod
    def add(self, outputs: Array | None, truth: Array) -> None:
        """Take in one batch: predictions to score, or ``None`` and truth that only :meth:`constant` learns from."""

    @abstractmethod
    def scores(self) -> dict[str, float]:
        """Every metric of the family over everything that was added."""

    @abstractmethod
    def loss(self) -> float:
        """What a choice among equals goes by: the mean loss, lower is better."""

    @abstractmethod
    def outcomes(self) -> dict[str, Array]:
        """What each example adds to the scores, in the order they came: arrays of n rows.

        ``classes``: ``label``, ``predicted``, ``confidence``, ``correct``. ``segmentation``: ``truth``,
        ``intersection`` and ``union``, n x classes pixels, and ``right`` and ``labelled``, n pixels. The others: under
        each metric's name its value for the example, NaN where the example has nothing to score; ``r2`` is no mean
        over examples and is not there.
        """

    @abstractmethod
    def constant(self, outputs_shape: tuple[int, ...]) -> Array:
        """Predictions of the best constant answer for the truth that was added without predictions.

        The most frequent class, of several the lowest id (log-probability 0, and that of the others as low as the
        loss counts), or the median of each number.

        Args:
            outputs_shape: shape of the predictions to make.
        """


def meter(target: Target, family: Family) -> Meter:
    """A fresh meter for a target.

    Raises:
        ValueError: the family is not for this target.
    """
    # Imported here, since listing and planning import this package and score nothing.
    if isinstance(target, Classes):
        if family == "classes" and not target.dense:
            from virb.metrics.classification import ClassMeter

            return ClassMeter(target.count)
        if family == "segmentation" and target.dense:
            from virb.metrics.segmentation import SegmentationMeter

            return SegmentationMeter(target.count, target.ignore)
    elif family == "values" and not target.dense:
        from virb.metrics.values import ValuesMeter

        return ValuesMeter(target.size)
    elif family == "depth" and target.dense:
        from virb.metrics.depth import DepthMeter

        return DepthMeter(target.size)
    elif family == "flow" and target.dense:
        from virb.metrics.flow import FlowMeter

        return FlowMeter(target.size)
    elif family == "intensity" and target.dense:
        from virb.metrics.intensity import IntensityMeter

        return IntensityMeter(target.size)
    raise ValueError(f"{family} metrics are not for {target.shown}")
