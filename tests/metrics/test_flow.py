"""Flow metrics against a plain loop over pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virb.metrics.flow import FlowMeter


def drawn(n=5, seed=0, missing=0.3):
    draw = np.random.default_rng(seed)
    truth = draw.normal(0, 20, (n, 6, 7, 2))
    outputs = truth + draw.normal(0, 3, truth.shape)
    truth[draw.random((n, 6, 7)) < missing] = np.nan
    return outputs.astype(np.float32), truth.astype(np.float32)


def measured(outputs, truth):
    meter = FlowMeter()
    meter.add(outputs, truth)
    return meter


def plain(outputs, truth):
    images = []
    for p, t in zip(outputs.astype(float).reshape(-1, 42, 2), truth.astype(float).reshape(-1, 42, 2), strict=True):
        errors = [
            (np.hypot(*(a - b)), np.hypot(*(a - b)) > 3 and np.hypot(*(a - b)) / np.hypot(*b) > 0.05)
            for a, b in zip(p, t, strict=True)
            if np.isfinite(b).all()
        ]
        images.append(np.mean(errors, axis=0))
    return dict(zip(("epe", "flow-outliers"), np.mean(images, axis=0), strict=True))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_scores_agree_with_a_plain_loop_over_pixels(seed, missing):
    outputs, truth = drawn(seed=seed, missing=missing)
    assert measured(outputs, truth).scores() == pytest.approx(plain(outputs, truth), rel=1e-6)
    assert measured(outputs, truth).loss() == measured(outputs, truth).scores()["epe"]


@pytest.mark.parametrize(
    ("length", "error", "outlier"),
    [(0, 2.9, 0), (0, 3.1, 1), (100, 3.1, 0), (100, 4.9, 0), (100, 5.1, 1), (10, 2.9, 0), (40, 3.1, 1)],
)
def test_an_outlier_is_off_by_three_pixels_and_by_a_twentieth(length, error, outlier):
    truth = np.array([length, 0.0]).reshape(1, 1, 1, 2)
    scores = measured(truth + np.array([0.0, error]), truth).scores()
    assert scores == pytest.approx({"epe": error, "flow-outliers": outlier})


def test_a_pixel_with_half_a_vector_counts_nowhere():
    outputs, truth = drawn(missing=0)
    half, none = truth.copy(), truth.copy()
    half[:, 2, 3, 1] = np.nan
    none[:, 2, 3] = np.nan
    assert measured(outputs, half).scores() == measured(outputs, none).scores()


@given(st.integers(0, 10_000), st.integers(1, 300), st.sampled_from([1e-3, 1.0, 1e4]))
@settings(max_examples=30, deadline=None)
def test_the_constant_answer_is_the_median_of_each_number(seed, n, scale):
    draw = np.random.default_rng(seed)
    truth = (scale * draw.normal([2.0, -0.5], size=(n, 1, 1, 2))).astype(np.float32)
    meter = FlowMeter()
    meter.add(None, truth)
    middle = np.sort(truth[:, 0, 0], axis=0)[[(n - 1) // 2, n // 2]]
    room = 2e-3 * np.abs(middle).max(axis=0)
    assert (np.abs(meter.constant((1, 1, 1, 2))[0, 0, 0] - middle.mean(axis=0)) <= room).all()


def test_still_images_have_no_flow():
    meter = FlowMeter()
    meter.add(None, np.array([0.0, -0.0] * 5).reshape(1, 1, 5, 2))
    np.testing.assert_array_equal(meter.constant((1, 1, 1, 2)), 0)
