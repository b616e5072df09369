"""What examples add up to is what meters say."""

import numpy as np
import pytest

from virb.analysis.rows import NOT_ADDED, PER_CLASS, SHARES, Draw, Rows
from virb.metrics import meter
from virb.spec import METRICS, Classes, Values

TARGETS = {
    "classes": Classes(count=4),
    "values": Values(size=3, masked=True),
    "segmentation": Classes(count=4, dense=True, ignore=255),
    "depth": Values(size=1, dense=True, masked=True, positive=True),
    "flow": Values(size=2, dense=True, masked=True),
    "intensity": Values(size=3, dense=True, masked=True),
}


def measured(family, n=30, seed=0, hole=4):
    """Scores and outcomes of random predictions; example ``hole`` has nothing to score where that can be."""
    draw = np.random.default_rng(seed)
    maps = {name: (n, 5, 6, TARGETS[name].size) for name in ("depth", "flow", "intensity")}
    shape = {"classes": (n,), "values": (n, 3), "segmentation": (n, 5, 6)} | maps
    if family in ("classes", "segmentation"):
        truth = draw.integers(0, 4, shape[family])
        outputs = np.log(draw.dirichlet(np.ones(4), shape[family]))
        if family == "segmentation":
            truth[draw.random(truth.shape) < 0.3] = 255
            truth[hole] = 255
    else:
        truth, outputs = (3 * draw.lognormal(size=shape[family]) for _ in range(2))
        truth[draw.random(truth.shape) < 0.3] = np.nan
        truth[hole] = np.nan
    its = meter(TARGETS[family], family)
    its.add(outputs, truth)
    example = np.sort(draw.permutation(4 * n)[:n])
    return its.scores(), {"example": example, "group": example // 3, **its.outcomes()}


@pytest.mark.parametrize("metric", sorted(set(METRICS) - set(NOT_ADDED)))
@pytest.mark.parametrize("seed", [0, 1])
def test_what_examples_add_up_to_is_the_score(metric, seed):
    scores, arrays = measured(METRICS[metric].family, seed=seed)
    rows = Rows.of({Draw(0): arrays}, metric)
    assert rows.score(metric == PER_CLASS) == pytest.approx(scores[metric], rel=1e-6)


@pytest.mark.parametrize("metric", ["mae", "miou", "pixel-accuracy", "abs-rel", "epe"])
def test_an_example_with_nothing_to_score_is_left_out(metric):
    _, arrays = measured(METRICS[metric].family)
    rows = Rows.of({Draw(0): arrays}, metric)
    assert rows.example.tolist() == np.delete(arrays["example"], 4).tolist()


@pytest.mark.parametrize("metric", sorted(NOT_ADDED))
def test_metrics_that_examples_do_not_add_up_to_are_named(metric):
    _, arrays = measured(METRICS[metric].family)
    with pytest.raises(KeyError):
        Rows.of({Draw(0): arrays}, metric)


def test_shares_are_the_metrics_that_cannot_leave_zero_to_one():
    errors = {"abs-rel", "abs-rel-aligned", "ece", "ece-calibrated"}
    assert {name for name, metric in METRICS.items() if metric.percent} - errors == SHARES


def test_rows_are_sorted_by_replicate_and_example_and_know_both():
    _, arrays = measured("flow")
    turned = {name: values[::-1] for name, values in arrays.items()}
    rows = Rows.of({Draw(1, 0): turned, Draw(0, 1): arrays, Draw(0, 0): arrays}, "epe")
    replicates = list(zip(rows.seed.tolist(), rows.resample.tolist(), strict=True))
    assert replicates == [(0, 0)] * 29 + [(0, 1)] * 29 + [(1, 0)] * 29
    for k in range(3):
        part = rows.at(np.arange(29 * k, 29 * (k + 1)))
        assert part.example.tolist() == np.delete(arrays["example"], 4).tolist()
        np.testing.assert_array_equal(part.outcome[:, 0], np.delete(arrays["epe"], 4).astype(np.float64))
    assert len(np.unique(rows.keys, axis=0)) == len(rows)


def test_a_class_that_test_does_not_hold_has_no_part_however_often_it_is_predicted():
    arrays = {
        "example": np.arange(2),
        "group": np.arange(2),
        "truth": np.array([[6, 4, 0], [10, 0, 0]]),
        "intersection": np.array([[6, 0, 0], [5, 0, 0]]),
        "union": np.array([[6, 4, 4], [10, 0, 5]]),
    }
    assert Rows.of({Draw(0): arrays}, "miou").score() == pytest.approx((11 / 16 + 0) / 2)
