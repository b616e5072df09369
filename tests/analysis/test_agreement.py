"""Rank correlations between tasks: against SciPy and statsmodels, by permutation and by simulation."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import spearmanr
from statsmodels.stats.multitest import multipletests

from virb.analysis.agreement import agreement, benjamini_hochberg, correlation
from virb.analysis.comparison import Row
from virb.analysis.factors import Run, Scores, Treatment


def scores(values, keep=None):
    """Scores of treatments x runs in a column; ``keep`` drops runs."""
    runs = [Run(Treatment(f"t{t}", "d"), r, r, Row(f"{t}-{r}", None, "", "")) for t, r in np.ndindex(values.shape)]
    kept = [k for k in range(len(runs)) if keep is None or keep(runs[k])]
    return Scores(None, tuple(runs[k] for k in kept), values.ravel()[kept], {})


def pair(treatments=8, runs=3, rho=0.9, seed=0):
    rng = np.random.default_rng(seed)
    both = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], treatments)
    return [scores(both[:, [k]] + 0.2 * rng.normal(size=(treatments, runs))) for k in (0, 1)]


def test_correlations_are_those_of_scipy():
    one, other = pair()
    its = correlation(one, other)
    assert its.estimate == pytest.approx(spearmanr(one.values, other.values).statistic)
    means = [side.values.reshape(8, 3).mean(1) for side in (one, other)]
    assert its.means == pytest.approx(spearmanr(*means).statistic)
    assert its.interval.low <= its.estimate <= its.interval.high
    assert (its.encoders, its.treatments) == (24, 8)


def test_ties_share_their_rank():
    one, other = scores(np.round(pair()[0].values.reshape(8, 3))), pair()[1]
    assert correlation(one, other).estimate == pytest.approx(spearmanr(one.values, other.values).statistic)


def test_the_p_value_is_that_of_all_permutations_of_whole_treatments():
    one, other = pair(treatments=6, rho=0.6, seed=3)
    means = [side.values.reshape(6, 3).mean(1) for side in (one, other)]
    told = abs(spearmanr(*means).statistic)
    every = [abs(spearmanr(means[0], order).statistic) for order in permutations(means[1])]
    assert correlation(one, other).p == pytest.approx(np.mean(np.array(every) >= told - 1e-9), abs=0.01)


def test_copies_of_an_encoder_are_no_witnesses():
    """Ten runs of a treatment that are all the same change neither the interval nor p."""
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2, 7, 1))
    few = correlation(scores(one), scores(other))
    many = correlation(scores(np.repeat(one, 10, axis=1)), scores(np.repeat(other, 10, axis=1)))
    assert many.interval == pytest.approx(few.interval)
    assert (many.p, many.estimate) == (few.p, pytest.approx(few.estimate))


def test_only_encoders_with_both_scores_count_and_uneven_runs_are_fine():
    one, other = pair()
    gappy = scores(other.values.reshape(8, 3), lambda run: not (run.treatment.method == "t0" and run.number > 0))
    its = correlation(one, gappy)
    assert (its.encoders, its.treatments) == (22, 8)
    kept = [k for k in range(24) if k not in (1, 2)]
    assert its.estimate == pytest.approx(spearmanr(one.values[kept], other.values[kept]).statistic)
    assert its.interval.low < its.estimate < its.interval.high
    assert correlation(gappy, one).interval == pytest.approx(its.interval)


@pytest.mark.parametrize("treatments", [2, 3, 4])
def test_few_treatments_have_no_interval_and_no_p(treatments):
    its = correlation(*pair(treatments))
    assert its.estimate is not None
    assert (its.interval, its.p, its.holm, its.distinguishable) == (None, None, None, False)


def test_means_of_few_treatments_have_no_interval():
    assert correlation(*pair(6)).means_interval is None
    assert correlation(*pair(6)).interval is not None
    its = correlation(*pair(7))
    assert its.means_interval.low <= its.means <= its.means_interval.high


def test_few_treatments_have_wide_intervals():
    widths = [
        np.mean([np.diff(correlation(*pair(many, rho=0.5, seed=seed)).interval)[0] for seed in range(5)])
        for many in (5, 10, 40)
    ]
    assert widths[0] > widths[1] > widths[2]
    assert widths[0] > 1


def test_equal_scores_and_no_shared_encoder_have_no_correlation():
    one, other = pair()
    flat = correlation(one, scores(np.full((8, 3), 0.5)))
    assert (flat.estimate, flat.interval, flat.means, flat.p) == (None, None, None, None)
    apart = correlation(
        scores(one.values.reshape(8, 3), lambda run: run.number == 0),
        scores(other.values.reshape(8, 3), lambda run: run.number == 1),
    )
    assert (apart.encoders, apart.treatments, apart.estimate) == (0, 0, None)


def test_a_correlation_is_there_only_where_both_the_test_and_the_interval_say_so():
    assert correlation(*pair(12, rho=0.97)).distinguishable
    assert not correlation(*pair(12, rho=0.0)).distinguishable


def test_p_values_are_adjusted_over_all_pairs_as_statsmodels_does():
    p = [0.001, 0.2, 0.03, 0.03, 0.9, 0.04]
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1])
    columns = [*pair(9, seed=1), *pair(9, rho=0.2, seed=2), scores(np.full((9, 3), 0.5))]
    found = agreement(columns)
    assert len(found) == 10
    tested = [its for its in found if its.p is not None]
    assert len(tested) == 6
    assert [its.holm for its in tested] == pytest.approx(multipletests([its.p for its in tested], method="holm")[1])
    assert [its.bh for its in tested] == pytest.approx(multipletests([its.p for its in tested], method="fdr_bh")[1])


def test_tasks_that_have_nothing_to_do_with_each_other_are_told_to_in_few_cases():
    found = [correlation(*pair(8, rho=0.0, seed=seed)) for seed in range(60)]
    assert sum(its.p < 0.05 for its in found) <= 8
    assert sum(its.interval.low <= 0 <= its.interval.high for its in found) >= 53


def test_nothing_and_one_column_have_no_pairs():
    assert agreement([]) == ()
    assert agreement(pair()[:1]) == ()
