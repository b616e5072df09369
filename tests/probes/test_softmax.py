"""The path of heads against scikit-learn's logistic regression."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from virb.probes import _softmax as module
from virb.probes._axes import Axes
from virb.probes._softmax import fit_heads

PENALTIES = [10.0, 1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
SHAPES = {
    "tall": (400, 8, 3, 1.0),
    "wide": (60, 150, 4, 0.5),
    "square": (120, 120, 5, 0.7),
    "two classes": (200, 10, 2, 0.5),
    "many classes": (600, 20, 30, 1.5),
    "separable": (150, 10, 3, 4.0),
    "no signal": (200, 12, 3, 0.0),
}


def drawn(n, width, classes, distance, unbalanced=False, seed=0):
    """Standardised features and labels for fitting and for looking."""
    draw = np.random.default_rng(seed)
    share = np.arange(1, classes + 1) ** 2.0 if unbalanced else np.ones(classes)
    labels = draw.choice(classes, n, p=share / share.sum())
    labels[:classes] = np.arange(classes)
    centres = distance * draw.normal(size=(classes, width))
    features = draw.normal(size=(2 * n, width)) * np.geomspace(1, 0.1, width)
    features += centres[np.concatenate([labels, labels])]
    features = (features - features[:n].mean(axis=0)) / features[:n].std(axis=0)
    return torch.from_numpy(features[:n].astype(np.float32)), torch.from_numpy(labels), features[n:].astype(np.float32)


def path_of(features, labels, classes, l2, new, limit=500):
    axes = Axes.of(features)
    heads = fit_heads(axes.turn(features), labels, classes, l2, limit)
    turned = axes.turn(torch.from_numpy(new))
    return heads, [heads.log_probabilities(turned, k).exp().numpy() for k in range(len(l2))]


def theirs_of(features, labels, l2):
    # Of two classes scikit-learn fits one vector where ours are two, half as long and opposite.
    share = 2 if labels.max() == 1 else 1
    model = LogisticRegression(C=share / (len(labels) * l2), tol=1e-8, max_iter=20_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # at 1e-8 its line search stops on rounding now and then
        return model.fit(features.double().numpy(), labels.numpy())


def objective(features, labels, weights, bias, l2):
    outputs = torch.log_softmax(features.double() @ weights + bias, dim=1)
    return float(-outputs[torch.arange(len(labels)), labels].mean() + l2 / 2 * weights.square().sum())


@pytest.mark.parametrize("unbalanced", [False, True], ids=["balanced", "unbalanced"])
@pytest.mark.parametrize("shape", SHAPES)
def test_probabilities_are_those_of_scikit_learn_at_the_same_penalty(shape, unbalanced):
    features, labels, new = drawn(*SHAPES[shape], unbalanced)
    classes = SHAPES[shape][2]
    heads, ours = path_of(features, labels, classes, PENALTIES, new)
    assert heads.converged.all()
    for l2, mine in zip(PENALTIES, ours, strict=True):
        their = theirs_of(features, labels, l2).predict_proba(new.astype(np.float64))
        assert np.abs(mine - their).max() < 1e-3, l2
        assert (mine.argmax(axis=1) != their.argmax(axis=1)).sum() <= 1, l2


@pytest.mark.parametrize("shape", ["tall", "wide", "many classes"])
def test_the_objective_is_as_low_as_that_of_scikit_learn(shape):
    features, labels, new = drawn(*SHAPES[shape])
    classes = SHAPES[shape][2]
    heads, _ = path_of(features, labels, classes, PENALTIES, new)
    (block,) = Axes.of(features).blocks
    for k, l2 in enumerate(PENALTIES):
        head = heads.weights[k].double()
        mine = objective(features, labels, block.double() @ head[:, :-1].T, head[:, -1], l2)
        model = theirs_of(features, labels, l2)
        their = objective(features, labels, torch.from_numpy(model.coef_.T), torch.from_numpy(model.intercept_), l2)
        assert mine <= their * (1 + 1e-6)


@pytest.mark.parametrize("shape", ["tall", "wide", "separable"])
def test_a_head_alone_is_the_head_among_others(shape):
    features, labels, new = drawn(*SHAPES[shape])
    classes = SHAPES[shape][2]
    _, together = path_of(features, labels, classes, PENALTIES, new)
    for l2, mine in zip(PENALTIES, together, strict=True):
        _, (alone,) = path_of(features, labels, classes, [l2], new)
        np.testing.assert_allclose(mine, alone, atol=1e-3)


@pytest.mark.parametrize(("rows", "together"), [(1, 5), (24, 1), (1000, 8)])
def test_how_many_heads_are_fitted_together_changes_nothing(rows, together, monkeypatch):
    features, labels, new = drawn(*SHAPES["tall"])
    _, expected = path_of(features, labels, 3, PENALTIES, new)
    monkeypatch.setattr(module, "ROWS", rows)
    monkeypatch.setattr(module, "TOGETHER", together)
    _, ours = path_of(features, labels, 3, PENALTIES, new)
    np.testing.assert_allclose(ours, expected, atol=1e-3)


def test_blocks_of_rows_change_nothing(monkeypatch):
    features, labels, new = drawn(700, 8, 3, 1.0)
    _, expected = path_of(features, labels, 3, PENALTIES, new)
    monkeypatch.setattr(module, "BLOCK", 1)  # blocks of 256 rows, which do not divide 700
    _, ours = path_of(features, labels, 3, PENALTIES, new)
    np.testing.assert_allclose(ours, expected, atol=1e-3)


def test_the_gradient_is_the_derivative_of_the_value():
    features, labels, _ = drawn(40, 5, 3, 1.0)
    loss = module._MeanLoss(Axes.of(features).turn(features).double(), labels, 3)
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 18)) * [[0.5], [3.0]])  # unsure and sure heads
    _, gradient = loss(points)
    curvature = torch.cat([loss.curvature(points[k : k + 1]) for k in range(2)])
    for place in range(18):
        step = torch.zeros_like(points)
        step[:, place] = 1e-5
        (up, slope_up), (down, slope_down) = loss(points + step), loss(points - step)
        torch.testing.assert_close((up - down) / 2e-5, gradient[:, place], rtol=1e-5, atol=1e-8)
        torch.testing.assert_close((slope_up - slope_down)[:, place] / 2e-5, curvature[:, place], rtol=1e-5, atol=1e-8)


def test_weak_penalties_converge_in_float32_where_heads_are_nearly_sure():
    """1 - p of the right class is rounding there: with it, these heads would stall."""
    features, labels, new = drawn(150, 300, 5, 0.5)
    heads, _ = path_of(features, labels, 5, [1e-4, 1e-5, 1e-6, 1e-7, 1e-8], new, limit=200)
    assert heads.converged.all()
