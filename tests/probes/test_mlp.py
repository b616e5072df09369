"""What is particular to the hidden layer: what no sum can tell, and several images; see also test_descent.py."""

import dataclasses

import numpy as np
import pytest

from virb.metrics.classification import accuracy
from virb.probes import PROBES, Examples, Score
from virb.probes.mlp import PROBE
from virb.spec import Classes

TWO = Classes(count=2)
QUICK = dataclasses.replace(PROBE, steps=100, batch=128)


def both_signs(n, seed):
    """The class is whether two columns have the same sign: exclusive or."""
    rows = np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)
    return Examples({"embedding": rows}, (rows[:, 0] * rows[:, 1] > 0).astype(np.int64))


def alike(n, images, seed):
    """The class is whether the first image and the last go along, in a direction that differs by example."""
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(n, images, 24))
    labels = np.arange(n) % 2
    rows[:, -1] += 0.7 * np.where(labels == 1, 1, -1)[:, None] * rows[:, 0]
    return Examples({"embedding": rows.astype(np.float32)}, labels)


def reached(probe, splits, seed=0):
    fit, select, test = splits
    answer = probe.fit(fit, select, TWO, Score(TWO, "accuracy"), seed)
    return accuracy(answer.predict(test.features), test.labels)


def test_exclusive_or_is_learnt_which_no_linear_head_tells():
    splits = [both_signs(n, seed) for n, seed in ((500, 1), (200, 2), (500, 3))]
    assert reached(QUICK, splits) > 0.9
    assert reached(PROBES.load("logistic"), splits) < 0.65


def test_how_two_images_differ_is_learnt_which_no_linear_head_tells():
    splits = [alike(n, 2, seed) for n, seed in ((400, 1), (200, 2), (500, 3))]
    assert reached(QUICK, splits) > 0.9
    assert reached(PROBES.load("logistic"), splits) < 0.65


@pytest.mark.parametrize("images", [3, 6])
def test_classes_of_more_images_are_learnt(images):
    def clips(n, seed):
        draw = np.random.default_rng(seed)
        labels = np.arange(n) % 2
        rows = draw.normal(size=(n, images, 8))
        rows[:, 1] += 2 * labels[:, None]
        return Examples({"embedding": rows.astype(np.float32)}, labels)

    splits = [clips(n, seed) for n, seed in ((100, 1), (50, 2), (300, 3))]
    assert reached(QUICK, splits) > 0.95


def test_values_and_pixels_are_rejected_and_any_number_of_images_is_not():
    assert all(PROBE.rejects(TWO, images) is None for images in (1, 2, 6))
    assert "pixel" in PROBE.rejects(Classes(count=2, dense=True))
