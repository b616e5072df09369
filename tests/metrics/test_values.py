"""Metrics of numbers against scikit-learn."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from virb.metrics.values import ValuesMeter


def measured(outputs, truth):
    meter = ValuesMeter(truth.shape[1])
    meter.add(outputs, truth)
    return meter


@pytest.mark.parametrize(("n", "size"), [(200, 1), (50, 4), (2, 2)])
def test_scores_agree_with_scikit_learn(n, size):
    draw = np.random.default_rng(n)
    truth = draw.normal(100, 3, (n, size))
    outputs = truth + draw.normal(size=(n, size))
    meter = measured(outputs, truth)
    assert meter.scores()["mae"] == pytest.approx(sk.mean_absolute_error(truth, outputs))
    assert meter.scores()["r2"] == pytest.approx(sk.r2_score(truth, outputs))
    assert meter.loss() == pytest.approx(sk.mean_squared_error(truth, outputs))


def test_a_missing_number_counts_nowhere():
    draw = np.random.default_rng(0)
    truth, outputs = draw.normal(size=(80, 3)), draw.normal(size=(80, 3))
    truth[draw.random((80, 3)) < 0.4] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # NumPy's word on examples without any number
        mae = np.nanmean(np.nanmean(np.abs(outputs - truth), axis=1))
    assert measured(outputs, truth).scores()["mae"] == pytest.approx(mae)
    known = [~np.isnan(truth[:, k]) for k in range(3)]
    r2 = [sk.r2_score(truth[known[k], k], outputs[known[k], k]) for k in range(3)]
    assert measured(outputs, truth).scores()["r2"] == pytest.approx(np.mean(r2))


def test_a_number_that_is_nowhere_has_no_part_in_r2():
    truth = np.array([[1.0, np.nan], [2.0, np.nan], [4.0, np.nan]])
    outputs = np.array([[1.5, 9.0], [2.0, 9.0], [3.0, 9.0]])
    assert measured(outputs, truth).scores()["r2"] == pytest.approx(sk.r2_score(truth[:, 0], outputs[:, 0]))


def test_a_number_that_never_varies_is_met_or_not():
    truth = np.array([[2.0, 2.0], [2.0, 2.0]])
    outputs = np.array([[2.0, 3.0], [2.0, 2.0]])
    assert measured(outputs, truth).scores()["r2"] == sk.r2_score(truth, outputs) == 0.5


def test_the_constant_answer_is_the_exact_median_of_what_is_known():
    meter = ValuesMeter(2)
    meter.add(None, np.array([[2019.1, 1.0], [2019.3, np.nan]]))
    meter.add(None, np.array([[2019.2, 5.0]]))
    np.testing.assert_allclose(meter.constant((4, 2)), [[2019.2, 3.0]] * 4, rtol=1e-7)
