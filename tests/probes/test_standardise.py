"""Standardising against scikit-learn, and what cannot be standardised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from virb.errors import ExperimentError
from virb.probes import Examples
from virb.probes import _standardise as module
from virb.probes._standardise import Scaler, finite_rows, flat


@given(st.integers(0, 2**32 - 1), st.integers(2, 40), st.integers(1, 8), st.sampled_from([1e-20, 1e-3, 1.0, 1e12]))
@settings(max_examples=50, deadline=None)
def test_columns_are_standardised_as_scikit_learn_does(seed, n, width, scale):
    draw = np.random.default_rng(seed)
    features = (scale * (draw.normal(size=(n, width)) + draw.normal(size=width))).astype(np.float32)
    other = (scale * draw.normal(size=(5, width))).astype(np.float32)
    scaler, theirs = Scaler.of(features, "embedding"), StandardScaler().fit(features.astype(np.float64))
    np.testing.assert_allclose(scaler(features), theirs.transform(features.astype(np.float64)), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(scaler(other), theirs.transform(other.astype(np.float64)), rtol=1e-5, atol=1e-5)


def test_a_large_mean_costs_no_precision():
    """In float32 sums, a spread of one in a million around ten thousand would be lost."""
    draw = np.random.default_rng(0)
    features = (1e4 + 0.1 * draw.normal(size=(5000, 3))).astype(np.float32)
    scaled = Scaler.of(features, "embedding")(features).astype(np.float64)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-6)


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e30, 1e-30])
def test_a_column_that_does_not_vary_becomes_zero_everywhere(constant):
    features = np.random.default_rng(0).normal(size=(1001, 2)).astype(np.float32)
    features[:, 1] = constant
    scaler = Scaler.of(features, "embedding")
    assert (scaler(features)[:, 1] == 0).all()
    assert (scaler(np.ones((3, 2), np.float32))[:, 1] == 0).all()


def test_the_rounding_of_float32_is_not_variation():
    features = np.random.default_rng(0).normal(size=(100, 2)).astype(np.float32)
    features[:, 1] = 1
    features[::2, 1] = np.nextafter(np.float32(1), np.float32(2))
    assert Scaler.of(features, "embedding").inverse[1] == 0


def test_a_single_example_does_not_vary():
    with pytest.raises(ExperimentError, match="'stage1' are the same for every example of fit"):
        Scaler.of(np.ones((1, 3), np.float32), "stage1")


def test_blocks_of_rows_change_nothing(monkeypatch):
    features = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    whole = Scaler.of(features, "embedding")(features)
    monkeypatch.setattr(module, "ROWS", 7)
    np.testing.assert_allclose(Scaler.of(features, "embedding")(features), whole, atol=1e-6)


def test_half_precision_is_read():
    features = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float16)
    scaled = Scaler.of(features, "embedding")(features)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-5)


def test_examples_that_are_not_finite_are_counted_once_each():
    features = np.zeros((6, 2, 3), np.float32)
    features[1] = np.nan
    features[4, 1, 2] = -np.inf
    with pytest.raises(ExperimentError, match="'embedding' are not finite in 2 of 6 examples"):
        finite_rows(Examples({"embedding": features}, np.zeros(6, np.int64)), "embedding")


def test_images_are_laid_side_by_side_in_order():
    np.testing.assert_array_equal(flat(np.arange(12).reshape(2, 3, 2)), np.arange(12).reshape(2, 6))
    assert flat(np.zeros((0, 3, 2))).shape == (0, 6)
