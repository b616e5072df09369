"""Intervals against SciPy, a plain loop, and their coverage in simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from virb.analysis import intervals
from virb.analysis.intervals import Bootstrap, percentiles, wilson
from virb.analysis.rows import Rows


def rows(outcome, group=None, label=None, seed=None, example=None):
    n = len(outcome)
    example = np.arange(n) if example is None else np.asarray(example)
    outcome = np.asarray(outcome, np.float64).reshape(n, 1)
    return Rows(
        seed=np.zeros(n, np.int64) if seed is None else np.asarray(seed),
        resample=np.zeros(n, np.int64),
        example=example,
        group=example if group is None else np.asarray(group),
        label=np.zeros(n, np.int64) if label is None else np.asarray(label),
        outcome=outcome,
        weight=np.ones_like(outcome),
        truth=np.ones_like(outcome),
    )


def test_without_groups_it_is_scipys_percentile_bootstrap():
    law = np.random.default_rng(1)
    outcome = (law.random(400) < 0.7).astype(float)
    ours = Bootstrap([rows(outcome)], resamples=20_000).interval(0)
    tail = stats.norm.cdf(-math.sqrt(400 / 399) * stats.t.ppf(0.975, 399))
    theirs = stats.bootstrap(
        (outcome,), np.mean, method="percentile", n_resamples=20_000, confidence_level=1 - 2 * tail, rng=law
    ).confidence_interval
    assert ours == pytest.approx((theirs.low, theirs.high), abs=0.003)


def test_draws_of_groups_are_those_of_a_plain_loop():
    law = np.random.default_rng(2)
    group = np.repeat(np.arange(11), law.integers(1, 9, 11)) * 7 - 20
    label = law.integers(0, 3, len(group))
    seed = law.integers(0, 2, len(group))
    outcome = [law.random(len(group)), (law.random(len(group)) < 0.6).astype(float)]
    for per_class in (False, True):
        its = [rows(o, group, label, seed) for o in outcome]
        bootstrap = Bootstrap(its, per_class, resamples=40, seed=5)
        picks = np.random.default_rng(5).integers(0, 11, size=(40, 11))
        for draw, pick in zip(bootstrap.draws, picks, strict=True):
            index = np.concatenate([np.flatnonzero(group == np.unique(group)[g]) for g in pick])
            for k in range(2):
                assert draw[k] == pytest.approx(plain_score(seed[index], label[index], outcome[k][index], per_class))


def plain_score(seed, label, outcome, per_class):
    """Mean over seeds; per class, each seed and class counts as at first, without those that are missing."""
    parts = [(seed == s) & ((label == c) | (not per_class)) for s in np.unique(seed) for c in np.unique(label)]
    return np.mean([outcome[part].mean() for part in parts if part.any()])


@pytest.mark.parametrize("per_class", [False, True])
def test_estimates_are_the_mean_over_seeds_of_the_scores(per_class):
    from sklearn.metrics import balanced_accuracy_score

    law = np.random.default_rng(3)
    seed = np.repeat([0, 1, 2], [50, 70, 90])
    label = law.integers(0, 4, 210)
    right = law.random(210) < 0.6
    predicted = np.where(right, label, (label + 1) % 4)
    scores = [
        balanced_accuracy_score(label[seed == s], predicted[seed == s]) if per_class else right[seed == s].mean()
        for s in range(3)
    ]
    bootstrap = Bootstrap([rows(right, label=label, seed=seed)], per_class)
    assert bootstrap.estimates[0] == pytest.approx(np.mean(scores))
    nobody = Bootstrap([rows(right, label=label, seed=seed), rows(0 * right, label=label, seed=seed)], per_class)
    assert nobody.contributions(0, 1).sum() == pytest.approx(np.mean(scores))


def test_many_classes_go_the_sparse_way_and_give_the_same(monkeypatch):
    law = np.random.default_rng(4)
    label = law.integers(0, 30, 300)
    its = [rows(law.random(300) < 0.5, group=np.arange(300) // 5, label=label) for _ in range(3)]
    sparse = Bootstrap(its, per_class=True, resamples=50)
    monkeypatch.setattr(intervals, "FEW_STRATA", 100)
    dense = Bootstrap(its, per_class=True, resamples=50)
    np.testing.assert_allclose(sparse.draws, dense.draws)
    np.testing.assert_allclose(sparse.estimates, dense.estimates)


def test_the_size_of_a_chunk_changes_nothing(monkeypatch):
    its = [rows(np.random.default_rng(5).random(101) < 0.5)]
    whole = Bootstrap(its, resamples=200).draws
    monkeypatch.setattr(intervals, "CELLS", 333)
    np.testing.assert_array_equal(Bootstrap(its, resamples=200).draws, whole)


def test_related_examples_make_the_interval_wider():
    law = np.random.default_rng(6)
    outcome = np.repeat(law.random(30) < 0.6, 10)
    alone = Bootstrap([rows(outcome)]).interval(0)
    together = Bootstrap([rows(outcome, group=np.arange(300) // 10)]).interval(0)
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


def test_an_example_seen_under_three_seeds_is_one_witness():
    law = np.random.default_rng(7)
    once = (law.random(100) < 0.7).astype(float)
    thrice = rows(np.tile(once, 3), seed=np.repeat([0, 1, 2], 100), example=np.tile(np.arange(100), 3))
    assert Bootstrap([thrice]).interval(0) == pytest.approx(Bootstrap([rows(once)]).interval(0))


@pytest.mark.parametrize("n", [1, 2, 7, 300])
@pytest.mark.parametrize("right", [0.0, 1.0])
def test_all_right_or_all_wrong_has_wilsons_width(n, right):
    low, high = Bootstrap([rows(np.full(n, right))]).interval(0)
    reference = stats.binomtest(int(right * n), n).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=1e-9)


def test_groups_and_not_examples_are_the_witnesses_when_all_is_right():
    grouped = Bootstrap([rows(np.ones(500), group=np.arange(500) // 100)]).interval(0)
    assert grouped == pytest.approx(Bootstrap([rows(np.ones(5))]).interval(0))


def test_a_rare_class_decides_when_all_is_right_per_class():
    label = np.r_[np.zeros(998, np.int64), 1, 1]
    low, _ = Bootstrap([rows(np.ones(1000), label=label)], per_class=True).interval(0)
    assert low < 0.7
    even, _ = Bootstrap([rows(np.ones(1000), label=np.arange(1000) % 2)], per_class=True).interval(0)
    assert even > 0.99


def test_equal_groups_do_not_give_an_interval_without_width():
    half = Bootstrap([rows(np.tile([0.0, 1.0], 40), group=np.arange(80) // 2)]).interval(0)
    assert half.high - half.low > 0.2


def test_unbounded_outcomes_have_the_plain_percentile_interval():
    outcome = np.random.default_rng(8).exponential(2.0, 50)
    bootstrap = Bootstrap([rows(outcome)])
    assert bootstrap.interval(0) == pytest.approx(tuple(percentiles(bootstrap.draws, 50)[:, 0]))


@pytest.mark.parametrize("share", [0.0, 0.03, 0.5, 1.0])
def test_wilsons_interval_is_scipys(share):
    reference = stats.binomtest(round(share * 100), 100).proportion_ci(method="wilson")
    assert wilson(share, 100) == pytest.approx((reference.low, reference.high), abs=1e-12)


@pytest.mark.parametrize(("n", "share"), [(30, 0.6), (30, 0.95), (100, 0.5), (100, 0.9), (100, 0.99)])
def test_unrelated_examples_are_covered_nineteen_times_in_twenty(n, share):
    law = np.random.default_rng(9)
    trials = law.random((400, n)) < share
    found = [Bootstrap([rows(trial)], resamples=400).interval(0) for trial in trials]
    covered = np.mean([low <= share <= high for low, high in found])
    assert covered >= 0.92
    plain = [np.quantile(Bootstrap([rows(t)], resamples=400).draws, [0.025, 0.975]) for t in trials[:200]]
    assert covered >= np.mean([low <= share <= high for low, high in plain]) - 0.03


def test_few_groups_are_covered_better_than_by_the_plain_percentiles():
    law = np.random.default_rng(10)
    ours, plain = [], []
    for _ in range(400):
        outcome = np.repeat(law.beta(3.6, 2.4, 8), 20) > law.random(160)
        bootstrap = Bootstrap([rows(outcome, group=np.arange(160) // 20)], resamples=400)
        for list_, ends in ((ours, bootstrap.interval(0)), (plain, np.quantile(bootstrap.draws, [0.025, 0.975]))):
            list_.append(ends[0] <= 0.6 <= ends[1])
    assert np.mean(ours) > 0.9
    assert np.mean(ours) > np.mean(plain) + 0.02


# ------------------------------------------------------------------------------------------------ other scores


def pixels(law, groups=40, per_group=1, classes=4, skill=0.8, truth=None):
    """Rows of an encoder that finds a share of each class of each image; the last class is rare."""
    n = groups * per_group
    if truth is None:
        there = law.random((n, classes)) < np.linspace(1, 0.15, classes)
        truth = law.integers(1, 200, (n, classes)) * there
    found = np.floor(truth * np.clip(law.normal(skill, 0.15, truth.shape), 0, 1))
    missed = (truth - found).sum(axis=1, keepdims=True)
    union = truth + np.floor(missed / classes)
    example = np.arange(n)
    zeros = np.zeros(n, np.int64)
    counts = (values.astype(np.float64) for values in (found, union, truth))
    return Rows(zeros, zeros, example, example // per_group, zeros, *counts)


def plain_miou(rows, index):
    found, union, truth = (values[index].sum(axis=0) for values in (rows.outcome, rows.weight, rows.truth))
    return np.mean([found[c] / union[c] for c in range(len(truth)) if truth[c]])


def test_draws_of_miou_are_those_of_a_plain_loop(monkeypatch):
    law = np.random.default_rng(11)
    one = pixels(law, 9, 3)
    two = pixels(law, 9, 3, skill=0.5, truth=one.truth.astype(int))
    picks = np.random.default_rng(5).integers(0, 9, size=(60, 9))
    for few in (8, 0):  # dense, sparse
        monkeypatch.setattr(intervals, "FEW_STRATA", few)
        bootstrap = Bootstrap([one, two], resamples=60, seed=5)
        assert bootstrap.estimates == pytest.approx([plain_miou(its, slice(None)) for its in (one, two)])
        for draw, pick in zip(bootstrap.draws, picks, strict=True):
            index = np.concatenate([np.flatnonzero(one.group == g) for g in pick])
            assert draw == pytest.approx([plain_miou(its, index) for its in (one, two)])


def test_pixel_accuracy_is_a_ratio_of_sums_in_every_draw():
    law = np.random.default_rng(12)
    labelled = law.integers(1, 100, 20)
    right = np.floor(labelled * law.random(20))
    its = rows(right)
    weight = labelled[:, None].astype(np.float64)
    its = Rows(its.seed, its.resample, its.example, its.group, its.label, its.outcome, weight, weight)
    bootstrap = Bootstrap([its], resamples=30, seed=5)
    picks = np.random.default_rng(5).integers(0, 20, size=(30, 20))
    assert bootstrap.estimates[0] == pytest.approx(right.sum() / labelled.sum())
    assert bootstrap.draws[:, 0] == pytest.approx([right[p].sum() / labelled[p].sum() for p in picks])


def test_draws_of_a_regime_are_averaged_as_seeds_are():
    law = np.random.default_rng(13)
    values = law.random(60)
    by_seed = rows(values, seed=np.repeat([0, 1, 2], 20), example=np.tile(np.arange(20), 3))
    by_draw = Rows(
        by_seed.resample, by_seed.seed, *(getattr(by_seed, name) for name in ("example", "group", "label")),
        by_seed.outcome, by_seed.weight, by_seed.truth,
    )  # fmt: skip
    np.testing.assert_array_equal(Bootstrap([by_draw]).draws, Bootstrap([by_seed]).draws)
    assert Bootstrap([by_draw]).estimates[0] == pytest.approx(values.mean())


def test_an_error_that_happens_to_lie_between_zero_and_one_is_no_share():
    values = np.r_[1.0, np.zeros(11)]
    plain = rows(values)
    error = Rows(
        plain.seed, plain.resample, plain.example, plain.group, plain.label, plain.outcome, plain.weight, plain.truth,
        share=False,
    )  # fmt: skip
    bootstrap = Bootstrap([error])
    assert bootstrap.interval(0) == pytest.approx(tuple(percentiles(bootstrap.draws, 12)[:, 0]))
    assert Bootstrap([plain]).interval(0).high > bootstrap.interval(0).high


def test_a_perfect_miou_is_not_certain():
    its = pixels(np.random.default_rng(15), 50)
    perfect = Rows(its.seed, its.resample, its.example, its.group, its.label, its.truth, its.truth, its.truth)
    low, high = Bootstrap([perfect]).interval(0)
    assert low < 0.95
    assert high == 1


def test_miou_is_covered_nine_times_in_ten_and_better_than_by_the_plain_percentiles():
    law = np.random.default_rng(16)
    everything = pixels(law, 100_000)
    true = plain_miou(everything, slice(None))
    ours, plain = [], []
    for _ in range(300):
        bootstrap = Bootstrap([pixels(law, 15)], resamples=400)
        for list_, ends in ((ours, bootstrap.interval(0)), (plain, np.quantile(bootstrap.draws, [0.025, 0.975]))):
            list_.append(ends[0] <= true <= ends[1])
    assert np.mean(ours) > 0.9
    assert np.mean(ours) > np.mean(plain)
