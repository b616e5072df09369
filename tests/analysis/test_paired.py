"""Differences against a plain loop, tests against McNemar, Holm against the textbook."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from virb.analysis.intervals import Bootstrap
from virb.analysis.paired import compare, holm, sign_flip
from virb.analysis.rows import Rows


def rows(outcome, group=None, label=None, seed=0, example=None):
    n = len(outcome)
    example = np.arange(n) if example is None else np.asarray(example)
    outcome = np.asarray(outcome, np.float64).reshape(n, 1)
    return Rows(
        seed=np.full(n, seed),
        resample=np.zeros(n, np.int64),
        example=example,
        group=example if group is None else np.asarray(group)[example],
        label=np.zeros(n, np.int64) if label is None else np.asarray(label)[example],
        outcome=outcome,
        weight=np.ones_like(outcome),
        truth=np.ones_like(outcome),
    )


def two(n=300, shared=0.8, seed=1):
    """Two encoders that find the same examples hard."""
    law = np.random.default_rng(seed)
    hard = law.random(n)
    return [(shared * hard + (1 - shared) * law.random(n) < skill).astype(float) for skill in (0.7, 0.6)]


# ------------------------------------------------------------------------------------------------ Holm


def plain_holm(p):
    """Step down as the textbook has it."""
    adjusted, worst = [0.0] * len(p), 0.0
    for place, index in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
        worst = max(worst, min(1.0, (len(p) - place) * p[index]))
        adjusted[index] = worst
    return adjusted


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_is_the_textbooks(p):
    np.testing.assert_allclose(holm(p), plain_holm(p))


def test_holm_on_a_worked_example():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


# ------------------------------------------------------------------------------------------------ sign flips


@pytest.mark.parametrize(("wins", "losses"), [(1, 0), (5, 0), (6, 1), (20, 5), (30, 30), (60, 30)])
def test_on_unrelated_examples_it_is_mcnemars_test_as_edwards_corrected_it(wins, losses):
    d = np.r_[np.ones(wins), -np.ones(losses), np.zeros(100)] / 200
    statistic = max(abs(wins - losses) - 1, 0) ** 2 / (wins + losses)
    assert sign_flip(d[:, None])[0] == pytest.approx(stats.chi2.sf(statistic, 1))


@pytest.mark.parametrize(("wins", "losses"), [(5, 0), (9, 1), (12, 3), (25, 8), (40, 22)])
def test_it_is_close_to_the_exact_test_and_not_below_it_by_much(wins, losses):
    exact = stats.binomtest(wins, wins + losses).pvalue
    ours = sign_flip(np.r_[np.ones(wins), -np.ones(losses)][:, None])[0]
    assert 0.85 * exact <= ours <= exact + 0.03


def test_on_groups_of_unequal_size_it_is_close_to_trying_all_signs():
    law = np.random.default_rng(3)
    for _ in range(5):
        d = law.normal(0.4, 1.0, 13)
        signs = np.array(list(product([-1, 1], repeat=13)))
        exact = np.mean(np.abs(signs @ d) >= abs(d.sum()) - 1e-12)
        assert sign_flip(d[:, None])[0] == pytest.approx(exact, abs=0.06)


def test_no_difference_at_all_has_p_one():
    assert sign_flip(np.zeros((10, 2))).tolist() == [1.0, 1.0]
    assert sign_flip(np.full((3, 1), 1e-17)).tolist() == [1.0]


def test_encoders_that_are_equal_are_called_different_in_one_column_of_twenty_at_most():
    law = np.random.default_rng(4)
    false = 0
    for _ in range(150):
        hard = law.random(120)
        encoders = {str(k): rows(0.6 * hard + 0.4 * law.random(120) < 0.7) for k in range(4)}
        false += any(d.distinguishable for d in compare(encoders).differences.values())
    assert false / 150 <= 0.07


# ------------------------------------------------------------------------------------------------ paired differences


def test_the_paired_interval_is_that_of_a_plain_loop():
    law = np.random.default_rng(5)
    group = np.repeat(np.arange(25), 12)
    a, b = two()
    found = compare({"a": rows(a, group), "b": rows(b, group)}).differences["a", "b"]
    draws = []
    for _ in range(4000):
        index = np.concatenate([np.flatnonzero(group == g) for g in law.integers(0, 25, 25)])
        draws.append(a[index].mean() - b[index].mean())
    tail = stats.norm.cdf(-np.sqrt(25 / 24) * stats.t.ppf(0.975, 24))
    assert found.estimate == pytest.approx(a.mean() - b.mean())
    assert (found.low, found.high) == pytest.approx(np.quantile(draws, [tail, 1 - tail]), abs=0.012)


def test_pairing_makes_it_shorter_than_two_intervals():
    a, b = two(shared=0.95)
    found = compare({"a": rows(a), "b": rows(b)})
    alone = [high - low for low, high in found.intervals.values()]
    assert found.differences["a", "b"].high - found.differences["a", "b"].low < 0.8 * max(alone)


def test_the_difference_seen_from_the_other_side_is_its_mirror():
    a, b = two()
    found = compare({"a": rows(a), "b": rows(b)})
    there, back = found.difference("a", "b"), found.difference("b", "a")
    assert (back.estimate, back.low, back.high) == (-there.estimate, -there.high, -there.low)
    assert back.distinguishable == there.distinguishable


def test_p_values_are_adjusted_over_all_pairs_of_the_column():
    law = np.random.default_rng(6)
    hard = law.random(400)
    skills = (0.5, 0.55, 0.6, 0.7)
    encoders = {str(s): rows(0.7 * hard + 0.3 * law.random(400) < s) for s in skills}
    found = compare(encoders).differences
    assert list(found) == list(combinations(encoders, 2))
    np.testing.assert_allclose([d.adjusted for d in found.values()], plain_holm([d.p for d in found.values()]))


def test_encoders_that_skipped_images_meet_on_those_both_saw():
    a, b = two()
    fewer = np.arange(40, 300)
    found = compare({"a": rows(a), "b": rows(b[fewer], example=fewer), "c": rows(a)})
    both = compare({"a": rows(a[fewer], example=fewer), "b": rows(b[fewer], example=fewer)})
    assert found.differences["a", "b"][:4] == both.differences["a", "b"][:4]
    assert found.differences["a", "b"].examples == 260
    assert found.difference("c", "b")[:4] == both.differences["a", "b"][:4]
    assert found.intervals["a"] == Bootstrap([rows(a)]).interval(0)


def test_encoders_without_a_shared_example_are_not_compared():
    a, b = two(n=50)
    found = compare({"a": rows(a), "b": rows(b, example=np.arange(50), seed=1)})
    assert found.differences == {}
    assert found.difference("a", "b") is None


def test_an_example_whose_label_differs_is_not_shared():
    a, b = two(n=50)
    found = compare({"a": rows(a, label=np.zeros(50, int)), "b": rows(b, label=np.r_[1, np.zeros(49, int)])})
    assert found.differences["a", "b"].examples == 49


def test_encoders_that_agree_everywhere_are_not_known_to_agree_exactly():
    a, _ = two(n=100)
    found = compare({"a": rows(a), "b": rows(a)}).differences["a", "b"]
    assert found.low < 0 < found.high
    assert found.high == pytest.approx(stats.binomtest(0, 100).proportion_ci(method="wilson").high)
    assert not found.distinguishable


def test_always_right_against_always_wrong_is_distinguishable_and_has_width():
    found = compare({"a": rows(np.ones(60)), "b": rows(np.zeros(60))}).differences["a", "b"]
    assert found.estimate == 1
    assert 0.9 < found.low < 1 == found.high
    assert found.distinguishable


def test_one_group_says_nothing():
    found = compare({"a": rows(np.ones(60), np.zeros(60, int)), "b": rows(np.zeros(60), np.zeros(60, int))})
    assert not found.differences["a", "b"].distinguishable


def test_what_the_p_value_calls_different_needs_its_interval_to_leave_out_zero():
    d = compare({"a": rows(two()[0]), "b": rows(two()[1])}).differences["a", "b"]
    assert d._replace(adjusted=0.01, low=0.01, high=0.1).distinguishable
    assert not d._replace(adjusted=0.01, low=-0.01, high=0.1).distinguishable
    assert not d._replace(adjusted=0.2, low=0.01, high=0.1).distinguishable


def test_per_class_differences_add_up():
    law = np.random.default_rng(7)
    label = law.integers(0, 5, 300)
    a, b = two()
    found = compare({"a": rows(a, label=label), "b": rows(b, label=label)}, per_class=True)
    means = [np.mean([o[label == c].mean() for c in range(5)]) for o in (a, b)]
    assert found.differences["a", "b"].estimate == pytest.approx(means[0] - means[1])
    assert found.differences["a", "b"].low < means[0] - means[1] < found.differences["a", "b"].high
    assert found.intervals["a"].low < means[0] < found.intervals["a"].high


def test_an_empty_column_is_compared_to_nothing():
    assert compare({}).intervals == {}
    assert compare({}).differences == {}


# ------------------------------------------------------------------------------------------------ mIoU


def two_maps(groups=60, classes=4, seed=8, skills=(0.8, 0.7), noise=0.15):
    """Two encoders that find the same images hard: intersections, unions and truth."""
    law = np.random.default_rng(seed)
    truth = law.integers(1, 200, (groups, classes)) * (law.random((groups, classes)) < np.linspace(1, 0.3, classes))
    hard = law.normal(0, 0.1, (groups, 1))
    zeros, example = np.zeros(groups, np.int64), np.arange(groups)

    def encoder(skill):
        found = np.floor(truth * np.clip(skill + hard + law.normal(0, noise, truth.shape), 0, 1))
        union = truth + law.poisson((truth - found).sum(axis=1, keepdims=True) / classes, truth.shape)
        counts = (values.astype(np.float64) for values in (found, union, truth))
        return Rows(zeros, zeros, example, example, zeros, *counts)

    return [encoder(skill) for skill in skills]


def exchanged(one, other, groups):
    """Both encoders with their answers to some groups exchanged."""
    turn = np.isin(one.group, groups)[:, None]
    parts = [
        (np.where(turn, b.outcome, a.outcome), np.where(turn, b.weight, a.weight))
        for a, b in ((one, other), (other, one))
    ]
    return [
        Rows(one.seed, one.resample, one.example, one.group, one.label, *part, one.truth, one.share) for part in parts
    ]


def test_contributions_to_a_difference_of_mious_add_up_to_it_nearly():
    bootstrap = Bootstrap(two_maps())
    difference = bootstrap.estimates[0] - bootstrap.estimates[1]
    assert bootstrap.contributions(0, 1).sum() == pytest.approx(difference, rel=0.02)
    np.testing.assert_allclose(bootstrap.contributions(1, 0), -bootstrap.contributions(0, 1))


@given(st.sets(st.integers(0, 59), max_size=30))
def test_exchanging_the_answers_to_a_group_turns_the_sign_of_its_contribution_and_changes_no_other(groups):
    pair = two_maps()
    before = Bootstrap(pair).contributions(0, 1)
    after = Bootstrap(exchanged(*pair, list(groups))).contributions(0, 1)
    signs = np.where(np.isin(np.arange(60), list(groups)), -1, 1)
    np.testing.assert_allclose(after, signs * before, atol=1e-12)


@pytest.mark.parametrize("skills", [(0.8, 0.79), (0.8, 0.75), (0.8, 0.7)])
def test_the_p_value_of_mious_is_close_to_that_of_exchanging_answers_and_measuring_again(skills):
    pair = two_maps(40, skills=skills)
    law = np.random.default_rng(9)

    def difference(one, other):
        return np.subtract(*Bootstrap([one, other]).estimates)

    seen = abs(difference(*pair))
    others = [abs(difference(*exchanged(*pair, np.flatnonzero(law.random(40) < 0.5)))) for _ in range(300)]
    p = compare({"a": pair[0], "b": pair[1]}).differences["a", "b"].p
    assert p == pytest.approx(np.mean([d >= seen for d in others]), abs=0.08)


def test_encoders_of_equal_miou_are_called_different_in_one_column_of_twenty_at_most():
    columns = [dict(zip("abc", two_maps(40, seed=k, skills=(0.8,) * 3), strict=True)) for k in range(120)]
    false = [any(d.distinguishable for d in compare(column).differences.values()) for column in columns]
    assert np.mean(false) <= 0.08


def test_mious_that_differ_are_told_apart_with_their_difference_in_the_interval():
    one, other = two_maps()
    found = compare({"a": one, "b": other}).differences["a", "b"]
    assert found.distinguishable
    assert found.estimate == pytest.approx(one.score() - other.score())
    assert 0 < found.low < found.estimate < found.high


def test_mious_on_different_images_meet_on_those_both_saw():
    one, other = two_maps()
    found = compare({"a": one, "b": other.at(np.arange(10, 60))})
    both = compare({"a": one.at(np.arange(10, 60)), "b": other.at(np.arange(10, 60))})
    assert found.differences["a", "b"][:4] == both.differences["a", "b"][:4]
