"""Class metrics against scikit-learn, torchmetrics and plain versions."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import metrics as sk
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_calibration_error

from virb.errors import ExperimentError
from virb.metrics.classification import (
    LOG_FLOOR,
    ClassMeter,
    accuracy,
    balanced_accuracy,
    ece,
    fit_temperature,
    nll,
    scaled,
)
from virb.spec import CLASS_METRICS


def drawn(n=200, classes=5, seed=0, sharpness=2.0):
    draw = np.random.default_rng(seed)
    logits = draw.normal(size=(n, classes)) * sharpness
    labels = np.where(draw.random(n) < 0.5, logits.argmax(axis=1), draw.integers(0, classes, n))
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return logp.astype(np.float32), labels


def score_classes(logp, labels, temperature):
    meter = ClassMeter(logp.shape[1], temperature)
    meter.add(logp, labels)
    return meter.scores()


def plain_ece(logp, labels, bins=15):
    rows = sorted(
        (float(np.exp(row.max())), float(row.argmax() == y)) for row, y in zip(logp.astype(float), labels, strict=True)
    )
    runs = np.array_split(np.arange(len(rows)), min(bins, len(rows)))
    error = 0.0
    for run in runs:
        confidence = np.mean([rows[i][0] for i in run])
        right = np.mean([rows[i][1] for i in run])
        error += len(run) / len(rows) * abs(right - confidence)
    return error


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("n", "classes"), [(200, 5), (7, 3), (1, 2), (500, 40)])
def test_scores_agree_with_scikit_learn_and_torchmetrics(n, classes, seed):
    logp, labels = drawn(n, classes, seed)
    predicted = logp.argmax(axis=1)
    assert accuracy(logp, labels) == pytest.approx(sk.accuracy_score(labels, predicted))
    micro = multiclass_accuracy(torch.tensor(predicted), torch.tensor(labels), classes, average="micro")
    assert accuracy(logp, labels) == pytest.approx(float(micro))
    recall = sk.recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0)
    assert balanced_accuracy(logp, labels) == pytest.approx(recall)
    # scikit-learn wants probabilities that add up to one, which float32 ones do not quite
    exact = np.exp(logp.astype(np.float64))
    expected = sk.log_loss(labels, exact / exact.sum(axis=1, keepdims=True), labels=np.arange(classes))
    assert nll(logp, labels) == pytest.approx(expected, rel=1e-5)
    assert ece(logp, labels) == pytest.approx(plain_ece(logp, labels), abs=1e-9)


def test_calibration_error_is_that_of_torchmetrics_where_bins_of_mass_and_width_agree():
    """One confidence a bin: equal width and equal mass cut the examples alike."""
    confidences = np.repeat((np.arange(15) + 0.5) / 15 * 0.5 + 0.5, 20)
    logp = np.log(np.stack([confidences, 1 - confidences], axis=1))
    labels = (np.random.default_rng(0).random(300) > confidences).astype(np.int64)
    theirs = multiclass_calibration_error(torch.tensor(np.exp(logp)), torch.tensor(labels), 2, n_bins=30, norm="l1")
    assert ece(logp, labels) == pytest.approx(float(theirs), abs=1e-6)


def test_a_class_that_nobody_has_does_not_enter_the_mean_over_classes():
    logp = np.log(np.full((4, 3), 1e-6) + np.eye(3)[[0, 0, 1, 1]])
    assert balanced_accuracy(logp, np.array([0, 0, 0, 1])) == pytest.approx((2 / 3 + 1) / 2)


def test_an_impossible_right_class_costs_the_floor_and_not_infinity():
    logp = np.array([[0.0, -np.inf]])
    assert nll(logp, np.array([1])) == pytest.approx(-np.log(np.finfo(np.float32).eps))
    assert np.isfinite(list(score_classes(logp, np.array([1]), 1.0).values())).all()


def test_one_class_and_one_example_are_scored():
    logp = np.log(np.array([[0.75, 0.25]]))
    scores = score_classes(logp, np.array([0]), 1.0)
    assert scores["accuracy"] == scores["balanced-accuracy"] == 1
    assert scores["nll"] == pytest.approx(-np.log(0.75))
    assert scores["ece"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("logp", "labels"),
    [
        (np.zeros((0, 3)), np.zeros(0, np.int64)),
        (np.zeros((2, 3)), np.array([0, 3])),
        (np.zeros((2, 3)), np.array([-1, 0])),
        (np.zeros((2, 3)), np.array([0])),
    ],
)
def test_what_cannot_be_scored_is_refused(logp, labels):
    for metric in (accuracy, balanced_accuracy, nll, ece, fit_temperature):
        with pytest.raises(ValueError, match=r"example|label"):
            metric(logp, labels)


def test_nan_predictions_never_become_a_score():
    with pytest.raises(ExperimentError, match="NaN"):
        score_classes(np.array([[np.nan, 0.0]]), np.array([0]), 1.0)


def test_every_declared_metric_is_computed():
    assert tuple(score_classes(*drawn(), 1.0)) == CLASS_METRICS


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_that_spoilt_the_probabilities_is_found(true):
    draw = np.random.default_rng(1)
    logits = draw.normal(size=(20_000, 4))
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (probabilities.cumsum(axis=1) < draw.random((20_000, 1))).sum(axis=1)
    spoilt = scaled(np.log(probabilities), 1 / true)
    assert fit_temperature(spoilt, labels) == pytest.approx(true, rel=0.05)


def test_the_temperature_is_the_best_of_a_fine_grid():
    logp, labels = drawn(sharpness=6.0)
    grid = np.exp(np.linspace(np.log(0.02), np.log(50), 4001))
    best = min(nll(scaled(logp, t), labels) for t in grid)
    assert nll(scaled(logp, fit_temperature(logp, labels)), labels) <= best + 1e-6


@pytest.mark.parametrize("right", [True, False])
def test_certain_predictions_have_a_temperature_too(right):
    labels = np.array([0, 1, 2, 0])
    with np.errstate(divide="ignore"):
        logp = np.log(np.eye(3)[labels if right else (labels + 1) % 3])
    temperature = fit_temperature(logp, labels)
    assert np.isfinite(temperature)
    assert (temperature < 1) == right


def test_scaling_by_one_changes_nothing():
    logp, _ = drawn()
    np.testing.assert_allclose(scaled(logp, 1.0), logp, atol=1e-5)


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(2, 6))
@settings(max_examples=50, deadline=None)
def test_the_order_of_the_examples_changes_nothing(seed, n, classes):
    logp, labels = drawn(n, classes, seed)
    logp = np.round(logp)  # many ties
    order = np.random.default_rng(seed).permutation(n)
    one, other = score_classes(logp, labels, 1.3), score_classes(logp[order], labels[order], 1.3)
    assert one == pytest.approx(other, abs=1e-9)


@pytest.mark.parametrize(("n", "classes"), [(200, 5), (7, 3), (1, 2)])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_a_meter_gives_what_the_functions_give(n, classes, temperature):
    logp, labels = drawn(n, classes)
    meter, calibrated = ClassMeter(classes, temperature), scaled(logp, temperature)
    meter.add(logp[: n // 3], labels[: n // 3])
    meter.add(logp[n // 3 :], labels[n // 3 :])
    expected = {
        "accuracy": accuracy(logp, labels),
        "balanced-accuracy": balanced_accuracy(logp, labels),
        "nll": nll(logp, labels),
        "ece": ece(logp, labels),
        "nll-calibrated": nll(calibrated, labels),
        "ece-calibrated": ece(calibrated, labels),
    }
    assert meter.scores() == pytest.approx(expected, rel=1e-6)
    assert meter.loss() == pytest.approx(nll(logp, labels), rel=1e-6)


@given(arrays.arrays(np.int64, st.integers(1, 30), elements=st.integers(0, 4)))
@settings(max_examples=30, deadline=None)
def test_the_constant_answer_scores_what_a_dummy_classifier_scores(labels):
    from sklearn.dummy import DummyClassifier

    known = np.array([2, 1, 1, 2, 0])  # 1 and 2 tie: the lower id
    dummy = DummyClassifier(strategy="prior").fit(known[:, None], known)
    predicted = dummy.predict(labels[:, None])
    meter = ClassMeter(5)
    meter.add(None, known)
    scores = score_classes(meter.constant((len(labels), 5)), labels, 1.0)
    assert scores["accuracy"] == pytest.approx(sk.accuracy_score(labels, predicted))
    recall = sk.recall_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0)
    assert scores["balanced-accuracy"] == pytest.approx(recall)


def test_without_a_temperature_nothing_is_calibrated():
    meter = ClassMeter(5)
    meter.add(*drawn())
    assert list(meter.scores()) == ["accuracy", "balanced-accuracy", "nll", "ece"]


def test_a_meter_keeps_what_each_example_was_and_was_taken_for():
    logp, labels = drawn(50)
    meter = ClassMeter(5)
    meter.add(logp, labels)
    found = meter.outcomes()
    np.testing.assert_array_equal(found["label"], labels)
    np.testing.assert_array_equal(found["predicted"], logp.argmax(axis=1))
    np.testing.assert_allclose(found["confidence"], np.exp(logp.max(axis=1)), rtol=1e-6)
    assert found["correct"].mean() == pytest.approx(accuracy(logp, labels))


def test_the_constant_answer_is_the_most_frequent_class_and_costs_what_an_impossible_one_may_cost():
    meter = ClassMeter(3)
    meter.add(None, np.array([2, 1, 1]))
    meter.add(None, np.array([2, 0]))
    np.testing.assert_array_equal(meter.constant((2, 3)), np.float32([[LOG_FLOOR, 0, LOG_FLOOR]] * 2))
    with pytest.raises(ValueError, match="labels from"):
        meter.add(None, np.array([3]))
