"""Scores of a class for each pixel: intersections and unions, summed over all images before they are divided."""

from typing import final

import numpy as np
from numpy.typing import NDArray

from virb.errors import ExperimentError
from virb.metrics import Array, Meter
from virb.metrics.classification import LOG_FLOOR, constant_class

Counts = NDArray[np.int64]


@final
class SegmentationMeter(Meter):
    """Meter of the ``segmentation`` family. Keeps three numbers an image and class.

    Pixels without a label count nowhere. The mean of ``miou`` is over the classes that occur in the truth of what was
    added, so that it is over the same classes for every encoder; a pixel that is wrongly given a class that does not
    occur still costs the class it is of. Detectron2's ``SemSegEvaluator`` takes the same mean; the script of
    Cityscapes and torchmetrics also count, with zero, a class that is predicted only.

    Args:
        classes: how many there are.
        ignore: the id of pixels without a label.
    """

    def __init__(self, classes: int, ignore: int | None = None) -> None:
        self._classes, self._ignore = classes, ignore
        self._intersections: list[Counts] = []
        self._labelled: list[Counts] = []
        self._predicted: list[Counts] = []
        self._nll = 0.0
        self._counts = np.zeros(classes, np.int64)

    def add(self, outputs: Array | None, truth: Array) -> None:
        """Take in n x height x width x classes log-probabilities and n x height x width ids."""
        if outputs is not None and outputs.shape != (*truth.shape, self._classes):
            raise ValueError(f"{outputs.shape} log-probabilities for {truth.shape} pixels of {self._classes} classes")
        known = self._known(truth)
        image = np.broadcast_to(np.arange(len(truth))[:, None, None], truth.shape)[known]
        right = truth[known].astype(np.int64)
        labelled = self._per_image(image, right, len(truth))
        if outputs is None:
            self._counts += labelled.sum(axis=0)
            return
        predicted = outputs.argmax(axis=-1)
        # argmax stops at NaN and at infinity, so the largest alone tells whether there is one.
        if not np.isfinite(np.take_along_axis(outputs, predicted[..., None], axis=-1)).all():
            raise ExperimentError("the head's predictions are NaN or infinite")
        answer = predicted[known]
        its = np.take_along_axis(outputs, np.where(known, truth, 0)[..., None].astype(np.int64), axis=-1)[..., 0][known]
        self._nll -= float(np.maximum(its, LOG_FLOOR).sum(dtype=np.float64))
        hit = answer == right
        self._intersections.append(self._per_image(image[hit], right[hit], len(truth)))
        self._predicted.append(self._per_image(image, answer, len(truth)))
        self._labelled.append(labelled)

    def scores(self) -> dict[str, float]:
        """``miou`` and ``pixel-accuracy``."""
        found = self._scored()
        truth, intersection, union = (found[name].sum(axis=0) for name in ("truth", "intersection", "union"))
        there = truth > 0
        return {
            "miou": float(np.mean(intersection[there] / union[there])),
            "pixel-accuracy": float(found["right"].sum() / found["labelled"].sum()),
        }

    def loss(self) -> float:
        """Mean negative log-likelihood over labelled pixels, in nats."""
        return self._nll / int(self._scored()["labelled"].sum())

    def outcomes(self) -> dict[str, Array]:
        """``truth``, ``intersection`` and ``union``, n x classes pixels, and ``right`` and ``labelled``, n pixels."""
        return self._scored()

    def constant(self, outputs_shape: tuple[int, ...]) -> Array:
        """Log-probabilities, n x height x width x classes, of the class that most pixels have."""
        return constant_class(self._counts, outputs_shape)

    def _known(self, truth: Array) -> NDArray[np.bool_]:
        known = np.ones(truth.shape, bool) if self._ignore is None else np.asarray(truth != self._ignore)
        wrong = known & ((truth < 0) | (truth >= self._classes))
        if wrong.any():
            raise ValueError(f"the label {truth[wrong][0]} for {self._classes} classes")
        return known

    def _per_image(self, image: Array, classes: Array, images: int) -> Counts:
        flat = np.bincount(image * self._classes + classes, minlength=images * self._classes)
        return flat.reshape(images, self._classes)

    def _scored(self) -> dict[str, Counts]:
        if not self._labelled or not any(batch.any() for batch in self._labelled):
            raise ValueError("there are no labelled pixels")
        labelled, intersection = np.concatenate(self._labelled), np.concatenate(self._intersections)
        return {
            "truth": labelled,
            "intersection": intersection,
            "union": labelled + np.concatenate(self._predicted) - intersection,
            "right": intersection.sum(axis=1),
            "labelled": labelled.sum(axis=1),
        }
