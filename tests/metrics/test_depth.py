"""Depth metrics against a plain loop over images, scikit-learn and torchmetrics."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from torchmetrics.functional.regression import mean_absolute_percentage_error

from virb.metrics.depth import NEAREST, DepthMeter


def drawn(n=6, seed=0, missing=0.3):
    draw = np.random.default_rng(seed)
    truth = 3 * draw.lognormal(size=(n, 7, 9, 1))
    outputs = truth * draw.lognormal(0.1, 0.3, truth.shape)
    truth[draw.random(truth.shape) < missing] = np.nan
    return outputs.astype(np.float32), truth.astype(np.float32)


def measured(outputs, truth):
    meter = DepthMeter()
    meter.add(outputs, truth)
    return meter


def plain(outputs, truth):
    """Every metric, one image at a time."""
    rows = []
    for p, t in zip(outputs.astype(float), truth.astype(float), strict=True):
        p, t = p[t > 0], t[t > 0]
        a = p * np.median(t) / np.median(p)
        rows.append(
            {
                "delta-1.25": np.mean((p / t < 1.25) & (t / p < 1.25)),
                "abs-rel": np.mean(np.abs(p - t) / t),
                "depth-l1": sk.mean_absolute_error(t, p),
                "rmse": sk.root_mean_squared_error(t, p),
                "delta-1.25-aligned": np.mean((a / t < 1.25) & (t / a < 1.25)),
                "abs-rel-aligned": sk.mean_absolute_percentage_error(t, a),
            }
        )
    return {name: np.mean([row[name] for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_scores_agree_with_a_plain_loop_over_images(seed, missing):
    outputs, truth = drawn(seed=seed, missing=missing)
    assert measured(outputs, truth).scores() == pytest.approx(plain(outputs, truth), rel=1e-6)


def test_the_relative_error_of_one_image_is_that_of_torchmetrics():
    outputs, truth = drawn(n=1, missing=0)
    theirs = mean_absolute_percentage_error(torch.tensor(outputs), torch.tensor(truth))
    assert measured(outputs, truth).scores()["abs-rel"] == pytest.approx(float(theirs), rel=1e-5)


def test_images_count_alike_however_many_pixels_they_have():
    outputs, truth = drawn(n=2, missing=0)
    truth[1].reshape(-1)[2:] = np.nan
    alone = [measured(outputs[k : k + 1], truth[k : k + 1]).scores()["abs-rel"] for k in range(2)]
    assert measured(outputs, truth).scores()["abs-rel"] == pytest.approx(np.mean(alone))


@pytest.mark.parametrize("missing", [0.0, -1.0, np.inf, np.nan])
def test_truth_that_is_no_depth_counts_nowhere(missing):
    outputs, truth = drawn(missing=0)
    holes = np.random.default_rng(1).random(truth.shape) < 0.4
    one = measured(outputs, np.where(holes, np.float32(missing), truth))
    other = measured(np.where(holes, np.float32(7), outputs), np.where(holes, np.nan, truth))
    assert one.scores() == other.scores()
    assert one.loss() == other.loss()


def test_aligned_metrics_do_not_see_the_scale_of_an_image():
    outputs, truth = drawn(missing=0)
    scales = np.float32([0.25, 4, 0.5, 8, 1, 2])[:, None, None, None]
    one, other = measured(outputs, truth).scores(), measured(outputs * scales, truth).scores()
    for name, value in one.items():
        assert (other[name] == pytest.approx(value, rel=1e-5)) == name.endswith("-aligned"), name


@pytest.mark.parametrize("prediction", [0.0, -5.0, 1e-9])
def test_a_prediction_that_is_not_above_zero_counts_as_nearest(prediction):
    truth = np.full((1, 1, 4, 1), 2.0)
    outputs = np.array([2.0, 2.0, 2.0, prediction]).reshape(truth.shape)
    as_nearest = measured(np.maximum(outputs, NEAREST), truth)
    assert measured(outputs, truth).scores() == as_nearest.scores()
    assert measured(outputs, truth).loss() == as_nearest.loss() == pytest.approx(np.log(2 / NEAREST) / 4)
    assert as_nearest.scores()["delta-1.25"] == 0.75


def test_truth_nearer_than_nearest_can_still_be_met():
    truth = np.full((1, 2, 2, 1), NEAREST / 50)
    assert measured(truth, truth).scores()["delta-1.25"] == 1


def test_an_image_predicted_as_nothing_has_finite_scores():
    truth = np.full((1, 2, 2, 1), 3.0)
    assert np.isfinite(list(measured(np.zeros_like(truth), truth).scores().values())).all()


def test_the_loss_is_the_mean_distance_of_logarithms():
    outputs, truth = drawn(missing=0)
    assert measured(outputs, truth).loss() == pytest.approx(np.abs(np.log(outputs) - np.log(truth)).mean(), rel=1e-5)


@given(st.integers(0, 10_000), st.integers(1, 300), st.sampled_from([1e-3, 1.0, 1e4]))
@settings(max_examples=30, deadline=None)
def test_the_constant_answer_is_the_median_within_a_fifth_of_a_percent(seed, n, scale):
    draw = np.random.default_rng(seed)
    truth = (scale * draw.lognormal(size=(n, 1, 1, 1))).astype(np.float32)
    meter = DepthMeter()
    meter.add(None, truth)
    # Between two far middle numbers any answer is a median: ours is theirs, each within its bin.
    assert meter.constant((1, 1, 1, 1)).item() == pytest.approx(float(np.median(truth)), rel=2e-3)


def test_a_median_that_many_share_is_exact():
    meter = DepthMeter()
    meter.add(None, np.array([1.0, 2.7, 2.7, 2.7, 9.0, 0.0, np.nan]).reshape(7, 1, 1, 1))
    assert meter.constant((1, 1, 1, 1)).item() == np.float32(2.7)
