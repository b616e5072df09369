"""Scores of a depth for each pixel, those of Eigen et al. (2014), *Depth Map Prediction from a Single Image*."""

from typing import final

import numpy as np

from virb.metrics import Array, Meter
from virb.metrics._numbers import Floats, RunningMedian, check_numbers, mean_of_known

NEAREST = 1e-3
"""Predictions below this count as this (as usual with metres: Monodepth2, BTS), unless the image's truth is nearer."""
WITHIN = 1.25
METRICS = ("delta-1.25", "abs-rel", "depth-l1", "rmse", "delta-1.25-aligned", "abs-rel-aligned")
LOSS = "log-l1"


@final
class DepthMeter(Meter):
    """Meter of the ``depth`` family. Keeps a few numbers an image.

    Pixels count where their truth is finite and above zero; each metric is a mean over the pixels of an image, then
    over the images that have any. A prediction that is not above zero counts as :data:`NEAREST`, so that it is far
    off in every metric and not an error: a linear head may well give one.

    Args:
        size: numbers a pixel.
    """

    def __init__(self, size: int = 1) -> None:
        self._size = size
        self._images: list[dict[str, float]] = []
        self._median: RunningMedian | None = None

    def add(self, outputs: Array | None, truth: Array) -> None:
        """Take in n x height x width x size depths and their truth."""
        check_numbers(outputs, truth, self._size)
        known = np.isfinite(truth) & (truth > 0)
        if outputs is None:
            self._median = self._median or RunningMedian()
            self._median.add(truth[known])
            return
        for prediction, depth, valid in zip(outputs, truth, known, strict=True):
            self._images.append(_image(prediction[valid].astype(np.float64), depth[valid].astype(np.float64)))

    def scores(self) -> dict[str, float]:
        """Every metric of the family."""
        return {name: mean_of_known(self._of_images(name)) for name in METRICS}

    def loss(self) -> float:
        """Mean of ``|log prediction - log truth|`` over the pixels of an image, then over images."""
        return mean_of_known(self._of_images(LOSS))

    def outcomes(self) -> dict[str, Array]:
        """Each metric's value for each image, n each; NaN where no pixel counts."""
        return {name: self._of_images(name).astype(np.float32) for name in METRICS}

    def constant(self, outputs_shape: tuple[int, ...]) -> Array:
        """The median over all pixels that count, within 0.2 %."""
        if self._median is None:
            raise ValueError("there are no examples")
        return np.broadcast_to(np.float32(self._median.value()), outputs_shape)

    def _of_images(self, name: str) -> Floats:
        return np.array([image[name] for image in self._images], np.float64)


def _image(prediction: Floats, truth: Floats) -> dict[str, float]:
    """Every metric of one image, and the loss, from its pixels that count."""
    if not len(truth):
        return dict.fromkeys((*METRICS, LOSS), float("nan"))
    prediction = np.maximum(prediction, min(NEAREST, truth.min()))
    error = np.abs(prediction - truth)
    # Alignment by medians: Zhou et al. (2017), Unsupervised Learning of Depth and Ego-Motion from Video.
    aligned = prediction * (np.median(truth) / np.median(prediction))
    return {
        "delta-1.25": _delta(prediction, truth),
        "abs-rel": float((error / truth).mean()),
        "depth-l1": float(error.mean()),
        "rmse": float(np.sqrt((error**2).mean())),
        "delta-1.25-aligned": _delta(aligned, truth),
        "abs-rel-aligned": float((np.abs(aligned - truth) / truth).mean()),
        LOSS: float(np.abs(np.log(prediction) - np.log(truth)).mean()),
    }


def _delta(prediction: Floats, truth: Floats) -> float:
    return float((np.maximum(prediction / truth, truth / prediction) < WITHIN).mean())
