"""Gains over the random start: paired by start, or as two samples."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp, ttest_ind

from virb.analysis.factors import Run, Scores, Treatment
from virb.analysis.gains import gains
from virb.analysis.paired import holm

A, B = Treatment("a", "x"), Treatment("b", "x")


def scores(by_treatment, starts):
    """Scores of treatments by start."""
    runs = [(Run(one, start, start, None), v) for one, its in by_treatment.items() for start, v in its.items()]
    return Scores(None, tuple(run for run, _ in runs), np.array([v for _, v in runs]), starts)


STARTS = {1: 0.2, 2: 0.3, 3: 0.1}
TRAINED = {A: {1: 0.7, 2: 0.9, 3: 0.75}, B: {1: 0.5, 2: 0.45, 3: 0.6}}


def test_a_recipe_is_compared_with_its_own_starts():
    _, a, b = gains(scores(TRAINED, STARTS))
    differences = [0.5, 0.6, 0.65]
    reference = ttest_1samp(differences, 0)
    low, high = reference.confidence_interval()
    assert (a.treatment, a.estimate, a.starts, a.df, a.paired) == (A, pytest.approx(np.mean(differences)), 3, 2, True)
    assert (a.p, *a.interval) == (pytest.approx(reference.pvalue), pytest.approx(low), pytest.approx(high))
    assert [a.adjusted, b.adjusted] == pytest.approx(holm([a.p, b.p]))


def test_all_recipes_together_rest_on_starts_and_not_on_encoders():
    overall = gains(scores(TRAINED, STARTS))[0]
    differences = [0.4, 0.375, 0.575]
    low, high = ttest_1samp(differences, 0).confidence_interval()
    assert (overall.treatment, overall.starts, overall.df) == (None, 3, 2)
    assert tuple(overall.interval) == (pytest.approx(low), pytest.approx(high))


def test_a_recipe_that_lacks_a_start_does_not_tilt_the_mean_of_all():
    partial = TRAINED | {B: {1: 0.5, 2: 0.45}}
    overall, a, b = gains(scores(partial, STARTS))
    assert overall.estimate == a.estimate
    assert (b.starts, b.df) == (2, 1)


def test_starts_that_do_not_match_are_compared_as_two_samples():
    overall, a, _ = gains(scores(TRAINED, {11: 0.2, 12: 0.3, 13: 0.1}))
    reference = ttest_ind([0.7, 0.9, 0.75], [0.2, 0.3, 0.1], equal_var=False)
    low, high = reference.confidence_interval()
    assert (a.paired, a.p, a.df) == (False, pytest.approx(reference.pvalue), pytest.approx(reference.df))
    assert tuple(a.interval) == (pytest.approx(low), pytest.approx(high))
    assert overall.estimate == pytest.approx(0.65 - 0.2)


def test_one_start_alone_has_a_gain_without_an_interval():
    for starts, paired in (({1: 0.2}, True), ({9: 0.2}, False)):
        overall, a = gains(scores({A: {1: 0.7}}, starts))
        assert (a.estimate, a.interval, a.p, a.adjusted, a.paired) == (pytest.approx(0.5), None, None, None, paired)
        assert not overall.distinguishable


def test_without_random_starts_or_runs_there_is_nothing():
    assert gains(scores(TRAINED, {})) == ()
    assert gains(scores({}, STARTS)) == ()


def test_equal_scores_gain_nothing_and_equal_gains_are_certain():
    same = {A: dict(STARTS)}
    assert gains(scores(same, STARTS))[1].p == 1
    assert gains(scores({A: {1: 0.75, 2: 0.75}}, {1: 0.25, 2: 0.25}))[1].p == 0


def test_intervals_hold_the_true_gain_about_as_often_as_they_say():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(300):
        starts = {k: rng.normal() for k in range(3)}
        trained = {one: {k: v + 1 + rng.normal() for k, v in starts.items()} for one in (A, B)}
        low, high = gains(scores(trained, starts))[0].interval
        hits += low <= 1 <= high
    assert 0.92 < hits / 300 < 0.98
