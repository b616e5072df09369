"""Scores of a brightness, or of several, for each pixel: colours, or how strong an edge is."""

from typing import final

import numpy as np

from virb.metrics import Array, Meter
from virb.metrics._numbers import Floats, RunningMedians, check_numbers, mean_of_known

METRICS = ("pixel-mae", "pixel-rmse")


@final
class IntensityMeter(Meter):
    """Meter of the ``intensity`` family. Keeps two numbers an image.

    Pixels count where all numbers of their truth are finite; each metric is taken over the numbers of the pixels of an
    image that count, then the mean over the images that have any.

    Args:
        size: numbers a pixel.
    """

    def __init__(self, size: int = 1) -> None:
        self._size = size
        self._images: list[tuple[float, float]] = []
        self._medians = RunningMedians(size)

    def add(self, outputs: Array | None, truth: Array) -> None:
        """Take in n x height x width x size numbers and their truth."""
        check_numbers(outputs, truth, self._size)
        known = np.asarray(np.isfinite(truth).all(axis=-1))
        if outputs is None:
            self._medians.add(truth[known])
            return
        for prediction, right, valid in zip(outputs, truth, known, strict=True):
            error = prediction[valid].astype(np.float64) - right[valid]
            nothing = (float("nan"), float("nan"))
            self._images.append(
                (float(np.abs(error).mean()), float(np.sqrt((error**2).mean()))) if error.size else nothing
            )

    def scores(self) -> dict[str, float]:
        """``pixel-mae`` and ``pixel-rmse``."""
        return {name: mean_of_known(values) for name, values in self._of_images().items()}

    def loss(self) -> float:
        """The mean absolute error."""
        return mean_of_known(self._of_images()["pixel-mae"])

    def outcomes(self) -> dict[str, Array]:
        """Each metric's value for each image, n each; NaN where no pixel counts."""
        return {name: values.astype(np.float32) for name, values in self._of_images().items()}

    def constant(self, outputs_shape: tuple[int, ...]) -> Array:
        """The median of each number over all pixels that count, within 0.2 %."""
        return np.broadcast_to(self._medians.value(), outputs_shape)

    def _of_images(self) -> dict[str, Floats]:
        return dict(zip(METRICS, np.array(self._images, np.float64).reshape(-1, 2).T, strict=True))
