"""Segmentation metrics against torchmetrics, scikit-learn and a plain loop."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from torchmetrics.functional.classification import multiclass_jaccard_index

from virb.metrics.classification import LOG_FLOOR
from virb.metrics.segmentation import SegmentationMeter

VOID = 255


def drawn(n=6, classes=5, seed=0, void=0.2, there=None):
    draw = np.random.default_rng(seed)
    logp = np.log(draw.dirichlet(np.ones(classes), (n, 7, 9)))
    truth = np.where(draw.random((n, 7, 9)) < 0.4, logp.argmax(axis=-1), draw.integers(0, there or classes, (n, 7, 9)))
    truth[draw.random((n, 7, 9)) < void] = VOID
    return logp.astype(np.float32), truth


def measured(logp, truth, ignore=VOID):
    meter = SegmentationMeter(logp.shape[-1], ignore)
    meter.add(logp, truth)
    return meter


@given(seed=st.integers(0, 10_000), classes=st.integers(2, 8), void=st.sampled_from([0.0, 0.3, 0.95]))
@settings(max_examples=40, deadline=None)
def test_scores_agree_with_scikit_learn(seed, classes, void):
    logp, truth = drawn(classes=classes, seed=seed, void=void)
    known = truth != VOID
    labels, predicted = truth[known], logp.argmax(axis=-1)[known]
    scores = measured(logp, truth).scores()
    jaccard = sk.jaccard_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0)
    assert scores["miou"] == pytest.approx(jaccard)
    assert scores["pixel-accuracy"] == pytest.approx(sk.accuracy_score(labels, predicted))


@pytest.mark.parametrize("seed", range(5))
def test_miou_is_that_of_torchmetrics_with_void_ignored(seed):
    logp, truth = drawn(seed=seed)
    theirs = multiclass_jaccard_index(
        torch.tensor(logp.argmax(axis=-1)), torch.tensor(truth), num_classes=5, ignore_index=VOID, average="macro"
    )
    assert measured(logp, truth).scores()["miou"] == pytest.approx(float(theirs), rel=1e-5)


def test_a_class_that_is_only_predicted_is_no_part_of_the_mean_but_costs_the_class_it_hides():
    logp = np.log(np.full((1, 1, 4, 3), 0.1) + 0.7 * np.eye(3)[[[[0, 0, 1, 2]]]])
    truth = np.array([[[0, 0, 1, 1]]])
    scores = measured(logp, truth).scores()
    assert scores["miou"] == pytest.approx((1 + 1 / 2) / 2)
    per_class = multiclass_jaccard_index(
        torch.tensor(logp.argmax(axis=-1)), torch.tensor(truth), num_classes=3, average="none"
    )
    assert scores["miou"] == pytest.approx(float(per_class[:2].mean()))


def test_intersections_are_summed_over_images_before_they_are_divided():
    logp, truth = drawn(n=8)
    truth[2] = VOID
    found = measured(logp, truth).outcomes()
    sums = found["intersection"].sum(axis=0) / found["union"].sum(axis=0)
    assert measured(logp, truth).scores()["miou"] == pytest.approx(sums.mean())
    for image in range(8):
        for one in range(5):
            known, predicted = truth[image] != VOID, logp[image].argmax(axis=-1)
            both = (truth[image] == one) & (predicted == one) & known
            either = ((truth[image] == one) | (predicted == one)) & known
            assert found["intersection"][image, one] == both.sum()
            assert found["union"][image, one] == either.sum()
            assert found["truth"][image, one] == (truth[image] == one).sum()
        assert found["labelled"][image] == known.sum()
        assert found["right"][image] == ((truth[image] == predicted) & known).sum()


def test_void_pixels_and_images_of_void_count_nowhere():
    logp, truth = drawn()
    truth[0] = VOID
    turned = logp.copy()
    turned[truth == VOID] = turned[truth == VOID][:, ::-1]
    one, other = measured(logp, truth), measured(turned, truth)
    assert one.scores() == other.scores()
    assert one.loss() == other.loss()
    assert one.outcomes()["labelled"][0] == 0


def test_only_void_gives_no_score():
    logp, truth = drawn()
    with pytest.raises(ValueError, match="no labelled pixels"):
        measured(logp, np.full_like(truth, VOID)).scores()


def test_a_class_may_be_what_is_ignored():
    logp, truth = drawn(void=0)
    known = truth != 0
    labels, predicted = truth[known], logp.argmax(axis=-1)[known]
    jaccard = sk.jaccard_score(labels, predicted, labels=[1, 2, 3, 4], average="macro")
    assert measured(logp, truth, ignore=0).scores()["miou"] == pytest.approx(jaccard)


def test_one_class_is_scored():
    logp = np.log(np.full((1, 2, 2, 2), 0.5))
    assert measured(logp, np.zeros((1, 2, 2), np.uint8)).scores() == {"miou": 1.0, "pixel-accuracy": 1.0}


@pytest.mark.parametrize(("label", "ignore"), [(5, VOID), (-1, VOID), (VOID, None)])
def test_labels_that_are_no_class_are_refused(label, ignore):
    logp, truth = drawn(void=0)
    truth[1, 2, 3] = label
    with pytest.raises(ValueError, match=f"label {label}"):
        measured(logp, truth, ignore)


def test_the_loss_is_the_mean_over_labelled_pixels_and_never_infinite():
    logp, truth = drawn()
    known = truth != VOID
    assert measured(logp, truth).loss() == pytest.approx(-logp[known][np.arange(known.sum()), truth[known]].mean())
    sure = np.array([[[[0.0, -np.inf]]]])
    assert measured(sure, np.array([[[1]]])).loss() == pytest.approx(-LOG_FLOOR)


def test_the_constant_answer_is_the_class_that_most_labelled_pixels_have():
    meter = SegmentationMeter(3, VOID)
    meter.add(None, np.array([[[VOID, VOID, VOID, 1, 1, 2]]]))
    answer = meter.constant((1, 2, 2, 3))
    np.testing.assert_array_equal(answer.argmax(axis=-1), 1)
