"""Scores of optical flow, as on KITTI 2015 (Menze and Geiger 2015, *Object Scene Flow for Autonomous Vehicles*)."""

from typing import final

import numpy as np

from virb.metrics import Array, Meter
from virb.metrics._numbers import Floats, RunningMedians, check_numbers, mean_of_known

PIXELS, SHARE = 3.0, 0.05
"""An outlier is off by more than this many pixels and by more than this share of the truth's length."""


@final
class FlowMeter(Meter):
    """Meter of the ``flow`` family. Keeps two numbers an image.

    Pixels count where all numbers of their truth are finite; each metric is a mean over the pixels of an image, then
    over the images that have any. (KITTI's server takes outliers over all pixels of all images together.)

    Args:
        size: numbers a pixel.
    """

    def __init__(self, size: int = 2) -> None:
        self._size = size
        self._epe: list[Floats] = []
        self._outliers: list[Floats] = []
        self._medians = RunningMedians(size)

    def add(self, outputs: Array | None, truth: Array) -> None:
        """Take in n x height x width x size numbers and their truth."""
        check_numbers(outputs, truth, self._size)
        known = np.asarray(np.isfinite(truth).all(axis=-1))
        if outputs is None:
            self._medians.add(truth[known])
            return
        truth = np.where(known[..., None], truth, 0).astype(np.float64)
        error = np.linalg.norm(outputs - truth, axis=-1)
        outlier = (error > PIXELS) & (error > SHARE * np.linalg.norm(truth, axis=-1))
        self._epe.append(_mean(error, known))
        self._outliers.append(_mean(outlier, known))

    def scores(self) -> dict[str, float]:
        """``epe`` in pixels and ``flow-outliers``."""
        return {name: mean_of_known(values) for name, values in self._of_images().items()}

    def loss(self) -> float:
        """The end-point error."""
        return mean_of_known(self._of_images()["epe"])

    def outcomes(self) -> dict[str, Array]:
        """Each metric's value for each image, n each; NaN where no pixel counts."""
        return {name: values.astype(np.float32) for name, values in self._of_images().items()}

    def constant(self, outputs_shape: tuple[int, ...]) -> Array:
        """The median of each number over all pixels that count, within 0.2 %."""
        return np.broadcast_to(self._medians.value(), outputs_shape)

    def _of_images(self) -> dict[str, Floats]:
        nothing = np.empty(0)
        return {
            "epe": np.concatenate([nothing, *self._epe]),
            "flow-outliers": np.concatenate([nothing, *self._outliers]),
        }


def _mean(values: Array, known: Array) -> Floats:
    """Mean over the known pixels of each image; NaN where there are none."""
    count = known.sum(axis=(1, 2))
    return np.where(count > 0, np.where(known, values, 0).sum(axis=(1, 2)) / np.maximum(count, 1), np.nan)
