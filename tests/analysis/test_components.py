"""Analysis of variance against statsmodels, by hand, and by simulation."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, f_oneway, ncx2
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from virb.analysis.components import LARGE, components, noncentral, spread_interval
from virb.analysis.factors import Crossed

SOURCES = {"method": "C(m)", "data": "C(d)", "method x data": "C(m):C(d)", "start": "C(r)", "runs": "Residual"}


def crossed(values, paired=True):
    a, b, r = values.shape
    names = tuple(map(str, range(max(a, b))))
    return Crossed(names[:a], names[:b], tuple(range(1, r + 1)), values, paired)


def analysed(values, paired=True):
    return components(crossed(np.asarray(values, float), paired))


@pytest.mark.parametrize("shape", [(3, 3, 3), (2, 4, 2), (4, 2, 5)])
@pytest.mark.parametrize("paired", [True, False], ids=["paired", "unpaired"])
def test_the_table_is_that_of_statsmodels(shape, paired):
    values = np.random.default_rng(sum(shape)).normal(size=shape) + np.arange(shape[0])[:, None, None]
    m, d, r = (axis.ravel() for axis in np.indices(shape))
    frame = pd.DataFrame({"y": values.ravel(), "m": m, "d": d, "r": r})
    reference = anova_lm(ols("y ~ C(m) * C(d)" + " + C(r)" * paired, frame).fit())
    found = analysed(values, paired)
    assert [line.name for line in found.lines] == [name for name in SOURCES if paired or name != "start"]
    for line in found.lines:
        row = reference.loc[SOURCES[line.name]]
        assert line.df == row["df"]
        assert line.squares == pytest.approx(row["sum_sq"])
        if line.name != "runs":
            assert (line.f, line.p) == (pytest.approx(row["F"]), pytest.approx(row["PR(>F)"]))


def test_one_data_set_without_a_block_is_the_one_way_analysis_of_scipy():
    values = np.random.default_rng(0).normal(size=(4, 1, 6))
    found = analysed(values, paired=False)
    assert [line.name for line in found.lines] == ["method", "runs"]
    reference = f_oneway(*values[:, 0])
    assert (found.lines[0].f, found.lines[0].p) == (
        pytest.approx(reference.statistic),
        pytest.approx(reference.pvalue),
    )


def test_a_table_of_two_by_two_by_two_worked_by_hand():
    """Means 1, 3 | 5, 11; runs differ by 0 and 2 in turn, so that their mean is the start's part and half the rest."""
    found = analysed([[[1, 1], [2, 4]], [[5, 5], [10, 12]]], paired=True)
    told = {line.name: (line.df, line.squares) for line in found.lines}
    assert told == {
        "method": (1, pytest.approx(72)),
        "data": (1, pytest.approx(32)),
        "method x data": (1, pytest.approx(8)),
        "start": (1, pytest.approx(2)),
        "runs": (3, pytest.approx(2)),
    }
    sd = {line.name: line.sd for line in found.lines}
    assert sd["runs"] == pytest.approx((2 / 3) ** 0.5)
    assert sd["method"] == pytest.approx(((72 - 2 / 3) / 4) ** 0.5)
    assert sd["method x data"] == pytest.approx(((8 - 2 / 3) / 2) ** 0.5)
    assert sd["start"] == pytest.approx(((2 - 2 / 3) / 4) ** 0.5)
    assert sum(line.share for line in found.lines) == pytest.approx(1)
    assert found.runs.interval == (
        pytest.approx((2 / chi2.ppf(0.975, 3)) ** 0.5),
        pytest.approx((2 / chi2.ppf(0.025, 3)) ** 0.5),
    )


def test_the_ends_are_those_of_simulated_fiducial_draws():
    squares, df, each, residual, residual_df = 40.0, 2, 9, 30.0, 16
    low, high = spread_interval(squares, df, each, residual, residual_df)
    precision = np.random.default_rng(0).chisquare(residual_df, 200_000) / residual
    for sd, level in ((low, 0.025), (high, 0.975)):
        below = ncx2.sf(squares * precision, df, each * df * sd**2 * precision).mean()
        assert below == pytest.approx(level, abs=0.002)


def test_large_noncentralities_are_told_by_the_normal_law():
    for df in (1, 2, 4):
        centre = np.array([0.99 * LARGE, 1.01 * LARGE])
        for z in (-1.96, 0.0, 1.96):
            value = (np.sqrt(centre + df - 1) + z) ** 2
            assert noncentral(value, df, centre) == pytest.approx(ncx2.cdf(value, df, centre), abs=0.002)


@pytest.mark.parametrize("residual", [1e-2, 1e-6, 1e-11])
def test_runs_that_hardly_differ_give_narrow_intervals(residual):
    low, high = spread_interval(1.0, 2, 9, residual, 16)
    assert low < (1 / 18) ** 0.5 < high
    assert high - low == pytest.approx(
        2 * 2.12 * (residual / 16 / 18) ** 0.5, rel=0.03
    )  # Student's 97.5 % point, 16 df


def test_the_lower_end_is_zero_exactly_where_p_is_not_below_half_of_five_percent():
    rng = np.random.default_rng(5)
    found = [analysed(rng.normal(size=(3, 2, 3)) + np.array([0, 0.5, 1])[:, None, None]).lines[0] for _ in range(200)]
    assert {(line.interval.low > 0) == (line.p < 0.025) for line in found} == {True}
    assert {line.interval.low > 0 for line in found} == {True, False}
    assert all(line.interval.low <= line.sd <= line.interval.high for line in found)


def test_means_that_happen_to_agree_do_not_show_that_there_is_no_effect():
    noise = np.array([[[-1.0, 0, 1], [1, -1, 0]], [[0, 1, -1], [-1, 0, 1]]])
    line = analysed(noise, paired=False).line("method")
    assert (line.sd, line.interval.low) == (0, 0)
    assert line.interval.high > 0.5
    assert line.p == pytest.approx(1)


@pytest.mark.parametrize("sd", [0.0, 0.7, 3.0])
def test_intervals_hold_the_truth_about_as_often_as_they_say(sd):
    rng, hits = np.random.default_rng(7), []
    method = sd * np.array([1.0, -1, 0])[:, None, None]
    method = method / (np.sqrt((method**2).sum() / 2) or 1) * sd
    for _ in range(150):
        values = method + rng.normal(size=(1, 1, 3)) + rng.normal(size=(3, 2, 3))
        found = analysed(values)
        hits.append(
            [
                line.interval.low <= truth <= line.interval.high
                for line, truth in ((found.lines[0], sd), (found.runs, 1))
            ]
        )
    assert (np.mean(hits, axis=0) > 0.9).all()
    assert np.mean(hits, axis=0)[1] < 0.99


def test_the_estimate_of_a_squared_spread_has_no_bias_where_it_is_not_cut_off():
    rng = np.random.default_rng(8)
    method = np.array([3.0, 0, -3])[:, None, None]
    found = [analysed(method + rng.normal(size=(3, 3, 3))).lines[0].sd ** 2 for _ in range(400)]
    assert np.mean(found) == pytest.approx(9, abs=0.15)


def test_scores_that_are_all_equal_have_no_effects_no_test_and_no_interval():
    found = analysed(np.full((2, 2, 3), 0.7))
    assert {(line.squares, line.sd, line.p, line.interval, line.share) for line in found.lines} == {
        (0, 0, None, None, None)
    }


def test_runs_that_do_not_differ_give_spreads_without_a_test():
    found = analysed(np.array([0.5, 0.7])[:, None, None] + np.zeros((2, 2, 3)))
    assert found.line("method").sd == pytest.approx(0.02**0.5)
    assert (found.line("method").p, found.line("method").interval, found.runs.sd) == (None, None, 0)


@pytest.mark.parametrize(("shape", "paired"), [((3, 3, 1), False), ((2, 1, 1), True), ((1, 1, 3), True)])
def test_without_a_second_run_there_is_nothing_to_analyse(shape, paired):
    assert analysed(np.random.default_rng(0).normal(size=shape), paired) is None


def test_the_unit_does_not_matter():
    values = np.random.default_rng(2).normal(size=(3, 2, 2))
    one, other = analysed(values), analysed(1e-3 * values + 50)
    for a, b in zip(one.lines, other.lines, strict=True):
        assert b.sd == pytest.approx(1e-3 * a.sd, rel=1e-5)
        assert b.interval == pytest.approx([1e-3 * end for end in a.interval], rel=1e-5)
