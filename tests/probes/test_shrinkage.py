"""Ridge regression against scikit-learn and against the closed form."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from virb.errors import ExperimentError
from virb.probes import _shrinkage as module
from virb.probes._shrinkage import Shrinkage

PENALTIES = [1e3, 1.0, 1e-2, 1e-5, 1e-8]
SHAPES = {"tall": (80, 6, 2), "wide": (20, 60, 3), "square": (30, 30, 1), "thin": (40, 1, 1)}


def drawn(n, width, size, seed=0):
    draw = np.random.default_rng(seed)
    features = (5 + draw.normal(size=(n, width)) * np.geomspace(10, 0.1, width)).astype(np.float32)
    values = features @ draw.normal(size=(width, size)) + 0.3 * draw.normal(size=(n, size)) + 100
    return features, values, (5 + draw.normal(size=(15, width))).astype(np.float32)


def theirs(features, values, new, l2):
    """Both sides standardised, as the penalty is meant; scikit-learn's alpha is n l2."""
    x, y = StandardScaler().fit(features.astype(float)), StandardScaler().fit(values)
    model = Ridge(alpha=len(features) * l2, solver="svd")
    model.fit(x.transform(features.astype(float)), y.transform(values))
    return y.inverse_transform(model.predict(x.transform(new.astype(float))).reshape(len(new), -1))


@pytest.mark.parametrize("shape", SHAPES)
def test_predictions_are_those_of_scikit_learn(shape):
    features, values, new = drawn(*SHAPES[shape])
    for l2, ours in zip(PENALTIES, Shrinkage(features, values, "embedding").predictions(new, PENALTIES), strict=True):
        expected = theirs(features, values, new, l2)
        np.testing.assert_allclose(ours, expected, atol=1e-3 * values.std(), rtol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_predictions_are_those_of_the_normal_equations(shape):
    features, values, new = drawn(*SHAPES[shape])
    mean, deviation = features.mean(axis=0, dtype=float), features.std(axis=0, dtype=float)
    x, z = (features - mean) / deviation, (new - mean) / deviation
    y = (values - values.mean(axis=0)) / values.std(axis=0)
    for l2 in (1.0, 0.01):
        weights = np.linalg.solve(x.T @ x + len(x) * l2 * np.eye(x.shape[1]), x.T @ y)
        (ours,) = Shrinkage(features, values, "embedding").predictions(new, [l2])
        np.testing.assert_allclose(ours, z @ weights * values.std(axis=0) + values.mean(axis=0), rtol=1e-5)


def test_blocks_of_rows_change_nothing(monkeypatch):
    features, values, new = drawn(80, 6, 2)
    (whole,) = Shrinkage(features, values, "embedding").predictions(new, [0.1])
    monkeypatch.setattr(module, "ROWS", 7)
    (blocks,) = Shrinkage(features, values, "embedding").predictions(new, [0.1])
    np.testing.assert_allclose(blocks, whole, rtol=1e-6)


def test_each_number_is_fitted_on_the_rows_that_have_it():
    features, values, new = drawn(80, 6, 3)
    values[::3, 1] = np.nan
    (ours,) = Shrinkage(features, values, "embedding").predictions(new, [0.1])
    for column in range(3):
        rows = ~np.isnan(values[:, column])
        (alone,) = Shrinkage(features[rows], values[rows, column : column + 1], "embedding").predictions(new, [0.1])
        np.testing.assert_allclose(ours[:, column], alone[:, 0], rtol=1e-9)


def test_a_number_that_nobody_has_is_refused():
    features, values, _ = drawn(20, 6, 3)
    values[:, 2] = np.nan
    with pytest.raises(ExperimentError, match="Number 3 of 3 of the target is missing in every example"):
        Shrinkage(features, values, "embedding")


@pytest.mark.parametrize("constant", [0.0, 0.1, -1e20])
def test_a_number_that_does_not_vary_is_predicted_as_it_is(constant):
    features, values, new = drawn(20, 6, 2)
    values[:, 0] = constant
    for ours in Shrinkage(features, values, "embedding").predictions(new, PENALTIES):
        np.testing.assert_allclose(ours[:, 0], constant, rtol=1e-9)


def test_columns_that_say_the_same_do_no_harm():
    features, values, new = drawn(40, 3, 1)
    twice, new_twice = (np.concatenate([part, part], axis=1) for part in (features, new))
    # The same answer with half the penalty: two columns share the weight of one.
    (once,) = Shrinkage(features, values, "embedding").predictions(new, [0.1])
    (shared,) = Shrinkage(twice, values, "embedding").predictions(new_twice, [0.2])
    np.testing.assert_allclose(shared, once, rtol=1e-5)
    for ours in Shrinkage(twice, values, "embedding").predictions(new_twice, PENALTIES):
        assert np.isfinite(ours).all()
