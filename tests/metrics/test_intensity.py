"""Intensity metrics against a plain loop over pixels."""

import numpy as np
import pytest

from virb.metrics.intensity import IntensityMeter


@pytest.mark.parametrize("size", [1, 3])
def test_scores_agree_with_a_plain_loop_over_pixels(size):
    draw = np.random.default_rng(size)
    truth, outputs = draw.random((4, 5, 6, size)).astype(np.float32), draw.random((4, 5, 6, size)).astype(np.float32)
    truth[draw.random((4, 5, 6)) < 0.4] = np.nan
    meter = IntensityMeter(size)
    meter.add(outputs, truth)
    mae, rmse = [], []
    for image, right in zip(outputs, truth, strict=True):
        errors = [
            float(image[y, x, c]) - float(right[y, x, c]) for y in range(5) for x in range(6) for c in range(size)
        ]
        errors = [error for error in errors if error == error]
        mae.append(sum(map(abs, errors)) / len(errors))
        rmse.append((sum(error * error for error in errors) / len(errors)) ** 0.5)
    assert meter.scores() == pytest.approx({"pixel-mae": np.mean(mae), "pixel-rmse": np.mean(rmse)}, rel=1e-6)
    assert meter.loss() == meter.scores()["pixel-mae"]


def test_a_large_image_counts_as_much_as_a_small_one():
    meter = IntensityMeter()
    meter.add(np.zeros((1, 2, 2, 1)), np.full((1, 2, 2, 1), 0.25))
    meter.add(np.zeros((1, 8, 9, 1)), np.full((1, 8, 9, 1), 0.75))
    assert meter.scores() == {"pixel-mae": 0.5, "pixel-rmse": 0.5}


def test_a_pixel_with_a_part_of_its_numbers_counts_nowhere():
    truth = np.full((1, 2, 2, 3), 0.5)
    truth[0, 0, 0, 1] = np.nan
    outputs = np.full_like(truth, 0.5)
    outputs[0, 0, 0] = 9
    meter = IntensityMeter(3)
    meter.add(outputs, truth)
    assert meter.scores() == {"pixel-mae": 0, "pixel-rmse": 0}
