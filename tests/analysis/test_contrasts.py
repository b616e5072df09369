"""Differences between recipes, methods and data sets: against statsmodels and SciPy, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway, ttest_ind, ttest_rel
from statsmodels.formula.api import ols
from statsmodels.stats.multitest import multipletests

from virb.analysis.contrasts import contrasts, fit
from virb.analysis.factors import Run, Scores, Treatment, crossed


def made(values, start=lambda m, d, r: r):
    """Scores of a layout, methods x data sets x runs; NaN is missing."""
    places = [place for place in np.ndindex(values.shape) if np.isfinite(values[place])]
    runs = tuple(Run(Treatment(f"m{m}", f"d{d}"), r + 1, start(m, d, r), None) for m, d, r in places)
    return Scores(None, runs, np.array([values[place] for place in places]), {})


def compared(given):
    return contrasts(fit(given), crossed(given))


def family(given, name):
    return {(its.one, its.other): its for its in compared(given) if its.family == name}


VALUES = np.random.default_rng(1).normal(size=(3, 2, 3)) + np.arange(3)[:, None, None]


@pytest.mark.parametrize("gap", [False, True], ids=["whole", "with a gap"])
def test_pairs_of_recipes_are_those_of_ordinary_least_squares(gap):
    values = VALUES.copy()
    if gap:
        values[1, 1, 0] = np.nan
    given = made(values)
    frame = pd.DataFrame(
        {"y": given.values, "t": [str(run.treatment) for run in given.runs], "r": [run.start for run in given.runs]}
    )
    reference = ols("y ~ C(t) + C(r)", frame).fit()
    first = "m0 on d0"
    for (one, other), its in family(given, "treatment").items():
        if one == first:
            name = f"C(t)[T.{other}]"
            low, high = reference.conf_int().loc[name]
            assert its.estimate == pytest.approx(-reference.params[name])
            assert tuple(its.interval) == (pytest.approx(-high), pytest.approx(-low))
            assert its.p == pytest.approx(reference.pvalues[name])
    assert fit(given).df == reference.df_resid
    assert fit(given).sd ** 2 == pytest.approx(reference.mse_resid)


def test_two_recipes_with_shared_starts_are_the_paired_test_and_with_others_the_pooled_one():
    values = VALUES[:2, :1]
    paired = ttest_rel(values[0, 0], values[1, 0])
    ((_, its),) = family(made(values), "treatment").items()
    low, high = paired.confidence_interval()
    assert (its.p, *its.interval) == (pytest.approx(paired.pvalue), pytest.approx(low), pytest.approx(high))
    apart = made(values, start=lambda m, d, r: 10 * m + r)
    assert not fit(apart).blocked
    ((_, its),) = family(apart, "treatment").items()
    assert its.p == pytest.approx(ttest_ind(values[0, 0], values[1, 0]).pvalue)


def test_the_test_of_all_recipes_is_the_one_way_analysis_where_starts_are_not_shared():
    given = made(VALUES, start=lambda m, d, r: 100 * m + 10 * d + r)
    assert fit(given).p == pytest.approx(f_oneway(*VALUES.reshape(6, 3)).pvalue)


def test_methods_are_averaged_over_the_crossed_data_sets():
    values = VALUES.copy()
    values[2, 1] = np.nan  # the third method was trained on one data set only
    given = made(values)
    assert set(family(given, "method")) == {("m0", "m1")}
    assert set(family(given, "data")) == {("d0", "d1")}
    assert len(family(given, "treatment")) == 10
    its = family(given, "method")["m0", "m1"]
    assert its.estimate == pytest.approx(values[0].mean() - values[1].mean())
    error = (its.interval.high - its.estimate) / 2.3060041350333704  # Student's 97.5 % point, 15 - 5 - 2 = 8 df
    assert error == pytest.approx(fit(given).sd * (2 / 6) ** 0.5)


def test_p_values_are_adjusted_within_each_family_by_holm():
    found = compared(made(VALUES))
    assert {its.family for its in found} == {"method", "data", "treatment"}
    for name in ("method", "data", "treatment"):
        its = [contrast for contrast in found if contrast.family == name]
        reference = multipletests([contrast.p for contrast in its], method="holm")[1]
        assert [contrast.adjusted for contrast in its] == pytest.approx(reference)
        assert [contrast.distinguishable for contrast in its] == [p < 0.05 for p in reference]


def test_a_difference_turned_round_is_the_same_difference():
    its = next(its for its in compared(made(VALUES)) if its.estimate < 0)
    back = its.turned()
    assert (back.one, back.other, back.estimate) == (its.other, its.one, -its.estimate)
    assert tuple(back.interval) == (-its.interval.high, -its.interval.low)
    assert back.turned() == back


def test_equal_recipes_are_told_apart_in_about_five_percent_of_columns():
    rng, wrong = np.random.default_rng(3), 0
    for _ in range(300):
        values = rng.normal(size=(3, 2, 3)) + rng.normal(size=3)
        wrong += any(its.distinguishable for its in compared(made(values)) if its.family == "treatment")
    assert 2 < wrong < 30


def test_shared_starts_take_their_noise_out_of_differences():
    rng = np.random.default_rng(4)
    values = 0.1 * rng.normal(size=(2, 1, 4)) + 3 * rng.normal(size=4) + np.array([0, 1.0])[:, None, None]
    assert family(made(values), "treatment")["m0 on d0", "m1 on d0"].distinguishable
    apart = made(values, start=lambda m, d, r: 10 * m + r)
    assert not family(apart, "treatment")["m0 on d0", "m1 on d0"].distinguishable


def test_means_have_intervals_and_missing_runs_widen_their_own():
    values = VALUES.copy()
    values[0, 0, 1:] = np.nan
    found = fit(made(values))
    widths = [found.interval(one).high - found.interval(one).low for one in found.treatments]
    assert widths[0] == max(widths)
    assert found.runs == (1, 3, 3, 3, 3, 3)


@pytest.mark.parametrize(
    "values", [VALUES[:1, :1], VALUES[:, :, :1], np.full((2, 1, 1), 0.5)], ids=["one recipe", "one run", "equal"]
)
def test_without_a_second_recipe_or_run_nothing_is_said(values):
    assert fit(made(values)) is None


def test_equal_scores_are_not_distinguishable_and_constant_runs_that_differ_are():
    equal = compared(made(np.full((2, 2, 3), 0.5)))
    assert {(round(its.estimate, 12), its.p, its.distinguishable) for its in equal} == {(0, 1, False)}
    assert fit(made(np.full((2, 2, 3), 0.5))).p is None
    steady = compared(made(np.array([0.1, 0.9])[:, None, None] + np.zeros((2, 1, 3))))
    assert [its.p for its in steady] == [0.0, 0.0]
