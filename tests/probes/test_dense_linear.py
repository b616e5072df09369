"""What is particular to the linear map at each position; what all dense probes do is in test_dense_contract.py."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

from dense_samples import CLASSES, DEPTH, MOTION, SCORES, examples, with_spec
from virb.probes import _linear_maps as module
from virb.probes._cells import cells_of
from virb.probes._linear_maps import LinearMaps
from virb.probes._truth import truth_of
from virb.probes.dense_linear import PROBE

L2 = [10.0, 0.3, 1e-2, 1e-4]


def masked(split, target):
    holes = np.random.default_rng(5).random(split.labels.shape[:3]) < 0.4
    split.labels[holes] = 255 if target is CLASSES else np.nan
    return split


def flattened(split, target, layer="stage1"):
    """Standardised cells, their truth and weights."""
    maps = split.features[layer]
    rows = maps.transpose(0, 2, 3, 1).reshape(-1, maps.shape[1]).astype(np.float64)
    means, weights = cells_of(truth_of(split.labels, target), split.labels, maps.shape[2:]).rows
    return StandardScaler().fit(rows), rows, means.double().numpy(), weights.double().numpy()


@pytest.mark.parametrize("target", [DEPTH, MOTION], ids=["positive", "two numbers"])
def test_values_are_those_of_ridge_regression_on_the_cells(target):
    fit, test = masked(examples(30, 1, target), target), examples(8, 2, target)
    scaler, rows, means, weights = flattened(fit, target)
    truth, heads = truth_of(fit.labels, target), LinearMaps(fit, "stage1", target, L2, 0)
    cells = scaler.transform(test.features["stage1"].transpose(0, 2, 3, 1).reshape(-1, 8).astype(np.float64))
    for l2, ours in zip(L2, heads.predictions(test.features), strict=True):
        model = Ridge(alpha=l2 * weights.sum()).fit(scaler.transform(rows), means, sample_weight=weights)
        maps = torch.from_numpy(model.predict(cells).reshape(8, 4, 4, target.size).astype(np.float32))
        np.testing.assert_allclose(ours, truth.answer(maps.permute(0, 3, 1, 2)), rtol=1e-4, atol=1e-4)


def test_classes_are_those_of_logistic_regression_on_the_cells():
    fit, test = masked(examples(30, 1), CLASSES), examples(8, 2)
    scaler, rows, means, weights = flattened(fit, CLASSES)
    truth, heads = truth_of(fit.labels, CLASSES), LinearMaps(fit, "stage1", CLASSES, L2[:3], 0)
    cells = scaler.transform(test.features["stage1"].transpose(0, 2, 3, 1).reshape(-1, 8).astype(np.float64))
    weight = (means * weights[:, None]).ravel()
    for l2, ours in zip(L2[:3], heads.predictions(test.features), strict=True):
        model = LogisticRegression(C=1 / (l2 * weight.sum()), tol=1e-8, max_iter=5000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # its line search stops on rounding now and then
            inputs = np.repeat(scaler.transform(rows), 4, axis=0)
            model.fit(inputs, np.tile(np.arange(4), len(rows)), sample_weight=weight)
        maps = torch.from_numpy(model.decision_function(cells).reshape(8, 4, 4, 4).astype(np.float32))
        np.testing.assert_allclose(np.exp(ours), np.exp(truth.answer(maps.permute(0, 3, 1, 2))), atol=4e-3)


@pytest.mark.parametrize("target", [CLASSES, DEPTH], ids=["classes", "values"])
def test_a_head_alone_is_the_head_among_others(target):
    fit, test = masked(examples(30, 1, target), target), examples(8, 2, target)
    together = LinearMaps(fit, "stage2", target, L2, 0).predictions(test.features)
    for l2, ours in zip(L2, together, strict=True):
        (alone,) = LinearMaps(fit, "stage2", target, [l2], 0).predictions(test.features)
        np.testing.assert_allclose(np.exp(ours), np.exp(alone), atol=3e-3)


def test_trials_are_scored_at_full_resolution():
    fit, select = examples(30, 1), examples(10, 2)
    found = PROBE.sweep(fit, select, CLASSES, SCORES[CLASSES], 0)
    grid = sorted(PROBE.spec.grid["l2"], reverse=True)
    heads = LinearMaps(fit, "stage4", CLASSES, grid, 0)
    for trial, l2, outputs in zip(found.trials, grid, heads.predictions(select.features), strict=True):
        assert trial.settings == {"l2": l2}
        assert (trial.score, trial.loss) == pytest.approx(SCORES[CLASSES](outputs, select.labels))


def test_the_grid_is_the_same_on_every_platform():
    grid = PROBE.spec.grid["l2"]
    assert len(grid) == 12
    assert (max(grid), min(grid)) == (21.54, 1e-6)
    assert all(value == float(f"{value:.3e}") for value in grid)


def test_the_order_of_the_grid_changes_nothing():
    fit, select = examples(20, 1), examples(10, 2)
    one, other = (
        with_spec(PROBE, grid={"l2": grid}).sweep(fit, select, CLASSES, SCORES[CLASSES], 0)
        for grid in ((1.0, 0.1, 0.01), (0.01, 1.0, 0.1))
    )
    assert one == other


@pytest.mark.parametrize(("name", "value"), [("POSITIONS", 50), ("NUMBERS", 400)])
def test_of_very_many_cells_a_seeded_draw_is_used_and_noted(name, value, monkeypatch):
    monkeypatch.setattr(module, name, value)
    fit, test = masked(examples(30, 1), CLASSES), examples(3, 2)
    one, same, other = (LinearMaps(fit, "stage1", CLASSES, [0.1], seed) for seed in (0, 0, 1))
    assert one.notes == ("50 of 480 labelled cells of 'stage1' are used",)
    first, second, third = (next(heads.predictions(test.features)) for heads in (one, same, other))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first - third).max() > 1e-3


def test_heads_that_stop_early_are_counted_in_a_note(monkeypatch):
    monkeypatch.setattr(module, "LIMIT", 1)
    heads = LinearMaps(examples(30, 1), "stage1", CLASSES, [1e-2, 1e-6], 0)
    assert heads.notes == ("2 of 2 heads on 'stage1' stopped after 1 iterations, short of convergence",)


def test_more_channels_than_cells_are_fitted():
    draw = np.random.default_rng(0)
    fit = examples(3, 1, DEPTH)
    fit.features["stage1"] = draw.normal(size=(3, 200, 2, 2)).astype(np.float32)
    for target, split in ((DEPTH, fit), (CLASSES, type(fit)(fit.features, examples(3, 1).labels))):
        assert all(
            np.isfinite(outputs).all()
            for outputs in LinearMaps(split, "stage1", target, L2, 0).predictions(fit.features)
        )
