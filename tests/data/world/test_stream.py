"""Randomness from words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from virb.data.world._stream import Stream

WORDS = st.lists(st.one_of(st.text(max_size=8), st.integers(-(2**70), 2**70)), max_size=4)


@given(WORDS)
def test_equal_words_give_equal_draws(words):
    one, other = Stream(*words), Stream(*words)
    assert [one.uniform() for _ in range(5)] == [other.uniform() for _ in range(5)]


@given(WORDS, WORDS)
def test_other_words_give_other_draws(words, others):
    same = [(type(word), word) for word in words] == [(type(word), word) for word in others]
    assert (Stream(*words).uniform() == Stream(*others).uniform()) == same


@pytest.mark.parametrize(("one", "other"), [((1,), ("1",)), (("a", "b"), ("ab",)), ((), ("",)), ((12,), (1, 2))])
def test_words_are_told_apart_by_type_and_by_where_they_end(one, other):
    assert Stream(*one).uniform() != Stream(*other).uniform()


def test_a_child_is_the_same_whatever_was_drawn_before():
    fresh, used = Stream("scene", 3), Stream("scene", 3)
    used.uniform()
    used.shuffled(range(10))
    assert fresh.child("lamp").uniform() == used.child("lamp").uniform()
    assert fresh.child("lamp").uniform() != fresh.child("table").uniform()


def test_draws_are_those_of_splitmix64():
    # The first three outputs of the published generator for seed 0 (Steele, Lea and Flood; Vigna's reference code).
    stream = Stream()
    stream._key = 0
    assert [stream._next() for _ in range(3)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_draws_never_change_from_one_release_to_the_next():
    stream = Stream("golden", 1)
    assert [stream.integer(0, 1000) for _ in range(5)] == [172, 534, 875, 174, 316]
    assert stream.shuffled("abcdef") == ["a", "b", "e", "c", "d", "f"]


@given(WORDS, st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_uniform_stays_between_its_bounds(words, low, span):
    assert low <= Stream(*words).uniform(low, low + span) <= low + span


@given(WORDS, st.integers(-(2**40), 2**40), st.integers(1, 2**32))
def test_integer_stays_below_its_upper_bound(words, low, span):
    assert low <= Stream(*words).integer(low, low + span) < low + span


@given(WORDS, st.lists(st.integers()))
def test_shuffled_has_the_same_items_and_leaves_the_old_list_alone(words, items):
    before = list(items)
    assert sorted(Stream(*words).shuffled(items)) == sorted(items)
    assert items == before


@pytest.mark.parametrize(("low", "high"), [(3, 3), (3, 2), (0, 2**32 + 1)])
def test_an_empty_or_too_wide_span_is_refused(low, high):
    with pytest.raises(ValueError, match="no whole number"):
        Stream().integer(low, high)


def test_nothing_cannot_be_chosen_from():
    with pytest.raises(ValueError, match="no whole number"):
        Stream().choice([])


def test_chance_keeps_its_promise():
    stream = Stream("chance")
    assert not any(stream.chance(0.0) for _ in range(1000))
    assert all(stream.chance(1.0) for _ in range(1000))
    assert 0.27 < np.mean([stream.chance(0.3) for _ in range(10_000)]) < 0.33


def test_uniform_fills_its_range_evenly_and_without_memory():
    stream = Stream("even")
    draws = np.array([stream.uniform() for _ in range(20_000)])
    counts = np.histogram(draws, 20, (0, 1))[0]
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8  # chi-squared, 19 degrees, p = 0.001
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.03


def test_every_order_is_as_likely():
    stream = Stream("orders")
    orders = ["".join(stream.shuffled("abc")) for _ in range(6000)]
    counts = np.unique(orders, return_counts=True)[1]
    assert len(counts) == 6
    assert ((counts - 1000) ** 2 / 1000).sum() < 20.5  # chi-squared, 5 degrees, p = 0.001
