"""What is particular to linear heads by gradient descent; see also test_descent.py."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from virb.probes import PROBES, Examples, Score
from virb.probes.linear import PROBE
from virb.spec import Classes

DIGITS = Classes(count=10)


def digits():
    """Real 8 x 8 digits: 600 for fit, 300 for select, the rest for test."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    pixels, labels = pixels[order].astype(np.float32), labels[order].astype(np.int64)
    parts = (slice(600), slice(600, 900), slice(900, None))
    return [Examples({"embedding": pixels[part]}, labels[part]) for part in parts]


def test_it_reaches_what_logistic_regression_reaches():
    fit, select, test = digits()
    score = Score(DIGITS, "nll")
    ours, theirs = (probe.fit(fit, select, DIGITS, score, 0) for probe in (PROBE, PROBES.load("logistic")))
    (ours_nll, _), (theirs_nll, _) = (score(answer.predict(test.features), test.labels) for answer in (ours, theirs))
    assert ours_nll == pytest.approx(theirs_nll, abs=0.02)
    assert ours_nll > -0.2


def test_eighteen_heads_are_tried():
    fit, select, _ = digits()
    assert len(PROBE.fit(fit, select, DIGITS, Score(DIGITS, "accuracy"), 0).trials) == 18
    assert "18" in PROBE.spec.about


def test_values_and_pixels_are_rejected_and_any_number_of_images_is_not():
    assert all(PROBE.rejects(DIGITS, images) is None for images in (1, 2, 6))
    assert "pixel" in PROBE.rejects(Classes(count=2, dense=True))
