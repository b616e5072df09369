"""Logistic heads on shares, against scikit-learn on one weighted row a class."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from virb.probes import _shares as module
from virb.probes._axes import Axes
from virb.probes._shares import fit_shares

PENALTIES = [10.0, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5]


def drawn(m, width, classes, seed=0):
    """Standardised rows, their mixtures of classes, and weights; some rows are of one class alone."""
    draw = np.random.default_rng(seed)
    features = draw.normal(size=(m, width))
    scores = features @ draw.normal(size=(width, classes)) + draw.normal(size=(m, classes))
    shares = np.exp(2 * scores) / np.exp(2 * scores).sum(axis=1, keepdims=True)
    shares[: m // 3] = np.eye(classes)[shares[: m // 3].argmax(axis=1)]
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    return tuple(torch.from_numpy(part.astype(np.float32)) for part in (features, shares, draw.uniform(0.1, 1, m)))


def fitted(features, shares, weights, l2, limit=500):
    axes = Axes.of(features)
    turned = axes.turn(features)
    heads = fit_shares(turned, shares, weights, l2, limit)
    return heads, [heads.log_probabilities(turned, head).exp().numpy() for head in range(len(l2))]


def theirs(features, shares, weights, l2):
    m, classes = shares.shape
    rows = np.repeat(features.double().numpy(), classes, axis=0)
    weight = (shares * weights[:, None]).double().numpy().ravel()
    # Of two classes scikit-learn fits one vector where ours are two, half as long and opposite.
    model = LogisticRegression(C=(2 if classes == 2 else 1) / (l2 * weight.sum()), tol=1e-8, max_iter=20_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # at 1e-8 its line search stops on rounding now and then
        model.fit(rows, np.tile(np.arange(classes), m), sample_weight=weight)
    return model.predict_proba(features.double().numpy())


@pytest.mark.parametrize(("m", "width", "classes"), [(200, 6, 3), (150, 10, 2), (40, 60, 3)])
def test_probabilities_are_those_of_scikit_learn_at_the_same_penalty(m, width, classes):
    data = drawn(m, width, classes)
    heads, ours = fitted(*data, PENALTIES)
    assert heads.converged.all()
    for l2, mine in zip(PENALTIES[:5], ours, strict=False):
        np.testing.assert_allclose(mine, theirs(*data, l2), atol=3e-3, err_msg=str(l2))


def test_a_head_alone_is_the_head_among_others():
    data = drawn(200, 6, 3)
    _, together = fitted(*data, PENALTIES)
    for l2, mine in zip(PENALTIES, together, strict=True):
        _, (alone,) = fitted(*data, [l2])
        np.testing.assert_allclose(mine, alone, atol=3e-3)


def test_blocks_of_rows_change_nothing(monkeypatch):
    data = drawn(700, 6, 3)
    _, expected = fitted(*data, PENALTIES[:4])
    monkeypatch.setattr(module, "BLOCK", 1)  # blocks of 256 rows, which do not divide 700
    _, ours = fitted(*data, PENALTIES[:4])
    np.testing.assert_allclose(ours, expected, atol=1e-3)


def test_the_gradient_is_the_derivative_of_the_value_and_the_curvature_that_of_the_gradient():
    features, shares, weights = (part.double() for part in drawn(40, 5, 3))
    loss = module._MeanLoss(Axes.of(features).turn(features), shares, weights)
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 18)) * [[0.5], [3.0]])  # unsure and sure heads
    _, gradient = loss(points)
    curvature = torch.cat([loss.curvature(points[k : k + 1]) for k in range(2)])
    for place in range(18):
        step = torch.zeros_like(points)
        step[:, place] = 1e-5
        (up, slope_up), (down, slope_down) = loss(points + step), loss(points - step)
        torch.testing.assert_close((up - down) / 2e-5, gradient[:, place], rtol=1e-5, atol=1e-8)
        torch.testing.assert_close((slope_up - slope_down)[:, place] / 2e-5, curvature[:, place], rtol=1e-5, atol=1e-8)


def test_the_path_starts_at_the_best_head_that_looks_at_nothing():
    features, shares, weights = drawn(100, 5, 3)
    prior = module._MeanLoss(Axes.of(features).turn(features), shares, weights).prior.view(3, -1)
    assert (prior[:, :-1] == 0).all()
    torch.testing.assert_close(prior[:, -1].exp(), (shares * weights[:, None]).sum(dim=0) / weights.sum())


def test_one_class_alone_is_certain():
    features, _, weights = drawn(30, 4, 2)
    heads, (outputs,) = fitted(features, torch.ones(30, 1), weights, [1.0])
    assert heads.converged.all()
    assert (outputs == 1).all()
